//! Rows of a collection that are not rows among its vectors.
//!
//! The metadata index and the lifetimes know a row by its number and hold it for as long as some reader may see it, so what
//! they know of a number never changes. A document that is changed in place therefore gets another number, while its vector
//! keeps the one it has: neither the vector nor the graph over it is touched. Three things are to be known then:
//!
//! - a *version* is a row with a number of its own: a document without an embedding, or one that was changed since its
//!   embedding was written. It says its id, at which commits it is seen, and the number of its vector;
//! - a vector's number is *superseded* from the commit on at which its document was first changed: until then it was that of
//!   the document as well, and readers before it still find the document by what it was. It stays so for as long as the vector
//!   can be seen: a reader that has begun may hold the number in a set that it took before the index let it go;
//! - any other number is that of a document as it was written, whose visibility the vectors know.
//!
//! Derived from the rows, and rebuilt on opening. Written by the actor, read by all; no lock lasts longer than a slice.

use std::collections::{HashMap, VecDeque};

use parking_lot::RwLock;
use roaring::RoaringBitmap;

use crate::index::vector::IdBytes;

/// Numbers looked at under one lock.
const SLICE_ROWS: usize = 1_024;
/// About what one entry takes in the map, beside an id that is too long to stand in it.
const ENTRY_BYTES: usize = 96;
/// `ended` of what has not ended.
const LIVE: u64 = u64::MAX;

#[derive(Debug)]
enum Entry {
    Version { id: IdBytes, vector: Option<u32>, created: u64, ended: u64 },
    Superseded { at: u64 },
}

/// What a reader sees under a number.
enum Seen {
    /// What it sees of the vector of this number.
    Vector,
    /// Nothing.
    Nothing,
    /// A version, with its vector.
    Version(Option<u32>),
}

#[derive(Debug, Default)]
struct Table {
    entries: HashMap<u32, Entry, ahash::RandomState>,
    /// The numbers in `entries`.
    rows: RoaringBitmap,
    /// Superseded ones whose vectors were deleted, by commit.
    without_vector: VecDeque<(u64, u32)>,
}

impl Table {
    fn remove(&mut self, row: u32) {
        self.entries.remove(&row);
        self.rows.remove(row);
    }

    fn see(&self, row: u32, seq: u64) -> Seen {
        match self.entries.get(&row) {
            None => Seen::Vector,
            Some(Entry::Superseded { at }) if seq < *at => Seen::Vector,
            Some(Entry::Version { vector, created, ended, .. }) if (*created..*ended).contains(&seq) => {
                Seen::Version(*vector)
            }
            Some(Entry::Superseded { .. } | Entry::Version { .. }) => Seen::Nothing,
        }
    }
}

/// The versions of one collection.
#[derive(Debug, Default)]
pub struct Versions(RwLock<Table>);

impl Versions {
    /// Adds a version, seen from commit `seq` on.
    pub fn add(&self, row: u32, id: &[u8], vector: Option<u32>, seq: u64) {
        let mut table = self.0.write();
        table.entries.insert(row, Entry::Version { id: IdBytes::new(id), vector, created: seq, ended: LIVE });
        table.rows.insert(row);
    }

    /// Ends what a number stands for at commit `seq`, where its vector lives on or there is none: a version, or a document as
    /// it was written.
    pub fn end(&self, row: u32, seq: u64) {
        let mut table = self.0.write();
        match table.entries.get_mut(&row) {
            Some(Entry::Version { ended, .. }) => *ended = seq,
            Some(Entry::Superseded { .. }) => {}
            None => {
                table.entries.insert(row, Entry::Superseded { at: seq });
                table.rows.insert(row);
            }
        }
    }

    /// Forgets a version that no reader sees any more. A number under which there is a vector stays superseded, or whoever
    /// still holds the number would see what it was before.
    pub fn forget(&self, row: u32) {
        let mut table = self.0.write();
        if matches!(table.entries.get(&row), Some(Entry::Version { .. })) {
            table.remove(row);
        }
    }

    /// Notes that the vector of this number was deleted at commit `seq`.
    pub fn delete_vector(&self, row: u32, seq: u64) {
        let is_superseded = matches!(self.0.read().entries.get(&row), Some(Entry::Superseded { .. }));
        if is_superseded {
            self.0.write().without_vector.push_back((seq, row));
        }
    }

    /// Forgets the superseded numbers whose vectors no reader at or after commit `seq` sees.
    pub fn reclaim(&self, seq: u64) {
        let is_over = |table: &Table| table.without_vector.front().is_some_and(|(deleted, _)| *deleted <= seq);
        if !is_over(&self.0.read()) {
            return;
        }
        let mut table = self.0.write();
        while let Some((_, row)) = table.without_vector.pop_front_if(|(deleted, _)| *deleted <= seq) {
            table.remove(row);
        }
    }

    /// The id of a version.
    pub fn id(&self, row: u32) -> Option<IdBytes> {
        match self.0.read().entries.get(&row)? {
            Entry::Version { id, .. } => Some(id.clone()),
            Entry::Superseded { .. } => None,
        }
    }

    /// Whether a reader at `seq` sees a document under this number; `sees_vector` says it of vectors.
    pub fn is_visible(&self, row: u32, seq: u64, sees_vector: impl FnOnce(u32) -> bool) -> bool {
        let seen = self.0.read().see(row, seq);
        match seen {
            Seen::Vector => sees_vector(row),
            Seen::Nothing => false,
            Seen::Version(_) => true,
        }
    }

    /// The vectors of the documents that a reader at `seq` sees under these numbers; those of documents as they were written
    /// are given whether they are seen or not. Between two slices `step` says whether to go on.
    pub fn vectors_of<E>(
        &self,
        rows: RoaringBitmap,
        seq: u64,
        step: &mut impl FnMut() -> Result<(), E>,
    ) -> Result<RoaringBitmap, E> {
        let apart = {
            let table = self.0.read();
            if table.rows.is_empty() { RoaringBitmap::new() } else { &rows & &table.rows }
        };
        if apart.is_empty() {
            return Ok(rows);
        }
        let mut vectors = rows - &apart;
        let mut left = apart.iter();
        loop {
            let slice: Vec<u32> = left.by_ref().take(SLICE_ROWS).collect();
            if slice.is_empty() {
                return Ok(vectors);
            }
            step()?;
            let table = self.0.read();
            vectors.extend(slice.into_iter().filter_map(|row| match table.see(row, seq) {
                Seen::Vector => Some(row),
                Seen::Nothing => None,
                Seen::Version(vector) => vector,
            }));
        }
    }

    /// Bytes in memory, about.
    pub fn memory_bytes(&self) -> usize {
        self.0.read().entries.len() * ENTRY_BYTES
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use std::convert::Infallible;

    use super::Versions;

    fn vectors(versions: &Versions, rows: &[u32], seq: u64) -> Vec<u32> {
        let step = &mut || Ok::<_, Infallible>(());
        versions.vectors_of(rows.iter().copied().collect(), seq, step).unwrap().iter().collect()
    }

    /// Row 1 is written at 10 with its vector, changed at 20 (row 5) and at 30 (row 6), and deleted at 40.
    #[test]
    fn each_reader_finds_a_vector_by_the_version_that_it_sees() {
        let versions = Versions::default();
        versions.end(1, 20);
        versions.add(5, b"a", Some(1), 20);
        versions.end(5, 30);
        versions.add(6, b"a", Some(1), 30);
        versions.end(6, 40);
        for (row, seen_at) in [(1, 10..20), (5, 20..30), (6, 30..40)] {
            for seq in [10, 19, 20, 29, 30, 39, 40, 50] {
                let expected: &[u32] = if seen_at.contains(&seq) { &[1] } else { &[] };
                assert_eq!(vectors(&versions, &[row], seq), expected, "row {row} at {seq}");
                assert_eq!(versions.is_visible(row, seq, |_| seq >= 10), seen_at.contains(&seq), "row {row} at {seq}");
            }
        }
        assert_eq!(vectors(&versions, &[1, 2, 5, 6], 35), [1, 2], "row 2 is none of ours");
        versions.forget(1);
        versions.forget(5);
        assert!(!versions.is_visible(1, 20, |_| true), "its vector is there");
        assert_eq!(versions.id(5).map(|id| id.to_vec()), None);
        versions.delete_vector(1, 40);
        versions.delete_vector(2, 40);
        versions.reclaim(39);
        assert_eq!(versions.memory_bytes(), 2 * super::ENTRY_BYTES);
        versions.reclaim(40);
        assert_eq!(versions.memory_bytes(), super::ENTRY_BYTES);
        assert_eq!(versions.id(6).unwrap().to_vec(), b"a");
    }

    #[test]
    fn a_document_without_an_embedding_has_no_vector() {
        let versions = Versions::default();
        versions.add(3, b"a", None, 7);
        assert_eq!(vectors(&versions, &[2, 3], 7), [2]);
        assert!(!versions.is_visible(3, 6, |_| true) && versions.is_visible(3, 7, |_| false));
        versions.end(3, 9);
        assert!(versions.is_visible(3, 8, |_| false) && !versions.is_visible(3, 9, |_| true));
    }
}
