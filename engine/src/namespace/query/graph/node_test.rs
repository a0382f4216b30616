//! Whether a node is one that a read keeps to.

use std::collections::BTreeSet;

use super::super::wants::Extent;
use super::read::node_or_bare;
use crate::api::{Filter, Node, NodeId, Properties, Result};
use crate::namespace::query::reader::Reader;

/// Nodes of some types that match a filter.
#[derive(Debug, Clone)]
pub struct NodeTest {
    types: Option<BTreeSet<String>>,
    filter: Option<Filter>,
}

impl NodeTest {
    /// A test; nothing = all of them pass it.
    pub fn new(types: Option<Vec<String>>, filter: Option<Filter>) -> Self {
        Self { types: types.map(|types| types.into_iter().collect()), filter }
    }

    /// True if every node passes.
    pub fn is_empty(&self) -> bool {
        self.types.is_none() && self.filter.is_none()
    }

    /// How much of a node it looks at.
    pub fn extent(&self) -> Extent {
        match (&self.filter, &self.types) {
            (Some(_), _) => Extent::Whole,
            (None, Some(_)) => Extent::Front,
            (None, None) => Extent::Key,
        }
    }

    /// True if a node, of which as much as [`Self::extent`] says is here, passes.
    pub fn passes(&self, node: &Node) -> bool {
        self.types.as_ref().is_none_or(|types| types.contains(&node.node_type))
            && self.filter.as_ref().is_none_or(|filter| filter.matches(&node.properties))
    }

    /// Reads as much of a node as is wanted, if it passes.
    pub fn read(&self, snapshot: &Reader<'_>, id: NodeId, extent: Extent) -> Result<Option<Node>> {
        let node = node_or_bare(snapshot, id, extent.max(self.extent()))?;
        Ok(self.passes(&node).then(|| trimmed(node, extent)))
    }
}

/// As much of a node as is wanted.
pub fn trimmed(node: Node, extent: Extent) -> Node {
    match extent {
        Extent::Whole => node,
        Extent::Front => Node { properties: Properties::new(), ..node },
        Extent::Key => Node { id: node.id, node_type: String::new(), properties: Properties::new() },
    }
}
