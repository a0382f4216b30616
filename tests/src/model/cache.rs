//! Semantic caches: a map for each, searched from end to end.

use std::collections::BTreeMap;

use toondb_engine::api::{CacheGet, CacheHit, CacheInvalidate, CachePut, ErrorCode, Globs, Metric};
use toondb_engine::limits;

use super::state::{Model, Now, Outcome};
use super::vector::exact_distance;

/// An entry; an expired one stays until something replaces it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The answer.
    pub value: String,
    /// What it is found by.
    pub embedding: Vec<f32>,
    /// When it expires.
    pub expires_at: Option<i64>,
}

/// A cache.
#[derive(Debug, Clone, PartialEq)]
pub struct Cache {
    /// Numbers in each embedding.
    pub dimension: usize,
    /// Entries by key.
    pub entries: BTreeMap<String, Entry>,
}

impl Entry {
    /// True if it must not be seen any more.
    #[must_use]
    pub fn is_expired(&self, now_ms: i64) -> bool {
        self.expires_at.is_some_and(|at| at <= now_ms)
    }
}

impl Cache {
    /// The entries that can be found.
    pub fn open(&self, now_ms: i64) -> impl Iterator<Item = (&String, &Entry)> {
        self.entries.iter().filter(move |(_, entry)| !entry.is_expired(now_ms))
    }
}

impl Model {
    pub(super) fn cache_put(&mut self, put: &CachePut, now: Now) -> Result<Outcome, ErrorCode> {
        let given = put.embedding.0.len();
        let fresh = || Cache { dimension: given, entries: BTreeMap::new() };
        let cache = self.caches.entry(put.cache.as_str().to_owned()).or_insert_with(fresh);
        if cache.dimension != given {
            return Err(ErrorCode::InvalidArgument);
        }
        let expires_at = put.ttl_ms.map(|ttl| now.ms.saturating_add(i64::try_from(ttl).unwrap()));
        let entry = Entry { value: put.value.clone(), embedding: put.embedding.0.clone(), expires_at };
        cache.entries.insert(put.key.clone(), entry);
        Ok(Outcome { wrote: true, ..Outcome::default() })
    }

    pub(super) fn cache_invalidate(&mut self, invalidate: &CacheInvalidate, now: Now) -> Outcome {
        let mut globs = Globs::parse([invalidate.pattern.as_str()]).expect("the request was validated");
        let Some(cache) = self.caches.get_mut(invalidate.cache.as_str()) else { return Outcome::default() };
        let (mut number, mut expired) = (0, false);
        cache.entries.retain(|key, entry| {
            let matches = globs.take(key).expect("keys and patterns of the model are short");
            number += u64::from(matches && !entry.is_expired(now.ms));
            expired |= matches && entry.is_expired(now.ms);
            !matches
        });
        Outcome { wrote: number > 0 || expired, ambiguous: number == 0 && expired, number, ..Outcome::default() }
    }

    /// What a look-up finds.
    ///
    /// # Errors
    /// With the code that the engine must give.
    pub fn look_up(&self, get: &CacheGet, now_ms: i64) -> Result<Option<CacheHit>, ErrorCode> {
        toondb_engine::api::Request::CacheGet(get.clone()).validate().map_err(|error| error.code)?;
        let Some(cache) = self.caches.get(get.cache.as_str()) else { return Ok(None) };
        if get.embedding.as_ref().is_some_and(|embedding| embedding.0.len() != cache.dimension) {
            return Err(ErrorCode::InvalidArgument);
        }
        let hit = |key: &String, entry: &Entry, similarity| {
            let (key, value) = (key.clone(), entry.value.clone());
            CacheHit { key, value, similarity }
        };
        let same = cache.open(now_ms).find(|(key, _)| get.key.as_ref() == Some(key));
        if let Some((key, entry)) = same {
            return Ok(Some(hit(key, entry, 1.0)));
        }
        let Some(query) = &get.embedding else { return Ok(None) };
        let all = cache.open(now_ms).map(|(key, entry)| {
            let similarity = 1.0 - exact_distance(Metric::Cosine, &query.0, &entry.embedding);
            hit(key, entry, similarity)
        });
        // Of equally similar ones the first by key.
        let best = all.reduce(|best, other| if other.similarity > best.similarity { other } else { best });
        let threshold = get.threshold.unwrap_or(limits::CACHE_THRESHOLD_DEFAULT);
        Ok(best.filter(|best| best.similarity >= threshold))
    }
}
