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

    /// The document's id, if the row is seen.
    pub fn id(&self, row: u32) -> Option<IdBytes> {
        self.collection.vectors.visible_id(row, self.snapshot.seq())
    }

    /// All of them, of those that are `allowed`; nothing = of all.
    pub fn all(&self, allowed: Option<&RoaringBitmap>) -> Result<RoaringBitmap> {
        let mut rows = RoaringBitmap::new();
        let look = &mut || self.snapshot.wanted.look();
        let take = |row, _: &[u8]| {
            rows.insert(row);
        };
        self.collection.vectors.for_each_while(self.snapshot.seq(), allowed, look, take)?;
        Ok(rows)
    }
}
