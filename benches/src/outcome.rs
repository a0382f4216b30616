//! How a benchmark fails: with a text for the person who ran it.

use std::error::Error;

/// The result of anything in a benchmark.
pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;
