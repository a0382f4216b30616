//! The figures, one file for each group.

mod compare;
mod encode;
mod grpc_insert;
mod grpc_latency;
mod grpc_throughput;
mod insert;
mod latency;
mod memory;
mod neighbour;
mod once;
mod open;
mod round;
mod search;
mod stall;
mod temporal;
mod throughput;
mod tokens;
mod unread;

pub use compare::compare;
pub use encode::encode;
pub use grpc_insert::grpc_insert;
pub use grpc_latency::grpc_get;
pub use grpc_throughput::grpc_load;
pub use insert::insert;
pub use latency::{get, put};
pub use memory::memory;
pub use neighbour::neighbour;
pub use once::once;
pub use open::open;
pub use search::search;
pub use stall::stall;
pub use temporal::temporal;
pub use throughput::{load, pipeline};
pub use tokens::tokens;
pub use unread::unread;
