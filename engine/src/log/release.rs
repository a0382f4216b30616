//! What becomes of segments whose batches the store has.
//!
//! A full segment is released once the store has all of it and no pin keeps any of it. Segments that pins alone keep are bounded:
//! while they are more than [`LogOptions::pinned_bytes_max`](super::LogOptions), the pin that keeps the oldest of them is broken. So
//! are all of them where the disk is full: whoever follows a log can begin anew, whoever writes cannot.
//!
//! Readers are told first, then the file is renamed or removed: a cursor that meets another file's bytes, or none, finds the
//! segment gone from the list, and says that it has fallen behind. What it has read by then verified under the segment's own
//! salt.

use super::append::{FullSegment, SegmentedLog};
use super::error::LogError;
use super::pins::PinEnd;
use super::segment::spare_name;

impl SegmentedLog {
    pub(super) fn release(&mut self, through_seq: u64) -> Result<(), LogError> {
        self.released_seq = self.released_seq.max(through_seq);
        if self.released_seq >= self.last_seq {
            self.current.released = self.current.offset;
        }
        while self.bytes_pinned() > self.shared.options.pinned_bytes_max
            && self.shared.end_oldest_pin(PinEnd::HeldTooMuch)
        {}
        while let Some(oldest) = self.full.front()
            && oldest.last_seq <= self.released_seq
            && self.shared.let_go(oldest.number, oldest.last_seq)
        {
            let Some(segment) = self.full.pop_front() else { break };
            self.retire(&segment)?;
        }
        Ok(())
    }

    /// Bytes of the segments that pins alone keep.
    pub(super) fn bytes_pinned(&self) -> u64 {
        let Some(after) = self.shared.oldest_pin() else { return 0 };
        let is_pinned = |segment: &&FullSegment| segment.last_seq > after && segment.last_seq <= self.released_seq;
        self.full.iter().filter(is_pinned).map(|segment| u64::from(segment.capacity)).sum()
    }

    /// Turns a released segment into a spare when that serves the present segment size, otherwise removes it. A name that
    /// comes back after a crash does no harm: recovery does not read what the store has.
    fn retire(&mut self, segment: &FullSegment) -> Result<(), LogError> {
        let options = &self.shared.options;
        let serves = if self.frugal {
            // The next one that sheds cuts it.
            self.spares.is_empty()
                && (options.min_segment_bytes..=options.max_segment_bytes).contains(&segment.capacity)
        } else {
            self.spares.has_room()
                && (self.current.header.capacity..=options.max_segment_bytes).contains(&segment.capacity)
        };
        if serves {
            let path = options.dir.join(spare_name(options.rng.next_u64()));
            options.disk.rename(&segment.path, &path).map_err(LogError::io(&segment.path))?;
            self.spares.recycle(path, segment.capacity);
            return Ok(());
        }
        options.disk.remove_file(&segment.path).map_err(LogError::io(&segment.path))
    }
}
