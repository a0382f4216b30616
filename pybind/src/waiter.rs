//! Waits for one result that another thread delivers, and looks for signals meanwhile.
//!
//! The wait is cut into slices, because a condition variable does not end with a signal: after each slice the caller is
//! asked whether to go on. A wait that is given up ends a read soon, and leaves a write alone; a result that still comes is dropped.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use toondb_engine::Completion;
use toondb_engine::api::{Effect, Response, Result};

use crate::transport::{IDLE_INTERVAL_MS, Idle};

/// The place where one result arrives.
pub struct Waiter {
    result: Mutex<Option<Result<Response>>>,
    arrived: Condvar,
    /// True if the request changes nothing, so that it ends when nobody waits for it any more.
    only_reads: bool,
    given_up: AtomicBool,
}

impl Waiter {
    /// A place for the result of a request with this effect.
    pub fn new(effect: Effect) -> Self {
        let (only_reads, given_up) = (effect == Effect::Keeps, AtomicBool::new(false));
        Self { result: Mutex::default(), arrived: Condvar::new(), only_reads, given_up }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Result<Response>>> {
        self.result.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The result; `None` if `idle` ended the wait.
    pub fn wait(&self, idle: Idle<'_>) -> Option<Result<Response>> {
        let mut result = self.lock();
        loop {
            if result.is_some() {
                return result.take();
            }
            let slice = Duration::from_millis(IDLE_INTERVAL_MS);
            let (guard, timeout) = self.arrived.wait_timeout(result, slice).unwrap_or_else(PoisonError::into_inner);
            result = guard;
            if timeout.timed_out() && result.is_none() {
                // The lock is not held while Python runs: a signal handler may do anything, also call this database.
                drop(result);
                if !idle() {
                    self.given_up.store(true, Ordering::Release);
                    return None;
                }
                result = self.lock();
            }
        }
    }
}

impl Completion for Waiter {
    fn complete(&self, _token: u64, result: Result<Response>) {
        *self.lock() = Some(result);
        self.arrived.notify_one();
    }

    /// A write for which a signal has ended the wait goes on: it may be half way, and its caller has been told nothing of it.
    fn is_wanted(&self, _token: u64) -> bool {
        !(self.only_reads && self.given_up.load(Ordering::Acquire))
    }
}
