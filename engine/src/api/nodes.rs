//! Reads of many nodes: by id, by type, by what they hold.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::error::Result;
use super::filter::Filter;
use super::graph::Node;
use super::ids::{CommitSeq, NodeId};
use super::kv::check_batch;
use super::walk_filter::{check_filter, check_node_type};

/// Reads several nodes at one instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetNodes {
    /// Their ids.
    pub ids: Vec<NodeId>,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl GetNodes {
    pub(super) fn validate(&self) -> Result<()> {
        check_batch("ids", self.ids.len())?;
        self.ids.iter().try_for_each(NodeId::validate)
    }
}

/// What [`GetNodes`] found, in the order of the ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nodes {
    /// Each node, or nothing where there is none.
    pub nodes: Vec<Option<Node>>,
}

/// Reads nodes in the order of their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListNodes {
    /// Only nodes of this type, which an index finds; nothing = all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_type: Option<String>,
    /// Only nodes whose properties match. They are looked at one by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// Most nodes to return; nothing = [`crate::limits::PAGE_ITEMS_MAX`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where an earlier page ended; give the same other fields with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<ByteBuf>,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl ListNodes {
    pub(super) fn validate(&self) -> Result<()> {
        check_filter(self.filter.as_ref())?;
        self.node_type.as_deref().map_or(Ok(()), check_node_type)
    }
}

/// One page of nodes. A page of a filter looks at so many rows at most
/// ([`crate::limits::SIFTED_ROWS_MAX`]) and may hold few or none, and still not be the last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodePage {
    /// The nodes.
    pub nodes: Vec<Node>,
    /// Give this to read on; nothing = complete.
    pub cursor: Option<ByteBuf>,
}

/// Counts nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountNodes {
    /// Only nodes of this type; nothing = all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_type: Option<String>,
    /// Only nodes whose properties match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl CountNodes {
    pub(super) fn validate(&self) -> Result<()> {
        check_filter(self.filter.as_ref())?;
        self.node_type.as_deref().map_or(Ok(()), check_node_type)
    }
}
