//! The load generator: one thread, any number of connections, the same economy as `redis-benchmark`.
//!
//! Requests are encoded once; between two of them only the digits of the key change. Answers are counted by their length
//! and status alone. Like its peer, a connection sends all its pipelined requests at once and the next ones when all of
//! them are answered.

mod batch;
mod generator;
mod lane;

pub use batch::Ask;
pub use generator::{Load, run};
