//! One call: what is asked, and the future that waits for the answer.

use std::time::Duration;

use pyo3::prelude::*;
use toondb_engine::api::{Effect, Error, ErrorCode, OpCode, Request, Response, Result};
use toondb_ipc::Numbered;

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
    /// The number of a change, under which it may be asked for again.
    pub numbered: Option<Numbered>,
    /// When it was first sent, by its line's clock.
    pub first_sent: Option<Duration>,
    /// It may have arrived, and its answer was lost.
    pub is_lost: bool,
}

impl Call {
    pub fn new(future: Py<PyAny>, namespace: &str, request: Request, convert: Convert) -> Self {
        let (namespace, code) = (namespace.to_owned(), request.code());
        let (request, since) = (Some(request), Duration::ZERO);
        let (numbered, first_sent) = (None, None);
        Self {
            future,
            convert,
            namespace,
            code,
            request,
            since,
            ends_at: 0,
            is_watched: false,
            numbered,
            first_sent,
            is_lost: false,
        }
    }

    /// Notes that its connection broke for the reason in `error`, after so many bytes had left. True if it is to be asked again:
    /// it did not arrive whole, or changes nothing, or the server knows it by its number.
    pub fn repeat(&mut self, error: &Error, sent: u64, takes_numbers: bool) -> bool {
        let has_left = self.ends_at <= sent;
        self.is_lost |= has_left;
        let is_known = takes_numbers && self.numbered.is_some();
        let is_harmless = !has_left || is_known || self.code.effect() == Effect::Keeps;
        error.code == ErrorCode::ConnectionFailed && is_harmless && self.request.is_some()
    }

    /// True if there is still time to ask again.
    pub fn is_in_time(&self, now: Duration, retry_for: Duration) -> bool {
        self.first_sent.is_none_or(|first| now.saturating_sub(first) < retry_for)
    }

    /// What it is told when it is answered with an error: one that comes before its number is looked up says nothing of an
    /// attempt that may have arrived.
    pub fn decided(&self, error: Error) -> Error {
        if error.code.comes_of_carrying_out() { error } else { self.lost(error) }
    }

    /// What it is told when it ends with an error of its connection.
    pub fn lost(&self, error: Error) -> Error {
        if self.is_lost { Error::answer_lost(self.code, error) } else { error }
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
