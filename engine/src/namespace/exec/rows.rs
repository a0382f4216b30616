//! Rows of collections, vector indexes and caches: writing, deleting, and sweeping what has expired.

use std::sync::Arc;

use crate::api::{CollectionName, Error, Result};
use crate::index::vector::{VectorParams, validate};
use crate::limits;
use crate::namespace::collection::Collection;
use crate::namespace::context::WriteContext;
use crate::namespace::row_info::row_bytes;
use crate::namespace::state::missing;
use crate::store::{
    CollectionKind, CollectionRecord, DocumentBody, DocumentRecord, KeyRange, KeyWriter, Read, RowMark, RowPlace, Table,
};

/// A collection, index or cache as this operation has left it.
pub(super) struct Target {
    /// Its record.
    pub record: CollectionRecord,
    /// What is in memory of its rows, without what this operation has written.
    pub rows: Arc<Collection>,
}

impl Target {
    /// All its rows, in any table whose keys begin with its number.
    pub fn range(&self) -> KeyRange {
        KeyRange::prefix(&document_key(self, b""))
    }
}

/// The collection, also if this very operation has created it.
pub(super) fn resolve(ctx: &WriteContext<'_>, name: &CollectionName, kind: CollectionKind) -> Result<Target> {
    let record = ctx.state.record(&ctx.txn, name, kind)?;
    let fresh = ctx.fresh.iter().find(|fresh| fresh.record.id == record.id).cloned();
    let rows = fresh.or_else(|| ctx.state.collections.get(record.id)).ok_or_else(|| missing(name, kind))?;
    Ok(Target { record, rows })
}

/// A row to write: a document, a bare vector or an entry of a cache.
pub(super) struct NewRow<'a> {
    pub id: &'a [u8],
    /// Nothing for a document without an embedding.
    pub vector: Option<&'a [f32]>,
    /// Nothing for a bare vector.
    pub body: Option<DocumentBody>,
}

fn row_key(target: &Target, row: u32) -> Vec<u8> {
    KeyWriter::new().u32(target.record.id).u32(row).finish()
}

/// The key of a row's record.
pub(super) fn document_key(target: &Target, id: &[u8]) -> Vec<u8> {
    KeyWriter::new().u32(target.record.id).raw(id).finish()
}

/// A number that no row of the collection ever had.
pub(super) fn take_row(target: &Target) -> Result<u32> {
    target.rows.take_row().ok_or_else(|| {
        let text = "the collection has used all its row numbers, which no row gets twice; restore a checkpoint of the namespace, \
                    which numbers rows anew, or copy what the collection holds into a new one";
        Error::limit(text)
    })
}

/// What a record has beside a document's text and fields.
const RECORD_HEAD_BYTES: usize = 64;

/// Refuses a record whose fields are too large beside its text, which was looked at before.
pub(super) fn check_record(record: &[u8], content: &str) -> Result<()> {
    let max = limits::PROPERTIES_BYTES_MAX;
    if record.len().saturating_sub(content.len()) > max + RECORD_HEAD_BYTES {
        return Err(Error::limit(format!("a document's metadata takes more than {max} bytes")));
    }
    Ok(())
}

/// Writes a row, replacing what its id had.
pub(super) fn write_row(ctx: &mut WriteContext<'_>, target: &Target, new: NewRow<'_>) -> Result<()> {
    let NewRow { id, vector, body } = new;
    let CollectionRecord { dimension, metric, kind, .. } = target.record;
    if let Some(vector) = vector {
        validate(&VectorParams::new(dimension as usize, metric), vector)?;
    }
    delete_row(ctx, target, id)?;
    let row = take_row(target)?;
    let place = RowPlace { row, vector: vector.map(|_| row) };
    let record = DocumentRecord::encode(ctx.seq, place, body.as_ref());
    check_record(&record, body.as_ref().map_or("", |body| &body.content))?;
    let bytes = row_bytes(&record, id, place, dimension);
    ctx.txn.put(Table::Documents, document_key(target, id), record);
    if let Some(vector) = vector {
        let mut packed = Vec::with_capacity(vector.len() * 4);
        for number in vector {
            packed.extend_from_slice(&number.to_le_bytes());
        }
        ctx.txn.put(Table::Vectors, row_key(target, row), packed);
    }
    ctx.counters.vectors += 1;
    ctx.account(bytes, 0);
    ctx.counters.documents += u64::from(kind == CollectionKind::Documents);
    Ok(())
}

/// Deletes a row by its id. True if it existed, expired or not.
pub(super) fn delete_row(ctx: &mut WriteContext<'_>, target: &Target, id: &[u8]) -> Result<bool> {
    let stored = ctx.txn.get(Table::Documents, &document_key(target, id))?;
    let Some(stored) = stored else { return Ok(false) };
    delete_stored(ctx, target, id, &stored)?;
    Ok(true)
}

/// As [`delete_row`], for a row whose record was read.
pub(super) fn delete_stored(ctx: &mut WriteContext<'_>, target: &Target, id: &[u8], stored: &[u8]) -> Result<()> {
    let RowPlace { row, vector } = DocumentRecord::decode(stored)?.place;
    ctx.txn.delete(Table::Documents, document_key(target, id));
    end_row(ctx, target, row);
    if let Some(vector) = vector.filter(|vector| *vector != row) {
        end_row(ctx, target, vector);
    }
    remember_rows(ctx, target, row.max(vector.unwrap_or_default()))?;
    ctx.counters.vectors = ctx.counters.vectors.saturating_sub(1);
    let is_document = target.record.kind == CollectionKind::Documents;
    ctx.counters.documents = ctx.counters.documents.saturating_sub(u64::from(is_document));
    ctx.account(0, row_bytes(stored, id, RowPlace { row, vector }, target.record.dimension));
    Ok(())
}

/// Says that a number stands for nothing any more, be it a vector or not: see `change.rs`.
pub(super) fn end_row(ctx: &mut WriteContext<'_>, target: &Target, row: u32) {
    ctx.txn.delete(Table::Vectors, row_key(target, row));
}

/// Sees to it that the number of a row that goes is not taken again, also by later openings. The bound kept for that is
/// moved past every number taken so far, so that not each deletion has to move it.
fn remember_rows(ctx: &mut WriteContext<'_>, target: &Target, row: u32) -> Result<()> {
    let key = document_key(target, b"");
    let kept = ctx.txn.get(Table::Rows, &key)?.map(|mark| RowMark::decode(&mark)).transpose()?;
    if kept.is_none_or(|RowMark(kept)| row >= kept) {
        ctx.txn.put(Table::Rows, key, RowMark(target.rows.next_row()).encode());
    }
    Ok(())
}

/// True if a document has not expired.
pub(super) fn is_open(ctx: &WriteContext<'_>, target: &Target, record: &DocumentRecord<'_>) -> Result<bool> {
    // What this operation has written, nobody else knows yet.
    if record.seq == ctx.seq {
        return Ok(!record.fields()?.is_expired(ctx.now_ms));
    }
    Ok(target.rows.lifetimes.is_open(record.place.row, ctx.now_ms))
}

/// Deletes documents and entries of caches that have expired, at most `limit`. Gives how many.
pub fn sweep(ctx: &mut WriteContext<'_>, limit: usize) -> Result<usize> {
    let mut left = limit;
    for rows in ctx.state.collections.all() {
        let due = rows.lifetimes.due(ctx.now_ms, left);
        let target = Target { record: rows.record.clone(), rows };
        // What is left of a dropped collection is not counted any more, and is purged row by row.
        if due.is_empty() || ctx.txn.contains(Table::Purges, &document_key(&target, b""))? {
            continue;
        }
        let target =
            Target { record: CollectionRecord { dimension: target.rows.dimension(), ..target.record }, ..target };
        for row in due {
            let Some(id) = target.rows.id(row) else { continue };
            let stored = ctx.txn.get(Table::Documents, &document_key(&target, &id))?;
            // The row may have been replaced: then the record is its successor's, which must stay.
            if let Some(stored) = stored
                && DocumentRecord::decode(&stored)?.place.row == row
            {
                delete_stored(ctx, &target, &id, &stored)?;
                left -= 1;
            }
        }
    }
    Ok(limit - left)
}
