//! The engine in this process.
//!
//! Reads that are short by nature run on the calling thread. What may take long (writes wait for the disk, big reads
//! walk much) is handed to the engine, while this thread waits as [`crate::waiter`] says.
//!
//! A data directory belongs to one engine. Whoever opens one that this process has open joins its engine; it is closed when the
//! last of them has said so.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use toondb_engine::api::{Cost, Request, Response, Result};
use toondb_engine::{Engine, EngineOptions, Reply, Service};

use crate::transport::{Idle, Transport, closed_error};
use crate::waiter::Waiter;

/// A request for at most this many items is short, whatever its operation.
const SHORT_ITEMS_MAX: usize = 1_000;

/// An engine, and how many have it open: each says so when it opens and when it closes.
struct Shared {
    engine: Arc<Engine>,
    users: usize,
}

/// The engines of this process, by the resolved paths of their directories. Held while one is opened or closed, so that nobody
/// opens a directory that is being closed. A forked child can use none of its parent's.
static OPEN: Mutex<Option<(u32, HashMap<PathBuf, Shared>)>> = Mutex::new(None);

/// One opening of a data directory. A forked child inherits it and gets `Forked` from every call; dropping it there
/// leaves the parent's files and locks alone, which is the engine's own doing.
pub struct Embedded {
    engine: Arc<Engine>,
    place: PathBuf,
    pid: u32,
    closed: AtomicBool,
}

/// Where a directory is, whatever its path is called; nothing if there is none yet.
fn resolved(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok()
}

fn with_open<T>(act: impl FnOnce(&mut HashMap<PathBuf, Shared>) -> T) -> T {
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    let pid = std::process::id();
    if open.as_ref().is_none_or(|(owner, _)| *owner != pid) {
        // What a child inherits is forgotten, not closed: it is the parent's.
        std::mem::forget(open.replace((pid, HashMap::new())));
    }
    match &mut *open {
        Some((_, engines)) => act(engines),
        None => act(&mut HashMap::new()),
    }
}

impl Embedded {
    /// Opens the data directory, or joins those who have it open.
    pub fn open(path: PathBuf) -> Result<Self> {
        with_open(|engines| {
            let (pid, closed) = (std::process::id(), AtomicBool::new(false));
            if let Some(place) = resolved(&path)
                && let Some(shared) = engines.get_mut(&place)
            {
                shared.users += 1;
                return Ok(Self { engine: Arc::clone(&shared.engine), place, pid, closed });
            }
            let engine = Arc::new(Engine::open(EngineOptions::new(path.clone()))?);
            let place = resolved(&path).unwrap_or(path);
            engines.insert(place.clone(), Shared { engine: Arc::clone(&engine), users: 1 });
            Ok(Self { engine, place, pid, closed })
        })
    }

    fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::Acquire) { Err(closed_error()) } else { Ok(()) }
    }

    /// Carries a short request out on this thread.
    pub fn run(&self, namespace: &str, request: Request) -> Result<Response> {
        self.check_open()?;
        self.engine.call(namespace, request)
    }

    /// Hands a request to the engine, which answers from a thread of its own.
    pub fn submit(&self, namespace: &str, request: Request, reply: Reply) {
        match self.check_open() {
            Ok(()) => self.engine.submit(namespace, request, reply),
            Err(error) => reply.send(Err(error)),
        }
    }
}

impl Transport for Embedded {
    fn call(&self, namespace: &str, request: Request, idle: Idle<'_>) -> Option<Result<Response>> {
        if is_short(&request) {
            return Some(self.run(namespace, request));
        }
        let waiter = Arc::new(Waiter::new(request.effect()));
        self.submit(namespace, request, Reply::new(waiter.clone(), 0));
        waiter.wait(idle)
    }

    fn close(&self) -> Result<()> {
        if self.pid != std::process::id() || self.closed.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        with_open(|engines| {
            let Some(shared) = engines.get_mut(&self.place) else { return Ok(()) };
            shared.users -= 1;
            if shared.users > 0 {
                return Ok(());
            }
            engines.remove(&self.place);
            // Closed while nobody else can open the directory: whoever comes next finds it free.
            self.engine.close()
        })
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        // What failed here has failed before, and nobody is there to be told.
        let _ = Transport::close(self);
    }
}

/// True if the request is answered in about the time that handing it to another thread takes.
pub fn is_short(request: &Request) -> bool {
    match request.cost() {
        Cost::Short | Cost::Brief => true,
        Cost::Items(items) => items <= SHORT_ITEMS_MAX,
        Cost::Long => false,
    }
}
