//! Deleting every key of a range: at once where they are few, and otherwise as one row that hides them, whose keys sweeps remove.
//!
//! Counters, and with them the quota, count keys until they are removed: how many a large range holds nobody has counted.

use std::ops::Bound;

use super::kv::{delete, forget, old_of};
use crate::api::{DeleteRange, Error, ErrorCode, KeySpan, RangeDeleted, Result};
use crate::limits;
use crate::namespace::context::WriteContext;
use crate::namespace::exec::Execute;
use crate::store::{KeyRange, KvFront, RangeDelete, Read, StoredRow, Table, ValueHead};

/// Deletes keys; gives how many were there to be seen, or nothing where they are too many to be counted at once.
pub fn delete_keys(ctx: &mut WriteContext<'_>, span: &KeySpan) -> Result<Option<u64>> {
    let KeySpan { prefix, start, end } = span;
    let [prefix, start, end] = [prefix, start, end].map(|bound| bound.as_ref().map(|bound| bound.as_slice()));
    let range = KeyRange::of(prefix, start, end);
    // Also rows that it has deleted: a walk over what is stored comes by them.
    let own = ctx.txn.own(Table::Kv, &range).take(limits::RANGE_ROWS_LOOKED_AT_MAX + 1).count();
    look(ctx, own)?;
    if ctx.txn.before().hides_all(Table::Kv, &range) {
        // Another range is being removed here.
        return delete_own(ctx, &range).map(Some);
    }
    let Some(rows) = few(ctx, &range)? else {
        delete_own(ctx, &range)?;
        return note(ctx, Table::Kv, &range).map(|()| None);
    };
    let mut deleted = 0;
    for StoredRow { key, value } in rows {
        let old = old_of(ctx, &key, &value)?;
        forget(ctx, &key, &old);
        deleted += u64::from(!old.gone);
        ctx.txn.delete(Table::Kv, key);
    }
    Ok(Some(deleted))
}

/// Counts rows that an operation looks at to delete ranges, of all its ranges together, and refuses it where they are too many:
/// everybody else waits meanwhile.
fn look(ctx: &mut WriteContext<'_>, rows: usize) -> Result<()> {
    ctx.range_rows += rows;
    let max = limits::RANGE_ROWS_LOOKED_AT_MAX;
    if ctx.range_rows > max {
        return Err(Error::limit(format!(
            "the ranges to delete hold more than {max} rows to look at: split the commit"
        )));
    }
    Ok(())
}

/// Deletes what this operation has written itself: it has its commit, and no range deleted in it hides it. Gives how many.
fn delete_own(ctx: &mut WriteContext<'_>, range: &KeyRange) -> Result<u64> {
    let mut deleted = 0;
    let keys: Vec<Vec<u8>> = ctx.txn.own(Table::Kv, range).map(|(key, _)| key.to_vec()).collect();
    for key in keys {
        deleted += u64::from(delete(ctx, key.into())?);
    }
    Ok(deleted)
}

/// The rows of a range, also hidden ones, unless there are too many to be deleted one by one.
fn few(ctx: &mut WriteContext<'_>, range: &KeyRange) -> Result<Option<Vec<StoredRow<ValueHead>>>> {
    let (mut rows, mut bytes, mut are_few) = (Vec::new(), 0, true);
    for row in ctx.txn.scan_stored(Table::Kv, range)? {
        let row = row?;
        bytes += row.key.len() + row.value.start.len();
        if rows.len() >= limits::ROWS_DELETED_AT_ONCE_MAX || bytes > limits::PAGE_BYTES_MAX {
            are_few = false;
            break;
        }
        rows.push(row);
    }
    look(ctx, rows.len())?;
    Ok(are_few.then_some(rows))
}

/// The least key behind one.
fn least_behind(key: &[u8]) -> Vec<u8> {
    [key, &[0]].concat()
}

/// Writes down that the rows of a range are deleted. Those of keys are hidden by it.
pub(super) fn note(ctx: &mut WriteContext<'_>, table: Table, range: &KeyRange) -> Result<()> {
    let start = match &range.start {
        Bound::Included(start) => start.clone(),
        Bound::Excluded(before) => least_behind(before),
        Bound::Unbounded => Vec::new(),
    };
    let end = match &range.end {
        Bound::Included(last) => Some(least_behind(last)),
        Bound::Excluded(end) => Some(end.clone()),
        Bound::Unbounded => None,
    };
    let mut pending: u32 = 0;
    for row in ctx.txn.scan(Table::RangeDeletes, &KeyRange::all(), false)? {
        row?;
        pending += 1;
    }
    if pending >= limits::RANGE_DELETES_MAX as u32 {
        let text = format!("the rows of {pending} deleted ranges are still being removed; retry after a pause");
        return Err(Error::new(ErrorCode::Busy, text));
    }
    // Ranges of the same commit are told apart by how many there were before.
    let delete = RangeDelete { seq: ctx.seq, number: pending, table, start, end };
    ctx.txn.put(Table::RangeDeletes, delete.key(), delete.encode());
    Ok(())
}

impl Execute for DeleteRange {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<RangeDeleted> {
        let deleted = delete_keys(ctx, &self.keys)?;
        Ok(RangeDeleted { deleted, commit_seq: ctx.commit_seq(), durability: ctx.durability })
    }
}

/// Removes rows of deleted ranges, oldest range first, looking at no more than `limit`. Gives true if there may be more.
pub fn remove_ranges(ctx: &mut WriteContext<'_>, limit: usize) -> Result<bool> {
    let Some(row) = ctx.txn.scan(Table::RangeDeletes, &KeyRange::all(), false)?.next().transpose()? else {
        return Ok(false);
    };
    let mut range = RangeDelete::decode(&row.key, &row.value)?;
    let (mut due, mut last, mut bytes) = (Vec::new(), None, 0);
    for (looked, row) in ctx.txn.scan_stored(range.table, &range.range())?.enumerate() {
        if looked >= limit || bytes > limits::PAGE_BYTES_MAX {
            break;
        }
        let row = row?;
        bytes += row.key.len() + row.value.start.len();
        last = Some(row.key.clone());
        if range.table != Table::Kv || KvFront::decode(&row.value)?.seq < range.seq {
            due.push(row);
        }
    }
    for StoredRow { key, value } in due {
        if range.table == Table::Kv {
            let old = old_of(ctx, &key, &value)?;
            forget(ctx, &key, &old);
        }
        ctx.txn.delete(range.table, key);
    }
    match last {
        Some(last) => {
            range.start = least_behind(&last);
            ctx.txn.put(Table::RangeDeletes, row.key, range.encode());
        }
        None => ctx.txn.delete(Table::RangeDeletes, row.key),
    }
    Ok(true)
}
