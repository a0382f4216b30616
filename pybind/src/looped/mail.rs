//! A mailbox that other threads fill and an event loop empties.
//!
//! The event descriptor is readable while there is anything in it (eventfd(2)); a thread writes to it only for the first
//! answer after the loop has looked, so that a group commit costs one system call and one wake-up.

use std::collections::HashSet;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::event::{EventfdFlags, eventfd};
use toondb_engine::Completion;
use toondb_engine::api::{Response, Result};

#[derive(Default)]
struct State {
    answers: Vec<(u64, Result<Response>)>,
    unwanted: HashSet<u64>,
}

/// Answers by their calls' numbers.
pub struct Mail {
    event: OwnedFd,
    state: Mutex<State>,
}

impl Mail {
    pub fn new() -> std::io::Result<Self> {
        let event = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self { event, state: Mutex::default() })
    }

    pub fn fd(&self) -> RawFd {
        self.event.as_raw_fd()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that has come. The descriptor is quiet before the box is emptied: what comes later makes it speak again.
    pub fn take(&self) -> Vec<(u64, Result<Response>)> {
        let mut count = [0; 8];
        // Nothing to read: somebody was quicker.
        let _ = rustix::io::read(&self.event, &mut count);
        let mut state = self.lock();
        let answers = std::mem::take(&mut state.answers);
        for (token, _) in &answers {
            state.unwanted.remove(token);
        }
        answers
    }

    /// Nobody waits for this answer any more.
    pub fn give_up(&self, token: u64) {
        self.lock().unwanted.insert(token);
    }
}

impl Completion for Mail {
    fn complete(&self, token: u64, result: Result<Response>) {
        let mut state = self.lock();
        state.answers.push((token, result));
        if state.answers.len() == 1 {
            // Any number but 0 makes it speak; it fails only if it speaks already.
            let _ = rustix::io::write(&self.event, &[1; 8]);
        }
    }

    fn is_wanted(&self, token: u64) -> bool {
        !self.lock().unwanted.contains(&token)
    }
}
