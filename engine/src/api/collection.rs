//! Collections of documents: `{id, content, embedding, metadata}`, searched by vector and filtered by metadata.

use serde::{Deserialize, Serialize};

use super::common::{Durability, Metric};
use super::documents::OnConflict;
use super::error::{Error, Result};
use super::filter::Filter;
use super::ids::{CollectionName, CommitSeq, DocumentId, TimestampMs};
use super::kv::{check_batch, check_ttl};
use super::properties::Properties;
use super::search::{check_groups, check_queries, check_search, check_window, is_zero};
use super::vector::{Embedding, EmbeddingBatch};
use crate::limits;

/// Refuses a dimension of zero or above the limit.
pub(crate) fn check_dimension(dimension: u32) -> Result<()> {
    let max = limits::DIMENSION_MAX;
    match usize::try_from(dimension) {
        Ok(given) if given >= 1 && given <= max => Ok(()),
        _ => Err(Error::invalid(format!("dimension {dimension} is refused: it must be 1 to {max}"))),
    }
}

/// Creates a collection. Creating it again with the same settings changes nothing: settings that are left open, a dimension of 0
/// and no metadata, are the same as any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateCollection {
    /// Its name; collections and vector indexes share one set of names.
    pub collection: CollectionName,
    /// Numbers in each embedding; 0 = as many as the first embedding has.
    #[serde(default)]
    pub dimension: u32,
    /// How distances are measured.
    #[serde(default)]
    pub metric: Metric,
    /// Whatever the owner wants to remember about it.
    #[serde(default)]
    pub metadata: Properties,
}

impl CreateCollection {
    pub(crate) fn validate(&self) -> Result<()> {
        self.collection.validate()?;
        self.metadata.validate()?;
        if self.dimension == 0 { Ok(()) } else { check_dimension(self.dimension) }
    }
}

/// What a collection is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectionInfo {
    /// Its name.
    pub name: CollectionName,
    /// Numbers in each embedding; 0 = no embedding has decided it yet.
    pub dimension: u32,
    /// How distances are measured.
    pub metric: Metric,
    /// What its owner wanted to remember.
    pub metadata: Properties,
    /// Documents in it.
    pub count: u64,
    /// Documents that the graph covers; the others are scanned exactly.
    pub graph_count: u64,
    /// Bytes of vectors and graph in memory.
    pub memory_bytes: u64,
    /// When it was created.
    pub created_at: TimestampMs,
    /// True if this very request created it.
    #[serde(default)]
    pub created: bool,
}

/// Lists the collections of a namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListCollections {}

impl ListCollections {
    pub(super) fn validate(&self) -> Result<()> {
        Ok(())
    }
}

/// The collections of a namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectionList {
    /// Ordered by name.
    pub collections: Vec<CollectionInfo>,
}

/// Describes one collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescribeCollection {
    /// The collection.
    pub collection: CollectionName,
}

impl DescribeCollection {
    pub(super) fn validate(&self) -> Result<()> {
        self.collection.validate()
    }
}

/// Drops a collection with everything in it; dropping nothing is no error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DropCollection {
    /// The collection.
    pub collection: CollectionName,
}

impl DropCollection {
    pub(super) fn validate(&self) -> Result<()> {
        self.collection.validate()
    }
}

/// One document.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Its id; nothing in [`AddDocuments`] = the engine gives it a random one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<DocumentId>,
    /// Its text.
    #[serde(default)]
    pub content: String,
    /// Its embedding; left out of answers unless asked for. A document without one, or with an empty one, is never found by a
    /// search for the nearest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding: Option<Embedding>,
    /// Its fields.
    #[serde(default)]
    pub metadata: Properties,
    /// When it expires: from then on no read finds it. Nothing = never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<TimestampMs>,
    /// The same counted from the commit, in milliseconds: in requests only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_ms: Option<u64>,
}

impl Document {
    pub(super) fn validate(&self) -> Result<()> {
        self.id.iter().try_for_each(DocumentId::validate)?;
        if self.content.len() > limits::CONTENT_BYTES_MAX {
            let (given, max) = (self.content.len(), limits::CONTENT_BYTES_MAX);
            return Err(Error::limit(format!("a document's content has {given} bytes; the limit is {max}")));
        }
        check_ttl(self.ttl_ms)?;
        if self.ttl_ms.is_some() && self.expires_at.is_some() {
            return Err(Error::invalid("a document has both ttl_ms and expires_at; give one of them"));
        }
        if self.expires_at.is_some_and(|TimestampMs(at)| !(0..=limits::TIME_MS_MAX).contains(&at)) {
            return Err(Error::invalid("a document's expires_at lies outside the years 1970 to 9999"));
        }
        self.metadata.validate()
    }
}

/// Adds documents in their order, all or none. An id that exists, be it from the same request, is replaced unless
/// `on_conflict` says otherwise.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AddDocuments {
    /// The collection.
    pub collection: CollectionName,
    /// The documents.
    pub documents: Vec<Document>,
    /// What happens where an id exists.
    #[serde(default)]
    pub on_conflict: OnConflict,
    /// The documents expire so many milliseconds after the commit, unless one says otherwise; nothing = never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_ms: Option<u64>,
    /// Create the collection if it does not exist: with the cosine metric and the dimension of the first embedding.
    #[serde(default)]
    pub create_missing: bool,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl AddDocuments {
    pub(super) fn validate(&self) -> Result<()> {
        self.collection.validate()?;
        check_batch("documents", self.documents.len())?;
        check_ttl(self.ttl_ms)?;
        self.documents.iter().try_for_each(Document::validate)
    }
}

/// Documents were added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddedDocuments {
    /// The ids of all documents given, in their order.
    pub ids: Vec<DocumentId>,
    /// The ids of those that were not added because theirs existed, in the same order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<DocumentId>,
    /// The commit.
    pub commit_seq: CommitSeq,
    /// The durability that was reached before this reply.
    pub durability: Durability,
}

/// Reads documents by id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetDocuments {
    /// The collection.
    pub collection: CollectionName,
    /// The ids, in the order of the answer.
    pub ids: Vec<DocumentId>,
    /// Give the embeddings too.
    #[serde(default)]
    pub include_embedding: bool,
    /// A collection that does not exist holds nothing, instead of being an error.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missing_ok: bool,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl GetDocuments {
    pub(super) fn validate(&self) -> Result<()> {
        self.collection.validate()?;
        check_batch("ids", self.ids.len())
    }
}

/// The documents asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Documents {
    /// One entry for each id; nothing where it is absent.
    pub documents: Vec<Option<Document>>,
}

/// Deletes documents by id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteDocuments {
    /// The collection.
    pub collection: CollectionName,
    /// The ids.
    pub ids: Vec<DocumentId>,
    /// Give the ids of those that existed too.
    #[serde(default)]
    pub return_ids: bool,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl DeleteDocuments {
    pub(super) fn validate(&self) -> Result<()> {
        self.collection.validate()?;
        check_batch("ids", self.ids.len())
    }
}

/// Deletes every document that matches a filter, in one commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeleteByFilter {
    /// The collection.
    pub collection: CollectionName,
    /// Which documents.
    pub filter: Filter,
    /// Give their ids too.
    #[serde(default)]
    pub return_ids: bool,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl DeleteByFilter {
    /// A filter that holds for every document whatever it says was built from nothing; nobody means that.
    pub(super) fn validate(&self) -> Result<()> {
        self.collection.validate()?;
        if self.filter.is_always_true() {
            let text = "the filter is true of every document by its form and would delete them all; truncate or drop \
                        the collection for that";
            return Err(Error::invalid(text));
        }
        Ok(())
    }
}

/// Counts documents.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CountDocuments {
    /// The collection.
    pub collection: CollectionName,
    /// Only those that match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// A collection that does not exist holds nothing, instead of being an error.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missing_ok: bool,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl CountDocuments {
    pub(super) fn validate(&self) -> Result<()> {
        self.collection.validate()
    }
}

/// A count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// How many there are.
    pub count: u64,
}

/// Finds the nearest documents.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchCollection {
    /// The collection.
    pub collection: CollectionName,
    /// The query vector.
    pub query: Embedding,
    /// How many results; nothing = [`limits::K_DEFAULT`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub k: Option<u32>,
    /// Search width: larger is slower and finds more of the true nearest; nothing = a good default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ef: Option<u32>,
    /// Only documents that match; exactly k are found whenever k match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// Give the embeddings too.
    #[serde(default)]
    pub include_embedding: bool,
    /// How many of the nearest to pass over before the first that is given.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub offset: u32,
    /// The lowest score that counts; nothing = any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f32>,
    /// The field of the metadata by whose value the results are grouped, at most so many of each. What lacks the field is
    /// in no group: each such document stands for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_by: Option<String>,
    /// Most results of one group; nothing = 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_size: Option<u32>,
    /// A collection that does not exist holds nothing, instead of being an error.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missing_ok: bool,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl SearchCollection {
    pub(super) fn validate(&self) -> Result<()> {
        self.collection.validate()?;
        check_search(self.k, self.ef)?;
        check_window(self.k, self.offset, self.threshold)?;
        check_groups(self.group_by.as_ref(), self.group_size)
    }
}

/// One document that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentHit {
    /// The document.
    pub document: Document,
    /// Its distance by the collection's metric: smaller is closer.
    pub distance: f32,
    /// Its score by the collection's metric: larger is closer.
    pub score: f32,
}

/// What was found, nearest first, ties by id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DocumentHits {
    /// The results.
    pub hits: Vec<DocumentHit>,
}

/// Several searches at one instant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchBatchCollection {
    /// The collection.
    pub collection: CollectionName,
    /// The query vectors, one after the other.
    pub queries: EmbeddingBatch,
    /// How many results for each; nothing = [`limits::K_DEFAULT`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub k: Option<u32>,
    /// Search width; nothing = a good default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ef: Option<u32>,
    /// Only documents that match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// Give the embeddings too.
    #[serde(default)]
    pub include_embedding: bool,
    /// How many of the nearest to pass over before the first that is given.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub offset: u32,
    /// The lowest score that counts; nothing = any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f32>,
    /// The field of the metadata by whose value the results are grouped, at most so many of each. What lacks the field is
    /// in no group: each such document stands for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_by: Option<String>,
    /// Most results of one group; nothing = 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_size: Option<u32>,
    /// A collection that does not exist holds nothing, instead of being an error.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missing_ok: bool,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl SearchBatchCollection {
    pub(super) fn validate(&self) -> Result<()> {
        self.collection.validate()?;
        check_queries(self.queries.0.len())?;
        check_search(self.k, self.ef)?;
        check_window(self.k, self.offset, self.threshold)?;
        check_groups(self.group_by.as_ref(), self.group_size)
    }
}

/// The results of a batch search, one list for each query.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DocumentHitsBatch {
    /// In the order of the queries.
    pub results: Vec<DocumentHits>,
}
