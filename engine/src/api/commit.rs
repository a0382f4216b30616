//! Mixed writes with preconditions, atomic over everything in a namespace; and the snapshots that optimistic
//! transactions read from.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::collection::Document;
use super::common::Durability;
use super::documents::{DocumentUpdate, OnConflict};
use super::error::{Error, Result};
use super::graph::{Edge, Node};
use super::graph_changes::{EdgeUpdate, NodeUpdate, check_pair};
use super::ids::{CollectionName, CommitSeq, DocumentId, EdgeType, LogName, NodeId, TimestampMs};
use super::kv::{PutEntry, check_batch, check_key, check_ttl, check_value};
use super::kv_update::KeySpan;
use super::ordered_log::check_values;
use super::temporal::{StatedFact, TemporalFact};
use super::vector::{EmbeddingBatch, IdBatch};
use crate::limits;

/// What a precondition is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A key.
    Key {
        /// The key.
        key: ByteBuf,
    },
    /// A document.
    Document {
        /// Its collection.
        collection: CollectionName,
        /// Its id.
        id: DocumentId,
    },
    /// A node.
    Node {
        /// Its id.
        id: NodeId,
    },
    /// An edge.
    Edge {
        /// Where it begins.
        from_id: NodeId,
        /// Its type.
        edge_type: EdgeType,
        /// Where it ends.
        to_id: NodeId,
    },
    /// The keys at or after `start` and before `end` (or before the end of the key space).
    KeyRange {
        /// The first key.
        start: ByteBuf,
        /// The first key outside; nothing = no bound.
        #[serde(default)]
        end: Option<ByteBuf>,
    },
    /// A part of the namespace as a whole, for who has searched, counted or walked in it. Sweeps do not change it.
    Part {
        /// Which.
        part: Part,
        /// The name of the collection or index; of other parts empty.
        #[serde(default)]
        name: String,
    },
}

/// A part of a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Every key.
    Keys,
    /// A collection: its documents, and that it is there.
    Collection,
    /// A vector index: its vectors, and that it is there.
    Index,
    /// Nodes and edges.
    Graph,
    /// Temporal edges.
    Facts,
    /// Ordered logs.
    Logs,
}

/// What must hold of a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// It does not exist. For a range: no key exists in it. A document of a collection that does not exist is absent.
    Absent,
    /// It exists. For a range: some key exists in it.
    Present,
    /// The key holds exactly these bytes.
    Equals {
        /// The bytes.
        value: ByteBuf,
    },
    /// It exists and no commit after this one wrote it. For a range: as many keys exist in it, all written by then.
    /// For a part: no commit that somebody asked for has changed it since.
    UnchangedSince {
        /// The commit.
        seq: CommitSeq,
        /// For a range, how many keys it held then.
        #[serde(default)]
        count: u64,
    },
}

/// One precondition of a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Precondition {
    /// What it is about.
    pub target: Target,
    /// What must hold.
    pub condition: Condition,
}

impl Precondition {
    fn validate(&self) -> Result<()> {
        match &self.target {
            Target::Key { key } => check_key(key)?,
            Target::Document { collection, id } => {
                collection.validate()?;
                id.validate()?;
            }
            Target::Node { id } => id.validate()?,
            Target::Edge { from_id, edge_type, to_id } => {
                from_id.validate()?;
                edge_type.validate()?;
                to_id.validate()?;
            }
            Target::KeyRange { start, end } => {
                if start.len().max(end.as_ref().map_or(0, |end| end.len())) > limits::KEY_BYTES_MAX + 1 {
                    return Err(Error::limit("a bound of a key range is longer than the longest key"));
                }
            }
            Target::Part { part: Part::Collection | Part::Index, name } => {
                CollectionName::from(name.as_str()).validate()?;
            }
            Target::Part { part: Part::Keys | Part::Graph | Part::Facts | Part::Logs, name } => {
                if !name.is_empty() {
                    return Err(Error::invalid("only a collection or an index has a name here"));
                }
            }
        }
        let is_part = matches!(self.target, Target::Part { .. });
        if is_part && !matches!(self.condition, Condition::UnchangedSince { .. }) {
            return Err(Error::invalid("a part of a namespace can be unchanged since a commit, and nothing else"));
        }
        match &self.condition {
            Condition::Equals { value } if matches!(self.target, Target::Key { .. }) => check_value(value),
            Condition::Equals { .. } => Err(Error::invalid("the precondition 'equals' is for keys only")),
            Condition::Absent | Condition::Present | Condition::UnchangedSince { .. } => Ok(()),
        }
    }
}

/// One write of a commit. Each means the same as the operation of its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Write {
    /// Writes a key.
    Put(PutEntry),
    /// Deletes a key.
    DeleteKey {
        /// The key.
        key: ByteBuf,
    },
    /// Adds or replaces documents.
    AddDocuments {
        /// The collection.
        collection: CollectionName,
        /// The documents.
        documents: Vec<Document>,
        /// What happens where an id exists.
        #[serde(default)]
        on_conflict: OnConflict,
        /// They expire so many milliseconds after the commit, unless one says otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ttl_ms: Option<u64>,
        /// Create the collection if it does not exist.
        #[serde(default)]
        create_missing: bool,
    },
    /// Merges fields into the metadata of documents.
    UpdateDocuments(DocumentUpdate),
    /// Removes every document of a collection.
    TruncateCollection {
        /// The collection.
        collection: CollectionName,
    },
    /// Deletes documents.
    DeleteDocuments {
        /// The collection.
        collection: CollectionName,
        /// Their ids.
        ids: Vec<DocumentId>,
    },
    /// Inserts or replaces vectors.
    InsertVectors {
        /// The index.
        index: CollectionName,
        /// The ids.
        ids: IdBatch,
        /// The vectors, one after the other.
        vectors: EmbeddingBatch,
    },
    /// Deletes vectors.
    DeleteVectors {
        /// The index.
        index: CollectionName,
        /// Their ids.
        ids: Vec<u64>,
    },
    /// Adds or replaces a node.
    AddNode(Node),
    /// Deletes a node with all its edges.
    DeleteNode {
        /// Its id.
        id: NodeId,
    },
    /// Adds or replaces an edge.
    AddEdge(Edge),
    /// Deletes an edge.
    DeleteEdge {
        /// Where it begins.
        from_id: NodeId,
        /// Its type.
        edge_type: EdgeType,
        /// Where it ends.
        to_id: NodeId,
    },
    /// States a fact.
    AddTemporalEdge(TemporalFact),
    /// Closes the open periods of an edge.
    CloseTemporalEdge {
        /// Where it begins.
        from_id: NodeId,
        /// Its type.
        edge_type: EdgeType,
        /// Where it ends.
        to_id: NodeId,
        /// When it ceased to hold; nothing = now.
        #[serde(default)]
        at: Option<TimestampMs>,
    },
    /// States the next value of a single-valued relation.
    SupersedeTemporalEdge(TemporalFact),
    /// Appends values to a log.
    AppendLog {
        /// The log.
        log: LogName,
        /// The values, in order.
        values: Vec<ByteBuf>,
    },
    /// Deletes every key of a range.
    DeleteRange(KeySpan),
    /// Merges fields into a node.
    UpdateNode(NodeUpdate),
    /// Merges fields into an edge.
    UpdateEdge(EdgeUpdate),
    /// Makes one node of two.
    MergeNodes {
        /// The node that goes.
        source_id: NodeId,
        /// The node that stays.
        target_id: NodeId,
    },
    /// States the value of a single-valued relation, joining periods of one value.
    StateFact(StatedFact),
}

impl Write {
    fn validate(&self) -> Result<()> {
        match self {
            Write::Put(entry) => entry.validate(),
            Write::DeleteKey { key } => check_key(key),
            Write::DeleteRange(keys) => keys.validate(),
            Write::AddDocuments { collection, documents, on_conflict: _, ttl_ms, create_missing: _ } => {
                collection.validate()?;
                check_batch("documents", documents.len())?;
                check_ttl(*ttl_ms)?;
                documents.iter().try_for_each(Document::validate)
            }
            Write::UpdateDocuments(update) => update.validate(),
            Write::TruncateCollection { collection } => collection.validate(),
            Write::DeleteDocuments { collection, ids } => {
                collection.validate()?;
                check_batch("ids", ids.len())
            }
            Write::InsertVectors { index, ids, vectors: _ } => {
                index.validate()?;
                check_batch("vectors", ids.0.len())
            }
            Write::DeleteVectors { index, ids } => {
                index.validate()?;
                check_batch("ids", ids.len())
            }
            Write::AddNode(node) => node.validate(),
            Write::DeleteNode { id } => id.validate(),
            Write::AddEdge(edge) => edge.validate(),
            Write::DeleteEdge { from_id, edge_type, to_id }
            | Write::CloseTemporalEdge { from_id, edge_type, to_id, at: _ } => {
                from_id.validate()?;
                edge_type.validate()?;
                to_id.validate()
            }
            Write::AddTemporalEdge(fact) | Write::SupersedeTemporalEdge(fact) => fact.validate(),
            Write::AppendLog { log, values } => {
                log.validate()?;
                check_values(values)
            }
            Write::UpdateNode(update) => update.validate(),
            Write::UpdateEdge(update) => update.validate(),
            Write::MergeNodes { source_id, target_id } => check_pair(source_id, target_id),
            Write::StateFact(fact) => fact.validate(),
        }
    }
}

/// Checks the preconditions, then makes the writes in order: all or nothing. Later writes see earlier ones.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Commit {
    /// What must hold before the writes; otherwise a `Conflict` error and no change.
    #[serde(default)]
    pub preconditions: Vec<Precondition>,
    /// The writes.
    #[serde(default)]
    pub writes: Vec<Write>,
    /// A held snapshot to give up in the same step, whatever the outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl Commit {
    pub(super) fn validate(&self) -> Result<()> {
        if self.preconditions.len() > limits::PRECONDITIONS_MAX {
            let (given, max) = (self.preconditions.len(), limits::PRECONDITIONS_MAX);
            return Err(Error::limit(format!("{given} preconditions; the limit is {max}")));
        }
        check_batch("writes", self.writes.len())?;
        self.preconditions.iter().try_for_each(Precondition::validate)?;
        self.writes.iter().try_for_each(Write::validate)
    }
}

/// Holds the newest state of the namespace for a transaction's reads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeSnapshot {}

impl TakeSnapshot {
    pub(super) fn validate(&self) -> Result<()> {
        Ok(())
    }
}

/// A held snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Its position; give it as `snapshot` to reads.
    pub seq: CommitSeq,
    /// It is let go after this many milliseconds at the latest.
    pub expires_in_ms: u64,
}

/// Lets a held snapshot go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndSnapshot {
    /// Its position.
    pub seq: CommitSeq,
}

impl EndSnapshot {
    pub(super) fn validate(&self) -> Result<()> {
        Ok(())
    }
}

/// A snapshot was let go, or had been already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotEnded {
    /// True if it was still held.
    pub held: bool,
}
