//! The inverted index over the metadata of one collection: from a filter to the set of rows that match it.
//!
//! For every field the index keeps which rows have it and, for every distinct value, which rows hold that value (its
//! posting): the inverted file of Zobel and Moffat ("Inverted files for text search engines", ACM Computing Surveys 38,
//! 2006) with values in the place of words, sorted so that ordered operators are range scans. Sets of rows are Roaring
//! bitmaps (Lemire et al., "Roaring bitmaps: implementation of an optimized software library", 2018).
//!
//! The answer is exact: it equals testing `Filter::matches` on every row. Keys are therefore kept whole, however long; a
//! long text costs its length once per distinct value, and a list is kept both whole (for equality) and by its elements
//! (for `$contains` and its kin). What lies inside a map is kept once more, by its path, without the maps in between; where
//! there are too many paths, and where whole maps are compared, the maps are walked (`names.rs`). `PROPERTIES_BYTES_MAX` bounds
//! what one row can add.

mod condition;
mod conjunction;
mod count;
mod field;
mod index;
mod interval;
mod names;
mod plan;
mod posting;
mod resolved;
mod scan;
mod shared;
mod terms;
mod walk;

#[cfg(test)]
mod tests;

pub use index::MetadataIndex;
pub use plan::Plan;
pub use shared::SharedIndex;
pub use terms::value_heap_bytes;
pub use walk::{ValueRange, ValueWalk};
