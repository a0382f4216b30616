//! Key-value operations: bytes to bytes, ordered by key.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::common::Durability;
use super::error::{Error, Result};
use super::ids::CommitSeq;
use crate::limits;

/// Refuses an empty or over-long key.
pub(crate) fn check_key(key: &[u8]) -> Result<()> {
    if key.is_empty() {
        return Err(Error::invalid("a key is empty; give at least one byte"));
    }
    if key.len() > limits::KEY_BYTES_MAX {
        return Err(Error::limit(format!("a key has {} bytes; the limit is {}", key.len(), limits::KEY_BYTES_MAX)));
    }
    Ok(())
}

/// Refuses an over-long value.
pub(crate) fn check_value(value: &[u8]) -> Result<()> {
    if value.len() > limits::VALUE_BYTES_MAX {
        let limit = limits::VALUE_BYTES_MAX;
        return Err(Error::limit(format!("a value has {} bytes; the limit is {limit}", value.len())));
    }
    Ok(())
}

/// Refuses more than [`limits::BATCH_ITEMS_MAX`] items.
pub(super) fn check_batch(what: &str, items: usize) -> Result<()> {
    if items > limits::BATCH_ITEMS_MAX {
        return Err(Error::limit(format!("{items} {what}; the limit is {} a request", limits::BATCH_ITEMS_MAX)));
    }
    Ok(())
}

/// Refuses a time to live of zero: such a key would never be seen.
pub(super) fn check_ttl(ttl_ms: Option<u64>) -> Result<()> {
    match ttl_ms {
        Some(0) => Err(Error::invalid("ttl_ms is 0; leave it out for no expiry, or give at least 1")),
        Some(ttl) if i64::try_from(ttl).is_err() => Err(Error::invalid("ttl_ms is too large")),
        Some(_) | None => Ok(()),
    }
}

/// Reads one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Get {
    /// The key.
    pub key: ByteBuf,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl Get {
    pub(super) fn validate(&self) -> Result<()> {
        check_key(&self.key)
    }
}

/// A value and the commit that wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KvValue {
    /// The bytes.
    pub value: ByteBuf,
    /// The commit that wrote them.
    pub version: CommitSeq,
}

/// What [`Get`] found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaybeValue {
    /// The value, or nothing if the key is absent or expired.
    pub found: Option<KvValue>,
}

/// Reads several keys at one instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MultiGet {
    /// The keys, in the order of the answer.
    pub keys: Vec<ByteBuf>,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl MultiGet {
    pub(super) fn validate(&self) -> Result<()> {
        check_batch("keys", self.keys.len())?;
        self.keys.iter().try_for_each(|key| check_key(key))
    }
}

/// What [`MultiGet`] found, one entry for each key asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KvValues {
    /// The values, or nothing where a key is absent or expired.
    pub values: Vec<Option<KvValue>>,
}

/// Asks whether a key exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exists {
    /// The key.
    pub key: ByteBuf,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl Exists {
    pub(super) fn validate(&self) -> Result<()> {
        check_key(&self.key)
    }
}

/// Whether a key exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Existence {
    /// True if the key is present and not expired.
    pub exists: bool,
}

/// Writes one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Put {
    /// The key.
    pub key: ByteBuf,
    /// The value; it replaces any older one.
    pub value: ByteBuf,
    /// Time to live from now, in milliseconds; nothing = for ever. A put without it clears an older one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_ms: Option<u64>,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl Put {
    pub(super) fn validate(&self) -> Result<()> {
        check_key(&self.key)?;
        check_value(&self.value)?;
        check_ttl(self.ttl_ms)
    }
}

/// Deletes one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteKey {
    /// The key.
    pub key: ByteBuf,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl DeleteKey {
    pub(super) fn validate(&self) -> Result<()> {
        check_key(&self.key)
    }
}

/// One write of a [`BatchPut`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutEntry {
    /// The key.
    pub key: ByteBuf,
    /// The value.
    pub value: ByteBuf,
    /// Time to live from now, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_ms: Option<u64>,
}

impl PutEntry {
    pub(super) fn validate(&self) -> Result<()> {
        check_key(&self.key)?;
        check_value(&self.value)?;
        check_ttl(self.ttl_ms)
    }
}

/// Writes several keys, all or none. A key given twice takes its last value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchPut {
    /// The writes.
    pub entries: Vec<PutEntry>,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl BatchPut {
    pub(super) fn validate(&self) -> Result<()> {
        check_batch("entries", self.entries.len())?;
        self.entries.iter().try_for_each(PutEntry::validate)
    }
}

/// Writes a key only if it holds what the caller expects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompareAndSet {
    /// The key.
    pub key: ByteBuf,
    /// The value it must hold; nothing = the key must be absent.
    #[serde(default)]
    pub expected: Option<ByteBuf>,
    /// The new value; nothing = delete the key.
    #[serde(default)]
    pub value: Option<ByteBuf>,
    /// Time to live of the new value from now, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_ms: Option<u64>,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl CompareAndSet {
    pub(super) fn validate(&self) -> Result<()> {
        check_key(&self.key)?;
        self.expected.iter().chain(&self.value).try_for_each(|value| check_value(value))?;
        check_ttl(self.ttl_ms)
    }
}

/// The outcome of a [`CompareAndSet`]; a mismatch is an answer, not an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swapped {
    /// True if the expectation held and the write happened.
    pub swapped: bool,
    /// What the key held before.
    pub previous: Option<ByteBuf>,
    /// The commit, also of a comparison that failed: the instant at which it was made.
    pub commit_seq: CommitSeq,
    /// The durability that was reached before this reply.
    pub durability: Durability,
}

/// Reads keys in order. `prefix` and `start..end` may be combined; all that are given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// Only keys that begin with these bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<ByteBuf>,
    /// Only keys at or after this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<ByteBuf>,
    /// Only keys before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<ByteBuf>,
    /// Most entries to return; nothing = [`limits::PAGE_ITEMS_DEFAULT`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// From the last key to the first.
    #[serde(default)]
    pub reverse: bool,
    /// Where an earlier page ended; give the same other fields with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<ByteBuf>,
    /// Leave the values out.
    #[serde(default)]
    pub keys_only: bool,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl Scan {
    pub(super) fn validate(&self) -> Result<()> {
        for bound in self.prefix.iter().chain(&self.start).chain(&self.end).chain(&self.cursor) {
            if bound.len() > limits::KEY_BYTES_MAX {
                let limit = limits::KEY_BYTES_MAX;
                return Err(Error::limit(format!("a scan bound has {} bytes; the limit is {limit}", bound.len())));
            }
        }
        Ok(())
    }
}

/// One key of a scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KvEntry {
    /// The key.
    pub key: ByteBuf,
    /// The value; empty with `keys_only`.
    pub value: ByteBuf,
    /// The commit that wrote it.
    pub version: CommitSeq,
}

/// One page of a scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KvPage {
    /// The entries, in the order asked for.
    pub entries: Vec<KvEntry>,
    /// Give this to read on; nothing = the scan is complete.
    pub cursor: Option<ByteBuf>,
}
