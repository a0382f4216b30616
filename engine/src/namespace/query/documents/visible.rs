//! Which rows of a collection a reader sees.
//!
//! The indexes in memory hold rows of commits that are not published yet, and deleted ones until no reader can see them.

use roaring::RoaringBitmap;

use crate::api::{Filter, Result};
use crate::index::vector::IdBytes;
use crate::namespace::collection::Collection;
use crate::namespace::matching::Matching;
use crate::namespace::query::reader::Reader;

/// The rows that match and have not expired, whether visible or not; nothing = all there are, none of which has. A condition
/// on contents, which are read, holds of those that are visible.
pub fn chosen(
    collection: &Collection,
    snapshot: &Reader<'_>,
    filter: Option<&Filter>,
    now_ms: i64,
) -> Result<Option<RoaringBitmap>> {
    Matching::new(collection, &**snapshot, snapshot.wanted).open_rows(filter, now_ms)
}

/// The vectors of the same among which a search may choose; nothing = all that the reader sees.
pub fn searchable(
    collection: &Collection,
    snapshot: &Reader<'_>,
    filter: Option<&Filter>,
    now_ms: i64,
) -> Result<Option<RoaringBitmap>> {
    let rows = chosen(collection, snapshot, filter, now_ms)?;
    rows.map(|rows| collection.vectors_of(rows, snapshot.seq(), snapshot.wanted)).transpose()
}

/// The rows of a collection that a reader sees.
#[derive(Clone, Copy)]
pub struct VisibleRows<'a> {
    collection: &'a Collection,
    snapshot: &'a Reader<'a>,
}

impl<'a> VisibleRows<'a> {
    /// Those of a collection at a snapshot.
    pub fn new(collection: &'a Collection, snapshot: &'a Reader<'a>) -> Self {
        Self { collection, snapshot }
    }

    /// Whether a row is seen.
    pub fn sees(&self, row: u32) -> bool {
        self.collection.is_visible(row, self.snapshot.seq())
    }

    /// The document's id, if the row is seen.
    pub fn id(&self, row: u32) -> Option<IdBytes> {
        self.collection.id(row).filter(|_| self.sees(row))
    }

    /// All of them, of those that are `allowed`; nothing = of all.
    pub fn all(&self, allowed: Option<RoaringBitmap>) -> Result<RoaringBitmap> {
        let mut seen = RoaringBitmap::new();
        for row in allowed.unwrap_or_else(|| self.collection.metadata().rows()) {
            self.snapshot.wanted.step()?;
            if self.sees(row) {
                seen.insert(row);
            }
        }
        Ok(seen)
    }
}
