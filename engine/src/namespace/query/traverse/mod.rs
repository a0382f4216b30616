//! Walks over many nodes: traversals of either graph, and shortest paths.

mod path;
mod statics;
mod walk;

#[cfg(test)]
mod tests;

pub use path::{PathPlan, PathSource, shortest};
pub use statics::traverse;
pub use walk::{Source, Visit, WalkPlan, walk};
