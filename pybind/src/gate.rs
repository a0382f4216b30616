//! The gate that every operation goes through: release the interpreter lock, call, look for signals, map the error.

use pyo3::prelude::*;
use toondb_engine::api::{Error, ErrorCode, Operation, Result};

use crate::abandon::is_abandoned;
use crate::error::to_python;
use crate::transport::{Idle, Transport};

/// Carries an operation out and gives its reply.
///
/// Ctrl-C during a long call raises `KeyboardInterrupt` here; the operation itself may still be carried out.
pub fn call<O: Operation>(
    py: Python<'_>,
    transport: &dyn Transport,
    namespace: &str,
    operation: O,
) -> PyResult<O::Reply> {
    let request = operation.into_request();
    let response = wait(py, |idle| transport.call(namespace, request, idle))?;
    O::take_reply(response).map_err(|error| to_python(py, &error))
}

/// Runs what may take its time; what its `idle` ended, for a signal or because nobody wants the result, gives `None`.
pub fn wait<T: Send>(py: Python<'_>, run: impl FnOnce(Idle<'_>) -> Option<Result<T>> + Send) -> PyResult<T> {
    let mut interrupt = None;
    let outcome = py.detach(|| {
        let mut idle = || match Python::attach(|py| py.check_signals()) {
            Ok(()) => !is_abandoned(),
            Err(raised) => {
                interrupt = Some(raised);
                false
            }
        };
        run(&mut idle)
    });
    if let Some(interrupt) = interrupt {
        return Err(interrupt);
    }
    match outcome {
        Some(result) => result.map_err(|error| to_python(py, &error)),
        None => Err(to_python(
            py,
            &Error::new(ErrorCode::OutcomeUnknown, "the call was abandoned; a write may still happen"),
        )),
    }
}
