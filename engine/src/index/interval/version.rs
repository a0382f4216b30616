//! One version of one temporal edge: a period of valid time, a period of belief, and the edge itself.
//!
//! Belief is transaction time `[tx_from, tx_until)` in commit sequence numbers. A version that was asserted and retracted
//! by the same commit has `tx_until == tx_from`; no reader ever sees it, only the full history does.

use super::period::Period;

/// A version of a temporal edge. `key` is unique within its timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version<K, P> {
    /// Identity of the version, chosen by the caller.
    pub key: K,
    /// When the fact holds in the world.
    pub valid: Period,
    /// Commit that asserted the version.
    pub tx_from: u64,
    /// Commit that ended belief in it; `None` while it is believed.
    pub tx_until: Option<u64>,
    /// What the caller stores with it, cheap to clone (an `Arc`).
    pub payload: P,
}

impl<K, P> Version<K, P> {
    /// Whether a reader at commit `seq` sees this version.
    #[must_use]
    pub fn is_believed_at(&self, seq: u64) -> bool {
        self.tx_from <= seq && self.tx_until.is_none_or(|until| seq < until)
    }
}
