//! Reads of the temporal graph.

mod facts;
mod history;
mod list;
mod newest;
mod query;
mod walk;

pub use history::history;
pub use list::list;
pub use query::query;
pub use walk::{neighbors, traverse};
