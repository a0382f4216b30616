//! What is known of a row of a collection, vector index or cache beside its vector.

use crate::api::Properties;
use crate::store::{CollectionKind, DocumentRecord, RowPlace, StoreResult};

/// What the indexes must know of a row beside its vector.
#[derive(Debug)]
pub enum RowInfo {
    /// Nothing: a bare vector.
    Bare,
    /// A document's fields, and when it expires; nothing = never.
    Document(Properties, Option<i64>),
    /// When an entry of a cache expires; nothing = never.
    Entry(Option<i64>),
}

impl RowInfo {
    /// What a stored row tells.
    pub fn of(kind: CollectionKind, record: &DocumentRecord<'_>) -> StoreResult<Self> {
        Ok(match kind {
            CollectionKind::Vectors => Self::Bare,
            CollectionKind::Documents => {
                let fields = record.fields()?;
                Self::Document(fields.metadata, fields.expires_at)
            }
            CollectionKind::Cache => Self::Entry(record.fields()?.expires_at),
        })
    }
}

/// Bytes a row counts for: its record, its id and its vector, if it has one.
pub fn row_bytes(record: &[u8], id: &[u8], place: RowPlace, dimension: u32) -> u64 {
    let vector = if place.vector.is_some() { u64::from(dimension) * 4 } else { 0 };
    (record.len() as u64).saturating_sub(place.apart_bytes()) + id.len() as u64 + vector
}
