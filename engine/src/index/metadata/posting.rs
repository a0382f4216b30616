//! The rows that share one value.
//!
//! In a field with a value of its own for every row (an id, a time) a posting holds one row, and a few while old versions
//! of a changed document await reclamation. The smallest bitmap takes about 160 bytes, so the first three rows are kept
//! inline, in the space that the pointer to a bitmap needs anyway; only the fourth row builds a bitmap.

use std::borrow::Cow;

use roaring::{MultiOps, RoaringBitmap};

const INLINE_ROWS_MAX: usize = 3;

const _: () = assert!(size_of::<Posting>() == 16, "three rows take no more space than a pointer and its tag");

/// Postings visited under one lock: well below a millisecond.
pub(super) const SLICE_POSTINGS: usize = 1_024;

/// A set of rows that is never empty.
#[derive(Debug, Clone)]
pub(super) enum Posting {
    /// The first `count` of `rows`, in no order.
    Few { count: u8, rows: [u32; INLINE_ROWS_MAX] },
    /// More rows than fit inline.
    Many(Box<RoaringBitmap>),
}

impl Posting {
    /// The posting of a single row.
    pub(super) fn one(row: u32) -> Self {
        Posting::Few { count: 1, rows: [row; INLINE_ROWS_MAX] }
    }

    /// Adds a row; one that is there already changes nothing.
    pub(super) fn insert(&mut self, row: u32) {
        match self {
            Posting::Few { count, rows } => {
                if few(*count, rows).any(|known| known == row) {
                    return;
                }
                if let Some(free) = rows.get_mut(usize::from(*count)) {
                    *free = row;
                    *count += 1;
                } else {
                    *self = Posting::Many(Box::new(rows.iter().copied().chain([row]).collect()));
                }
            }
            Posting::Many(rows) => {
                rows.insert(row);
            }
        }
    }

    /// Takes a row out. True if no other row was left, and the posting with it must go.
    pub(super) fn remove(&mut self, row: u32) -> bool {
        match self {
            Posting::Few { count, rows } => {
                let known = *rows;
                let kept = few(*count, &known).filter(|known| *known != row);
                *count = 0;
                for (place, kept) in rows.iter_mut().zip(kept) {
                    *place = kept;
                    *count += 1;
                }
                *count == 0
            }
            Posting::Many(rows) => {
                rows.remove(row);
                if rows.len() <= INLINE_ROWS_MAX as u64 {
                    let mut left = Posting::Few { count: 0, rows: [0; INLINE_ROWS_MAX] };
                    rows.iter().for_each(|row| left.insert(row));
                    *self = left;
                }
                false
            }
        }
    }

    /// The rows as a bitmap.
    pub(super) fn rows(&self) -> Cow<'_, RoaringBitmap> {
        match self {
            Posting::Few { count, rows } => Cow::Owned(few(*count, rows).collect()),
            Posting::Many(rows) => Cow::Borrowed(rows),
        }
    }

    /// Its rows, of those that are `allowed`; nothing = of all.
    pub(super) fn among(&self, allowed: Option<&RoaringBitmap>) -> RoaringBitmap {
        match (self, allowed) {
            (_, None) => self.rows().into_owned(),
            (Posting::Few { count, rows }, Some(allowed)) => {
                few(*count, rows).filter(|row| allowed.contains(*row)).collect()
            }
            (Posting::Many(rows), Some(allowed)) => &**rows & allowed,
        }
    }

    /// How many of its rows are among others.
    pub(super) fn count_among(&self, others: &RoaringBitmap) -> u64 {
        match self {
            Posting::Few { count, rows } => few(*count, rows).filter(|row| others.contains(*row)).count() as u64,
            Posting::Many(rows) => rows.intersection_len(others),
        }
    }

    /// Bytes on the heap, about.
    pub(super) fn heap_bytes(&self) -> usize {
        match self {
            Posting::Few { .. } => 0,
            Posting::Many(rows) => size_of::<RoaringBitmap>() + bitmap_heap_bytes(rows),
        }
    }
}

fn few(count: u8, rows: &[u32; INLINE_ROWS_MAX]) -> impl Iterator<Item = u32> {
    rows.iter().copied().take(usize::from(count))
}

/// The rows of all postings together.
pub(super) fn union<'a>(postings: impl Iterator<Item = &'a Posting>) -> RoaringBitmap {
    let mut inline = Vec::new();
    let mut many = Vec::new();
    for posting in postings {
        match posting {
            Posting::Few { count, rows } => inline.extend(few(*count, rows)),
            Posting::Many(rows) => many.push(&**rows),
        }
    }
    let mut rows = many.union();
    // In order, each row is appended next to the one before; out of order, each would be searched a place for.
    inline.sort_unstable();
    rows.extend(inline);
    rows
}

/// Bytes of a bitmap's containers, about. Arrays are taken to be grown by half more than they hold.
pub(super) fn bitmap_heap_bytes(rows: &RoaringBitmap) -> usize {
    const CONTAINER_BYTES: usize = 32;
    const CONTAINERS_MIN: usize = 4;
    const BITSET_BYTES: usize = 8 << 10;
    let found = rows.statistics();
    let containers = match found.n_containers as usize {
        0 => 0,
        held => held.next_power_of_two().max(CONTAINERS_MIN),
    };
    containers * CONTAINER_BYTES
        + found.n_values_array_containers as usize * size_of::<u16>() * 3 / 2
        + usize::try_from(found.n_bytes_run_containers).unwrap_or(usize::MAX)
        + found.n_bitset_containers as usize * BITSET_BYTES
}
