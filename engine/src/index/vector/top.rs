//! The best `k` rows seen so far, by distance and then by identifier.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::arena::ArenaRow;
use super::hit::Hit;

/// A max-heap of at most `k` rows: its root is the row the next better one replaces.
pub(super) struct Top<'a> {
    k: usize,
    heap: BinaryHeap<Candidate<'a>>,
}

struct Candidate<'a> {
    distance: f32,
    row: ArenaRow<'a>,
}

impl<'a> Top<'a> {
    /// Room for `k` rows, taken as they come.
    pub(super) fn new(k: usize) -> Self {
        Self { k, heap: BinaryHeap::new() }
    }

    /// Considers a row.
    #[inline]
    pub(super) fn offer(&mut self, distance: f32, row: ArenaRow<'a>) {
        let candidate = Candidate { distance, row };
        if self.heap.len() < self.k {
            self.heap.push(candidate);
        } else if let Some(mut worst) = self.heap.peek_mut()
            && candidate < *worst
        {
            *worst = candidate;
        }
    }

    /// The distance of the worst row held, once there are `k`.
    pub(super) fn bound(&self) -> Option<f32> {
        if self.heap.len() < self.k { None } else { self.heap.peek().map(|worst| worst.distance) }
    }

    /// The rows held, nearest first.
    pub(super) fn into_hits(self) -> Vec<Hit> {
        let hit = |c: Candidate<'_>| Hit { row: c.row.number(), id: c.row.id_bytes(), distance: c.distance };
        self.heap.into_sorted_vec().into_iter().map(hit).collect()
    }
}

impl Ord for Candidate<'_> {
    /// Rows of one identifier and one distance fall back to their number, so the order is total.
    fn cmp(&self, other: &Self) -> Ordering {
        self.distance
            .total_cmp(&other.distance)
            .then_with(|| self.row.id().cmp(other.row.id()))
            .then_with(|| self.row.number().cmp(&other.row.number()))
    }
}

impl PartialOrd for Candidate<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate<'_> {}
