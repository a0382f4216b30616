//! The one error type of the API: a stable code that programs match on and a text that says what to do.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The result of an operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, for programs. Numbers are wire format: never reused, never changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "u16", try_from = "u16")]
#[repr(u16)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The request is malformed or contradicts itself; change it.
    InvalidArgument = 1,
    /// A management call named a namespace that does not exist; create it or fix the name.
    NamespaceNotFound = 2,
    /// The collection or vector index does not exist; create it or fix the name.
    CollectionNotFound = 3,
    /// The graph node does not exist; add it first.
    NodeNotFound = 4,
    /// No edge or fact matches; nothing was changed.
    EdgeNotFound = 5,
    /// There is no checkpoint of this id; list those there are.
    CheckpointNotFound = 6,
    /// The thing to create exists with other settings.
    AlreadyExists = 10,
    /// A precondition failed; read again and retry the whole transaction.
    Conflict = 11,
    /// The transaction's snapshot is no longer held; start the transaction again.
    SnapshotExpired = 12,
    /// Too many requests are waiting; retry after a short pause.
    Busy = 20,
    /// The namespace's quota would be exceeded; delete something or raise the quota.
    QuotaExceeded = 21,
    /// A bound of this build would be exceeded; split the request.
    LimitExceeded = 22,
    /// The disk has too little free space for writes; reads and deletes still work.
    DiskFull = 23,
    /// A text is malformed, or a format cannot hold a value; the message says which and where.
    FormatConversion = 24,
    /// The write may or may not have happened; read to find out before repeating it.
    OutcomeUnknown = 30,
    /// Stored data failed its checksum; restore from a copy.
    Corrupt = 31,
    /// The namespace is out of service after repeated faults; see the server's log.
    Fenced = 32,
    /// Another process owns the data directory; connect to its server instead.
    Locked = 33,
    /// This process is a fork of the one that opened the database; open your own connection.
    Forked = 34,
    /// The server or database is closing; the request was not executed.
    ShuttingDown = 35,
    /// The file system refused or failed: no permission, a file in the way, read-only, a failing device. The message says
    /// which path and why; nothing was changed. Mend that and retry: files are opened again.
    Unavailable = 36,
    /// A defect in ToonDB; the request failed alone. Please report it.
    Internal = 40,
    /// The operation code is unknown to this version.
    UnknownOperation = 50,
    /// The bytes are not the protocol; the connection is closed.
    Protocol = 51,
    /// The file or peer has a version this build does not know; nothing was changed.
    UnsupportedVersion = 52,
    /// The peer may not do this.
    PermissionDenied = 53,
    /// No server could be reached or the connection broke before the request was sent.
    ConnectionFailed = 54,
    /// The time allowed for the request is over.
    Timeout = 55,
}

/// Whose fault an error is, and so who can mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The caller must change the request.
    Caller,
    /// The state of the data or the load; the same request may succeed later.
    State,
    /// The machine or ToonDB itself.
    Server,
}

impl ErrorCode {
    /// Every code of this build, in numeric order.
    pub const ALL: [ErrorCode; 28] = {
        use ErrorCode::*;
        [
            InvalidArgument,
            NamespaceNotFound,
            CollectionNotFound,
            NodeNotFound,
            EdgeNotFound,
            CheckpointNotFound,
            AlreadyExists,
            Conflict,
            SnapshotExpired,
            Busy,
            QuotaExceeded,
            LimitExceeded,
            DiskFull,
            FormatConversion,
            OutcomeUnknown,
            Corrupt,
            Fenced,
            Locked,
            Forked,
            ShuttingDown,
            Unavailable,
            Internal,
            UnknownOperation,
            Protocol,
            UnsupportedVersion,
            PermissionDenied,
            ConnectionFailed,
            Timeout,
        ]
    };

    /// Whose fault it is.
    pub fn fault(self) -> Fault {
        use ErrorCode::*;
        match self {
            InvalidArgument | LimitExceeded | FormatConversion | UnknownOperation | Protocol | UnsupportedVersion
            | PermissionDenied | Forked => Fault::Caller,
            NamespaceNotFound | CollectionNotFound | NodeNotFound | EdgeNotFound | CheckpointNotFound
            | AlreadyExists | Conflict | SnapshotExpired | Busy | QuotaExceeded | Locked | ShuttingDown | Timeout => {
                Fault::State
            }
            DiskFull | OutcomeUnknown | Corrupt | Fenced | Unavailable | Internal | ConnectionFailed => Fault::Server,
        }
    }

    /// True if a change that is asked for again under its number, and ends so, was not made by an earlier request either: that is
    /// found out first. Any other error may come before it is.
    pub fn comes_of_carrying_out(self) -> bool {
        use ErrorCode::*;
        match self {
            InvalidArgument | LimitExceeded | FormatConversion | NamespaceNotFound | CollectionNotFound
            | NodeNotFound | EdgeNotFound | CheckpointNotFound | AlreadyExists | Conflict | SnapshotExpired
            | QuotaExceeded => true,
            Busy | DiskFull | OutcomeUnknown | Corrupt | Fenced | Locked | Forked | Internal | UnknownOperation
            | Protocol | UnsupportedVersion | PermissionDenied | Unavailable | ConnectionFailed | Timeout
            | ShuttingDown => false,
        }
    }

    /// True if nothing was changed and the same request, sent again after a pause, may well succeed: what is in its way passes by
    /// itself. A transaction that is in conflict, or whose snapshot is gone, is to be run again as a whole.
    pub fn is_retryable(self) -> bool {
        use ErrorCode::*;
        match self {
            Busy | Conflict | SnapshotExpired | Unavailable | ConnectionFailed | Timeout => true,
            InvalidArgument | NamespaceNotFound | CollectionNotFound | NodeNotFound | EdgeNotFound
            | CheckpointNotFound | AlreadyExists | QuotaExceeded | LimitExceeded | DiskFull | FormatConversion
            | OutcomeUnknown | Corrupt | Fenced | Locked | Forked | Internal | UnknownOperation | Protocol
            | UnsupportedVersion | PermissionDenied => false,
            // Whoever closed it, a client or a server, will not open it by itself.
            ShuttingDown => false,
        }
    }
}

impl From<ErrorCode> for u16 {
    fn from(code: ErrorCode) -> u16 {
        code as u16
    }
}

impl TryFrom<u16> for ErrorCode {
    type Error = String;

    fn try_from(number: u16) -> std::result::Result<Self, String> {
        ErrorCode::ALL
            .into_iter()
            .find(|code| u16::from(*code) == number)
            .ok_or_else(|| format!("unknown error code {number}"))
    }
}

/// An operation's failure. Nothing was changed unless the code is [`ErrorCode::OutcomeUnknown`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Error {
    /// What went wrong, for programs.
    pub code: ErrorCode,
    /// What went wrong and what to do, for people.
    pub message: String,
}

impl Error {
    /// An error with a code and a text.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The request itself is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidArgument, message)
    }

    /// A bound of this build would be exceeded.
    pub fn limit(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::LimitExceeded, message)
    }

    /// A message of so many bytes is more than a frame or a gRPC message holds.
    pub fn message_too_large(bytes: usize) -> Self {
        let max = crate::limits::FRAME_BYTES_MAX;
        Self::limit(format!("the message has {bytes} bytes; the limit is {max}: ask for less at once or split it"))
    }

    /// An answer for which answers that were not read yet leave no room.
    pub fn no_room() -> Self {
        let text = "answers that were not read yet take up all the room there is; read them, then ask again";
        Self::new(ErrorCode::Busy, text)
    }

    /// A defect in ToonDB.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Internal, message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
