//! One namespace's stored rows: the newest ones in a memtable, all older ones in redb. The only place that names redb.
//!
//! ```text
//! write:  Txn -> effects -> log (elsewhere) -> active memtable
//! flush:  frozen memtable -> redb, one two-phase commit, on a background thread
//! read:   Snapshot = active memtable + frozen memtable + redb read transaction, all at one commit_seq
//! ```

mod backend;
mod base;
mod base_snapshot;
mod block;
mod chunks;
mod client_record;
mod database;
mod effect;
mod error;
mod fact_lists;
mod flush;
mod front;
mod held;
mod key;
mod log_record;
mod log_walk;
mod memtable;
mod merge;
mod meta;
mod node_types;
mod origin;
mod pages;
mod range_delete;
mod rebuild;
mod record;
mod row;
mod seal;
mod shrink;
mod superblock;
mod table;
mod tables;
#[cfg(test)]
mod tests;
mod txn;
mod upgrade;
mod verify;
mod view;
mod writing;

pub use backend::Backend;
pub use base::Base;
pub use base_snapshot::BaseSnapshot;
pub use client_record::{AnswerBody, ClientRecord, INLINE_BYTES_MAX, KeptAnswer, LoggedOnce, answer_key};
pub use database::{GuardedDatabase, guarded};
pub use effect::{BatchFormat, BatchReader, BatchWriter, Effects, LoggedOperation, RowEffect};
pub use error::{StoreError, StoreResult};
pub use fact_lists::{FACTS_LISTED, change_key, changed_by, type_key};
pub use flush::FlushInput;
pub use front::{KvFront, NodeFront, TemporalFront};
pub use key::{KeyReader, KeyWriter, prefix_end};
pub use log_record::{LogEntryRow, LogHead, LogMark};
pub use log_walk::LogWalk;
pub use memtable::Memtable;
pub use node_types::{NODES_LISTED, are_nodes_listed, node_type_key, type_prefix};
pub use origin::{Author, OperationHead, Origin};
pub use range_delete::{HiddenRanges, RangeDelete};
pub use record::{
    CollectionKind, CollectionRecord, Counters, DocumentBody, DocumentFields, DocumentRecord, EdgeRecord, KvRecord,
    NodeRecord, Retraction, RowMark, RowPlace, TemporalRecord,
};
#[cfg(test)]
pub use row::ReadValue;
pub use row::{StoredRow, ValueHead, ValueOrHead};
pub use table::Table;
pub use txn::Txn;
pub use upgrade::{is_of_first_layout, upgrade};
pub use verify::{FaultKind, Pace, PageWalk, RowReport, StoreFile, StoreReport, verify_file, verify_pages_of};
pub use view::{KeyRange, Read, RowScan, RowSnapshot, View};
