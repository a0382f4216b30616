//! Storage of the versions of one timeline: nodes, heights and versions in parallel vectors, addressed by slot.
//!
//! A slot stays with its version for life: moving a version from one tree to the other only relinks its node. The search
//! touches the 64-byte nodes alone; heights matter to rebalancing and versions to matches and ties. Freed slots are
//! reused last in, first out.

use super::error::IntervalError;
use super::node::{NIL, Slot, TreeNode};
use super::version::Version;

/// Slot 0 is the sentinel, so this is also the largest number of versions.
const MAX_SLOT: u32 = u32::MAX;

/// Slots of one timeline. Slot `NIL` is the sentinel and holds no version.
#[derive(Debug, Clone)]
pub(super) struct Arena<K, P> {
    nodes: Vec<TreeNode>,
    heights: Vec<u8>,
    versions: Vec<Option<Version<K, P>>>,
    free: Vec<Slot>,
}

impl<K, P> Arena<K, P> {
    pub(super) fn with_capacity(versions: usize) -> Self {
        let slots = versions.saturating_add(1);
        let mut arena = Self {
            nodes: Vec::with_capacity(slots),
            heights: Vec::with_capacity(slots),
            versions: Vec::with_capacity(slots),
            free: Vec::new(),
        };
        arena.nodes.push(TreeNode::SENTINEL);
        arena.heights.push(0);
        arena.versions.push(None);
        arena
    }

    /// Stores `version` in a slot of its own, linked into no tree.
    pub(super) fn insert(&mut self, version: Version<K, P>) -> Result<Slot, IntervalError> {
        let node = TreeNode::leaf(&version);
        if let Some(slot) = self.free.pop() {
            *self.node_mut(slot) = node;
            self.set_height(slot, 1);
            *self.version_mut(slot) = Some(version);
            return Ok(slot);
        }
        let slot = slot_at(self.nodes.len())?;
        self.nodes.push(node);
        self.heights.push(1);
        self.versions.push(Some(version));
        Ok(slot)
    }

    /// Gives the slot back. Its node must be linked into no tree.
    pub(super) fn remove(&mut self, slot: Slot) -> Option<Version<K, P>> {
        let version = self.version_mut(slot).take()?;
        self.free.push(slot);
        Some(version)
    }

    /// Ends belief in the version at `slot`. Its node must be linked into no tree, for its place depends on belief.
    pub(super) fn end_belief(&mut self, slot: Slot, tx_until: u64) {
        if let Some(version) = self.version_mut(slot) {
            version.tx_until = Some(tx_until);
            let node = TreeNode::leaf(version);
            *self.node_mut(slot) = node;
        }
    }

    /// Bytes held by the vectors, spare capacity included.
    pub(super) fn memory_bytes(&self) -> usize {
        self.nodes.capacity() * size_of::<TreeNode>()
            + self.heights.capacity()
            + self.versions.capacity() * size_of::<Option<Version<K, P>>>()
            + self.free.capacity() * size_of::<Slot>()
    }
}

/// Slots come from `insert` or from the links between nodes, and vectors never shrink, so every slot is in bounds.
#[expect(clippy::indexing_slicing, reason = "slots are made by `insert` only, never taken from outside input")]
impl<K, P> Arena<K, P> {
    pub(super) fn node(&self, slot: Slot) -> &TreeNode {
        &self.nodes[slot as usize]
    }

    pub(super) fn node_mut(&mut self, slot: Slot) -> &mut TreeNode {
        &mut self.nodes[slot as usize]
    }

    pub(super) fn height(&self, slot: Slot) -> u8 {
        self.heights[slot as usize]
    }

    pub(super) fn set_height(&mut self, slot: Slot, height: u8) {
        self.heights[slot as usize] = height;
    }

    /// The version at `slot`, `None` for `NIL` and for a freed slot.
    pub(super) fn version(&self, slot: Slot) -> Option<&Version<K, P>> {
        self.versions[slot as usize].as_ref()
    }

    fn version_mut(&mut self, slot: Slot) -> &mut Option<Version<K, P>> {
        &mut self.versions[slot as usize]
    }
}

/// The slot at position `index` of the vectors.
fn slot_at(index: usize) -> Result<Slot, IntervalError> {
    debug_assert!(index > NIL as usize, "the sentinel is in place before any version");
    Slot::try_from(index).map_err(|_| IntervalError::TooManyVersions { limit: MAX_SLOT })
}

#[cfg(test)]
mod tests {
    use super::super::period::Period;
    use super::*;

    #[test]
    fn slots_end_where_32_bits_do() {
        assert_eq!(slot_at(1), Ok(1));
        assert_eq!(slot_at(u32::MAX as usize), Ok(u32::MAX));
        assert_eq!(slot_at(u32::MAX as usize + 1), Err(IntervalError::TooManyVersions { limit: u32::MAX }));
    }

    #[test]
    fn freed_slots_are_reused() {
        let version = |key| Version { key, valid: Period::ALL, tx_from: 1, tx_until: None, payload: () };
        let mut arena = Arena::with_capacity(2);
        let first = arena.insert(version(1)).unwrap();
        let second = arena.insert(version(2)).unwrap();
        let bytes = arena.memory_bytes();
        assert_eq!(arena.remove(first).map(|v| v.key), Some(1));
        assert!(arena.remove(first).is_none() && arena.version(first).is_none());
        assert_eq!(arena.insert(version(3)).unwrap(), first);
        assert_ne!(first, second);
        assert_eq!(arena.memory_bytes() - bytes, arena.free.capacity() * size_of::<Slot>());
    }
}
