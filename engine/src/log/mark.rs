//! The mark of what was synced: tells bytes that were never written from bytes that were durable and are gone.
//!
//! A record says how far the segment had been synced *before* it, so nothing in the segments speaks for the last ones. The
//! mark does: a small file beside the segments which says that everything through a seq has been synced, where the last
//! of those records ended, and what its checksum is. Opening compares: a log that ends before its mark is damaged.
//!
//! | bytes of a slot | field (little-endian) |
//! |---|---|
//! | 0..8 | magic `TOONMARK` |
//! | 8..12, 12..16 | format version, 1; offset behind the record |
//! | 16..32 | namespace id |
//! | 32..40 | count: one more than in the other slot; the higher one is the newer |
//! | 40..48, 48..56 | seq; segment |
//! | 56..64 | checksum of the record, 0 in an empty segment |
//! | 64..72 | xxh3-64 of bytes 0..64 |
//! | 72..4096 | zeros |
//!
//! # Why it is never ahead of the log
//! - It is written after a sync of the log returned success, and says no more than that sync had to cover. Its own bytes
//!   reach the device later, in any order or never: what is found is always something that had been true before.
//! - What it says stays true. Recovery never cuts below it, and writes accepted records again unchanged; a failed sync
//!   writes no mark; a segment is released, and its file reused, only when the store durably holds its records, and then
//!   [`MarkFile::speaks_beyond`] is false, because the store never goes back. A restored namespace has another id.
//! - The two slots are written in turn, a page apart, so a torn one leaves the other, which is older and just as true.
//!
//! # What it proves
//! After the end of the process (the page cache survives) it is exact: it was written before anybody was answered. After a
//! power loss it may be as old as the system's last writeback; then the newest records have no witness, as without it.
//!
//! It is a witness, never a condition: a mark that is missing, damaged or cannot be written costs proof and is logged, and
//! makes no data unavailable. So its file is not synced either, except when it is made, with the log: it says then that there
//! is nothing yet. A log without a mark was made by an older version, or lost it.

use std::path::PathBuf;
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::segment::{Fields, HEADER_BYTES};
use super::types::LogOptions;
use crate::disk::{DiskFile, OpenMode};
use crate::planted::{self, Planted};

/// The file's name.
pub(super) const MARK_NAME: &str = "synced";

/// Slots begin a page apart, so that tearing one leaves the other.
const SLOT_BYTES: usize = 4096;
const SLOTS: u64 = 2;
/// Length of the file.
pub(super) const MARK_FILE_BYTES: u64 = SLOTS * SLOT_BYTES as u64;

const MAGIC: [u8; 8] = *b"TOONMARK";
const VERSION: u32 = 1;
const FIRST_COUNT: u64 = 1;
const COVERED_BYTES: usize = 64;
const USED_BYTES: usize = COVERED_BYTES + 8;

/// What has been synced: every record through this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Seq of its last operation.
    pub(super) seq: u64,
    /// Its segment.
    pub(super) segment: u64,
    /// The offset behind it.
    pub(super) offset: u32,
    /// Its checksum, 0 when the segment is empty.
    pub(super) checksum: u64,
}

/// What a slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MarkSlot {
    Empty,
    Damaged,
    Marked { count: u64, mark: Mark },
}

impl MarkSlot {
    fn decode(bytes: &[u8], namespace_id: [u8; 16]) -> Self {
        if bytes.iter().all(|byte| *byte == 0) {
            return Self::Empty;
        }
        let mut fields = Fields(bytes);
        let known = fields.take::<8>() == MAGIC && u32::from_le_bytes(fields.take()) == VERSION;
        let offset = u32::from_le_bytes(fields.take());
        let owned = fields.take::<16>() == namespace_id;
        let [count, seq, segment, record_checksum, checksum] =
            std::array::from_fn(|_| u64::from_le_bytes(fields.take()));
        let covered = bytes.get(..COVERED_BYTES).unwrap_or_default();
        // The rest of the page belongs to nobody: a mark that is whole is true whatever stands there.
        if known && owned && count > 0 && xxh3_64(covered) == checksum {
            Self::Marked { count, mark: Mark { seq, segment, offset, checksum: record_checksum } }
        } else {
            Self::Damaged
        }
    }
}

impl Mark {
    fn encode(&self, count: u64, namespace_id: [u8; 16]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(USED_BYTES);
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(self.offset.to_le_bytes());
        bytes.extend(namespace_id);
        for number in [count, self.seq, self.segment, self.checksum] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(xxh3_64(&bytes).to_le_bytes());
        bytes
    }
}

/// How the mark of a log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkState {
    /// What is in it verifies.
    Whole,
    /// A slot does not verify. No slot is ever synced, so a power loss may leave that of both.
    Torn,
    /// There is none: an older version wrote the log, or it was lost.
    Missing,
}

/// The file with both slots.
#[derive(Debug)]
pub(super) struct MarkFile {
    path: PathBuf,
    namespace_id: [u8; 16],
    /// Nothing while there is no usable file: marks are then not written.
    file: Option<Arc<dyn DiskFile>>,
    /// The newest mark that stands in the file, with its count.
    newest: Option<(u64, Mark)>,
    /// The slot that holds it.
    slot: u64,
    /// True after a write failed, so that it is said once.
    failing: bool,
}

impl MarkFile {
    /// Reads what is there; changes nothing.
    pub(super) fn find(options: &LogOptions, mode: OpenMode) -> Self {
        let path = options.dir.join(MARK_NAME);
        let mut found =
            Self { path, namespace_id: options.namespace_id, file: None, newest: None, slot: 1, failing: false };
        match options.disk.open(&found.path, mode) {
            Ok(file) => found.read(file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::warn!(%error, "the log's mark cannot be read: damage to its last records may go unnoticed");
            }
        }
        found
    }

    fn read(&mut self, file: Arc<dyn DiskFile>) {
        for slot in 0..SLOTS {
            let mut bytes = [0; USED_BYTES];
            let decoded = match file.read_exact_at(slot * SLOT_BYTES as u64, &mut bytes) {
                Ok(()) => MarkSlot::decode(&bytes, self.namespace_id),
                Err(_) => MarkSlot::Damaged,
            };
            match decoded {
                MarkSlot::Empty => {}
                MarkSlot::Damaged => tracing::warn!(
                    path = %self.path.display(), slot,
                    "a slot of the log's mark is torn or damaged: damage to the last records may go unnoticed"
                ),
                MarkSlot::Marked { count, mark } => {
                    if self.newest.is_none_or(|(newest, _)| newest < count) {
                        (self.newest, self.slot) = (Some((count, mark)), slot);
                    }
                }
            }
        }
        self.file = Some(file);
    }

    /// How the file is.
    pub(super) fn look(options: &LogOptions) -> std::io::Result<MarkState> {
        let file = match options.disk.open(&options.dir.join(MARK_NAME), OpenMode::ReadOnly) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(MarkState::Missing),
            Err(error) => return Err(error),
        };
        let mut damaged = 0;
        for slot in 0..SLOTS {
            let mut bytes = [0; USED_BYTES];
            let decoded = match file.read_exact_at(slot * SLOT_BYTES as u64, &mut bytes) {
                Ok(()) => MarkSlot::decode(&bytes, options.namespace_id),
                Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => MarkSlot::Damaged,
                Err(error) => return Err(error),
            };
            match decoded {
                MarkSlot::Empty | MarkSlot::Marked { .. } => {}
                MarkSlot::Damaged => damaged += 1,
            }
        }
        Ok(if damaged == 0 { MarkState::Whole } else { MarkState::Torn })
    }

    /// The newest mark found or written.
    pub(super) fn newest(&self) -> Option<Mark> {
        self.newest.map(|(_, mark)| mark)
    }

    /// The mark, if it speaks of batches after `from_seq`, which is what the store has: only those can be missed.
    pub(super) fn speaks_beyond(&self, from_seq: u64) -> Option<Mark> {
        self.newest().filter(|mark| mark.seq > from_seq)
    }

    /// As [`MarkFile::make`], for a log that is being made: says that there is nothing yet, so that a log without a mark is
    /// one that had none or lost it.
    pub(super) fn begin(&mut self, options: &LogOptions) {
        self.make_with(options, Some(Mark { seq: 0, segment: 1, offset: HEADER_BYTES, checksum: 0 }));
    }

    /// Makes the file where it is missing, or of another length than it must have. A crash on the way leaves empty slots.
    /// Its name becomes durable with the directory's next sync.
    pub(super) fn make(&mut self, options: &LogOptions) {
        self.make_with(options, None);
    }

    fn make_with(&mut self, options: &LogOptions, first: Option<Mark>) {
        let first = first.filter(|_| self.newest.is_none());
        if let Some(file) = &self.file
            && file.len().is_ok_and(|len| len == MARK_FILE_BYTES)
        {
            // An attempt to make the log got this far before a crash.
            if let Some(mark) = first {
                self.write(mark);
            }
            return;
        }
        let made = match self.file.take() {
            Some(file) => Ok(file),
            None => options.disk.open(&self.path, OpenMode::CreateNew),
        };
        let made = made.and_then(|file| {
            file.set_len(MARK_FILE_BYTES)?;
            // Written, not only reserved, so that later writes find their blocks; the newest mark stays where it stands.
            for slot in (0..SLOTS).filter(|slot| self.newest.is_none() || *slot != self.slot) {
                file.write_all_at(slot * SLOT_BYTES as u64, &[0; SLOT_BYTES])?;
            }
            if let Some(mark) = first {
                file.write_all_at(0, &mark.encode(FIRST_COUNT, self.namespace_id))?;
            }
            file.sync_all().map(|()| file)
        });
        match made {
            Ok(file) => {
                self.file = Some(file);
                if let Some(mark) = first {
                    (self.newest, self.slot) = (Some((FIRST_COUNT, mark)), 0);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the log goes on without a mark: damage to its last records may go unnoticed");
            }
        }
    }

    /// Notes what has been synced. The caller's sync has succeeded; whether this does changes no answer.
    pub(super) fn write(&mut self, mark: Mark) {
        let Some(file) = &self.file else { return };
        if self.newest() == Some(mark) || planted::is(Planted::MarkUnwritten) {
            return;
        }
        let count = self.newest.map_or(0, |(count, _)| count).saturating_add(1);
        let slot = (self.slot + 1) % SLOTS;
        match file.write_all_at(slot * SLOT_BYTES as u64, &mark.encode(count, self.namespace_id)) {
            Ok(()) => (self.newest, self.slot, self.failing) = (Some((count, mark)), slot, false),
            // The same slot is tried next time: the other one still holds a whole mark.
            Err(error) => {
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::warn!(%error, "the log's mark cannot be written: damage to the last records may go unnoticed");
                }
            }
        }
    }

    /// Length of the file, 0 where there is none.
    pub(super) fn bytes(&self) -> u64 {
        if self.file.is_some() { MARK_FILE_BYTES } else { 0 }
    }
}
