//! Checkpoints as JSON, for people and other programs.
//!
//! ```text
//! {"format": "toondb-checkpoint", "version": 2, "name": "...", "namespace": "...", "metadata": {...},
//!  "commit_seq": 7, "last_commit_at": 1700000000000, "created_at": 1700000000000, "keys": 1,
//!  "rows": [
//!   {"type": "kv", "key": "a", "value": "1", "commit_seq": 3},
//!   ...
//!  ]}
//! ```
//!
//! Importing it gives the same checkpoint: numbers are written so that they come back bit by bit (`number` of a vector as
//! the exact double of its float), bytes that are no text as base64, and what JSON has no word for as `value.rs` says.
//! Rows come in the order of the binary file, each on a line of its own; an import is refused if they do not, or if
//! anything but `commit_seq`, `last_commit_at`, `created_at` and `keys` comes behind them.

mod input;
mod read;
mod row;
mod value;
mod write;

pub use read::{Items, read};
pub use write::write;
