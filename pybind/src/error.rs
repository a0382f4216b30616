//! The one mapping from the engine's errors to Python exceptions.
//!
//! The classes and the table from code to class live in `toondb._errors`, where Python programmers read them; this side
//! only hands over the number and the text. A test walks [`error_codes`] and asks the table for each.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use toondb_engine::api::{Error, ErrorCode};

/// Turns an engine error into the exception of its code.
pub fn to_python(py: Python<'_>, error: &Error) -> PyErr {
    static FROM_CODE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let built = FROM_CODE
        .import(py, "toondb._errors", "from_code")
        .and_then(|from_code| from_code.call1((u16::from(error.code), error.message.as_str())));
    match built {
        Ok(exception) => PyErr::from_value(exception),
        Err(failure) => failure,
    }
}

/// An `InvalidArgumentError` with this text.
pub fn invalid(py: Python<'_>, message: impl Into<String>) -> PyErr {
    to_python(py, &Error::invalid(message))
}

/// An argument of the wrong type: an error of its own kind, which is a `TypeError` too.
pub fn wrong_type(py: Python<'_>, message: &str) -> PyErr {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    match CLASS.import(py, "toondb._errors", "ArgumentTypeError").and_then(|class| class.call1((message,))) {
        Ok(exception) => PyErr::from_value(exception),
        Err(failure) => failure,
    }
}

/// Every error code of this build: its name, its number, and whether the same request may succeed if it is sent again.
pub fn error_codes() -> Vec<(String, u16, bool)> {
    ErrorCode::ALL.iter().map(|code| (format!("{code:?}"), u16::from(*code), code.is_retryable())).collect()
}
