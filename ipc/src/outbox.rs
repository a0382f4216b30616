//! Where a connection's answers gather until its task writes them out.
//!
//! Any thread appends an encoded answer; the connection's task takes all of them at once, so one write syscall carries
//! many. While the task runs, or has been woken and not yet run, `awake` is set and nobody wakes it again: answers that
//! the service gives inline cost no wake at all, and a group commit's answers cost one.
//!
//! The task goes to sleep under the outbox's lock, and only if nothing happened since it last looked. So an answer is
//! either appended before that, and the task sees it, or after, and [`Completion::flush`] sees `awake` cleared.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Waker;

use parking_lot::Mutex;
use toondb_engine::Completion;
use toondb_engine::api::{Response, Result};

use crate::message;

/// A buffer that one large message has stretched beyond this is let go when empty.
pub const BUFFER_KEEP_BYTES: usize = 256 << 10;

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    waker: Option<Waker>,
    closed: bool,
}

/// A connection's answers, shared by its task and everyone who answers.
#[derive(Debug)]
pub struct Outbox {
    state: Mutex<State>,
    unanswered: AtomicUsize,
    awake: AtomicBool,
    draining: AtomicBool,
}

impl Default for Outbox {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            unanswered: AtomicUsize::new(0),
            awake: AtomicBool::new(true),
            draining: AtomicBool::new(false),
        }
    }
}

/// What a task that is about to sleep has to look at.
#[derive(Debug, Clone, Copy)]
pub struct Present {
    /// Answers wait to be taken.
    pub has_answers: bool,
    /// Requests without an answer.
    pub unanswered: usize,
    /// The drain has begun.
    pub draining: bool,
}

impl Outbox {
    /// Counts a request that the service has been or is about to be given.
    pub fn expect_answer(&self) {
        self.unanswered.fetch_add(1, Ordering::Relaxed);
    }

    /// Requests without an answer. Answers that are no longer counted are in the outbox.
    pub fn unanswered(&self) -> usize {
        self.unanswered.load(Ordering::Acquire)
    }

    /// True once the connection is to refuse new requests and to end.
    pub fn draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Asks the connection to end once everything is answered.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
        // Through the lock, so that a task that is just falling asleep either sees the flag or is woken.
        drop(self.state.lock());
        self.flush();
    }

    /// Marks the task as running, so that nobody wakes it.
    pub fn begin_turn(&self) {
        self.awake.store(true, Ordering::Release);
    }

    /// Lets the task sleep if `may_sleep` finds nothing to do for it in what there is now; true if so.
    pub fn sleep(&self, waker: &Waker, may_sleep: impl FnOnce(Present) -> bool) -> bool {
        let mut state = self.state.lock();
        let present =
            Present { has_answers: !state.bytes.is_empty(), unanswered: self.unanswered(), draining: self.draining() };
        if !may_sleep(present) {
            return false;
        }
        match &mut state.waker {
            Some(old) => old.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
        self.awake.store(false, Ordering::Release);
        true
    }

    /// Appends bytes that `write` produces, from the task itself.
    pub fn append(&self, write: impl FnOnce(&mut Vec<u8>)) -> usize {
        let mut state = self.state.lock();
        write(&mut state.bytes);
        state.bytes.len()
    }

    /// Bytes that wait to be taken.
    pub fn len(&self) -> usize {
        self.state.lock().bytes.len()
    }

    /// Exchanges everything that waits for an empty buffer.
    pub fn take(&self, empty: &mut Vec<u8>) {
        debug_assert!(empty.is_empty());
        std::mem::swap(&mut self.state.lock().bytes, empty);
    }

    /// The connection is gone: answers still to come are dropped.
    pub fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        state.waker = None;
        state.bytes = Vec::new();
    }
}

impl Completion for Outbox {
    fn complete(&self, token: u64, result: Result<Response>) {
        let mut state = self.state.lock();
        if !state.closed {
            message::write_result(&mut state.bytes, token, &result);
        }
        // Under the lock: a task that is about to sleep counts either both the answer and this, or neither.
        self.unanswered.fetch_sub(1, Ordering::Release);
    }

    fn flush(&self) {
        if !self.awake.swap(true, Ordering::AcqRel) {
            let waker = self.state.lock().waker.clone();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}
