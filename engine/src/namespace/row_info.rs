//! What is known of a row of a collection, vector index or cache beside its vector.

use crate::api::Properties;
use crate::store::{CollectionKind, DocumentRecord, StoreResult};

/// What the indexes must know of a row beside its vector.
#[derive(Debug)]
pub enum RowInfo {
    /// Nothing: a bare vector.
    Bare,
    /// A document's fields.
    Document(Properties),
    /// When an entry of a cache expires; nothing = never.
    Entry(Option<i64>),
}

impl RowInfo {
    /// What a stored row tells.
    pub fn of(kind: CollectionKind, record: &DocumentRecord<'_>) -> StoreResult<Self> {
        Ok(match kind {
            CollectionKind::Vectors => Self::Bare,
            CollectionKind::Documents => Self::Document(record.fields()?.metadata),
            CollectionKind::Cache => Self::Entry(record.fields()?.expires_at),
        })
    }
}

/// Bytes a row counts for: its record and its vector.
pub fn row_bytes(record: &[u8], id: &[u8], dimension: u32) -> u64 {
    record.len() as u64 + id.len() as u64 + u64::from(dimension) * 4
}
