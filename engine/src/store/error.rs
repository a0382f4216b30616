//! What can go wrong below the namespace: the disk, or what it gave back.

use super::table::Table;
use crate::api;
use crate::disk::{code_of, is_disk_full, to_error};

/// The result of a store operation.
pub type StoreResult<T> = Result<T, StoreError>;

/// A failure of the store. The namespace that sees one is closed and reopened from its files.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// redb or the file below it failed; its handle must not be used again.
    #[error("the store failed: {0}")]
    Engine(String),
    /// No space is left for the store; its handle must not be used again.
    #[error("the store cannot grow: {0}")]
    DiskFull(String),
    /// There is no space for what a flush has to write. Nothing is lost and nothing failed: it can be tried again.
    #[error("the disk is full: the store waits for space; free some")]
    NoSpace,
    /// The system refused for a reason that has a code of its own: the file is gone, or no descriptors are left.
    #[error("the store's file: {0}")]
    System(api::Error),
    /// What was read is not what was written there; the data is damaged, and the handle must not be used again.
    #[error("the store file is damaged: {0}")]
    Damaged(String),
    /// A row's checksum or encoding is wrong; the data is damaged.
    #[error("a stored row in table {table} is damaged: {what}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The file is missing, empty or not a store although the catalog knows it.
    #[error("the store file is damaged: {0}")]
    NotAStore(&'static str),
    /// The file was written by a newer version.
    #[error("the store has format version {found}; this build knows up to {known}")]
    UnsupportedVersion {
        /// The file's version.
        found: u32,
        /// The newest version this build knows.
        known: u32,
    },
}

impl StoreError {
    /// A row of this table is not what was written.
    pub fn corrupt(table: Table, what: &'static str) -> Self {
        Self::Corrupt { table: table.name(), what }
    }

    /// An error of the file below redb.
    #[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`, which gives its error away")]
    pub fn io(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof => Self::Damaged(error.to_string()),
            _ if is_disk_full(&error) => Self::DiskFull(error.to_string()),
            _ if code_of(&error).is_some() => Self::System(to_error(&error)),
            _ => Self::Engine(error.to_string()),
        }
    }

    /// True if redb takes no more orders from the handle that gave this error: what it serves must be opened again.
    pub fn ends_the_handle(&self) -> bool {
        match self {
            Self::Engine(_) | Self::DiskFull(_) | Self::System(_) | Self::Damaged(_) => true,
            Self::NoSpace | Self::Corrupt { .. } | Self::NotAStore(_) | Self::UnsupportedVersion { .. } => false,
        }
    }

    /// An error while a file was opened: what redb cannot make sense of is damage, not a failure of redb.
    pub fn on_open(error: redb::DatabaseError) -> Self {
        match error {
            redb::DatabaseError::Storage(error) => error.into(),
            other => Self::Engine(other.to_string()),
        }
    }
}

impl From<redb::StorageError> for StoreError {
    fn from(error: redb::StorageError) -> Self {
        match error {
            redb::StorageError::Corrupted(what) => Self::Damaged(what),
            redb::StorageError::Io(error) => Self::io(error),
            other => Self::Engine(other.to_string()),
        }
    }
}

macro_rules! from_redb {
    ($($error:ident),*) => {$(
        impl From<redb::$error> for StoreError {
            fn from(error: redb::$error) -> Self {
                match error {
                    redb::$error::Storage(error) => error.into(),
                    other => StoreError::Engine(other.to_string()),
                }
            }
        }
    )*};
}

from_redb!(DatabaseError, TransactionError, TableError, CommitError);

impl From<StoreError> for api::Error {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::Engine(_) => api::ErrorCode::Unavailable,
            StoreError::DiskFull(_) | StoreError::NoSpace => api::ErrorCode::DiskFull,
            StoreError::System(error) => error.code,
            StoreError::Damaged(_) | StoreError::Corrupt { .. } | StoreError::NotAStore(_) => api::ErrorCode::Corrupt,
            StoreError::UnsupportedVersion { .. } => api::ErrorCode::UnsupportedVersion,
        };
        api::Error::new(code, error.to_string())
    }
}
