//! Which chunks a collection has, and which rows of them a graph covers.
//!
//! The directory is a sorted list without entries for chunks that were never filled or have been freed, so gaps between
//! row numbers cost nothing. It is replaced as a whole, once per new chunk; a reader keeps the one it loaded, and with
//! it every chunk in it.

use std::sync::Arc;

use roaring::RoaringBitmap;

use super::arena::{ArenaRow, CHUNK_ROWS, Chunk, RowMask, first_row_of, slot_of};

/// The chunks of a collection in row order.
#[derive(Default)]
pub(super) struct Directory {
    chunks: Vec<Arc<Chunk>>,
}

impl Directory {
    /// The chunk that holds `row`, if there is one.
    pub(super) fn chunk(&self, row: u32) -> Option<&Arc<Chunk>> {
        let at = self.chunks.binary_search_by_key(&first_row_of(row), |chunk| chunk.first_row()).ok()?;
        self.chunks.get(at)
    }

    /// The published row of that number.
    pub(super) fn row(&self, row: u32) -> Option<ArenaRow<'_>> {
        self.chunk(row)?.row(slot_of(row))
    }

    /// All chunks in row order.
    pub(super) fn chunks(&self) -> &[Arc<Chunk>] {
        &self.chunks
    }

    /// This directory with one more chunk, which is not in it yet.
    pub(super) fn with(&self, chunk: Arc<Chunk>) -> Self {
        let mut chunks = Vec::with_capacity(self.chunks.len() + 1);
        chunks.extend_from_slice(&self.chunks);
        let at = chunks.partition_point(|other| other.first_row() < chunk.first_row());
        chunks.insert(at, chunk);
        Self { chunks }
    }

    /// This directory with only the chunks `keep` accepts.
    pub(super) fn filtered(&self, keep: impl Fn(&Chunk) -> bool) -> Self {
        Self { chunks: self.chunks.iter().filter(|chunk| keep(chunk)).cloned().collect() }
    }

    /// Calls `visit` for every published row outside `coverage` and not retired, in row order. Between two chunks `step`
    /// says whether to go on.
    pub(super) fn scan<'a, E>(
        &'a self,
        coverage: &Coverage,
        step: &mut impl FnMut() -> Result<(), E>,
        mut visit: impl FnMut(ArenaRow<'a>),
    ) -> Result<(), E> {
        for (position, chunk) in self.chunks.iter().enumerate() {
            if position > 0 {
                step()?;
            }
            let covered = coverage.mask(chunk.first_row());
            let retired = chunk.retired();
            let used = chunk.used();
            for (word, (covered, retired)) in covered.iter().zip(retired).enumerate() {
                let mut open = !(covered | retired) & low_bits(used.saturating_sub(word * 64));
                while open != 0 {
                    let position = word * 64 + open.trailing_zeros() as usize;
                    open &= open - 1;
                    if let Some(row) = chunk.row(position) {
                        visit(row);
                    }
                }
            }
        }
        Ok(())
    }

    /// Calls `visit` for every published row in `allowed`, in row order; `step` as in [`Self::scan`]. Costs no more than a
    /// pass over both.
    pub(super) fn scan_allowed<'a, E>(
        &'a self,
        allowed: &RoaringBitmap,
        step: &mut impl FnMut() -> Result<(), E>,
        mut visit: impl FnMut(ArenaRow<'a>),
    ) -> Result<(), E> {
        let mut rows = allowed.iter();
        let mut next = rows.next();
        for (position, chunk) in self.chunks.iter().enumerate() {
            if position > 0 {
                step()?;
            }
            let first = chunk.first_row();
            let last = first + (CHUNK_ROWS as u32 - 1);
            if next.is_some_and(|row| row < first) {
                rows.advance_to(first);
                next = rows.next();
            }
            while let Some(row) = next.filter(|row| *row <= last) {
                if let Some(row) = chunk.row(slot_of(row)) {
                    visit(row);
                }
                next = rows.next();
            }
            if next.is_none() {
                break;
            }
        }
        Ok(())
    }
}

/// The lowest `count` bits set, all of them from 64 on.
fn low_bits(count: usize) -> u64 {
    if count >= 64 { u64::MAX } else { (1 << count) - 1 }
}

/// The rows a graph holds, as one mask per chunk.
#[derive(Default)]
pub(super) struct Coverage {
    masks: Vec<(u32, RowMask)>,
}

impl Coverage {
    /// Adds a row; rows come in increasing order.
    pub(super) fn push(&mut self, row: u32) {
        let first = first_row_of(row);
        if self.masks.last().is_none_or(|(last, _)| *last != first) {
            self.masks.push((first, RowMask::default()));
        }
        let slot = slot_of(row);
        if let Some(word) = self.masks.last_mut().and_then(|(_, mask)| mask.get_mut(slot / 64)) {
            *word |= 1 << (slot % 64);
        }
    }

    /// The covered slots of the chunk that starts at `first_row`.
    pub(super) fn mask(&self, first_row: u32) -> RowMask {
        let found = self.masks.binary_search_by_key(&first_row, |(first, _)| *first).ok();
        found.and_then(|at| self.masks.get(at)).map_or_else(RowMask::default, |(_, mask)| *mask)
    }

    /// Whether a row is covered.
    pub(super) fn contains(&self, row: u32) -> bool {
        let slot = slot_of(row);
        self.mask(first_row_of(row)).get(slot / 64).is_some_and(|word| word & (1 << (slot % 64)) != 0)
    }

    /// Whether any row of the chunk that starts at `first_row` is covered.
    pub(super) fn touches(&self, first_row: u32) -> bool {
        self.mask(first_row).iter().any(|word| *word != 0)
    }

    /// Memory of the masks.
    pub(super) fn memory_bytes(&self) -> usize {
        self.masks.capacity() * size_of::<(u32, RowMask)>()
    }
}
