//! One operation's writes, kept apart until the operation has succeeded: its own reads see them, nobody else does.

use std::collections::BTreeMap;
use std::ops::RangeBounds;

use super::effect::RowEffect;
use super::error::StoreResult;
use super::merge::Merge;
use super::row::{ReadValue, ValueHead};
use super::table::Table;
use super::view::{KeyRange, Read, RowScan, RowSnapshot};

/// A transaction of the actor. Dropping it changes nothing.
#[derive(Debug)]
pub struct Txn {
    snapshot: RowSnapshot,
    // One map for each table keeps look-ups by borrowed key free of allocations.
    changes: [BTreeMap<Vec<u8>, Option<Vec<u8>>>; Table::COUNT],
    bytes: usize,
}

impl Txn {
    /// Reads from `snapshot`, which must see everything earlier operations wrote.
    pub fn new(snapshot: RowSnapshot) -> Self {
        Self { snapshot, changes: Default::default(), bytes: 0 }
    }

    fn table(&self, table: Table) -> &BTreeMap<Vec<u8>, Option<Vec<u8>>> {
        #[expect(clippy::indexing_slicing, reason = "one map for each table, by construction")]
        &self.changes[usize::from(table.number())]
    }

    fn change(&mut self, table: Table, key: Vec<u8>, value: Option<Vec<u8>>) {
        let key_bytes = key.len() + 16;
        self.bytes += key_bytes + value.as_ref().map_or(0, Vec::len);
        #[expect(clippy::indexing_slicing, reason = "one map for each table, by construction")]
        if let Some(replaced) = self.changes[usize::from(table.number())].insert(key, value) {
            self.bytes -= key_bytes + replaced.map_or(0, |value| value.len());
        }
    }

    /// Writes a row.
    pub fn put(&mut self, table: Table, key: Vec<u8>, value: Vec<u8>) {
        self.change(table, key, Some(value));
    }

    /// Deletes a row.
    pub fn delete(&mut self, table: Table, key: Vec<u8>) {
        self.change(table, key, None);
    }

    /// Its writes in a range of keys.
    pub fn own(&self, table: Table, range: &KeyRange) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        let bounds = (!range.is_empty()).then_some(Bounds(range));
        let inside = bounds.map(|bounds| self.table(table).range::<[u8], _>(bounds));
        inside.into_iter().flatten().map(|(key, value)| (key.as_slice(), value.as_deref()))
    }

    /// Takes its writes in a range of keys back.
    pub fn forget(&mut self, table: Table, range: &KeyRange) {
        let keys: Vec<Vec<u8>> = self.own(table, range).map(|(key, _)| key.to_vec()).collect();
        for key in keys {
            #[expect(clippy::indexing_slicing, reason = "one map for each table, by construction")]
            if let Some(value) = self.changes[usize::from(table.number())].remove(&key) {
                self.bytes -= key.len() + value.map_or(0, |value| value.len()) + 16;
            }
        }
    }

    /// What was there before it.
    pub fn before(&self) -> &RowSnapshot {
        &self.snapshot
    }

    /// What stands under a key, also where a range delete hides it.
    pub fn stored(&self, table: Table, key: &[u8]) -> StoreResult<Option<Vec<u8>>> {
        match self.table(table).get(key) {
            Some(changed) => Ok(changed.clone()),
            None => self.snapshot.stored_with(table, key, <[u8]>::to_vec),
        }
    }

    /// The head of what stands under a key, also where a range delete hides it.
    pub fn stored_head(&self, table: Table, key: &[u8]) -> StoreResult<Option<ValueHead>> {
        match self.table(table).get(key) {
            Some(changed) => Ok(changed.as_deref().map(ValueHead::of)),
            None => self.snapshot.stored_head(table, key),
        }
    }

    /// The heads of the rows of a range in key order, also of those that a range delete hides.
    pub fn scan_stored(&self, table: Table, range: &KeyRange) -> StoreResult<RowScan<'_, ValueHead>> {
        let stored = self.snapshot.scan_stored(table, range, false)?;
        Ok(self.with_own(table, range, false, stored))
    }

    /// Approximate bytes of its writes in the log.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The number of rows it writes or deletes.
    pub fn len(&self) -> usize {
        self.changes.iter().map(BTreeMap::len).sum()
    }

    /// True if it writes nothing.
    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(BTreeMap::is_empty)
    }

    /// A walk over a range with its own changes on top.
    fn with_own<'a, V: ReadValue>(
        &'a self,
        table: Table,
        range: &KeyRange,
        reverse: bool,
        stored: RowScan<'a, V>,
    ) -> RowScan<'a, V> {
        let own = self.table(table);
        if own.is_empty() || range.is_empty() {
            return stored;
        }
        let mut merge = Merge::new(reverse);
        let inside =
            own.range::<[u8], _>(Bounds(range)).map(|(key, value)| Ok((key.clone(), value.as_deref().map(V::of))));
        if reverse {
            merge.add(inside.rev());
        } else {
            merge.add(inside);
        }
        merge.add(stored.map(|row| row.map(|row| (row.key, Some(row.value)))));
        Box::new(merge)
    }

    /// Its writes, by table and key.
    pub fn effects(&self) -> impl Iterator<Item = RowEffect<'_>> {
        Table::ALL.into_iter().zip(&self.changes).flat_map(|(table, changes)| {
            changes.iter().map(move |(key, value)| RowEffect { table, key, value: value.as_deref() })
        })
    }
}

impl Read for Txn {
    fn get(&self, table: Table, key: &[u8]) -> StoreResult<Option<Vec<u8>>> {
        match self.table(table).get(key) {
            Some(changed) => Ok(changed.clone()),
            None => self.snapshot.get(table, key),
        }
    }

    fn head(&self, table: Table, key: &[u8]) -> StoreResult<Option<ValueHead>> {
        match self.table(table).get(key) {
            Some(changed) => Ok(changed.as_deref().map(ValueHead::of)),
            None => self.snapshot.head(table, key),
        }
    }

    fn scan(&self, table: Table, range: &KeyRange, reverse: bool) -> StoreResult<RowScan<'_>> {
        let stored = self.snapshot.scan(table, range, reverse)?;
        Ok(self.with_own(table, range, reverse, stored))
    }

    fn scan_heads(&self, table: Table, range: &KeyRange, reverse: bool) -> StoreResult<RowScan<'_, ValueHead>> {
        let stored = self.snapshot.scan_heads(table, range, reverse)?;
        Ok(self.with_own(table, range, reverse, stored))
    }
}

/// A [`KeyRange`] for a map keyed by byte strings.
struct Bounds<'a>(&'a KeyRange);

impl RangeBounds<[u8]> for Bounds<'_> {
    fn start_bound(&self) -> std::ops::Bound<&[u8]> {
        self.0.start.as_ref().map(Vec::as_slice)
    }

    fn end_bound(&self) -> std::ops::Bound<&[u8]> {
        self.0.end.as_ref().map(Vec::as_slice)
    }
}
