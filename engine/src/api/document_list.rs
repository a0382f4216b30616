//! Lists of documents: all of a collection, or those that match, in an order, page by page.
//!
//! A page goes on behind the last document of the one before, by its place in the order and not by its number: documents
//! that are added or deleted between two pages make none appear twice and none be left out that was there all the time.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::collection::Document;
use super::cost::Cost;
use super::error::{Error, Result};
use super::field_values::check_field;
use super::filter::Filter;
use super::ids::{CollectionName, CommitSeq, DocumentId};
use super::render::check_columns;
use crate::limits;

/// Lists documents, one page.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ListDocuments {
    /// The collection.
    pub collection: CollectionName,
    /// Only documents that match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// The field of the metadata by whose values they are ordered, ties by id; nothing, or `$id`, = by id, which `id` means too
    /// where no document has a field of this name. A name with dots is found as a filter finds it. Values of different kinds
    /// stand in the order null, truth values, numbers, texts, bytes, lists, maps. Documents without the field come last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_by: Option<String>,
    /// The other way round: ids if they are ordered by id, otherwise values. Ties, and what lacks the field, stay as
    /// they are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub descending: bool,
    /// Most documents; nothing = [`limits::PAGE_ITEMS_DEFAULT`], never more than [`limits::PAGE_ITEMS_MAX`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Go on where a page ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<ByteBuf>,
    /// What is read of each: `id`, `content`, `embedding`, `metadata` or `metadata.<name>`; the rest stays empty. Nothing =
    /// everything but the embedding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// Give the embeddings too, if no columns are named.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_embedding: bool,
    /// A collection that does not exist holds nothing, instead of being an error.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missing_ok: bool,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl ListDocuments {
    pub(super) fn validate(&self) -> Result<()> {
        self.collection.validate()?;
        self.order_by.iter().try_for_each(|field| check_field("order_by", field))?;
        check_columns(self.columns.as_ref())?;
        check_cursor(self.cursor.as_ref())
    }

    pub(super) fn cost(&self) -> Cost {
        list_cost(self.filter.is_some() || self.order_by.is_some(), self.limit)
    }
}

/// A page of documents.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DocumentPage {
    /// The documents, in order.
    pub documents: Vec<Document>,
    /// Give this to the next request to go on; nothing = there are no more.
    pub cursor: Option<ByteBuf>,
}

/// Lists the ids of documents in order, one page. Nothing else of them is read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ListDocumentIds {
    /// The collection.
    pub collection: CollectionName,
    /// Only documents that match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// Most ids; nothing = [`limits::PAGE_ITEMS_DEFAULT`], never more than [`limits::PAGE_ITEMS_MAX`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Go on where a page ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<ByteBuf>,
    /// A collection that does not exist holds nothing, instead of being an error.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missing_ok: bool,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl ListDocumentIds {
    pub(super) fn validate(&self) -> Result<()> {
        self.collection.validate()?;
        check_cursor(self.cursor.as_ref())
    }

    pub(super) fn cost(&self) -> Cost {
        list_cost(self.filter.is_some(), self.limit)
    }
}

/// The same documents with their ids alone.
impl From<ListDocumentIds> for ListDocuments {
    fn from(list: ListDocumentIds) -> Self {
        let ListDocumentIds { collection, filter, limit, cursor, missing_ok, snapshot } = list;
        let columns = Some(vec!["id".to_owned()]);
        Self { collection, filter, limit, cursor, columns, missing_ok, snapshot, ..Self::default() }
    }
}

/// A page of ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentIdPage {
    /// The ids, in order.
    pub ids: Vec<DocumentId>,
    /// Give this to the next request to go on; nothing = there are no more.
    pub cursor: Option<ByteBuf>,
}

/// A plain list looks at what it gives; a filter or an order may make it look at everything.
fn list_cost(is_chosen: bool, limit: Option<u32>) -> Cost {
    if is_chosen { Cost::Long } else { Cost::limited(limit) }
}

fn check_cursor(cursor: Option<&ByteBuf>) -> Result<()> {
    let max = limits::DOCUMENT_CURSOR_BYTES_MAX;
    match cursor {
        Some(cursor) if cursor.len() > max => Err(Error::invalid(format!(
            "a cursor of {} bytes was not given by a page; begin without one",
            cursor.len()
        ))),
        _ => Ok(()),
    }
}
