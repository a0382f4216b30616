//! Reads of semantic caches. Entries that have expired are not there, whether they have been swept or not.

use super::row_search::{NearRow, RowSearch};
use crate::api::{CacheGet, CacheHit, CacheStats, CacheStatsRequest, Embedding, Error, MaybeCacheHit, Result};
use crate::limits;
use crate::namespace::collection::Collection;
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::store::{DocumentRecord, KeyWriter, Read, Table};

/// One look-up.
struct LookUp<'a> {
    cache: &'a Collection,
    snapshot: &'a Reader<'a>,
    now_ms: i64,
}

impl Query for CacheGet {
    /// Looks an answer up: under exactly this key, else under the most similar one.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<MaybeCacheHit> {
        let Some(cache) = state.cache(snapshot, &self.cache)? else { return Ok(MaybeCacheHit { hit: None }) };
        // Refused even if the key is found: whether a request is well formed must not depend on what the cache holds.
        self.embedding.as_ref().map_or(Ok(()), |embedding| cache.check_dimension(&self.cache, embedding))?;
        let look_up = LookUp { cache: &cache, snapshot, now_ms: state.clock.now_ms() };
        let mut hit = self.key.as_ref().map_or(Ok(None), |key| look_up.same(key))?;
        if let (None, Some(embedding)) = (&hit, &self.embedding) {
            hit = look_up.nearest(embedding, self.threshold.unwrap_or(limits::CACHE_THRESHOLD_DEFAULT))?;
        }
        cache.look_ups.count(hit.is_some());
        Ok(MaybeCacheHit { hit })
    }
}

impl LookUp<'_> {
    fn same(&self, key: &str) -> Result<Option<CacheHit>> {
        let Some(stored) = self.record(key.as_bytes())? else { return Ok(None) };
        let record = DocumentRecord::decode(&stored)?;
        if !self.cache.lifetimes.is_open(record.place.row, self.now_ms) {
            return Ok(None);
        }
        Ok(Some(CacheHit { key: key.to_owned(), value: record.body()?.content, similarity: 1.0 }))
    }

    fn nearest(&self, embedding: &Embedding, threshold: f32) -> Result<Option<CacheHit>> {
        // Which rows count is decided before the search: an expired entry must not stand before one that has not.
        let open = self.cache.lifetimes.open(self.now_ms);
        let search = RowSearch::new(self.cache, Some(1), None).among(open);
        let found = search.nearest(self.snapshot, &embedding.0, |near| self.hit(&near, threshold))?;
        Ok(found.into_iter().next().flatten())
    }

    fn hit(&self, near: &NearRow, threshold: f32) -> Result<Option<CacheHit>> {
        let NearRow { row: _, id, distance: _, score: similarity } = near;
        if *similarity < threshold {
            return Ok(None);
        }
        let stored = self.record(id)?.ok_or_else(|| Error::internal("a visible row has no entry"))?;
        let value = DocumentRecord::decode(&stored)?.body()?.content;
        Ok(Some(CacheHit { key: String::from_utf8_lossy(id).into_owned(), value, similarity: *similarity }))
    }

    fn record(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let key = KeyWriter::new().u32(self.cache.record.id).raw(key).finish();
        Ok(self.snapshot.get(Table::Documents, &key)?)
    }
}

impl Query for CacheStatsRequest {
    /// The counters of a cache.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<CacheStats> {
        let Some(cache) = state.cache(snapshot, &self.cache)? else { return Ok(CacheStats::default()) };
        let open = cache.lifetimes.open(state.clock.now_ms());
        let mut entries = 0;
        cache.vectors.for_each(snapshot.seq(), open.as_ref(), |_, _| entries += 1);
        let (hits, misses) = cache.look_ups.counts();
        Ok(CacheStats { hits, misses, entries })
    }
}
