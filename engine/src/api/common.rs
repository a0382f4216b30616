//! Small types that several operations share.

use serde::{Deserialize, Serialize};

use super::ids::CommitSeq;

/// How safe a write must be before it is acknowledged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// Synced to the log on disk: survives power loss. The default.
    #[default]
    Durable,
    /// Handed to the operating system and synced within half a second: survives a crash of the process, not power loss.
    Volatile,
}

/// How the distance of two vectors is measured. `score` is the friendlier figure: higher is closer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// distance = 1 - cos, score = cos.
    #[default]
    Cosine,
    /// distance = L2, score = 1 / (1 + L2).
    Euclidean,
    /// distance = -dot, score = dot.
    Dot,
}

/// Which edges of a node are meant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Edges that leave the node.
    #[default]
    Outgoing,
    /// Edges that enter the node.
    Incoming,
    /// Both; an edge from a node to itself is given once.
    Both,
}

/// The order in which a traversal visits nodes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraversalOrder {
    /// Breadth first: nearest nodes first.
    #[default]
    Bfs,
    /// Depth first: one branch to its end before the next.
    Dfs,
}

/// A write happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Its position in the namespace's commit order.
    pub commit_seq: CommitSeq,
    /// The durability that was reached before this reply.
    pub durability: Durability,
}

/// A write that may create something or replace it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// True if it did not exist before.
    pub created: bool,
    /// Its position in the namespace's commit order.
    pub commit_seq: CommitSeq,
    /// The durability that was reached before this reply.
    pub durability: Durability,
}

/// A delete happened; deleting nothing is no error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deleted {
    /// How many things existed and are gone now.
    pub deleted: u64,
    /// Its position in the namespace's commit order.
    pub commit_seq: CommitSeq,
    /// The durability that was reached before this reply.
    pub durability: Durability,
}
