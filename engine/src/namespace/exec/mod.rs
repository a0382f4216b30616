//! Operations that write: each says itself how it is executed, by the actor alone, leaving its effects in the context.

use super::context::WriteContext;
use crate::api::{Operation, Result};

mod cache;
mod collection;
mod commit;
mod dispatch;
mod documents;
pub(super) mod graph;
mod kv;
mod kv_update;
mod ordered_log;
mod range_delete;
mod rows;
pub(super) mod temporal;
mod vectors;

pub use collection::purge;
pub use dispatch::execute;
pub use graph::list_nodes;
pub use kv::{expired, sweep};
pub use range_delete::remove_ranges;
pub use rows::sweep as sweep_rows;
pub use temporal::list_facts;

/// A write.
trait Execute: Operation {
    /// Carries it out; everything it does stays in `ctx`.
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Self::Reply>;
}
