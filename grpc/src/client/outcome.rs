//! What a failed call means: for the caller, and for the question whether it may be tried again.

use std::error::Error as _;

use tonic::{Code, Status};
use toondb_engine::api::{Error, ErrorCode, OpCode};

use super::address::Address;
use super::channel::Untrusted;
use crate::status::{from_status, own_code};

/// How a call failed.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    /// The server answered with this error.
    Answered(Error),
    /// Somebody else did, such as a proxy on the way, and it is not a refusal: the request may have been carried out.
    Between(Error),
    /// No connection could be made: the request was not sent.
    NotSent(String),
    /// The connection broke: the request may have been carried out.
    Broken(String),
    /// No answer came in time: the request may have been carried out, or may still be.
    Late,
}

/// Tells a status that the server sent from one that this side made up.
pub fn failure(status: &Status) -> Failure {
    let text = || texts(status).join(": ");
    let mut source = status.source();
    while let Some(error) = source {
        if error.is::<Untrusted>() {
            return Failure::Answered(Error::new(ErrorCode::PermissionDenied, error.to_string()));
        }
        source = error.source();
    }
    source = status.source();
    while let Some(error) = source {
        if error.is::<tonic::ConnectError>() {
            return Failure::NotSent(text());
        }
        if error.is::<tonic::TimeoutExpired>() {
            return Failure::Late;
        }
        source = error.source();
    }
    match status.source() {
        // Without an answer in it, the status stems from the transport below.
        Some(_) if status.details().is_empty() && status.code() != Code::OutOfRange => Failure::Broken(text()),
        Some(_) | None => answered(status),
    }
}

fn answered(status: &Status) -> Failure {
    let error = from_status(status);
    let tells_nothing = matches!(error.code, ErrorCode::ConnectionFailed | ErrorCode::Protocol);
    match own_code(status) {
        None if tells_nothing => Failure::Between(error),
        None | Some(_) => Failure::Answered(error),
    }
}

fn texts(status: &Status) -> Vec<String> {
    let mut texts = vec![status.message().to_owned()];
    let mut source = status.source();
    while let Some(error) = source {
        let text = error.to_string();
        if texts.last() != Some(&text) {
            texts.push(text);
        }
        source = error.source();
    }
    texts
}

impl Failure {
    /// The error for the caller of this operation.
    pub fn into_error(self, code: OpCode, address: &Address) -> Error {
        match self {
            // The server's own clock was faster: it stopped waiting for the engine, which may still carry it out.
            Failure::Answered(error) if error.code == ErrorCode::Timeout => Error::answer_lost(code, error),
            Failure::Answered(error) => error,
            Failure::Between(error) => Error::answer_lost(code, error),
            Failure::NotSent(text) => {
                let text = format!("no ToonDB server answers on {address}: {text}");
                Error::new(ErrorCode::ConnectionFailed, text)
            }
            Failure::Broken(text) => {
                let text = format!("the connection to {address} broke: {text}");
                Error::answer_lost(code, Error::new(ErrorCode::ConnectionFailed, text))
            }
            Failure::Late => {
                let text = format!("{address} did not answer in the time for it");
                Error::answer_lost(code, Error::new(ErrorCode::Timeout, text))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use super::*;

    /// 502 and 504 of a proxy come as UNAVAILABLE, after the request may have gone on to the server.
    #[test]
    fn what_a_proxy_says_of_a_write_leaves_its_outcome_unknown() {
        let address: Address = "localhost:1".parse().unwrap();
        let error = |status: &Status, code| failure(status).into_error(code, &address).code;
        for status in [Status::unavailable("bad gateway"), Status::unknown("?"), Status::cancelled("reset")] {
            assert_eq!(error(&status, OpCode::Put), ErrorCode::OutcomeUnknown, "{status:?}");
            assert_ne!(error(&status, OpCode::Get), ErrorCode::OutcomeUnknown, "{status:?}");
        }
        let refused = Status::permission_denied("no");
        assert_eq!(error(&refused, OpCode::Put), ErrorCode::PermissionDenied);
        let own = crate::status::to_status(&Error::new(ErrorCode::ShuttingDown, "nothing was executed"));
        assert_eq!(error(&own, OpCode::Put), ErrorCode::ShuttingDown);
    }
}
