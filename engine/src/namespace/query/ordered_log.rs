//! Reads of ordered logs. The head says which entries there are, so every read begins at the first that is wanted.

use std::ops::Bound;

use serde_bytes::ByteBuf;

use super::kv::Part;
use crate::api::{Error, ListLogs, LogEntry, LogInfo, LogList, LogName, LogPage, ReadLog, Result};
use crate::limits;
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::store::{KeyRange, KeyReader, KeyWriter, LogEntryRow, LogHead, LogMark, Read, StoreError, Table};

fn page_limit(limit: Option<u32>) -> usize {
    limit.map_or(limits::PAGE_ITEMS_DEFAULT, |limit| limit as usize).min(limits::PAGE_ITEMS_MAX)
}

/// The positions wanted: the first, and the first that is not, which the log may not have reached. A cursor is those of the
/// rest, so that what counts as the newest entries does not change between two pages.
fn wanted(request: &ReadLog, head: &LogHead) -> Result<(u64, u64)> {
    if let Some(cursor) = &request.cursor {
        let mut parts = KeyReader::new(cursor);
        return match (parts.u64(), parts.u64(), parts.rest().is_empty()) {
            (Some(first), Some(end), true) => Ok((first.max(head.first), end)),
            _ => Err(Error::invalid("the cursor is not one that reading a log has given")),
        };
    }
    let first = head.first.max(request.after.map_or(0, |after| after.saturating_add(1)));
    let end = request.before.unwrap_or(u64::MAX);
    Ok(match request.last {
        None => (first, end),
        Some(last) => {
            let end = end.min(head.next);
            (first.max(end.saturating_sub(last)), end)
        }
    })
}

/// Reads a log in order, one page; values are left out where no part of them is wanted.
pub fn read_log(snapshot: &Reader<'_>, request: &ReadLog, part: Part) -> Result<LogPage> {
    let Some(stored) = snapshot.get(Table::Logs, request.log.as_str().as_bytes())? else {
        return Ok(LogPage { entries: Vec::new(), cursor: None, length: 0 });
    };
    let head = LogHead::decode(&stored)?;
    let (first, end) = wanted(request, &head)?;
    let stop = end.min(head.next).max(first);
    let limit = page_limit(request.limit);
    let page = |entries, next: u64| {
        let cursor = (limit > 0 && next < stop).then(|| KeyWriter::new().u64(next).u64(end).finish());
        LogPage { entries, cursor: cursor.map(ByteBuf::from), length: head.length() }
    };
    let range = KeyRange { start: Bound::Included(head.entry_key(first)), end: Bound::Excluded(head.entry_key(stop)) };
    let (mut entries, mut bytes, mut next) = (Vec::new(), 0, first);
    for row in snapshot.scan_lazily(Table::LogEntries, &range, false)? {
        let row = row?;
        snapshot.wanted.step()?;
        let (_, position) = LogEntryRow::place(&row.key)?;
        if position != next {
            return Err(StoreError::corrupt(Table::LogEntries, "an entry is missing").into());
        }
        if entries.len() >= limit || bytes > limits::PAGE_BYTES_MAX {
            return Ok(page(entries, next));
        }
        let value = match part {
            Part::Value => {
                let entry = snapshot.rest_of(Table::LogEntries, &row.key, row.value)?;
                ByteBuf::from(LogEntryRow::decode(&entry)?.value)
            }
            Part::Version => ByteBuf::new(),
        };
        bytes += value.len();
        entries.push(LogEntry { position, value });
        next += 1;
    }
    if next < stop {
        return Err(StoreError::corrupt(Table::LogEntries, "an entry is missing").into());
    }
    Ok(page(entries, next))
}

impl Query for ReadLog {
    fn answer(self, _: &State, snapshot: &Reader<'_>) -> Result<LogPage> {
        read_log(snapshot, &self, Part::Value)
    }
}

/// Lists logs in the order of their names, one page.
pub fn list_logs(snapshot: &Reader<'_>, request: &ListLogs) -> Result<LogList> {
    let limit = page_limit(request.limit);
    let prefix = request.prefix.as_deref().unwrap_or_default().as_bytes();
    let mut range = KeyRange::prefix(prefix);
    // A cursor from elsewhere can only narrow the range, never widen it.
    if let Some(cursor) = request.cursor.as_ref().filter(|cursor| cursor.as_slice() >= prefix) {
        range = range.after(cursor, false);
    }
    let mut logs: Vec<LogInfo> = Vec::new();
    for row in snapshot.scan(Table::Logs, &range, false)? {
        let row = row?;
        snapshot.wanted.step()?;
        if row.key == LogMark::KEY {
            continue;
        }
        if logs.len() >= limit {
            let cursor = logs.last().map(|last| ByteBuf::from(last.log.as_str()));
            return Ok(LogList { logs, cursor });
        }
        let head = LogHead::decode(&row.value)?;
        let corrupt = |_| StoreError::corrupt(Table::Logs, "a name is not UTF-8");
        let log = LogName::new(String::from_utf8(row.key).map_err(corrupt)?);
        logs.push(LogInfo { log, length: head.length(), first: head.first, next: head.next, bytes: head.bytes() });
    }
    Ok(LogList { logs, cursor: None })
}

impl Query for ListLogs {
    fn answer(self, _: &State, snapshot: &Reader<'_>) -> Result<LogList> {
        list_logs(snapshot, &self)
    }
}
