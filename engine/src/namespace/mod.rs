//! One open namespace: its mailbox, its single writer, and what readers see.
//!
//! ```text
//! Request -> mailbox -> actor (a group at a time): exec/* -> log + memtable -> publish -> reply
//! Request -> ReadView (one commit_seq) -> query/* -> reply
//! ```

mod actor;
mod change;
mod checkpoint;
mod collections;
mod context;
mod entries;
mod error;
mod exec;
mod handle;
mod mailbox;
mod query;
mod recovery;
mod snapshots;
mod state;
#[cfg(test)]
mod tests;
mod timelines;

pub use checkpoint::Spawn;
pub use collections::metric as vector_metric;
pub use exec::row_bytes;
pub use handle::{Namespace, NamespaceFiles, NamespaceOptions, Shared};
pub use mailbox::Envelope;
pub use query::{is_short as is_short_read, read_nothing};
pub use recovery::{create_files, fill_files};
pub use timelines::{decode as decode_fact, in_key as fact_in_key, out_key as fact_out_key, record as fact_record};
