//! The gate that every operation goes through: release the interpreter lock, call, look for signals, map the error.

use pyo3::prelude::*;
use toondb_engine::api::{Error, ErrorCode, Request, Response, Result};

use crate::error::to_python;
use crate::transport::{Idle, Transport};

/// Carries a request out and gives its answer.
///
/// Ctrl-C during a long call raises `KeyboardInterrupt` here; the operation itself may still be carried out.
pub fn call(py: Python<'_>, transport: &dyn Transport, namespace: &str, request: Request) -> PyResult<Response> {
    wait(py, |idle| transport.call(namespace, request, idle))
}

/// Runs what may take its time; what its `idle` ended, for a signal, gives `None`.
pub fn wait<T: Send>(py: Python<'_>, run: impl FnOnce(Idle<'_>) -> Option<Result<T>> + Send) -> PyResult<T> {
    let mut interrupt = None;
    let outcome = py.detach(|| {
        let mut idle = || match Python::attach(|py| py.check_signals()) {
            Ok(()) => true,
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
