//! The engine as a whole, on a disk that looks on, lets operations wait and makes them fail.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "whatever fails here fails the test")]

mod bounds;
mod closing;
mod creating;
mod doubt;
mod faults;
mod large_answers;
mod lives;
mod once;
mod panics;
mod planted;
mod shrinking;
mod space;
mod stuck_flush;
pub(crate) mod world;
