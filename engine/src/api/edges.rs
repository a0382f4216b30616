//! Reads of edges: one by its ends and type, many of many nodes or of all.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::common::Direction;
use super::error::Result;
use super::filter::Filter;
use super::graph::{Edge, check_edge_types};
use super::ids::{CommitSeq, EdgeType, NodeId};
use super::kv::check_batch;
use super::walk_filter::check_filter;

/// Reads an edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetEdge {
    /// Where it begins.
    pub from_id: NodeId,
    /// Its type.
    pub edge_type: EdgeType,
    /// Where it ends.
    pub to_id: NodeId,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl GetEdge {
    pub(super) fn validate(&self) -> Result<()> {
        self.from_id.validate()?;
        self.edge_type.validate()?;
        self.to_id.validate()
    }
}

/// What [`GetEdge`] found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaybeEdge {
    /// The edge, or nothing.
    pub edge: Option<Edge>,
}

/// Reads the edges of several nodes, node by node in the order of the ids, each node's as
/// [`super::GetEdges`] gives them; or all edges, by start, type and end. Each edge is given once: one between two of the
/// nodes with the one that is named first, a node that is named twice the first time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListEdges {
    /// The nodes; nothing = all edges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_ids: Option<Vec<NodeId>>,
    /// Only edges of these types; nothing = all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge_types: Option<Vec<EdgeType>>,
    /// Which edges of the nodes; without nodes it means nothing.
    #[serde(default)]
    pub direction: Direction,
    /// Only edges whose properties match. They are looked at one by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// Most edges to return; nothing = [`crate::limits::PAGE_ITEMS_MAX`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where an earlier page ended; give the same other fields with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<ByteBuf>,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl ListEdges {
    pub(super) fn validate(&self) -> Result<()> {
        check_filter(self.filter.as_ref())?;
        let ids = self.node_ids.as_deref().unwrap_or_default();
        check_batch("ids", ids.len())?;
        ids.iter().try_for_each(NodeId::validate)?;
        check_edge_types(self.edge_types.as_ref())
    }
}
