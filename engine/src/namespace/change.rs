//! What rows that were written or deleted change in the in-memory indexes.
//!
//! The indexes hold nothing that the rows do not say. Here, and nowhere else, stands what each row means to them:
//!
//! | Row | Written | Deleted |
//! |---|---|---|
//! | `Collections` | an empty collection is there | |
//! | `Documents` | its row counts, and is found by what is known of it | |
//! | `Vectors` | the row's vector is found | the row is gone, as its document was before |
//! | `Rows` | the numbers below are never taken again | |
//! | `Purges` | the collection is dropped: no change of its rows matters any more | |
//! | `TemporalOut` | a belief begins, or has ended | it is erased |
//! | others | | |
//!
//! Whoever has the rows of a commit asks [`Change::of`]: the actor for what an operation writes, and whoever follows another
//! log for what that says. Recovery, which has rows without their commits, takes them one by one ([`Changes`]).
//!
//! Changes are applied when the rows are in the memtable and before their commit is published. What is indexed carries its
//! commit, so no reader sees it earlier.

use std::collections::HashMap;
use std::sync::Arc;

use super::collection::Collection;
use super::collections::Collections;
use super::row_info::{RowInfo, row_bytes};
use super::state::State;
use super::timelines::FactStep;
use crate::api::{Embedding, Error, Result};
use crate::planted::{self, Planted};
use crate::store::{
    CollectionRecord, DocumentRecord, KeyReader, KeyWriter, Read, RowEffect, RowMark, RowSnapshot, StoreError, Table,
};

/// One change of an index.
#[derive(Debug)]
pub enum Change {
    /// A collection was created.
    CollectionCreated(Arc<Collection>),
    /// A collection was dropped.
    CollectionDropped {
        /// Its number.
        id: u32,
        /// The commit that dropped it.
        seq: u64,
    },
    /// A row was added to a collection. Its vector is a change of its own.
    RowAdded {
        /// The collection.
        collection: Arc<Collection>,
        /// The row.
        row: u32,
        /// What the indexes must know of it.
        info: RowInfo,
        /// What the quota counts for it.
        bytes: u64,
    },
    /// The vector of a row was added.
    VectorAdded {
        /// The collection.
        collection: Arc<Collection>,
        /// The row.
        row: u32,
        /// The document's id, the vector's as eight big-endian bytes, or the key of a cache's entry.
        id: Vec<u8>,
        /// The vector.
        vector: Embedding,
        /// The commit that wrote it.
        seq: u64,
    },
    /// A row was deleted or replaced.
    RowDeleted {
        /// The collection.
        collection: Arc<Collection>,
        /// The row.
        row: u32,
        /// What the indexes knew of it.
        info: RowInfo,
        /// What the quota counted for it.
        bytes: u64,
        /// The commit that deleted it.
        seq: u64,
    },
    /// Numbers of rows were taken, though their rows may be gone.
    NumbersTaken {
        /// The collection.
        collection: Arc<Collection>,
        /// All numbers below this one.
        below: u32,
    },
    /// A temporal fact was asserted, retracted or erased.
    Fact(FactStep),
}

impl Change {
    /// What commit `seq` changes with these effects. `before` sees what was there before it.
    pub fn of<'e>(
        effects: impl Iterator<Item = RowEffect<'e>>,
        seq: u64,
        collections: &Collections,
        before: &RowSnapshot,
    ) -> Result<Vec<Change>> {
        let mut changes = Changes::new(seq, collections, before);
        let mut found = Vec::new();
        for effect in effects {
            found.extend(changes.take(effect)?);
        }
        changes.finish()?;
        Ok(found)
    }

    /// The collection whose rows it counts.
    pub fn collection(&self) -> Option<&Arc<Collection>> {
        match self {
            Change::CollectionCreated(collection)
            | Change::RowAdded { collection, .. }
            | Change::RowDeleted { collection, .. } => Some(collection),
            Change::CollectionDropped { .. }
            | Change::VectorAdded { .. }
            | Change::NumbersTaken { .. }
            | Change::Fact(_) => None,
        }
    }

    /// Tells readers what they could not tell from the indexes themselves. To be called for all changes of a commit before
    /// the first of its rows is in the memtable.
    pub fn announce(&self, state: &State) {
        if let Change::Fact(FactStep::Forget { seq, .. }) = self {
            state.timelines.announce_erasing(*seq);
        }
    }

    /// Makes the change. The rows are in the memtable.
    pub fn apply(self, state: &State) -> Result<()> {
        match self {
            Change::CollectionCreated(collection) => state.collections.insert(collection),
            Change::CollectionDropped { id, seq } => state.collections.retire(id, seq),
            Change::RowAdded { collection, row, info, bytes } => {
                collection.skip_row(row);
                collection.index_info(row, &info);
                collection.account(1, bytes.cast_signed());
            }
            Change::VectorAdded { collection, row, id, vector, seq } => {
                collection.vectors.insert(row, &id, &vector.0, seq)?;
            }
            Change::RowDeleted { collection, row, info, bytes, seq } => {
                collection.vectors.delete(row, seq);
                collection.retire_info(seq, row, info);
                collection.account(-1, -bytes.cast_signed());
            }
            Change::NumbersTaken { collection, below } => collection.skip_rows_below(below),
            Change::Fact(step) => state.timelines.apply(step),
        }
        Ok(())
    }
}

/// A document that was written and whose vector is still to come.
struct Awaited {
    id: Vec<u8>,
    seq: u64,
}

/// Reads effects one after the other, in the order of their tables, and says what each changes.
pub struct Changes<'a> {
    seq: u64,
    collections: &'a Collections,
    before: &'a RowSnapshot,
    /// Those whose rows were among the effects, by their numbers; nothing for one that does not exist any more.
    met: HashMap<u32, Option<Arc<Collection>>>,
    /// By collection and row.
    awaited: HashMap<(u32, u32), Awaited>,
}

impl<'a> Changes<'a> {
    /// Begins; see [`Change::of`].
    pub fn new(seq: u64, collections: &'a Collections, before: &'a RowSnapshot) -> Self {
        Self { seq, collections, before, met: HashMap::new(), awaited: HashMap::new() }
    }

    /// What the next effect changes.
    pub fn take(&mut self, effect: RowEffect<'_>) -> Result<Option<Change>> {
        let RowEffect { table, key, value } = effect;
        match (table, value) {
            (Table::Collections, Some(value)) => self.collection_written(value).map(Some),
            (Table::Documents, Some(value)) => self.document_written(key, value),
            (Table::Vectors, Some(value)) => self.vector_written(key, value),
            (Table::Vectors, None) => self.vector_deleted(key),
            (Table::Rows, Some(value)) => self.mark_written(key, value),
            (Table::Purges, Some(_)) => {
                let id = KeyReader::new(key).u32().ok_or_else(|| StoreError::corrupt(table, "a key is too short"))?;
                Ok(Some(Change::CollectionDropped { id, seq: self.seq }))
            }
            (Table::TemporalOut, Some(value)) => Ok(Some(Change::Fact(FactStep::of_written(key, value)?))),
            (Table::TemporalOut, None) => Ok(FactStep::of_deleted(key, self.seq)?.map(Change::Fact)),
            (Table::Collections | Table::Documents | Table::Rows | Table::Purges, None)
            | (Table::Kv | Table::KvExpiry | Table::Nodes | Table::EdgesOut | Table::EdgesIn, _)
            | (Table::TemporalIn | Table::CommitTimes | Table::TemporalTypes | Table::TemporalChanges, _)
            | (Table::Logs | Table::LogEntries | Table::NodeTypes, _) => Ok(None),
        }
    }

    /// Ends: every document must have had its vector.
    pub fn finish(self) -> Result<()> {
        if self.awaited.is_empty() {
            return Ok(());
        }
        Err(StoreError::corrupt(Table::Vectors, "a document's vector is missing").into())
    }

    fn living(&mut self, id: u32) -> Option<Arc<Collection>> {
        self.met.entry(id).or_insert_with(|| self.collections.living(id)).clone()
    }

    fn collection_written(&mut self, value: &[u8]) -> Result<Change> {
        let record = CollectionRecord::decode(value)?;
        let (id, collection) = (record.id, Arc::new(Collection::new(record)));
        self.met.insert(id, Some(Arc::clone(&collection)));
        Ok(Change::CollectionCreated(collection))
    }

    fn document_written(&mut self, key: &[u8], value: &[u8]) -> Result<Option<Change>> {
        let short = || StoreError::corrupt(Table::Documents, "a key is too short");
        let (id, document) = (KeyReader::new(key).u32().ok_or_else(short)?, key.get(4..).ok_or_else(short)?);
        let Some(collection) = self.living(id) else { return Ok(None) };
        let record = DocumentRecord::decode(value)?;
        let (row, info) = (record.row, RowInfo::of(collection.record.kind, &record)?);
        let bytes = row_bytes(value, document, collection.record.dimension);
        self.awaited.insert((id, row), Awaited { id: document.to_vec(), seq: record.seq });
        Ok(Some(Change::RowAdded { collection, row, info, bytes }))
    }

    fn vector_written(&mut self, key: &[u8], value: &[u8]) -> Result<Option<Change>> {
        let (id, row) = vector_key(key)?;
        let Some(collection) = self.living(id) else { return Ok(None) };
        Ok(Some(match self.awaited.remove(&(id, row)) {
            Some(Awaited { id, seq }) => {
                let cut = || StoreError::corrupt(Table::Vectors, "a vector is cut");
                let vector = Embedding::from_le_bytes(value).ok_or_else(cut)?;
                Change::VectorAdded { collection, row, id, vector, seq }
            }
            // What no document refers to is not found, but its number is not taken again.
            None => Change::NumbersTaken { collection, below: row.saturating_add(1) },
        }))
    }

    /// A row that was never indexed, because the same commit wrote and deleted it, is no row that goes.
    fn vector_deleted(&mut self, key: &[u8]) -> Result<Option<Change>> {
        let (id, row) = vector_key(key)?;
        let Some(collection) = self.living(id) else { return Ok(None) };
        let Some(document) = collection.vectors.id(row) else { return Ok(None) };
        let key = KeyWriter::new().u32(id).raw(&document).finish();
        let missing = || Error::internal("a row is deleted that no document referred to");
        let stored = self.before.get(Table::Documents, &key)?.ok_or_else(missing)?;
        let record = DocumentRecord::decode(&stored)?;
        if record.row != row {
            return Err(missing());
        }
        let info = RowInfo::of(collection.record.kind, &record)?;
        let bytes = row_bytes(&stored, &document, collection.record.dimension);
        Ok(Some(Change::RowDeleted { collection, row, info, bytes, seq: self.seq }))
    }

    fn mark_written(&mut self, key: &[u8], value: &[u8]) -> Result<Option<Change>> {
        let id = KeyReader::new(key).u32().ok_or_else(|| StoreError::corrupt(Table::Rows, "a key is too short"))?;
        let Some(collection) = self.living(id) else { return Ok(None) };
        if planted::is(Planted::RowNumberReused) {
            return Ok(None);
        }
        Ok(Some(Change::NumbersTaken { collection, below: RowMark::decode(value)?.0 }))
    }
}

/// The collection and number of a row.
fn vector_key(key: &[u8]) -> Result<(u32, u32)> {
    let mut key = KeyReader::new(key);
    let (Some(id), Some(row)) = (key.u32(), key.u32()) else {
        return Err(StoreError::corrupt(Table::Vectors, "a key is too short").into());
    };
    Ok((id, row))
}
