//! One process owns a data directory, and its forks do not.

mod dir_lock;
mod fork;

pub use dir_lock::{DirLock, FILE};
