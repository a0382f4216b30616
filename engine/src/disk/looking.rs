//! A disk on which nothing can be changed, whoever tries.
//!
//! What only looks is given this one: that it changes nothing then needs no proof.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::file::{Disk, DiskFile, OpenMode};

/// Shows what is on a disk. Every file is opened to be read only, and whatever would change a name is refused.
#[derive(Debug, Clone)]
pub struct LookingDisk(Arc<dyn Disk>);

impl LookingDisk {
    /// Shows what is on `disk`.
    #[must_use]
    pub fn new(disk: Arc<dyn Disk>) -> Self {
        Self(disk)
    }
}

fn refused<T>() -> io::Result<T> {
    Err(io::Error::new(io::ErrorKind::ReadOnlyFilesystem, "this was opened to be looked at only"))
}

impl Disk for LookingDisk {
    fn create_dir_all(&self, _path: &Path) -> io::Result<()> {
        refused()
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        self.0.exists(path)
    }

    fn file_len(&self, path: &Path) -> io::Result<Option<u64>> {
        self.0.file_len(path)
    }

    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        match mode {
            OpenMode::Existing | OpenMode::ReadOnly => self.0.open(path, OpenMode::ReadOnly),
            OpenMode::CreateNew => refused(),
        }
    }

    fn rename(&self, _from: &Path, _to: &Path) -> io::Result<()> {
        refused()
    }

    fn remove_file(&self, _path: &Path) -> io::Result<()> {
        refused()
    }

    fn remove_dir_all(&self, _path: &Path) -> io::Result<()> {
        refused()
    }

    fn list_dir(&self, path: &Path) -> io::Result<Vec<String>> {
        self.0.list_dir(path)
    }

    fn sync_dir(&self, _path: &Path) -> io::Result<()> {
        refused()
    }

    fn check_root(&self) -> io::Result<()> {
        self.0.check_root()
    }

    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        self.0.free_bytes(path)
    }

    fn is_read_only(&self, _path: &Path) -> io::Result<bool> {
        Ok(true)
    }
}
