//! Reads of the static graph that look at one node.

mod adjacency;
mod budget;
mod read;

pub use adjacency::{Adjacency, whole_edge};
pub use budget::{GraphBudget, edge_bytes, node_bytes, temporal_edge_bytes};
pub use read::{get_edges, neighbors, node_or_bare};
