//! Reads the file of a checkpoint, one block in memory at a time, verifying each; see `head.rs` for its bytes.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::fault::{Checked, CheckpointFault};
use super::head::Head;
use super::item::Item;
use super::site::Site;
use super::writer::{BLOCK_HEAD_BYTES, ROW_HEAD_BYTES};
use crate::disk::DiskFile;
use crate::limits;
use crate::planted::{self, Planted};
use crate::store::Table;

const CHECKSUM_BYTES: usize = 8;

/// A file being read.
#[derive(Debug)]
pub struct CheckpointReader {
    file: Arc<dyn DiskFile>,
    /// What the file says of itself.
    pub head: Head,
    offset: u64,
    /// The checksum of the last block read.
    chain: u64,
    rows: u64,
    keys: u64,
    /// The rows of the current block, and where the next of them begins.
    block: Vec<u8>,
    at: usize,
    block_rows: u32,
}

fn number(bytes: &[u8], at: usize) -> Checked<u32> {
    let bytes = bytes.get(at..).and_then(|bytes| bytes.first_chunk::<4>());
    bytes.map(|bytes| u32::from_le_bytes(*bytes)).ok_or_else(|| CheckpointFault::content("a block ends inside a row"))
}

impl CheckpointReader {
    /// Reads the head.
    pub fn open(file: Arc<dyn DiskFile>) -> Checked<Self> {
        let (head, offset) = Head::read(&*file)?;
        Ok(Self { file, head, offset, chain: 0, rows: 0, keys: 0, block: Vec::new(), at: 0, block_rows: 0 })
    }

    /// False once the file was deleted: whoever goes on reading keeps its space.
    pub fn is_linked(&self) -> std::io::Result<bool> {
        self.file.is_linked()
    }

    /// Where the block behind the current one begins.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The next row, decoded; nothing at the end of a whole file.
    pub fn next(&mut self) -> Checked<Option<Item>> {
        if self.block_rows == 0 && !self.next_block()? {
            return Ok(None);
        }
        let at = self.at;
        let table = *self.block.get(at).ok_or_else(|| CheckpointFault::content("a block ends inside a row"))?;
        let (key_len, value_len) = (number(&self.block, at + 1)? as usize, number(&self.block, at + 5)? as usize);
        let key_at = at + ROW_HEAD_BYTES;
        let parts = self.block.get(key_at..).and_then(|rest| {
            let (key, rest) = rest.split_at_checked(key_len)?;
            Some((key, rest.get(..value_len)?))
        });
        let (key, value) = parts.ok_or_else(|| CheckpointFault::content("a block ends inside a row"))?;
        let table =
            Table::from_number(table).ok_or_else(|| CheckpointFault::content("a row belongs to no known table"))?;
        let item = Item::decode(table, key, value)?;
        self.at = key_at + key_len + value_len;
        self.block_rows -= 1;
        self.rows += 1;
        self.keys += u64::from(table == Table::Kv);
        if self.block_rows == 0 && self.at != self.block.len() {
            return Err(CheckpointFault::content("a block has bytes behind its last row"));
        }
        Ok(Some(item))
    }

    /// Reads and verifies a block. False at the end of a whole file.
    fn next_block(&mut self) -> Checked<bool> {
        let Head { file_bytes, content_checksum, rows, keys, .. } = self.head;
        if self.offset == file_bytes {
            let ended_well = (self.chain, self.rows, self.keys) == (content_checksum, rows, keys);
            return if ended_well {
                Ok(false)
            } else {
                Err(CheckpointFault::content("its head does not fit its rows"))
            };
        }
        let mut lengths = [0_u8; BLOCK_HEAD_BYTES];
        if file_bytes - self.offset < (BLOCK_HEAD_BYTES + CHECKSUM_BYTES) as u64 {
            return Err(CheckpointFault::content("its last block is cut"));
        }
        self.file.read_exact_at(self.offset, &mut lengths).map_err(Site::io)?;
        let (length, rows) = (number(&lengths, 0)? as usize, number(&lengths, 4)?);
        let whole = BLOCK_HEAD_BYTES + length + CHECKSUM_BYTES;
        if length > limits::CHECKPOINT_BLOCK_BYTES_MAX || whole as u64 > file_bytes - self.offset || rows == 0 {
            return Err(CheckpointFault::content("the length of a block is impossible"));
        }
        self.block.resize(whole, 0);
        self.file.read_exact_at(self.offset, &mut self.block).map_err(Site::io)?;
        let (covered, checksum) = self
            .block
            .split_last_chunk::<CHECKSUM_BYTES>()
            .ok_or_else(|| CheckpointFault::content("a block is cut"))?;
        let mut chain = xxh3_64_with_seed(covered, self.chain);
        if planted::is(Planted::BlockChecksumSkipped) {
            chain = u64::from_le_bytes(*checksum);
        }
        if u64::from_le_bytes(*checksum) != chain {
            return Err(CheckpointFault::content("the checksum of a block is wrong"));
        }
        self.block.truncate(whole - CHECKSUM_BYTES);
        self.offset += whole as u64;
        self.chain = chain;
        self.at = BLOCK_HEAD_BYTES;
        self.block_rows = rows;
        Ok(true)
    }
}
