//! How much one reply may hold, by number and by size.

use crate::api::{Edge, Node, TemporalEdge};
use crate::limits;
use crate::namespace::timelines::properties_bytes;

const NODE_BYTES: usize = 64;
const EDGE_BYTES: usize = 96;
const TEMPORAL_EDGE_BYTES: usize = 192;

/// What a reply may still take.
#[derive(Debug, Clone, Copy)]
pub struct GraphBudget {
    items: usize,
    bytes: usize,
    is_untouched: bool,
}

impl GraphBudget {
    /// A page: as many items as the caller wants, within the limits of a page.
    pub fn page(limit: Option<u32>) -> Self {
        Self::new(limit, limits::PAGE_ITEMS_MAX, limits::PAGE_BYTES_MAX)
    }

    /// A whole reply: as many items as the caller wants, within the limits of a graph query.
    pub fn graph(limit: Option<u32>) -> Self {
        Self::new(limit, limits::GRAPH_ITEMS_MAX, limits::REPLY_BYTES_MAX)
    }

    fn new(limit: Option<u32>, items_max: usize, bytes: usize) -> Self {
        Self { items: limit.map_or(items_max, |limit| items_max.min(limit as usize)), bytes, is_untouched: true }
    }

    /// Takes room for one item. False, and nothing is taken, if it does not fit; but the first is never too large.
    pub fn take(&mut self, bytes: usize) -> bool {
        if self.items == 0 || (self.bytes < bytes && !self.is_untouched) {
            return false;
        }
        self.items -= 1;
        self.bytes = self.bytes.saturating_sub(bytes);
        self.is_untouched = false;
        true
    }
}

/// Approximate bytes of a node in a reply.
pub fn node_bytes(node: &Node) -> usize {
    NODE_BYTES + node.id.as_str().len() + node.node_type.len() + properties_bytes(&node.properties)
}

/// Approximate bytes of an edge in a reply.
pub fn edge_bytes(edge: &Edge) -> usize {
    let texts = edge.from_id.as_str().len() + edge.edge_type.as_str().len() + edge.to_id.as_str().len();
    EDGE_BYTES + texts + properties_bytes(&edge.properties)
}

/// Approximate bytes of a temporal edge in a reply.
pub fn temporal_edge_bytes(edge: &TemporalEdge) -> usize {
    let texts = edge.from_id.as_str().len() + edge.edge_type.as_str().len() + edge.to_id.as_str().len();
    TEMPORAL_EDGE_BYTES + texts + properties_bytes(&edge.properties)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_and_size_both_end_a_reply() {
        let mut two = GraphBudget::page(Some(2));
        assert!(two.take(1) && two.take(1) && !two.take(0));
        let mut large = GraphBudget::page(None);
        assert!(large.take(2 * limits::PAGE_BYTES_MAX), "one item always fits");
        assert!(!large.take(1));
        assert!(!GraphBudget::graph(Some(0)).take(0));
    }
}
