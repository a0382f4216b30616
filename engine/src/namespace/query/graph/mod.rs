//! Reads of the static graph that walk no further than to the next node.

mod adjacency;
mod budget;
mod edges;
mod node_test;
mod nodes;
mod read;
mod sift;

pub use adjacency::{Adjacency, whole_edge};
pub use budget::{GraphBudget, edge_bytes, node_bytes, temporal_edge_bytes};
pub use edges::list_edges;
pub use node_test::NodeTest;
pub use nodes::{get_nodes, list_nodes};
pub use read::{get_edges, neighbors, node_or_bare};
