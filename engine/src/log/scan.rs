//! Reading one segment: accept records while they connect, then decide what the first bad place means.

use super::error::LogError;
use super::lineage::Lineage;
use super::mark::Mark;
use super::position::SeqRange;
use super::record::{FoundRecord, RECORD_ALIGN, find};
use super::segment::SegmentHeader;
use super::types::{Batch, Replay, Rest};
use crate::planted::{self, Planted};

/// Where reading stopped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tail {
    /// Offset behind the last accepted record.
    pub(super) end: u32,
    /// Offset up to which an accepted record claims the segment had been synced.
    pub(super) proven_synced: u32,
    /// Checksum of the last accepted record, 0 when there is none.
    pub(super) checksum: u64,
    /// Behind that record; nothing in format 1.
    pub(super) lineage: Option<Lineage>,
    pub(super) last_seq: u64,
    /// Batches handed to the callback.
    pub(super) replayed: u64,
}

/// Hands the segment's connected records that end after `from_seq` to `replay`. A `mark` speaks of this or another segment.
pub(super) fn accept_records(
    segment: &[u8],
    header: &SegmentHeader,
    from_seq: u64,
    mark: Option<Mark>,
    replay: &mut Replay<'_>,
) -> Result<Tail, LogError> {
    let marked = mark.filter(|mark| mark.segment == header.number);
    let mut tail = Tail {
        end: header.first_offset(),
        proven_synced: header.first_offset(),
        checksum: 0,
        lineage: header.lineage,
        last_seq: header.first_seq.saturating_sub(1),
        replayed: 0,
    };
    while let FoundRecord::Record(record) = find(segment, header.place(tail.end)) {
        if record.header.previous != tail.checksum {
            break;
        }
        let SeqRange { first, last } = record.header.seqs;
        if first != tail.last_seq.wrapping_add(1) || last < first {
            return Err(LogError::corrupt(header.number, tail.end, "record does not continue the seq before it"));
        }
        if let (Some(before), Some(own)) = (tail.lineage, record.header.lineage) {
            before.check_continued(own).map_err(|reason| LogError::corrupt(header.number, tail.end, reason))?;
        }
        // What was synced at the marked place is never written again with other content.
        if marked.is_some_and(|mark| (mark.offset, mark.seq) == (record.end, last) && mark.checksum != record.checksum)
        {
            return Err(LogError::corrupt(header.number, tail.end, "another record stands where one had been synced"));
        }
        if last > from_seq {
            replay(Batch { seqs: record.header.seqs, format: header.format(), payload: record.payload })?;
            tail.replayed += 1;
        }
        tail.proven_synced = tail.proven_synced.max(record.header.synced_through);
        tail.end = record.end;
        tail.checksum = record.checksum;
        tail.lineage = record.lineage;
        tail.last_seq = last;
    }
    tail.proven_synced = tail.proven_synced.min(tail.end);
    Ok(tail)
}

/// Looks at everything behind the accepted records of the last segment; the store has what comes up to `from_seq`.
///
/// A record there cannot be accepted, but what it says about syncs was true when it was written and stays true: recovery
/// never cuts below a synced offset. So if it says that the bad place had been synced, the place was damaged afterwards.
/// That is harmless if the bad place is one of those that the store has, and no record of any age here goes beyond them. A
/// record that does is never gone on with: without its predecessor nothing tells it from a remnant of another opening.
pub(super) fn look_behind(
    segment: &[u8],
    header: &SegmentHeader,
    tail: &Tail,
    from_seq: u64,
) -> Result<Rest, LogError> {
    let mut torn_end = u64::from(tail.end);
    let (mut is_damaged, mut last_seq) = (false, tail.last_seq);
    let mut offset = tail.end;
    while (offset as usize) < segment.len() {
        let mut next = offset + RECORD_ALIGN;
        match find(segment, header.place(offset)) {
            FoundRecord::Nothing => {}
            FoundRecord::Torn { end } => torn_end = torn_end.max(end),
            FoundRecord::Record(record) => {
                // At the bad place itself stands a whole record with another predecessor. If that predecessor had been
                // synced when this was written, the one accepted in its place is not the one that was there.
                let replaced = offset == tail.end && record.header.synced_through == tail.end;
                let proven = record.header.synced_through > tail.end || (replaced && tail.end > header.first_offset());
                is_damaged |= proven && !planted::is(Planted::SyncedRecordCutOff);
                last_seq = last_seq.max(record.header.seqs.last);
                torn_end = torn_end.max(u64::from(record.end));
                next = record.end;
            }
        }
        offset = next;
    }
    match is_damaged {
        false => Ok(Rest::Torn { bytes: torn_end - u64::from(tail.end) }),
        true if tail.last_seq < from_seq && last_seq <= from_seq => Ok(Rest::Needless),
        true => Err(LogError::corrupt(header.number, tail.end, "bad record before one that proves it synced")),
    }
}
