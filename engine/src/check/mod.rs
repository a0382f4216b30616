//! Checks a whole data directory: one that no process has open (`directory.rs`), or the one that this process serves
//! (`in_use.rs`).
//!
//! ```text
//! lock -> catalog against folders -> each namespace: pages, rows, log -> users' checkpoints -> lost/ -> report
//!                                             '-> repair, where nothing but derived rows is wrong
//! ```
//!
//! The lock is the one that a server takes, so nobody writes meanwhile. Everything is looked at through a disk on which
//! nothing can be changed; only a repair is given the real one, and it writes to the stores of namespaces alone. A directory in
//! use is looked at in the same order; for a repair the namespace is out of service.

mod directory;
mod in_use;

pub use directory::check_directory;
use directory::look_at_lost;
pub(crate) use in_use::InUse;
#[cfg(test)]
mod tests;
