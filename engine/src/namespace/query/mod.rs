//! Operations that read: one function each, over a snapshot, on whatever thread the caller has.

mod cache;
mod collection;
mod context;
mod dispatch;
mod graph;
mod kv;
pub(super) mod reader;
mod render;
pub(super) mod temporal;
#[cfg(test)]
mod tests;
mod traverse;
mod vectors;
pub(super) mod wants;

pub use dispatch::{is_short, query, read_nothing};
