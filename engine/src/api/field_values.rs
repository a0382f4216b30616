//! What the documents of a collection have in one field of their metadata: which values how often, and between which bounds.

use serde::{Deserialize, Serialize};

use super::error::{Error, Result};
use super::filter::Filter;
use super::ids::{CollectionName, CommitSeq};
use super::value::Value;
use crate::limits;

/// Refuses the over-long name of a field, and what is none of the metadata.
pub(super) fn check_field(what: &str, field: &str) -> Result<()> {
    if field == "$content" || (field == "$id" && what != "order_by") {
        return Err(Error::invalid(format!(
            "{what} names a field of the metadata; {field} is none, and has no list of values"
        )));
    }
    let max = limits::NAME_BYTES_MAX;
    if field.len() > max {
        return Err(Error::limit(format!("{what} names a field with {} bytes; the limit is {max}", field.len())));
    }
    Ok(())
}

/// Counts documents by the value of a field.
///
/// A document whose field is a list counts once under each element that it has. Integers and floats of one value are one
/// value. A document that lacks the field counts nowhere.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FacetDocuments {
    /// The collection.
    pub collection: CollectionName,
    /// The field; a name with dots is found as a filter finds it.
    pub field: String,
    /// Only documents that match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// Most values; nothing = [`limits::FACETS_DEFAULT`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// A collection that does not exist holds nothing, instead of being an error.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missing_ok: bool,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl FacetDocuments {
    pub(super) fn validate(&self) -> Result<()> {
        self.collection.validate()?;
        check_field("field", &self.field)?;
        match self.limit {
            Some(limit) if limit == 0 || limit as usize > limits::FACETS_MAX => {
                Err(Error::limit(format!("limit must be 1 to {}", limits::FACETS_MAX)))
            }
            _ => Ok(()),
        }
    }
}

/// A value, and how many documents have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facet {
    /// The value.
    pub value: Value,
    /// The documents.
    pub count: u64,
}

/// Values with their counts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Facets {
    /// The most frequent first, ties by value.
    pub facets: Vec<Facet>,
}

/// Asks for the smallest and the largest value of a field.
///
/// Numbers are compared with numbers and texts with texts: if any document has a number in the field, it is the bounds of
/// the numbers that are given, otherwise those of the texts. Values of other kinds, lists among them, have no bounds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MinMaxDocuments {
    /// The collection.
    pub collection: CollectionName,
    /// The field; a name with dots is found as a filter finds it.
    pub field: String,
    /// Only documents that match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// A collection that does not exist holds nothing, instead of being an error.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missing_ok: bool,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl MinMaxDocuments {
    pub(super) fn validate(&self) -> Result<()> {
        self.collection.validate()?;
        check_field("field", &self.field)
    }
}

/// The smallest and the largest value of a field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValueBounds {
    /// The smallest.
    pub min: Value,
    /// The largest.
    pub max: Value,
}

/// The bounds of a field's values.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MaybeBounds {
    /// Nothing = no document has a number or a text there.
    pub bounds: Option<ValueBounds>,
}
