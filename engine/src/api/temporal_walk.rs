//! Walks over facts that are all valid at one instant, as believed at one commit.

use serde::{Deserialize, Serialize};

use super::common::{Direction, TraversalOrder};
use super::error::Result;
use super::graph::{Node, check_depth, check_edge_types};
use super::ids::{CommitSeq, EdgeType, NodeId, TimestampMs};
use super::temporal::{AsOf, TemporalEdge};

/// Walks temporal edges that are all valid at one instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraverseTemporal {
    /// Where to begin.
    pub start: NodeId,
    /// The instant of valid time; nothing = now, read once for the whole walk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<TimestampMs>,
    /// Which beliefs; nothing = today's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<AsOf>,
    /// The order of visiting.
    #[serde(default)]
    pub order: TraversalOrder,
    /// Most edges between the start and a visited node; nothing = [`crate::limits::TRAVERSE_DEPTH_DEFAULT`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_depth: Option<u32>,
    /// Walk only edges of these types; nothing = all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge_types: Option<Vec<EdgeType>>,
    /// Which way edges are walked.
    #[serde(default)]
    pub direction: Direction,
    /// Most nodes to visit; nothing = [`crate::limits::GRAPH_ITEMS_MAX`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl TraverseTemporal {
    pub(super) fn validate(&self) -> Result<()> {
        self.start.validate()?;
        check_depth(self.max_depth)?;
        check_edge_types(self.edge_types.as_ref())
    }
}

/// What a temporal walk saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemporalPath {
    /// The nodes visited, in order, the start first. A node that was never added has an empty type and no properties.
    pub nodes: Vec<Node>,
    /// Every edge between visited nodes that the walk saw, in the order it saw them.
    pub edges: Vec<TemporalEdge>,
    /// True if a limit ended the walk before it was complete.
    pub truncated: bool,
}

/// Finds a path with the fewest edges over facts that are all valid at one instant. Its ends need not be nodes of the static
/// graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemporalShortestPath {
    /// Where it begins.
    pub from_id: NodeId,
    /// Where it ends.
    pub to_id: NodeId,
    /// The instant of valid time; nothing = now, read once for the whole search.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<TimestampMs>,
    /// Which beliefs; nothing = today's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<AsOf>,
    /// Most edges; nothing = [`crate::limits::PATH_DEPTH_DEFAULT`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_depth: Option<u32>,
    /// Walk only edges of these types; nothing = all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge_types: Option<Vec<EdgeType>>,
    /// Which way edges are walked.
    #[serde(default)]
    pub direction: Direction,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl TemporalShortestPath {
    pub(super) fn validate(&self) -> Result<()> {
        self.from_id.validate()?;
        self.to_id.validate()?;
        check_depth(self.max_depth)?;
        check_edge_types(self.edge_types.as_ref())
    }
}

/// A path over facts, or none. Among several shortest ones the first by edge type and node id is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemporalRoute {
    /// True if there is a path.
    pub found: bool,
    /// Its nodes, both ends included; empty if there is none.
    pub nodes: Vec<NodeId>,
    /// Its facts, one fewer than nodes.
    pub edges: Vec<TemporalEdge>,
}

/// Finds the nodes one fact away at an instant, with those facts. Answers as [`TemporalPath`], without the node itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemporalNeighbors {
    /// The node.
    pub node_id: NodeId,
    /// The instant of valid time; nothing = now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<TimestampMs>,
    /// Which beliefs; nothing = today's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<AsOf>,
    /// Which edges of the node.
    #[serde(default)]
    pub direction: Direction,
    /// Only edges of these types; nothing = all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge_types: Option<Vec<EdgeType>>,
    /// Most edges to follow; nothing = [`crate::limits::PAGE_ITEMS_MAX`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl TemporalNeighbors {
    pub(super) fn validate(&self) -> Result<()> {
        self.node_id.validate()?;
        check_edge_types(self.edge_types.as_ref())
    }
}
