//! The figures, one file for each group.

mod encode;
mod insert;
mod latency;
mod memory;
mod search;
mod stall;
mod temporal;
mod throughput;
mod tokens;

pub use encode::encode;
pub use insert::insert;
pub use latency::{get, put};
pub use memory::memory;
pub use search::search;
pub use stall::stall;
pub use temporal::temporal;
pub use throughput::{load, pipeline};
pub use tokens::tokens;
