//! What whoever started the server is told of it: systemd's protocol (sd_notify(3)). Without `NOTIFY_SOCKET` nobody is.

use std::time::Duration;

use sd_notify::NotifyState;
use toondb_engine::Engine;
use toondb_engine::clock::{Clock, SystemClock};

/// A start that lasts asks for so much more time,
const START_EXTENSION: Duration = Duration::from_secs(30);
/// and does so again after this.
const START_REPEAT: Duration = Duration::from_secs(10);

/// Tells; a message that cannot be sent is a line in the log.
fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the supervisor could not be told");
    }
}

/// A supervisor, if there is one.
#[derive(Debug)]
pub struct Supervisor {
    /// How long it waits for a sign of life before it ends the server; nothing = it waits for none.
    watchdog: Option<Duration>,
    clock: SystemClock,
    alive_at: Duration,
}

impl Supervisor {
    /// Whoever started this process.
    pub fn of_this_process() -> Self {
        let clock = SystemClock::new();
        Self { watchdog: sd_notify::watchdog_enabled(), alive_at: clock.monotonic(), clock }
    }

    /// Runs what the start waits for; while it lasts the supervisor is asked for patience.
    pub fn starting<T>(work: impl FnOnce() -> T) -> T {
        let (ended, end) = std::sync::mpsc::channel::<()>();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                while end.recv_timeout(START_REPEAT) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                    let more = u32::try_from(START_EXTENSION.as_micros()).unwrap_or(u32::MAX);
                    tell(&[NotifyState::ExtendTimeoutUsec(more), NotifyState::Status("opening the data directory")]);
                }
            });
            let done = work();
            drop(ended);
            done
        })
    }

    /// The server answers.
    pub fn ready(&self, addresses: &str) {
        // A line break would begin another message.
        let status = format!("serving {addresses}").replace(char::is_control, " ");
        tell(&[NotifyState::Ready, NotifyState::Status(&status)]);
    }

    /// SIGHUP has come. Nothing is read again, as tokens are followed as they change; the supervisor waits for the second word.
    pub fn reloaded(&self) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => tell(&[NotifyState::Reloading, now]),
            Err(error) => tracing::warn!(%error, "the clock could not be read"),
        }
        tell(&[NotifyState::Ready]);
    }

    /// The end has begun.
    pub fn stopping(&self, why: &str) {
        tell(&[NotifyState::Stopping, NotifyState::Status(why)]);
    }

    /// How often [`Self::look_after`] must be called; nothing = never.
    pub fn interval(&self) -> Option<Duration> {
        self.watchdog.map(|limit| limit / 4)
    }

    /// Gives a sign of life, unless a writer has been at one thing for as long as the supervisor waits.
    pub fn look_after(&mut self, engine: &Engine) {
        let now = self.clock.monotonic();
        let is_due = |limit: &Duration| now.saturating_sub(self.alive_at) >= *limit / 4;
        let Some(limit) = self.watchdog.filter(is_due) else { return };
        let busy = engine.busiest_writer();
        if busy < limit {
            tell(&[NotifyState::Watchdog]);
            self.alive_at = now;
        } else {
            tracing::error!(?busy, "a writer no longer answers: the supervisor gets no sign of life");
        }
    }
}
