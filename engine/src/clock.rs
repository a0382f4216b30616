//! The time seam: the only way engine code learns what time it is.
//!
//! Two readings with different jobs. The wall clock stamps data (expiry, transaction time) and may jump; the monotonic
//! one measures spans and never goes back. Production uses [`SystemClock`]; tests drive [`ManualClock`] by hand, so a
//! test of a time-to-live never waits.

use std::fmt::Debug;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A source of wall and monotonic time.
pub trait Clock: Send + Sync + Debug {
    /// Wall time as signed milliseconds since the Unix epoch.
    fn now_ms(&self) -> i64;

    /// Time since an arbitrary fixed start; never decreases.
    fn monotonic(&self) -> Duration;
}

/// The clock of the operating system.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// A clock whose monotonic reading starts at zero now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the seam every other caller goes through")]
    pub fn new() -> Self {
        Self { started: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the seam every other caller goes through")]
    fn now_ms(&self) -> i64 {
        let signed = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => signed(after),
            Err(before) => -signed(before.duration()),
        }
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }
}

/// A clock that moves only when told to.
#[derive(Debug, Default)]
pub struct ManualClock {
    wall_ms: AtomicI64,
    monotonic_ms: AtomicU64,
}

impl ManualClock {
    /// A clock standing at `wall_ms`, with a monotonic reading of zero.
    #[must_use]
    pub fn new(wall_ms: i64) -> Self {
        Self { wall_ms: AtomicI64::new(wall_ms), monotonic_ms: AtomicU64::new(0) }
    }

    /// Sets the wall clock, forwards or backwards; the monotonic reading stays.
    pub fn set_ms(&self, wall_ms: i64) {
        self.wall_ms.store(wall_ms, Ordering::SeqCst);
    }

    /// Lets `span_ms` pass on both readings.
    pub fn advance_ms(&self, span_ms: u64) {
        self.wall_ms.fetch_add(i64::try_from(span_ms).unwrap_or(i64::MAX), Ordering::SeqCst);
        self.monotonic_ms.fetch_add(span_ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> i64 {
        self.wall_ms.load(Ordering::SeqCst)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.monotonic_ms.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_clock_is_past_2020_and_monotonic() {
        let clock = SystemClock::new();
        assert!(clock.now_ms() > 1_577_836_800_000);
        let first = clock.monotonic();
        assert!(clock.monotonic() >= first);
    }

    #[test]
    fn manual_clock_moves_only_when_told() {
        let clock = ManualClock::new(-5);
        assert_eq!((clock.now_ms(), clock.monotonic()), (-5, Duration::ZERO));
        clock.advance_ms(15);
        assert_eq!((clock.now_ms(), clock.monotonic()), (10, Duration::from_millis(15)));
        clock.set_ms(3);
        assert_eq!((clock.now_ms(), clock.monotonic()), (3, Duration::from_millis(15)));
    }
}
