//! The property graph: nodes `{id, type, properties}`, edges unique by `(from, type, to)`.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::common::{Direction, Durability, TraversalOrder};
use super::error::{Error, Result};
use super::filter::Filter;
use super::ids::{CommitSeq, EdgeType, NodeId};
use super::properties::Properties;
use super::walk_filter::{WalkFilter, check_filter, check_node_type};
use crate::limits;

/// Refuses a depth of more than [`limits::TRAVERSE_DEPTH_MAX`].
pub(super) fn check_depth(depth: Option<u32>) -> Result<()> {
    match depth {
        Some(depth) if depth > limits::TRAVERSE_DEPTH_MAX => {
            Err(Error::limit(format!("max_depth {depth} exceeds the limit of {}", limits::TRAVERSE_DEPTH_MAX)))
        }
        Some(_) | None => Ok(()),
    }
}

/// Refuses bad names and too many of them in a list of edge types.
pub(super) fn check_edge_types(edge_types: Option<&Vec<EdgeType>>) -> Result<()> {
    let edge_types = edge_types.map_or(&[][..], Vec::as_slice);
    if edge_types.len() > limits::PROPERTIES_MAX {
        return Err(Error::limit(format!("more than {} edge types", limits::PROPERTIES_MAX)));
    }
    edge_types.iter().try_for_each(EdgeType::validate)
}

/// One node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Its id.
    pub id: NodeId,
    /// Its type.
    #[serde(default)]
    pub node_type: String,
    /// Its fields.
    #[serde(default)]
    pub properties: Properties,
}

impl Node {
    pub(crate) fn validate(&self) -> Result<()> {
        self.id.validate()?;
        check_node_type(&self.node_type)?;
        self.properties.validate()
    }
}

/// One edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// Where it begins.
    pub from_id: NodeId,
    /// Its type.
    pub edge_type: EdgeType,
    /// Where it ends.
    pub to_id: NodeId,
    /// Its fields.
    #[serde(default)]
    pub properties: Properties,
}

impl Edge {
    pub(crate) fn validate(&self) -> Result<()> {
        self.from_id.validate()?;
        self.edge_type.validate()?;
        self.to_id.validate()?;
        self.properties.validate()
    }
}

/// Adds a node or replaces its type and properties.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddNode {
    /// The node.
    pub node: Node,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl AddNode {
    pub(super) fn validate(&self) -> Result<()> {
        self.node.validate()
    }
}

/// Reads a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetNode {
    /// Its id.
    pub id: NodeId,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl GetNode {
    pub(super) fn validate(&self) -> Result<()> {
        self.id.validate()
    }
}

/// What [`GetNode`] found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaybeNode {
    /// The node, or nothing.
    pub node: Option<Node>,
}

/// Deletes a node with all its edges and temporal edges, in both directions. Where no node was added nothing happens: facts
/// about it stay, and are erased by [`super::EraseTemporal`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteNode {
    /// Its id.
    pub id: NodeId,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl DeleteNode {
    pub(super) fn validate(&self) -> Result<()> {
        self.id.validate()
    }
}

/// Adds an edge or replaces its properties. Both nodes must exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddEdge {
    /// The edge.
    pub edge: Edge,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl AddEdge {
    pub(super) fn validate(&self) -> Result<()> {
        self.edge.validate()
    }
}

/// Deletes an edge; deleting nothing is no error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteEdge {
    /// Where it begins.
    pub from_id: NodeId,
    /// Its type.
    pub edge_type: EdgeType,
    /// Where it ends.
    pub to_id: NodeId,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl DeleteEdge {
    pub(super) fn validate(&self) -> Result<()> {
        self.from_id.validate()?;
        self.edge_type.validate()?;
        self.to_id.validate()
    }
}

/// Reads the edges of a node, ordered by direction (outgoing first), type and other end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetEdges {
    /// The node.
    pub node_id: NodeId,
    /// Only edges of these types; nothing = all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge_types: Option<Vec<EdgeType>>,
    /// Which edges of the node.
    #[serde(default)]
    pub direction: Direction,
    /// Only edges whose properties match. They are looked at one by one: a page may then hold few or none, and still not be
    /// the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// Most edges to return; nothing = [`limits::PAGE_ITEMS_MAX`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where an earlier page ended; give the same other fields with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<ByteBuf>,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl GetEdges {
    pub(super) fn validate(&self) -> Result<()> {
        check_filter(self.filter.as_ref())?;
        self.node_id.validate()?;
        check_edge_types(self.edge_types.as_ref())
    }
}

/// One page of edges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EdgePage {
    /// The edges.
    pub edges: Vec<Edge>,
    /// Give this to read on; nothing = complete.
    pub cursor: Option<ByteBuf>,
}

/// Walks the graph from a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traverse {
    /// Where to begin. An unknown node gives an empty answer.
    pub start: NodeId,
    /// The order of visiting.
    #[serde(default)]
    pub order: TraversalOrder,
    /// Most edges between the start and a visited node; nothing = [`limits::TRAVERSE_DEPTH_DEFAULT`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_depth: Option<u32>,
    /// Walk only edges of these types; nothing = all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge_types: Option<Vec<EdgeType>>,
    /// Which way edges are walked.
    #[serde(default)]
    pub direction: Direction,
    /// Keep to some nodes and edges.
    #[serde(default, skip_serializing_if = "WalkFilter::is_empty")]
    pub filter: WalkFilter,
    /// Most nodes to visit; nothing = [`limits::GRAPH_ITEMS_MAX`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl Traverse {
    pub(super) fn validate(&self) -> Result<()> {
        self.start.validate()?;
        check_depth(self.max_depth)?;
        check_edge_types(self.edge_types.as_ref())?;
        self.filter.validate()
    }
}

/// Part of the graph: the nodes visited, and the edges walked between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subgraph {
    /// The nodes in the order they were visited, the start first.
    pub nodes: Vec<Node>,
    /// Every edge between visited nodes that the walk saw, in the order it saw them.
    pub edges: Vec<Edge>,
    /// True if a limit ended the walk before it was complete.
    pub truncated: bool,
}

/// Finds a path with the fewest edges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShortestPath {
    /// Where it begins.
    pub from_id: NodeId,
    /// Where it ends.
    pub to_id: NodeId,
    /// Most edges; nothing = [`limits::PATH_DEPTH_DEFAULT`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_depth: Option<u32>,
    /// Walk only edges of these types; nothing = all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge_types: Option<Vec<EdgeType>>,
    /// Which way edges are walked.
    #[serde(default)]
    pub direction: Direction,
    /// Keep to some nodes and edges.
    #[serde(default, skip_serializing_if = "WalkFilter::is_empty")]
    pub filter: WalkFilter,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl ShortestPath {
    pub(super) fn validate(&self) -> Result<()> {
        self.from_id.validate()?;
        self.to_id.validate()?;
        check_depth(self.max_depth)?;
        check_edge_types(self.edge_types.as_ref())?;
        self.filter.validate()
    }
}

/// A path, or none. Among several shortest ones the first by edge type and node id is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Path {
    /// True if there is a path.
    pub found: bool,
    /// Its nodes, both ends included; empty if there is none.
    pub nodes: Vec<NodeId>,
    /// Its edges, one fewer than nodes.
    pub edges: Vec<Edge>,
}

/// Finds the nodes one edge away, with those edges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbors {
    /// The node.
    pub node_id: NodeId,
    /// Which edges of the node.
    #[serde(default)]
    pub direction: Direction,
    /// Only edges of these types; nothing = all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge_types: Option<Vec<EdgeType>>,
    /// Keep to some nodes and edges.
    #[serde(default, skip_serializing_if = "WalkFilter::is_empty")]
    pub filter: WalkFilter,
    /// Most edges to follow; nothing = [`limits::PAGE_ITEMS_MAX`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl Neighbors {
    pub(super) fn validate(&self) -> Result<()> {
        self.node_id.validate()?;
        check_edge_types(self.edge_types.as_ref())?;
        self.filter.validate()
    }
}
