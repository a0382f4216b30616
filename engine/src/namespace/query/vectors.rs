//! Reads of bare vector indexes.

use super::answer_budget::AnswerBudget;
use super::collection::named;
use super::documents::embedding;
use super::row_search::{NearRow, RowSearch};
use crate::api::{
    CollectionName, CountVectors, Counted, DescribeIndex, GetVectors, IndexInfo, IndexList, ListIndexes, Result,
    SearchBatchVectors, SearchVectors, TimestampMs, VectorHit, VectorHits, VectorHitsBatch, Vectors,
};
use crate::namespace::collection::Collection;
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::store::{CollectionKind, DocumentRecord, KeyWriter, Read, Table};

fn info(state: &State, name: CollectionName, index: &Collection) -> IndexInfo {
    IndexInfo {
        name,
        dimension: index.dimension(),
        metric: index.record.metric,
        count: state.count(index),
        graph_count: index.vectors.stats().covered as u64,
        memory_bytes: index.memory_bytes(),
        created_at: TimestampMs(index.record.created_at),
        created: false,
    }
}

impl Query for DescribeIndex {
    /// Describes one vector index.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<IndexInfo> {
        Ok(info(state, self.index.clone(), &*state.collection(snapshot, &self.index, CollectionKind::Vectors)?))
    }
}

impl Query for ListIndexes {
    /// Lists the vector indexes.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<IndexList> {
        let found = named(state, snapshot, CollectionKind::Vectors)?;
        Ok(IndexList { indexes: found.into_iter().map(|(name, _, index)| info(state, name, &index)).collect() })
    }
}

impl Query for CountVectors {
    /// Counts the vectors of an index.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<Counted> {
        let index = state.collection(snapshot, &self.index, CollectionKind::Vectors)?;
        Ok(Counted { count: state.count(&index) })
    }
}

impl Query for GetVectors {
    /// Reads vectors by id.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<Vectors> {
        let index = state.collection(snapshot, &self.index, CollectionKind::Vectors)?;
        let mut budget = AnswerBudget::new();
        let mut vectors = Vec::with_capacity(self.ids.len());
        for id in &self.ids {
            snapshot.wanted.step()?;
            let key = KeyWriter::new().u32(index.record.id).u64(*id).finish();
            let found = match snapshot.get(Table::Documents, &key)? {
                Some(stored) => Some(embedding(&index, DocumentRecord::decode(&stored)?.place.row)?),
                None => None,
            };
            budget.spend(found.as_ref().map_or(1, |vector| vector.0.len() * 4))?;
            vectors.push(found);
        }
        Ok(Vectors { vectors })
    }
}

/// Makes hits of rows that were found.
struct VectorReader<'a> {
    index: &'a Collection,
    include_embedding: bool,
    budget: AnswerBudget,
}

impl VectorReader<'_> {
    fn hit(&mut self, near: NearRow) -> Result<VectorHit> {
        let NearRow { row, id, distance, score } = near;
        // Ids of an index are always eight bytes: only `vectors::insert` writes them.
        let id = id.as_array().map_or(0, |id| u64::from_be_bytes(*id));
        let embedding = if self.include_embedding { Some(embedding(self.index, row)?) } else { None };
        self.budget.spend(embedding.as_ref().map_or(16, |vector| vector.0.len() * 4 + 16))?;
        Ok(VectorHit { id, distance, score, embedding })
    }
}

/// Finds the nearest vectors.
pub fn search(state: &State, snapshot: &Reader<'_>, request: &SearchVectors) -> Result<VectorHits> {
    let index = &*state.collection(snapshot, &request.index, CollectionKind::Vectors)?;
    let search = RowSearch::new(index, request.k, request.ef).within(request.offset, request.threshold);
    let include_embedding = request.include_embedding;
    let mut found = VectorReader { index, include_embedding, budget: AnswerBudget::new() };
    Ok(VectorHits { hits: search.nearest(snapshot, &request.query.0, |near| found.hit(near))? })
}

impl Query for SearchVectors {
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<VectorHits> {
        search(state, snapshot, &self)
    }
}

impl Query for SearchBatchVectors {
    /// Several searches at one instant.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<VectorHitsBatch> {
        let index = &*state.collection(snapshot, &self.index, CollectionKind::Vectors)?;
        let search = RowSearch::new(index, self.k, self.ef).within(self.offset, self.threshold);
        let include_embedding = self.include_embedding;
        let mut found = VectorReader { index, include_embedding, budget: AnswerBudget::new() };
        let results = search.nearest_to_each(snapshot, &self.queries.0, |near| found.hit(near))?;
        Ok(VectorHitsBatch { results: results.into_iter().map(|hits| VectorHits { hits }).collect() })
    }
}
