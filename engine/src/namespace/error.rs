//! How failures of the layers below reach a caller.

use crate::api::{Error, ErrorCode};
use crate::index::vector::VectorError;
use crate::log::LogError;

impl From<LogError> for Error {
    fn from(error: LogError) -> Self {
        let code = match &error {
            LogError::Io { .. } | LogError::Fenced | LogError::OutOfOrder { .. } | LogError::Replay(_) => {
                ErrorCode::Internal
            }
            LogError::OutcomeUnknown { .. } => ErrorCode::OutcomeUnknown,
            LogError::Corrupt { .. } => ErrorCode::Corrupt,
            LogError::UnsupportedVersion { .. } => ErrorCode::UnsupportedVersion,
            LogError::TooLarge { .. } => ErrorCode::LimitExceeded,
            LogError::DiskFull { .. } => ErrorCode::DiskFull,
        };
        Error::new(code, error.to_string())
    }
}

impl From<VectorError> for Error {
    fn from(error: VectorError) -> Self {
        Error::invalid(error.to_string())
    }
}
