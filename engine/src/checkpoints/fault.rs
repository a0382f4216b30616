//! Why a checkpoint cannot be used: what it holds is wrong, or something else failed while it was looked at.

use crate::api::{self, ErrorCode};

/// A failure. The same wrong content is damage in a file of our own and a wrong argument in an import.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CheckpointFault {
    /// The bytes are not a checkpoint, or not a whole one, or hold what no namespace can.
    #[error("{0}")]
    Content(String),
    /// The disk, the engine or a bound failed; the bytes may be fine.
    #[error("{0}")]
    Failed(api::Error),
}

/// The result of looking at a checkpoint.
pub type Checked<T> = Result<T, CheckpointFault>;

impl CheckpointFault {
    /// Wrong content.
    pub fn content(what: impl std::fmt::Display) -> Self {
        Self::Content(what.to_string())
    }

    /// As an answer about a file of our own.
    pub fn stored(self) -> api::Error {
        match self {
            Self::Content(what) => {
                let text = format!("the checkpoint is damaged: {what}; nothing was changed");
                api::Error::new(ErrorCode::Corrupt, text)
            }
            Self::Failed(error) => error,
        }
    }

    /// As an answer about bytes that a caller gave.
    pub fn given(self) -> api::Error {
        match self {
            Self::Content(what) => {
                api::Error::invalid(format!("the import is refused: {what}; no checkpoint was made of it"))
            }
            Self::Failed(error) => error,
        }
    }
}

impl From<api::Error> for CheckpointFault {
    fn from(error: api::Error) -> Self {
        Self::Failed(error)
    }
}
