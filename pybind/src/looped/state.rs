//! What a line has under way.

use std::collections::{HashMap, VecDeque};
use std::os::fd::{OwnedFd, RawFd};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use toondb_engine::api::{Error, Response, Result};
use toondb_ipc::{Numbers, Pipeline};

use super::call::Call;
use super::door::Remote;
use super::mail::Mail;
use crate::embedded::Embedded;

/// The way that calls take.
pub enum Way {
    /// Nothing is connected.
    None,
    /// A thread connects, or opens the data directory, and leaves the outcome here.
    Connecting(Arc<Mutex<Option<Result<Way>>>>),
    /// A connection of this loop.
    Socket(Box<Pipeline>),
    /// The engine in this process.
    Embedded(Arc<Embedded>),
    /// A connection that all loops share.
    Grpc(Arc<Remote>),
}

/// Calls and what comes of them, to be told once the state is back in its place.
pub type Results = Vec<(Call, Result<Response>)>;

pub struct State {
    pub way: Way,
    /// Calls that are under way, by their numbers.
    pub running: HashMap<u64, Call>,
    /// Calls that wait for their turn, or for a connection.
    pub waiting: VecDeque<Call>,
    pub results: Results,
    /// When the server was last heard of, by the line's clock.
    pub heard: Duration,
    pub is_timed: bool,
    /// The server takes no more calls over the connection, and answers those that it has.
    pub is_refused: bool,
    /// The numbers of changes, once there was a socket to connect to.
    pub numbers: Option<Arc<Numbers>>,
    /// Calls answered without the loop since its last turn.
    pub quick: u32,
    /// The loop watches these.
    pub mail: Option<Arc<Mail>>,
    pub reads: Option<RawFd>,
    pub writes: Option<RawFd>,
    /// The connection, to be waited for while the state is in its place.
    pub socket: Option<Arc<OwnedFd>>,
    next: u64,
}

impl State {
    /// Nothing under way; numbers are given from behind `last` on.
    pub fn new(last: u64) -> Self {
        Self {
            way: Way::None,
            running: HashMap::new(),
            waiting: VecDeque::new(),
            results: Vec::new(),
            heard: Duration::ZERO,
            is_timed: false,
            is_refused: false,
            numbers: None,
            quick: 0,
            mail: None,
            reads: None,
            writes: None,
            socket: None,
            next: last,
        }
    }

    pub fn take_number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Fails everything: what runs may have been carried out.
    pub fn fail_all(&mut self, error: &Error) {
        for (_, call) in self.running.drain() {
            let lost = Error::answer_lost(call.code, error.clone());
            self.results.push((call, Err(lost)));
        }
        self.fail_waiting(error);
    }

    /// Fails what has not begun.
    pub fn fail_waiting(&mut self, error: &Error) {
        self.results.extend(self.waiting.drain(..).map(|call| {
            let error = call.lost(error.clone());
            (call, Err(error))
        }));
    }
}
