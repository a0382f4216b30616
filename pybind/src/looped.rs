//! Calls from event loops: each gives a future of the loop that runs, and the loop's thread never waits for it.
//!
//! Every loop has a line of its own to the engine ([`line::Line`]), whose descriptor the loop watches among its others. Behind
//! a Unix socket that is the connection itself: requests are written where they are made, and answers read where the loop finds
//! them. The engine in this process and gRPC answer from threads of their own; they put answers into a mailbox
//! ([`mail::Mail`]) whose event descriptor the loop watches. Either way a future is resolved on the thread of its loop, by one
//! wake-up for as many answers as there are.

mod call;
mod connect;
mod door;
mod line;
mod mail;
mod socket;
mod state;

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use pyo3::prelude::*;
use toondb_engine::api::{Request, Result};

pub use call::Convert;
pub use door::Door;

use crate::error::to_python;
use crate::record::Object;
use crate::transport::closed_error;
use call::Call;
use line::Line;

#[derive(Default)]
struct Lines {
    /// One for each loop that has been used. Those of loops that are closed go when another one comes.
    open: Vec<Py<Line>>,
    closed: bool,
}

/// A client of any number of event loops.
///
/// What it has in one process is of no use in a forked child, whose threads and locks are gone: the child has a part of its own
/// behind it, and forgets its parent's.
pub struct Looped {
    pid: u32,
    /// Nothing once this is being dropped.
    door: Option<Door>,
    concurrency: usize,
    lines: Mutex<Lines>,
    child: OnceLock<Box<Looped>>,
}

impl Looped {
    /// A client that connects when it is first needed. At most `concurrency` calls of a loop run at a time.
    pub fn new(door: Door, concurrency: usize) -> Self {
        Self::of_this_process(Some(door), concurrency)
    }

    fn of_this_process(door: Option<Door>, concurrency: usize) -> Self {
        let (pid, lines, child) = (std::process::id(), Mutex::default(), OnceLock::new());
        Self { pid, door, concurrency, lines, child }
    }

    /// The part of this process.
    fn here(&self) -> &Looped {
        let mut part = self;
        while part.pid != std::process::id() {
            let door = || part.door.as_ref().map(Door::of_child);
            part = part.child.get_or_init(|| Box::new(Looped::of_this_process(door(), part.concurrency)));
        }
        part
    }

    /// Nothing of Python runs while it is locked: another thread would wait for the lock with the interpreter in its hands.
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
        let line = self.here().line(py, &event_loop)?;
        let future = event_loop.call_method0(pyo3::intern!(py, "create_future"))?;
        Line::submit(&line, Call::new(future.clone().unbind(), namespace, request, convert))?;
        Ok(future)
    }

    fn known<'py>(&self, py: Python<'py>, event_loop: &Object<'py>) -> Result<Option<Bound<'py, Line>>> {
        let lines = self.lock();
        if lines.closed {
            return Err(closed_error());
        }
        Ok(lines.open.iter().find(|line| line.get().is_of(event_loop)).map(|line| line.bind(py).clone()))
    }

    /// The line of a loop, made if need be. Only the loop's own thread asks for it.
    fn line<'py>(&self, py: Python<'py>, event_loop: &Object<'py>) -> PyResult<Bound<'py, Line>> {
        if let Some(line) = self.known(py, event_loop).map_err(|error| to_python(py, &error))? {
            return Ok(line);
        }
        let others: Vec<Py<Line>> = self.lock().open.iter().map(|line| line.clone_ref(py)).collect();
        let over: Vec<Py<Line>> = others.into_iter().filter(|line| line.get().is_over(py)).collect();
        let door = self.door.clone().ok_or_else(|| to_python(py, &closed_error()))?;
        let line = Bound::new(py, Line::new(event_loop, door, self.concurrency))?;
        let mut lines = self.lock();
        lines.open.retain(|line| !over.iter().any(|gone| gone.is(line)));
        if !lines.closed {
            lines.open.push(line.clone().unbind());
            return Ok(line);
        }
        drop(lines);
        Err(to_python(py, &closed_error()))
    }

    /// Ends every line; calls under way do not wait on.
    pub fn close(&self, py: Python<'_>) -> Result<()> {
        let here = self.here();
        here.end_lines(py);
        py.detach(|| here.door.as_ref().map_or(Ok(()), Door::close))
    }

    fn end_lines(&self, py: Python<'_>) {
        let open = {
            let mut lines = self.lock();
            lines.closed = true;
            std::mem::take(&mut lines.open)
        };
        for line in open {
            Line::end(line.bind(py), &closed_error());
        }
    }
}

impl Drop for Looped {
    fn drop(&mut self) {
        if self.pid != std::process::id() {
            // It is the parent's: what it would do at its end, such as waking a thread, is not for a child to do.
            std::mem::forget(self.door.take());
            std::mem::take(&mut *self.lock()).open.into_iter().for_each(std::mem::forget);
            return;
        }
        // The loops hold the lines, and with them their connections. At the end of the interpreter nothing is left to end.
        Python::try_attach(|py| self.end_lines(py));
    }
}

/// The event loop that runs on this thread; a `RuntimeError` without one.
fn running_loop(py: Python<'_>) -> PyResult<Object<'_>> {
    static RUNNING: pyo3::sync::PyOnceLock<Py<PyAny>> = pyo3::sync::PyOnceLock::new();
    RUNNING.import(py, "asyncio", "get_running_loop")?.call0()
}
