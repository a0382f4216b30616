//! One process owns a data directory, and its forks do not.

mod dir_lock;
mod file_system;
mod fork;
mod holder;
mod start_lock;

pub use dir_lock::{DirLock, FILE};
pub(crate) use holder::text;
pub use holder::{Holder, HolderState};
pub use start_lock::StartLock;
pub(crate) use start_lock::open_private;
