//! How an engine is opened.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, SystemClock};
use crate::disk::Disk;
use crate::rng::Rng;

/// What an engine needs to be opened. Everything but the path has a sensible default.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// The data directory; created if it is missing.
    pub path: PathBuf,
    /// True if this process will say where it serves the directory ([`Engine::announce`](crate::Engine::announce)); a second process
    /// that wants it then waits for that instead of being refused.
    pub serves: bool,
    /// Where files are; the real file system unless a test simulates one.
    pub disk: Option<Arc<dyn Disk>>,
    /// The time; the system's unless a test moves it.
    pub clock: Arc<dyn Clock>,
    /// Randomness; the kernel's unless a test seeds it.
    pub rng: Option<Arc<dyn Rng>>,
    /// Most namespaces that are open at once.
    pub open_namespaces_max: usize,
    /// Most bytes of answers that nobody has read yet, over all doors.
    pub answer_bytes_max: usize,
    /// redb's page cache, for each open namespace.
    pub store_cache_bytes: usize,
    /// How long closing waits for requests that are running.
    pub drain_max: Duration,
}

impl EngineOptions {
    /// Options for a data directory on the real file system.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            serves: false,
            disk: None,
            clock: Arc::new(SystemClock::new()),
            rng: None,
            open_namespaces_max: crate::limits::OPEN_NAMESPACES_MAX,
            answer_bytes_max: crate::limits::UNREAD_BYTES_MAX,
            store_cache_bytes: crate::limits::STORE_CACHE_BYTES,
            drain_max: crate::limits::DRAIN_TIMEOUT,
        }
    }

    /// The same, on a simulated disk.
    #[must_use]
    pub fn on_disk(mut self, disk: Arc<dyn Disk>) -> Self {
        self.disk = Some(disk);
        self
    }
}
