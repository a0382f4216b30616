//! Where in the history of a namespace a record stands: the epoch it was written under, and the chain.
//!
//! The chain is one number that follows from everything before it: the chain behind a record is the xxh3-64 of the record's
//! epoch, seqs and payload, seeded with the chain in front of it. Salts, offsets, openings and segments are not in it, so it is a
//! property of the history and not of the files: two logs of a namespace that have the same chain behind a seq have had the same
//! commits up to there, in the same groups. It goes on through rotation, release and a log that is begun anew behind what the
//! store has, because every segment says what it was at its start.
//!
//! A log that is made begins with the hash of its namespace's id. Where nobody knows the history, behind segments of format 1
//! and where the store is ahead of its log, the chain begins with a random number, which equals no other log's.
//!
//! The epoch says which owner wrote a record: 0 = the namespace was never owned by a cluster. It never goes back.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::position::SeqRange;
use crate::planted::{self, Planted};

/// The epoch of a namespace that was never owned by a cluster.
pub const NEVER_OWNED: u64 = 0;

/// Epoch and chain at one place of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lineage {
    /// The epoch of what was written last.
    pub epoch: u64,
    /// The chain behind it.
    pub chain: u64,
}

impl Lineage {
    /// In front of the first commit of a namespace.
    pub(super) fn of_new(namespace_id: [u8; 16]) -> Self {
        Self { epoch: NEVER_OWNED, chain: xxh3_64(&namespace_id) }
    }

    /// The hash of a payload that stands here.
    pub(super) fn payload_hash(self, payload: &[u8]) -> u64 {
        xxh3_64_with_seed(payload, self.chain)
    }

    /// Behind a record that was written under this epoch with this chain in front of it.
    pub(super) fn behind(self, seqs: SeqRange, payload_hash: u64) -> Self {
        let link = [self.epoch, seqs.first, seqs.last, payload_hash].map(u64::to_le_bytes);
        Self { chain: xxh3_64_with_seed(link.as_flattened(), self.chain), ..self }
    }

    /// Whether a record or segment may stand here that says what is in front of it.
    pub(super) fn check_continued(self, by: Self) -> Result<(), &'static str> {
        if by.chain != self.chain && !planted::is(Planted::ChainUnverified) {
            return Err("another history is said to stand before it");
        }
        if by.epoch < self.epoch && !planted::is(Planted::EpochGoesBack) {
            return Err("it goes back to an earlier epoch");
        }
        Ok(())
    }
}
