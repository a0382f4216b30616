//! Several processes, and files that are not what they should be.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "whatever fails here fails the test"
)]

mod activation;
mod checking;
mod damage;
mod directory;
mod doors;
mod flips;
mod formats;
mod grpc;
mod once;
mod opening;
mod opening_refused;
mod sharing;
mod stopping;
mod tokens;
mod welcome;
