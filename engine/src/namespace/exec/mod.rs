//! Operations that write: one function each, run by the actor alone, leaving their effects in the context.

mod cache;
mod collection;
mod commit;
mod dispatch;
pub(super) mod graph;
mod kv;
pub(super) mod temporal;
mod vectors;

pub use cache::sweep as sweep_entries;
pub use collection::{purge, row_bytes};
pub use dispatch::{durability, execute};
pub use kv::{expired, sweep};
