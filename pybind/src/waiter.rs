//! Waits for one result that another thread delivers, and looks for signals meanwhile.
//!
//! The wait is cut into slices, because a condition variable does not end with a signal: after each slice the caller is
//! asked whether to go on. A wait that is given up leaves the request alone; its result is dropped when it comes.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use toondb_engine::Completion;
use toondb_engine::api::{Response, Result};

use crate::transport::{IDLE_INTERVAL_MS, Idle};

/// The place where one result arrives.
#[derive(Default)]
pub struct Waiter {
    result: Mutex<Option<Result<Response>>>,
    arrived: Condvar,
}

impl Waiter {
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
}
