//! Lets redb keep its file through the [`crate::disk`] seam, in pages that are verified whenever they are read.
//!
//! redb's own file locks are left out on purpose: the engine holds one exclusive lock on the whole data directory for as
//! long as any file in it is open, and a catalog that knows every file, so a second opener of one file cannot exist.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::RwLock;

use super::error::{StoreError, StoreResult};
use super::held::{Held, Next};
use super::pages::{PageState, PagedFile};
use super::superblock::RedbHeader;
use crate::disk::{Disk, OpenMode, is_disk_full};
use crate::planted::{self, Planted};

/// A redb storage backend over a file of verified pages. Clones share it.
///
/// redb writes to a file as soon as it opens it, before anybody could check what it is. A file that exists is therefore
/// opened on probation: what redb writes is held in memory until [`Backend::accept`]; a file that is refused instead has
/// not been changed by one byte.
///
/// A file that was accepted and then meets a full disk is not failed either: what redb writes from then on is held again,
/// whoever wrote it is told by [`Backend::is_holding`], and accepts it later or [discards](Backend::discard) it.
#[derive(Debug, Clone)]
pub struct Backend {
    shared: Arc<BackendShared>,
}

#[derive(Debug)]
struct BackendShared {
    pages: PagedFile,
    held: RwLock<Option<Held>>,
    /// True once a full disk is waited out instead of being told to redb.
    patient: AtomicBool,
    /// True once redb was given an error.
    failed: AtomicBool,
    /// True once what is held was given up: nothing more is written.
    abandoned: AtomicBool,
}

/// A file as a commit has left it.
#[derive(Debug, Clone, Copy)]
pub struct FileMark {
    len: u64,
    /// The header; nothing where nobody knows what the file has.
    header: Option<RedbHeader>,
}

impl Backend {
    /// Serves redb from a new file.
    pub fn create(disk: &dyn Disk, path: &Path, id: [u8; 16]) -> StoreResult<Self> {
        let file = disk.open(path, OpenMode::CreateNew).map_err(StoreError::io)?;
        Ok(Self::over(PagedFile::new(file, id), None))
    }

    /// Serves redb from a file that exists and is still to be checked. The id is the one it was created with.
    pub fn open(disk: &dyn Disk, path: &Path, id: [u8; 16]) -> StoreResult<Self> {
        Self::open_as(OpenMode::Existing, disk, path, id)
    }

    /// As [`Backend::open`]; a file that is opened to be read only must stay on probation.
    pub fn open_as(mode: OpenMode, disk: &dyn Disk, path: &Path, id: [u8; 16]) -> StoreResult<Self> {
        let file = disk.open(path, mode).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => StoreError::NotAStore("it is missing"),
            _ => StoreError::io(error),
        })?;
        let pages = PagedFile::open(file, id)?;
        let held = Held::over_unsynced(pages.len().map_err(StoreError::io)?);
        Ok(Self::over(pages, Some(held)))
    }

    fn over(pages: PagedFile, held: Option<Held>) -> Self {
        let [patient, failed, abandoned] = std::array::from_fn(|_| AtomicBool::new(false));
        Self { shared: Arc::new(BackendShared { pages, held: RwLock::new(held), patient, failed, abandoned }) }
    }

    /// Writes what is held, in its order, and from then on at once. If there is no space for a change it stays held, the
    /// backend has [not failed](Backend::has_failed), and this can be called again. A crash in between leaves what a crash of
    /// redb itself could have left. One caller at a time.
    pub fn accept(&self) -> io::Result<()> {
        let pages = &self.shared.pages;
        loop {
            if self.shared.abandoned.load(Ordering::Acquire) {
                return Err(io::Error::new(io::ErrorKind::StorageFull, "what waited for space was given up"));
            }
            let next = self.shared.held.read().as_ref().map(|held| (held.next(), held.is_inherited()));
            match next {
                None => return Ok(()),
                // Readers must not wait for the disk.
                Some((Next::Sync, is_inherited)) => {
                    let assured = if is_inherited { pages.assure_len() } else { Ok(()) };
                    match assured.and_then(|()| pages.sync()) {
                        Err(error) if is_disk_full(&error) => return Err(error),
                        result => self.told(result)?,
                    }
                    if let Some(held) = &mut *self.shared.held.write() {
                        held.synced();
                    }
                }
                Some((Next::Change, _)) => {
                    let mut held = self.shared.held.write();
                    match held.as_mut().map_or(Ok(()), |held| held.carry_out(pages)) {
                        Err(error) if is_disk_full(&error) => return Err(error),
                        result => self.told(result)?,
                    }
                }
                Some((Next::Nothing, _)) => *self.shared.held.write() = None,
            }
        }
    }

    /// Where the file stands, all of which belongs to a commit.
    pub fn mark(&self) -> io::Result<FileMark> {
        Ok(FileMark { len: self.shared.pages.len()?, header: self.shared.pages.durable_header() })
    }

    /// Gives up what is held since a mark, and gives back what the file has been made longer by since then: on a full disk that
    /// may be all there was. Only where the file has the same header as then, so that nothing leads there. This backend writes
    /// nothing more; whoever opens the file anew finds the commit of the mark.
    pub fn abandon(&self, mark: FileMark) -> io::Result<()> {
        let held = self.shared.held.write();
        self.shared.abandoned.store(true, Ordering::Release);
        let header = self.shared.pages.durable_header();
        let is_untouched = held.is_some() && header.is_some() && header == mark.header;
        if is_untouched && self.shared.pages.len()? > mark.len { self.shared.pages.set_len(mark.len) } else { Ok(()) }
    }

    /// Makes durable what the file has, whatever is held, and writes nothing to it.
    pub fn sync_as_it_is(&self) -> io::Result<()> {
        match self.shared.pages.assure_len() {
            // Its last page was never written, and there is no space for it: nothing in the file depends on it.
            Err(error) if is_disk_full(&error) => self.shared.pages.sync_as_it_is(),
            result => result,
        }
    }

    /// From now on a full disk is no error for redb: see [`Backend::is_holding`].
    pub fn be_patient(&self) {
        self.shared.patient.store(true, Ordering::Release);
    }

    /// True while the file lacks something that redb has written.
    pub fn is_holding(&self) -> bool {
        self.shared.held.read().is_some()
    }

    /// Drops what a transaction wrote that was aborted, all of which is held or leads nowhere. Nothing else may be held: it
    /// began when nothing was.
    pub fn discard(&self) -> io::Result<()> {
        let mut held = self.shared.held.write();
        let Some(dropped) = held.take() else { return Ok(()) };
        // Growing was taken back by redb. If the file has grown all the same, it shrinks.
        let len = dropped.len();
        drop(held);
        if self.shared.pages.len()? == len { Ok(()) } else { self.told(self.shared.pages.set_len(len)) }
    }

    /// Length of the file with everything around its pages.
    pub fn file_len(&self) -> io::Result<u64> {
        self.shared.pages.file_len()
    }

    /// What becomes of an operation: where the disk is full it is held, if the backend is patient.
    fn or_hold(&self, result: io::Result<()>, hold: impl FnOnce(&mut Held)) -> io::Result<()> {
        match result {
            Err(error) if self.shared.patient.load(Ordering::Acquire) && is_disk_full(&error) => {
                let len = self.told(self.shared.pages.len())?;
                let mut held = self.shared.held.write();
                hold(held.get_or_insert_with(|| Held::new(len)));
                Ok(())
            }
            result => self.told(result),
        }
    }

    /// True once redb was given an error, or the handle [was given up](Backend::give_up): it then refuses whatever else it is asked, and only opening the file again helps.
    pub fn has_failed(&self) -> bool {
        self.shared.failed.load(Ordering::Acquire)
    }

    /// Says that this handle is of no use any more, although the file gave no error: redb has panicked, or opens no table.
    pub fn give_up(&self) {
        self.shared.failed.store(true, Ordering::Release);
    }

    /// Notes an error before redb hears of it.
    fn told<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if result.is_err() {
            self.shared.failed.store(true, Ordering::Release);
        }
        result
    }

    /// The first page that was found damaged since the file was opened. redb takes no more orders once it met one, and
    /// answers what comes after with an error that does not say why.
    pub fn damaged_page(&self) -> Option<u64> {
        self.shared.pages.damaged_page()
    }

    /// redb latches an error of its file and answers everything after it without saying why; where it was a damaged page,
    /// this does.
    pub fn explain(&self, error: StoreError) -> StoreError {
        match (&error, self.damaged_page()) {
            (StoreError::Engine(_), Some(page)) => StoreError::Damaged(format!("page {page} is damaged")),
            _ => error,
        }
    }

    /// The number of pages, the header's among them.
    pub fn page_count(&self) -> io::Result<u64> {
        self.shared.pages.page_count()
    }

    /// Reads one page past redb and its caches: see [`PagedFile::verify_page`].
    pub fn verify_page(&self, page: u64) -> io::Result<PageState> {
        self.shared.pages.verify_page(page)
    }
}

impl redb::StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        match &*self.shared.held.read() {
            Some(held) => Ok(held.len()),
            None => self.told(self.shared.pages.len()),
        }
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.told(match &*self.shared.held.read() {
            Some(held) => held.read(&self.shared.pages, offset, out),
            None => self.shared.pages.read(offset, out),
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        if let Some(held) = &mut *self.shared.held.write() {
            held.set_len(len);
            return Ok(());
        }
        self.or_hold(self.shared.pages.set_len(len), |held| held.set_len(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        if let Some(held) = &mut *self.shared.held.write() {
            held.sync();
            return Ok(());
        }
        if planted::is(Planted::StoreUnsynced) {
            return Ok(());
        }
        // The lock is free again here: readers must not wait for the disk.
        self.or_hold(self.shared.pages.sync(), Held::sync)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        if let Some(held) = &mut *self.shared.held.write() {
            held.write(offset, data);
            return Ok(());
        }
        self.or_hold(self.shared.pages.write(offset, data), |held| held.write(offset, data))
    }
}
