//! Writes to ordered logs. Each reads the log's head, changes entries at one of its ends, and writes the head again: no entry
//! is read but those that are given to the caller, and the head of the one before which a log is cut.

use std::ops::Bound;

use serde_bytes::ByteBuf;

use super::range_delete;
use crate::api::{AppendLog, Appended, DeleteLog, Deleted, Error, LogEntry, LogName, PopLog, Popped, Result, TrimLog};
use crate::limits;
use crate::namespace::context::WriteContext;
use crate::namespace::exec::Execute;
use crate::store::{KeyRange, LogEntryRow, LogHead, LogMark, Read, StoreError, Table};

fn head(ctx: &WriteContext<'_>, log: &LogName) -> Result<Option<LogHead>> {
    let stored = ctx.txn.get(Table::Logs, log.as_str().as_bytes())?;
    Ok(stored.map(|stored| LogHead::decode(&stored)).transpose()?)
}

fn put_head(ctx: &mut WriteContext<'_>, log: &LogName, head: &LogHead) {
    ctx.txn.put(Table::Logs, log.as_str().as_bytes().to_vec(), head.encode());
}

fn mark(ctx: &WriteContext<'_>) -> Result<LogMark> {
    let stored = ctx.txn.get(Table::Logs, LogMark::KEY)?;
    Ok(stored.map(|stored| LogMark::decode(&stored)).transpose()?.unwrap_or_default())
}

fn put_mark(ctx: &mut WriteContext<'_>, mark: LogMark) {
    ctx.txn.put(Table::Logs, LogMark::KEY.to_vec(), mark.encode());
}

fn missing() -> StoreError {
    StoreError::corrupt(Table::LogEntries, "an entry is missing")
}

/// Appends values; gives the position of the first.
pub fn append(ctx: &mut WriteContext<'_>, log: &LogName, values: &[ByteBuf]) -> Result<u64> {
    let mut head = match head(ctx, log)? {
        Some(head) => head,
        None => {
            let LogMark { next_number: number, first } = mark(ctx)?;
            if values.is_empty() {
                return Ok(first);
            }
            let spent = || Error::limit("the namespace has used all its numbers of logs");
            put_mark(ctx, LogMark { next_number: number.checked_add(1).ok_or_else(spent)?, first });
            ctx.account(log.as_str().len() as u64 + LogHead::BYTES, 0);
            LogHead { number, first, next: first, total: 0, gone: 0 }
        }
    };
    let first = head.next;
    if values.is_empty() {
        return Ok(first);
    }
    if first.checked_add(values.len() as u64).is_none() {
        return Err(Error::limit("the log has used all its positions"));
    }
    for value in values {
        let record = LogEntryRow { before: head.total, value };
        ctx.txn.put(Table::LogEntries, head.entry_key(head.next), record.encode());
        head.total = head.total.saturating_add(LogEntryRow::bytes_of(value.len()));
        head.next += 1;
    }
    ctx.account(values.iter().map(|value| LogEntryRow::bytes_of(value.len())).sum(), 0);
    put_head(ctx, log, &head);
    Ok(first)
}

impl Execute for AppendLog {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Appended> {
        let first = append(ctx, &self.log, &self.values)?;
        Ok(Appended { first, commit_seq: ctx.commit_seq(), durability: ctx.durability })
    }
}

fn pop(ctx: &mut WriteContext<'_>, log: &LogName, count: u64) -> Result<Vec<LogEntry>> {
    let Some(mut head) = head(ctx, log)? else { return Ok(Vec::new()) };
    let (mut entries, mut bytes) = (Vec::new(), 0);
    let end = head.next.min(head.first.saturating_add(count));
    let may_be_large = ctx.state.view.load().may_hold_large();
    while head.first < end && bytes <= limits::PAGE_BYTES_MAX {
        let key = head.entry_key(head.first);
        // A large entry is not read before it has room; the others are as soon told as read.
        let large_bytes = match may_be_large {
            true => ctx.txn.head(Table::LogEntries, &key)?.ok_or_else(missing)?.bytes,
            false => 0,
        };
        let has_room = ctx.has_answer_room(bytes + large_bytes);
        let stored = if has_room { ctx.txn.get(Table::LogEntries, &key)?.ok_or_else(missing)? } else { Vec::new() };
        if !has_room || !ctx.has_answer_room(bytes + stored.len()) {
            // It gives what there is room for.
            match entries.is_empty() {
                true => return Err(Error::no_room()),
                false => break,
            }
        }
        let value = LogEntryRow::decode(&stored)?.value;
        let taken = LogEntryRow::bytes_of(value.len());
        entries.push(LogEntry { position: head.first, value: ByteBuf::from(value) });
        ctx.txn.delete(Table::LogEntries, key);
        ctx.account(0, taken);
        bytes += value.len();
        head.gone += taken;
        head.first += 1;
    }
    if !entries.is_empty() {
        put_head(ctx, log, &head);
    }
    Ok(entries)
}

impl Execute for PopLog {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Popped> {
        let entries = pop(ctx, &self.log, self.count.unwrap_or(1).into())?;
        Ok(Popped { entries, commit_seq: ctx.commit_seq(), durability: ctx.durability })
    }
}

/// Deletes the entries before a position, and says so in the head. Gives how many there were.
fn cut(ctx: &mut WriteContext<'_>, head: &mut LogHead, until: u64) -> Result<u64> {
    let until = until.clamp(head.first, head.next);
    let (count, before) = (until - head.first, head.bytes());
    if count == 0 {
        return Ok(0);
    }
    head.gone = if until == head.next {
        head.total
    } else {
        let stored = ctx.txn.head(Table::LogEntries, &head.entry_key(until))?.ok_or_else(missing)?;
        LogEntryRow::decode(&stored.start)?.before
    };
    ctx.account(0, before.saturating_sub(head.total.saturating_sub(head.gone)));
    if count > limits::ROWS_DELETED_AT_ONCE_MAX as u64 {
        let end = Bound::Excluded(head.entry_key(until));
        range_delete::note(
            ctx,
            Table::LogEntries,
            &KeyRange { start: Bound::Included(head.entry_key(head.first)), end },
        )?;
    } else {
        for position in head.first..until {
            ctx.txn.delete(Table::LogEntries, head.entry_key(position));
        }
    }
    head.first = until;
    Ok(count)
}

impl Execute for TrimLog {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Deleted> {
        let Some(mut head) = head(ctx, &self.log)? else { return Ok(ctx.deleted(0)) };
        let kept = self.keep.map_or(0, |keep| head.next.saturating_sub(keep));
        let deleted = cut(ctx, &mut head, kept.max(self.before.unwrap_or_default()))?;
        if deleted > 0 {
            put_head(ctx, &self.log, &head);
        }
        Ok(ctx.deleted(deleted))
    }
}

impl Execute for DeleteLog {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Deleted> {
        let Some(mut head) = head(ctx, &self.log)? else { return Ok(ctx.deleted(0)) };
        let next = head.next;
        cut(ctx, &mut head, next)?;
        let mut mark = mark(ctx)?;
        if mark.first < next {
            mark.first = next;
            put_mark(ctx, mark);
        }
        ctx.txn.delete(Table::Logs, self.log.as_str().as_bytes().to_vec());
        ctx.account(0, self.log.as_str().len() as u64 + LogHead::BYTES);
        Ok(ctx.deleted(1))
    }
}
