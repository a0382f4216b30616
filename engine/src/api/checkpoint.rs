//! Checkpoints: a namespace as it was at one commit, kept as a file of its own beside the database.
//!
//! A checkpoint belongs to the namespace it was taken of and outlives it. Its id says which namespace that was:
//! `<namespace>/<32 hex digits>`.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::error::{Error, Result};
use super::glob::Glob;
use super::ids::{CommitSeq, NamespaceName, TimestampMs};
use super::properties::Properties;
use crate::limits;

/// The id of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CheckpointId(String);

impl CheckpointId {
    /// Wraps a text; [`Self::parts`] checks it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The namespace the checkpoint was taken of, and the 32 hex digits.
    ///
    /// # Errors
    /// `InvalidArgument` if the text is not `<namespace>/<32 lower-case hex digits>`.
    pub fn parts(&self) -> Result<(NamespaceName, &str)> {
        let refused = || {
            let text = "it must be <namespace>/<32 hex digits>, as ListCheckpoints gives it";
            Error::invalid(format!("checkpoint id {:?} is refused: {text}", self.0))
        };
        let (namespace, number) = self.0.split_once('/').ok_or_else(refused)?;
        let is_hex = number.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if namespace.is_empty() || number.len() != 32 || !is_hex {
            return Err(refused());
        }
        Ok((NamespaceName::parse(namespace)?, number))
    }

    fn validate(&self) -> Result<()> {
        self.parts().map(drop)
    }
}

impl std::fmt::Display for CheckpointId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

fn check_name(name: &str) -> Result<()> {
    if name.len() > limits::NAME_BYTES_MAX {
        let (given, max) = (name.len(), limits::NAME_BYTES_MAX);
        return Err(Error::limit(format!("the name of a checkpoint has {given} bytes; the limit is {max}")));
    }
    Ok(())
}

/// Takes a checkpoint of the namespace as it is now. Writes go on meanwhile and are not in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateCheckpoint {
    /// A name for people; need not be unique.
    #[serde(default)]
    pub name: String,
    /// Globs over keys (see [`super::CacheInvalidate`] for the form): with any, the checkpoint holds only the key-value
    /// pairs whose key, as UTF-8, matches one. None = the whole namespace.
    #[serde(default)]
    pub include_patterns: Vec<String>,
    /// Whatever the owner wants to remember about it.
    #[serde(default)]
    pub metadata: Properties,
}

impl CreateCheckpoint {
    pub(super) fn validate(&self) -> Result<()> {
        check_name(&self.name)?;
        self.metadata.validate()?;
        if self.include_patterns.len() > limits::CHECKPOINT_PATTERNS_MAX {
            return Err(Error::limit(format!("more than {} patterns", limits::CHECKPOINT_PATTERNS_MAX)));
        }
        self.include_patterns.iter().try_for_each(|pattern| Glob::parse(pattern).map(drop))
    }
}

/// What a checkpoint is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointInfo {
    /// Its id.
    pub id: CheckpointId,
    /// Its name.
    pub name: String,
    /// The namespace it was taken of, or imported for.
    pub namespace: NamespaceName,
    /// When it was taken or imported.
    pub created_at: TimestampMs,
    /// Bytes on disk.
    pub size_bytes: u64,
    /// Key-value pairs in it.
    pub keys: u64,
    /// The newest commit in it.
    pub commit_seq: CommitSeq,
    /// What its owner wanted to remember.
    pub metadata: Properties,
    /// What is wrong with its file, if its head cannot be read: then nothing but its id and size is known, and it can be
    /// deleted, not restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub damaged: Option<String>,
}

/// Lists the checkpoints of the namespace, also of one that was deleted since.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListCheckpoints {}

impl ListCheckpoints {
    pub(super) fn validate(&self) -> Result<()> {
        Ok(())
    }
}

/// The checkpoints of a namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointList {
    /// Oldest first.
    pub checkpoints: Vec<CheckpointInfo>,
}

/// Makes the request's namespace hold what a checkpoint holds, in one step: before it everything is as it was, after it
/// everything is as in the checkpoint. A crash in between leaves one of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreCheckpoint {
    /// The checkpoint, of this or another namespace.
    pub checkpoint_id: CheckpointId,
    /// Replace what the namespace holds; otherwise one that exists and holds anything is refused with `AlreadyExists`.
    #[serde(default)]
    pub overwrite: bool,
}

impl RestoreCheckpoint {
    pub(super) fn validate(&self) -> Result<()> {
        self.checkpoint_id.validate()
    }
}

/// A checkpoint was restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// Key-value pairs that the namespace holds now.
    pub keys: u64,
    /// The newest commit of the namespace now.
    pub commit_seq: CommitSeq,
}

/// Deletes a checkpoint of the request's namespace; deleting nothing is no error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteCheckpoint {
    /// The checkpoint.
    pub checkpoint_id: CheckpointId,
}

impl DeleteCheckpoint {
    pub(super) fn validate(&self) -> Result<()> {
        self.checkpoint_id.validate()
    }
}

/// A checkpoint was deleted, or did not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointDeleted {
    /// True if it existed.
    pub deleted: bool,
}

/// How an exported checkpoint is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// The checkpoint's own bytes: compact, checksummed.
    #[default]
    Binary,
    /// JSON, for people and other programs.
    Json,
}

/// Reads a part of a checkpoint of the request's namespace, to be kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportCheckpoint {
    /// The checkpoint.
    pub checkpoint_id: CheckpointId,
    /// How it is written.
    #[serde(default)]
    pub format: ExportFormat,
    /// The first byte wanted of the exported form.
    #[serde(default)]
    pub offset: u64,
    /// Most bytes wanted; nothing = [`limits::EXPORT_BYTES_MAX`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_max: Option<u64>,
}

impl ExportCheckpoint {
    pub(super) fn validate(&self) -> Result<()> {
        self.checkpoint_id.validate()
    }
}

/// A part of an exported checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedPart {
    /// The bytes.
    pub data: ByteBuf,
    /// Where the next part begins; nothing = this was the last one.
    #[serde(default)]
    pub next_offset: Option<u64>,
}

/// Makes a checkpoint of the request's namespace from exported bytes, whole or in parts. The bytes are checked through
/// and through before the checkpoint exists; what they hold reaches a namespace only when it is restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportCheckpoint {
    /// How the bytes are written.
    #[serde(default)]
    pub format: ExportFormat,
    /// A name for people; empty = the one in the export.
    #[serde(default)]
    pub name: String,
    /// The bytes, or the next part of them.
    pub data: ByteBuf,
    /// The import that this part continues, as the reply to the part before named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<u64>,
    /// True if more parts follow.
    #[serde(default)]
    pub more: bool,
}

impl ImportCheckpoint {
    pub(super) fn validate(&self) -> Result<()> {
        check_name(&self.name)
    }
}

/// What became of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// The checkpoint, once the last part was given.
    pub checkpoint: Option<CheckpointInfo>,
    /// What to give as `continues` with the next part, if more follow. An import that gets no part for
    /// [`limits::IMPORT_IDLE_MAX`] is forgotten.
    #[serde(default)]
    pub continues: Option<u64>,
}
