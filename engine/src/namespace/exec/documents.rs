//! Writes to documents: adding, changing, deleting.
//!
//! A change leaves the vector of a document where it is, on the disk and in the graph: the record is written anew with a number
//! of its own, by which readers of this commit find the document, and those of earlier ones by the old (`versions.rs`). What
//! the same commit has written nobody has read yet; its number stays.

use std::collections::HashSet;

use super::collection::{create_record, rewrite};
use super::rows::{
    NewRow, Target, check_record, delete_stored, document_key, end_row, is_open, resolve, take_row, write_row,
};
use crate::api::{
    AddDocuments, AddedDocuments, CollectionName, DeleteByFilter, DeleteDocuments, DeletedDocuments, Document,
    DocumentId, DocumentUpdate, Embedding, Error, ErrorCode, Filter, FilterRow, Metric, OnConflict, Properties, Result,
    TimestampMs, UpdateDocuments, UpdatedDocuments, check_dimension, same_fields,
};
use crate::limits;
use crate::namespace::context::WriteContext;
use crate::namespace::exec::Execute;
use crate::namespace::filter_budget::FilterBudget;
use crate::namespace::matching::Matching;
use crate::namespace::row_info::row_bytes;
use crate::store::{
    CollectionKind, CollectionRecord, DocumentBody, DocumentFields, DocumentRecord, Read, RowPlace, Table,
};
use crate::work::Wanted;

/// Documents to add.
pub struct NewDocuments {
    /// The collection.
    pub collection: CollectionName,
    /// The documents.
    pub documents: Vec<Document>,
    /// What happens where an id exists.
    pub on_conflict: OnConflict,
    /// When those expire that do not say so themselves.
    pub ttl_ms: Option<u64>,
    /// Create the collection if it does not exist.
    pub create_missing: bool,
}

/// Ids of documents that were given, and of those among them that stayed as they were.
pub struct AddedIds {
    ids: Vec<DocumentId>,
    skipped: Vec<DocumentId>,
}

/// Adds documents.
pub fn add(ctx: &mut WriteContext<'_>, new: NewDocuments) -> Result<AddedIds> {
    let NewDocuments { collection: name, documents, on_conflict, ttl_ms, create_missing } = new;
    let mut target = match resolve(ctx, &name, CollectionKind::Documents) {
        Err(error) if error.code == ErrorCode::CollectionNotFound && create_missing => create(ctx, &name)?,
        found => found?,
    };
    let mut added = AddedIds { ids: Vec::with_capacity(documents.len()), skipped: Vec::new() };
    for Document { id, content, embedding, metadata, expires_at, ttl_ms: own_ttl_ms } in documents {
        let id = id.unwrap_or_else(|| random_id(ctx));
        let named = |error: Error| Error::new(error.code, format!("document {:?}: {}", id.as_str(), error.message));
        if on_conflict != OnConflict::Replace && exists(ctx, &target, &id)? {
            if on_conflict == OnConflict::Error {
                let text = format!("document {:?} exists in collection {name:?}; nothing was written", id.as_str());
                return Err(Error::new(ErrorCode::AlreadyExists, text));
            }
            added.skipped.push(id.clone());
            added.ids.push(id);
            continue;
        }
        let embedding = embedding.filter(|Embedding(numbers)| !numbers.is_empty());
        if let (0, Some(Embedding(numbers))) = (target.record.dimension, &embedding) {
            let dimension = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            check_dimension(dimension).map_err(named)?;
            target.record.dimension = dimension;
            rewrite(ctx, &name, &target.record);
        }
        let ttl_ms = own_ttl_ms.or(ttl_ms.filter(|_| expires_at.is_none()));
        let expires_at = expires_at.map(|TimestampMs(at)| at).or_else(|| ttl_ms.map(|ttl| end(ctx, ttl)));
        let body = Some(DocumentBody { content, metadata, expires_at });
        let vector = embedding.as_ref().map(|Embedding(numbers)| numbers.as_slice());
        write_row(ctx, &target, NewRow { id: id.as_str().as_bytes(), vector, body }).map_err(named)?;
        added.ids.push(id);
    }
    Ok(added)
}

/// A collection for whatever is added to it first.
fn create(ctx: &mut WriteContext<'_>, name: &CollectionName) -> Result<Target> {
    let record = CollectionRecord {
        seq: ctx.seq,
        id: 0,
        kind: CollectionKind::Documents,
        dimension: 0,
        metric: Metric::default(),
        metadata: Properties::new(),
        created_at: ctx.now_ms,
    };
    Ok(create_record(ctx, name, record)?.0)
}

/// When something ends that lives so long from now.
fn end(ctx: &WriteContext<'_>, ttl_ms: u64) -> i64 {
    ctx.now_ms.saturating_add(i64::try_from(ttl_ms).unwrap_or(i64::MAX))
}

fn exists(ctx: &WriteContext<'_>, target: &Target, id: &DocumentId) -> Result<bool> {
    let stored = ctx.txn.get(Table::Documents, &document_key(target, id.as_str().as_bytes()))?;
    stored.map_or(Ok(false), |stored| is_open(ctx, target, &DocumentRecord::decode(&stored)?))
}

fn random_id(ctx: &WriteContext<'_>) -> DocumentId {
    DocumentId::new(format!("{:016x}{:016x}", ctx.rng.next_u64(), ctx.rng.next_u64()))
}

impl Execute for AddDocuments {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<AddedDocuments> {
        let AddDocuments { collection, documents, on_conflict, ttl_ms, create_missing, durability } = self;
        let new = NewDocuments { collection, documents, on_conflict, ttl_ms, create_missing };
        let AddedIds { ids, skipped } = add(ctx, new)?;
        Ok(AddedDocuments { ids, skipped, commit_seq: ctx.commit_seq(), durability })
    }
}

/// How many documents an operation has met, and which, if that was asked.
struct Tally {
    count: u64,
    ids: Option<Vec<DocumentId>>,
    bytes: usize,
}

impl Tally {
    fn new(with_ids: bool) -> Self {
        Self { count: 0, ids: with_ids.then(Vec::new), bytes: 0 }
    }

    fn add(&mut self, id: &[u8]) -> Result<()> {
        self.count += 1;
        let Some(ids) = &mut self.ids else { return Ok(()) };
        self.bytes += id.len() + 16;
        if self.bytes > limits::REPLY_BYTES_MAX {
            return Err(Error::limit("the ids of so many documents do not fit in one answer; narrow the filter"));
        }
        ids.push(DocumentId::new(String::from_utf8_lossy(id)));
        Ok(())
    }
}

/// A document as it is now.
#[derive(Clone, Copy)]
struct Met<'a> {
    id: &'a [u8],
    stored: &'a [u8],
    record: DocumentRecord<'a>,
}

/// Calls `visit` for each of these documents that exists and has not expired.
fn each_id(
    ctx: &mut WriteContext<'_>,
    target: &Target,
    ids: &[DocumentId],
    budget: &FilterBudget,
    mut visit: impl FnMut(&mut WriteContext<'_>, Met<'_>) -> Result<()>,
) -> Result<()> {
    let mut met = HashSet::new();
    for id in ids.iter().filter(|id| met.insert(id.as_str())) {
        let id = id.as_str().as_bytes();
        let Some(stored) = ctx.txn.get(Table::Documents, &document_key(target, id))? else { continue };
        budget.read(stored.len())?;
        let record = DocumentRecord::decode(&stored)?;
        if is_open(ctx, target, &record)? {
            visit(ctx, Met { id, stored: &stored, record })?;
            ctx.check_size()?;
        }
    }
    Ok(())
}

/// Calls `visit` for each document that matches and has not expired, what this operation has written included.
fn each_match(
    ctx: &mut WriteContext<'_>,
    target: &Target,
    filter: &Filter,
    budget: &FilterBudget,
    mut visit: impl FnMut(&mut WriteContext<'_>, Met<'_>) -> Result<()>,
) -> Result<()> {
    // Own writes are looked up before the first visit writes more; the indexes know only what was before them.
    let own: Vec<Vec<u8>> = ctx.txn.own(Table::Documents, &target.range()).map(|(key, _)| key.to_vec()).collect();
    let chosen = {
        let wanted = Wanted::always();
        let matching = Matching::new(&target.rows, &ctx.txn, &wanted);
        matching.within(budget).open_rows(Some(filter), ctx.now_ms)?
    };
    for row in chosen.unwrap_or_else(|| target.rows.metadata().rows()) {
        // Rows already deleted are found too; whether a row is its document's newest, the record says.
        let Some(id) = target.rows.id(row) else { continue };
        let Some(stored) = ctx.txn.get(Table::Documents, &document_key(target, &id))? else { continue };
        budget.read(stored.len())?;
        let record = DocumentRecord::decode(&stored)?;
        if record.place.row == row && record.seq != ctx.seq {
            visit(ctx, Met { id: &id, stored: &stored, record })?;
            ctx.check_size()?;
        }
    }
    for key in own {
        let Some(stored) = ctx.txn.get(Table::Documents, &key)? else { continue };
        let record = DocumentRecord::decode(&stored)?;
        let fields = record.fields()?;
        let id = key.get(4..).unwrap_or_default();
        let text = String::from_utf8_lossy(id);
        let row = FilterRow::document(&text, fields.content, &fields.metadata);
        if !fields.is_expired(ctx.now_ms) && filter.test(&row, &mut |steps| budget.test(steps))? {
            visit(ctx, Met { id, stored: &stored, record })?;
            ctx.check_size()?;
        }
    }
    Ok(())
}

/// Deletes documents by id. Those that had expired go uncounted.
fn delete_ids(ctx: &mut WriteContext<'_>, name: &CollectionName, ids: &[DocumentId], tally: &mut Tally) -> Result<()> {
    let target = resolve(ctx, name, CollectionKind::Documents)?;
    for id in ids {
        let id = id.as_str().as_bytes();
        let Some(stored) = ctx.txn.get(Table::Documents, &document_key(&target, id))? else { continue };
        let open = is_open(ctx, &target, &DocumentRecord::decode(&stored)?)?;
        delete_stored(ctx, &target, id, &stored)?;
        if open {
            tally.add(id)?;
        }
    }
    Ok(())
}

/// Deletes documents by id.
pub fn delete(ctx: &mut WriteContext<'_>, name: &CollectionName, ids: &[DocumentId]) -> Result<()> {
    delete_ids(ctx, name, ids, &mut Tally::new(false))
}

fn deleted(ctx: &WriteContext<'_>, Tally { count: deleted, ids, .. }: Tally) -> DeletedDocuments {
    DeletedDocuments { deleted, ids, commit_seq: ctx.commit_seq(), durability: ctx.durability }
}

impl Execute for DeleteDocuments {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<DeletedDocuments> {
        let mut tally = Tally::new(self.return_ids);
        delete_ids(ctx, &self.collection, &self.ids, &mut tally)?;
        Ok(deleted(ctx, tally))
    }
}

impl Execute for DeleteByFilter {
    /// Deletes the documents that match.
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<DeletedDocuments> {
        let target = resolve(ctx, &self.collection, CollectionKind::Documents)?;
        let mut tally = Tally::new(self.return_ids);
        each_match(ctx, &target, &self.filter, &FilterBudget::of_write(), |ctx, Met { id, stored, .. }| {
            delete_stored(ctx, &target, id, stored)?;
            tally.add(id)
        })?;
        Ok(deleted(ctx, tally))
    }
}

/// What happens to each document.
struct DocumentChange {
    set: Properties,
    unset: Vec<String>,
    /// When it expires; nothing = as it did.
    expires_at: Option<Option<i64>>,
}

/// Changes documents, within what the operation may still take.
pub fn update(ctx: &mut WriteContext<'_>, update: DocumentUpdate, budget: &FilterBudget) -> Result<()> {
    update_counted(ctx, update, budget, &mut Tally::new(false))
}

fn update_counted(
    ctx: &mut WriteContext<'_>,
    update: DocumentUpdate,
    budget: &FilterBudget,
    tally: &mut Tally,
) -> Result<()> {
    let DocumentUpdate { collection: name, ids, filter, all: _, set, unset, ttl_ms, persist } = update;
    let target = resolve(ctx, &name, CollectionKind::Documents)?;
    let expires_at = if persist { Some(None) } else { ttl_ms.map(|ttl| Some(end(ctx, ttl))) };
    let change = DocumentChange { set, unset, expires_at };
    let visit = |ctx: &mut WriteContext<'_>, met: Met<'_>| {
        tally.add(met.id)?;
        let id = met.id;
        change_row(ctx, &target, met, &change).map_err(|error| {
            Error::new(error.code, format!("document {:?}: {}", String::from_utf8_lossy(id), error.message))
        })
    };
    match ids {
        Some(ids) => each_id(ctx, &target, &ids, budget, visit),
        None => each_match(ctx, &target, &filter.unwrap_or(Filter::And(Vec::new())), budget, visit),
    }
}

fn change_row(ctx: &mut WriteContext<'_>, target: &Target, met: Met<'_>, change: &DocumentChange) -> Result<()> {
    let Met { id, stored, record } = met;
    let old = record.fields()?;
    let mut metadata = old.metadata.clone();
    for name in &change.unset {
        metadata.0.remove(name);
    }
    for (name, value) in &change.set.0 {
        metadata.0.insert(name.clone(), value.clone());
    }
    let expires_at = change.expires_at.unwrap_or(old.expires_at);
    if same_fields(&metadata, &old.metadata) && expires_at == old.expires_at {
        return Ok(());
    }
    metadata.validate()?;
    let is_own = record.seq == ctx.seq;
    let place = if is_own { record.place } else { RowPlace { row: take_row(target)?, ..record.place } };
    let fields = DocumentFields { content: old.content, metadata, expires_at };
    let written = DocumentRecord::encode_fields(ctx.seq, place, &fields);
    check_record(&written, fields.content)?;
    if !is_own && record.place.vector != Some(record.place.row) {
        end_row(ctx, target, record.place.row);
    }
    let dimension = target.record.dimension;
    ctx.account(row_bytes(&written, id, place, dimension), row_bytes(stored, id, record.place, dimension));
    ctx.txn.put(Table::Documents, document_key(target, id), written);
    Ok(())
}

impl Execute for UpdateDocuments {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<UpdatedDocuments> {
        let mut tally = Tally::new(self.return_ids);
        update_counted(ctx, self.update, &FilterBudget::of_write(), &mut tally)?;
        let Tally { count: updated, ids, .. } = tally;
        Ok(UpdatedDocuments { updated, ids, commit_seq: ctx.commit_seq(), durability: self.durability })
    }
}
