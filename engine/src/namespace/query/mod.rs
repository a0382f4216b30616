//! Operations that read: one function each, over a snapshot, on whatever thread the caller has.

mod cache;
mod collection;
mod dispatch;
mod graph;
mod kv;
pub(super) mod temporal;
mod traverse;
mod vectors;

pub use dispatch::{is_short, query, read_nothing};
