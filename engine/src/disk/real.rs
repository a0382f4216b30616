//! [`Disk`] on the operating system's file system.
//!
//! Files are private to the user (0600, directories 0700), never opened through a symbolic link, never inherited by a
//! child process and never truncated on open.

use std::fs::{DirBuilder, File};
use std::io::{self, IoSlice};
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Advice, Mode, OFlags};

use super::file::{Disk, DiskFile, OpenMode, with_path};

/// The operating system's file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

#[derive(Debug)]
struct RealFile {
    file: File,
    path: PathBuf,
}

impl RealFile {
    fn named<T>(&self, operation: &str, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| with_path(operation, &self.path, &error))
    }

    /// One `pwritev`; returns how many bytes the kernel took.
    fn write_vectored_at(&self, offset: u64, parts: &[&[u8]]) -> io::Result<usize> {
        let slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
        loop {
            match rustix::io::pwritev(&self.file, &slices, offset) {
                Ok(written) => return Ok(written),
                Err(rustix::io::Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

impl DiskFile for RealFile {
    fn len(&self) -> io::Result<u64> {
        self.named("stat", self.file.metadata().map(|metadata| metadata.len()))
    }

    fn read_exact_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.named("read", self.file.read_exact_at(out, offset))
    }

    fn write_all_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.named("write", self.file.write_all_at(data, offset))
    }

    /// A short write is rare enough that the rest goes out part by part.
    fn write_parts_at(&self, offset: u64, parts: &[&[u8]]) -> io::Result<()> {
        let mut taken = self.named("write", self.write_vectored_at(offset, parts))?;
        let mut position = offset;
        for part in parts {
            let done = taken.min(part.len());
            taken -= done;
            let rest = part.get(done..).unwrap_or_default();
            if !rest.is_empty() {
                self.write_all_at(position + done as u64, rest)?;
            }
            position += part.len() as u64;
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.named("set length of", self.file.set_len(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.named("fdatasync", self.file.sync_data())
    }

    fn sync_all(&self) -> io::Result<()> {
        self.named("fsync", self.file.sync_all())
    }

    /// `POSIX_FADV_DONTNEED` makes Linux start writing the dirty pages of the range without waiting; pages under
    /// writeback stay cached.
    fn start_writeback(&self, offset: u64, len: u64) {
        if let Some(len) = std::num::NonZeroU64::new(len)
            && let Err(errno) = rustix::fs::fadvise(&self.file, offset, Some(len), Advice::DontNeed)
        {
            tracing::debug!(path = %self.path.display(), %errno, "writeback hint refused");
        }
    }
}

impl Disk for RealDisk {
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        let result = DirBuilder::new().recursive(true).mode(0o700).create(path);
        result.map_err(|error| with_path("create directory", path, &error))
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        match path.symlink_metadata() {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(with_path("stat", path, &error)),
        }
    }

    fn file_len(&self, path: &Path) -> io::Result<Option<u64>> {
        match path.symlink_metadata() {
            Ok(metadata) if metadata.is_file() => Ok(Some(metadata.len())),
            Ok(_) => Err(with_path("stat", path, &io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(with_path("stat", path, &error)),
        }
    }

    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        let create = match mode {
            OpenMode::Existing => OFlags::empty(),
            OpenMode::CreateNew => OFlags::CREATE | OFlags::EXCL,
        };
        let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC | create;
        let descriptor = rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)
            .map_err(|errno| with_path("open", path, &errno.into()))?;
        Ok(Arc::new(RealFile { file: File::from(descriptor), path: path.to_owned() }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to).map_err(|error| with_path("rename", from, &error))
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path).map_err(|error| with_path("remove", path, &error))
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_dir_all(path).map_err(|error| with_path("remove directory", path, &error))
    }

    fn list_dir(&self, path: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        let entries = std::fs::read_dir(path).map_err(|error| with_path("list", path, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| with_path("list", path, &error))?;
            names.extend(entry.file_name().into_string());
        }
        names.sort_unstable();
        Ok(names)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::open(path, flags, Mode::empty())
            .and_then(rustix::fs::fsync)
            .map_err(|errno| with_path("fsync directory", path, &errno.into()))
    }

    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        let stats = rustix::fs::statvfs(path).map_err(|errno| with_path("statvfs", path, &errno.into()))?;
        Ok(stats.f_bavail.saturating_mul(stats.f_frsize))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A private directory that is removed when the test ends.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("toondb-disk-{}-{name}", std::process::id()));
            RealDisk.create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = RealDisk.remove_dir_all(&self.0);
        }
    }

    #[test]
    fn files_are_private_and_positioned() {
        let scratch = Scratch::new("private");
        let path = scratch.0.join("file");
        let file = RealDisk.open(&path, OpenMode::CreateNew).unwrap();
        file.write_parts_at(3, &[b"ab", b"", b"cde"]).unwrap();
        file.start_writeback(0, 8);
        file.sync_data().unwrap();
        let mut out = [9; 8];
        file.read_exact_at(0, &mut out).unwrap();
        assert_eq!(&out, b"\0\0\0abcde");
        assert_eq!(file.len().unwrap(), 8);
        assert_eq!(file.read_exact_at(1, &mut out).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(scratch.0.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        file.set_len(2).unwrap();
        file.sync_all().unwrap();
        assert_eq!(RealDisk.file_len(&path).unwrap(), Some(2));
    }

    #[test]
    fn names_are_created_once_renamed_listed_and_removed() {
        let scratch = Scratch::new("names");
        let (first, second) = (scratch.0.join("b"), scratch.0.join("a"));
        assert_eq!(RealDisk.open(&first, OpenMode::Existing).unwrap_err().kind(), io::ErrorKind::NotFound);
        RealDisk.open(&first, OpenMode::CreateNew).unwrap();
        let again = RealDisk.open(&first, OpenMode::CreateNew).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert!(again.to_string().contains(&first.display().to_string()), "{again}");
        RealDisk.open(&second, OpenMode::CreateNew).unwrap();
        assert_eq!(RealDisk.list_dir(&scratch.0).unwrap(), ["a", "b"]);
        RealDisk.rename(&first, &second).unwrap();
        RealDisk.sync_dir(&scratch.0).unwrap();
        assert_eq!(RealDisk.list_dir(&scratch.0).unwrap(), ["a"]);
        RealDisk.remove_file(&second).unwrap();
        assert_eq!(RealDisk.file_len(&second).unwrap(), None);
        assert!(!RealDisk.exists(&second).unwrap());
        assert!(RealDisk.free_bytes(&scratch.0).unwrap() > 0);
        assert_eq!(RealDisk.file_len(&scratch.0).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn a_symbolic_link_is_not_followed() {
        let scratch = Scratch::new("link");
        let (target, link) = (scratch.0.join("target"), scratch.0.join("link"));
        RealDisk.open(&target, OpenMode::CreateNew).unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(RealDisk.open(&link, OpenMode::Existing).is_err());
        assert!(RealDisk.file_len(&link).is_err());
    }
}
