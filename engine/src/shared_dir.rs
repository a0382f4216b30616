//! A data directory as those see it who share its server: found, checked, known again, and not locked.
//!
//! What is in it is described in `docs/design.md`, "Open". Nothing of the data is touched here.

use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, RenameFlags, Stat, fstat, openat, renameat_with};
use rustix::io::{Errno, retry_on_intr};

use crate::api::{Error, ErrorCode, Result};
use crate::data_dir::prepare;
use crate::disk::{RealDisk, to_error};
use crate::limits;
use crate::lock::{FILE, Holder, StartLock, open_private};

/// The log of servers that were started here.
const LOG_FILE: &str = "toondb.log";
/// The one before.
const LOG_FILE_OLD: &str = "toondb.log.1";
/// The server's socket.
const SOCKET_FILE: &str = "toondb.sock";

/// Which directory it is, whatever leads to it: its device and inode. As a text, two hexadecimal numbers with a hyphen between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DirectoryIdentity {
    device: u64,
    inode: u64,
}

impl DirectoryIdentity {
    pub(crate) fn of(stat: &Stat) -> Self {
        Self { device: stat.st_dev, inode: stat.st_ino }
    }
}

impl fmt::Display for DirectoryIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{:x}", self.device, self.inode)
    }
}

/// A directory that is of this user and that nobody else may write into. It is kept open, so that its identity remains its own.
#[derive(Debug)]
pub struct SharedDir {
    path: PathBuf,
    disk: RealDisk,
    identity: DirectoryIdentity,
}

impl SharedDir {
    /// Finds a directory, or makes it, for its owner alone.
    ///
    /// # Errors
    /// `PermissionDenied` if it belongs to another user, or everyone may write into it, or others may and something else than a database
    /// is in it; what the file system says.
    pub fn open(path: &Path) -> Result<Self> {
        if path.as_os_str().is_empty() {
            return Err(Error::invalid("the path of the data directory is empty"));
        }
        refuse_open_to_all(path)?;
        let (path, disk) = prepare(path)?;
        let identity = DirectoryIdentity::of(&fstat(disk.dir()).map_err(|errno| to_error(&errno.into()))?);
        Ok(Self { path, disk, identity })
    }

    /// Refuses to go on where the path no longer leads to the directory: it was removed, moved, or replaced, and a new one in its place would
    /// hide that.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn check_place(&self) -> Result<()> {
        let what = match std::fs::metadata(&self.path) {
            Ok(found) if (found.dev(), found.ino()) == (self.identity.device, self.identity.inode) => return Ok(()),
            Ok(_) => "was replaced by another one".to_owned(),
            Err(error) => format!("is no longer there ({error})"),
        };
        let text = format!("the data directory {} {what} since it was opened; open it anew", self.path.display());
        Err(Error::new(ErrorCode::Unavailable, text))
    }

    /// Where it is, with every link resolved.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Which one it is.
    #[must_use]
    pub fn identity(&self) -> DirectoryIdentity {
        self.identity
    }

    /// Where the server's socket is, if a socket may have so long a path and the file system holds any.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.path.join(SOCKET_FILE)
    }

    /// What the lock file says of whoever holds the directory, or held it last.
    #[must_use]
    pub fn holder(&self) -> Holder {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        match retry_on_intr(|| openat(self.disk.dir(), FILE, flags, Mode::empty())) {
            Ok(file) => Holder::read(&File::from(file)),
            Err(_) => Holder::parse(""),
        }
    }

    /// Takes the right to start a server, unless somebody has it.
    ///
    /// # Errors
    /// If something else has the lock's name; what the file system says.
    pub fn try_start(&self) -> Result<Option<StartLock>> {
        StartLock::try_take(self.disk.dir(), &self.path)
    }

    /// Where the log of started servers is.
    #[must_use]
    pub fn log_path(&self) -> PathBuf {
        self.path.join(LOG_FILE)
    }

    /// Opens the log, to write at its end.
    ///
    /// # Errors
    /// If something else has its name; what the file system says.
    pub fn open_log(&self) -> Result<File> {
        open_private(self.disk.dir(), LOG_FILE, OFlags::RDWR | OFlags::APPEND, &self.log_path())
    }

    /// Puts the log in the place of the one before, and opens a new one. Only whoever holds the directory may.
    ///
    /// # Errors
    /// If something else has one of the names; what the file system says.
    pub fn rotate_log(&self) -> Result<File> {
        // What is replaced must be a log of ours, too; it is made first where it is missing.
        drop(open_private(self.disk.dir(), LOG_FILE_OLD, OFlags::RDWR, &self.path.join(LOG_FILE_OLD))?);
        let (dir, flags) = (self.disk.dir(), RenameFlags::empty());
        match retry_on_intr(|| renameat_with(dir, LOG_FILE, dir, LOG_FILE_OLD, flags)) {
            Ok(()) | Err(Errno::NOENT) => self.open_log(),
            Err(errno) => Err(to_error(&errno.into())),
        }
    }

    /// The end of what the log has from `start` on, as text; nothing if it has nothing.
    #[must_use]
    pub fn log_tail(&self, start: u64) -> String {
        let read = || -> std::io::Result<String> {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
            let mut file = File::from(openat(self.disk.dir(), LOG_FILE, flags, Mode::empty())?);
            let end = file.metadata()?.len();
            let start = if start > end { 0 } else { start };
            file.seek(SeekFrom::Start(start.max(end.saturating_sub(limits::LOG_TAIL_BYTES_MAX))))?;
            let mut text = Vec::new();
            file.take(limits::LOG_TAIL_BYTES_MAX).read_to_end(&mut text)?;
            Ok(String::from_utf8_lossy(&text).trim().to_owned())
        };
        read().unwrap_or_default()
    }
}

/// Everyone may have put something into such a directory, so it is not even made private, as one that only a group could write into is.
fn refuse_open_to_all(path: &Path) -> Result<()> {
    let Ok(found) = std::fs::metadata(path) else { return Ok(()) };
    if found.mode() & Mode::WOTH.bits() == 0 || !found.is_dir() {
        return Ok(());
    }
    let text = format!(
        "everyone may write into {}: choose another directory, or make it private with chmod go-w once you know what is in it",
        path.display()
    );
    Err(Error::new(ErrorCode::PermissionDenied, text))
}
