//! Keys as a tree: what stands directly under a prefix, as a directory lists its files and folders.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::error::{Error, Result};
use super::ids::CommitSeq;
use crate::limits;

fn slash() -> ByteBuf {
    ByteBuf::from(*b"/")
}

fn one() -> u32 {
    1
}

/// Lists what stands under a prefix: keys are cut behind their delimiter number `depth`, counted from the prefix on, and those
/// that become equal are given once. Keys with fewer delimiters are given whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanPrefixes {
    /// Only keys that begin with these bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<ByteBuf>,
    /// What ends a level.
    #[serde(default = "slash")]
    pub delimiter: ByteBuf,
    /// How many levels are shown.
    #[serde(default = "one")]
    pub depth: u32,
    /// Most entries to return; nothing = [`limits::PAGE_ITEMS_DEFAULT`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where an earlier page ended; give the same other fields with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<ByteBuf>,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl ScanPrefixes {
    pub(super) fn validate(&self) -> Result<()> {
        if self.delimiter.is_empty() {
            return Err(Error::invalid("the delimiter is empty; give at least one byte"));
        }
        if self.depth == 0 {
            return Err(Error::invalid("depth is 0; give at least 1"));
        }
        for bound in self.prefix.iter().chain(&self.cursor).chain([&self.delimiter]) {
            if bound.len() > limits::KEY_BYTES_MAX {
                let limit = limits::KEY_BYTES_MAX;
                let text = format!("a prefix, delimiter or cursor has {} bytes; the limit is {limit}", bound.len());
                return Err(Error::limit(text));
            }
        }
        Ok(())
    }
}

/// A key, or what several keys begin with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrefixEntry {
    /// The key, or the prefix up to and with its last delimiter.
    pub key: ByteBuf,
    /// True if this is what one or more keys begin with, and not a key itself.
    pub is_prefix: bool,
}

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrefixPage {
    /// The entries, in the order of their bytes.
    pub entries: Vec<PrefixEntry>,
    /// Give this to read on; nothing = complete.
    pub cursor: Option<ByteBuf>,
}
