//! Reads of collections: by id, by vector, by filter.

use std::sync::Arc;

use super::answer_budget::AnswerBudget;
use super::row_search::{NearRow, RowSearch};
use crate::api::{
    CollectionInfo, CollectionList, CollectionName, CountDocuments, Counted, DescribeCollection, Document, DocumentHit,
    DocumentHits, DocumentHitsBatch, DocumentId, Documents, Embedding, Error, Filter, GetDocuments, ListCollections,
    Result, SearchBatchCollection, SearchCollection, TimestampMs,
};
use crate::namespace::collection::Collection;
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::store::{
    CollectionKind, CollectionRecord, DocumentBody, DocumentRecord, KeyRange, KeyWriter, Read, RowPlace, StoreError,
    Table,
};

impl Query for DescribeCollection {
    /// Describes one collection.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<CollectionInfo> {
        let record = state.record(snapshot, &self.collection, CollectionKind::Documents)?;
        let collection = state.collection(snapshot, &self.collection, CollectionKind::Documents)?;
        Ok(info(state, self.collection, record, &collection))
    }
}

fn info(state: &State, name: CollectionName, record: CollectionRecord, collection: &Collection) -> CollectionInfo {
    CollectionInfo {
        name,
        dimension: record.dimension,
        metric: record.metric,
        metadata: record.metadata,
        count: state.count(collection),
        graph_count: collection.vectors.stats().covered as u64,
        memory_bytes: collection.memory_bytes(),
        created_at: TimestampMs(record.created_at),
        created: false,
    }
}

/// The names of one kind, in order, with the record of each and what is in memory for it.
pub(super) fn named(
    state: &State,
    snapshot: &Reader<'_>,
    kind: CollectionKind,
) -> Result<Vec<(CollectionName, CollectionRecord, Arc<Collection>)>> {
    let mut found = Vec::new();
    for row in snapshot.scan(Table::Collections, &KeyRange::all(), false)? {
        let row = row?;
        let record = CollectionRecord::decode(&row.value)?;
        if record.kind == kind
            && let Some(collection) = state.collections.get(record.id)
        {
            found.push((CollectionName::new(String::from_utf8_lossy(&row.key)), record, collection));
        }
    }
    Ok(found)
}

impl Query for ListCollections {
    /// Lists the collections.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<CollectionList> {
        let found = named(state, snapshot, CollectionKind::Documents)?;
        let one = |(name, record, collection): (_, _, Arc<_>)| info(state, name, record, &collection);
        Ok(CollectionList { collections: found.into_iter().map(one).collect() })
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

/// Reads documents as a snapshot sees them at one time.
pub(super) struct DocumentReader<'a> {
    pub snapshot: &'a Reader<'a>,
    pub collection: &'a Collection,
    pub parts: Parts,
    /// What has expired by then is not there.
    pub now_ms: i64,
    pub budget: AnswerBudget,
}

impl<'a> DocumentReader<'a> {
    /// A reader at this time.
    pub fn new(state: &State, snapshot: &'a Reader<'a>, collection: &'a Collection, parts: Parts) -> Self {
        Self { snapshot, collection, parts, now_ms: state.clock.now_ms(), budget: AnswerBudget::new() }
    }

    /// A document, if it is there.
    pub fn get(&mut self, id: &[u8]) -> Result<Option<Document>> {
        let found = self.read(id)?;
        self.budget.spend(found.as_ref().map_or(1, document_bytes))?;
        Ok(found)
    }

    fn read(&self, id: &[u8]) -> Result<Option<Document>> {
        let Self { snapshot, collection, parts, now_ms, .. } = self;
        let key = KeyWriter::new().u32(collection.record.id).raw(id).finish();
        let take = |stored: &[u8]| {
            let record = DocumentRecord::decode(stored)?;
            let body = if parts.body { Some(record.body()?) } else { None };
            Ok::<_, StoreError>((record.place, body))
        };
        let Some(found) = snapshot.get_with(Table::Documents, &key, take)? else { return Ok(None) };
        let (RowPlace { row, vector }, body) = found?;
        if !collection.lifetimes.is_open(row, *now_ms) {
            return Ok(None);
        }
        let wanted = vector.filter(|_| parts.embedding);
        let embedding = wanted.map(|vector| embedding(collection, vector)).transpose()?;
        let id = Some(DocumentId::new(String::from_utf8_lossy(id)));
        let Some(DocumentBody { content, metadata, expires_at }) = body else {
            return Ok(Some(Document { id, embedding, ..Document::default() }));
        };
        let expires_at = expires_at.map(TimestampMs);
        Ok(Some(Document { id, content, embedding, metadata, expires_at, ttl_ms: None }))
    }

    /// A row that was found; nothing if its document has expired meanwhile.
    fn hit(&mut self, near: &NearRow) -> Result<Option<DocumentHit>> {
        let NearRow { row: _, id, distance, score } = near;
        let (distance, score) = (*distance, *score);
        Ok(self.get(id)?.map(|document| DocumentHit { document, distance, score }))
    }
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
    let mut reader = DocumentReader::new(state, snapshot, &collection, parts);
    let mut documents = Vec::with_capacity(request.ids.len());
    for id in &request.ids {
        snapshot.wanted.step()?;
        documents.push(reader.get(id.as_str().as_bytes())?);
    }
    Ok(Documents { documents })
}

impl Query for CountDocuments {
    /// Counts documents.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<Counted> {
        let collection = state.collection(snapshot, &self.collection, CollectionKind::Documents)?;
        if let (None, None) = (&self.filter, self.snapshot) {
            return Ok(Counted { count: state.count(&collection) });
        }
        let filter = self.filter.unwrap_or(Filter::And(Vec::new()));
        let mut count = 0;
        for row in collection.open_matching(&filter, state.clock.now_ms(), snapshot.wanted)? {
            snapshot.wanted.step()?;
            count += u64::from(collection.is_visible(row, snapshot.seq()));
        }
        Ok(Counted { count })
    }
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
    let mut found = DocumentReader::new(state, snapshot, collection, parts);
    let allowed = collection.searchable(request.filter.as_ref(), snapshot.seq(), found.now_ms, snapshot.wanted)?;
    let search = RowSearch::new(collection, request.k, request.ef).among(allowed);
    let hits = search.nearest(snapshot, &request.query.0, |near| found.hit(&near))?;
    Ok(DocumentHits { hits: hits.into_iter().flatten().collect() })
}

impl Query for SearchBatchCollection {
    /// Several searches at one instant.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<DocumentHitsBatch> {
        let collection = &*state.collection(snapshot, &self.collection, CollectionKind::Documents)?;
        let parts = Parts { body: true, embedding: self.include_embedding };
        let mut found = DocumentReader::new(state, snapshot, collection, parts);
        let allowed = collection.searchable(self.filter.as_ref(), snapshot.seq(), found.now_ms, snapshot.wanted)?;
        let search = RowSearch::new(collection, self.k, self.ef).among(allowed);
        let results = search.nearest_to_each(snapshot, &self.queries.0, |near| found.hit(&near))?;
        let hits = |hits: Vec<Option<DocumentHit>>| DocumentHits { hits: hits.into_iter().flatten().collect() };
        Ok(DocumentHitsBatch { results: results.into_iter().map(hits).collect() })
    }
}
