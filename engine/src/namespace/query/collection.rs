//! Reads of collections: by id, by vector, by filter.

use std::sync::Arc;

use roaring::RoaringBitmap;

use super::answer_budget::AnswerBudget;
use super::row_search::{NearRow, RowSearch};
use crate::api::{
    CollectionInfo, CollectionList, CollectionName, CountDocuments, Counted, DescribeCollection, Document, DocumentHit,
    DocumentHits, DocumentHitsBatch, DocumentId, Documents, Embedding, Error, Filter, GetDocuments, ListCollections,
    Result, SearchBatchCollection, SearchCollection, TimestampMs,
};
use crate::namespace::collection::Collection;
use crate::namespace::matching::Matching;
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::store::{CollectionKind, CollectionRecord, DocumentRecord, KeyRange, KeyWriter, Read, StoreError, Table};

impl Query for DescribeCollection {
    /// Describes one collection.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<CollectionInfo> {
        Ok(info(
            state,
            self.collection.clone(),
            &*state.collection(snapshot, &self.collection, CollectionKind::Documents)?,
        ))
    }
}

fn info(state: &State, name: CollectionName, collection: &Collection) -> CollectionInfo {
    CollectionInfo {
        name,
        dimension: collection.record.dimension,
        metric: collection.record.metric,
        metadata: collection.record.metadata.clone(),
        count: state.count(collection),
        graph_count: collection.vectors.stats().covered as u64,
        memory_bytes: collection.memory_bytes(),
        created_at: TimestampMs(collection.record.created_at),
        created: false,
    }
}

/// The names of one kind, in order, with what is in memory for each.
pub(super) fn named(
    state: &State,
    snapshot: &Reader<'_>,
    kind: CollectionKind,
) -> Result<Vec<(CollectionName, Arc<Collection>)>> {
    let mut found = Vec::new();
    for row in snapshot.scan(Table::Collections, &KeyRange::all(), false)? {
        let row = row?;
        let record = CollectionRecord::decode(&row.value)?;
        if record.kind == kind
            && let Some(collection) = state.collections.get(record.id)
        {
            found.push((CollectionName::new(String::from_utf8_lossy(&row.key)), collection));
        }
    }
    Ok(found)
}

impl Query for ListCollections {
    /// Lists the collections.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<CollectionList> {
        let found = named(state, snapshot, CollectionKind::Documents)?;
        Ok(CollectionList {
            collections: found.into_iter().map(|(name, collection)| info(state, name, &collection)).collect(),
        })
    }
}

/// Which parts of a document are read; the others stay empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// Content and metadata, which are stored together.
    pub body: bool,
    /// The embedding.
    pub embedding: bool,
}

/// Reads a document's record as the snapshot sees it.
fn document(snapshot: &Reader<'_>, collection: &Collection, id: &[u8], parts: Parts) -> Result<Option<Document>> {
    let key = KeyWriter::new().u32(collection.record.id).raw(id).finish();
    let take = |stored: &[u8]| {
        let record = DocumentRecord::decode(stored)?;
        let body = if parts.body { Some(record.body()?) } else { None };
        Ok::<_, StoreError>((record.row, body))
    };
    let Some(found) = snapshot.get_with(Table::Documents, &key, take)? else { return Ok(None) };
    let (row, body) = found?;
    let (content, metadata) = body.map_or_else(Default::default, |body| (body.content, body.metadata));
    let embedding = if parts.embedding { Some(embedding(collection, row)?) } else { None };
    let id = Some(DocumentId::new(String::from_utf8_lossy(id)));
    Ok(Some(Document { id, content, embedding, metadata }))
}

/// A row's vector. A visible row is in memory: rows are only freed once nobody can see them.
pub(super) fn embedding(collection: &Collection, row: u32) -> Result<Embedding> {
    let vector = collection.vectors.vector(row).ok_or_else(|| Error::internal("a visible row has no vector"))?;
    Ok(Embedding(vector))
}

fn document_bytes(document: &Document) -> usize {
    document.content.len() + document.embedding.as_ref().map_or(0, |embedding| embedding.0.len() * 4) + 256
}

impl Query for GetDocuments {
    /// Reads documents by id.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<Documents> {
        get_parts(state, snapshot, &self, Parts { body: true, embedding: self.include_embedding })
    }
}

/// Reads parts of documents by id.
pub fn get_parts(state: &State, snapshot: &Reader<'_>, request: &GetDocuments, parts: Parts) -> Result<Documents> {
    let collection = state.collection(snapshot, &request.collection, CollectionKind::Documents)?;
    let mut budget = AnswerBudget::new();
    let mut documents = Vec::with_capacity(request.ids.len());
    for id in &request.ids {
        snapshot.wanted.step()?;
        let found = document(snapshot, &collection, id.as_str().as_bytes(), parts)?;
        budget.spend(found.as_ref().map_or(1, document_bytes))?;
        documents.push(found);
    }
    Ok(Documents { documents })
}

impl Query for CountDocuments {
    /// Counts documents.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<Counted> {
        let collection = state.collection(snapshot, &self.collection, CollectionKind::Documents)?;
        let prefix = KeyWriter::new().u32(collection.record.id).finish();
        let count = match (&self.filter, self.snapshot) {
            (None, None) => state.count(&collection),
            (None, Some(_)) => {
                let mut count = 0;
                for row in snapshot.scan(Table::Documents, &KeyRange::prefix(&prefix), false)? {
                    row?;
                    snapshot.wanted.step()?;
                    count += 1;
                }
                count
            }
            (Some(filter), _) => {
                let mut count = 0;
                for row in matching(&collection, filter, snapshot)? {
                    snapshot.wanted.step()?;
                    let Some(id) = collection.vectors.id(row) else { continue };
                    let key = KeyWriter::new().u32(collection.record.id).raw(&id).finish();
                    let newest = snapshot.get_with(Table::Documents, &key, |stored| {
                        DocumentRecord::decode(stored).map(|record| record.row == row)
                    })?;
                    count += u64::from(newest.transpose()?.unwrap_or(false));
                }
                count
            }
        };
        Ok(Counted { count })
    }
}

/// Makes hits of rows that were found.
struct DocumentReader<'a> {
    snapshot: &'a Reader<'a>,
    collection: &'a Collection,
    parts: Parts,
    budget: AnswerBudget,
}

impl DocumentReader<'_> {
    fn hit(&mut self, near: NearRow) -> Result<DocumentHit> {
        let NearRow { row: _, id, distance, score } = near;
        let document = document(self.snapshot, self.collection, &id, self.parts)?
            .ok_or_else(|| Error::internal("a visible row has no document"))?;
        self.budget.spend(document_bytes(&document))?;
        Ok(DocumentHit { document, distance, score })
    }
}

/// The rows that match, whether visible or not; a condition on contents, which are read, on those that are.
fn matching(collection: &Collection, filter: &Filter, snapshot: &Reader<'_>) -> Result<RoaringBitmap> {
    Matching::new(collection, &**snapshot, snapshot.wanted).rows(filter)
}

fn allowed(collection: &Collection, filter: Option<&Filter>, snapshot: &Reader<'_>) -> Result<Option<RoaringBitmap>> {
    filter.filter(|filter| !filter.is_empty()).map(|filter| matching(collection, filter, snapshot)).transpose()
}

impl Query for SearchCollection {
    /// Finds the nearest documents.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<DocumentHits> {
        search_parts(state, snapshot, &self, Parts { body: true, embedding: self.include_embedding })
    }
}

/// Finds the nearest documents and reads parts of them.
pub fn search_parts(
    state: &State,
    snapshot: &Reader<'_>,
    request: &SearchCollection,
    parts: Parts,
) -> Result<DocumentHits> {
    let collection = &*state.collection(snapshot, &request.collection, CollectionKind::Documents)?;
    let allowed = allowed(collection, request.filter.as_ref(), snapshot)?;
    let search = RowSearch::new(collection, request.k, request.ef).among(allowed);
    let mut found = DocumentReader { snapshot, collection, parts, budget: AnswerBudget::new() };
    Ok(DocumentHits { hits: search.nearest(snapshot, &request.query.0, |near| found.hit(near))? })
}

impl Query for SearchBatchCollection {
    /// Several searches at one instant.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<DocumentHitsBatch> {
        let collection = &*state.collection(snapshot, &self.collection, CollectionKind::Documents)?;
        let allowed = allowed(collection, self.filter.as_ref(), snapshot)?;
        let search = RowSearch::new(collection, self.k, self.ef).among(allowed);
        let parts = Parts { body: true, embedding: self.include_embedding };
        let mut found = DocumentReader { snapshot, collection, parts, budget: AnswerBudget::new() };
        let results = search.nearest_to_each(snapshot, &self.queries.0, |near| found.hit(near))?;
        Ok(DocumentHitsBatch { results: results.into_iter().map(|hits| DocumentHits { hits }).collect() })
    }
}
