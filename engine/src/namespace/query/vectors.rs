//! Reads of bare vector indexes.

use super::collection::{AnswerBudget, embedding, named, queries};
use crate::api::{
    CollectionName, CountVectors, Counted, DescribeIndex, GetVectors, IndexInfo, IndexList, ListIndexes, Result,
    SearchBatchVectors, SearchVectors, TimestampMs, VectorHit, VectorHits, VectorHitsBatch, Vectors,
};
use crate::index::vector::{Hit, SearchParams};
use crate::limits;
use crate::namespace::collections::Collection;
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::store::{CollectionKind, DocumentRecord, KeyWriter, Read, Table};

fn info(state: &State, name: CollectionName, index: &Collection) -> IndexInfo {
    IndexInfo {
        name,
        dimension: index.record.dimension,
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
        Ok(IndexList { indexes: found.into_iter().map(|(name, index)| info(state, name, &index)).collect() })
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
                Some(stored) => Some(embedding(&index, DocumentRecord::decode(&stored)?.row)?),
                None => None,
            };
            budget.spend(found.as_ref().map_or(1, |vector| vector.0.len() * 4))?;
            vectors.push(found);
        }
        Ok(Vectors { vectors })
    }
}

/// Everything of a search but the query vector.
struct Search<'a> {
    index: &'a Collection,
    k: usize,
    ef: Option<usize>,
    include_embedding: bool,
}

impl Search<'_> {
    fn run(&self, snapshot: &Reader<'_>, query: &[f32], budget: &mut AnswerBudget) -> Result<VectorHits> {
        let params = SearchParams { k: self.k, ef: self.ef, seq: snapshot.seq(), allowed: None };
        let metric = self.index.vectors.params().metric;
        let mut hits = Vec::new();
        let found = self.index.vectors.search_while(query, &params, &mut || snapshot.wanted.look())?;
        for Hit { row, id, distance } in found {
            // Ids of an index are always eight bytes: only `vectors::insert` writes them.
            let id = id.as_array().map_or(0, |id| u64::from_be_bytes(*id));
            let embedding = if self.include_embedding { Some(embedding(self.index, row)?) } else { None };
            budget.spend(embedding.as_ref().map_or(16, |vector| vector.0.len() * 4 + 16))?;
            hits.push(VectorHit { id, distance, score: metric.score(distance), embedding });
        }
        Ok(VectorHits { hits })
    }
}

/// Finds the nearest vectors.
pub fn search(state: &State, snapshot: &Reader<'_>, request: &SearchVectors) -> Result<VectorHits> {
    let index = state.collection(snapshot, &request.index, CollectionKind::Vectors)?;
    let search = Search {
        index: &index,
        k: request.k.map_or(limits::K_DEFAULT, |k| k as usize),
        ef: request.ef.map(|ef| ef as usize),
        include_embedding: request.include_embedding,
    };
    search.run(snapshot, &request.query.0, &mut AnswerBudget::new())
}

impl Query for SearchVectors {
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<VectorHits> {
        search(state, snapshot, &self)
    }
}

impl Query for SearchBatchVectors {
    /// Several searches at one instant.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<VectorHitsBatch> {
        let index = state.collection(snapshot, &self.index, CollectionKind::Vectors)?;
        let search = Search {
            index: &index,
            k: self.k.map_or(limits::K_DEFAULT, |k| k as usize),
            ef: self.ef.map(|ef| ef as usize),
            include_embedding: self.include_embedding,
        };
        let mut budget = AnswerBudget::new();
        let results = queries(&index, &self.queries.0)?.map(|query| {
            snapshot.wanted.look()?;
            search.run(snapshot, query, &mut budget)
        });
        Ok(VectorHitsBatch { results: results.collect::<Result<_>>()? })
    }
}
