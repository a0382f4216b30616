//! The gate that every operation goes through: release the interpreter lock, call, look for signals, map the error.

use pyo3::prelude::*;
use toondb_engine::api::{Error, Operation};

use crate::error::to_python;
use crate::transport::Transport;

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
    let mut interrupt = None;
    let outcome = py.detach(|| {
        let mut idle = || match Python::attach(|py| py.check_signals()) {
            Ok(()) => true,
            Err(raised) => {
                interrupt = Some(raised);
                false
            }
        };
        transport.call(namespace, request, &mut idle)
    });
    if let Some(interrupt) = interrupt {
        return Err(interrupt);
    }
    match outcome {
        Some(result) => result.and_then(O::take_reply).map_err(|error| to_python(py, &error)),
        None => Err(to_python(py, &Error::internal("a call was abandoned without a signal"))),
    }
}
