//! Interval tree: an AVL tree over the arena's nodes, each summarising its subtree.
//!
//! Sources: Adelson-Velsky and Landis (1962) for the balance; Cormen, Leiserson, Rivest, Stein, *Introduction to
//! Algorithms*, 3rd ed., 14.2-14.3 for the augmentation, which is recomputed from the two children wherever the shape
//! changes and so costs rotations nothing extra. Heights of siblings differ by at most one, so a tree of n nodes is
//! less than `1.45 log2(n + 2)` high whatever the order of insertion: 19 for 10,000 and 46 for all that 32 bits address,
//! which also bounds the recursion below.
//!
//! Nodes are relinked, never copied over one another: a slot keeps its version.

use std::cmp::Ordering;

use super::arena::Arena;
use super::node::{NIL, Slot, TreeNode};

/// What breaks ties between versions that start at the same instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// `(from, key)`, the order of results.
    Key,
    /// `(from, tx_from, key)`: versions of neighbouring commits sit together, so that a fact corrected many times
    /// without moving its start still prunes by belief.
    Belief,
}

/// A tree threaded through the arena's nodes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tree {
    pub root: Slot,
    order: Order,
}

impl Tree {
    pub(super) const fn new(order: Order) -> Self {
        Self { root: NIL, order }
    }
}

impl<K: Ord, P> Arena<K, P> {
    /// Adds an unlinked slot to the tree.
    pub(super) fn link(&mut self, tree: &mut Tree, slot: Slot) {
        tree.root = self.insert_below(tree.root, slot, tree.order);
    }

    /// Takes a slot out of the tree it was linked into.
    pub(super) fn unlink(&mut self, tree: &mut Tree, slot: Slot) {
        tree.root = self.remove_below(tree.root, slot, tree.order);
        let node = self.node_mut(slot);
        (node.left, node.right) = (NIL, NIL);
        self.refresh(slot);
    }

    /// Links many unlinked slots into an empty tree, as low as can be.
    pub(super) fn link_all(&mut self, tree: &mut Tree, mut slots: Vec<Slot>) {
        debug_assert_eq!(tree.root, NIL, "bulk build starts from an empty tree");
        slots.sort_unstable_by(|a, b| self.compare(*a, *b, tree.order));
        tree.root = self.build(&slots);
    }

    fn build(&mut self, sorted: &[Slot]) -> Slot {
        let (before, rest) = sorted.split_at(sorted.len() / 2);
        let Some((&middle, after)) = rest.split_first() else { return NIL };
        let left = self.build(before);
        let right = self.build(after);
        let node = self.node_mut(middle);
        (node.left, node.right) = (left, right);
        self.refresh(middle);
        middle
    }

    fn insert_below(&mut self, root: Slot, slot: Slot, order: Order) -> Slot {
        if root == NIL {
            return slot;
        }
        if self.compare(slot, root, order) == Ordering::Less {
            let left = self.insert_below(self.node(root).left, slot, order);
            self.node_mut(root).left = left;
        } else {
            let right = self.insert_below(self.node(root).right, slot, order);
            self.node_mut(root).right = right;
        }
        self.rebalance(root)
    }

    fn remove_below(&mut self, root: Slot, slot: Slot, order: Order) -> Slot {
        if root == NIL {
            return NIL;
        }
        let TreeNode { left, right, .. } = *self.node(root);
        match self.compare(slot, root, order) {
            Ordering::Less => {
                let left = self.remove_below(left, slot, order);
                self.node_mut(root).left = left;
            }
            Ordering::Greater => {
                let right = self.remove_below(right, slot, order);
                self.node_mut(root).right = right;
            }
            Ordering::Equal if left == NIL => return right,
            Ordering::Equal if right == NIL => return left,
            Ordering::Equal => {
                let (next, rest) = self.split_first(right);
                let node = self.node_mut(next);
                (node.left, node.right) = (left, rest);
                return self.rebalance(next);
            }
        }
        self.rebalance(root)
    }

    /// The leftmost node of a non-empty subtree and the subtree without it.
    fn split_first(&mut self, root: Slot) -> (Slot, Slot) {
        let TreeNode { left, right, .. } = *self.node(root);
        if left == NIL {
            return (root, right);
        }
        let (first, rest) = self.split_first(left);
        self.node_mut(root).left = rest;
        (first, self.rebalance(root))
    }

    /// The place of `a` relative to `b`; keys are unique, so only a slot equals itself.
    fn compare(&self, a: Slot, b: Slot, order: Order) -> Ordering {
        let (x, y) = (self.node(a), self.node(b));
        x.from
            .cmp(&y.from)
            .then_with(|| match order {
                Order::Key => Ordering::Equal,
                Order::Belief => x.tx_from.cmp(&y.tx_from),
            })
            .then_with(|| self.version(a).map(|v| &v.key).cmp(&self.version(b).map(|v| &v.key)))
    }
}

impl<K, P> Arena<K, P> {
    /// Restores balance at `root` after one side changed by one level; returns the new root of the subtree.
    fn rebalance(&mut self, root: Slot) -> Slot {
        let TreeNode { left, right, .. } = *self.node(root);
        let (left_height, right_height) = (self.height(left), self.height(right));
        if left_height > right_height + 1 {
            let TreeNode { left: outer, right: inner, .. } = *self.node(left);
            if self.height(inner) > self.height(outer) {
                self.node_mut(root).left = self.rotate_left(left);
            }
            self.rotate_right(root)
        } else if right_height > left_height + 1 {
            let TreeNode { left: inner, right: outer, .. } = *self.node(right);
            if self.height(inner) > self.height(outer) {
                self.node_mut(root).right = self.rotate_right(right);
            }
            self.rotate_left(root)
        } else {
            self.refresh(root);
            root
        }
    }

    fn rotate_left(&mut self, root: Slot) -> Slot {
        let up = self.node(root).right;
        self.node_mut(root).right = self.node(up).left;
        self.node_mut(up).left = root;
        self.refresh(root);
        self.refresh(up);
        up
    }

    fn rotate_right(&mut self, root: Slot) -> Slot {
        let up = self.node(root).left;
        self.node_mut(root).left = self.node(up).right;
        self.node_mut(up).right = root;
        self.refresh(root);
        self.refresh(up);
        up
    }

    /// Recomputes height and summary of `slot` from its children.
    fn refresh(&mut self, slot: Slot) {
        debug_assert_ne!(slot, NIL, "the sentinel never changes");
        let node = self.node(slot);
        let (left, right) = (self.node(node.left), self.node(node.right));
        let max_last = node.last.max(left.max_last).max(right.max_last);
        let min_tx_from = node.tx_from.min(left.min_tx_from).min(right.min_tx_from);
        let max_tx_last = node.tx_last.max(left.max_tx_last).max(right.max_tx_last);
        let height = 1 + self.height(node.left).max(self.height(node.right));
        let node = self.node_mut(slot);
        node.max_last = max_last;
        node.min_tx_from = min_tx_from;
        node.max_tx_last = max_tx_last;
        self.set_height(slot, height);
    }
}

#[cfg(test)]
impl<K: Ord, P> Arena<K, P> {
    /// Panics unless order, balance and summaries hold everywhere; returns the number of nodes.
    pub(super) fn check(&self, tree: &Tree) -> usize {
        assert_eq!(self.height(NIL), 0);
        let mut slots = Vec::new();
        self.check_below(tree.root, &mut slots);
        for pair in slots.windows(2) {
            assert_eq!(self.compare(pair[0], pair[1], tree.order), Ordering::Less, "order of {pair:?}");
        }
        slots.len()
    }

    fn check_below(&self, slot: Slot, slots: &mut Vec<Slot>) {
        if slot == NIL {
            return;
        }
        let node = self.node(slot);
        self.check_below(node.left, slots);
        slots.push(slot);
        self.check_below(node.right, slots);
        let (left, right) = (self.height(node.left), self.height(node.right));
        assert!(left.abs_diff(right) <= 1, "balance of slot {slot}: {left} and {right}");
        assert_eq!(self.height(slot), 1 + left.max(right), "height of slot {slot}");
        let children = [self.node(node.left), self.node(node.right)];
        assert_eq!(node.max_last, children.iter().map(|c| c.max_last).fold(node.last, i64::max));
        assert_eq!(node.min_tx_from, children.iter().map(|c| c.min_tx_from).fold(node.tx_from, u64::min));
        assert_eq!(node.max_tx_last, children.iter().map(|c| c.max_tx_last).fold(node.tx_last, u64::max));
    }
}
