//! The in-memory vector index of one collection: nearest neighbours that are exact at every moment.
//!
//! Rows live in an append-only arena of fixed-size chunks (`arena`). Most of them are covered by an HNSW graph
//! (Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using Hierarchical Navigable Small
//! World graphs", 2016) which a background thread builds from time to time (`graph`, `build`); every row it does
//! not cover is scanned. A fresh row is therefore found by the next search, and a deleted row is gone from it.
//! Distances are always computed from the stored `f32` rows by one kernel (`kernel`), so a row scores the same
//! whether a scan or the graph found it.
//!
//! Rows are versioned: a row is visible to a reader at `seq` when `created_seq <= seq < deleted_seq`. One writer
//! inserts and deletes, any number of readers search; readers take no lock. Nothing here touches files or clocks: the
//! owner replays its durable rows into a new index after a restart.

mod arena;
mod build;
mod build_state;
mod calibrate;
mod directory;
mod error;
mod graph;
mod hit;
mod id;
mod index;
mod kernel;
mod metric;
mod params;
mod search;
mod top;

#[cfg(test)]
mod tests;

pub use build::{BuildOptions, BuildOutcome};
pub use error::VectorError;
pub use hit::Hit;
pub use id::IdBytes;
pub use index::{VectorIndex, VectorStats};
pub use params::{SearchParams, VectorParams, validate};
