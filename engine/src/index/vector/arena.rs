//! Chunks of vector rows: append-only memory that one writer fills while readers use what it has published.
//!
//! A chunk is one contiguous block of `f32` rows and one slot of bookkeeping per row. A slot's `created_seq` is also
//! its publication flag: it goes from `EMPTY` to `WRITING` (claimed, by compare-and-swap, so at most once) to the
//! row's sequence number, which is stored with `Release` after the components are written and loaded with `Acquire`
//! before they are read. Components never change after that. Deleting a row only stores its `deleted_seq`.
//!
//! This is the only file of the index with `unsafe` code, and it rests on that one rule: whoever holds an [`ArenaRow`] or a
//! [`RowHandle`] has seen the slot published, and nobody writes to a published slot.

use std::cell::UnsafeCell;
use std::slice;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use super::id::IdBytes;

/// Rows of a chunk: a power of two, so that a row number splits into chunk and slot by shifting.
pub(super) const CHUNK_ROWS: usize = 256;

/// One bit per slot of a chunk.
pub(super) type RowMask = [u64; CHUNK_ROWS / 64];

/// `created_seq` of a slot that holds no row.
const EMPTY: u64 = u64::MAX;
/// `created_seq` of a slot that is being filled. Real sequence numbers are below it.
pub(super) const WRITING: u64 = u64::MAX - 1;
/// `deleted_seq` of a row that has not been deleted.
const LIVE: u64 = u64::MAX;

/// The slot of `row` in its chunk.
pub(super) fn slot_of(row: u32) -> usize {
    row as usize % CHUNK_ROWS
}

/// The first row of the chunk that holds `row`.
pub(super) fn first_row_of(row: u32) -> u32 {
    row - slot_of(row) as u32
}

/// What a new row consists of.
pub(super) struct RowEntry<'a> {
    pub(super) id: &'a [u8],
    pub(super) vector: &'a [f32],
    /// See [`super::kernel::row_factor`].
    pub(super) factor: f64,
    pub(super) seq: u64,
}

struct RowSlot {
    created_seq: AtomicU64,
    deleted_seq: AtomicU64,
    /// The bits of the row's factor; written before `created_seq` publishes the row.
    factor: AtomicU64,
    id: OnceLock<IdBytes>,
}

/// Up to [`CHUNK_ROWS`] rows with consecutive numbers; rows that were never given leave empty slots.
pub(super) struct Chunk {
    first_row: u32,
    dimension: usize,
    components: Box<[UnsafeCell<f32>]>,
    slots: Box<[RowSlot]>,
    /// One more than the highest published slot.
    used: AtomicUsize,
    filled: AtomicUsize,
    dead: AtomicUsize,
    id_heap_bytes: AtomicUsize,
    /// Rows no reader can see any more.
    retired: [AtomicU64; CHUNK_ROWS / 64],
}

// SAFETY: `components` is the only field that is not `Sync` by itself. A slot's components are written once, by the
// thread that moved `created_seq` from EMPTY to WRITING, and are read only after an `Acquire` load that saw the
// `Release` store of a real sequence number, which that thread makes after its last write.
unsafe impl Sync for Chunk {}

impl Chunk {
    /// An empty chunk of `rows` slots. The allocator zeroes the components, so pages not yet filled cost nothing.
    pub(super) fn new(first_row: u32, dimension: usize, rows: usize) -> Self {
        let components = Box::<[UnsafeCell<f32>]>::new_zeroed_slice(rows.saturating_mul(dimension));
        let slot = || RowSlot {
            created_seq: AtomicU64::new(EMPTY),
            deleted_seq: AtomicU64::new(LIVE),
            factor: AtomicU64::new(0),
            id: OnceLock::new(),
        };
        Self {
            first_row,
            dimension,
            // SAFETY: `UnsafeCell<f32>` has the layout of `f32`, for which all bytes zero is the value 0.0.
            components: unsafe { components.assume_init() },
            slots: std::iter::repeat_with(slot).take(rows).collect(),
            used: AtomicUsize::new(0),
            filled: AtomicUsize::new(0),
            dead: AtomicUsize::new(0),
            id_heap_bytes: AtomicUsize::new(0),
            retired: Default::default(),
        }
    }

    /// Stores and publishes a row. False, and nothing is changed, if the slot is taken or the vector does not fit.
    pub(super) fn fill(&self, position: usize, entry: &RowEntry<'_>) -> bool {
        let Some(slot) = self.slots.get(position) else { return false };
        if entry.vector.len() != self.dimension || entry.seq >= WRITING {
            return false;
        }
        if slot.created_seq.compare_exchange(EMPTY, WRITING, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return false;
        }
        let start = position * self.dimension;
        // SAFETY: `position` is below the number of slots and `components` has `dimension` cells per slot, so the
        // range is inside it. The exchange above succeeds once per slot, so this thread alone writes here, and no
        // reference into the range exists because readers make one only after the slot is published.
        unsafe {
            let cell = self.components.as_ptr().add(start);
            let target = UnsafeCell::raw_get(cell);
            std::ptr::copy_nonoverlapping(entry.vector.as_ptr(), target, self.dimension);
        }
        slot.factor.store(entry.factor.to_bits(), Ordering::Relaxed);
        let id = slot.id.get_or_init(|| IdBytes::new(entry.id));
        self.id_heap_bytes.fetch_add(id.heap_bytes(), Ordering::Relaxed);
        slot.created_seq.store(entry.seq, Ordering::Release);
        self.filled.fetch_add(1, Ordering::Relaxed);
        self.used.fetch_max(position + 1, Ordering::Release);
        true
    }

    /// The row in a slot, if one is published there.
    #[inline]
    pub(super) fn row(&self, position: usize) -> Option<ArenaRow<'_>> {
        let slot = self.slots.get(position)?;
        let created_seq = slot.created_seq.load(Ordering::Acquire);
        (created_seq < WRITING).then_some(ArenaRow { chunk: self, slot, position, created_seq })
    }

    /// A handle to the row in a slot, which keeps the chunk alive.
    pub(super) fn handle(self: &Arc<Self>, position: usize) -> Option<RowHandle> {
        self.row(position)?;
        Some(RowHandle { chunk: Arc::clone(self), position: position as u32 })
    }

    /// Marks a row deleted from `seq` on; false if there is none, it already is, or `seq` is reserved.
    pub(super) fn delete(&self, position: usize, seq: u64) -> bool {
        let Some(row) = self.row(position).filter(|_| seq < WRITING) else { return false };
        let deleted = row.slot.deleted_seq.compare_exchange(LIVE, seq, Ordering::Release, Ordering::Relaxed).is_ok();
        if deleted {
            self.dead.fetch_add(1, Ordering::Relaxed);
        }
        deleted
    }

    /// Marks the rows deleted at or before `min_reader_seq`, so that scans pass over them. True if no other is left.
    pub(super) fn retire(&self, min_reader_seq: u64) -> bool {
        let retired: u32 = self.retired().iter().map(|word| word.count_ones()).sum();
        if retired as usize != self.dead() {
            for row in (0..self.used()).filter_map(|position| self.row(position)) {
                if row.slot.deleted_seq.load(Ordering::Acquire) <= min_reader_seq.min(WRITING)
                    && let Some(word) = self.retired.get(row.position / 64)
                {
                    word.fetch_or(1 << (row.position % 64), Ordering::Relaxed);
                }
            }
        }
        let retired: u32 = self.retired().iter().map(|word| word.count_ones()).sum();
        retired as usize == self.filled()
    }

    /// The slots no reader can see any more.
    pub(super) fn retired(&self) -> RowMask {
        self.retired.each_ref().map(|word| word.load(Ordering::Relaxed))
    }

    /// The number of the row in slot 0.
    pub(super) fn first_row(&self) -> u32 {
        self.first_row
    }

    /// One more than the highest published slot: the slots to look at.
    pub(super) fn used(&self) -> usize {
        self.used.load(Ordering::Acquire)
    }

    /// Published rows, deleted ones included.
    pub(super) fn filled(&self) -> usize {
        self.filled.load(Ordering::Relaxed)
    }

    /// Deleted rows.
    pub(super) fn dead(&self) -> usize {
        self.dead.load(Ordering::Relaxed)
    }

    /// Memory of the chunk, without component pages that were never filled.
    pub(super) fn memory_bytes(&self) -> usize {
        size_of::<Self>()
            + size_of_val(&*self.slots)
            + self.used() * self.dimension * size_of::<f32>()
            + self.id_heap_bytes.load(Ordering::Relaxed)
    }
}

/// A published row of a borrowed chunk.
#[derive(Clone, Copy)]
pub(super) struct ArenaRow<'a> {
    chunk: &'a Chunk,
    slot: &'a RowSlot,
    position: usize,
    created_seq: u64,
}

impl<'a> ArenaRow<'a> {
    /// The components as they were given.
    #[inline]
    pub(super) fn vector(&self) -> &'a [f32] {
        // SAFETY: an `ArenaRow` is made only by `Chunk::row`, for a slot inside the chunk that it saw published. From then
        // on nobody writes to the slot's components, which live as long as the chunk borrowed for 'a.
        unsafe { self.chunk.published_vector(self.position) }
    }

    /// The row's number.
    pub(super) fn number(&self) -> u32 {
        self.chunk.first_row + self.position as u32
    }

    /// The caller's identifier.
    pub(super) fn id(&self) -> &'a [u8] {
        self.slot.id.get().map_or(&[], |id| id)
    }

    /// A copy of the caller's identifier.
    pub(super) fn id_bytes(&self) -> IdBytes {
        self.slot.id.get().cloned().unwrap_or_else(|| IdBytes::new(&[]))
    }

    /// The factor kept beside the row.
    #[inline]
    pub(super) fn factor(&self) -> f64 {
        f64::from_bits(self.slot.factor.load(Ordering::Relaxed))
    }

    /// Whether a reader at `seq` sees the row.
    #[inline]
    pub(super) fn is_visible(&self, seq: u64) -> bool {
        self.created_seq <= seq && seq < self.slot.deleted_seq.load(Ordering::Acquire)
    }

    /// Whether the row has not been deleted.
    pub(super) fn is_live(&self) -> bool {
        self.slot.deleted_seq.load(Ordering::Acquire) == LIVE
    }
}

/// A published row that keeps its chunk alive.
#[derive(Clone)]
pub(super) struct RowHandle {
    chunk: Arc<Chunk>,
    position: u32,
}

impl RowHandle {
    /// A row of its own, outside any collection: the form in which a query enters the graph.
    pub(super) fn detached(vector: &[f32], factor: f64) -> Option<Self> {
        let chunk = Arc::new(Chunk::new(0, vector.len(), 1));
        chunk.fill(0, &RowEntry { id: &[], vector, factor, seq: 0 });
        chunk.handle(0)
    }

    /// The components as they were given.
    #[inline]
    pub(super) fn vector(&self) -> &[f32] {
        // SAFETY: a `RowHandle` is made only by `Chunk::handle`, after `Chunk::row` saw the slot published; the handle
        // keeps the chunk alive.
        unsafe { self.chunk.published_vector(self.position as usize) }
    }

    /// The row, to look at its bookkeeping.
    pub(super) fn row(&self) -> Option<ArenaRow<'_>> {
        self.chunk.row(self.position as usize)
    }
}

impl Chunk {
    /// The components of a slot.
    ///
    /// # Safety
    /// `position` is a slot of this chunk, and the caller has seen it published.
    #[inline]
    unsafe fn published_vector(&self, position: usize) -> &[f32] {
        // SAFETY: the slot exists, so its `dimension` cells are inside `components`. It is published, so no thread
        // writes to them any more, and the caller's `Acquire` load made the writes visible.
        unsafe {
            let cell = self.components.as_ptr().add(position * self.dimension);
            slice::from_raw_parts(cell.cast::<f32>(), self.dimension)
        }
    }
}
