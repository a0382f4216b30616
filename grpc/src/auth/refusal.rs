//! Why a caller was not let in, and what it is told.
//!
//! A caller learns that its own token has expired or was revoked only after it has shown the secret. Whoever guesses gets one
//! answer for an id that does not exist, for a wrong secret and for anything that is no token.

use std::collections::HashMap;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};
use toondb_engine::api::ErrorCode;

/// The `domain` of the error details of ToonDB's answers.
const DOMAIN: &str = "toondb";

/// Why a caller was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// It showed no token, and one is required.
    #[error("a token is required: send it as authorization: Bearer tdb_...")]
    Missing,
    /// What it showed is no valid token.
    #[error("the token is not valid")]
    Invalid,
    /// The token was valid once.
    #[error("the token has expired; ask for a new one")]
    Expired,
    /// The token was taken back.
    #[error("the token was revoked; ask for a new one")]
    Revoked,
    /// It showed several.
    #[error("the request has more than one authorization header; send one")]
    Repeated,
}

impl Refusal {
    /// Its name, for logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Refusal::Missing => "missing",
            Refusal::Invalid => "invalid",
            Refusal::Expired => "expired",
            Refusal::Revoked => "revoked",
            Refusal::Repeated => "repeated",
        }
    }

    /// As an answer over gRPC: `UNAUTHENTICATED` with ToonDB's own code in a `google.rpc.ErrorInfo`.
    #[must_use]
    pub fn status(self) -> Status {
        let code = ErrorCode::PermissionDenied;
        let metadata = HashMap::from([("code".to_owned(), u16::from(code).to_string())]);
        let details = ErrorDetails::with_error_info(format!("{code:?}"), DOMAIN, metadata);
        Status::with_error_details(Code::Unauthenticated, self.to_string(), details)
    }
}
