//! What an operation changes in the in-memory indexes. Changes are applied once the whole operation has succeeded and
//! before its commit is published: every entry carries its commit, so readers do not see it earlier.

use std::sync::Arc;

use super::collections::{Collection, RowInfo};
use super::state::State;
use super::timelines::FactChange;
use crate::api::Error;

/// One change of an index.
#[derive(Debug)]
pub enum Change {
    /// A collection was created.
    CollectionCreated(Arc<Collection>),
    /// A collection was dropped.
    CollectionDropped(u32),
    /// A row was added to a collection.
    RowAdded {
        /// The collection.
        collection: Arc<Collection>,
        /// The row.
        row: u32,
        /// The document's id, the vector's as eight big-endian bytes, or the key of a cache's entry.
        id: Vec<u8>,
        /// The vector.
        vector: Vec<f32>,
        /// What else the indexes must know of it.
        info: RowInfo,
        /// What the quota counts for it.
        bytes: u64,
    },
    /// A row was deleted or replaced.
    RowDeleted {
        /// The collection.
        collection: Arc<Collection>,
        /// The row.
        row: u32,
        /// What the quota counted for it.
        bytes: u64,
        /// What else the indexes knew of it.
        info: RowInfo,
    },
    /// A temporal fact was asserted, retracted or erased.
    Fact(FactChange),
}

impl Change {
    /// The collection whose rows it counts.
    pub fn collection(&self) -> Option<&Arc<Collection>> {
        match self {
            Change::CollectionCreated(collection)
            | Change::RowAdded { collection, .. }
            | Change::RowDeleted { collection, .. } => Some(collection),
            Change::CollectionDropped(_) | Change::Fact(_) => None,
        }
    }

    /// Applies the change of the operation with commit `seq`.
    pub fn apply(self, state: &State, seq: u64) -> Result<(), Error> {
        match self {
            Change::CollectionCreated(collection) => state.collections.insert(collection),
            Change::CollectionDropped(id) => state.collections.retire(id, seq),
            Change::RowAdded { collection, row, id, vector, info, bytes } => {
                collection.vectors.insert(row, &id, &vector, seq)?;
                collection.index_info(row, &info);
                collection.account(1, bytes.cast_signed());
            }
            Change::RowDeleted { collection, row, bytes, info } => {
                collection.vectors.delete(row, seq);
                collection.retire_info(seq, row, info);
                collection.account(-1, -bytes.cast_signed());
            }
            Change::Fact(change) => state.timelines.apply(change, seq),
        }
        Ok(())
    }
}
