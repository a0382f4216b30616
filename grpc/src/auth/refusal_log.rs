//! Counts callers that were not let in, and logs them at most once a second: an attack must not fill the disk with its own
//! log. A line says how many there were since the line before, and shows the last of them. It never holds anything of what
//! was sent but the path, cut short.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use toondb_engine::clock::Clock;
use toondb_engine::limits;

use super::refusal::Refusal;

const PATH_BYTES_MAX: usize = 128;

/// Callers that were not let in.
#[derive(Debug)]
pub struct RefusalLog {
    clock: Arc<dyn Clock>,
    count: AtomicU64,
    last: Mutex<Last>,
}

#[derive(Debug, Default)]
struct Last {
    /// When the last line was written.
    at: Option<Duration>,
    /// The count that it told.
    count: u64,
}

impl RefusalLog {
    /// An empty one.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, count: AtomicU64::new(0), last: Mutex::default() }
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Adds one. True if a line was written.
    pub fn add(&self, refusal: Refusal, peer: Option<SocketAddr>, path: &str) -> bool {
        let count = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        // Whoever finds another thread at it leaves the line to that one, or to the next refusal.
        let Some(mut last) = self.last.try_lock() else { return false };
        let now = self.clock.monotonic();
        if last.at.is_some_and(|at| now.saturating_sub(at) < limits::REFUSAL_LOG_INTERVAL) {
            return false;
        }
        let refused = count.saturating_sub(last.count);
        *last = Last { at: Some(now), count };
        drop(last);
        let peer = peer.map_or_else(|| "unknown".to_owned(), |peer| peer.to_string());
        let path: String = path.chars().take(PATH_BYTES_MAX).flat_map(char::escape_default).collect();
        tracing::warn!(refused, reason = refusal.name(), %peer, path, "callers without a valid token were refused");
        true
    }
}

#[cfg(test)]
mod tests {
    use toondb_engine::clock::ManualClock;

    use super::*;

    #[test]
    fn all_are_counted_and_one_a_second_is_logged() {
        let clock = Arc::new(ManualClock::new(0));
        let log = RefusalLog::new(Arc::clone(&clock) as Arc<dyn Clock>);
        let add = || log.add(Refusal::Missing, None, "/x");
        assert!(add());
        assert!((0..1_000).all(|_| !add()));
        clock.advance_ms(999);
        assert!(!add());
        clock.advance_ms(1);
        assert!(add() && !add());
        assert_eq!(log.count(), 1_004);
    }
}
