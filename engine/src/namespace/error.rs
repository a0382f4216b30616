//! How failures of the layers below reach a caller.

use crate::api::{Error, ErrorCode};
use crate::disk::{is_removed, to_error};
use crate::index::vector::VectorError;
use crate::log::LogError;

impl From<LogError> for Error {
    fn from(error: LogError) -> Self {
        if let LogError::OutcomeUnknown { source, .. } = &error
            && is_removed(source)
        {
            // Of a file that was removed it is known that nothing written to it will be found again.
            return to_error(source);
        }
        let code = match &error {
            LogError::Io { source, .. } => return to_error(source),
            LogError::FallenBehind { .. } | LogError::Closed => ErrorCode::SnapshotExpired,
            LogError::TooMany { .. } => ErrorCode::Busy,
            LogError::ReadOnly | LogError::Fenced => ErrorCode::Unavailable,
            LogError::OutOfOrder { .. } | LogError::Replay(_) => ErrorCode::Internal,
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
