//! Why arguments are refused, and where.

use std::fmt;

use pyo3::prelude::*;
use toondb_engine::api::Error;

use crate::error::{invalid, to_python, wrong_type};

/// Why, without the place.
#[derive(Debug)]
enum Why {
    /// An object is of the wrong type.
    Kind(String),
    /// It is of the right type and means nothing.
    Value(String),
    /// It is nested too deep.
    Depth(usize),
    /// Asking Python failed.
    Python(PyErr),
}

/// A refused argument and where it was, the innermost step first.
#[derive(Debug)]
pub struct Failure {
    why: Box<Why>,
    steps: Vec<String>,
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Self::new(Why::Python(error))
    }
}

impl Failure {
    fn new(why: Why) -> Self {
        Self { why: Box::new(why), steps: Vec::new() }
    }

    /// The type of an object is wrong: an `ArgumentTypeError`.
    pub fn kind(text: String) -> Self {
        Self::new(Why::Kind(text))
    }

    /// The object means nothing: an `InvalidArgumentError`.
    pub fn value(text: String) -> Self {
        Self::new(Why::Value(text))
    }

    /// What a reader of its own refused, so that it learns where: its class tells which kind it is.
    pub fn of_reader(py: Python<'_>, error: PyErr) -> Self {
        let text = || error.value(py).to_string();
        let class = error.get_type(py).qualname().map(|name| name.to_string()).unwrap_or_default();
        match class.as_str() {
            "ArgumentTypeError" => Self::kind(text()),
            "InvalidArgumentError" => Self::value(text()),
            _ => Self::new(Why::Python(error)),
        }
    }

    /// Nested deeper than `max`.
    pub fn depth(max: usize) -> Self {
        Self::new(Why::Depth(max))
    }

    /// The same, seen from one level further out.
    #[must_use]
    pub fn within(mut self, step: impl FnOnce() -> String) -> Self {
        self.steps.push(step());
        self
    }

    /// The exception.
    pub fn into_error(self, py: Python<'_>) -> PyErr {
        let path: String = self.steps.iter().rev().map(String::as_str).collect();
        let at = if path.is_empty() { String::new() } else { format!("{}: ", path.trim_start_matches('.')) };
        match *self.why {
            Why::Kind(text) => wrong_type(py, &format!("{at}{text}")),
            Why::Value(text) => invalid(py, format!("{at}{text}")),
            Why::Depth(max) => to_python(py, &Error::limit(format!("a value is nested deeper than {max}"))),
            Why::Python(error) => error,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.why {
            Why::Kind(text) | Why::Value(text) => f.write_str(text),
            Why::Depth(max) => write!(f, "nested deeper than {max}"),
            Why::Python(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Failure {}

impl serde::de::Error for Failure {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::value(message.to_string())
    }

    fn missing_field(field: &'static str) -> Self {
        Self::value("it is missing".to_owned()).within(|| format!(".{field}"))
    }
}
