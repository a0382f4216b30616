//! What a failed call means: for the caller, and for the question whether it may be tried again.

use std::error::Error as _;

use tonic::{Code, Status};
use toondb_engine::api::{Error, ErrorCode, OpCode};

use super::address::Address;
use crate::auth::{Right, right_of};
use crate::status::from_status;

/// How a call failed.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    /// The server answered with this error.
    Answered(Error),
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
        Some(_) | None => Failure::Answered(from_status(status)),
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
            Failure::Answered(error) => error,
            Failure::NotSent(text) => {
                let text = format!("no ToonDB server answers on {address}: {text}");
                Error::new(ErrorCode::ConnectionFailed, text)
            }
            Failure::Broken(text) if only_reads(code) => {
                Error::new(ErrorCode::ConnectionFailed, format!("the connection to {address} broke: {text}"))
            }
            Failure::Broken(text) => Error::new(
                ErrorCode::OutcomeUnknown,
                format!("the connection to {address} broke before the answer came, so it may have happened: {text}"),
            ),
            Failure::Late => Error::new(
                ErrorCode::Timeout,
                format!("{address} did not answer in the time for it; a write may have happened, or may still"),
            ),
        }
    }
}

/// True if carrying the operation out twice is as good as once: whatever needs the right to read alone changes nothing.
pub fn only_reads(code: OpCode) -> bool {
    right_of(code) == Right::Read
}
