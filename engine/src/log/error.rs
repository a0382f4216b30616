//! What can go wrong in the log, by what the caller has to do about it.

use std::io;
use std::path::{Path, PathBuf};

use super::position::{Position, SeqRange};

/// Errors of the log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The system failed before the record reached its segment: it is not in the log. The log is fenced.
    #[error("log I/O failed: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Writing or syncing the record failed: it may or may not be in the log. The log is fenced; reopening tells.
    #[error("log write failed, outcome unknown until the log is reopened: {source}")]
    OutcomeUnknown {
        /// The segment file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Bytes that had been durable are damaged or missing. Nothing was changed on disk.
    #[error("log is damaged at {at}: {reason}")]
    Corrupt {
        /// The first bad place.
        at: Position,
        /// What is wrong there.
        reason: &'static str,
    },
    /// A segment was written by a newer version. Nothing was changed on disk.
    #[error("log segment {path} has format version {found}, this build reads up to {supported}")]
    UnsupportedVersion {
        /// The segment file.
        path: PathBuf,
        /// The version it has.
        found: u32,
        /// The newest version this build reads.
        supported: u32,
    },
    /// The payload is larger than this log accepts. Nothing was written.
    #[error("log payload of {payload_bytes} bytes exceeds {max_bytes}")]
    TooLarge {
        /// Size of the payload.
        payload_bytes: usize,
        /// Largest payload accepted.
        max_bytes: usize,
    },
    /// The batch does not start one after the last one. Nothing was written.
    #[error("log expected a batch from seq {expected}, got {}..={}", given.first, given.last)]
    OutOfOrder {
        /// The only possible first seq.
        expected: u64,
        /// What the caller gave.
        given: SeqRange,
    },
    /// An earlier error fenced this log; it must be reopened.
    #[error("log is fenced after an earlier error and must be reopened")]
    Fenced,
    /// The log was opened to be read only. Nothing was written.
    #[error("the log was opened to be read only")]
    ReadOnly,
    /// What a cursor or a pin needs was released. Nothing is missing in the log; whoever follows it begins anew, from a copy.
    #[error(
        "the log has released what comes after seq {after} and begins with {oldest}: begin anew, from a copy of the whole"
    )]
    FallenBehind {
        /// What was read last, or was to be kept from then on.
        after: u64,
        /// The oldest seq that can be read.
        oldest: u64,
    },
    /// There are as many cursors or pins as there may be. Nothing was changed.
    #[error("the log has {max} {what} already, which is as many as it may have: let go of one")]
    TooMany {
        /// Cursors or pins.
        what: &'static str,
        /// How many there may be.
        max: usize,
    },
    /// The log was closed. Whoever reads it asks whoever opens it next.
    #[error("the log was closed: ask for it again")]
    Closed,
    /// No space or quota for the next segment. Nothing was written; appending works again once there is space.
    #[error("no space for the next log segment: {source}")]
    DiskFull {
        /// The directory of the log.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The replay callback could not use a payload.
    #[error("log payload refused on replay: {0}")]
    Replay(#[source] Box<dyn std::error::Error + Send + std::marker::Sync>),
}

impl LogError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }

    pub(super) fn corrupt(segment: u64, offset: u32, reason: &'static str) -> Self {
        Self::Corrupt { at: Position { segment, offset: u64::from(offset) }, reason }
    }
}
