//! Which rows of a collection a reader sees.
//!
//! The indexes in memory hold rows of commits that are not published yet, and deleted ones until no reader can see them.

use roaring::RoaringBitmap;

use crate::api::Result;
use crate::index::vector::IdBytes;
use crate::namespace::collection::Collection;
use crate::namespace::query::reader::Reader;

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
