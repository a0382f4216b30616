//! One open namespace: its mailbox, its single writer, and what readers see.
//!
//! ```text
//! Request -> mailbox -> actor (a group at a time): exec/* -> log + memtable -> publish -> reply
//! Request -> ReadView (one commit_seq) -> query/* -> reply
//! ```

mod access;
mod actor;
mod answered;
mod beginning;
mod builds;
mod change;
mod checking;
mod chores;
mod collection;
mod collections;
mod commit_log;
mod context;
mod error;
mod exec;
mod filter_budget;
mod flush;
mod flush_failures;
mod flushing;
mod foresight;
mod group_space;
mod handle;
mod housekeeping;
mod last_changes;
mod lifetimes;
mod look;
mod look_ups;
mod mailbox;
mod matching;
mod opening;
mod openings;
mod options;
mod query;
mod readers;
mod recovery;
mod retire;
mod row_info;
mod shrink;
mod shrinking;
mod snapshots;
mod spawn;
mod state;
mod stats;
mod tenant;
#[cfg(test)]
mod tests;
mod timelines;
mod trial;
mod versions;

pub use commit_log::{CommitCursor, CommitGroup, CommitLog, LoggedCommit, LoggedRow};
pub use handle::Namespace;
pub use look::{Files, FilesReport};
pub use mailbox::Envelope;
pub use opening::Fence;
pub use openings::Openings;
pub use options::{NamespaceFiles, NamespaceOptions, Shared};
pub use query::{is_short as is_short_read, read_nothing};
pub use recovery::{STORE_NAME, create_files, fill_files};
pub use row_info::row_bytes;
#[cfg(test)]
pub use spawn::{Spawn, TrySpawn};
pub use spawn::{spawner, try_spawner};
#[cfg(test)]
pub use tenant::Tenant;
pub use timelines::{
    decode as decode_fact, in_key as fact_in_key, out_key as fact_out_key, record as fact_record,
    type_key as fact_type_key,
};
pub use trial::try_on_nothing;
