//! The newest batches, in memory, for cursors that keep up: they are handed the very buffer that was written to the log.
//!
//! Kept only while somebody follows, and within bounds. A buffer that falls out and that no reader has is written into again, so
//! following costs no allocation as long as readers let go of what they were given; without followers the log has one buffer,
//! and swaps it with the caller's.

use std::collections::VecDeque;
use std::sync::Arc;

use super::lineage::Lineage;
use super::position::SeqRange;
use super::segment::{LogFormat, SegmentHeader};
use crate::limits;

/// A payload buffer that grew beyond this gives the memory back.
pub(super) const KEPT_BUFFER_BYTES: usize = 1 << 20;

/// A batch as a cursor gives it.
#[derive(Clone, Debug)]
pub struct LoggedBatch {
    /// Its operations.
    pub seqs: SeqRange,
    /// How the payload is laid out.
    pub format: LogFormat,
    /// The epoch it was written under, and the chain behind it; nothing in format 1.
    pub lineage: Option<Lineage>,
    /// What was appended.
    pub payload: Arc<Vec<u8>>,
}

/// A batch, and where the one behind it begins.
#[derive(Clone, Debug)]
pub(super) struct RecentBatch {
    pub(super) batch: LoggedBatch,
    pub(super) segment: SegmentHeader,
    pub(super) end: u32,
}

#[derive(Debug, Default)]
pub(super) struct RecentBatches {
    batches: VecDeque<RecentBatch>,
    bytes: usize,
    /// A buffer that nobody has any more.
    free: Option<Arc<Vec<u8>>>,
}

impl RecentBatches {
    pub(super) fn push(&mut self, recent: RecentBatch) {
        self.bytes += recent.batch.payload.len();
        self.batches.push_back(recent);
        while self.bytes > limits::LOG_RECENT_BYTES_MAX || self.batches.len() > limits::LOG_RECENT_BATCHES_MAX {
            let Some(oldest) = self.batches.pop_front() else { break };
            self.bytes -= oldest.batch.payload.len();
            let mut buffer = oldest.batch.payload;
            if Arc::get_mut(&mut buffer).is_some() {
                self.free = Some(buffer);
            }
        }
    }

    /// The batch that holds a seq.
    pub(super) fn get(&self, seq: u64) -> Option<RecentBatch> {
        let at = self.batches.partition_point(|recent| recent.batch.seqs.last < seq);
        self.batches.get(at).filter(|recent| recent.batch.seqs.first <= seq).cloned()
    }

    pub(super) fn take_free_buffer(&mut self) -> Arc<Vec<u8>> {
        self.free.take().unwrap_or_default()
    }

    /// Nobody follows any more.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
