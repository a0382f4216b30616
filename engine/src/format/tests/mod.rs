//! Tests of the formats.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "whatever fails here fails the test"
)]

mod bounds;
mod fixtures;
mod hostile;
mod integers;
mod output;
mod random;
mod round_trip;
mod tally;
mod tokens;
