//! Directories that are opened: their servers are started by clients, and belong to nobody.

use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, kill_process, set_child_subreaper, waitpid};
use toondb_engine::api::{Durability, Error, Increment, ServerStatsRequest};
use toondb_engine::clock::{Clock, SystemClock};
use toondb_ipc::{BlockingClient, ClientOptions, OpenOptions, ServerCommand};

use crate::process::server_binary;

/// Longer than anything takes on a busy machine: what is not answered by then fails the test.
const PATIENCE: Duration = Duration::from_secs(60);

/// How tests open a directory: with the server's binary that they test.
#[must_use]
pub fn open_options(idle_exit: Duration) -> OpenOptions {
    let client = ClientOptions { timeout: Some(PATIENCE), ..ClientOptions::default() };
    OpenOptions { idle_exit, client, ..OpenOptions::new(ServerCommand::new(server_binary())) }
}

/// One more, in the default namespace.
#[must_use]
pub fn increment(key: &str) -> Increment {
    Increment { key: key.as_bytes().to_vec().into(), by: 1, ttl_ms: None, durability: Durability::Durable }
}

/// A server that some client has started. This process collects it when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Started(u32);

impl Started {
    /// From now on the servers that this process's children leave behind become its own children, so that their end can be waited for.
    pub fn adopt_all() {
        set_child_subreaper(Some(rustix::process::getpid())).expect("Linux knows subreapers");
    }

    /// By its number.
    #[must_use]
    pub fn of_pid(pid: u32) -> Self {
        Self(pid)
    }

    /// The one that answers.
    ///
    /// # Errors
    /// As the call has.
    pub fn behind(client: &BlockingClient) -> Result<Self, Error> {
        client.call_op("", ServerStatsRequest {}).map(|stats| Self(stats.pid))
    }

    /// Its process.
    #[must_use]
    pub fn pid(self) -> u32 {
        self.0
    }

    fn number(self) -> Pid {
        i32::try_from(self.0).ok().and_then(Pid::from_raw).expect("a process has a number")
    }

    /// Sends it a signal, if it is still there.
    pub fn signal(self, signal: Signal) {
        let _ = kill_process(self.number(), signal);
    }

    /// Stops it: until it is told to continue, it does nothing.
    pub fn stop(self) {
        self.signal(Signal::STOP);
        // It is stopped only once all of its threads are.
        while waitpid(Some(self.number()), WaitOptions::UNTRACED).is_err() {
            std::thread::yield_now();
        }
    }

    /// Waits for its end, however it comes. One that was waited for before has ended.
    pub fn wait(self) {
        let clock = SystemClock::new();
        // Whoever met it first may know it before the process between it and its starter has ended: until then it is no child of ours.
        while waitpid(Some(self.number()), WaitOptions::empty()).is_err() && self.is_there() {
            assert!(clock.monotonic() < PATIENCE, "process {} is left", self.0);
            std::thread::yield_now();
        }
    }

    fn is_there(self) -> bool {
        Path::new(&format!("/proc/{}", self.0)).exists()
    }

    /// Kills it and waits.
    pub fn kill(self) {
        self.signal(Signal::KILL);
        self.wait();
    }
}
