//! The engine in this process.
//!
//! Reads that are short by nature run on the calling thread. What may take long (writes wait for the disk, big reads
//! walk much) is handed to the engine, while this thread waits as [`crate::waiter`] says.

use std::path::PathBuf;
use std::sync::Arc;

use toondb_engine::api::{Cost, Request, Response, Result};
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
        let waiter = Arc::new(Waiter::new(request.effect()));
        self.engine.submit(namespace, request, Reply::new(waiter.clone(), 0));
        waiter.wait(idle)
    }

    fn close(&self) -> Result<()> {
        self.engine.close()
    }
}

/// True if the request is answered in about the time that handing it to another thread takes.
fn is_short(request: &Request) -> bool {
    match request.cost() {
        Cost::Short | Cost::Brief => true,
        Cost::Items(items) => items <= SHORT_ITEMS_MAX,
        Cost::Long => false,
    }
}
