//! Pruned in-order walk of one interval tree.
//!
//! A subtree is entered only when its summary may accept the window, and nothing to the right of a node that starts after
//! the window is looked at. With respect to valid time alone every subtree entered holds a match or lies on the boundary
//! of the window, so k matches cost O((k + 1) log n) nodes. Belief is pruned by the bounds of the subtree, which is as
//! good as starts and commits are in step (a log of facts, a fact corrected in place) and falls back towards a scan of
//! the versions that fit in valid time when they are not.
//!
//! The stack holds nodes whose left side is done; its depth is at most the height of the tree.

use super::arena::Arena;
use super::node::{NIL, Slot};
use super::tree::Tree;
use super::version::Version;
use super::window::Window;

/// Yields the accepted versions of one tree in the tree's order.
#[derive(Debug)]
pub(super) struct Cursor<'a, K, P> {
    arena: &'a Arena<K, P>,
    window: Window,
    stack: Vec<Slot>,
    #[cfg(test)]
    pub visited: usize,
}

impl<'a, K, P> Cursor<'a, K, P> {
    pub(super) fn new(arena: &'a Arena<K, P>, tree: &Tree, window: Window) -> Self {
        let mut cursor = Self {
            arena,
            window,
            stack: Vec::new(),
            #[cfg(test)]
            visited: 0,
        };
        if cursor.window.may_accept_below(arena.node(tree.root)) {
            cursor.stack.reserve(usize::from(arena.height(tree.root)));
            cursor.descend(tree.root);
        }
        cursor
    }

    /// Puts the leftmost path of the subtree on the stack, leaving out what the window cannot accept.
    fn descend(&mut self, mut slot: Slot) {
        while slot != NIL {
            #[cfg(test)]
            {
                self.visited += 1;
            }
            let node = self.arena.node(slot);
            if !self.window.may_accept_below(node) {
                return;
            }
            if !self.window.ends_before(node) {
                self.stack.push(slot);
            }
            slot = node.left;
        }
    }
}

impl<'a, K, P> Iterator for Cursor<'a, K, P> {
    type Item = &'a Version<K, P>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(slot) = self.stack.pop() {
            let node = self.arena.node(slot);
            self.descend(node.right);
            if self.window.accepts(node) {
                return self.arena.version(slot);
            }
        }
        None
    }
}
