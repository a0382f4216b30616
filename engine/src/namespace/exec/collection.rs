//! Writes to collections as wholes: creating, describing anew, emptying and dropping them, and purging what was dropped.

use std::sync::Arc;

use super::rows::{Target, document_key, resolve};
use crate::api::{
    CollectionInfo, CollectionName, CreateCollection, Deleted, DropCollection, Error, ErrorCode, Result, TimestampMs,
    TruncateCollection, UpdateCollection, same_fields,
};
use crate::limits;
use crate::namespace::collection::Collection;
use crate::namespace::context::WriteContext;
use crate::namespace::exec::Execute;
use crate::namespace::row_info::row_bytes;
use crate::planted::{self, Planted};
use crate::store::{CollectionKind, CollectionRecord, DocumentRecord, KeyRange, Read, Table};

/// Creates a collection, index or cache. Gives false if it exists with the same settings.
pub(super) fn create_record(
    ctx: &mut WriteContext<'_>,
    name: &CollectionName,
    mut record: CollectionRecord,
) -> Result<(Target, bool)> {
    let key = record.kind.key(name.as_str());
    if let Some(stored) = ctx.txn.get(Table::Collections, &key)? {
        check_same(name, &CollectionRecord::decode(&stored)?, &record)?;
        return Ok((resolve(ctx, name, record.kind)?, false));
    }
    if ctx.counters.collections >= limits::COLLECTIONS_MAX as u64 {
        return Err(Error::limit(format!("a namespace holds at most {} collections", limits::COLLECTIONS_MAX)));
    }
    record.id = next_id(ctx)?;
    ctx.counters.collections += 1;
    ctx.txn.put(Table::Collections, key.into_owned(), record.encode());
    Ok((fresh(ctx, record), true))
}

/// Refuses settings that are others than those of a collection that exists. A dimension of 0 and no metadata ask for nothing.
fn check_same(name: &CollectionName, old: &CollectionRecord, new: &CollectionRecord) -> Result<()> {
    let CollectionRecord { kind, dimension, metric, metadata, .. } = old;
    let same_dimension = new.dimension == 0 || new.dimension == *dimension;
    let text = if (*kind, *metric) != (new.kind, new.metric) || !same_dimension {
        format!(
            "{name:?} exists with dimension {dimension}, metric {metric:?} or another kind; drop it or choose another name"
        )
    } else if !new.metadata.0.is_empty() && new.metadata != *metadata {
        format!("{name:?} exists with other metadata; leave the metadata out, or change it by updating the collection")
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorCode::AlreadyExists, text))
}

fn next_id(ctx: &mut WriteContext<'_>) -> Result<u32> {
    let id = ctx.counters.next_collection_id;
    let next = id.checked_add(u32::from(!planted::is(Planted::CollectionIdReused)));
    ctx.counters.next_collection_id = next.ok_or_else(|| {
        Error::limit("the namespace has used all numbers of collections; restore it from a checkpoint")
    })?;
    Ok(id)
}

/// An empty collection, known to this operation alone.
fn fresh(ctx: &mut WriteContext<'_>, record: CollectionRecord) -> Target {
    let rows = Arc::new(Collection::new(record.clone()));
    ctx.fresh.push(Arc::clone(&rows));
    Target { record, rows }
}

/// What a collection is after this operation.
fn info(ctx: &WriteContext<'_>, name: CollectionName, target: &Target, created: bool) -> CollectionInfo {
    let Target { record, rows } = target;
    CollectionInfo {
        name,
        dimension: record.dimension,
        metric: record.metric,
        metadata: record.metadata.clone(),
        count: rows.newest_count().saturating_sub(rows.lifetimes.due_count(ctx.now_ms)),
        graph_count: rows.vectors.stats().covered as u64,
        memory_bytes: rows.memory_bytes(),
        created_at: TimestampMs(record.created_at),
        created,
    }
}

/// Creates a collection.
pub fn create(ctx: &mut WriteContext<'_>, request: CreateCollection) -> Result<CollectionInfo> {
    let CreateCollection { collection: name, dimension, metric, metadata } = request;
    let (seq, created_at) = (ctx.seq, ctx.now_ms);
    let kind = CollectionKind::Documents;
    let record = CollectionRecord { seq, id: 0, kind, dimension, metric, metadata, created_at };
    let (target, created) = create_record(ctx, &name, record)?;
    Ok(info(ctx, name, &target, created))
}

impl Execute for CreateCollection {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<CollectionInfo> {
        create(ctx, self)
    }
}

/// Writes the record of a collection that stays the same collection.
pub(super) fn rewrite(ctx: &mut WriteContext<'_>, name: &CollectionName, record: &CollectionRecord) {
    ctx.txn.put(Table::Collections, record.kind.key(name.as_str()).into_owned(), record.encode());
}

impl Execute for UpdateCollection {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<CollectionInfo> {
        let mut target = resolve(ctx, &self.collection, CollectionKind::Documents)?;
        if !same_fields(&target.record.metadata, &self.metadata) {
            target.record.metadata = self.metadata;
            rewrite(ctx, &self.collection, &target.record);
        }
        Ok(info(ctx, self.collection, &target, false))
    }
}

/// What a collection holds now, this operation's own writes included: rows and bytes as the counters count them.
fn held(ctx: &WriteContext<'_>, target: &Target) -> Result<(u64, u64)> {
    let (mut rows, mut bytes) = (target.rows.newest_count(), target.rows.bytes());
    let dimension = target.record.dimension;
    let count = |id: &[u8], stored: &[u8]| {
        DocumentRecord::decode(stored).map(|record| row_bytes(stored, id, record.place, dimension))
    };
    for (key, now) in ctx.txn.own(Table::Documents, &target.range()) {
        let id = key.get(4..).unwrap_or_default();
        if let Some(now) = now {
            rows += 1;
            bytes += count(id, now)?;
        }
        if let Some(before) = ctx.txn.before().get(Table::Documents, key)? {
            rows = rows.saturating_sub(1);
            bytes = bytes.saturating_sub(count(id, &before)?);
        }
    }
    Ok((rows, bytes))
}

/// Lets the rows of a collection go: they are purged in small steps afterwards. Gives how many there were.
fn abandon(ctx: &mut WriteContext<'_>, target: &Target) -> Result<u64> {
    let (rows, bytes) = held(ctx, target)?;
    for table in [Table::Documents, Table::Vectors, Table::Rows] {
        ctx.txn.forget(table, &target.range());
    }
    ctx.txn.put(Table::Purges, document_key(target, b""), Vec::new());
    ctx.counters.vectors = ctx.counters.vectors.saturating_sub(rows);
    if target.record.kind == CollectionKind::Documents {
        ctx.counters.documents = ctx.counters.documents.saturating_sub(rows);
    }
    ctx.account(0, bytes);
    Ok(rows)
}

/// Gives the name to an empty collection of another number, and lets the rows of the old one go. Gives how many there were to
/// be seen.
pub fn truncate(ctx: &mut WriteContext<'_>, name: &CollectionName) -> Result<u64> {
    let old = resolve(ctx, name, CollectionKind::Documents)?;
    let expired = old.rows.lifetimes.due_count(ctx.now_ms);
    let rows = abandon(ctx, &old)?;
    let record = CollectionRecord { id: next_id(ctx)?, seq: ctx.seq, ..old.record };
    rewrite(ctx, name, &record);
    fresh(ctx, record);
    Ok(rows.saturating_sub(expired))
}

impl Execute for TruncateCollection {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Deleted> {
        let deleted = truncate(ctx, &self.collection)?;
        Ok(ctx.deleted(deleted))
    }
}

/// Drops a name at once; its rows are purged in small steps afterwards. True if it existed.
pub(super) fn drop_record(ctx: &mut WriteContext<'_>, name: &CollectionName, kind: CollectionKind) -> Result<bool> {
    let target = match resolve(ctx, name, kind) {
        Ok(target) => target,
        Err(error) if error.code == ErrorCode::CollectionNotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    ctx.txn.delete(Table::Collections, kind.key(name.as_str()).into_owned());
    ctx.counters.collections = ctx.counters.collections.saturating_sub(1);
    abandon(ctx, &target)?;
    Ok(true)
}

/// Drops a collection.
pub fn drop_collection(ctx: &mut WriteContext<'_>, name: &CollectionName) -> Result<bool> {
    drop_record(ctx, name, CollectionKind::Documents)
}

impl Execute for DropCollection {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Deleted> {
        let existed = drop_collection(ctx, &self.collection)?;
        Ok(ctx.deleted(u64::from(existed)))
    }
}

/// Removes rows of dropped collections, at most `limit`. Gives true if more are left.
pub fn purge(ctx: &mut WriteContext<'_>, limit: usize) -> Result<bool> {
    let Some(purge) = ctx.txn.scan(Table::Purges, &KeyRange::all(), false)?.next().transpose()? else {
        return Ok(false);
    };
    let mut rows = Vec::new();
    for table in [Table::Documents, Table::Vectors] {
        for row in ctx.txn.scan(table, &KeyRange::prefix(&purge.key), false)?.take(limit - rows.len()) {
            rows.push((table, row?.key));
        }
    }
    if rows.is_empty() {
        ctx.txn.delete(Table::Rows, purge.key.clone());
        ctx.txn.delete(Table::Purges, purge.key);
    }
    for (table, key) in rows {
        ctx.txn.delete(table, key);
    }
    Ok(true)
}
