//! What rows that were written or deleted change in the in-memory indexes.
//!
//! The indexes hold nothing that the rows do not say. Here, and nowhere else, stands what each row means to them:
//!
//! | Row | Written | Deleted |
//! |---|---|---|
//! | `Collections` | an empty collection is there, or one that was there has its dimension | |
//! | `Documents` | its row counts, and is found by what is known of it; if its vector has another number, and was there before, the row of that number is superseded | |
//! | `Vectors` | the row's vector is found | the row is gone, as its document was before, and so is the vector of that number |
//! | `Rows` | the numbers below are never taken again | |
//! | `Purges` | the collection is dropped: no change of its rows matters any more | |
//! | `RangeDeletes` | a range of keys is hidden | the last key of it is gone |
//! | `TemporalOut` | a belief begins, or has ended | it is erased |
//! | others | | |
//!
//! A row that is gone is deleted among the vectors whether it had one or not: one key says it all, and what a document was
//! before has to be read only where there was one.
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
    CollectionRecord, DocumentRecord, KeyReader, KeyWriter, RangeDelete, Read, RowEffect, RowMark, RowPlace,
    RowSnapshot, StoreError, Table,
};

/// A row that counts no more, as it was.
#[derive(Debug)]
pub struct EndedRow {
    /// Its number.
    row: u32,
    /// What the indexes knew of it.
    info: RowInfo,
    /// What the quota counted for it.
    bytes: u64,
}

/// One change of an index.
#[derive(Debug)]
pub enum Change {
    /// A collection was created.
    CollectionCreated(Arc<Collection>),
    /// A collection has another record.
    CollectionChanged {
        /// The collection.
        collection: Arc<Collection>,
        /// Its dimension.
        dimension: u32,
    },
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
        /// The document's id, the vector's as eight big-endian bytes, or the key of a cache's entry.
        id: Vec<u8>,
        /// Its numbers.
        place: RowPlace,
        /// What the indexes must know of it.
        info: RowInfo,
        /// What the quota counts for it.
        bytes: u64,
        /// The commit that wrote it.
        seq: u64,
        /// The row that its document was before, if its vector stays.
        before: Option<EndedRow>,
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
    /// What a number stood for was deleted or replaced.
    RowDeleted {
        /// The collection.
        collection: Arc<Collection>,
        /// The row, if it is one.
        row: Option<EndedRow>,
        /// The vector, if it is one.
        vector: Option<u32>,
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
    /// A range of rows was deleted. One of keys hides.
    RangeDeleted(RangeDelete),
    /// The last row of a range was removed.
    RangeRemoved {
        /// The key of the range's row.
        key: Vec<u8>,
        /// The commit that did so.
        seq: u64,
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
        let mut changes = Changes::of_commit(seq, collections, before);
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
            Change::CollectionChanged { .. }
            | Change::CollectionDropped { .. }
            | Change::VectorAdded { .. }
            | Change::NumbersTaken { .. }
            | Change::RangeDeleted(_)
            | Change::RangeRemoved { .. }
            | Change::Fact(_) => None,
        }
    }

    /// Tells readers what they could not tell from the indexes themselves. To be called for all changes of a commit before
    /// the first of its rows is in the memtable.
    pub fn announce(&self, state: &State) {
        match self {
            Change::Fact(FactStep::Forget { seq, .. }) => state.timelines.announce_erasing(*seq),
            // What its own commit writes into it comes after this, and is noted.
            Change::RangeDeleted(delete) => state.hide(|hidden| hidden.with(delete.clone(), false)),
            Change::RangeRemoved { key, seq } => state.hide(|hidden| hidden.ended(key, *seq)),
            Change::Fact(_)
            | Change::CollectionCreated(_)
            | Change::CollectionChanged { .. }
            | Change::CollectionDropped { .. }
            | Change::RowAdded { .. }
            | Change::VectorAdded { .. }
            | Change::RowDeleted { .. }
            | Change::NumbersTaken { .. } => {}
        }
    }

    /// Makes the change. The rows are in the memtable.
    pub fn apply(self, state: &State) -> Result<()> {
        match self {
            Change::CollectionCreated(collection) => state.collections.insert(collection),
            Change::CollectionDropped { id, seq } => state.collections.retire(id, seq),
            Change::CollectionChanged { collection, dimension } => collection.vectors.decide(dimension as usize),
            Change::RowAdded { collection, id, place, info, bytes, seq, before } => {
                collection.skip_row(place.row);
                collection.index_row(place, &id, &info, seq);
                collection.account(1, bytes.cast_signed());
                if let Some(EndedRow { row, info, bytes }) = before {
                    collection.retire_row(seq, row, info, false);
                    collection.account(-1, -bytes.cast_signed());
                }
            }
            Change::VectorAdded { collection, row, id, vector, seq } => {
                collection.skip_row(row);
                collection.vectors.insert(row, &id, &vector.0, seq)?;
            }
            Change::RowDeleted { collection, row, vector, seq } => {
                if let Some(vector) = vector {
                    collection.delete_vector(vector, seq);
                }
                if let Some(EndedRow { row, info, bytes }) = row {
                    collection.retire_row(seq, row, info, vector == Some(row));
                    collection.account(-1, -bytes.cast_signed());
                }
            }
            Change::NumbersTaken { collection, below } => collection.skip_rows_below(below),
            Change::RangeDeleted(_) | Change::RangeRemoved { .. } => {}
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

/// A collection whose rows are among the effects, with the dimension that it has when they are there.
#[derive(Clone)]
struct Met {
    collection: Arc<Collection>,
    dimension: u32,
}

/// Reads effects one after the other, in the order of their tables, and says what each changes.
pub struct Changes<'a> {
    seq: u64,
    collections: &'a Collections,
    /// What was there before; nothing where the rows come without their commits, and every vector with its document.
    before: Option<&'a RowSnapshot>,
    /// Those whose rows were among the effects, by their numbers; nothing for one that does not exist any more.
    met: HashMap<u32, Option<Met>>,
    /// By collection and vector.
    awaited: HashMap<(u32, u32), Awaited>,
}

impl<'a> Changes<'a> {
    /// Begins with all rows of a store that are to be indexed, whoever wrote them.
    pub fn of_rows(seq: u64, collections: &'a Collections) -> Self {
        Self { seq, collections, before: None, met: HashMap::new(), awaited: HashMap::new() }
    }

    fn of_commit(seq: u64, collections: &'a Collections, before: &'a RowSnapshot) -> Self {
        Self { before: Some(before), ..Self::of_rows(seq, collections) }
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
            (Table::RangeDeletes, Some(value)) => Ok(Some(Change::RangeDeleted(RangeDelete::decode(key, value)?))),
            (Table::RangeDeletes, None) => Ok(Some(Change::RangeRemoved { key: key.to_vec(), seq: self.seq })),
            (Table::TemporalOut, Some(value)) => Ok(Some(Change::Fact(FactStep::of_written(key, value)?))),
            (Table::TemporalOut, None) => Ok(FactStep::of_deleted(key, self.seq)?.map(Change::Fact)),
            (Table::Collections | Table::Documents | Table::Rows | Table::Purges, None)
            | (Table::Kv | Table::KvExpiry | Table::Nodes | Table::EdgesOut | Table::EdgesIn, _)
            | (Table::TemporalIn | Table::CommitTimes | Table::TemporalTypes | Table::TemporalChanges, _)
            | (Table::Logs | Table::LogEntries | Table::NodeTypes | Table::Chunks, _)
            | (Table::Clients | Table::Answers, _) => Ok(None),
        }
    }

    /// Ends: every document must have had its vector.
    pub fn finish(self) -> Result<()> {
        if self.awaited.is_empty() {
            return Ok(());
        }
        Err(StoreError::corrupt(Table::Vectors, "a document's vector is missing").into())
    }

    fn living(&mut self, id: u32) -> Option<Met> {
        let find = || {
            let collection = self.collections.living(id)?;
            let dimension = collection.dimension();
            Some(Met { collection, dimension })
        };
        self.met.entry(id).or_insert_with(find).clone()
    }

    fn collection_written(&mut self, value: &[u8]) -> Result<Change> {
        let record = CollectionRecord::decode(value)?;
        let (id, dimension) = (record.id, record.dimension);
        let known = self.collections.living(id);
        let collection = known.clone().unwrap_or_else(|| Arc::new(Collection::new(record)));
        self.met.insert(id, Some(Met { collection: Arc::clone(&collection), dimension }));
        Ok(match known {
            Some(_) => Change::CollectionChanged { collection, dimension },
            None => Change::CollectionCreated(collection),
        })
    }

    fn document_written(&mut self, key: &[u8], value: &[u8]) -> Result<Option<Change>> {
        let short = || StoreError::corrupt(Table::Documents, "a key is too short");
        let (id, document) = (KeyReader::new(key).u32().ok_or_else(short)?, key.get(4..).ok_or_else(short)?);
        let Some(met) = self.living(id) else { return Ok(None) };
        let record = DocumentRecord::decode(value)?;
        let (place, seq) = (record.place, record.seq);
        let info = RowInfo::of(met.collection.record.kind, &record)?;
        let bytes = row_bytes(value, document, place, met.dimension);
        let mut before = None;
        match (place.vector, self.before) {
            (Some(vector), Some(_)) if vector != place.row => before = self.superseded(&met, key, document, vector)?,
            (Some(vector), _) => {
                self.awaited.insert((id, vector), Awaited { id: document.to_vec(), seq });
            }
            (None, _) => {}
        }
        let id = document.to_vec();
        Ok(Some(Change::RowAdded { collection: met.collection, id, place, info, bytes, seq, before }))
    }

    /// The row that a document was before it was changed, if that had the number of its vector. A row with a number of its own
    /// is deleted by that.
    fn superseded(&self, met: &Met, key: &[u8], document: &[u8], vector: u32) -> Result<Option<EndedRow>> {
        let missing = || Error::internal("a document was changed that was not there with its vector");
        let stored = self.before.map(|before| before.get(Table::Documents, key)).transpose()?.flatten();
        let stored = stored.ok_or_else(missing)?;
        let record = DocumentRecord::decode(&stored)?;
        match record.place {
            place if place.vector != Some(vector) => Err(missing()),
            place if place.row == vector => ended(met, document, &stored, &record).map(Some),
            _ => Ok(None),
        }
    }

    fn vector_written(&mut self, key: &[u8], value: &[u8]) -> Result<Option<Change>> {
        let (id, row) = vector_key(key)?;
        let Some(Met { collection, .. }) = self.living(id) else { return Ok(None) };
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

    /// A number that was never indexed, because the same commit wrote and deleted it, is nothing that goes.
    fn vector_deleted(&mut self, key: &[u8]) -> Result<Option<Change>> {
        let (id, row) = vector_key(key)?;
        let Some(met) = self.living(id) else { return Ok(None) };
        let Some(document) = met.collection.id(row) else { return Ok(None) };
        let key = KeyWriter::new().u32(id).raw(&document).finish();
        let missing = || Error::internal("a row is deleted that no document referred to");
        let stored = self.before.map(|before| before.get(Table::Documents, &key)).transpose()?.flatten();
        let stored = stored.ok_or_else(missing)?;
        let record = DocumentRecord::decode(&stored)?;
        let vector = record.place.vector.filter(|vector| *vector == row);
        let ended = if record.place.row == row { Some(ended(&met, &document, &stored, &record)?) } else { None };
        if vector.is_none() && ended.is_none() {
            return Err(missing());
        }
        Ok(Some(Change::RowDeleted { collection: met.collection, row: ended, vector, seq: self.seq }))
    }

    fn mark_written(&mut self, key: &[u8], value: &[u8]) -> Result<Option<Change>> {
        let id = KeyReader::new(key).u32().ok_or_else(|| StoreError::corrupt(Table::Rows, "a key is too short"))?;
        let Some(Met { collection, .. }) = self.living(id) else { return Ok(None) };
        if planted::is(Planted::RowNumberReused) {
            return Ok(None);
        }
        Ok(Some(Change::NumbersTaken { collection, below: RowMark::decode(value)?.0 }))
    }
}

fn ended(met: &Met, document: &[u8], stored: &[u8], record: &DocumentRecord<'_>) -> Result<EndedRow> {
    let info = RowInfo::of(met.collection.record.kind, record)?;
    let bytes = row_bytes(stored, document, record.place, met.dimension);
    Ok(EndedRow { row: record.place.row, info, bytes })
}

/// The collection and number of a row.
fn vector_key(key: &[u8]) -> Result<(u32, u32)> {
    let mut key = KeyReader::new(key);
    let (Some(id), Some(row)) = (key.u32(), key.u32()) else {
        return Err(StoreError::corrupt(Table::Vectors, "a key is too short").into());
    };
    Ok((id, row))
}
