//! A lease on a namespace's files, and the disk that ties it to each of them.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::life::Life;
use crate::disk::{Disk, DiskFile, OpenMode};
use crate::namespace::openings::Place;
use crate::planted::{self, Planted};

/// The right of one opening to the namespace's files. It is shared by everything that can reach them; its destructor,
/// which runs when the last of these has gone, says that they are closed.
#[derive(Debug)]
pub struct Lease {
    life: Arc<Life>,
    /// Given back after the life has been told.
    _place: Place,
}

impl Lease {
    /// The lease of the opening that has begun.
    pub fn new(life: Arc<Life>, place: Place) -> Self {
        Self { life, _place: place }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.life.close();
    }
}

/// The disk as one opening sees it. Whoever holds it, or a file opened through it, holds the lease.
#[derive(Debug)]
pub struct LeasedDisk {
    disk: Arc<dyn Disk>,
    lease: Arc<Lease>,
}

/// A file of one opening. Fields are dropped in this order: the file is closed when its lease goes.
#[derive(Debug)]
struct LeasedFile {
    file: Arc<dyn DiskFile>,
    _lease: Arc<Lease>,
}

impl LeasedDisk {
    /// Ties what is opened on `disk` to a lease.
    pub fn new(disk: Arc<dyn Disk>, lease: Arc<Lease>) -> Self {
        Self { disk, lease }
    }
}

impl Disk for LeasedDisk {
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.disk.create_dir_all(path)
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        self.disk.exists(path)
    }

    fn file_len(&self, path: &Path) -> io::Result<Option<u64>> {
        self.disk.file_len(path)
    }

    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        let file = self.disk.open(path, mode)?;
        if planted::is(Planted::LeaseForgotten) {
            return Ok(file);
        }
        Ok(Arc::new(LeasedFile { file, _lease: Arc::clone(&self.lease) }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.disk.remove_file(path)
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        self.disk.remove_dir_all(path)
    }

    fn list_dir(&self, path: &Path) -> io::Result<Vec<String>> {
        self.disk.list_dir(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.disk.sync_dir(path)
    }

    fn check_root(&self) -> io::Result<()> {
        self.disk.check_root()
    }

    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        self.disk.free_bytes(path)
    }

    fn is_read_only(&self, path: &Path) -> io::Result<bool> {
        self.disk.is_read_only(path)
    }
}

impl DiskFile for LeasedFile {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read_exact_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(offset, out)
    }

    fn write_all_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.file.write_all_at(offset, data)
    }

    fn write_parts_at(&self, offset: u64, parts: &[&[u8]]) -> io::Result<()> {
        self.file.write_parts_at(offset, parts)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    fn is_linked(&self) -> io::Result<bool> {
        self.file.is_linked()
    }

    fn start_writeback(&self, offset: u64, len: u64) {
        self.file.start_writeback(offset, len);
    }
}
