//! One call: what is asked, and the future that waits for the answer.

use std::time::Duration;

use pyo3::prelude::*;
use toondb_engine::api::{Effect, Error, OpCode, Request, Response, Result};

use crate::error::to_python;

/// Makes the result of an answer.
pub type Convert = Box<dyn FnOnce(Python<'_>, &Response) -> PyResult<Py<PyAny>> + Send>;

/// A call that has no answer yet.
pub struct Call {
    future: Py<PyAny>,
    convert: Convert,
    pub namespace: String,
    pub code: OpCode,
    /// What is asked, until it has been sent and is not to be sent again.
    pub request: Option<Request>,
    /// When it began, by its line's clock.
    pub begun: Duration,
    /// It was asked again, once, after its connection had broken.
    repeated: bool,
}

impl Call {
    pub fn new(future: Py<PyAny>, namespace: &str, request: Request, convert: Convert) -> Self {
        let (namespace, code, begun) = (namespace.to_owned(), request.code(), Duration::ZERO);
        Self { future, convert, namespace, code, request: Some(request), begun, repeated: false }
    }

    /// The request has left: that of a write is never sent twice.
    pub fn has_left(&mut self) {
        if self.repeated || self.code.effect() != Effect::Keeps {
            self.request = None;
        }
    }

    /// Notes that it is asked again. False if that would do harm, or was done before.
    pub fn repeat(&mut self) -> bool {
        let may_repeat = self.request.is_some() && !self.repeated;
        self.repeated = true;
        may_repeat
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

    /// Refuses it, as one that may have been carried out if it was `sent`.
    pub fn fail(self, py: Python<'_>, error: &Error, sent: bool) {
        let error = if sent { Error::answer_lost(self.code, error.clone()) } else { error.clone() };
        self.resolve(py, Err(error));
    }
}

fn is_done(py: Python<'_>, future: &Py<PyAny>) -> bool {
    let done = future.call_method0(py, pyo3::intern!(py, "done"));
    done.and_then(|done| done.is_truthy(py)).unwrap_or(true)
}
