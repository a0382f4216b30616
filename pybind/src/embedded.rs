//! The engine in this process.
//!
//! Reads that are short by nature run on the calling thread. What may take long (writes wait for the disk, big reads
//! walk much) is handed to the engine, while this thread waits as [`crate::waiter`] says.

use std::path::PathBuf;
use std::sync::Arc;

use toondb_engine::api::{OpKind, Request, Response, Result};
use toondb_engine::{Engine, EngineOptions, Reply, Service};

use crate::transport::{Idle, Transport};
use crate::waiter::Waiter;

/// A request for at most this many items is short, whatever its operation.
const SHORT_ITEMS_MAX: usize = 1_000;

/// An engine opened by this process. A forked child inherits it and gets `Forked` from every call; dropping it there
/// leaves the parent's files and locks alone, which is the engine's own doing.
pub struct Embedded {
    engine: Engine,
}

impl Embedded {
    /// Opens the data directory.
    pub fn open(path: PathBuf) -> Result<Self> {
        Engine::open(EngineOptions::new(path)).map(|engine| Self { engine })
    }
}

impl Transport for Embedded {
    fn call(&self, namespace: &str, request: Request, idle: Idle<'_>) -> Option<Result<Response>> {
        if is_short(&request) {
            return Some(self.engine.call(namespace, request));
        }
        let waiter = Arc::new(Waiter::default());
        self.engine.submit(namespace, request, Reply::new(waiter.clone(), 0));
        waiter.wait(idle)
    }

    fn close(&self) -> Result<()> {
        self.engine.close()
    }
}

/// True if the request is answered in about the time that handing it to another thread takes.
fn is_short(request: &Request) -> bool {
    let items = |limit: Option<u32>| limit.is_some_and(|limit| limit as usize <= SHORT_ITEMS_MAX);
    match request {
        Request::MultiGet(get) => get.keys.len() <= SHORT_ITEMS_MAX,
        Request::GetDocuments(get) => get.ids.len() <= SHORT_ITEMS_MAX,
        Request::GetVectors(get) => get.ids.len() <= SHORT_ITEMS_MAX,
        Request::Scan(scan) => items(scan.limit),
        Request::GetEdges(get) => items(get.limit),
        Request::Neighbors(neighbors) => items(neighbors.limit),
        Request::SearchCollection(_) | Request::SearchVectors(_) | Request::CacheGet(_) => true,
        Request::ListCollections(_) | Request::ListIndexes(_) => true,
        other => other.code().kind() == OpKind::Read,
    }
}
