//! Reads of collections: by id, by vector, by filter.

use std::sync::Arc;

use super::answer_budget::AnswerBudget;
use super::documents::{Parts, chosen, searchable};
use super::groups::Groups;
use super::row_search::{NearRow, RowSearch};
use crate::api::{
    CollectionInfo, CollectionList, CollectionName, CountDocuments, Counted, DescribeCollection, Document, DocumentHit,
    DocumentHits, DocumentHitsBatch, Documents, GetDocuments, ListCollections, Result, SearchBatchCollection,
    SearchCollection, TimestampMs,
};
use crate::namespace::collection::Collection;
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::store::{CollectionKind, CollectionRecord, DocumentRecord, KeyRange, KeyWriter, Read, Table};

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

/// Reads documents as a snapshot sees them at one time.
struct DocumentReader<'a> {
    snapshot: &'a Reader<'a>,
    collection: &'a Collection,
    parts: &'a Parts,
    /// What has expired by then is not there.
    now_ms: i64,
    budget: AnswerBudget,
}

impl<'a> DocumentReader<'a> {
    /// A reader at this time.
    fn new(state: &State, snapshot: &'a Reader<'a>, collection: &'a Collection, parts: &'a Parts) -> Self {
        Self { snapshot, collection, parts, now_ms: state.clock.now_ms(), budget: AnswerBudget::new() }
    }

    /// A document, if it is there.
    fn get(&mut self, id: &[u8]) -> Result<Option<Document>> {
        let found = self.read(id)?;
        self.budget.spend(found.as_ref().map_or(1, document_bytes))?;
        Ok(found)
    }

    fn read(&self, id: &[u8]) -> Result<Option<Document>> {
        let Self { snapshot, collection, parts, now_ms, budget: _ } = self;
        let key = KeyWriter::new().u32(collection.record.id).raw(id).finish();
        let take = |stored: &[u8]| {
            let record = DocumentRecord::decode(stored)?;
            if !collection.lifetimes.is_open(record.place.row, *now_ms) {
                return Ok(None);
            }
            parts.read(collection, id, &record).map(Some)
        };
        snapshot.get_with(Table::Documents, &key, take)?.transpose().map(Option::flatten)
    }

    /// A row that was found; nothing if its document has expired meanwhile.
    fn hit(&mut self, near: &NearRow) -> Result<Option<DocumentHit>> {
        let NearRow { row: _, id, distance, score } = near;
        let (distance, score) = (*distance, *score);
        Ok(self.get(id)?.map(|document| DocumentHit { document, distance, score }))
    }
}

fn document_bytes(document: &Document) -> usize {
    document.content.len() + document.embedding.as_ref().map_or(0, |embedding| embedding.0.len() * 4) + 256
}

impl Query for GetDocuments {
    /// Reads documents by id.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<Documents> {
        get_parts(state, snapshot, &self, &Parts::whole(self.include_embedding))
    }
}

/// Reads parts of documents by id.
pub fn get_parts(state: &State, snapshot: &Reader<'_>, request: &GetDocuments, parts: &Parts) -> Result<Documents> {
    let found =
        state.collection_or_none(snapshot, &request.collection, CollectionKind::Documents, request.missing_ok)?;
    let Some(collection) = &found else { return Ok(Documents { documents: vec![None; request.ids.len()] }) };
    let mut reader = DocumentReader::new(state, snapshot, collection, parts);
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
        let found = state.collection_or_none(snapshot, &self.collection, CollectionKind::Documents, self.missing_ok)?;
        let Some(collection) = &found else { return Ok(Counted { count: 0 }) };
        if let (None, None) = (&self.filter, self.snapshot) {
            return Ok(Counted { count: state.count(collection) });
        }
        let chosen = chosen(collection, snapshot, self.filter.as_ref(), state.clock.now_ms())?;
        let mut count = 0;
        for row in chosen.unwrap_or_else(|| collection.metadata().rows()) {
            snapshot.wanted.step()?;
            count += u64::from(collection.is_visible(row, snapshot.seq()));
        }
        Ok(Counted { count })
    }
}

fn groups(field: Option<&String>, size: Option<u32>) -> Option<Groups<'_>> {
    field.map(|field| Groups { field, size: size.map_or(1, |size| size as usize) })
}

impl Query for SearchCollection {
    /// Finds the nearest documents.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<DocumentHits> {
        search_parts(state, snapshot, &self, &Parts::whole(self.include_embedding))
    }
}

/// Finds the nearest documents and reads parts of them.
pub fn search_parts(
    state: &State,
    snapshot: &Reader<'_>,
    request: &SearchCollection,
    parts: &Parts,
) -> Result<DocumentHits> {
    let found =
        state.collection_or_none(snapshot, &request.collection, CollectionKind::Documents, request.missing_ok)?;
    let Some(collection) = &found else { return Ok(DocumentHits::default()) };
    let mut found = DocumentReader::new(state, snapshot, collection, parts);
    let allowed = searchable(collection, snapshot, request.filter.as_ref(), found.now_ms)?;
    let search = RowSearch::new(collection, request.k, request.ef)
        .among(allowed)
        .within(request.offset, request.threshold)
        .grouped(groups(request.group_by.as_ref(), request.group_size));
    let hits = search.nearest(snapshot, &request.query.0, |near| found.hit(&near))?;
    Ok(DocumentHits { hits: hits.into_iter().flatten().collect() })
}

impl Query for SearchBatchCollection {
    /// Several searches at one instant. Of a collection that does not exist nobody knows how many queries these numbers are:
    /// there is no list for any.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<DocumentHitsBatch> {
        let found = state.collection_or_none(snapshot, &self.collection, CollectionKind::Documents, self.missing_ok)?;
        let Some(collection) = &found else { return Ok(DocumentHitsBatch::default()) };
        let parts = &Parts::whole(self.include_embedding);
        let mut found = DocumentReader::new(state, snapshot, collection, parts);
        let allowed = searchable(collection, snapshot, self.filter.as_ref(), found.now_ms)?;
        let search = RowSearch::new(collection, self.k, self.ef)
            .among(allowed)
            .within(self.offset, self.threshold)
            .grouped(groups(self.group_by.as_ref(), self.group_size));
        let results = search.nearest_to_each(snapshot, &self.queries.0, |near| found.hit(&near))?;
        let hits = |hits: Vec<Option<DocumentHit>>| DocumentHits { hits: hits.into_iter().flatten().collect() };
        Ok(DocumentHitsBatch { results: results.into_iter().map(hits).collect() })
    }
}
