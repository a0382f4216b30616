//! The search for the nearest rows of a collection, a vector index or a cache: they differ in what they make of a row that
//! was found, and in nothing else.

use roaring::RoaringBitmap;

use super::groups::{GroupedSearch, Groups};
use super::reader::Reader;
use crate::api::{Error, Result};
use crate::index::vector::{Hit, IdBytes, SearchParams};
use crate::limits;
use crate::namespace::collection::Collection;

/// Everything of a search but the query vector.
pub struct RowSearch<'a> {
    collection: &'a Collection,
    k: usize,
    ef: Option<usize>,
    allowed: Option<RoaringBitmap>,
    offset: usize,
    threshold: Option<f32>,
    groups: Option<Groups<'a>>,
}

/// A row that was found.
pub struct NearRow {
    /// Its number.
    pub row: u32,
    /// Its id.
    pub id: IdBytes,
    /// The distance from the query.
    pub distance: f32,
    /// The same as a similarity.
    pub score: f32,
}

impl<'a> RowSearch<'a> {
    /// A search among all rows for as many as the request says, as carefully as it says.
    pub fn new(collection: &'a Collection, k: Option<u32>, ef: Option<u32>) -> Self {
        let k = k.map_or(limits::K_DEFAULT, |k| k as usize);
        let ef = ef.map(|ef| ef as usize);
        Self { collection, k, ef, allowed: None, offset: 0, threshold: None, groups: None }
    }

    /// The same among these rows only; nothing = all.
    #[must_use]
    pub fn among(self, allowed: Option<RoaringBitmap>) -> Self {
        Self { allowed, ..self }
    }

    /// The same from the row with this place on, as far as scores reach the threshold.
    #[must_use]
    pub fn within(self, offset: u32, threshold: Option<f32>) -> Self {
        Self { offset: offset as usize, threshold, ..self }
    }

    /// The same with at most so many rows of each group.
    #[must_use]
    pub fn grouped(self, groups: Option<Groups<'a>>) -> Self {
        Self { groups, ..self }
    }

    /// The nearest rows that the snapshot sees, nearest first, each as what `take` makes of it.
    pub fn nearest<T>(
        &self,
        snapshot: &Reader<'_>,
        query: &[f32],
        take: impl FnMut(NearRow) -> Result<T>,
    ) -> Result<Vec<T>> {
        // Nobody has said yet what a vector is here.
        if self.collection.dimension() == 0 {
            return Ok(Vec::new());
        }
        let score = |hit: &Hit| self.collection.vectors.params().metric.score(hit.distance);
        let is_near = |hit: &Hit| self.threshold.is_none_or(|threshold| score(hit) >= threshold);
        let (allowed, wanted) = (self.allowed.as_ref(), self.offset + self.k);
        let search = |k, allowed: Option<&_>| self.search(snapshot, query, k, allowed);
        let found = match self.groups {
            None => search(wanted, allowed)?,
            Some(groups) => {
                let grouped = GroupedSearch { groups, collection: self.collection, snapshot, wanted };
                grouped.nearest(allowed, is_near, search)?
            }
        };
        let near = found.into_iter().skip(self.offset).take_while(is_near);
        let near = near.map(|hit| {
            let score = score(&hit);
            let Hit { row, id, distance } = hit;
            NearRow { row, id, distance, score }
        });
        near.map(take).collect()
    }

    fn search(
        &self,
        snapshot: &Reader<'_>,
        query: &[f32],
        k: usize,
        allowed: Option<&RoaringBitmap>,
    ) -> Result<Vec<Hit>> {
        let params = SearchParams { k, ef: self.ef, seq: snapshot.seq(), allowed };
        self.collection.vectors.search_while(query, &params, &mut || snapshot.wanted.look())
    }

    /// As [`Self::nearest`], for each of several queries that stand behind each other.
    pub fn nearest_to_each<T>(
        &self,
        snapshot: &Reader<'_>,
        packed: &[f32],
        mut take: impl FnMut(NearRow) -> Result<T>,
    ) -> Result<Vec<Vec<T>>> {
        let queries = self.unpack(packed)?.map(|query| {
            snapshot.wanted.look()?;
            self.nearest(snapshot, query, &mut take)
        });
        queries.collect()
    }

    fn unpack<'q>(&self, packed: &'q [f32]) -> Result<std::slice::ChunksExact<'q, f32>> {
        let dimension = self.collection.dimension() as usize;
        // Where no dimension is decided, what is given is one query that finds nothing.
        let queries = packed.chunks_exact(if dimension == 0 { packed.len().max(1) } else { dimension });
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
}
