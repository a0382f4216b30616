//! Reads of the temporal graph.

mod facts;
mod history;
mod query;
mod walk;

pub use history::history;
pub use query::query;
pub use walk::traverse;
