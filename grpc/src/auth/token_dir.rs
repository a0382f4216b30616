//! The data directory as the tokens see it: found by its path once, and reached from its open descriptor ever after.
//!
//! Who may call is part of what a directory holds. If it were looked up by its path again and again, then after `mv live old;
//! mv copy live` a running server would go on serving the old data and let in whom the copy names; after a rename alone it
//! would never see a token that is made or taken back.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags, Stat, openat, renameat, statat, unlinkat};

/// An open data directory.
#[derive(Debug)]
pub struct TokenDir {
    dir: File,
    /// Where it was found; for messages alone.
    path: PathBuf,
}

impl TokenDir {
    /// Opens the directory at `path`.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir = rustix::fs::open(path, flags, Mode::empty())?.into();
        Ok(Self { dir, path: path.to_owned() })
    }

    /// Where it was found.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where a file of it was, for messages.
    pub fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Opens a file of it; not through a symbolic link, and never waiting for whoever writes to a pipe.
    pub fn open_file(&self, name: &str, flags: OFlags) -> io::Result<File> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(openat(&self.dir, name, flags, Mode::RUSR | Mode::WUSR)?.into())
    }

    /// What stands at a name, be it a symbolic link. Takes no descriptor.
    pub fn stat(&self, name: &str) -> io::Result<Stat> {
        Ok(statat(&self.dir, name, AtFlags::SYMLINK_NOFOLLOW)?)
    }

    /// Removes a file.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        Ok(unlinkat(&self.dir, name, AtFlags::empty())?)
    }

    /// Gives a file another name, in place of whatever has it.
    pub fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(renameat(&self.dir, from, &self.dir, to)?)
    }

    /// Makes the names durable.
    pub fn sync(&self) -> io::Result<()> {
        self.dir.sync_all()
    }

    /// Whose it is.
    pub fn owner(&self) -> io::Result<u32> {
        Ok(self.dir.metadata()?.uid())
    }
}
