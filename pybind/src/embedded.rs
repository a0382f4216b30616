//! The engine in this process.
//!
//! Reads that are short by nature run on the calling thread. What may take long (writes wait for the disk, big reads
//! walk much) is handed to the engine, while this thread waits as [`crate::waiter`] says.
//!
//! A data directory belongs to one engine. Whoever opens one that this process has open joins its engine; it is closed when the
//! last of them has said so. A directory is known by its device and inode, not by a path: the engine keeps it open, so that no
//! other can get these numbers meanwhile.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use pyo3::Python;
use toondb_engine::api::{Cost, ErrorCode, Request, Response, Result};
use toondb_engine::{Engine, EngineOptions, Reply, Service};

use crate::transport::{Idle, Transport, closed_error};
use crate::waiter::Waiter;

/// A request for at most this many items is short, whatever its operation.
const SHORT_ITEMS_MAX: usize = 1_000;

/// Device and inode of a directory.
type Place = (u64, u64);

/// What this process has of a directory.
enum Entry {
    /// Somebody opens or closes it.
    Busy,
    /// It is open, and so many use it: each says so when it begins and when it ends.
    Open { engine: Arc<Engine>, users: usize },
}

/// The directories that a process has open. A forked child can use none of its parent's, nor its locks: it has a registry of its
/// own behind it.
struct Registry {
    pid: u32,
    entries: Mutex<HashMap<Place, Entry>>,
    changed: Condvar,
    child: OnceLock<Box<Registry>>,
}

impl Registry {
    fn new() -> Self {
        let (pid, child) = (std::process::id(), OnceLock::new());
        Self { pid, entries: Mutex::default(), changed: Condvar::new(), child }
    }

    fn here() -> &'static Registry {
        static FIRST: OnceLock<Registry> = OnceLock::new();
        let mut registry = FIRST.get_or_init(Registry::new);
        while registry.pid != std::process::id() {
            registry = registry.child.get_or_init(|| Box::new(Registry::new()));
        }
        registry
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Place, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins those who have the directory open; else it is the caller's to open, who has then said so.
    fn join(&self, place: Place) -> Option<Arc<Engine>> {
        let mut entries = self.lock();
        loop {
            match entries.get_mut(&place) {
                Some(Entry::Open { engine, users }) => {
                    *users += 1;
                    return Some(Arc::clone(engine));
                }
                Some(Entry::Busy) => {
                    entries = self.changed.wait(entries).unwrap_or_else(PoisonError::into_inner);
                }
                None => {
                    entries.insert(place, Entry::Busy);
                    return None;
                }
            }
        }
    }

    /// Says what has become of a directory that was busy.
    fn settle(&self, place: Place, entry: Option<Entry>) {
        let mut entries = self.lock();
        match entry {
            Some(entry) => drop(entries.insert(place, entry)),
            None => drop(entries.remove(&place)),
        }
        self.changed.notify_all();
    }

    /// The directory could not be opened. Joins those who have opened it all the same.
    fn give_up(&self, place: Place) -> Option<Arc<Engine>> {
        let mut entries = self.lock();
        let joined = match entries.get_mut(&place) {
            Some(Entry::Open { engine, users }) => {
                *users += 1;
                Some(Arc::clone(engine))
            }
            Some(Entry::Busy) | None => {
                entries.remove(&place);
                None
            }
        };
        self.changed.notify_all();
        joined
    }

    /// One of its users has ended. True for the last, who has to close it, and to say so.
    fn leave(&self, place: Place) -> bool {
        let mut entries = self.lock();
        let Some(Entry::Open { users, .. }) = entries.get_mut(&place) else { return true };
        *users -= 1;
        let is_last = *users == 0;
        if is_last {
            entries.insert(place, Entry::Busy);
        }
        is_last
    }
}

/// Where a directory is, whatever its path is called; nothing if there is none yet.
fn place_of(path: &Path) -> Option<Place> {
    path.metadata().ok().map(|found| (found.dev(), found.ino()))
}

/// One opening of a data directory. A forked child inherits it and gets `Forked` from every call; dropping it there
/// leaves the parent's files and locks alone, which is the engine's own doing.
pub struct Embedded {
    engine: Arc<Engine>,
    /// Nothing if it could not be looked at: then nobody joins it.
    place: Option<Place>,
    pid: u32,
    closed: AtomicBool,
}

impl Embedded {
    fn of(engine: Arc<Engine>, place: Option<Place>) -> Self {
        Self { engine, place, pid: std::process::id(), closed: AtomicBool::new(false) }
    }

    /// Opens the data directory, or joins those who have it open.
    pub fn open(path: PathBuf) -> Result<Self> {
        let registry = Registry::here();
        if let Some(place) = place_of(&path) {
            return Self::open_at(registry, path, place);
        }
        match Engine::open(EngineOptions::new(path.clone())) {
            Ok(engine) => {
                let (engine, place) = (Arc::new(engine), place_of(&path));
                if let Some(place) = place {
                    registry.settle(place, Some(Entry::Open { engine: Arc::clone(&engine), users: 1 }));
                }
                Ok(Self::of(engine, place))
            }
            // Another thread has made it meanwhile.
            Err(error) if error.code == ErrorCode::Locked => match place_of(&path) {
                Some(place) => Self::open_at(registry, path, place),
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    fn open_at(registry: &Registry, path: PathBuf, place: Place) -> Result<Self> {
        if let Some(engine) = registry.join(place) {
            return Ok(Self::of(engine, Some(place)));
        }
        match Engine::open(EngineOptions::new(path)).map(Arc::new) {
            Ok(engine) => {
                registry.settle(place, Some(Entry::Open { engine: Arc::clone(&engine), users: 1 }));
                Ok(Self::of(engine, Some(place)))
            }
            // Whoever was making the directory when this began may have opened it meanwhile.
            Err(error) => match registry.give_up(place) {
                Some(engine) => Ok(Self::of(engine, Some(place))),
                None => Err(error),
            },
        }
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
            Ok(()) => self.engine.submit(namespace, request, None, reply),
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
        let Some(place) = self.place else { return self.engine.close() };
        let registry = Registry::here();
        if !registry.leave(place) {
            return Ok(());
        }
        // While it is busy nobody else opens the directory: whoever comes next finds it free.
        let closed = self.engine.close();
        registry.settle(place, None);
        closed
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        // Closing may wait for the disk, and others may use the interpreter meanwhile. At its end there is none. What failed
        // here has failed before, and nobody is there to be told.
        let closed = Python::try_attach(|py| py.detach(|| Transport::close(self)));
        let _ = closed.unwrap_or_else(|| Transport::close(self));
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
