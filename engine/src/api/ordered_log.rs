//! Ordered logs: values one behind the other, each at a position that never comes again. Chat histories, queues, journals.
//!
//! Entries come at the end and go at the front, so the positions of a log's entries have no gaps: what it holds is told by two
//! numbers. A position is never given twice, also not after its entry was popped or its whole log deleted.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::common::Durability;
use super::error::{Error, Result};
use super::ids::{CommitSeq, LogName};
use super::kv::{check_batch, check_value};
use crate::limits;

/// Refuses what no log takes in one commit.
pub(super) fn check_values(values: &[ByteBuf]) -> Result<()> {
    check_batch("values", values.len())?;
    values.iter().try_for_each(|value| check_value(value))
}

/// Appends values to a log, all in one commit; a log that does not exist begins with them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppendLog {
    /// The log.
    pub log: LogName,
    /// The values, in order.
    pub values: Vec<ByteBuf>,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl AppendLog {
    pub(super) fn validate(&self) -> Result<()> {
        self.log.validate()?;
        check_values(&self.values)
    }
}

/// Values were appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appended {
    /// The position of the first of them; the others follow without gaps. Of none: the position that comes next.
    pub first: u64,
    /// Its position in the namespace's commit order.
    pub commit_seq: CommitSeq,
    /// The durability that was reached before this reply.
    pub durability: Durability,
}

/// Reads a log in order. All bounds that are given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadLog {
    /// The log; one that does not exist holds nothing.
    pub log: LogName,
    /// Only entries behind this position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// Only entries before this position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// Of those, only the newest so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<u64>,
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

impl ReadLog {
    pub(super) fn validate(&self) -> Result<()> {
        self.log.validate()
    }
}

/// One entry of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Its position.
    pub position: u64,
    /// The bytes.
    pub value: ByteBuf,
}

/// Entries of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPage {
    /// The entries, oldest first.
    pub entries: Vec<LogEntry>,
    /// Give this to read on; nothing = complete.
    pub cursor: Option<ByteBuf>,
    /// How many entries the whole log holds at this instant.
    pub length: u64,
}

/// Takes the oldest entries out of a log and gives them: no two callers get the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PopLog {
    /// The log; one that does not exist holds nothing.
    pub log: LogName,
    /// Most entries to take; nothing = 1. Fewer are taken where they are many bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl PopLog {
    pub(super) fn validate(&self) -> Result<()> {
        self.log.validate()?;
        match self.count {
            Some(0) => Err(Error::invalid("count is 0; give at least 1")),
            Some(count) if count as usize > limits::PAGE_ITEMS_MAX => {
                Err(Error::limit(format!("count is {count}; the limit is {} a call", limits::PAGE_ITEMS_MAX)))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// Entries that were taken out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Popped {
    /// The entries, oldest first.
    pub entries: Vec<LogEntry>,
    /// Its position in the namespace's commit order.
    pub commit_seq: CommitSeq,
    /// The durability that was reached before this reply.
    pub durability: Durability,
}

/// Deletes the oldest entries of a log; what both bounds leave out goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrimLog {
    /// The log; one that does not exist holds nothing.
    pub log: LogName,
    /// Entries before this position go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// All but the newest so many go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<u64>,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl TrimLog {
    pub(super) fn validate(&self) -> Result<()> {
        self.log.validate()?;
        match (self.before, self.keep) {
            (None, None) => Err(Error::invalid("neither before nor keep is given: nothing says what is to go")),
            _ => Ok(()),
        }
    }
}

/// Deletes a log with all its entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteLog {
    /// The log.
    pub log: LogName,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl DeleteLog {
    pub(super) fn validate(&self) -> Result<()> {
        self.log.validate()
    }
}

/// Lists logs in the order of their names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListLogs {
    /// Only logs whose names begin with this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Most logs to return; nothing = [`limits::PAGE_ITEMS_DEFAULT`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where an earlier page ended; give the same other fields with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<ByteBuf>,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl ListLogs {
    pub(super) fn validate(&self) -> Result<()> {
        let prefix = self.prefix.as_ref().map_or(0, String::len);
        let longest = prefix.max(self.cursor.as_ref().map_or(0, |cursor| cursor.len()));
        if longest > limits::ID_BYTES_MAX {
            let max = limits::ID_BYTES_MAX;
            return Err(Error::limit(format!("a prefix or cursor has {longest} bytes; the limit is {max}")));
        }
        Ok(())
    }
}

/// A log, as it is at one instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogInfo {
    /// Its name.
    pub log: LogName,
    /// How many entries it holds.
    pub length: u64,
    /// The position of the oldest of them, or `next` if there is none.
    pub first: u64,
    /// The position that the next value gets.
    pub next: u64,
    /// Bytes of its entries, as the quota counts them.
    pub bytes: u64,
}

/// One page of logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogList {
    /// The logs.
    pub logs: Vec<LogInfo>,
    /// Give this to read on; nothing = complete.
    pub cursor: Option<ByteBuf>,
}
