//! Operations that read: each says itself how it is answered, over a snapshot, on whatever thread the caller has.

use reader::Reader;

use super::state::State;
use crate::api::{Operation, Result};

mod answer_budget;
mod cache;
mod collection;
mod context;
mod dispatch;
mod documents;
mod graph;
mod groups;
mod kv;
mod listing;
mod ordered_log;
pub(super) mod reader;
mod render;
mod row_search;
mod snapshot;
pub(super) mod temporal;
#[cfg(test)]
mod tests;
mod traverse;
mod vectors;
pub(super) mod wants;

pub use dispatch::{is_short, query, read_nothing};

/// A read.
pub(super) trait Query: Operation {
    /// Answers it from a snapshot of the namespace.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<Self::Reply>;
}
