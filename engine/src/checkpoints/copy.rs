//! Copies a snapshot's rows in the order of a checkpoint's file.
//!
//! Rows of collections that were dropped, and whose purge is still under way, are left behind. Vectors are numbered
//! without gaps: deleted rows leave gaps in a living collection, and numbers are reused nowhere, so each copy begins
//! afresh. For that each collection's documents are read twice: once for their rows, once to be copied.

use roaring::RoaringBitmap;

use super::item::place_in_file;
use super::site::Site;
use crate::api::{Globs, Result};
use crate::store::{
    CollectionRecord, DocumentRecord, KeyRange, KeyReader, KeyWriter, Read, RowSnapshot, StoreError, Table,
};
use crate::work::Wanted;

/// Takes rows one after the other.
pub trait Sink {
    /// The next row.
    fn row(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<()>;
}

fn corrupt(what: &'static str) -> StoreError {
    StoreError::Corrupt { table: Table::Documents.name(), what }
}

/// Copies everything, or with `globs` the key-value pairs whose key, as UTF-8, matches one.
/// Looks now and then whether the engine is closing, also where nothing is copied.
pub fn copy(snapshot: &RowSnapshot, globs: &mut Globs, sink: &mut impl Sink, site: &Site) -> Result<()> {
    if !globs.is_empty() {
        let wanted = Wanted::by(None, &site.closing);
        return copy_table(snapshot, Table::Kv, sink, |key| {
            wanted.step()?;
            std::str::from_utf8(key).map_or(Ok(false), |key| globs.take(key))
        });
    }
    copy_table(snapshot, Table::Kv, sink, |_| Ok(true))?;
    copy_table(snapshot, Table::Collections, sink, |_| Ok(true))?;
    copy_collections(snapshot, sink)?;
    for table in [Table::Nodes, Table::EdgesOut, Table::TemporalOut, Table::Logs, Table::LogEntries] {
        copy_table(snapshot, table, sink, |_| Ok(true))?;
    }
    Ok(())
}

fn copy_table(
    snapshot: &RowSnapshot,
    table: Table,
    sink: &mut impl Sink,
    mut wanted: impl FnMut(&[u8]) -> Result<bool>,
) -> Result<()> {
    for row in snapshot.scan_lazily(table, &KeyRange::all(), false)? {
        let row = row?;
        if wanted(&row.key)? {
            let value = snapshot.rest_of(table, &row.key, row.value)?;
            sink.row(table, &row.key, &value)?;
        }
    }
    Ok(())
}

fn copy_collections(snapshot: &RowSnapshot, sink: &mut impl Sink) -> Result<()> {
    let mut numbers = Vec::new();
    for row in snapshot.scan(Table::Collections, &KeyRange::all(), false)? {
        numbers.push(CollectionRecord::decode(&row?.value)?.id);
    }
    numbers.sort_unstable();
    let mut rows = Vec::with_capacity(numbers.len());
    for number in numbers {
        rows.push((number, copy_vectors(snapshot, number, sink)?));
    }
    for (number, used) in rows {
        copy_documents(snapshot, number, &used, sink)?;
    }
    Ok(())
}

fn collection_range(number: u32) -> KeyRange {
    KeyRange::prefix(&KeyWriter::new().u32(number).finish())
}

/// Copies the vectors that documents refer to. Gives their rows.
fn copy_vectors(snapshot: &RowSnapshot, number: u32, sink: &mut impl Sink) -> Result<RoaringBitmap> {
    let range = collection_range(number);
    let mut used = RoaringBitmap::new();
    for row in snapshot.scan_heads(Table::Documents, &range, false)? {
        let place = DocumentRecord::decode(&row?.value.start)?.place;
        if place.vector.is_some_and(|vector| !used.insert(vector)) {
            return Err(corrupt("two documents share a vector").into());
        }
    }
    let mut next = 0_u32;
    for row in snapshot.scan(Table::Vectors, &range, false)? {
        let row = row?;
        let mut key = KeyReader::new(&row.key);
        if let (Some(_), Some(old)) = (key.u32(), key.u32())
            && used.contains(old)
        {
            sink.row(Table::Vectors, &KeyWriter::new().u32(number).u32(next).finish(), &row.value)?;
            next += 1;
        }
    }
    if u64::from(next) == used.len() { Ok(used) } else { Err(corrupt("a document's vector is missing").into()) }
}

fn copy_documents(snapshot: &RowSnapshot, number: u32, used: &RoaringBitmap, sink: &mut impl Sink) -> Result<()> {
    for row in snapshot.scan(Table::Documents, &collection_range(number), false)? {
        let row = row?;
        let record = DocumentRecord::decode(&row.value)?;
        // The rank counts the row itself. Whatever number a document has beside its vector's, here it has none.
        let rank = |old| u32::try_from(used.rank(old).saturating_sub(1)).map_err(|_| corrupt("a row is impossible"));
        let vector = record.place.vector.map(rank).transpose()?;
        sink.row(Table::Documents, &row.key, &record.placed(place_in_file(vector)))?;
    }
    Ok(())
}
