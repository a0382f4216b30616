//! The engine's threads, and the bytes it may hold for others: whatever has to be shared out is shared out here.

mod budget;
mod pool;
mod pools;
#[cfg(test)]
mod tests;
mod wanted;

pub use budget::{Budget, Permit, Share, progress_bytes_min};
pub use pool::{Job, Turn};
pub use pools::{Class, Pools, lower_priority};
pub use wanted::{Wanted, given_up};
