//! Writes to the static graph.

mod add;
mod delete;
mod list;
mod merge;
mod rows;
mod update;

pub use add::{add_edge, add_node};
pub use delete::{delete_edge, delete_node};
pub use list::list_nodes;
pub use merge::merge_nodes;
pub use update::{update_edge, update_node};
