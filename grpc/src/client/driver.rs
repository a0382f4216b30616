//! Moves the bytes of a connection for threads that wait.
//!
//! A runtime of one thread has a core, which whoever holds it drives: sockets, timers, the connection's tasks. A thread
//! that waits for an answer takes the core and reads the socket itself, so that neither the request nor the answer passes
//! through another thread; of several that wait one drives, and the next one when it has its answer. Between calls nobody
//! would answer the server's pings or notice that it went away. A thread of its own, the keeper, drives then: it takes the
//! core when no call was made for a while, and gives it back when the next one is.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use toondb_engine::api::Result;

use super::blocking::OnIdle;

/// How long no call is made before the keeper drives.
const REST: Duration = Duration::from_millis(20);

struct Shared {
    runtime: Runtime,
    /// How many slices of calls began, and how many ended: equal = nobody waits.
    begun: AtomicU64,
    ended: AtomicU64,
    /// True while the keeper drives, or is about to.
    keeps: AtomicBool,
    /// Tells the keeper to give the core back.
    wanted: Notify,
    stops: AtomicBool,
}

/// A runtime that its callers drive. The owner drops it in the process that started it, or never.
pub struct Driver {
    shared: Arc<Shared>,
    keeper: Thread,
}

impl Driver {
    /// A driver with nothing to do yet.
    pub fn start() -> io::Result<Self> {
        let shared = Arc::new(Shared {
            runtime: Builder::new_current_thread().enable_all().build()?,
            begun: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            keeps: AtomicBool::new(false),
            wanted: Notify::new(),
            stops: AtomicBool::new(false),
        });
        let kept = Arc::clone(&shared);
        let handle = thread::Builder::new().name("toondb-grpc".to_owned()).spawn(move || kept.keep())?;
        Ok(Self { shared, keeper: handle.thread().clone() })
    }

    /// Runs what must find itself inside the runtime.
    pub fn enter<T>(&self, make: impl FnOnce() -> T) -> T {
        let _inside = self.shared.runtime.enter();
        make()
    }

    /// Waits for a call. Every `interval` it stops driving and asks `on_idle`, which may do anything, also wait here.
    pub fn wait<T>(
        &self,
        call: impl Future<Output = Result<T>>,
        interval: Duration,
        on_idle: Option<OnIdle<'_>>,
    ) -> Result<T> {
        let Some(on_idle) = on_idle else { return self.shared.drive(call) };
        let mut call = std::pin::pin!(call);
        loop {
            let slice = async { tokio::time::timeout(interval, call.as_mut()).await };
            match self.shared.drive(slice) {
                Ok(result) => return result,
                Err(_) => on_idle()?,
            }
        }
    }
}

impl Drop for Driver {
    /// Ends the connection: the keeper, which has the last share of the runtime, drops it.
    fn drop(&mut self) {
        self.shared.stops.store(true, Ordering::SeqCst);
        self.shared.wanted.notify_one();
        self.keeper.unpark();
    }
}

impl Shared {
    fn drive<F: Future>(&self, future: F) -> F::Output {
        self.begun.fetch_add(1, Ordering::SeqCst);
        if self.keeps.load(Ordering::SeqCst) {
            self.wanted.notify_one();
        }
        let output = self.runtime.block_on(future);
        self.ended.fetch_add(1, Ordering::SeqCst);
        output
    }

    fn keep(&self) {
        while !self.stops.load(Ordering::SeqCst) {
            let begun = self.begun.load(Ordering::SeqCst);
            thread::park_timeout(REST);
            if self.ended.load(Ordering::SeqCst) != begun || self.begun.load(Ordering::SeqCst) != begun {
                continue;
            }
            self.keeps.store(true, Ordering::SeqCst);
            self.runtime.block_on(self.wanted.notified());
            self.keeps.store(false, Ordering::SeqCst);
        }
    }
}
