//! The tree node: one cache line with the interval, the links and the summary of the subtree.
//!
//! Both intervals are kept with inclusive ends (see `period`), so that an open end is the largest integer and needs no
//! flag. The summary is the augmentation of CLRS 14.3 (largest end below) plus the same for belief (smallest start and
//! largest end below): enough to skip a subtree that ends before the window or was believed wholly outside it.

use super::version::Version;

/// Index of a node in the arena.
pub(super) type Slot = u32;

/// The empty subtree: slot 0 holds a sentinel whose summary changes no parent's.
pub(super) const NIL: Slot = 0;

/// Interval, links and subtree summary of one version.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
pub(super) struct TreeNode {
    pub left: Slot,
    pub right: Slot,
    /// First and last instant of valid time.
    pub from: i64,
    pub last: i64,
    /// First and last commit seq that believes the version.
    pub tx_from: u64,
    pub tx_last: u64,
    /// Over the whole subtree, this node included.
    pub max_last: i64,
    pub min_tx_from: u64,
    pub max_tx_last: u64,
}

const _: () = assert!(size_of::<TreeNode>() == 64, "a node fills one cache line");

impl TreeNode {
    pub(super) const SENTINEL: Self = Self {
        left: NIL,
        right: NIL,
        from: i64::MAX,
        last: i64::MIN,
        tx_from: u64::MAX,
        tx_last: 0,
        max_last: i64::MIN,
        min_tx_from: u64::MAX,
        max_tx_last: 0,
    };

    /// An unlinked node for `version`.
    pub(super) fn leaf<K, P>(version: &Version<K, P>) -> Self {
        let (from, last) = (version.valid.from(), version.valid.last());
        let (tx_from, tx_last) = match version.tx_until {
            None => (version.tx_from, u64::MAX),
            // Belief that ended before the first commit has no last seq; starting it at 1 keeps it empty.
            Some(0) => (version.tx_from.max(1), 0),
            Some(until) => (version.tx_from, until.saturating_sub(1)),
        };
        Self {
            left: NIL,
            right: NIL,
            from,
            last,
            tx_from,
            tx_last,
            max_last: last,
            min_tx_from: tx_from,
            max_tx_last: tx_last,
        }
    }
}
