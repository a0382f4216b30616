//! ToonDB's engine: durable memory for AI agents.
//!
//! It keeps key-values, documents with embeddings, a property graph and a bitemporal graph, for each tenant namespace
//! apart. One actor for each namespace writes, over a write-ahead log and a redb file; any number of threads read
//! consistent snapshots. It is not a server: the frontends in the neighbouring crates hand it requests and give its
//! answers back.
//!
//! ```
//! use toondb_engine::{Engine, EngineOptions, api};
//!
//! # let dir = std::env::temp_dir().join(format!("toondb-doc-{}", std::process::id()));
//! let engine = Engine::open(EngineOptions::new(&dir))?;
//! let key = api::ByteBuf::from("greeting");
//! let value = api::ByteBuf::from("hello");
//! engine.run("default", api::Put { key: key.clone(), value, ttl_ms: None, durability: api::Durability::Durable })?;
//! let found = engine.run("default", api::Get { key, snapshot: None })?.found;
//! assert_eq!(found.map(|found| found.value.into_vec()), Some(b"hello".to_vec()));
//! engine.close()?;
//! # std::fs::remove_dir_all(dir).ok();
//! # Ok::<(), api::Error>(())
//! ```

mod about;
#[macro_use]
pub mod api;
mod catalog;
pub mod check;
mod checkpoints;
pub mod clock;
mod data_dir;
pub mod disk;
mod engine;
pub mod format;
mod head_version;
pub mod index;
pub mod limits;
mod lock;
mod log;
mod namespace;
mod occupancy;
mod options;
pub mod peer;
#[doc(hidden)]
pub mod planted;
mod reply;
pub mod rng;
mod router;
mod scrub;
mod service;
mod shared_dir;
mod space;
mod store;
#[cfg(test)]
mod tests;
mod ticker;
mod waiter;
mod work;

pub use about::VERSION;
pub use engine::Engine;
pub use lock::{Holder, HolderState, StartLock};
pub use log::{Lineage, LogPin, PinEnd, PinState};
pub use namespace::{CommitCursor, CommitGroup, CommitLog, LoggedCommit, LoggedRow};
pub use options::EngineOptions;
pub use reply::{Completion, Reply};
pub use service::Service;
pub use shared_dir::{DirectoryIdentity, SharedDir};
pub use store::{OperationHead, Origin};
pub use work::{Budget, Permit, Share, progress_bytes_min};
