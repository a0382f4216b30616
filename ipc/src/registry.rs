//! Which connections live, so that they can be counted, refused above the limit, and drained.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use crate::outbox::Outbox;

#[derive(Debug, Default)]
struct State {
    connections: HashMap<u64, Arc<Outbox>>,
    next: u64,
    draining: bool,
}

/// The live connections of one server.
#[derive(Debug)]
pub struct Registry {
    connections_max: usize,
    state: Mutex<State>,
    gone: Condvar,
}

/// Why a connection is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There are as many as there may be.
    Full,
    /// The server is ending.
    Draining,
}

impl Registry {
    /// A registry of at most `connections_max`.
    pub fn new(connections_max: usize) -> Arc<Self> {
        Arc::new(Self { connections_max, state: Mutex::default(), gone: Condvar::new() })
    }

    /// Enters a connection until the entry is dropped.
    pub fn enter(self: &Arc<Self>, outbox: &Arc<Outbox>) -> Result<Entry, Refusal> {
        let mut state = self.state.lock();
        if state.draining {
            return Err(Refusal::Draining);
        }
        if state.connections.len() >= self.connections_max {
            return Err(Refusal::Full);
        }
        let key = state.next;
        state.next += 1;
        state.connections.insert(key, Arc::clone(outbox));
        Ok(Entry { registry: Arc::clone(self), key })
    }

    /// Connections now.
    pub fn len(&self) -> usize {
        self.state.lock().connections.len()
    }

    /// Lets no more connections in and asks those that live to end.
    pub fn drain(&self) {
        let outboxes: Vec<_> = {
            let mut state = self.state.lock();
            state.draining = true;
            state.connections.values().cloned().collect()
        };
        for outbox in outboxes {
            outbox.drain();
        }
    }

    /// Waits until all are gone; false if some are left after `timeout`.
    pub fn wait_until_empty(&self, timeout: Duration) -> bool {
        let mut state = self.state.lock();
        !self.gone.wait_while_for(&mut state, |state| !state.connections.is_empty(), timeout).timed_out()
    }
}

/// A connection's place in the registry.
#[derive(Debug)]
pub struct Entry {
    registry: Arc<Registry>,
    key: u64,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.registry.state.lock().connections.remove(&self.key);
        self.registry.gone.notify_all();
    }
}
