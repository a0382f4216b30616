//! The chunks of large values against the rows that they belong to; see [`crate::store::chunks`].
//!
//! A chunk that its row does not need follows from nothing and can go: the row is another, shorter one. A chunk whose row is not
//! there may be all that is left of a value, and nothing is done about it.

use super::checked::{CONTRADICTION, RowCheck};
use super::walk::RowWalk;
use crate::store::chunks::{WHOLE_BYTES_MAX, owner};
use crate::store::error::StoreResult;
use crate::store::table::Table;

/// The row that the last chunk belongs to: its table, its key, and how many chunks it has, if it is there.
#[derive(Debug)]
struct Owner {
    table: Table,
    key: Vec<u8>,
    chunks: Option<u32>,
}

/// What is known of chunks while rows are walked.
#[derive(Debug, Default)]
pub(super) struct ChunkCount {
    rows: u64,
    wanted: u64,
    last: Option<Owner>,
    /// True if rows could not be read, which may have chunks.
    pub(super) is_partial: bool,
}

impl RowWalk<'_> {
    /// Counts the chunks of a row that was read: each of them was there.
    pub(super) fn count_chunks(&mut self, table: Table, key: &[u8], value: &[u8]) -> StoreResult<()> {
        if value.len() > WHOLE_BYTES_MAX {
            self.chunks.wanted += u64::from(self.snapshot.chunks_of(table, key)?.unwrap_or_default());
        }
        Ok(())
    }

    pub(super) fn chunk(&mut self, chunk_key: &[u8]) -> StoreResult<RowCheck> {
        self.chunks.rows += 1;
        let Some((table, key, number)) = owner(chunk_key) else {
            return Ok(Err(CONTRADICTION("the key does not decode")));
        };
        let known = self.chunks.last.as_ref().filter(|last| (last.table, last.key.as_slice()) == (table, key));
        let (chunks, is_told) = match known {
            Some(known) => (known.chunks, true),
            None => {
                let chunks = self.snapshot.chunks_of(table, key);
                // One that cannot be read was told by the walk over its table, and is told once here.
                let found = *chunks.as_ref().unwrap_or(&Some(u32::MAX));
                self.chunks.last = Some(Owner { table, key: key.to_vec(), chunks: found });
                (chunks?, false)
            }
        };
        match chunks {
            Some(chunks) => {
                Ok(self.grant(Table::Chunks, chunk_key, number < chunks, "the value there does not have this chunk"))
            }
            None if is_told => Ok(Ok(())),
            None => Ok(Err(CONTRADICTION("there are chunks of a value whose row is not there"))),
        }
    }

    pub(super) fn compare_chunks(&mut self) {
        let ChunkCount { rows, wanted, last: _, is_partial } = self.chunks;
        if !is_partial {
            self.compare(Table::Chunks.name(), rows, wanted);
        }
    }
}
