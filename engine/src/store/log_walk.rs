//! What the rows of logs demand of each other, checked as they are met: all logs, then all entries, both in the order of keys.
//!
//! A log's entries are those from the first to the next position of its head, each behind the one before it by position and by
//! the sum of bytes. Numbers are given once, and what the next new log gets lies behind all of them.

use std::collections::BTreeMap;

use super::log_record::{LogEntryRow, LogHead, LogMark};

/// What is wrong with a row.
type Wrong = &'static str;

/// A log, as far as its entries were met.
#[derive(Debug)]
struct WalkedLog {
    head: LogHead,
    /// The next entry's position, and the bytes before it.
    at: (u64, u64),
}

/// The logs met so far.
#[derive(Debug, Default)]
pub struct LogWalk {
    mark: LogMark,
    logs: BTreeMap<u64, WalkedLog>,
}

impl LogWalk {
    /// The mark: it comes before all logs, where it is there.
    pub fn mark(&mut self, mark: LogMark) -> Result<(), Wrong> {
        self.mark = mark;
        if mark.next_number == 0 || mark.first == 0 { Err("numbers and positions begin at 1") } else { Ok(()) }
    }

    /// A log.
    pub fn log(&mut self, head: LogHead) -> Result<(), Wrong> {
        if head.first == 0 {
            return Err("numbers and positions begin at 1");
        }
        if head.number == 0 || head.number >= self.mark.next_number {
            return Err("a log has a number that would be given again");
        }
        if head.length() == 0 && head.bytes() != 0 {
            return Err("an empty log counts bytes");
        }
        let walked = WalkedLog { at: (head.first, head.gone), head };
        if self.logs.insert(head.number, walked).is_some() { Err("two logs have one number") } else { Ok(()) }
    }

    /// An entry.
    pub fn entry(&mut self, number: u64, position: u64, record: LogEntryRow<'_>) -> Result<(), Wrong> {
        let WalkedLog { head, at } = self.logs.get_mut(&number).ok_or("an entry has no log")?;
        if position >= head.next || *at != (position, record.before) {
            return Err("an entry is not where its log has one");
        }
        let after = record.before.checked_add(LogEntryRow::bytes_of(record.value.len()));
        *at = (position + 1, after.ok_or("an entry is not where its log has one")?);
        Ok(())
    }

    /// Ends: every log must have had its entries.
    pub fn finish(&self) -> Result<(), Wrong> {
        let is_whole = |walked: &WalkedLog| walked.at == (walked.head.next, walked.head.total);
        if self.logs.values().all(is_whole) { Ok(()) } else { Err("a log lacks entries") }
    }
}
