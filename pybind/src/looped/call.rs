//! One call: what is asked, and the future that waits for the answer.

use std::time::Duration;

use pyo3::prelude::*;
use toondb_engine::api::{Effect, Error, ErrorCode, OpCode, Request, Response, Result};

use crate::error::to_python;

/// Makes the result of an answer.
pub type Convert = Box<dyn FnOnce(Python<'_>, &Response) -> PyResult<Py<PyAny>> + Send>;

/// A call that has no answer yet.
pub struct Call {
    future: Py<PyAny>,
    convert: Convert,
    pub namespace: String,
    pub code: OpCode,
    /// What is asked, as long as it may have to be asked again.
    pub request: Option<Request>,
    /// Since when it waits, for its turn or then for its answer, by its line's clock.
    pub since: Duration,
    /// Where it ends among all bytes that its connection was given.
    pub ends_at: u64,
    /// Its line is told when it is given up.
    pub is_watched: bool,
    /// It was asked again, once, after its connection had broken.
    repeated: bool,
}

impl Call {
    pub fn new(future: Py<PyAny>, namespace: &str, request: Request, convert: Convert) -> Self {
        let (namespace, code) = (namespace.to_owned(), request.code());
        let (request, since) = (Some(request), Duration::ZERO);
        Self { future, convert, namespace, code, request, since, ends_at: 0, is_watched: false, repeated: false }
    }

    /// Notes that its connection broke for the reason in `error`, after so many bytes had left. True if it is to be asked once
    /// more: it did not arrive whole, or it changes nothing.
    pub fn repeat(&mut self, error: &Error, sent: u64) -> bool {
        let is_harmless = self.ends_at > sent || self.code.effect() == Effect::Keeps;
        let may_repeat = error.code == ErrorCode::ConnectionFailed && is_harmless && !self.repeated;
        self.repeated = true;
        may_repeat && self.request.is_some()
    }

    /// True if nobody waits for it any more.
    pub fn is_given_up(&self, py: Python<'_>) -> bool {
        is_done(py, &self.future)
    }

    /// Has `then` called, on the loop, once the future is done, however that comes.
    pub fn on_done(&self, py: Python<'_>, then: &Bound<'_, PyAny>) -> PyResult<()> {
        self.future.call_method1(py, pyo3::intern!(py, "add_done_callback"), (then,)).map(drop)
    }

    /// Gives the result to whoever waits. Must be called on the loop's thread.
    pub fn resolve(self, py: Python<'_>, result: Result<Response>) {
        let Self { future, convert, .. } = self;
        let outcome = match result {
            Ok(response) => convert(py, &response),
            Err(error) => Err(to_python(py, &error)),
        };
        let told = match outcome {
            Ok(object) => future.call_method1(py, pyo3::intern!(py, "set_result"), (object,)),
            Err(raised) => future.call_method1(py, pyo3::intern!(py, "set_exception"), (raised.into_value(py),)),
        };
        if let Err(error) = told
            && !is_done(py, &future)
        {
            // The loop is closed.
            error.write_unraisable(py, Some(future.bind(py)));
        }
    }
}

fn is_done(py: Python<'_>, future: &Py<PyAny>) -> bool {
    let done = future.call_method0(py, pyo3::intern!(py, "done"));
    done.and_then(|done| done.is_truthy(py)).unwrap_or(true)
}
