//! Changes of what is in the graph already: fields merged, two nodes made one, a node deleted.

use serde::{Deserialize, Serialize};

use super::common::Durability;
use super::error::{Error, Result};
use super::ids::{CommitSeq, EdgeType, NodeId};
use super::properties::Properties;
use super::walk_filter::check_node_type;

/// What changes in a node: its other fields stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeUpdate {
    /// Its id.
    pub id: NodeId,
    /// Its new type; nothing = as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_type: Option<String>,
    /// Fields that are added, or get another value.
    #[serde(default)]
    pub set: Properties,
    /// Fields that are removed; one that is not there is no error.
    #[serde(default)]
    pub unset: Vec<String>,
}

impl NodeUpdate {
    pub(super) fn validate(&self) -> Result<()> {
        self.id.validate()?;
        self.node_type.as_deref().map_or(Ok(()), check_node_type)?;
        self.set.validate_change(&self.unset)
    }
}

/// What changes in an edge: its other fields stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EdgeUpdate {
    /// Where it begins.
    pub from_id: NodeId,
    /// Its type.
    pub edge_type: EdgeType,
    /// Where it ends.
    pub to_id: NodeId,
    /// Fields that are added, or get another value.
    #[serde(default)]
    pub set: Properties,
    /// Fields that are removed; one that is not there is no error.
    #[serde(default)]
    pub unset: Vec<String>,
}

impl EdgeUpdate {
    pub(super) fn validate(&self) -> Result<()> {
        self.from_id.validate()?;
        self.edge_type.validate()?;
        self.to_id.validate()?;
        self.set.validate_change(&self.unset)
    }
}

/// Changes a node that exists; where there is none, nothing happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateNode {
    /// What changes.
    pub update: NodeUpdate,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl UpdateNode {
    pub(super) fn validate(&self) -> Result<()> {
        self.update.validate()
    }
}

/// Changes an edge that exists; where there is none, nothing happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateEdge {
    /// What changes.
    pub update: EdgeUpdate,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl UpdateEdge {
    pub(super) fn validate(&self) -> Result<()> {
        self.update.validate()
    }
}

/// An update happened, or found nothing to change. One that leaves everything as it was writes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Updated {
    /// True if there is such a node or edge, also where it was as asked already.
    pub updated: bool,
    /// Its position in the namespace's commit order.
    pub commit_seq: CommitSeq,
    /// The durability that was reached before this reply.
    pub durability: Durability,
}

/// Makes one node of two. Everything that is said of the source, edges and temporal facts, is said of the target from then
/// on, and the source is gone.
///
/// Where both have a field, of the node or of an edge with the same ends and type, the target's stays; the target's type
/// stays. An edge between the two becomes a loop. A fact keeps the times at which it holds and those at which it was
/// believed, as if it had always been about the target; where both had a belief in the same fact at the same time, the
/// target's stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeNodes {
    /// The node that goes.
    pub source_id: NodeId,
    /// The node that stays. It must exist if the source does; nodes known from facts alone need not be added.
    pub target_id: NodeId,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl MergeNodes {
    pub(super) fn validate(&self) -> Result<()> {
        check_pair(&self.source_id, &self.target_id)
    }
}

/// Refuses a node that would be merged into itself.
pub(super) fn check_pair(source: &NodeId, target: &NodeId) -> Result<()> {
    source.validate()?;
    target.validate()?;
    match source == target {
        true => Err(Error::invalid(format!("node {source:?} cannot be merged into itself"))),
        false => Ok(()),
    }
}

/// What a merge of two nodes did; all zero = there was nothing under the source's id, and nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergedNodes {
    /// Nodes that are gone: 1, or 0 if the source had never been added.
    pub nodes: u64,
    /// Edges of the source that are the target's now.
    pub edges: u64,
    /// Versions of temporal edges of the source that are the target's now.
    pub facts: u64,
    /// Its position in the namespace's commit order.
    pub commit_seq: CommitSeq,
    /// The durability that was reached before this reply.
    pub durability: Durability,
}

/// A node was deleted, or was not there: then nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedNode {
    /// Nodes that are gone: 1, or 0 if it had never been added.
    pub deleted: u64,
    /// Edges that went with it.
    #[serde(default)]
    pub edges: u64,
    /// Versions of temporal edges that went with it.
    #[serde(default)]
    pub facts: u64,
    /// Its position in the namespace's commit order.
    pub commit_seq: CommitSeq,
    /// The durability that was reached before this reply.
    pub durability: Durability,
}
