//! The signals of a server: three end it in order, and no other one that means nothing to it ends it at all.
//!
//! | Signal | What it does |
//! |---|---|
//! | TERM, INT; XCPU, PWR | Ends the server: what was accepted is answered. The last two announce an end that comes anyway |
//! | HUP | Nothing but a line in the log; the supervisor is told that it was heard |
//! | USR1, USR2, ALRM, VTALRM, PROF, IO, STKFLT, the real-time ones | Nothing but a line in the log |
//! | XFSZ | Nothing: the write that passed the limit of a file's size fails, and is dealt with as on a full disk |
//! | PIPE | Nothing: Rust ignores it from the start |
//! | QUIT, ABRT and those of faults | As ever: they ask for a core dump |
//!
//! The system's answer to the second and the third row would be to end the process at once, and a terminal that was closed, a
//! tool for rotating logs or a limit that somebody set for another program is no wish to do without the server.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use toondb_ipc::Succession;

/// Signals that end a server in order.
const ENDING: [(&str, i32); 4] = [("SIGTERM", 15), ("SIGINT", 2), ("SIGXCPU", 24), ("SIGPWR", 30)];
/// Signals that mean nothing to it.
const IDLE: [(&str, i32); 9] = [
    (RELOAD, 1),
    ("SIGUSR1", 10),
    ("SIGUSR2", 12),
    ("SIGALRM", 14),
    ("SIGSTKFLT", 16),
    ("SIGXFSZ", 25),
    ("SIGVTALRM", 26),
    ("SIGPROF", 27),
    ("SIGIO", 29),
];
/// By which supervisors ask to read settings again; see [`crate::supervisor`].
const RELOAD: &str = "SIGHUP";
/// The real-time signals that the C library leaves to programs.
const REAL_TIME: std::ops::RangeInclusive<i32> = 34..=64;

/// Signals that are caught from the moment this exists.
pub struct Signals {
    runtime: Runtime,
    caught: Vec<(&'static str, Signal)>,
}

impl Signals {
    /// Catches those that mean nothing, so that nothing that happens before the server is ready is ended by one of them.
    pub fn catch_idle() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let mut signals = Self { runtime, caught: Vec::new() };
        signals.catch(IDLE)?;
        signals.catch(REAL_TIME.map(|number| ("a real-time signal", number)))?;
        Ok(signals)
    }

    /// Catches those that end a server as well: from now on it ends in order.
    pub fn catch_ending(&mut self) -> io::Result<()> {
        self.catch(ENDING)
    }

    fn catch(&mut self, signals: impl IntoIterator<Item = (&'static str, i32)>) -> io::Result<()> {
        let _inside = self.runtime.enter();
        for (name, number) in signals {
            self.caught.push((name, signal(SignalKind::from_raw(number))?));
        }
        Ok(())
    }

    /// Waits for a signal that means something, or for a client that asks the server to give way, for so long at most.
    pub fn wait(&mut self, at_most: Option<Duration>, succession: Option<&Succession>) -> Event {
        let Self { runtime, caught } = self;
        runtime.block_on(async {
            let signal = poll_fn(|context| poll_meaning(caught, context));
            let asked = async {
                match succession {
                    Some(succession) => succession.asked().await,
                    None => std::future::pending().await,
                }
            };
            let event = async {
                tokio::select! {
                    event = signal => event,
                    () = asked => Event::GiveWay,
                }
            };
            match at_most {
                None => event.await,
                Some(time) => tokio::time::timeout(time, event).await.unwrap_or(Event::None),
            }
        })
    }
}

/// What has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A signal of this name ends the server.
    End(&'static str),
    /// SIGHUP.
    Reload,
    /// A client would start a newer version, and nobody else is connected.
    GiveWay,
    /// Nothing, in the time given.
    None,
}

fn poll_meaning(caught: &mut [(&'static str, Signal)], context: &mut Context<'_>) -> Poll<Event> {
    for (name, signal) in caught {
        while let Poll::Ready(Some(())) = signal.poll_recv(context) {
            if ENDING.iter().any(|(ending, _)| ending == name) {
                return Poll::Ready(Event::End(name));
            }
            tracing::info!(
                signal = name,
                "the signal changes nothing; tokens are followed as they change, and certificates are read at start"
            );
            if *name == RELOAD {
                return Poll::Ready(Event::Reload);
            }
        }
    }
    Poll::Pending
}
