//! Verifies a store that is read and written meanwhile.
//!
//! The pages are read past redb and its caches, in steps, by a handle of its own: it finds the file gone or cut too. If all of
//! them verify, the rows are walked at one commit, through the store's own handle. A page that does not verify proves nothing
//! yet: it may be free, or have been written at that moment; and a page of zeros may never have been written. Then flushes are held up and the file is judged as one that nobody has open ([`super::file`]), by a handle of
//! its own whose writes stay in memory. The store's own handle is not asked: it would answer from its cache, and would be of
//! no use any more once it met the page.

use super::file::{StoreReport, is_damage, verify_file};
use super::pages::{PageReport, verify_pages};
use super::report::RowReport;
use super::rows::verify_rows;
use super::store_file::StoreFile;
use super::walk::Pace;
use crate::disk::OpenMode;
use crate::limits;
use crate::store::backend::Backend;
use crate::store::base::Base;
use crate::store::database::guarded;
use crate::store::error::{StoreError, StoreResult};
use crate::store::pages::PAGE_BYTES;

/// A walk over the pages of a file, past redb, that may pause anywhere. Others may write to the file meanwhile.
#[derive(Debug)]
pub struct PageWalk {
    backend: Backend,
    /// The next page; nothing = every page was read.
    next: Option<u64>,
    found_bad: bool,
    found_unwritten: bool,
}

impl PageWalk {
    /// At the first page of a file, through a handle of its own that writes nothing.
    pub fn open(file: StoreFile<'_>) -> StoreResult<Self> {
        let backend = Backend::open_as(OpenMode::ReadOnly, file.disk, file.path, file.id)?;
        Ok(Self { backend, next: Some(0), found_bad: false, found_unwritten: false })
    }

    /// Reads at most so many bytes, but one page at least. Gives the bytes that were read.
    pub fn step(&mut self, bytes_max: u64) -> StoreResult<u64> {
        let count = (bytes_max / PAGE_BYTES as u64).max(1);
        let Some(from) = self.next else { return Ok(0) };
        let PageReport { bad, has_unwritten, next } =
            verify_pages(&self.backend, from, count).map_err(StoreError::io)?;
        self.next = next;
        self.found_bad |= !bad.is_empty();
        self.found_unwritten |= has_unwritten;
        let end = match next {
            Some(next) => next,
            None => self.page_count()?,
        };
        Ok(end.saturating_sub(from).saturating_mul(PAGE_BYTES as u64))
    }

    /// True once every page was read.
    pub fn has_ended(&self) -> bool {
        self.next.is_none()
    }

    /// True if a page does not verify.
    pub fn has_found_bad(&self) -> bool {
        self.found_bad
    }

    fn page_count(&self) -> StoreResult<u64> {
        self.backend.page_count().map_err(StoreError::io)
    }
}

impl Base {
    /// Walks all rows of one commit and holds them against each other. `pace` is asked after every few rows whether to go on,
    /// and may wait; if it ends the walk, there is nothing to tell.
    pub fn verify(&self, pace: Pace<'_>) -> StoreResult<Option<RowReport>> {
        guarded(|| {
            let (snapshot, flushed) = self.snapshot_with_flushed()?;
            verify_rows(&snapshot, flushed, pace, None)
        })
    }

    /// Verifies the pages and the rows of its file while it is in use. `pace` is as in [`Base::verify`]. While a file is judged in
    /// which a page does not verify, or may have been wiped out, flushes wait.
    pub fn verify_in_use(&self, file: StoreFile<'_>, pace: Pace<'_>) -> StoreResult<Option<StoreReport>> {
        let all_verify = match walk_all(file, pace) {
            Ok(Some(walk)) => (!walk.found_bad && !walk.found_unwritten).then_some(walk),
            Ok(None) => return Ok(None),
            // It is gone or cut, or was being written to.
            Err(error) if is_damage(&error) => None,
            Err(error) => return Err(error),
        };
        if let Some(walk) = all_verify {
            match self.verify(pace) {
                Ok(Some(rows)) if rows.complete => {
                    let (pages, bad) = (walk.page_count()?, Vec::new());
                    return Ok(Some(StoreReport { pages, bad, damage: None, rows: Some(rows) }));
                }
                // Damaged since its pages were read.
                Ok(Some(_)) => {}
                Ok(None) => return Ok(None),
                Err(error) if is_damage(&error) => {}
                Err(error) => return Err(error),
            }
        }
        let _writing = self.writing.lock();
        verify_file(file, pace)
    }
}

#[cfg(test)]
impl Base {
    /// Verifies at most `count` pages of the file from page `from` on, past redb.
    pub fn verify_pages(&self, from: u64, count: u64) -> StoreResult<PageReport> {
        verify_pages(&self.backend, from, count).map_err(StoreError::io)
    }
}

/// Reads every page; nothing if `pace` ended it.
fn walk_all(file: StoreFile<'_>, pace: Pace<'_>) -> StoreResult<Option<PageWalk>> {
    let mut walk = PageWalk::open(file)?;
    while !walk.has_ended() {
        let bytes = walk.step(limits::CHECK_PAGES_EACH * PAGE_BYTES as u64)?;
        if !pace(bytes) {
            return Ok(None);
        }
    }
    Ok(Some(walk))
}
