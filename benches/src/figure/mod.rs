//! The figures, one file for each group.

mod insert;
mod latency;
mod memory;
mod search;
mod stall;
mod temporal;
mod throughput;

pub use insert::insert;
pub use latency::{get, put};
pub use memory::memory;
pub use search::search;
pub use stall::stall;
pub use temporal::temporal;
pub use throughput::{load, pipeline};
