//! What every flush so far has written, at one instant.
//!
//! redb verifies pages only in recovery, so each value is held against its seal, and each walk to its order and its bounds.

use std::ops::Bound;
use std::sync::Arc;

use redb::ReadableTableMetadata as _;

use super::backend::Backend;
use super::block::{ROWS, VectorBlock, block_of};
use super::chunks::{self, Stored};
use super::error::{StoreError, StoreResult};
use super::key::{KeyReader, KeyWriter};
use super::row::{ReadValue, StoredRow, ValueHead};
use super::seal::Seal;
use super::table::Table;
use super::tables::{OpenTables, Reading, Tables};
use crate::planted::{self, Planted};

/// A walk over rows; an error ends it.
pub type Rows<V> = Box<dyn Iterator<Item = StoreResult<StoredRow<V>>>>;

/// Every flushed row at one instant. Holding it keeps redb from reusing the pages it sees.
#[derive(Debug)]
pub struct BaseSnapshot {
    pub(super) tables: Arc<Tables>,
    /// True if any of its values is so large that it is kept in chunks.
    pub(super) has_cut: bool,
    backend: Backend,
    seal: Seal,
}

impl BaseSnapshot {
    /// Over tables that were just opened.
    pub(super) fn new(tables: OpenTables, backend: Backend, seal: Seal) -> Self {
        let chunks = tables.get(usize::from(Table::Chunks.number())).and_then(Option::as_ref);
        // One that cannot be read is met by whoever reads it.
        let has_cut = chunks.is_some_and(|chunks| !chunks.is_empty().unwrap_or(false));
        Self { tables: Arc::new(Tables::new(tables)), has_cut, backend, seal }
    }

    /// True while the file is being shrunk: reads wait.
    pub fn is_away(&self) -> bool {
        self.tables.are_away()
    }

    /// Looks a row up and hands its value to `take`.
    pub fn get<R>(&self, table: Table, key: &[u8], take: impl FnOnce(&[u8]) -> R) -> StoreResult<Option<R>> {
        let found = if table == Table::Vectors { self.vector(key, take) } else { self.row(table, key, take) };
        found.map_err(|error| self.backend.explain(error))
    }

    fn row<R>(&self, table: Table, key: &[u8], take: impl FnOnce(&[u8]) -> R) -> StoreResult<Option<R>> {
        let reading = self.tables.read()?;
        let Some(rows) = reading.table(table) else { return Ok(None) };
        let Some(sealed) = rows.get(key)? else { return Ok(None) };
        match chunks::open(self.seal, table, key, sealed.value())? {
            Stored::Whole(value) => {
                // Whoever shrinks the file need not wait for what is made of the value.
                drop(reading);
                Ok(Some(take(value)))
            }
            Stored::Cut(head) => {
                let value = assemble(self.seal, &reading, (table, key), head)?;
                drop(reading);
                Ok(Some(take(&value)))
            }
        }
    }

    /// Looks at what a table holds under a key, without the rest of a large value.
    fn stored<R>(&self, table: Table, key: &[u8], look: impl FnOnce(Stored<'_>) -> R) -> StoreResult<Option<R>> {
        let read = || {
            let reading = self.tables.read()?;
            let Some(rows) = reading.table(table) else { return Ok(None) };
            let Some(sealed) = rows.get(key)? else { return Ok(None) };
            Ok(Some(look(chunks::open(self.seal, table, key, sealed.value())?)))
        };
        read().map_err(|error| self.backend.explain(error))
    }

    /// The head of a row's value; the rest of a large one is not read.
    pub fn head(&self, table: Table, key: &[u8]) -> StoreResult<Option<ValueHead>> {
        if table == Table::Vectors {
            // A block holds many.
            return self.get(table, key, ValueHead::of);
        }
        self.stored(table, key, |stored| match stored {
            Stored::Whole(value) => ValueHead::of(value),
            Stored::Cut(head) => ValueHead::read(head.start, head.bytes),
        })
    }

    /// How many chunks the value under a key has, none if it is whole; nothing if there is no such row.
    pub(super) fn chunks_of(&self, table: Table, key: &[u8]) -> StoreResult<Option<u32>> {
        self.stored(table, key, |stored| match stored {
            Stored::Whole(_) => 0,
            Stored::Cut(head) => chunks::count(key, head.bytes),
        })
    }

    fn vector<R>(&self, key: &[u8], take: impl FnOnce(&[u8]) -> R) -> StoreResult<Option<R>> {
        let mut parts = KeyReader::new(key);
        let (Some(collection), Some(row)) = (parts.u32(), parts.u32()) else { return Ok(None) };
        let block_key = KeyWriter::new().u32(collection).u32(row / ROWS).finish();
        let reading = self.tables.read()?;
        let Some(blocks) = reading.table(Table::Vectors) else { return Ok(None) };
        let found = blocks.get(block_key.as_slice())?;
        drop(reading);
        let Some(sealed) = found else { return Ok(None) };
        let block = VectorBlock::decode(self.seal.open(Table::Vectors, &block_key, sealed.value())?)
            .ok_or_else(|| StoreError::corrupt(Table::Vectors, "a block does not decode"))?;
        Ok(block.get(row).map(take))
    }

    /// Walks the rows of a range, upwards or downwards.
    pub fn rows<V: ReadValue>(
        &self,
        table: Table,
        start: Bound<&[u8]>,
        end: Bound<&[u8]>,
        reverse: bool,
    ) -> StoreResult<Rows<V>> {
        if table == Table::Vectors {
            return self.vectors(start, end, reverse);
        }
        Ok(Box::new(self.walk(table, start, end, reverse)?))
    }

    /// The rows as redb has them, each verified to be what it was and to stand where it belongs.
    fn walk<V: ReadValue>(
        &self,
        table: Table,
        start: Bound<&[u8]>,
        end: Bound<&[u8]>,
        reverse: bool,
    ) -> StoreResult<impl Iterator<Item = StoreResult<StoredRow<V>>> + use<V>> {
        let range = self.tables.read()?.table(table).map(|rows| rows.range::<&[u8]>((start, end))).transpose();
        let mut range = range.map_err(|error| self.backend.explain(error.into()))?;
        let (seal, backend, tables) = (self.seal, self.backend.clone(), Arc::clone(&self.tables));
        let mut order = KeyOrder::new(table, start, end, reverse);
        let mut ended = false;
        Ok(std::iter::from_fn(move || {
            if ended {
                return None;
            }
            let range = range.as_mut()?;
            let row = if reverse { range.next_back() } else { range.next() }?;
            let row = row.map_err(StoreError::from).and_then(|(key, sealed)| {
                order.check(key.value())?;
                let value = match chunks::open(seal, table, key.value(), sealed.value())? {
                    Stored::Whole(value) => V::of(value),
                    Stored::Cut(head) if V::OF_HEAD => V::read(head.start, head.bytes),
                    Stored::Cut(head) => V::of(&assemble(seal, &tables.read()?, (table, key.value()), head)?),
                };
                Ok(StoredRow { key: key.value().to_vec(), value })
            });
            // What follows a place that cannot be read is not known to be next.
            ended = row.is_err();
            Some(row.map_err(|error| backend.explain(error)))
        }))
    }

    fn vectors<V: ReadValue>(&self, start: Bound<&[u8]>, end: Bound<&[u8]>, reverse: bool) -> StoreResult<Rows<V>> {
        // Widen the bounds to whole blocks; single rows are filtered below.
        let widen = |key: &[u8]| match block_of(key) {
            Some((collection, block)) => KeyWriter::new().u32(collection).u32(block).finish(),
            None => key.to_vec(),
        };
        let low = match start {
            Bound::Included(key) | Bound::Excluded(key) => Bound::Included(widen(key)),
            Bound::Unbounded => Bound::Unbounded,
        };
        let high = match end {
            Bound::Included(key) => Bound::Included(widen(key)),
            Bound::Excluded(key) if block_of(key).is_none() => Bound::Excluded(key.to_vec()),
            Bound::Excluded(key) => Bound::Included(widen(key)),
            Bound::Unbounded => Bound::Unbounded,
        };
        let bounds = (low.as_ref().map(Vec::as_slice), high.as_ref().map(Vec::as_slice));
        let limits = (start.map(<[u8]>::to_vec), end.map(<[u8]>::to_vec));
        let blocks = self.walk::<Vec<u8>>(Table::Vectors, bounds.0, bounds.1, reverse)?;
        Ok(Box::new(blocks.flat_map(move |block| {
            let expanded = block.and_then(|block| expand(&block.key, &block.value, &limits, reverse));
            match expanded {
                Ok(rows) => rows.into_iter().map(Ok).collect::<Vec<_>>(),
                Err(error) => vec![Err(error)],
            }
        })))
    }
}

/// Puts the value of a row together that was cut.
fn assemble(seal: Seal, reading: &Reading, place: (Table, &[u8]), head: chunks::CutValue<'_>) -> StoreResult<Vec<u8>> {
    let Some(parts) = reading.table(Table::Chunks) else {
        return Err(StoreError::corrupt(place.0, "a large value lacks chunks"));
    };
    chunks::assemble(seal, place, head, parts)
}

/// The rows of one block that lie inside the bounds.
fn expand<V: ReadValue>(
    key: &[u8],
    value: &[u8],
    limits: &(Bound<Vec<u8>>, Bound<Vec<u8>>),
    reverse: bool,
) -> StoreResult<Vec<StoredRow<V>>> {
    let mut parts = KeyReader::new(key);
    let (Some(collection), Some(number)) = (parts.u32(), parts.u32()) else {
        return Err(StoreError::corrupt(Table::Vectors, "a block's key is too short"));
    };
    let block =
        VectorBlock::decode(value).ok_or_else(|| StoreError::corrupt(Table::Vectors, "a block does not decode"))?;
    let mut rows: Vec<StoredRow<V>> = block
        .rows(number)
        .map(|(row, vector)| StoredRow {
            key: KeyWriter::new().u32(collection).u32(row).finish(),
            value: V::of(vector),
        })
        .filter(|row| std::ops::RangeBounds::contains(limits, &row.key))
        .collect();
    if reverse {
        rows.reverse();
    }
    Ok(rows)
}

/// What a walk over stored rows must keep to: every key inside the bounds, and strictly behind the one before.
struct KeyOrder {
    table: Table,
    bounds: (Bound<Vec<u8>>, Bound<Vec<u8>>),
    reverse: bool,
    last: Option<Vec<u8>>,
}

impl KeyOrder {
    fn new(table: Table, start: Bound<&[u8]>, end: Bound<&[u8]>, reverse: bool) -> Self {
        Self { table, bounds: (start.map(<[u8]>::to_vec), end.map(<[u8]>::to_vec)), reverse, last: None }
    }

    fn check(&mut self, key: &[u8]) -> StoreResult<()> {
        let ahead = match &self.last {
            None => true,
            Some(last) if self.reverse => key < last.as_slice(),
            Some(last) => key > last.as_slice(),
        };
        if (!ahead || !self.holds(key)) && !planted::is(Planted::KeyOrderUnchecked) {
            return Err(StoreError::corrupt(self.table, "keys are out of order"));
        }
        let last = self.last.get_or_insert_default();
        last.clear();
        last.extend_from_slice(key);
        Ok(())
    }

    fn holds(&self, key: &[u8]) -> bool {
        let behind_start = match &self.bounds.0 {
            Bound::Included(start) => key >= start.as_slice(),
            Bound::Excluded(start) => key > start.as_slice(),
            Bound::Unbounded => true,
        };
        let before_end = match &self.bounds.1 {
            Bound::Included(end) => key <= end.as_slice(),
            Bound::Excluded(end) => key < end.as_slice(),
            Bound::Unbounded => true,
        };
        behind_start && before_end
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use super::*;

    /// Pages that verify can still be those of another place: then what is walked is not what was asked for.
    #[test]
    fn a_walk_is_refused_that_leaves_its_order_or_its_bounds() {
        let order = |reverse| {
            let (start, end): (&[u8], &[u8]) = (b"b", b"d");
            KeyOrder::new(Table::Kv, Bound::Included(start), Bound::Excluded(end), reverse)
        };
        let walks: [(bool, &[&[u8]], bool); 8] = [
            (false, &[b"b", b"ba", b"c"], true),
            (true, &[b"c", b"ba", b"b"], true),
            (false, &[b"c", b"b"], false),
            (true, &[b"b", b"c"], false),
            (false, &[b"b", b"b"], false),
            (false, &[b"a"], false),
            (false, &[b"b", b"d"], false),
            (true, &[b"d"], false),
        ];
        for (reverse, keys, is_sound) in walks {
            let mut order = order(reverse);
            let walked = keys.iter().try_for_each(|key| order.check(key));
            assert_eq!(walked.is_ok(), is_sound, "{keys:?}, reverse: {reverse}");
        }
    }
}
