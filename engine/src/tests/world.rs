//! An engine on a probed disk, and the few requests that these tests make.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use parking_lot::Mutex;

use crate::api::{
    ByteBuf, CreateNamespace, DeleteNamespace, Durability, Error, ErrorCode, Flush, Get, Once, Put, Request, Response,
    Result, Scan, ServerStatsRequest,
};
use crate::clock::{Clock, SystemClock};
use crate::disk::{ProbeDisk, SimDisk};
use crate::reply::{Completion, Reply};
use crate::service::Service as _;
use crate::{Engine, EngineOptions};

pub const EIO: i32 = 5;
pub const EMFILE: i32 = 24;
pub const ENOSPC: i32 = 28;
pub const STORE: &str = "store.redb";

/// An engine that can be opened again.
pub struct World {
    pub sim: SimDisk,
    pub probe: ProbeDisk,
    pub engine: Engine,
    options: EngineOptions,
}

impl World {
    pub fn new() -> Self {
        Self::with(|_| ())
    }

    /// With options that a test changes.
    pub fn with(change: impl FnOnce(&mut EngineOptions)) -> Self {
        let sim = SimDisk::new();
        let probe = ProbeDisk::new(Arc::new(sim.clone()));
        let mut options = EngineOptions::new("/data").on_disk(Arc::new(probe.clone()));
        // So little that reads reach the disk: a debug build of redb reads everything into its cache on opening.
        options.store_cache_bytes = 16 << 10;
        change(&mut options);
        Self { engine: Engine::open(options.clone()).unwrap(), options, sim, probe }
    }

    /// Another engine on another disk.
    pub fn on(&self, sim: SimDisk) -> Self {
        let probe = ProbeDisk::new(Arc::new(sim.clone()));
        let options = self.options.clone().on_disk(Arc::new(probe.clone()));
        Self { engine: Engine::open(options.clone()).unwrap(), options, sim, probe }
    }

    /// Closes the engine and opens it anew: nothing is in any cache.
    pub fn reopen(&mut self) {
        within(Duration::from_secs(60), || self.engine.close());
        self.engine = Engine::open(self.options.clone()).unwrap();
    }

    pub fn put(&self, namespace: &str, key: &str) -> Result<()> {
        put(&self.engine, namespace, key)
    }

    pub fn has(&self, namespace: &str, key: &str) -> Result<bool> {
        has(&self.engine, namespace, key)
    }

    /// Writes keys of a prefix, cheaply, and then into the store.
    pub fn fill(&self, namespace: &str, keys: usize) {
        for i in 0..keys {
            let (key, value) = (ByteBuf::from(format!("key{i:05}")), ByteBuf::from(vec![7; 100]));
            let put = Put { key, value, ttl_ms: None, durability: Durability::Volatile };
            self.engine.run(namespace, put).unwrap();
        }
        self.engine.run(namespace, Flush {}).unwrap();
    }

    pub fn create(&self, namespace: &str) -> Result<()> {
        self.engine.run(namespace, CreateNamespace::default()).map(drop)
    }

    pub fn delete(&self, namespace: &str) -> Result<()> {
        self.engine.run(namespace, DeleteNamespace {}).map(drop)
    }

    pub fn panics(&self) -> u64 {
        self.engine.run("", ServerStatsRequest {}).unwrap().panics
    }
}

pub fn put(engine: &Engine, namespace: &str, key: &str) -> Result<()> {
    let (key, value) = (ByteBuf::from(key), ByteBuf::from("value"));
    engine.run(namespace, Put { key, value, ttl_ms: None, durability: Durability::Durable }).map(drop)
}

pub fn has(engine: &Engine, namespace: &str, key: &str) -> Result<bool> {
    Ok(engine.run(namespace, Get { key: ByteBuf::from(key), snapshot: None })?.found.is_some())
}

/// How many keys of [`World::fill`] there are.
pub fn count(engine: &Engine, namespace: &str) -> Result<usize> {
    let scan = Scan { prefix: Some(ByteBuf::from("key")), limit: Some(10_000), ..Scan::default() };
    Ok(engine.run(namespace, scan)?.entries.len())
}

/// Tries again and again what may be refused for a while; fails the test if it takes longer than `most`.
pub fn within<T>(most: Duration, mut attempt: impl FnMut() -> Result<T>) -> T {
    let clock = SystemClock::new();
    let deadline = clock.monotonic() + most;
    loop {
        match attempt() {
            Ok(done) => return done,
            Err(Error { code: ErrorCode::Busy | ErrorCode::Unavailable | ErrorCode::OutcomeUnknown, message }) => {
                assert!(clock.monotonic() < deadline, "still refused after {most:?}: {message}");
                std::thread::yield_now();
            }
            Err(error) => panic!("{:?}: {error}", error.code),
        }
    }
}

pub fn code<T: std::fmt::Debug>(result: Result<T>) -> ErrorCode {
    result.unwrap_err().code
}

/// Sends a result on.
struct Sink(Mutex<mpsc::Sender<Result<Response>>>);

impl Completion for Sink {
    fn complete(&self, _token: u64, result: Result<Response>) {
        let _ = self.0.lock().send(result);
    }

    fn is_wanted(&self, _token: u64) -> bool {
        true
    }
}

/// Asks as a door does, on a thread that others wait for: the answer comes here.
pub fn submit(engine: &Engine, namespace: &str, request: Request) -> mpsc::Receiver<Result<Response>> {
    ask(engine, namespace, request, None)
}

/// The same, under a number.
pub fn submit_once(engine: &Engine, namespace: &str, request: Request, once: Once) -> mpsc::Receiver<Result<Response>> {
    ask(engine, namespace, request, Some(once))
}

fn ask(engine: &Engine, namespace: &str, request: Request, once: Option<Once>) -> mpsc::Receiver<Result<Response>> {
    let (sender, receiver) = mpsc::channel();
    engine.submit(namespace, request, once, Reply::new(Arc::new(Sink(Mutex::new(sender))), 0));
    receiver
}
