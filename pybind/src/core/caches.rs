//! Semantic caches.

use pyo3::prelude::*;
use toondb_engine::api::{CacheGet, CacheHit, CacheInvalidate, CachePut, CacheStats, CacheStatsRequest};

use super::Core;
use crate::argument::{DurabilityName, ttl_ms};
use crate::classes;
use crate::record::Object;
use crate::vector::Vector;

#[pymethods]
impl Core {
    #[pyo3(signature = (namespace, cache, key, embedding, threshold))]
    fn _cache_get<'py>(
        &self,
        py: Python<'py>,
        namespace: &str,
        cache: String,
        key: Option<String>,
        embedding: Option<Vector>,
        threshold: Option<f32>,
    ) -> PyResult<Option<Object<'py>>> {
        let embedding = embedding.map(|vector| vector.0);
        let reply = self.call(py, namespace, CacheGet { cache: cache.into(), key, embedding, threshold })?;
        let Some(CacheHit { key, value, similarity }) = reply.hit else { return Ok(None) };
        classes::cache_hit(py)?.call1((key, value, similarity)).map(Some)
    }

    #[expect(clippy::too_many_arguments, reason = "called from one place")]
    #[pyo3(signature = (namespace, cache, key, value, embedding, ttl, durability))]
    fn _cache_put(
        &self,
        py: Python<'_>,
        namespace: &str,
        cache: String,
        key: String,
        value: String,
        embedding: Vector,
        ttl: Option<f64>,
        durability: DurabilityName,
    ) -> PyResult<()> {
        let operation = CachePut {
            cache: cache.into(),
            key,
            value,
            embedding: embedding.0,
            ttl_ms: ttl_ms(py, ttl)?,
            durability: durability.0,
        };
        self.call(py, namespace, operation).map(drop)
    }

    fn _cache_invalidate(
        &self,
        py: Python<'_>,
        namespace: &str,
        cache: String,
        pattern: String,
        durability: DurabilityName,
    ) -> PyResult<u64> {
        let operation = CacheInvalidate { cache: cache.into(), pattern, durability: durability.0 };
        self.call(py, namespace, operation).map(|reply| reply.deleted)
    }

    fn _cache_stats<'py>(&self, py: Python<'py>, namespace: &str, cache: String) -> PyResult<Object<'py>> {
        let CacheStats { hits, misses, entries } =
            self.call(py, namespace, CacheStatsRequest { cache: cache.into() })?;
        classes::cache_stats(py)?.call1((hits, misses, entries))
    }
}
