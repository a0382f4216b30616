//! Key-value operations that depend on what a key holds: counting, times to live, deleting many.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::common::Durability;
use super::error::{Error, Result};
use super::ids::CommitSeq;
use super::kv::{check_batch, check_key, check_ttl};

fn one() -> i64 {
    1
}

/// Adds to the integer that a key holds as decimal text; a key that is absent counts as 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Increment {
    /// The key.
    pub key: ByteBuf,
    /// What is added; negative to take away.
    #[serde(default = "one")]
    pub by: i64,
    /// Time to live from now of a key that this makes, in milliseconds; one that is there keeps its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_ms: Option<u64>,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl Increment {
    pub(super) fn validate(&self) -> Result<()> {
        check_key(&self.key)?;
        check_ttl(self.ttl_ms)
    }
}

/// A number was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incremented {
    /// What the key holds now.
    pub value: i64,
    /// Its position in the namespace's commit order.
    pub commit_seq: CommitSeq,
    /// The durability that was reached before this reply.
    pub durability: Durability,
}

/// Asks which of several keys exist, and gives those another time to live. Their values and versions stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touch {
    /// The keys.
    pub keys: Vec<ByteBuf>,
    /// Their time to live from now, in milliseconds; nothing = they keep what they have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_ms: Option<u64>,
    /// They live for ever from now on.
    #[serde(default)]
    pub persist: bool,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl Touch {
    pub(super) fn validate(&self) -> Result<()> {
        check_batch("keys", self.keys.len())?;
        self.keys.iter().try_for_each(|key| check_key(key))?;
        check_ttl(self.ttl_ms)?;
        match (self.ttl_ms, self.persist) {
            (Some(_), true) => Err(Error::invalid("ttl_ms and persist contradict each other; give one of them")),
            _ => Ok(()),
        }
    }
}

/// Keys were touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touched {
    /// How many of them exist; a key given twice counts twice.
    pub existing: u64,
    /// How many expire at another time than before, or not any more.
    pub changed: u64,
    /// Its position in the namespace's commit order.
    pub commit_seq: CommitSeq,
    /// The durability that was reached before this reply.
    pub durability: Durability,
}

/// Asks how long a key still lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetTtl {
    /// The key.
    pub key: ByteBuf,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl GetTtl {
    pub(super) fn validate(&self) -> Result<()> {
        check_key(&self.key)
    }
}

/// How long a key still lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeToLive {
    /// True if the key is present and not expired.
    pub exists: bool,
    /// Milliseconds that are left; nothing = for ever, or there is no such key.
    pub ttl_ms: Option<u64>,
}

/// Deletes several keys, all in one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchDelete {
    /// The keys.
    pub keys: Vec<ByteBuf>,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl BatchDelete {
    pub(super) fn validate(&self) -> Result<()> {
        check_batch("keys", self.keys.len())?;
        self.keys.iter().try_for_each(|key| check_key(key))
    }
}

/// Which keys: those that `prefix` and `start..end` allow, as in a scan; all that are given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySpan {
    /// Only keys that begin with these bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<ByteBuf>,
    /// Only keys at or after this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<ByteBuf>,
    /// Only keys before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<ByteBuf>,
}

impl KeySpan {
    pub(super) fn validate(&self) -> Result<()> {
        let Self { prefix, start, end } = self;
        if [prefix, start, end].into_iter().all(Option::is_none) {
            let text = "no prefix, start or end: which keys? An empty start alone means every key";
            return Err(Error::invalid(text));
        }
        if prefix.as_ref().is_some_and(|prefix| prefix.is_empty()) {
            return Err(Error::invalid("the prefix is empty; if every key is meant, give an empty start instead"));
        }
        let bounds = [prefix, start, end].into_iter().flatten().filter(|bound| !bound.is_empty());
        bounds.into_iter().try_for_each(|bound| check_key(bound))
    }

    /// Bytes that it holds.
    pub(super) fn bytes(&self) -> usize {
        [&self.prefix, &self.start, &self.end].into_iter().flatten().map(|bound| bound.len()).sum()
    }
}

/// Deletes every key of a range, all in one commit. Few of them, at most 10,000 and 8 MiB of keys, are removed and counted at once; more
/// are hidden at once, and removed in the background.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteRange {
    /// The keys.
    pub keys: KeySpan,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl DeleteRange {
    pub(super) fn validate(&self) -> Result<()> {
        self.keys.validate()
    }
}

/// A range of keys was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeDeleted {
    /// How many keys there were; nothing = too many to be counted at once.
    pub deleted: Option<u64>,
    /// Its position in the namespace's commit order.
    pub commit_seq: CommitSeq,
    /// The durability that was reached before this reply.
    pub durability: Durability,
}
