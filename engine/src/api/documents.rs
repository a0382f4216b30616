//! Changes of documents in place, and of collections: everything about them that is neither adding, reading nor dropping.

use serde::{Deserialize, Serialize};

use super::common::Durability;
use super::error::{Error, Result};
use super::filter::Filter;
use super::ids::{CollectionName, CommitSeq, DocumentId};
use super::kv::{check_batch, check_ttl};
use super::properties::Properties;

/// What happens to a document that is added under an id that exists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnConflict {
    /// It takes the other's place.
    #[default]
    Replace,
    /// The other stays as it is, and the answer says so.
    Skip,
    /// The request is refused with `AlreadyExists` and writes nothing.
    Error,
}

/// Which documents change, and how: fields are merged into their metadata, text and embedding stay as they are. Exactly one of
/// `ids`, `filter` and `all` says which.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DocumentUpdate {
    /// The collection.
    pub collection: CollectionName,
    /// The documents with these ids; one that does not exist is no error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<DocumentId>>,
    /// The documents that match. A filter that is true of every document by its form is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// Every document.
    #[serde(default)]
    pub all: bool,
    /// Fields that get these values, whether they were there or not.
    #[serde(default)]
    pub set: Properties,
    /// Fields that go; one that is not there is no error.
    #[serde(default)]
    pub unset: Vec<String>,
    /// The documents expire so many milliseconds from now; nothing = as they did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_ms: Option<u64>,
    /// The documents do not expire any more.
    #[serde(default)]
    pub persist: bool,
}

impl DocumentUpdate {
    pub(super) fn validate(&self) -> Result<()> {
        let Self { collection, ids, filter, all, set, unset, ttl_ms, persist } = self;
        collection.validate()?;
        if usize::from(ids.is_some()) + usize::from(filter.is_some()) + usize::from(*all) != 1 {
            return Err(Error::invalid("give exactly one of ids, filter and all: which documents are to be changed"));
        }
        check_batch("ids", ids.as_ref().map_or(0, Vec::len))?;
        if filter.as_ref().is_some_and(Filter::is_always_true) {
            let text = "the filter is true of every document by its form; to change them all, say so with all";
            return Err(Error::invalid(text));
        }
        set.validate_change(unset)?;
        check_ttl(*ttl_ms)?;
        if ttl_ms.is_some() && *persist {
            return Err(Error::invalid("ttl_ms and persist contradict each other; give one of them"));
        }
        if set.0.is_empty() && unset.is_empty() && ttl_ms.is_none() && !persist {
            return Err(Error::invalid("there is nothing to change; give set, unset, ttl_ms or persist"));
        }
        Ok(())
    }
}

/// Changes documents in one commit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UpdateDocuments {
    /// Which, and how.
    pub update: DocumentUpdate,
    /// Give their ids too.
    #[serde(default)]
    pub return_ids: bool,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl UpdateDocuments {
    pub(super) fn validate(&self) -> Result<()> {
        self.update.validate()
    }
}

/// Documents were changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdatedDocuments {
    /// How many there were, those that were as asked already included.
    pub updated: u64,
    /// Their ids, if they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<DocumentId>>,
    /// The commit.
    pub commit_seq: CommitSeq,
    /// The durability that was reached before this reply.
    pub durability: Durability,
}

/// Documents were deleted; deleting nothing is no error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedDocuments {
    /// How many existed and are gone now.
    pub deleted: u64,
    /// Their ids, if they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<DocumentId>>,
    /// The commit.
    pub commit_seq: CommitSeq,
    /// The durability that was reached before this reply.
    pub durability: Durability,
}

/// Gives a collection other metadata, in the place of what it had.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateCollection {
    /// The collection.
    pub collection: CollectionName,
    /// Its metadata from now on.
    #[serde(default)]
    pub metadata: Properties,
}

impl UpdateCollection {
    pub(super) fn validate(&self) -> Result<()> {
        self.collection.validate()?;
        self.metadata.validate()
    }
}

/// Removes every document of a collection and keeps the collection, in one commit that takes the same time however many there
/// are: their rows are removed in small steps afterwards.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruncateCollection {
    /// The collection.
    pub collection: CollectionName,
}

impl TruncateCollection {
    pub(super) fn validate(&self) -> Result<()> {
        self.collection.validate()
    }
}
