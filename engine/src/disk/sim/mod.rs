//! A file system in memory that can lose power at any operation.
//!
//! After the simulation-testing file models of FoundationDB (`KillMode::DROP_ONLY` / `FULL_CORRUPTION`) and SQLite's crash
//! VFS: every file keeps its durable bytes, its live bytes and the operations in between; every directory keeps its names
//! the same way. A crash image is the durable state plus any subset of the operations in between, each write whole or torn.

mod calls;
mod crash;
mod disk;
mod state;
#[cfg(test)]
mod tests;

pub use calls::CallFault;
pub use crash::CrashMode;
pub use disk::SimDisk;
