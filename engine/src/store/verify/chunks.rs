//! The chunks of large values against the rows that they belong to; see [`crate::store::chunks`].

use super::checked::RowCheck;
use super::walk::RowWalk;
use crate::store::chunks::{WHOLE_BYTES_MAX, owner};
use crate::store::error::StoreResult;
use crate::store::table::Table;

/// How many chunks were met, and how many rows say that they have.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ChunkCount {
    rows: u64,
    wanted: u64,
}

impl RowWalk<'_> {
    /// Counts the chunks of a row that was read: each of them was there.
    pub(super) fn count_chunks(&mut self, table: Table, key: &[u8], value: &[u8]) -> StoreResult<()> {
        if value.len() > WHOLE_BYTES_MAX {
            self.chunks.wanted += u64::from(self.snapshot.chunks_of(table, key)?);
        }
        Ok(())
    }

    pub(super) fn chunk(&mut self, chunk_key: &[u8]) -> StoreResult<RowCheck> {
        self.chunks.rows += 1;
        let belongs = match owner(chunk_key) {
            Some((table, key, number)) => number < self.snapshot.chunks_of(table, key)?,
            None => false,
        };
        Ok(self.grant(Table::Chunks, chunk_key, belongs, "no large value has this chunk"))
    }

    pub(super) fn compare_chunks(&mut self) {
        let ChunkCount { rows, wanted } = self.chunks;
        self.compare(Table::Chunks.name(), rows, wanted);
    }
}
