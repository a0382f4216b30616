//! Checkpoints that users take: a namespace at one commit as a file of its own, to be restored, exported and imported.
//!
//! ```text
//! create:   snapshot -> copy -> writer -> temporary file -> synced, renamed
//! restore:  file -> reader -> item (decode, check) -> build -> new files of a namespace -> one change of the catalog
//! import:   bytes -> spool file -> reader or json -> item -> build (a scratch store, thrown away) + writer -> as create
//! export:   the file's bytes, or reader -> item -> json
//! ```
//!
//! Only rows that say something are in a file. Reverse edges, the index of expiries, the times of commits and all counters
//! are made anew from them by the one builder that restoring and importing share, so no file can make them disagree.

mod build;
mod copy;
mod exports;
mod fault;
mod folder;
mod head;
mod imports;
mod item;
mod json;
mod keeper;
mod look;
mod reader;
mod site;
#[cfg(test)]
mod tests;
mod writer;

pub use folder::{DIR, TEMPORARY_DIR};
pub use keeper::Keeper;
pub use look::{CheckpointWalk, WalkFault, WalkStep, checkpoint_ids, look};
