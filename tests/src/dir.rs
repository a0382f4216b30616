//! A private directory that is removed in the end.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// What a server keeps free, and as much again as tests need.
const MEMORY_BYTES_MIN: u64 = 512 << 20;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A private directory with a short path, so that a socket's path fits in it; removed when dropped.
#[derive(Debug)]
pub struct TempDir(PathBuf);

impl TempDir {
    /// Makes one.
    #[must_use]
    pub fn new() -> Self {
        Self::below(&std::env::temp_dir()).unwrap()
    }

    /// Makes one in memory, where there is room: for tests that end processes, not machines. Nothing waits for a device there.
    #[must_use]
    pub fn in_memory() -> Self {
        let memory = Path::new("/dev/shm");
        let free = rustix::fs::statvfs(memory).map_or(0, |room| room.f_bavail.saturating_mul(room.f_frsize));
        let made = (free >= MEMORY_BYTES_MIN).then(|| Self::below(memory).ok());
        made.flatten().unwrap_or_default()
    }

    fn below(place: &Path) -> std::io::Result<Self> {
        let name = format!("toondb-t-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = place.join(name);
        // What a killed run of the same process id left behind.
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A path inside.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Default for TempDir {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
