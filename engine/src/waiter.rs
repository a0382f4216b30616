//! Lets a thread wait for its own request: the result is put down by whichever thread has it, and its owner is woken.

use parking_lot::{Condvar, Mutex};

use crate::api::{Response, Result};
use crate::reply::Completion;

/// Lets a thread wait for the result of its own request.
#[derive(Default)]
pub struct Waiter {
    result: Mutex<Option<Result<Response>>>,
    done: Condvar,
}

impl Completion for Waiter {
    fn complete(&self, _token: u64, result: Result<Response>) {
        *self.result.lock() = Some(result);
        self.done.notify_all();
    }

    /// The caller's thread waits.
    fn is_wanted(&self, _token: u64) -> bool {
        true
    }
}

impl Waiter {
    /// The result, once it is there.
    pub fn wait(&self) -> Result<Response> {
        let mut result = self.result.lock();
        loop {
            if let Some(result) = result.take() {
                return result;
            }
            self.done.wait(&mut result);
        }
    }
}
