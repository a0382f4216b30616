//! The pages of a store's file, each behind a checksum of what it is and where it belongs.
//!
//! redb sees a file of 4096-byte pages. Page 0, which holds its header, is kept by [`super::superblock`]; page `n` stands at
//! `8192 + (n - 1) * 4104`:
//!
//! ```text
//! 0..8 xxh3-64 of the page, seeded with the file's id and n, never 0 | 8..4104 the page
//! ```
//!
//! redb itself verifies nothing when it reads. Here every read verifies every page it covers, so a flipped bit, a page in
//! another's place or from another file, and a page of zeros are reported (`InvalidData`) and redb never sees them. What
//! was never written is zeros with a checksum of 0, which no written page has; redb reads no page that it has not written
//! before, so to read one is damage too. One thing the pages cannot tell: that a whole page is an older state of itself,
//! because the device lost a write that it had reported as durable.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::error::{StoreError, StoreResult};
use super::superblock::{REDB_HEADER_BYTES, RedbHeader, SUPERBLOCK_BYTES, Superblock, least_len};
use crate::disk::DiskFile;
use crate::planted::{self, Planted};

/// Bytes of a page, as redb sees it.
pub const PAGE_BYTES: usize = 4096;
const CHECKSUM_BYTES: usize = 8;
const STRIDE_BYTES: usize = CHECKSUM_BYTES + PAGE_BYTES;
/// Pages that one read or write of the file takes at most.
const PAGES_AT_ONCE: usize = 64;
/// Length of a run of adjacent writes at which the system is asked to start writing it out. Without it the final sync of
/// a large flush would hold the disk, and with it the log's next sync, for as long as everything takes.
const WRITEBACK_BYTES: u64 = 1 << 20;

/// A run of adjacent bytes written and not yet hinted.
#[derive(Debug, Default, Clone, Copy)]
struct Run {
    start: u64,
    end: u64,
}

/// How a page was found by [`PagedFile::verify_page`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageState {
    /// Its checksum is right.
    Good,
    /// Nothing but zeros: it was never written, or it was wiped out.
    Unwritten,
    /// It is damaged.
    Bad,
}

/// A store's file.
#[derive(Debug)]
pub struct PagedFile {
    file: Arc<dyn DiskFile>,
    id: [u8; 16],
    seed: u64,
    superblock: Superblock,
    run: Mutex<Run>,
    /// The first page that was found damaged; 0 = none.
    damaged: AtomicU64,
}

fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn unsupported(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}

impl PagedFile {
    /// Over a new, empty file.
    pub fn new(file: Arc<dyn DiskFile>, id: [u8; 16]) -> Self {
        Self::with(file, id, Superblock::new(id))
    }

    /// Over a file that exists; reads its head and changes nothing.
    pub fn open(file: Arc<dyn DiskFile>, id: [u8; 16]) -> StoreResult<Self> {
        let superblock = Superblock::open(&*file, id)?;
        let paged = Self::with(file, id, superblock);
        let least = least_len(&paged.superblock.header());
        if least.is_none_or(|least| paged.len().is_ok_and(|len| len < least)) {
            return Err(StoreError::NotAStore("it is shorter than its header says"));
        }
        Ok(paged)
    }

    fn with(file: Arc<dyn DiskFile>, id: [u8; 16], superblock: Superblock) -> Self {
        Self { file, id, seed: xxh3_64(&id), superblock, run: Mutex::default(), damaged: AtomicU64::new(0) }
    }

    /// Length of the file as redb sees it. Bytes behind the last whole page are nobody's.
    pub fn len(&self) -> io::Result<u64> {
        let len = self.file.len()?;
        if len < SUPERBLOCK_BYTES {
            return Ok(0);
        }
        Ok((1 + (len - SUPERBLOCK_BYTES) / STRIDE_BYTES as u64) * PAGE_BYTES as u64)
    }

    /// Length of the file itself.
    pub fn file_len(&self) -> io::Result<u64> {
        self.file.len()
    }

    /// Sets the length as redb sees it.
    pub fn set_len(&self, len: u64) -> io::Result<()> {
        if len == 0 || !len.is_multiple_of(PAGE_BYTES as u64) {
            return Err(unsupported("a store's length is a whole number of pages"));
        }
        self.file.set_len(offset_of(len / PAGE_BYTES as u64))
    }

    /// Makes everything written durable, the header last.
    pub fn sync(&self) -> io::Result<()> {
        self.superblock.sync(&*self.file)
    }

    /// Makes durable what was written, and no header that was not.
    pub fn sync_as_it_is(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Makes the length durable that the file shows. A sync that failed may have lost a growth that still shows, and says
    /// nothing when it is asked again; a later header would then promise more than there is. So the last byte is written
    /// once more, as it is, and everything about the file is synced, not only what reading the bytes needs.
    pub fn assure_len(&self) -> io::Result<()> {
        if planted::is(Planted::LengthTrusted) {
            return Ok(());
        }
        if let Some(last) = self.file.len()?.checked_sub(1) {
            let mut byte = [0];
            match self.file.read_exact_at(last, &mut byte) {
                Ok(()) => self.file.write_all_at(last, &byte)?,
                // Nothing may lead to that place, which is for redb to find out.
                Err(error) => tracing::warn!(%error, "the end of a store's file cannot be read"),
            }
        }
        self.file.sync_all()
    }

    /// redb's header as an opening would find it now; nothing where nobody knows.
    pub fn durable_header(&self) -> Option<RedbHeader> {
        self.superblock.durable_header()
    }

    /// The first page that was found damaged.
    pub fn damaged_page(&self) -> Option<u64> {
        Some(self.damaged.load(Ordering::Relaxed)).filter(|page| *page != 0)
    }

    /// Fills `out` from a place that redb names.
    pub fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        if offset == 0 && out.len() <= REDB_HEADER_BYTES {
            let header = self.superblock.header();
            out.copy_from_slice(header.get(..out.len()).unwrap_or_default());
            return Ok(());
        }
        let page = pages_of(offset, out.len())?;
        if out.len() == PAGE_BYTES {
            let mut stride = [0; STRIDE_BYTES];
            self.file.read_exact_at(offset_of(page), &mut stride)?;
            return self.take(page, &stride, out);
        }
        let mut strides = vec![0; STRIDE_BYTES * (out.len() / PAGE_BYTES).min(PAGES_AT_ONCE)];
        let mut page = page;
        for part in out.chunks_mut(PAGE_BYTES * PAGES_AT_ONCE) {
            let strides = strides.get_mut(..part.len() / PAGE_BYTES * STRIDE_BYTES).unwrap_or_default();
            self.file.read_exact_at(offset_of(page), strides)?;
            for (stride, target) in strides.chunks_exact(STRIDE_BYTES).zip(part.chunks_exact_mut(PAGE_BYTES)) {
                self.take(page, stride, target)?;
                page += 1;
            }
        }
        Ok(())
    }

    /// Verifies one page and copies it.
    fn take(&self, page: u64, stride: &[u8], out: &mut [u8]) -> io::Result<()> {
        match self.state_of(page, stride) {
            PageState::Good => {
                out.copy_from_slice(stride.get(CHECKSUM_BYTES..).unwrap_or_default());
                Ok(())
            }
            state @ (PageState::Bad | PageState::Unwritten) => {
                let _ = self.damaged.compare_exchange(0, page, Ordering::Relaxed, Ordering::Relaxed);
                let what = if state == PageState::Bad { "its checksum is wrong" } else { "it holds nothing but zeros" };
                Err(invalid(format!("page {page} is damaged: {what}")))
            }
        }
    }

    fn state_of(&self, page: u64, stride: &[u8]) -> PageState {
        let Some((checksum, data)) = stride.split_first_chunk::<CHECKSUM_BYTES>() else { return PageState::Bad };
        match u64::from_le_bytes(*checksum) {
            0 if data.iter().all(|byte| *byte == 0) => PageState::Unwritten,
            checksum if checksum == self.checksum(page, data) => PageState::Good,
            _ if planted::is(Planted::PageChecksumSkipped) => PageState::Good,
            _ => PageState::Bad,
        }
    }

    fn checksum(&self, page: u64, data: &[u8]) -> u64 {
        xxh3_64_with_seed(data, self.seed.wrapping_add(page)).max(1)
    }

    /// Writes whole pages, or redb's header.
    pub fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        if offset == 0 {
            let header = data.try_into().map_err(|_| unsupported("redb's header has another length"))?;
            self.superblock.set_header(header);
            return Ok(());
        }
        let mut page = pages_of(offset, data.len())?;
        for part in data.chunks(PAGE_BYTES * PAGES_AT_ONCE) {
            let checksums: Vec<[u8; CHECKSUM_BYTES]> = part
                .chunks_exact(PAGE_BYTES)
                .zip(page..)
                .map(|(data, page)| self.checksum(page, data).to_le_bytes())
                .collect();
            let pieces = checksums.iter().zip(part.chunks_exact(PAGE_BYTES));
            let pieces: Vec<&[u8]> = pieces.flat_map(|(checksum, data)| [checksum.as_slice(), data]).collect();
            let start = offset_of(page);
            self.file.write_parts_at(start, &pieces)?;
            page += checksums.len() as u64;
            if let Some(run) = self.extend_run(start, offset_of(page) - start) {
                self.file.start_writeback(run.start, run.end - run.start);
            }
        }
        Ok(())
    }

    /// Joins a write to the current run; gives the run back when it is long enough or the write begins another.
    fn extend_run(&self, offset: u64, len: u64) -> Option<Run> {
        let mut run = self.run.lock();
        if run.end == offset {
            run.end += len;
            return (run.end - run.start >= WRITEBACK_BYTES)
                .then(|| std::mem::replace(&mut *run, Run { start: offset + len, end: offset + len }));
        }
        let done = std::mem::replace(&mut *run, Run { start: offset, end: offset + len });
        (done.end > done.start).then_some(done)
    }

    /// The number of pages, page 0 among them.
    pub fn page_count(&self) -> io::Result<u64> {
        Ok(self.len()? / PAGE_BYTES as u64)
    }

    /// Reads one page past redb and says how it is; for page 0, whether both copies of the header verify. A page that is
    /// being written at this moment may look damaged: who finds one so looks again before reporting it.
    pub fn verify_page(&self, page: u64) -> io::Result<PageState> {
        if page == 0 {
            let both = Superblock::check(&*self.file, self.id)?.iter().all(|verifies| *verifies);
            return Ok(if both { PageState::Good } else { PageState::Bad });
        }
        let mut stride = [0; STRIDE_BYTES];
        self.file.read_exact_at(offset_of(page), &mut stride)?;
        Ok(self.state_of(page, &stride))
    }
}

/// The number of the first page of a range of whole pages behind the header.
fn pages_of(offset: u64, len: usize) -> io::Result<u64> {
    let whole = offset.is_multiple_of(PAGE_BYTES as u64) && len.is_multiple_of(PAGE_BYTES) && len > 0;
    if offset == 0 || !whole {
        return Err(unsupported("a store is read and written in whole pages"));
    }
    Ok(offset / PAGE_BYTES as u64)
}

/// Where a page begins in the file; page 0 has no place among the others.
fn offset_of(page: u64) -> u64 {
    SUPERBLOCK_BYTES + page.saturating_sub(1).saturating_mul(STRIDE_BYTES as u64)
}
