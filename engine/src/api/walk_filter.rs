//! Which nodes and edges a walk over the graph keeps to.
//!
//! An edge that is filtered out is not walked. A node that is filtered out is neither given nor walked through, and no edge
//! to it is given. The nodes that a request itself names, where a walk begins and where a path ends, are never filtered out:
//! whoever names a node means it.

use serde::{Deserialize, Serialize};

use super::error::{Error, Result};
use super::filter::{Filter, FilterOn};
use crate::limits;

/// Keeps a walk to some nodes and edges.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalkFilter {
    /// Only nodes of these types; nothing = all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_types: Option<Vec<String>>,
    /// Only nodes whose properties match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes: Option<Filter>,
    /// Only edges whose properties match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edges: Option<Filter>,
}

impl WalkFilter {
    /// True if it filters nothing out.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn validate(&self) -> Result<()> {
        let node_types = self.node_types.as_deref().unwrap_or_default();
        if node_types.len() > limits::PROPERTIES_MAX {
            return Err(Error::limit(format!("more than {} node types", limits::PROPERTIES_MAX)));
        }
        check_filter(self.nodes.as_ref())?;
        check_filter(self.edges.as_ref())?;
        node_types.iter().try_for_each(|node_type| check_node_type(node_type))
    }
}

/// Refuses a filter of nodes, edges or facts that asks for what only documents have.
pub(super) fn check_filter(filter: Option<&Filter>) -> Result<()> {
    filter.map_or(Ok(()), |filter| filter.validate_on(FilterOn::Properties))
}

/// Refuses an over-long type of a node. An empty one is a type like any other.
pub(super) fn check_node_type(node_type: &str) -> Result<()> {
    let (given, max) = (node_type.len(), limits::NAME_BYTES_MAX);
    match given > max {
        true => Err(Error::limit(format!("a node type has {given} bytes; the limit is {max}"))),
        false => Ok(()),
    }
}
