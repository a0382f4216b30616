//! The sockets of a blocking client, one set for each process.
//!
//! A child of fork(2) shares its parent's sockets; if both used one, each would get the other's answers. So the sockets
//! belong to a generation with the process's id, and a process that meets another's generation adds one of its own behind
//! it. That needs no lock that another thread might have held when the fork happened. The child closes its copies of the
//! parent's idle sockets where it can, which does not disturb the parent.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use toondb_engine::api::Result;

use super::numbers::Numbers;
use super::stream::Stream;

#[derive(Debug, Default)]
struct State {
    idle: Vec<Stream>,
    open: usize,
}

/// The sockets of one process.
#[derive(Debug)]
pub struct Pool {
    pid: u32,
    state: Mutex<State>,
    freed: Condvar,
    numbers: OnceLock<Arc<Numbers>>,
    next: OnceLock<Box<Pool>>,
}

/// What a call works with.
#[derive(Debug)]
pub enum Ticket<'a> {
    /// An open socket that was used before.
    Used(Lease<'a>, Stream),
    /// The right to open one.
    New(Lease<'a>),
}

impl Pool {
    /// An empty pool of this process.
    pub fn new() -> Self {
        Self {
            pid: std::process::id(),
            state: Mutex::default(),
            freed: Condvar::new(),
            numbers: OnceLock::new(),
            next: OnceLock::new(),
        }
    }

    /// The pool of the present process.
    pub fn current(&self) -> &Pool {
        let pid = std::process::id();
        let mut pool = self;
        while pool.pid != pid {
            if let Some(mut state) = pool.state.try_lock() {
                state.idle.clear();
            }
            pool = pool.next.get_or_init(|| Box::new(Pool::new()));
        }
        pool
    }

    /// The numbers of this process's calls: a child of fork(2) is another client.
    pub fn numbers(&self) -> Result<&Arc<Numbers>> {
        match self.numbers.get() {
            Some(numbers) => Ok(numbers),
            None => {
                let new = Numbers::new()?;
                Ok(self.numbers.get_or_init(|| new))
            }
        }
    }

    /// Takes a socket or the right to open one; asks `on_wait` each `interval` while all `sockets_max` are in use.
    pub fn take(
        &self,
        sockets_max: usize,
        interval: Duration,
        mut on_wait: impl FnMut() -> Result<()>,
    ) -> Result<Ticket<'_>> {
        let mut state = self.state.lock();
        loop {
            if let Some(stream) = state.idle.pop() {
                return Ok(Ticket::Used(Lease { pool: self }, stream));
            }
            if state.open < sockets_max.max(1) {
                state.open += 1;
                return Ok(Ticket::New(Lease { pool: self }));
            }
            if self.freed.wait_for(&mut state, interval).timed_out() {
                drop(state);
                on_wait()?;
                state = self.state.lock();
            }
        }
    }

    /// Closes the sockets that no call uses; a server that went away took them all with it.
    pub fn clear(&self) {
        let idle = {
            let mut state = self.state.lock();
            state.open -= state.idle.len();
            std::mem::take(&mut state.idle)
        };
        drop(idle);
        self.freed.notify_all();
    }
}

/// A call's claim on one socket of the pool.
#[derive(Debug)]
pub struct Lease<'a> {
    pool: &'a Pool,
}

impl Lease<'_> {
    /// Gives a sound socket back.
    pub fn keep(self, stream: Stream) {
        self.pool.state.lock().idle.push(stream);
        self.pool.freed.notify_one();
        std::mem::forget(self);
    }
}

impl Drop for Lease<'_> {
    /// The socket is gone or was never opened.
    fn drop(&mut self) {
        self.pool.state.lock().open -= 1;
        self.pool.freed.notify_one();
    }
}
