//! The signals of a server: three end it in order, and no other one that means nothing to it ends it at all.
//!
//! | Signal | What it does |
//! |---|---|
//! | TERM, INT; XCPU, PWR | Ends the server: what was accepted is answered. The last two announce an end that comes anyway |
//! | HUP, USR1, USR2, ALRM, VTALRM, PROF, IO, STKFLT, the real-time ones | Nothing but a line in the log |
//! | XFSZ | Nothing: the write that passed the limit of a file's size fails, and is dealt with as on a full disk |
//! | PIPE | Nothing: Rust ignores it from the start |
//! | QUIT, ABRT and those of faults | As ever: they ask for a core dump |
//!
//! The system's answer to the second and the third row would be to end the process at once, and a terminal that was closed, a
//! tool for rotating logs or a limit that somebody set for another program is no wish to do without the server.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};

use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Signals that end a server in order.
const ENDING: [(&str, i32); 4] = [("SIGTERM", 15), ("SIGINT", 2), ("SIGXCPU", 24), ("SIGPWR", 30)];
/// Signals that mean nothing to it.
const IDLE: [(&str, i32); 9] = [
    ("SIGHUP", 1),
    ("SIGUSR1", 10),
    ("SIGUSR2", 12),
    ("SIGALRM", 14),
    ("SIGSTKFLT", 16),
    ("SIGXFSZ", 25),
    ("SIGVTALRM", 26),
    ("SIGPROF", 27),
    ("SIGIO", 29),
];
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
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
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

    /// Waits for one that ends the server, and gives its name.
    pub fn wait(self) -> &'static str {
        let Self { runtime, mut caught } = self;
        runtime.block_on(poll_fn(|context| poll_ending(&mut caught, context)))
    }
}

fn poll_ending(caught: &mut [(&'static str, Signal)], context: &mut Context<'_>) -> Poll<&'static str> {
    for (name, signal) in caught {
        while let Poll::Ready(Some(())) = signal.poll_recv(context) {
            if ENDING.iter().any(|(ending, _)| ending == name) {
                return Poll::Ready(name);
            }
            tracing::info!(
                signal = name,
                "the signal changes nothing; tokens are followed as they change, and certificates are read at start"
            );
        }
    }
    Poll::Pending
}
