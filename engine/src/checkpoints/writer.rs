//! Writes the file of a checkpoint, block by block; see `head.rs` for its bytes.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::head::Head;
use super::site::Site;
use crate::api::{Error, Result};
use crate::disk::DiskFile;
use crate::limits;
use crate::planted::{self, Planted};
use crate::store::Table;

/// Bytes before the rows of a block: their length and number.
pub const BLOCK_HEAD_BYTES: usize = 8;
/// Bytes before the key of a row: table and two lengths.
pub const ROW_HEAD_BYTES: usize = 9;

/// A file being written. Until [`CheckpointWriter::finish`] it has no head and is nothing.
#[derive(Debug)]
pub struct CheckpointWriter {
    site: Site,
    file: Arc<dyn DiskFile>,
    head: Head,
    offset: u64,
    /// Room for the block's head, then its rows.
    block: Vec<u8>,
    block_rows: u32,
}

impl CheckpointWriter {
    /// Begins at the start of an empty file.
    pub fn begin(site: Site, file: Arc<dyn DiskFile>, head: Head) -> Result<Self> {
        let offset = head.encode()?.len() as u64;
        Ok(Self { site, file, head, offset, block: vec![0; BLOCK_HEAD_BYTES], block_rows: 0 })
    }

    /// Adds a row.
    pub fn row(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<()> {
        let row_bytes = ROW_HEAD_BYTES + key.len() + value.len();
        if self.block_rows > 0 && self.block.len() + row_bytes > limits::CHECKPOINT_BLOCK_BYTES {
            self.end_block()?;
        }
        self.block.push(table.number());
        for length in [key.len(), value.len()] {
            let length = u32::try_from(length).map_err(|_| Error::internal("a row is too large"))?;
            self.block.extend_from_slice(&length.to_le_bytes());
        }
        self.block.extend_from_slice(key);
        self.block.extend_from_slice(value);
        self.block_rows += 1;
        self.head.rows += 1;
        self.head.keys += u64::from(table == Table::Kv);
        Ok(())
    }

    fn end_block(&mut self) -> Result<()> {
        if self.block_rows == 0 {
            return Ok(());
        }
        self.site.check()?;
        let length = u32::try_from(self.block.len() - BLOCK_HEAD_BYTES).unwrap_or(u32::MAX);
        let [a, b, c, d] = length.to_le_bytes();
        let [e, f, g, h] = self.block_rows.to_le_bytes();
        if let Some(place) = self.block.first_chunk_mut::<BLOCK_HEAD_BYTES>() {
            *place = [a, b, c, d, e, f, g, h];
        }
        self.head.content_checksum = xxh3_64_with_seed(&self.block, self.head.content_checksum);
        self.block.extend_from_slice(&self.head.content_checksum.to_le_bytes());
        self.file.write_all_at(self.offset, &self.block).map_err(Site::io)?;
        self.file.start_writeback(self.offset, self.block.len() as u64);
        self.offset += self.block.len() as u64;
        self.block.truncate(BLOCK_HEAD_BYTES);
        self.block.shrink_to(2 * limits::CHECKPOINT_BLOCK_BYTES);
        self.block_rows = 0;
        Ok(())
    }

    /// Writes the last block and the head, and syncs the file. Gives the head.
    pub fn finish(mut self, commit_seq: u64, last_commit_at: i64) -> Result<Head> {
        self.end_block()?;
        self.head.file_bytes = self.offset;
        self.head.commit_seq = commit_seq;
        self.head.last_commit_at = last_commit_at;
        self.file.write_all_at(0, &self.head.encode()?).map_err(Site::io)?;
        if !planted::is(Planted::CheckpointUnsynced) {
            self.file.sync_all().map_err(Site::io)?;
        }
        Ok(self.head)
    }
}
