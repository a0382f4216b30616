//! Key-value writes. Each keeps three things in step: the row, its place in the expiry index, and the counters.

use serde_bytes::ByteBuf;

use crate::api::{BatchPut, CompareAndSet, DeleteKey, Deleted, Error, Put, PutEntry, Result, Swapped, Written};
use crate::namespace::context::WriteContext;
use crate::namespace::exec::Execute;
use crate::planted::{self, Planted};
use crate::store::{KeyWriter, KvFront, KvRecord, Read, StoreError, Table, ValueHead};

fn expiry_key(expires_at: i64, key: &[u8]) -> Vec<u8> {
    KeyWriter::new().time(expires_at).raw(key).finish()
}

/// What stands under a key, expired or not.
pub(super) struct Old {
    /// The commit that wrote it.
    pub seq: u64,
    /// When it expires; 0 = never.
    pub expires_at: i64,
    /// Bytes of its value.
    pub value_bytes: usize,
    /// True if it is not there to be seen: it has expired, or a range delete hides it.
    pub gone: bool,
}

/// Looks at what stands under a key; its value is not read.
pub(super) fn old(ctx: &WriteContext<'_>, key: &[u8]) -> Result<Option<Old>> {
    let Some(stored) = ctx.txn.stored_head(Table::Kv, key)? else { return Ok(None) };
    old_of(ctx, key, &stored).map(Some)
}

/// The value of a key that is there.
pub(super) fn value_of(ctx: &WriteContext<'_>, key: &[u8]) -> Result<Vec<u8>> {
    let stored = ctx.txn.stored(Table::Kv, key)?;
    let mut stored = stored.ok_or(StoreError::corrupt(Table::Kv, "a key is gone while it is read"))?;
    stored.drain(..stored.len() - KvRecord::decode(&stored)?.value.len());
    Ok(stored)
}

/// What a row of a key says.
pub(super) fn old_of(ctx: &WriteContext<'_>, key: &[u8], stored: &ValueHead) -> Result<Old> {
    let front = KvFront::decode(stored)?;
    let gone = front.is_expired(ctx.now_ms) || ctx.txn.before().hides(Table::Kv, key, &stored.start);
    let KvFront { seq, expires_at, value_bytes } = front;
    Ok(Old { seq, expires_at, value_bytes, gone })
}

/// Takes what stands under a key out of the index of expiries and out of the counters.
pub(super) fn forget(ctx: &mut WriteContext<'_>, key: &[u8], old: &Old) {
    ctx.counters.keys = ctx.counters.keys.saturating_sub(1);
    ctx.account(0, (key.len() + old.value_bytes) as u64);
    if old.expires_at != 0 {
        ctx.txn.delete(Table::KvExpiry, expiry_key(old.expires_at, key));
    }
}

/// When what is written now expires; 0 = never.
pub(super) fn end_of(ctx: &WriteContext<'_>, ttl_ms: Option<u64>) -> i64 {
    let ttl_ms = ttl_ms.map(|ttl| i64::try_from(ttl).unwrap_or(i64::MAX));
    ttl_ms.map_or(0, |ttl| ctx.now_ms.saturating_add(ttl))
}

fn write(ctx: &mut WriteContext<'_>, key: Vec<u8>, value: &[u8], ttl_ms: Option<u64>) {
    let record = KvRecord { seq: ctx.seq, expires_at: end_of(ctx, ttl_ms), value };
    write_record(ctx, key, record);
}

/// Writes a row where none is, or one that was forgotten.
pub(super) fn write_record(ctx: &mut WriteContext<'_>, key: Vec<u8>, record: KvRecord<'_>) {
    ctx.counters.keys += 1;
    ctx.account((key.len() + record.value.len()) as u64, 0);
    if record.expires_at != 0 {
        ctx.txn.put(Table::KvExpiry, expiry_key(record.expires_at, &key), Vec::new());
    }
    ctx.txn.put(Table::Kv, key, record.encode());
}

/// Writes a key.
pub fn put(ctx: &mut WriteContext<'_>, entry: PutEntry) -> Result<()> {
    if let Some(old) = old(ctx, &entry.key)? {
        forget(ctx, &entry.key, &old);
    }
    write(ctx, entry.key.into_vec(), &entry.value, entry.ttl_ms);
    Ok(())
}

impl Execute for BatchPut {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Written> {
        self.entries.into_iter().try_for_each(|entry| put(ctx, entry))?;
        Ok(ctx.written())
    }
}

impl Execute for Put {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Written> {
        put(ctx, PutEntry { key: self.key, value: self.value, ttl_ms: self.ttl_ms })?;
        Ok(ctx.written())
    }
}

/// Deletes a key. True if it was there to be seen.
pub fn delete(ctx: &mut WriteContext<'_>, key: ByteBuf) -> Result<bool> {
    let Some(old) = old(ctx, &key)? else { return Ok(false) };
    forget(ctx, &key, &old);
    ctx.txn.delete(Table::Kv, key.into_vec());
    Ok(!old.gone)
}

impl Execute for DeleteKey {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Deleted> {
        let existed = delete(ctx, self.key)?;
        Ok(ctx.deleted(u64::from(existed)))
    }
}

/// Writes a key if it holds what is expected.
pub fn compare_and_set(ctx: &mut WriteContext<'_>, request: CompareAndSet) -> Result<Swapped> {
    let CompareAndSet { key, expected, value, ttl_ms, durability } = request;
    let old = old(ctx, &key)?;
    let seen = match &old {
        Some(old) if !old.gone => {
            if !ctx.has_answer_room(old.value_bytes) {
                return Err(Error::no_room());
            }
            Some(ByteBuf::from(value_of(ctx, &key)?))
        }
        Some(_) | None => None,
    };
    let swapped = seen == expected || planted::is(Planted::SwapUncompared);
    if swapped {
        if let Some(old) = &old {
            forget(ctx, &key, old);
        }
        match (value, old) {
            (Some(value), _) => write(ctx, key.into_vec(), &value, ttl_ms),
            (None, Some(_)) => ctx.txn.delete(Table::Kv, key.into_vec()),
            (None, None) => {}
        }
    }
    Ok(Swapped { swapped, previous: seen, commit_seq: ctx.commit_seq(), durability })
}

impl Execute for CompareAndSet {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Swapped> {
        compare_and_set(ctx, self)
    }
}

/// Removes keys that have expired, oldest first, at most `limit`. Gives how many there were.
pub fn sweep(ctx: &mut WriteContext<'_>, limit: usize) -> Result<usize> {
    let due = expired(&ctx.txn, ctx.now_ms, limit)?;
    let found = due.len();
    for expiry in due {
        let key = expiry.get(8..).unwrap_or_default().to_vec();
        delete(ctx, ByteBuf::from(key))?;
        // Normally gone already; a leftover entry must not stop the sweep for ever.
        ctx.txn.delete(Table::KvExpiry, expiry);
    }
    Ok(found)
}

/// Rows of the expiry index whose time has come, oldest first, at most `limit`.
pub fn expired(reader: &impl Read, now_ms: i64, limit: usize) -> Result<Vec<Vec<u8>>> {
    let end = KeyWriter::new().time(now_ms.saturating_add(1)).finish();
    let range = crate::store::KeyRange { start: std::ops::Bound::Unbounded, end: std::ops::Bound::Excluded(end) };
    let rows = reader.scan(Table::KvExpiry, &range, false)?.take(limit);
    rows.map(|row| Ok(row?.key)).collect()
}
