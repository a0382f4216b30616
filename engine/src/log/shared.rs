//! What a log and those who read it share: up to where it may be read, which segments there are, who keeps which.
//!
//! A batch can be read once it is durable *and* published: a reader that is shown a commit which a power loss takes back, or
//! which a look into the database does not find yet, has been told a lie. Both numbers grow batch by batch, so the lower one is
//! always the end of a batch, and everything up to there stands in the files whole.
//!
//! Only the log itself holds this, through it the files of an opening, and so the right to open them: readers hold it for the
//! length of a call. Whatever they keep open between calls, they keep here.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;

use super::error::LogError;
use super::pins::{PinEnd, Pins};
use super::recent::{LoggedBatch, RecentBatch, RecentBatches};
use super::segment::{SegmentHeader, segment_name};
use super::types::LogOptions;
use crate::disk::{DiskFile, OpenMode};
use crate::limits;
use crate::planted::{self, Planted};

#[derive(Debug)]
pub(super) struct LogShared {
    pub(super) options: LogOptions,
    synced_seq: AtomicU64,
    published_seq: AtomicU64,
    /// Whether anybody has a cursor.
    followed: AtomicBool,
    readable: Mutex<Readable>,
}

/// A segment that a cursor has open.
#[derive(Clone, Debug)]
struct ReadSegment {
    number: u64,
    file: Arc<dyn DiskFile>,
}

#[derive(Debug)]
struct Readable {
    /// Oldest first; the last one is appended to.
    segments: VecDeque<SegmentHeader>,
    pins: Pins,
    recent: RecentBatches,
    /// Each cursor, with the segment that it reads.
    cursors: BTreeMap<u64, Option<ReadSegment>>,
    newest_cursor: u64,
}

impl LogShared {
    pub(super) fn new(options: LogOptions, segments: VecDeque<SegmentHeader>, last_seq: u64) -> Self {
        let (pins, recent, cursors, newest_cursor) = Default::default();
        Self {
            options,
            synced_seq: AtomicU64::new(last_seq),
            published_seq: AtomicU64::new(last_seq),
            followed: AtomicBool::new(false),
            readable: Mutex::new(Readable { segments, pins, recent, cursors, newest_cursor }),
        }
    }

    // For the log.

    pub(super) fn note_synced(&self, seq: u64) {
        self.synced_seq.store(seq, Ordering::Release);
    }

    pub(super) fn publish(&self, seq: u64) {
        self.published_seq.store(seq, Ordering::Release);
    }

    pub(super) fn begin_segment(&self, header: SegmentHeader) {
        self.readable.lock().segments.push_back(header);
    }

    pub(super) fn is_followed(&self) -> bool {
        self.followed.load(Ordering::Acquire)
    }

    pub(super) fn remember(&self, batch: LoggedBatch, segment: SegmentHeader, end: u32) {
        let mut readable = self.readable.lock();
        if !readable.cursors.is_empty() {
            readable.recent.push(RecentBatch { batch, segment, end });
        }
    }

    pub(super) fn take_free_buffer(&self) -> Arc<Vec<u8>> {
        self.readable.lock().recent.take_free_buffer()
    }

    pub(super) fn oldest_pin(&self) -> Option<u64> {
        self.readable.lock().pins.oldest()
    }

    pub(super) fn end_oldest_pin(&self, why: PinEnd) -> bool {
        self.readable.lock().pins.end_oldest(why)
    }

    pub(super) fn end_pins(&self, why: PinEnd, before_seq: u64) {
        self.readable.lock().pins.end_before(why, before_seq);
    }

    /// Takes a segment from the readers, unless one of them keeps it.
    pub(super) fn let_go(&self, number: u64, last_seq: u64) -> bool {
        let mut readable = self.readable.lock();
        if !readable.pins.let_go(last_seq) {
            return false;
        }
        while readable.segments.pop_front_if(|oldest| oldest.number <= number).is_some() {}
        true
    }

    // For readers.

    /// The last seq that may be read.
    pub(super) fn readable_through(&self) -> u64 {
        let (synced, published) = (self.synced_seq.load(Ordering::Acquire), self.published_seq.load(Ordering::Acquire));
        if planted::is(Planted::UnpublishedRead) {
            return synced;
        }
        if planted::is(Planted::UnsyncedRead) {
            return published;
        }
        synced.min(published)
    }

    pub(super) fn with_pins<R>(&self, work: impl FnOnce(&mut Pins) -> R) -> R {
        work(&mut self.readable.lock().pins)
    }

    /// Keeps what comes after a seq, all of which is still there.
    pub(super) fn add_pin(&self, after: u64) -> Result<u64, LogError> {
        let mut readable = self.readable.lock();
        readable.segment_behind(after)?;
        readable.pins.add(after)
    }

    pub(super) fn add_cursor(&self) -> Result<u64, LogError> {
        let mut readable = self.readable.lock();
        if readable.cursors.len() >= limits::LOG_CURSORS_MAX {
            return Err(LogError::TooMany { what: "cursors", max: limits::LOG_CURSORS_MAX });
        }
        readable.newest_cursor += 1;
        let id = readable.newest_cursor;
        readable.cursors.insert(id, None);
        self.followed.store(true, Ordering::Release);
        Ok(id)
    }

    pub(super) fn remove_cursor(&self, id: u64) {
        let mut readable = self.readable.lock();
        readable.cursors.remove(&id);
        if readable.cursors.is_empty() {
            readable.recent.clear();
            self.followed.store(false, Ordering::Release);
        }
    }

    /// The batch that holds a seq, if it is in memory.
    pub(super) fn recent(&self, seq: u64) -> Option<RecentBatch> {
        self.readable.lock().recent.get(seq)
    }

    /// The segment that holds what comes after a seq, or will.
    pub(super) fn segment_behind(&self, after: u64) -> Result<SegmentHeader, LogError> {
        self.readable.lock().segment_behind(after)
    }

    /// The file of a segment that a cursor reads.
    pub(super) fn segment_file(&self, cursor: u64, number: u64) -> Result<(PathBuf, Arc<dyn DiskFile>), LogError> {
        let path = self.options.dir.join(segment_name(number));
        let open = self.readable.lock().cursors.get(&cursor).cloned().flatten();
        if let Some(ReadSegment { file, .. }) = open.filter(|open| open.number == number) {
            return Ok((path, file));
        }
        let file = self.options.disk.open(&path, OpenMode::ReadOnly).map_err(LogError::io(&path))?;
        if let Some(open) = self.readable.lock().cursors.get_mut(&cursor) {
            *open = Some(ReadSegment { number, file: Arc::clone(&file) });
        }
        Ok((path, file))
    }
}

impl Readable {
    fn segment_behind(&self, after: u64) -> Result<SegmentHeader, LogError> {
        let wanted = after.saturating_add(1);
        let at = self.segments.partition_point(|segment| segment.first_seq <= wanted);
        let found = at.checked_sub(1).and_then(|at| self.segments.get(at)).copied();
        found
            .ok_or(LogError::FallenBehind { after, oldest: self.segments.front().map_or(0, |oldest| oldest.first_seq) })
    }
}
