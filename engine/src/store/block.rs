//! Vectors in redb: blocks of 64 consecutive rows, so that opening a large collection reads few, long values.
//!
//! ```text
//! key   = collection id (u32), row / 64 (u32)                                  big-endian
//! value = u64 bitmap of the rows present, bit i = row 64*block + i; then their vectors in order, f32 little-endian
//! ```

use super::key::KeyReader;

/// Rows in a block.
pub const ROWS: u32 = 64;

/// The collection and block of a vector's row key.
pub fn block_of(key: &[u8]) -> Option<(u32, u32)> {
    let mut key = KeyReader::new(key);
    Some((key.u32()?, key.u32()? / ROWS))
}

/// A block taken apart: one slot for each row.
#[derive(Debug)]
pub struct VectorBlock<'a> {
    slots: [Option<&'a [u8]>; ROWS as usize],
}

impl Default for VectorBlock<'_> {
    fn default() -> Self {
        Self { slots: [None; ROWS as usize] }
    }
}

impl<'a> VectorBlock<'a> {
    /// From its stored form; `None` if it is not a block.
    pub fn decode(value: &'a [u8]) -> Option<Self> {
        let (bitmap, vectors) = value.split_first_chunk()?;
        let bitmap = u64::from_le_bytes(*bitmap);
        let count = bitmap.count_ones() as usize;
        let width = vectors.len().checked_div(count).unwrap_or(0);
        if width * count != vectors.len() || (count > 0 && width == 0) {
            return None;
        }
        let mut block = VectorBlock::default();
        let mut vectors = vectors.chunks_exact(width.max(1));
        for (row, slot) in block.slots.iter_mut().enumerate() {
            if bitmap >> row & 1 == 1 {
                *slot = Some(vectors.next()?);
            }
        }
        Some(block)
    }

    /// Puts a vector into the slot of `row`, or empties it.
    pub fn set(&mut self, row: u32, vector: Option<&'a [u8]>) {
        if let Some(slot) = self.slots.get_mut((row % ROWS) as usize) {
            *slot = vector;
        }
    }

    /// The vector of `row`.
    pub fn get(&self, row: u32) -> Option<&'a [u8]> {
        self.slots.get((row % ROWS) as usize).copied().flatten()
    }

    /// The rows present with their vectors; `block` is the block's number.
    pub fn rows(&self, block: u32) -> impl Iterator<Item = (u32, &'a [u8])> + '_ {
        let first = block.saturating_mul(ROWS);
        (first..=first.saturating_add(ROWS - 1)).filter_map(|row| Some((row, self.get(row)?)))
    }

    /// The stored form, appended to `out`; false if no row is present and the block is to be deleted.
    pub fn encode(&self, out: &mut Vec<u8>) -> bool {
        let bitmap =
            self.slots.iter().enumerate().fold(0_u64, |map, (row, slot)| map | u64::from(slot.is_some()) << row);
        out.extend_from_slice(&bitmap.to_le_bytes());
        for vector in self.slots.iter().flatten() {
            out.extend_from_slice(vector);
        }
        bitmap != 0
    }
}
