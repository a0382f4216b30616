//! Reads of collections: by id, by vector, by filter.

use std::sync::Arc;

use roaring::RoaringBitmap;

use crate::api::{
    CollectionInfo, CollectionList, CollectionName, CountDocuments, Counted, DescribeCollection, Document, DocumentHit,
    DocumentHits, DocumentHitsBatch, DocumentId, Documents, Embedding, Error, Filter, GetDocuments, ListCollections,
    Result, SearchBatchCollection, SearchCollection, TimestampMs,
};
use crate::index::vector::{Hit, SearchParams};
use crate::limits;
use crate::namespace::collections::Collection;
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::store::{CollectionKind, CollectionRecord, DocumentRecord, KeyRange, KeyWriter, Read, StoreError, Table};
use crate::work::Wanted;

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

/// Keeps an answer inside one frame.
pub(super) struct AnswerBudget(usize);

impl AnswerBudget {
    pub fn new() -> Self {
        Self(limits::REPLY_BYTES_MAX)
    }

    pub fn spend(&mut self, bytes: usize) -> Result<()> {
        self.0 = self
            .0
            .checked_sub(bytes)
            .ok_or_else(|| Error::limit("the answer is too large; ask for fewer items, or leave the embeddings out"))?;
        Ok(())
    }
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
                for row in collection.matching(filter, snapshot.wanted)? {
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

/// Everything of a search but the query vector.
struct Search<'a> {
    collection: &'a Collection,
    k: usize,
    ef: Option<usize>,
    allowed: Option<RoaringBitmap>,
    parts: Parts,
}

impl Search<'_> {
    fn run(&self, snapshot: &Reader<'_>, query: &[f32], budget: &mut AnswerBudget) -> Result<DocumentHits> {
        let (k, ef, allowed) = (self.k, self.ef, self.allowed.as_ref());
        let params = SearchParams { k, ef, seq: snapshot.seq(), allowed };
        let found = self.collection.vectors.search_while(query, &params, &mut || snapshot.wanted.look())?;
        let mut hits = Vec::with_capacity(found.len());
        for Hit { row: _, id, distance } in found {
            let document = document(snapshot, self.collection, &id, self.parts)?
                .ok_or_else(|| Error::internal("a visible row has no document"))?;
            budget.spend(document_bytes(&document))?;
            let score = self.collection.vectors.params().metric.score(distance);
            hits.push(DocumentHit { document, distance, score });
        }
        Ok(DocumentHits { hits })
    }
}

fn allowed(collection: &Collection, filter: Option<&Filter>, wanted: &Wanted<'_>) -> Result<Option<RoaringBitmap>> {
    filter.filter(|filter| !filter.is_empty()).map(|filter| collection.matching(filter, wanted)).transpose()
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
    let collection = state.collection(snapshot, &request.collection, CollectionKind::Documents)?;
    let search = Search {
        collection: &collection,
        k: request.k.map_or(limits::K_DEFAULT, |k| k as usize),
        ef: request.ef.map(|ef| ef as usize),
        allowed: allowed(&collection, request.filter.as_ref(), snapshot.wanted)?,
        parts,
    };
    search.run(snapshot, &request.query.0, &mut AnswerBudget::new())
}

/// Cuts packed queries into vectors of the collection's dimension.
pub(super) fn queries<'a>(collection: &Collection, packed: &'a [f32]) -> Result<std::slice::ChunksExact<'a, f32>> {
    let dimension = collection.record.dimension as usize;
    let queries = packed.chunks_exact(dimension);
    if !queries.remainder().is_empty() {
        return Err(Error::invalid(format!(
            "{} numbers are no whole number of queries of dimension {dimension}",
            packed.len()
        )));
    }
    if queries.len() > limits::QUERIES_MAX {
        return Err(Error::limit(format!("{} queries; the limit is {}", queries.len(), limits::QUERIES_MAX)));
    }
    Ok(queries)
}

impl Query for SearchBatchCollection {
    /// Several searches at one instant.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<DocumentHitsBatch> {
        let collection = state.collection(snapshot, &self.collection, CollectionKind::Documents)?;
        let search = Search {
            collection: &collection,
            k: self.k.map_or(limits::K_DEFAULT, |k| k as usize),
            ef: self.ef.map(|ef| ef as usize),
            allowed: allowed(&collection, self.filter.as_ref(), snapshot.wanted)?,
            parts: Parts { body: true, embedding: self.include_embedding },
        };
        let mut budget = AnswerBudget::new();
        let results = queries(&collection, &self.queries.0)?.map(|query| {
            snapshot.wanted.look()?;
            search.run(snapshot, query, &mut budget)
        });
        Ok(DocumentHitsBatch { results: results.collect::<Result<_>>()? })
    }
}
