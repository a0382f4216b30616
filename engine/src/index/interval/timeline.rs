//! All versions of the temporal edges at one graph node.
//!
//! Two interval trees share one arena. The *believed* tree holds the versions no commit has retracted, the *retracted*
//! tree the others. The root of the retracted tree knows the largest seq that still believed one of them, so a reader at
//! or after the last retraction leaves that tree after one comparison: a fact superseded ten thousand times costs a
//! query about now no more than a fact asserted once, though each dead version may have had an open end. A reader further
//! back merges both trees; subtrees believed wholly outside its seq are skipped in either (see `cursor`).
//!
//! Valid time alone is the classic interval tree (see `tree`); belief as a second dimension with one clock is the
//! bitemporal model of Snodgrass, *Developing Time-Oriented Database Applications in SQL* (1999), ch. 10.
//!
//! Costs for n versions and k results: assert, retract, erase O(log n); bulk build O(n log n); queries about the
//! present O((k + 1) log n).

use std::collections::BTreeMap;

use super::arena::Arena;
use super::cursor::Cursor;
use super::error::IntervalError;
use super::node::Slot;
use super::period::Period;
use super::tree::{Order, Tree};
use super::version::Version;
use super::versions::Versions;
use super::window::Window;

/// Index of the versions of the temporal edges at one node. A reader at commit seq S sees exactly the versions with
/// `tx_from <= S < tx_until`, and always in the order `(valid.from, key)`.
#[derive(Debug, Clone)]
pub struct Timeline<K, P> {
    arena: Arena<K, P>,
    believed: Tree,
    retracted: Tree,
    slots: BTreeMap<K, Slot>,
}

impl<K: Ord + Clone, P> Timeline<K, P> {
    /// A timeline without versions.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(0)
    }

    /// Builds a timeline from many versions at once. Of versions with equal keys the first is kept.
    pub fn from_versions(mut versions: Vec<Version<K, P>>) -> Result<Self, IntervalError> {
        versions.sort_by(|a, b| a.key.cmp(&b.key));
        versions.dedup_by(|later, first| later.key == first.key);
        // Slots in order of start: neighbours in time become neighbours in memory.
        versions.sort_by_key(|version| version.valid.from());

        let mut timeline = Self::with_capacity(versions.len());
        let (mut believed, mut retracted) = (Vec::with_capacity(versions.len()), Vec::new());
        for version in versions {
            let key = version.key.clone();
            let side = if version.tx_until.is_none() { &mut believed } else { &mut retracted };
            let slot = timeline.arena.insert(version)?;
            side.push(slot);
            timeline.slots.insert(key, slot);
        }
        timeline.arena.link_all(&mut timeline.believed, believed);
        timeline.arena.link_all(&mut timeline.retracted, retracted);
        Ok(timeline)
    }

    fn with_capacity(versions: usize) -> Self {
        Self {
            arena: Arena::with_capacity(versions),
            believed: Tree::new(Order::Key),
            retracted: Tree::new(Order::Belief),
            slots: BTreeMap::new(),
        }
    }

    /// Adds a version. `false`, and nothing changes, when its key is already here: replaying an assertion is harmless.
    pub fn assert(&mut self, version: Version<K, P>) -> Result<bool, IntervalError> {
        if self.slots.contains_key(&version.key) {
            return Ok(false);
        }
        let key = version.key.clone();
        let tree = if version.tx_until.is_none() { &mut self.believed } else { &mut self.retracted };
        let slot = self.arena.insert(version)?;
        self.arena.link(tree, slot);
        self.slots.insert(key, slot);
        Ok(true)
    }

    /// Ends belief in a version at commit `tx_until`; readers before it still see the version. `false`, and nothing
    /// changes, when the key is unknown or belief has already ended: replaying a retraction is harmless.
    pub fn retract(&mut self, key: &K, tx_until: u64) -> bool {
        let Some(&slot) = self.slots.get(key) else { return false };
        if self.arena.version(slot).is_none_or(|version| version.tx_until.is_some()) {
            return false;
        }
        self.arena.unlink(&mut self.believed, slot);
        self.arena.end_belief(slot, tx_until);
        self.arena.link(&mut self.retracted, slot);
        true
    }

    /// Removes a version as though it had never been, for readers at every seq, and returns it.
    pub fn erase(&mut self, key: &K) -> Option<Version<K, P>> {
        let slot = self.slots.remove(key)?;
        let is_believed = self.arena.version(slot)?.tx_until.is_none();
        let tree = if is_believed { &mut self.believed } else { &mut self.retracted };
        self.arena.unlink(tree, slot);
        self.arena.remove(slot)
    }

    /// The version with this key, believed or not.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&Version<K, P>> {
        self.arena.version(*self.slots.get(key)?)
    }

    /// Versions valid at the instant `t`, as believed at `seq`.
    #[must_use]
    pub fn at(&self, t: i64, seq: u64) -> Versions<'_, K, P> {
        self.query(Window::believed(&Period::instant(t), seq))
    }

    /// Versions valid at some instant of `range`, as believed at `seq`.
    #[must_use]
    pub fn overlapping(&self, range: Period, seq: u64) -> Versions<'_, K, P> {
        self.query(Window::believed(&range, seq))
    }

    /// Versions with an open end, as believed at `seq`: what a superseding fact closes.
    #[must_use]
    pub fn open(&self, seq: u64) -> Versions<'_, K, P> {
        // The last instant lies in open periods only: every closed one excludes its end.
        self.at(i64::MAX, seq)
    }

    /// Every version a reader at `seq` believes, or with `None` every version there is, retracted ones included.
    #[must_use]
    pub fn history(&self, seq: Option<u64>) -> Versions<'_, K, P> {
        self.query(seq.map_or(Window::everything(), |seq| Window::believed(&Period::ALL, seq)))
    }

    /// Number of versions, retracted ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is no version at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Approximate bytes of the index itself, for an eviction budget. What keys and payloads own on the heap is left out.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        // B-tree nodes are between half full and full; three halves of the entries is the usual case.
        let slots = self.slots.len() * size_of::<(K, Slot)>() * 3 / 2;
        size_of::<Self>() + self.arena.memory_bytes() + slots
    }

    fn query(&self, window: Window) -> Versions<'_, K, P> {
        let believed = Cursor::new(&self.arena, &self.believed, window);
        let retracted = Cursor::new(&self.arena, &self.retracted, window);
        Versions::new(believed, retracted)
    }
}

impl<K: Ord + Clone, P> Default for Timeline<K, P> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
impl<K: Ord + Clone, P> Timeline<K, P> {
    /// Panics unless both trees are sound and together hold every version.
    pub(super) fn check(&self) {
        assert_eq!(self.arena.check(&self.believed) + self.arena.check(&self.retracted), self.len());
    }
}
