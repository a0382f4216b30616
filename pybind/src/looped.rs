//! Calls from event loops: each gives a future of the loop that runs, and no thread waits for it.
//!
//! Every loop has a line of its own to the engine ([`line::Line`]), whose descriptor the loop watches among its others. Behind
//! a Unix socket that is the connection itself: requests are written where they are made, and answers read where the loop finds
//! them. The engine in this process and gRPC answer from threads of their own; they put answers into a mailbox
//! ([`mail::Mail`]) whose event descriptor the loop watches. Either way a future is resolved on the thread of its loop, by one
//! wake-up for as many answers as there are.

mod call;
mod door;
mod line;
mod mail;
mod socket;

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use toondb_engine::api::{Request, Result};

pub use call::Convert;
pub use door::Door;

use crate::error::to_python;
use crate::record::Object;
use crate::transport::closed_error;
use call::Call;
use line::Line;

struct Lines {
    /// One for each loop that has been used. Those of loops that are closed go when another one comes.
    open: Vec<Py<Line>>,
    closed: bool,
}

/// A client of any number of event loops.
pub struct Looped {
    door: Door,
    concurrency: usize,
    lines: Mutex<Lines>,
}

impl Looped {
    /// A client that connects when it is first needed. At most `concurrency` calls of a loop run at a time.
    pub fn new(door: Door, concurrency: usize) -> Self {
        Self { door, concurrency, lines: Mutex::new(Lines { open: Vec::new(), closed: false }) }
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a call and gives the future of its result.
    pub fn begin<'py>(
        &self,
        py: Python<'py>,
        namespace: &str,
        request: Request,
        convert: Convert,
    ) -> PyResult<Object<'py>> {
        let event_loop = running_loop(py)?;
        let line = self.line(py, &event_loop)?;
        let future = event_loop.call_method0(pyo3::intern!(py, "create_future"))?;
        let call = Call::new(future.clone().unbind(), namespace, request, convert);
        Line::submit(&line, call)?;
        Ok(future)
    }

    /// The line of a loop, made if need be.
    fn line<'py>(&self, py: Python<'py>, event_loop: &Object<'py>) -> PyResult<Bound<'py, Line>> {
        let mut lines = self.lock();
        if lines.closed {
            return Err(to_python(py, &closed_error()));
        }
        if let Some(line) = lines.open.iter().find(|line| line.get().is_of(event_loop)) {
            return Ok(line.bind(py).clone());
        }
        lines.open.retain(|line| !line.get().is_over(py));
        let line = Bound::new(py, Line::new(event_loop, self.door.clone(), self.concurrency))?;
        lines.open.push(line.clone().unbind());
        Ok(line)
    }

    /// Ends every line; calls under way do not wait on.
    pub fn close(&self, py: Python<'_>) -> Result<()> {
        let open = {
            let mut lines = self.lock();
            lines.closed = true;
            std::mem::take(&mut lines.open)
        };
        for line in open {
            Line::end(line.bind(py), &closed_error());
        }
        py.detach(|| self.door.close())
    }
}

/// The event loop that runs on this thread; a `RuntimeError` without one.
fn running_loop(py: Python<'_>) -> PyResult<Object<'_>> {
    static RUNNING: pyo3::sync::PyOnceLock<Py<PyAny>> = pyo3::sync::PyOnceLock::new();
    RUNNING.import(py, "asyncio", "get_running_loop")?.call0()
}
