//! What a read stands on: a snapshot, and whether anybody still wants its answer.

use std::ops::Deref;

use crate::store::{KeyRange, Read, RowScan, RowSnapshot, StoreResult, Table, ValueHead};
use crate::work::Wanted;

/// A snapshot for one read. Whatever walks rows asks [`Wanted::step`] at each.
pub struct Reader<'a> {
    snapshot: RowSnapshot,
    /// Whether the answer is still wanted.
    pub wanted: &'a Wanted<'a>,
}

impl<'a> Reader<'a> {
    /// A reader at a snapshot.
    pub fn new(snapshot: RowSnapshot, wanted: &'a Wanted<'a>) -> Self {
        Self { snapshot, wanted }
    }
}

#[cfg(test)]
impl Reader<'static> {
    /// A reader whose answer is wanted whatever happens.
    pub fn of(snapshot: RowSnapshot) -> Self {
        Self::new(snapshot, Box::leak(Box::new(Wanted::always())))
    }
}

impl Deref for Reader<'_> {
    type Target = RowSnapshot;

    fn deref(&self) -> &RowSnapshot {
        &self.snapshot
    }
}

impl Read for Reader<'_> {
    fn get(&self, table: Table, key: &[u8]) -> StoreResult<Option<Vec<u8>>> {
        self.snapshot.get(table, key)
    }

    fn scan(&self, table: Table, range: &KeyRange, reverse: bool) -> StoreResult<RowScan<'_>> {
        self.snapshot.scan(table, range, reverse)
    }

    fn head(&self, table: Table, key: &[u8]) -> StoreResult<Option<ValueHead>> {
        self.snapshot.head(table, key)
    }

    fn scan_heads(&self, table: Table, range: &KeyRange, reverse: bool) -> StoreResult<RowScan<'_, ValueHead>> {
        self.snapshot.scan_heads(table, range, reverse)
    }
}
