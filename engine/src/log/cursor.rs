//! A place in a live log that moves on batch by batch.
//!
//! A cursor reads only what [`super::shared`] says may be read. That stands in the files whole and is never written again, so a
//! record that does not verify is either damaged, or its segment was released and its file is another segment's by now; the list
//! of segments tells which. One that does verify is right in either case: its hash takes in its segment's salt and its place.
//!
//! Up to its first seq it goes from header to header and reads no payloads. It holds one batch at a time.

use std::sync::{Arc, Weak};

use super::error::LogError;
use super::lineage::Lineage;
use super::recent::{LoggedBatch, RecentBatch};
use super::record::{RECORD_HEADER_BYTES, RecordHead};
use super::segment::SegmentHeader;
use super::shared::LogShared;

/// Reads a log batch by batch.
#[derive(Debug)]
pub struct LogCursor {
    shared: Weak<LogShared>,
    id: u64,
    /// The last seq that was given, or is not wanted.
    after: u64,
    /// Where the next record begins, if that is known.
    place: Option<CursorPlace>,
}

#[derive(Clone, Copy, Debug)]
struct CursorPlace {
    segment: SegmentHeader,
    offset: u32,
    /// In front of it, if that is known.
    lineage: Option<Lineage>,
}

impl Drop for LogCursor {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.remove_cursor(self.id);
        }
    }
}

impl LogCursor {
    pub(super) fn new(shared: Weak<LogShared>, id: u64, after: u64) -> Self {
        Self { shared, id, after, place: None }
    }

    /// The last seq that was given.
    #[must_use]
    pub fn after(&self) -> u64 {
        self.after
    }

    /// The next batch; nothing if everything has been read that is durable and published. After an error the same can be
    /// asked again.
    ///
    /// # Errors
    /// `FallenBehind` if it was released, `Closed` if the log was closed; `Corrupt`, `Io`.
    pub fn next_batch(&mut self) -> Result<Option<LoggedBatch>, LogError> {
        let shared = self.shared.upgrade().ok_or(LogError::Closed)?;
        if shared.readable_through() <= self.after {
            return Ok(None);
        }
        let found = match shared.recent(self.after.saturating_add(1)) {
            Some(found) => found,
            None => self.read(&shared)?,
        };
        let RecentBatch { batch, segment, end } = found;
        self.after = batch.seqs.last;
        self.place = Some(CursorPlace { segment, offset: end, lineage: batch.lineage });
        Ok(Some(batch))
    }

    fn read(&self, shared: &LogShared) -> Result<RecentBatch, LogError> {
        let segment = shared.segment_behind(self.after)?;
        let start = CursorPlace { segment, offset: segment.first_offset(), lineage: segment.lineage };
        let place = match self.place {
            Some(place) if place.segment.number == segment.number => place,
            Some(CursorPlace { lineage: Some(before), .. }) => CursorPlace { lineage: Some(before), ..start },
            Some(_) | None => start,
        };
        // The list is asked once more: what was released meanwhile is not damaged.
        self.read_at(shared, place).map_err(|error| shared.segment_behind(self.after).err().unwrap_or(error))
    }

    fn read_at(&self, shared: &LogShared, mut place: CursorPlace) -> Result<RecentBatch, LogError> {
        let CursorPlace { segment, .. } = place;
        let corrupt = |offset, reason| LogError::corrupt(segment.number, offset, reason);
        let (path, file) = shared.segment_file(self.id, segment.number)?;
        loop {
            let offset = place.offset;
            let mut bytes = [0; RECORD_HEADER_BYTES];
            let header = bytes.split_at_mut(segment.format().record_header_bytes() as usize).0;
            file.read_exact_at(u64::from(offset), header).map_err(LogError::io(&path))?;
            let head = RecordHead::decode(header, segment.place(offset))
                .ok_or_else(|| corrupt(offset, "a durable record is damaged"))?;
            let end = u32::try_from(head.end(offset, segment.format())).ok().filter(|end| *end <= segment.capacity);
            let end = end.ok_or_else(|| corrupt(offset, "a record goes beyond its segment"))?;
            let seqs = head.header.seqs;
            if seqs.last < seqs.first || seqs.first > self.after.saturating_add(1) {
                return Err(corrupt(offset, "record does not continue the seq before it"));
            }
            if let (Some(before), Some(own)) = (place.lineage, head.header.lineage) {
                before.check_continued(own).map_err(|reason| corrupt(offset, reason))?;
            }
            if seqs.last <= self.after {
                // What stands behind a payload that was not read, its successor says.
                place = CursorPlace { segment, offset: end, lineage: None };
                continue;
            }
            let mut payload = vec![0; head.payload_bytes as usize];
            let start = u64::from(offset) + header.len() as u64;
            file.read_exact_at(start, &mut payload).map_err(LogError::io(&path))?;
            let lineage = head.verify(&payload).ok_or_else(|| corrupt(offset, "a durable record is damaged"))?;
            let batch = LoggedBatch { seqs, format: segment.format(), lineage, payload: Arc::new(payload) };
            return Ok(RecentBatch { batch, segment, end });
        }
    }
}
