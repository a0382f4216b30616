//! Faults planted on purpose, to prove that the tests find them.
//!
//! Each takes away one thing that a guarantee rests on: a sync, a checksum, a check, an order. `TOONDB_PLANTED=<name>` turns one on in
//! builds for tests; in every other build [`is`] is a constant `false`, and nothing of this is left. The table says which test must
//! fail with each, and `missed` runs those tests.

mod fault;
#[cfg(any(test, feature = "sim"))]
mod hunt;

pub use fault::{Binary, Planted, is};
#[cfg(any(test, feature = "sim"))]
pub use hunt::{is_planted, missed};
