//! What a query asks for, as inclusive bounds on valid time and on commit seq.

use super::node::TreeNode;
use super::period::Period;

/// Accepts the versions valid at some instant of `first..=last` and believed at some seq of `seq_first..=seq_last`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    first: i64,
    last: i64,
    seq_first: u64,
    seq_last: u64,
}

impl Window {
    /// Versions overlapping `valid`, believed at `seq`.
    pub(super) fn believed(valid: &Period, seq: u64) -> Self {
        Self { first: valid.from(), last: valid.last(), seq_first: seq, seq_last: seq }
    }

    /// Every version, also those no reader ever saw.
    pub(super) const fn everything() -> Self {
        Self { first: i64::MIN, last: i64::MAX, seq_first: 0, seq_last: u64::MAX }
    }

    /// Whether the node's own version is accepted.
    pub(super) fn accepts(&self, node: &TreeNode) -> bool {
        node.from <= self.last
            && node.last >= self.first
            && node.tx_from <= self.seq_last
            && node.tx_last >= self.seq_first
    }

    /// Whether the subtree under `node` may hold an accepted version, judged by its summary.
    pub(super) fn may_accept_below(&self, node: &TreeNode) -> bool {
        node.max_last >= self.first && node.min_tx_from <= self.seq_last && node.max_tx_last >= self.seq_first
    }

    /// Whether the node, and with it everything to its right, starts after the window.
    pub(super) fn ends_before(&self, node: &TreeNode) -> bool {
        node.from > self.last
    }
}
