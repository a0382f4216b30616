//! Wakes the engine's housekeeping now and then, until it is told to stop.

use std::sync::Arc;

use parking_lot::{Condvar, Mutex};

use crate::api::{Error, ErrorCode, Result};
use crate::limits;

/// The thread that keeps house.
#[derive(Default)]
pub struct Ticker {
    stopped: Mutex<bool>,
    wake: Condvar,
}

impl Ticker {
    /// Calls `tick` on a thread of its own, again and again, until it gives false.
    pub fn start(self: &Arc<Self>, tick: impl Fn() -> bool + Send + 'static) -> Result<()> {
        let this = Arc::clone(self);
        let run = move || while this.wait() && tick() {};
        let started = std::thread::Builder::new().name("toondb-tick".to_owned()).spawn(run);
        started.map(drop).map_err(|error| {
            Error::new(ErrorCode::Unavailable, format!("a thread could not be started: {error}; retry"))
        })
    }

    /// True once it is time; false if there is no next time.
    fn wait(&self) -> bool {
        let mut stopped = self.stopped.lock();
        if !*stopped {
            self.wake.wait_for(&mut stopped, limits::TICK);
        }
        !*stopped
    }

    /// There is no next time.
    pub fn stop(&self) {
        *self.stopped.lock() = true;
        self.wake.notify_all();
    }
}
