//! Ends waits whose result nobody wants any more.
//!
//! A call of an async client runs on a thread of its own, and Python cannot stop a thread: a cancelled call would go on
//! waiting for a server that does not answer, hold its place, and keep the process alive, until the client's timeout. So
//! the task and the thread share a flag. The thread's waits look at it where they look for signals ([`crate::gate`]); a
//! wait that ends so leaves the request itself alone, which may still be carried out.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::prelude::*;

thread_local! {
    /// The flags of the calls that this thread carries out, one within the other.
    static CURRENT: RefCell<Vec<Arc<AtomicBool>>> = const { RefCell::new(Vec::new()) };
}

/// True if nobody wants the result of the call that this thread carries out, or of one that it is a part of.
pub fn is_abandoned() -> bool {
    CURRENT.with_borrow(|flags| flags.iter().any(|flag| flag.load(Ordering::Acquire)))
}

/// A call that can be given up from another thread.
#[pyclass(frozen, module = "toondb._toondb")]
#[derive(Default)]
pub struct Abandonable {
    abandoned: Arc<AtomicBool>,
}

/// Takes the flag of a call away at its end, also if it panics.
struct Restore;

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.with_borrow_mut(Vec::pop);
    }
}

#[pymethods]
impl Abandonable {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Call a function; its waits end once the call is abandoned.
    fn run<'py>(&self, function: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        CURRENT.with_borrow_mut(|flags| flags.push(Arc::clone(&self.abandoned)));
        let _restore = Restore;
        function.call0()
    }

    /// End the waits of the call, those that are under way and those to come.
    fn abandon(&self) {
        self.abandoned.store(true, Ordering::Release);
    }
}
