//! A process that dies while its operating system lives on.
//!
//! [`Killable`] hands a simulated disk to one engine and stops passing anything on from a chosen operation. What was
//! written before stays visible to the next process, synced or not, as with the page cache after `kill -9`; only a power
//! loss, an image of the disk below, takes the unsynced part away.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use toondb_engine::disk::{Disk, DiskFile, OpenMode, SimDisk};

/// A process's life, counted in operations that change the disk.
#[derive(Debug)]
struct Life {
    done: AtomicU64,
    dies_at: u64,
}

impl Life {
    /// Counts an operation that changes something; the one at which the process dies is not carried out.
    fn change(&self) -> io::Result<()> {
        self.done.fetch_add(1, Ordering::SeqCst);
        self.look()
    }

    fn look(&self) -> io::Result<()> {
        match self.done.load(Ordering::SeqCst) >= self.dies_at {
            true => Err(io::Error::other("this process was killed")),
            false => Ok(()),
        }
    }
}

/// A disk as a process sees it that is killed at some operation.
#[derive(Debug, Clone)]
pub struct Killable {
    disk: SimDisk,
    life: Arc<Life>,
}

#[derive(Debug)]
struct KillableFile {
    file: Arc<dyn DiskFile>,
    life: Arc<Life>,
}

impl Killable {
    /// A process on `disk` that dies at its operation `dies_at`, counted from 1.
    #[must_use]
    pub fn new(disk: &SimDisk, dies_at: u64) -> Self {
        Self { disk: disk.clone(), life: Arc::new(Life { done: AtomicU64::new(0), dies_at }) }
    }
}

impl Disk for Killable {
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.life.change()?;
        self.disk.create_dir_all(path)
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        self.life.look()?;
        self.disk.exists(path)
    }

    fn file_len(&self, path: &Path) -> io::Result<Option<u64>> {
        self.life.look()?;
        self.disk.file_len(path)
    }

    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        match mode {
            OpenMode::Existing | OpenMode::ReadOnly => self.life.look()?,
            OpenMode::CreateNew => self.life.change()?,
        }
        let file = self.disk.open(path, mode)?;
        Ok(Arc::new(KillableFile { file, life: Arc::clone(&self.life) }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.life.change()?;
        self.disk.rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.life.change()?;
        self.disk.remove_file(path)
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        self.life.change()?;
        self.disk.remove_dir_all(path)
    }

    fn list_dir(&self, path: &Path) -> io::Result<Vec<String>> {
        self.life.look()?;
        self.disk.list_dir(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.life.change()?;
        self.disk.sync_dir(path)
    }

    fn check_root(&self) -> io::Result<()> {
        self.life.look()?;
        self.disk.check_root()
    }

    fn is_read_only(&self, path: &Path) -> io::Result<bool> {
        self.life.look()?;
        self.disk.is_read_only(path)
    }

    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        self.life.look()?;
        self.disk.free_bytes(path)
    }
}

impl DiskFile for KillableFile {
    fn len(&self) -> io::Result<u64> {
        self.life.look()?;
        self.file.len()
    }

    fn read_exact_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.life.look()?;
        self.file.read_exact_at(offset, out)
    }

    fn write_all_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.life.change()?;
        self.file.write_all_at(offset, data)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.life.change()?;
        self.file.set_len(len)
    }

    fn is_linked(&self) -> io::Result<bool> {
        self.life.look()?;
        self.file.is_linked()
    }

    fn sync_data(&self) -> io::Result<()> {
        self.life.change()?;
        self.file.sync_data()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.life.change()?;
        self.file.sync_all()
    }
}
