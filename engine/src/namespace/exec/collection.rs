//! Writes to collections of documents, and what they share with bare vector indexes and caches: names, rows, purging.

use std::sync::Arc;

use crate::api::{
    AddDocuments, AddedDocuments, CollectionInfo, CollectionName, CreateCollection, DeleteByFilter, DeleteDocuments,
    Deleted, Document, DocumentId, DropCollection, Error, ErrorCode, Filter, Result, TimestampMs,
};
use crate::index::vector::validate;
use crate::limits;
use crate::namespace::collection::Collection;
use crate::namespace::context::WriteContext;
use crate::namespace::exec::Execute;
use crate::namespace::matching::Matching;
use crate::namespace::row_info::row_bytes;
use crate::planted::{self, Planted};
use crate::store::{
    CollectionKind, CollectionRecord, DocumentBody, DocumentRecord, KeyRange, KeyWriter, Read, RowMark, Table,
};
use crate::work::Wanted;

/// Creates a collection, index or cache. Gives false if it exists with the same settings.
pub(super) fn create_record(
    ctx: &mut WriteContext<'_>,
    name: &CollectionName,
    mut record: CollectionRecord,
) -> Result<(Arc<Collection>, bool)> {
    let key = record.kind.key(name.as_str());
    if let Some(stored) = ctx.txn.get(Table::Collections, &key)? {
        let old = CollectionRecord::decode(&stored)?;
        if (old.kind, old.dimension, old.metric) != (record.kind, record.dimension, record.metric) {
            let CollectionRecord { dimension, metric, .. } = old;
            let text = format!(
                "{name:?} exists with dimension {dimension}, metric {metric:?} or another kind; drop it or \
                                choose another name"
            );
            return Err(Error::new(ErrorCode::AlreadyExists, text));
        }
        let collection = ctx.state.collection(&ctx.txn, name, old.kind)?;
        return Ok((collection, false));
    }
    if ctx.counters.collections >= limits::COLLECTIONS_MAX as u64 {
        return Err(Error::limit(format!("a namespace holds at most {} collections", limits::COLLECTIONS_MAX)));
    }
    record.id = ctx.counters.next_collection_id;
    let next = record.id.checked_add(u32::from(!planted::is(Planted::CollectionIdReused)));
    ctx.counters.next_collection_id = next.ok_or_else(|| {
        Error::limit("the namespace has used all numbers of collections; restore it from a checkpoint")
    })?;
    ctx.counters.collections += 1;
    ctx.txn.put(Table::Collections, key.into_owned(), record.encode());
    Ok((Arc::new(Collection::new(record)), true))
}

/// Creates a collection.
pub fn create(ctx: &mut WriteContext<'_>, request: CreateCollection) -> Result<CollectionInfo> {
    let CreateCollection { collection: name, dimension, metric, metadata } = request;
    let (seq, created_at) = (ctx.seq, ctx.now_ms);
    let kind = CollectionKind::Documents;
    let record = CollectionRecord { seq, id: 0, kind, dimension, metric, metadata, created_at };
    let (collection, created) = create_record(ctx, &name, record)?;
    let record = &collection.record;
    Ok(CollectionInfo {
        name,
        dimension,
        metric,
        metadata: record.metadata.clone(),
        count: collection.newest_count(),
        graph_count: collection.vectors.stats().covered as u64,
        memory_bytes: collection.memory_bytes(),
        created_at: TimestampMs(record.created_at),
        created,
    })
}

impl Execute for CreateCollection {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<CollectionInfo> {
        create(ctx, self)
    }
}

/// Drops a name at once; its rows are purged in small steps afterwards. True if it existed.
pub(super) fn drop_record(ctx: &mut WriteContext<'_>, name: &CollectionName, kind: CollectionKind) -> Result<bool> {
    let collection = match ctx.state.collection(&ctx.txn, name, kind) {
        Ok(collection) => collection,
        Err(error) if error.code == ErrorCode::CollectionNotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let id = collection.record.id;
    ctx.txn.delete(Table::Collections, kind.key(name.as_str()).into_owned());
    ctx.txn.put(Table::Purges, KeyWriter::new().u32(id).finish(), Vec::new());
    let rows = collection.newest_count();
    ctx.counters.collections = ctx.counters.collections.saturating_sub(1);
    ctx.counters.vectors = ctx.counters.vectors.saturating_sub(rows);
    if kind == CollectionKind::Documents {
        ctx.counters.documents = ctx.counters.documents.saturating_sub(rows);
    }
    ctx.account(0, collection.bytes());
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

/// A row to write: a document, a bare vector or an entry of a cache.
pub(super) struct NewRow<'a> {
    pub id: &'a [u8],
    pub vector: &'a [f32],
    pub body: Option<DocumentBody>,
}

fn row_key(collection: &Collection, row: u32) -> Vec<u8> {
    KeyWriter::new().u32(collection.record.id).u32(row).finish()
}

/// The key of a row's record.
pub(super) fn document_key(collection: &Collection, id: &[u8]) -> Vec<u8> {
    KeyWriter::new().u32(collection.record.id).raw(id).finish()
}

/// Writes a row, replacing what its id had.
pub(super) fn write_row(ctx: &mut WriteContext<'_>, collection: &Arc<Collection>, new: NewRow<'_>) -> Result<()> {
    let NewRow { id, vector, body } = new;
    validate(collection.vectors.params(), vector)?;
    delete_row(ctx, collection, id)?;
    let row = collection.take_row().ok_or_else(|| Error::limit("the collection has used all its row numbers"))?;
    let record = DocumentRecord::encode(ctx.seq, row, body.as_ref());
    if record.len() > limits::CONTENT_BYTES_MAX + limits::PROPERTIES_BYTES_MAX {
        return Err(Error::limit(format!("a document's metadata exceeds {} bytes", limits::PROPERTIES_BYTES_MAX)));
    }
    let bytes = row_bytes(&record, id, collection.record.dimension);
    let mut packed = Vec::with_capacity(vector.len() * 4);
    for number in vector {
        packed.extend_from_slice(&number.to_le_bytes());
    }
    ctx.txn.put(Table::Documents, document_key(collection, id), record);
    ctx.txn.put(Table::Vectors, row_key(collection, row), packed);
    ctx.counters.vectors += 1;
    ctx.account(bytes, 0);
    ctx.counters.documents += u64::from(collection.record.kind == CollectionKind::Documents);
    Ok(())
}

/// Deletes a row by its id. True if it existed.
pub(super) fn delete_row(ctx: &mut WriteContext<'_>, collection: &Arc<Collection>, id: &[u8]) -> Result<bool> {
    let key = document_key(collection, id);
    let Some(stored) = ctx.txn.get(Table::Documents, &key)? else { return Ok(false) };
    let record = DocumentRecord::decode(&stored)?;
    let (row, bytes) = (record.row, row_bytes(&stored, id, collection.record.dimension));
    ctx.txn.delete(Table::Documents, key);
    ctx.txn.delete(Table::Vectors, row_key(collection, row));
    remember_row(ctx, collection, row)?;
    ctx.counters.vectors = ctx.counters.vectors.saturating_sub(1);
    let is_document = collection.record.kind == CollectionKind::Documents;
    ctx.counters.documents = ctx.counters.documents.saturating_sub(u64::from(is_document));
    ctx.account(0, bytes);
    Ok(true)
}

/// Sees to it that the number of a row that goes is not taken again, also by later openings. The bound kept for that is
/// moved past every number taken so far, so that not each deletion has to move it.
fn remember_row(ctx: &mut WriteContext<'_>, collection: &Collection, row: u32) -> Result<()> {
    let key = KeyWriter::new().u32(collection.record.id).finish();
    let kept = ctx.txn.get(Table::Rows, &key)?.map(|mark| RowMark::decode(&mark)).transpose()?;
    if kept.is_none_or(|RowMark(kept)| row >= kept) {
        ctx.txn.put(Table::Rows, key, RowMark(collection.next_row()).encode());
    }
    Ok(())
}

/// The collection, also if this very operation has created it.
pub(super) fn resolve(ctx: &WriteContext<'_>, name: &CollectionName, kind: CollectionKind) -> Result<Arc<Collection>> {
    ctx.state.collection(&ctx.txn, name, kind)
}

/// Adds documents, replacing those whose ids exist. Gives the ids in the order of the documents.
pub fn add(ctx: &mut WriteContext<'_>, name: &CollectionName, documents: Vec<Document>) -> Result<Vec<DocumentId>> {
    let collection = resolve(ctx, name, CollectionKind::Documents)?;
    let mut ids = Vec::with_capacity(documents.len());
    for Document { id, content, embedding, metadata } in documents {
        let id = id.unwrap_or_else(|| random_id(ctx));
        let embedding = embedding.ok_or_else(|| Error::invalid("a document has no embedding"))?;
        let body = Some(DocumentBody { content, metadata, expires_at: None });
        let row = NewRow { id: id.as_str().as_bytes(), vector: &embedding.0, body };
        write_row(ctx, &collection, row)
            .map_err(|error| Error::new(error.code, format!("document {:?}: {}", id.as_str(), error.message)))?;
        ids.push(id);
    }
    Ok(ids)
}

impl Execute for AddDocuments {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<AddedDocuments> {
        let ids = add(ctx, &self.collection, self.documents)?;
        Ok(AddedDocuments { ids, commit_seq: ctx.commit_seq(), durability: ctx.durability })
    }
}

fn random_id(ctx: &WriteContext<'_>) -> DocumentId {
    DocumentId::new(format!("{:016x}{:016x}", ctx.rng.next_u64(), ctx.rng.next_u64()))
}

/// Deletes documents by id. Gives how many existed.
pub fn delete(ctx: &mut WriteContext<'_>, name: &CollectionName, ids: &[DocumentId]) -> Result<u64> {
    let collection = resolve(ctx, name, CollectionKind::Documents)?;
    let mut deleted = 0;
    for id in ids {
        deleted += u64::from(delete_row(ctx, &collection, id.as_str().as_bytes())?);
    }
    Ok(deleted)
}

impl Execute for DeleteDocuments {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Deleted> {
        let deleted = delete(ctx, &self.collection, &self.ids)?;
        Ok(ctx.deleted(deleted))
    }
}

/// Deletes the documents that match. Gives how many there were.
pub fn delete_by_filter(ctx: &mut WriteContext<'_>, name: &CollectionName, filter: &Filter) -> Result<u64> {
    let collection = resolve(ctx, name, CollectionKind::Documents)?;
    let mut deleted = 0;
    let rows = {
        let wanted = Wanted::always();
        Matching::new(&collection, &ctx.txn, &wanted).reading_at_most(limits::FILTER_READ_BYTES_MAX).rows(filter)?
    };
    for row in rows {
        // Rows already deleted are found too; whether a row is its document's newest, the record says.
        let Some(id) = collection.vectors.id(row) else { continue };
        let Some(stored) = ctx.txn.get(Table::Documents, &document_key(&collection, &id))? else { continue };
        if DocumentRecord::decode(&stored)?.row == row {
            deleted += u64::from(delete_row(ctx, &collection, &id)?);
        }
        if ctx.txn.bytes() > limits::OPERATION_BYTES_MAX {
            return Err(Error::limit("the filter matches too many documents for one commit; narrow it"));
        }
    }
    Ok(deleted)
}

impl Execute for DeleteByFilter {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Deleted> {
        let deleted = delete_by_filter(ctx, &self.collection, &self.filter)?;
        Ok(ctx.deleted(deleted))
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
