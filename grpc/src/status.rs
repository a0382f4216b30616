//! Errors of the engine as gRPC statuses, and back.
//!
//! A status carries the stable code in a `google.rpc.ErrorInfo`: domain `toondb`, reason = the code's name, metadata
//! `code` = its number. Programs match on that; the gRPC code is the coarser view that interceptors and old clients see.

use std::collections::HashMap;

use http::HeaderMap;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};
use toondb_engine::api::{Error, ErrorCode};
use toondb_engine::limits;

const DOMAIN: &str = "toondb";
const CODE: &str = "code";

fn grpc_code(code: ErrorCode) -> Code {
    match code {
        ErrorCode::InvalidArgument | ErrorCode::FormatConversion => Code::InvalidArgument,
        ErrorCode::NamespaceNotFound
        | ErrorCode::CollectionNotFound
        | ErrorCode::NodeNotFound
        | ErrorCode::EdgeNotFound
        | ErrorCode::CheckpointNotFound => Code::NotFound,
        ErrorCode::AlreadyExists => Code::AlreadyExists,
        ErrorCode::Conflict | ErrorCode::SnapshotExpired => Code::Aborted,
        ErrorCode::Busy | ErrorCode::QuotaExceeded | ErrorCode::DiskFull => Code::ResourceExhausted,
        ErrorCode::LimitExceeded => Code::OutOfRange,
        ErrorCode::OutcomeUnknown => Code::Unknown,
        ErrorCode::Corrupt => Code::DataLoss,
        ErrorCode::Fenced | ErrorCode::Locked | ErrorCode::Forked => Code::FailedPrecondition,
        ErrorCode::ShuttingDown | ErrorCode::ConnectionFailed | ErrorCode::Unavailable => Code::Unavailable,
        ErrorCode::UnknownOperation | ErrorCode::UnsupportedVersion => Code::Unimplemented,
        ErrorCode::Protocol | ErrorCode::Internal => Code::Internal,
        ErrorCode::PermissionDenied => Code::PermissionDenied,
        ErrorCode::Timeout => Code::DeadlineExceeded,
        // The enum may grow; a code this crate does not know is a defect of this crate.
        _ => Code::Internal,
    }
}

/// True if the error says that something named does not exist: what old clients expect inside the answer.
pub fn is_not_found(code: ErrorCode) -> bool {
    grpc_code(code) == Code::NotFound
}

/// The status of an error.
pub fn to_status(error: &Error) -> Status {
    with_info(grpc_code(error.code), error)
}

/// A status with what programs match on, and for `Busy` when to try again.
fn with_info(code: Code, error: &Error) -> Status {
    let mut details = ErrorDetails::new();
    let number = u16::from(error.code).to_string();
    details.set_error_info(format!("{:?}", error.code), DOMAIN, HashMap::from([(CODE.to_owned(), number)]));
    if error.code == ErrorCode::Busy {
        details.set_retry_info(Some(limits::BUSY_RETRY_AFTER));
    }
    Status::with_error_details(code, shortened(&error.message), details)
}

/// Gives a status that the library made, and which stands in the headers or trailers of an answer, the same details as ours have:
/// the nearest code.
pub fn complete(headers: &mut HeaderMap) {
    let Some(status) = Status::from_header_map(headers) else { return };
    if status.code() == Code::Ok || own_code(&status).is_some() {
        return;
    }
    let mut error = from_status(&status);
    if status.code() == Code::ResourceExhausted {
        // In a server the library says so of one thing: a message that is too large once it is decompressed.
        error.code = ErrorCode::LimitExceeded;
    }
    // What cannot be written into headers stays as it is: a status all the same.
    let _ = with_info(status.code(), &error).add_header(headers);
}

fn shortened(message: &str) -> String {
    if message.len() <= limits::STATUS_BYTES_MAX {
        return message.to_owned();
    }
    let mut end = limits::STATUS_BYTES_MAX;
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}...", message.get(..end).unwrap_or_default())
}

/// The code that ToonDB gave a status; nothing if somebody else made it.
pub fn own_code(status: &Status) -> Option<ErrorCode> {
    let info = status.get_details_error_info().filter(|info| info.domain == DOMAIN);
    let number = info.and_then(|info| info.metadata.get(CODE).and_then(|number| number.parse::<u16>().ok()));
    number.and_then(|number| ErrorCode::try_from(number).ok())
}

/// The error of a status: the engine's own if the status carries one, otherwise the nearest to what gRPC says.
pub fn from_status(status: &Status) -> Error {
    if let Some(code) = own_code(status) {
        return Error::new(code, status.message());
    }
    let code = match status.code() {
        Code::InvalidArgument => ErrorCode::InvalidArgument,
        Code::OutOfRange => ErrorCode::LimitExceeded,
        Code::PermissionDenied | Code::Unauthenticated => ErrorCode::PermissionDenied,
        Code::ResourceExhausted => ErrorCode::Busy,
        Code::Unimplemented => ErrorCode::UnknownOperation,
        Code::DeadlineExceeded | Code::Cancelled => ErrorCode::Timeout,
        Code::Unavailable => ErrorCode::ConnectionFailed,
        Code::Ok
        | Code::Unknown
        | Code::NotFound
        | Code::AlreadyExists
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::Internal
        | Code::DataLoss => ErrorCode::Protocol,
    };
    Error::new(code, status.message())
}

/// The error inside an answer, if its code says that there is one.
pub fn refusal(error_code: u32, message: &str) -> Option<Error> {
    let number = u16::try_from(error_code).ok().filter(|number| *number != 0)?;
    let code = ErrorCode::try_from(number).unwrap_or(ErrorCode::Protocol);
    Some(Error::new(code, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_survives_a_status() {
        for code in ErrorCode::ALL {
            let error = Error::new(code, format!("{code:?}: \u{e9}\n"));
            assert_eq!(from_status(&to_status(&error)), error);
            assert_eq!(refusal(u32::from(u16::from(code)), &error.message), Some(error));
        }
    }

    #[test]
    fn statuses_of_the_library_get_the_details_of_ours() {
        let mut headers = HeaderMap::new();
        complete(&mut headers);
        assert!(headers.is_empty(), "no status, nothing to add");
        for (status, code) in [
            (Status::unimplemented("no such method"), ErrorCode::UnknownOperation),
            (Status::out_of_range("too long"), ErrorCode::LimitExceeded),
            (Status::unauthenticated("who are you?"), ErrorCode::PermissionDenied),
            (to_status(&Error::new(ErrorCode::Conflict, "mine")), ErrorCode::Conflict),
        ] {
            let mut headers = HeaderMap::new();
            status.add_header(&mut headers).expect("a plain status");
            complete(&mut headers);
            let completed = Status::from_header_map(&headers).expect("a status");
            assert_eq!((completed.code(), completed.message()), (status.code(), status.message()));
            assert_eq!(own_code(&completed), Some(code));
        }
    }

    #[test]
    fn busy_says_when_to_try_again() {
        let after = |code| to_status(&Error::new(code, "")).get_details_retry_info().and_then(|info| info.retry_delay);
        assert_eq!(after(ErrorCode::Busy), Some(limits::BUSY_RETRY_AFTER));
        assert_eq!(after(ErrorCode::DiskFull), None);
    }

    #[test]
    fn long_messages_are_cut_between_characters() {
        let error = Error::invalid("\u{e9}".repeat(limits::STATUS_BYTES_MAX));
        let status = to_status(&error);
        assert!(status.message().len() <= limits::STATUS_BYTES_MAX + 3 && status.message().ends_with("..."));
    }

    #[test]
    fn statuses_of_others_have_the_nearest_code() {
        assert_eq!(from_status(&Status::unauthenticated("who are you?")).code, ErrorCode::PermissionDenied);
        assert_eq!(from_status(&Status::unavailable("gone")).code, ErrorCode::ConnectionFailed);
        assert_eq!(refusal(0, "there is no such node"), None);
    }
}
