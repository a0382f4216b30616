//! Real time, for the whole program in this one place: a benchmark has no simulated clock to run on.

use std::time::{Duration, Instant};

/// Time since a moment.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts it.
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Does something and says how long it took.
pub fn timed<R>(work: impl FnOnce() -> R) -> (Duration, R) {
    let watch = Stopwatch::start();
    let result = work();
    (watch.elapsed(), result)
}

/// Waits between two looks at something that another process does in its own time.
#[expect(clippy::disallowed_methods, reason = "another process's progress can only be polled")]
pub fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

/// The date in UTC, for example `2026-03-01`: a figure carries the date on which it was measured.
pub fn today() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}
