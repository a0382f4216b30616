//! What can go wrong below the namespace: the disk, or what it gave back.

use crate::api;

/// The result of a store operation.
pub type StoreResult<T> = Result<T, StoreError>;

/// A failure of the store. The namespace that sees one is closed and reopened from its files.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// redb or the file below it failed; its handle must not be used again.
    #[error("the store failed: {0}")]
    Engine(String),
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
    /// An error while a file was opened: what redb cannot make sense of is damage, not a failure of redb.
    pub fn on_open(error: redb::DatabaseError) -> Self {
        match error {
            redb::DatabaseError::Storage(redb::StorageError::Corrupted(_)) => {
                Self::NotAStore("redb finds it corrupted")
            }
            redb::DatabaseError::Storage(redb::StorageError::Io(error))
                if matches!(error.kind(), std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::InvalidData) =>
            {
                Self::NotAStore("it is cut")
            }
            other => Self::Engine(other.to_string()),
        }
    }
}

macro_rules! from_redb {
    ($($error:ty),*) => {$(
        impl From<$error> for StoreError {
            fn from(error: $error) -> Self {
                StoreError::Engine(error.to_string())
            }
        }
    )*};
}

from_redb!(redb::DatabaseError, redb::TransactionError, redb::TableError, redb::StorageError, redb::CommitError);

impl From<StoreError> for api::Error {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::Engine(_) => api::ErrorCode::Internal,
            StoreError::Corrupt { .. } | StoreError::NotAStore(_) => api::ErrorCode::Corrupt,
            StoreError::UnsupportedVersion { .. } => api::ErrorCode::UnsupportedVersion,
        };
        api::Error::new(code, error.to_string())
    }
}
