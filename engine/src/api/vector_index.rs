//! Bare vector indexes: u64 ids and vectors, nothing else.

use serde::{Deserialize, Serialize};

use super::collection::check_dimension;
use super::common::{Durability, Metric};
use super::error::{Error, Result};
use super::ids::{CollectionName, CommitSeq, TimestampMs};
use super::kv::check_batch;
use super::search::{check_queries, check_search, check_window, is_zero};
use super::vector::{Embedding, EmbeddingBatch, IdBatch};

/// Creates a vector index. Creating it again with the same settings changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateIndex {
    /// Its name; collections and indexes share one set of names.
    pub index: CollectionName,
    /// Numbers in each vector.
    pub dimension: u32,
    /// How distances are measured.
    #[serde(default)]
    pub metric: Metric,
}

impl CreateIndex {
    pub(super) fn validate(&self) -> Result<()> {
        self.index.validate()?;
        check_dimension(self.dimension)
    }
}

/// What a vector index is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexInfo {
    /// Its name.
    pub name: CollectionName,
    /// Numbers in each vector.
    pub dimension: u32,
    /// How distances are measured.
    pub metric: Metric,
    /// Vectors in it.
    pub count: u64,
    /// Vectors that the graph covers; the others are scanned exactly.
    pub graph_count: u64,
    /// Bytes of vectors and graph in memory.
    pub memory_bytes: u64,
    /// When it was created.
    pub created_at: TimestampMs,
    /// True if this very request created it.
    #[serde(default)]
    pub created: bool,
}

/// Lists the vector indexes of a namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListIndexes {}

impl ListIndexes {
    pub(super) fn validate(&self) -> Result<()> {
        Ok(())
    }
}

/// The vector indexes of a namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexList {
    /// Ordered by name.
    pub indexes: Vec<IndexInfo>,
}

macro_rules! names_one_index {
    ($($(#[$doc:meta])* $name:ident),*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name {
            /// The index.
            pub index: CollectionName,
        }

        impl $name {
            pub(super) fn validate(&self) -> Result<()> {
                self.index.validate()
            }
        }
    )*};
}

names_one_index!(
    /// Describes one vector index.
    DescribeIndex,
    /// Drops a vector index with everything in it; dropping nothing is no error.
    DropIndex,
    /// Counts the vectors of an index.
    CountVectors
);

/// Inserts vectors, all or none; an id that exists takes the new vector, an id given twice its last one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InsertVectors {
    /// The index.
    pub index: CollectionName,
    /// The ids.
    pub ids: IdBatch,
    /// The vectors, one after the other: ids x dimension numbers.
    pub vectors: EmbeddingBatch,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl InsertVectors {
    pub(super) fn validate(&self) -> Result<()> {
        self.index.validate()?;
        check_batch("vectors", self.ids.0.len())?;
        let (ids, numbers) = (self.ids.0.len(), self.vectors.0.len());
        if numbers.checked_rem(ids).unwrap_or(numbers) != 0 {
            return Err(Error::invalid(format!(
                "{numbers} numbers do not divide among {ids} ids; give ids x dimension numbers"
            )));
        }
        Ok(())
    }
}

/// Vectors were inserted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inserted {
    /// How many vectors the request held.
    pub inserted: u64,
    /// The commit.
    pub commit_seq: CommitSeq,
    /// The durability that was reached before this reply.
    pub durability: Durability,
}

/// Reads vectors by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetVectors {
    /// The index.
    pub index: CollectionName,
    /// The ids, in the order of the answer.
    pub ids: Vec<u64>,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl GetVectors {
    pub(super) fn validate(&self) -> Result<()> {
        self.index.validate()?;
        check_batch("ids", self.ids.len())
    }
}

/// The vectors asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vectors {
    /// One entry for each id; nothing where it is absent.
    pub vectors: Vec<Option<Embedding>>,
}

/// Deletes vectors by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteVectors {
    /// The index.
    pub index: CollectionName,
    /// The ids.
    pub ids: Vec<u64>,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl DeleteVectors {
    pub(super) fn validate(&self) -> Result<()> {
        self.index.validate()?;
        check_batch("ids", self.ids.len())
    }
}

/// Finds the nearest vectors.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchVectors {
    /// The index.
    pub index: CollectionName,
    /// The query vector.
    pub query: Embedding,
    /// How many results; nothing = [`crate::limits::K_DEFAULT`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub k: Option<u32>,
    /// Search width: larger is slower and finds more of the true nearest; nothing = a good default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ef: Option<u32>,
    /// Give the vectors too.
    #[serde(default)]
    pub include_embedding: bool,
    /// How many of the nearest to pass over before the first that is given.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub offset: u32,
    /// The lowest score that counts; nothing = any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f32>,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl SearchVectors {
    pub(super) fn validate(&self) -> Result<()> {
        self.index.validate()?;
        check_search(self.k, self.ef)?;
        check_window(self.k, self.offset, self.threshold)
    }
}

/// One vector that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VectorHit {
    /// Its id.
    pub id: u64,
    /// Its distance by the index's metric: smaller is closer.
    pub distance: f32,
    /// Its score by the index's metric: larger is closer.
    pub score: f32,
    /// The vector, if asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding: Option<Embedding>,
}

/// What was found, nearest first, ties by id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VectorHits {
    /// The results.
    pub hits: Vec<VectorHit>,
}

/// Several searches at one instant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchBatchVectors {
    /// The index.
    pub index: CollectionName,
    /// The query vectors, one after the other.
    pub queries: EmbeddingBatch,
    /// How many results for each; nothing = [`crate::limits::K_DEFAULT`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub k: Option<u32>,
    /// Search width; nothing = a good default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ef: Option<u32>,
    /// Give the vectors too.
    #[serde(default)]
    pub include_embedding: bool,
    /// How many of the nearest to pass over before the first that is given.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub offset: u32,
    /// The lowest score that counts; nothing = any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f32>,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl SearchBatchVectors {
    pub(super) fn validate(&self) -> Result<()> {
        self.index.validate()?;
        check_queries(self.queries.0.len())?;
        check_search(self.k, self.ef)?;
        check_window(self.k, self.offset, self.threshold)
    }
}

/// The results of a batch search, one list for each query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VectorHitsBatch {
    /// In the order of the queries.
    pub results: Vec<VectorHits>,
}
