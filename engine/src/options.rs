//! How an engine is opened.

use std::path::PathBuf;
use std::sync::Arc;

use crate::clock::{Clock, SystemClock};
use crate::disk::{Disk, RealDisk};
use crate::rng::Rng;

/// What an engine needs to be opened. Everything but the path has a sensible default.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// The data directory; created if it is missing.
    pub path: PathBuf,
    /// Where files are; the real file system unless a test simulates one.
    pub disk: Option<Arc<dyn Disk>>,
    /// The time; the system's unless a test moves it.
    pub clock: Arc<dyn Clock>,
    /// Randomness; the kernel's unless a test seeds it.
    pub rng: Option<Arc<dyn Rng>>,
    /// Most namespaces that are open at once.
    pub open_namespaces_max: usize,
}

impl EngineOptions {
    /// Options for a data directory on the real file system.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            disk: None,
            clock: Arc::new(SystemClock::new()),
            rng: None,
            open_namespaces_max: crate::limits::OPEN_NAMESPACES_MAX,
        }
    }

    /// The same, on a simulated disk.
    #[must_use]
    pub fn on_disk(mut self, disk: Arc<dyn Disk>) -> Self {
        self.disk = Some(disk);
        self
    }

    pub(crate) fn disk_or_real(&self) -> Arc<dyn Disk> {
        self.disk.clone().unwrap_or_else(|| Arc::new(RealDisk))
    }
}
