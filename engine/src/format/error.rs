//! Why a text could not be read, or a value not be written.

use std::fmt;

use crate::api::{Error, ErrorCode};

/// A conversion failed; nothing was converted in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormatError {
    /// The format cannot hold the value, or the value would change on the way: what, and where.
    Conversion(String),
    /// The text is not what it claims to be.
    Syntax {
        /// What it claims to be.
        format: &'static str,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// A bound of this build would be exceeded.
    Limit(String),
}

impl FormatError {
    /// The format cannot hold a value.
    pub fn conversion(what: impl Into<String>) -> Self {
        Self::Conversion(what.into())
    }
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FormatError::Conversion(what) | FormatError::Limit(what) => f.write_str(what),
            FormatError::Syntax { format, line, column, message } => {
                write!(f, "malformed {format} at line {line}, column {column}: {message}")
            }
        }
    }
}

impl std::error::Error for FormatError {}

impl From<FormatError> for Error {
    fn from(error: FormatError) -> Self {
        let code = match error {
            FormatError::Conversion(_) | FormatError::Syntax { .. } => ErrorCode::FormatConversion,
            FormatError::Limit(_) => ErrorCode::LimitExceeded,
        };
        Error::new(code, error.to_string())
    }
}
