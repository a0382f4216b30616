//! Large values in redb: a head in the row's place, and chunks in a table of their own.
//!
//! redb keeps a row in a leaf whose pages it allocates as one piece of a power of two, copies whole for every change of a
//! neighbour and reads whole for every look at the key. So a value of more than [`WHOLE_BYTES_MAX`] is cut:
//!
//! ```text
//! its table     key                                       bytes of the value (u32), their xxh3-64, the first 64 bytes
//! chunks.v1     table (u8), bytes of key (u32), key, n    the n-th part of the rest; a part and its key fill 64 KiB
//! ```
//!
//! The log and memtables hold values whole; a flush cuts them, and a read puts them together and holds them against the checksum,
//! so that no part of another version passes for its own. That a row is a head is said by its
//! seal, which is of another place than that of a value. A file says in its format version that it holds any. Values
//! that earlier versions wrote whole are read as they are.

use std::ops::Bound;

use redb::ReadableTable;
use xxhash_rust::xxh3::xxh3_64;

use super::error::{StoreError, StoreResult};
use super::key::{KeyReader, KeyWriter};
use super::seal::{Seal, SealPlace};
use super::table::Table;
use super::tables::definition;
use crate::planted::{self, Planted};

// Of these follows where each byte of a stored value is: another number is another format.
/// Bytes of a leaf that one chunk fills, with its key and what redb and the seal add.
const LEAF_BYTES: usize = 65_536;
/// What redb and the seal add to a chunk and its key, generously.
const LEAF_OVERHEAD_BYTES: usize = 256;
/// Bytes of a value that its head has.
pub const HEAD_BYTES: usize = 64;
/// The longest value that a head may stand for.
const CUT_BYTES_MAX: usize = 134_217_728;
/// A larger value is cut.
pub const WHOLE_BYTES_MAX: usize = LEAF_BYTES - LEAF_OVERHEAD_BYTES;
/// A stored head, with its checksum.
const SEALED_BYTES: usize = 8 + 4 + 8 + HEAD_BYTES;

const _: () = assert!(crate::limits::OPERATION_BYTES_MAX <= CUT_BYTES_MAX, "any value that is logged can be cut");
/// After so many chunks a flush looks whether the disk is full.
const CHUNKS_PER_LOOK: u32 = 64;

type Rows<'t> = redb::Table<'t, &'static [u8], &'static [u8]>;

/// What a table holds under a key.
pub enum Stored<'a> {
    /// The value.
    Whole(&'a [u8]),
    /// The head of one that was cut.
    Cut(CutValue<'a>),
}

/// The head of a value that was cut.
#[derive(Debug, Clone, Copy)]
pub struct CutValue<'a> {
    /// Bytes of the value.
    pub bytes: usize,
    checksum: u64,
    /// The first of them.
    pub start: &'a [u8],
}

/// Opens what a table holds under a key.
pub fn open<'a>(seal: Seal, table: Table, key: &[u8], sealed: &'a [u8]) -> StoreResult<Stored<'a>> {
    match seal.open(table, key, sealed) {
        Ok(value) => Ok(Stored::Whole(value)),
        Err(error) => match cut_value(seal, table, key, sealed) {
            Some(head) => Ok(Stored::Cut(head)),
            None => Err(error),
        },
    }
}

/// The head of a value that was cut, if this is one.
fn cut_value<'a>(seal: Seal, table: Table, key: &[u8], sealed: &'a [u8]) -> Option<CutValue<'a>> {
    if sealed.len() != SEALED_BYTES {
        return None;
    }
    let head = seal.open(SealPlace::cut(table), key, sealed).ok()?;
    let (bytes, rest) = head.split_first_chunk()?;
    let (checksum, start) = rest.split_first_chunk()?;
    let bytes = usize::try_from(u32::from_le_bytes(*bytes)).ok()?;
    let is_possible = bytes > WHOLE_BYTES_MAX && bytes <= CUT_BYTES_MAX;
    is_possible.then_some(CutValue { bytes, checksum: u64::from_le_bytes(*checksum), start })
}

/// Bytes of a chunk of the value under this key.
fn chunk_bytes(key: &[u8]) -> usize {
    WHOLE_BYTES_MAX.saturating_sub(key.len()).max(WHOLE_BYTES_MAX / 2)
}

/// Chunks of a value of so many bytes under this key.
pub fn count(key: &[u8], bytes: usize) -> u32 {
    u32::try_from(bytes.saturating_sub(HEAD_BYTES).div_ceil(chunk_bytes(key))).unwrap_or(u32::MAX)
}

/// What stands before the number of a chunk in its key.
fn prefix(table: Table, key: &[u8]) -> Vec<u8> {
    let len = u32::try_from(key.len()).unwrap_or(u32::MAX);
    KeyWriter::new().raw(&[table.number()]).u32(len).raw(key).finish()
}

/// Whose chunk this is, and the how many-th. Nothing if the key is none of a chunk.
pub fn owner(chunk_key: &[u8]) -> Option<(Table, &[u8], u32)> {
    let (table, rest) = chunk_key.split_first()?;
    let mut parts = KeyReader::new(rest);
    let len = usize::try_from(parts.u32()?).ok()?;
    let (key, number) = parts.rest().split_at_checked(len)?;
    let number = u32::from_be_bytes(number.try_into().ok()?);
    Some((Table::from_number(*table)?, key, number))
}

/// Puts a value together again.
pub fn assemble(
    seal: Seal,
    (table, key): (Table, &[u8]),
    head: CutValue<'_>,
    chunks: &impl ReadableTable<&'static [u8], &'static [u8]>,
) -> StoreResult<Vec<u8>> {
    let corrupt = |what| StoreError::corrupt(table, what);
    let mut value = Vec::with_capacity(head.bytes);
    value.extend_from_slice(head.start);
    let prefix = prefix(table, key);
    let first = KeyWriter::new().raw(&prefix).u32(0).finish();
    let end = KeyWriter::new().raw(&prefix).u32(count(key, head.bytes)).finish();
    let found = chunks.range::<&[u8]>((Bound::Included(first.as_slice()), Bound::Excluded(end.as_slice())))?;
    for (number, chunk) in found.enumerate() {
        let (chunk_key, sealed) = chunk?;
        let is_next = u32::try_from(number).is_ok_and(|number| owner(chunk_key.value()) == Some((table, key, number)));
        let chunk = seal.open(Table::Chunks, chunk_key.value(), sealed.value())?;
        if !is_next || chunk.len() > head.bytes - value.len() {
            return Err(corrupt("a large value has chunks that are not its own"));
        }
        value.extend_from_slice(chunk);
    }
    if value.len() != head.bytes {
        return Err(corrupt("a large value lacks chunks"));
    }
    if xxh3_64(&value) != head.checksum && !planted::is(Planted::ChunksUnverified) {
        return Err(corrupt("a large value is made of chunks of several"));
    }
    Ok(value)
}

/// What a flush writes of large values.
pub struct ChunkWriter<'t, 'l> {
    seal: Seal,
    tx: &'t redb::WriteTransaction,
    /// Ends the flush where the disk is full.
    look: &'l dyn Fn() -> StoreResult<()>,
    chunks: Option<Rows<'t>>,
    sealed: Vec<u8>,
    has_cut: bool,
}

impl<'t, 'l> ChunkWriter<'t, 'l> {
    /// Nothing has been cut yet.
    pub fn new(seal: Seal, tx: &'t redb::WriteTransaction, look: &'l dyn Fn() -> StoreResult<()>) -> Self {
        Self { seal, tx, look, chunks: None, sealed: Vec::new(), has_cut: false }
    }

    /// True if it has cut a value.
    pub fn has_cut(&self) -> bool {
        self.has_cut
    }

    fn chunks(&mut self) -> StoreResult<&mut Rows<'t>> {
        match &mut self.chunks {
            Some(chunks) => Ok(chunks),
            none => Ok(none.insert(self.tx.open_table(definition(Table::Chunks))?)),
        }
    }

    /// Writes a row, in place of whatever its key had.
    pub fn put(&mut self, table: Table, rows: &mut Rows<'_>, key: &[u8], value: &[u8]) -> StoreResult<()> {
        let is_cut = value.len() > WHOLE_BYTES_MAX && table != Table::Chunks;
        let mut sealed = std::mem::take(&mut self.sealed);
        let kept = if is_cut { self.cut(table, key, value)? } else { 0 };
        if is_cut {
            self.seal.close(SealPlace::cut(table), key, &head_of(value), &mut sealed);
        } else {
            self.seal.close(table, key, value, &mut sealed);
        }
        let old = rows.insert(key, sealed.as_slice())?.map_or(0, |old| self.chunks_of(table, key, old.value()));
        self.sealed = sealed;
        self.remove_chunks(table, key, kept..old)
    }

    /// Removes a row with its chunks.
    pub fn remove(&mut self, table: Table, rows: &mut Rows<'_>, key: &[u8]) -> StoreResult<()> {
        let old = rows.remove(key)?.map_or(0, |old| self.chunks_of(table, key, old.value()));
        self.remove_chunks(table, key, 0..old)
    }

    /// Chunks of what a table held; one that does not verify has none that are known.
    fn chunks_of(&self, table: Table, key: &[u8], sealed: &[u8]) -> u32 {
        cut_value(self.seal, table, key, sealed).map_or(0, |head| count(key, head.bytes))
    }

    /// Writes the chunks of a value; gives how many there are.
    fn cut(&mut self, table: Table, key: &[u8], value: &[u8]) -> StoreResult<u32> {
        self.has_cut = true;
        let (seal, look, prefix) = (self.seal, self.look, prefix(table, key));
        let (chunks, mut sealed, mut number) = (self.chunks()?, Vec::with_capacity(LEAF_BYTES), 0);
        for chunk in value.get(HEAD_BYTES..).unwrap_or_default().chunks(chunk_bytes(key)) {
            if number % CHUNKS_PER_LOOK == 0 {
                look()?;
            }
            let chunk_key = KeyWriter::new().raw(&prefix).u32(number).finish();
            seal.close(Table::Chunks, &chunk_key, chunk, &mut sealed);
            chunks.insert(chunk_key.as_slice(), sealed.as_slice())?;
            number += 1;
        }
        Ok(number)
    }

    fn remove_chunks(&mut self, table: Table, key: &[u8], numbers: std::ops::Range<u32>) -> StoreResult<()> {
        if numbers.is_empty() || planted::is(Planted::OldChunksKept) {
            return Ok(());
        }
        let prefix = prefix(table, key);
        let chunks = self.chunks()?;
        for number in numbers {
            chunks.remove(KeyWriter::new().raw(&prefix).u32(number).finish().as_slice())?;
        }
        Ok(())
    }
}

fn head_of(value: &[u8]) -> Vec<u8> {
    let mut head = Vec::with_capacity(SEALED_BYTES);
    head.extend_from_slice(&u32::try_from(value.len()).unwrap_or(u32::MAX).to_le_bytes());
    head.extend_from_slice(&xxh3_64(value).to_le_bytes());
    head.extend_from_slice(value.get(..HEAD_BYTES).unwrap_or(value));
    head
}
