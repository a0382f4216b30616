//! [`Disk`] on the operating system's file system.
//!
//! Everything is reached from one open descriptor of the root directory, by the calls that take a descriptor and a name
//! below it (`openat` and its kin, POSIX 2008). So neither a change of the working directory nor a renamed parent leads
//! anywhere else, and a removed directory is noticed instead of made again. Paths given here begin with the root's path as
//! it was when it was opened.
//!
//! Files are private to the user (0600, directories 0700), never opened through a symbolic link, never inherited by a
//! child process and never truncated on open. A call that a signal interrupts is made again.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::{Errno, retry_on_intr};

use super::fault::{removed, with_path};
use super::file::{Disk, DiskFile, OpenMode};
use super::real_file::RealFile;

const DIR_FLAGS: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// A directory of the operating system's file system, and everything below it.
#[derive(Clone, Debug)]
pub struct RealDisk {
    root: PathBuf,
    dir: Arc<OwnedFd>,
}

impl RealDisk {
    /// Opens a directory that exists. Its path must be absolute, so that it means the same directory for messages later.
    ///
    /// # Errors
    /// Any I/O error.
    pub fn open(root: &Path) -> io::Result<Self> {
        let dir = retry_on_intr(|| rustix::fs::open(root, DIR_FLAGS, Mode::empty()));
        let dir = dir.map_err(|errno| with_path("open directory", root, errno.into()))?;
        Ok(Self { root: root.to_owned(), dir: Arc::new(dir) })
    }

    /// The directory itself.
    #[must_use]
    pub fn dir(&self) -> BorrowedFd<'_> {
        self.dir.as_fd()
    }

    /// The name below the root.
    fn below<'a>(&self, path: &'a Path) -> io::Result<&'a Path> {
        let outside =
            || with_path("find", path, io::Error::new(io::ErrorKind::InvalidInput, "outside of the directory"));
        let name = path.strip_prefix(&self.root).map_err(|_| outside())?;
        Ok(if name.as_os_str().is_empty() { Path::new(".") } else { name })
    }

    fn stat(&self, path: &Path) -> io::Result<Option<Stat>> {
        let name = self.below(path)?;
        match retry_on_intr(|| rustix::fs::statat(&self.dir, name, AtFlags::SYMLINK_NOFOLLOW)) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(with_path("stat", path, errno.into())),
        }
    }

    fn open_dir(&self, path: &Path) -> io::Result<OwnedFd> {
        let (name, flags) = (self.below(path)?, DIR_FLAGS | OFlags::NOFOLLOW);
        let dir = retry_on_intr(|| rustix::fs::openat(&self.dir, name, flags, Mode::empty()));
        dir.map_err(|errno| with_path("open directory", path, errno.into()))
    }

    fn entries(&self, path: &Path) -> io::Result<Vec<std::ffi::CString>> {
        let dir = Dir::new(self.open_dir(path)?).map_err(|errno| with_path("list", path, errno.into()))?;
        let mut names = Vec::new();
        for entry in dir {
            let entry = entry.map_err(|errno| with_path("list", path, errno.into()))?;
            if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
                names.push(entry.file_name().to_owned());
            }
        }
        Ok(names)
    }

    fn unlink(&self, path: &Path, flags: AtFlags) -> io::Result<()> {
        let name = self.below(path)?;
        let removed = retry_on_intr(|| rustix::fs::unlinkat(&self.dir, name, flags));
        removed.map_err(|errno| with_path("remove", path, errno.into()))
    }
}

impl Disk for RealDisk {
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut made = PathBuf::new();
        for part in self.below(path)? {
            made.push(part);
            match retry_on_intr(|| rustix::fs::mkdirat(&self.dir, &made, Mode::RWXU)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(errno) => return Err(with_path("create directory", path, errno.into())),
            }
        }
        // What exists may be a file.
        self.open_dir(path).map(drop)
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        Ok(self.stat(path)?.is_some())
    }

    fn file_len(&self, path: &Path) -> io::Result<Option<u64>> {
        let Some(stat) = self.stat(path)? else { return Ok(None) };
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(with_path("stat", path, io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")));
        }
        Ok(Some(u64::try_from(stat.st_size).unwrap_or_default()))
    }

    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        let access = match mode {
            OpenMode::Existing => OFlags::RDWR,
            OpenMode::CreateNew => OFlags::RDWR | OFlags::CREATE | OFlags::EXCL,
            OpenMode::ReadOnly => OFlags::RDONLY,
        };
        // A pipe in the place of a file would otherwise be waited for, for ever.
        let flags = access | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let (name, private) = (self.below(path)?, Mode::RUSR | Mode::WUSR);
        let descriptor = retry_on_intr(|| rustix::fs::openat(&self.dir, name, flags, private))
            .map_err(|errno| with_path("open", path, errno.into()))?;
        let stat = rustix::fs::fstat(&descriptor).map_err(|errno| with_path("stat", path, errno.into()))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(with_path("open", path, io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")));
        }
        Ok(Arc::new(RealFile { file: File::from(descriptor), path: path.to_owned() }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let (old, new) = (self.below(from)?, self.below(to)?);
        let renamed = retry_on_intr(|| rustix::fs::renameat(&self.dir, old, &self.dir, new));
        renamed.map_err(|errno| with_path("rename", from, errno.into()))
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.unlink(path, AtFlags::empty())
    }

    /// Descends as deep as the engine's folders go; what is deeper is none of them. An empty directory is removed also where no
    /// descriptor is left to look into it.
    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        if self.unlink(path, AtFlags::REMOVEDIR).is_ok() {
            return Ok(());
        }
        for name in self.entries(path)? {
            use std::os::unix::ffi::OsStrExt;
            let child = path.join(std::ffi::OsStr::from_bytes(name.to_bytes()));
            match self.unlink(&child, AtFlags::empty()) {
                Err(error) if self.open_dir(&child).is_ok() => {
                    tracing::trace!(%error, "a directory");
                    self.remove_dir_all(&child)?;
                }
                result => result?,
            }
        }
        self.unlink(path, AtFlags::REMOVEDIR)
    }

    fn list_dir(&self, path: &Path) -> io::Result<Vec<String>> {
        let mut names: Vec<String> =
            self.entries(path)?.into_iter().filter_map(|name| name.into_string().ok()).collect();
        names.sort_unstable();
        Ok(names)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let dir = self.open_dir(path)?;
        retry_on_intr(|| rustix::fs::fsync(&dir)).map_err(|errno| with_path("fsync directory", path, errno.into()))?;
        let stat = rustix::fs::fstat(&dir).map_err(|errno| with_path("stat", path, errno.into()))?;
        if stat.st_nlink == 0 { Err(removed(&path.display().to_string())) } else { Ok(()) }
    }

    fn check_root(&self) -> io::Result<()> {
        let stat = rustix::fs::fstat(&self.dir).map_err(|errno| with_path("stat", &self.root, errno.into()))?;
        if stat.st_nlink == 0 { Err(removed(&self.root.display().to_string())) } else { Ok(()) }
    }

    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        let stats = retry_on_intr(|| rustix::fs::fstatvfs(&self.dir));
        let stats = stats.map_err(|errno| with_path("statvfs", path, errno.into()))?;
        Ok(stats.f_bavail.saturating_mul(stats.f_frsize))
    }

    fn is_read_only(&self, path: &Path) -> io::Result<bool> {
        let stats = retry_on_intr(|| rustix::fs::fstatvfs(&self.dir));
        let stats = stats.map_err(|errno| with_path("statvfs", path, errno.into()))?;
        Ok(stats.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A private directory that is removed when the test ends.
    struct Scratch(PathBuf, RealDisk);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("toondb-disk-{}-{name}", std::process::id()));
            let _ = std::fs::remove_dir_all(&path);
            std::fs::create_dir(&path).unwrap();
            let disk = RealDisk::open(&path).unwrap();
            Self(path, disk)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for() {
        let scratch = Scratch::new("pipe");
        let path = scratch.0.join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        for mode in [OpenMode::ReadOnly, OpenMode::Existing] {
            let error = scratch.1.open(&path, mode).unwrap_err();
            assert!(error.to_string().contains("not a regular file"), "{error}");
        }
        assert!(scratch.1.open(&path, OpenMode::CreateNew).is_err());
    }

    #[test]
    fn files_are_private_and_positioned() {
        let scratch = Scratch::new("private");
        let (path, dir) = (scratch.0.join("a/b/file"), scratch.0.join("a/b"));
        scratch.1.create_dir_all(&dir).unwrap();
        let file = scratch.1.open(&path, OpenMode::CreateNew).unwrap();
        file.write_parts_at(3, &[b"ab", b"", b"cde"]).unwrap();
        file.start_writeback(0, 8);
        file.sync_data().unwrap();
        let mut out = [9; 8];
        file.read_exact_at(0, &mut out).unwrap();
        assert_eq!(&out, b"\0\0\0abcde");
        assert_eq!(file.len().unwrap(), 8);
        assert_eq!(file.read_exact_at(1, &mut out).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(dir.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        file.set_len(2).unwrap();
        file.sync_all().unwrap();
        assert_eq!(scratch.1.file_len(&path).unwrap(), Some(2));
        assert!(scratch.1.create_dir_all(&path.join("below")).is_err(), "a file is no directory");
        assert!(scratch.1.create_dir_all(&path).is_err(), "a file is no directory");
    }

    #[test]
    fn names_are_created_once_renamed_listed_and_removed() {
        let scratch = Scratch::new("names");
        let disk = &scratch.1;
        let (first, second) = (scratch.0.join("b"), scratch.0.join("a"));
        assert_eq!(disk.open(&first, OpenMode::Existing).unwrap_err().kind(), io::ErrorKind::NotFound);
        disk.open(&first, OpenMode::CreateNew).unwrap();
        let again = disk.open(&first, OpenMode::CreateNew).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert!(again.to_string().contains(&first.display().to_string()), "{again}");
        disk.open(&second, OpenMode::CreateNew).unwrap();
        assert_eq!(disk.list_dir(&scratch.0).unwrap(), ["a", "b"]);
        disk.rename(&first, &second).unwrap();
        disk.sync_dir(&scratch.0).unwrap();
        assert_eq!(disk.list_dir(&scratch.0).unwrap(), ["a"]);
        disk.remove_file(&second).unwrap();
        assert_eq!(disk.file_len(&second).unwrap(), None);
        assert!(!disk.exists(&second).unwrap());
        assert!(disk.free_bytes(&scratch.0).unwrap() > 0);
        assert_eq!(disk.file_len(&scratch.0).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        disk.create_dir_all(&scratch.0.join("tree/branch")).unwrap();
        disk.open(&scratch.0.join("tree/branch/leaf"), OpenMode::CreateNew).unwrap();
        disk.remove_dir_all(&scratch.0.join("tree")).unwrap();
        assert!(disk.list_dir(&scratch.0).unwrap().is_empty());
        assert!(disk.exists(Path::new("/")).is_err(), "nothing outside is reached");
    }

    #[test]
    fn a_symbolic_link_is_not_followed() {
        let scratch = Scratch::new("link");
        let (target, link) = (scratch.0.join("target"), scratch.0.join("link"));
        scratch.1.open(&target, OpenMode::CreateNew).unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(scratch.1.open(&link, OpenMode::Existing).is_err());
        assert!(scratch.1.file_len(&link).is_err());
        // Removing a tree removes links in it, and nothing behind them.
        let tree = scratch.0.join("tree");
        scratch.1.create_dir_all(&tree).unwrap();
        std::os::unix::fs::symlink(&scratch.0, tree.join("up")).unwrap();
        scratch.1.remove_dir_all(&tree).unwrap();
        assert!(scratch.1.exists(&target).unwrap());
    }

    #[test]
    fn a_sync_of_what_was_removed_fails() {
        use super::super::fault::is_removed;
        let scratch = Scratch::new("removed");
        let (root, moved) = (scratch.0.join("root"), scratch.0.join("moved"));
        std::fs::create_dir(&root).unwrap();
        let disk = RealDisk::open(&root).unwrap();
        let file = disk.open(&root.join("file"), OpenMode::CreateNew).unwrap();
        std::fs::rename(&root, &moved).unwrap();
        file.write_all_at(0, b"moved").unwrap();
        file.sync_data().unwrap();
        disk.check_root().unwrap();
        assert_eq!(disk.file_len(&root.join("file")).unwrap(), Some(5), "a directory keeps its identity when it moves");
        std::fs::remove_dir_all(&moved).unwrap();
        assert!(is_removed(&file.sync_data().unwrap_err()));
        assert!(is_removed(&disk.check_root().unwrap_err()));
        assert!(disk.create_dir_all(&root.join("ns")).is_err(), "a removed directory is not made again");
    }
}
