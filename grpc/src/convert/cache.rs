//! `SemanticCacheService`.

use toondb_engine::api::{
    CacheGet, CacheHit, CacheInvalidate, CachePut, CacheStats, CacheStatsRequest, CommitSeq, Deleted, Embedding,
    MaybeCacheHit, Result, Written,
};

use super::enums::{durability, durability_number};
use super::kv::{deleted, ttl_ms};
use crate::proto;
use crate::rpc::Rpc;

impl Rpc for CacheGet {
    type Ask = proto::SemanticCacheGetRequest;
    type Answer = proto::SemanticCacheGetResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let CacheGet { cache, key, embedding, threshold } = operation;
        proto::SemanticCacheGetRequest {
            cache_name: cache.into_string(),
            query: key.unwrap_or_default(),
            query_embedding: embedding.map_or_else(Vec::new, |embedding| embedding.0),
            similarity_threshold: 0.0,
            namespace: namespace.to_owned(),
            exact_threshold: threshold,
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let old_threshold = (ask.similarity_threshold != 0.0).then_some(ask.similarity_threshold);
        let operation = CacheGet {
            cache: ask.cache_name.into(),
            key: (!ask.query.is_empty()).then_some(ask.query),
            embedding: (!ask.query_embedding.is_empty()).then_some(Embedding(ask.query_embedding)),
            threshold: ask.exact_threshold.or(old_threshold),
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: MaybeCacheHit) -> Self::Answer {
        match reply.hit {
            Some(CacheHit { key, value, similarity }) => proto::SemanticCacheGetResponse {
                hit: true,
                cached_value: value,
                similarity_score: similarity,
                matched_key: key,
            },
            None => proto::SemanticCacheGetResponse::default(),
        }
    }

    fn read_answer(answer: Self::Answer) -> Result<MaybeCacheHit> {
        let hit = CacheHit { key: answer.matched_key, value: answer.cached_value, similarity: answer.similarity_score };
        Ok(MaybeCacheHit { hit: answer.hit.then_some(hit) })
    }
}

impl Rpc for CachePut {
    type Ask = proto::SemanticCachePutRequest;
    type Answer = proto::SemanticCachePutResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let CachePut { cache, key, value, embedding, ttl_ms, durability } = operation;
        proto::SemanticCachePutRequest {
            cache_name: cache.into_string(),
            key,
            value,
            key_embedding: embedding.0,
            ttl_seconds: 0,
            namespace: namespace.to_owned(),
            durability: durability_number(durability),
            ttl_ms,
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = CachePut {
            cache: ask.cache_name.into(),
            key: ask.key,
            value: ask.value,
            embedding: Embedding(ask.key_embedding),
            ttl_ms: ttl_ms(ask.ttl_seconds, ask.ttl_ms),
            durability: durability(ask.durability)?,
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: Written) -> Self::Answer {
        proto::SemanticCachePutResponse {
            success: true,
            commit_seq: reply.commit_seq.0,
            durability: durability_number(reply.durability),
            ..Default::default()
        }
    }

    fn read_answer(answer: Self::Answer) -> Result<Written> {
        Ok(Written { commit_seq: CommitSeq(answer.commit_seq), durability: durability(answer.durability)? })
    }
}

impl Rpc for CacheInvalidate {
    type Ask = proto::SemanticCacheInvalidateRequest;
    type Answer = proto::SemanticCacheInvalidateResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let CacheInvalidate { cache, pattern, durability } = operation;
        proto::SemanticCacheInvalidateRequest {
            cache_name: cache.into_string(),
            pattern,
            namespace: namespace.to_owned(),
            durability: durability_number(durability),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let durability = durability(ask.durability)?;
        Ok((ask.namespace, CacheInvalidate { cache: ask.cache_name.into(), pattern: ask.pattern, durability }))
    }

    fn answer(_: &str, reply: Deleted) -> Self::Answer {
        proto::SemanticCacheInvalidateResponse {
            invalidated_count: u32::try_from(reply.deleted).unwrap_or(u32::MAX),
            commit_seq: reply.commit_seq.0,
            durability: durability_number(reply.durability),
        }
    }

    fn read_answer(answer: Self::Answer) -> Result<Deleted> {
        deleted(answer.invalidated_count.into(), answer.commit_seq, answer.durability)
    }
}

impl Rpc for CacheStatsRequest {
    type Ask = proto::SemanticCacheStatsRequest;
    type Answer = proto::SemanticCacheStatsResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let cache_name = operation.cache.into_string();
        proto::SemanticCacheStatsRequest { cache_name, namespace: namespace.to_owned() }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((ask.namespace, CacheStatsRequest { cache: ask.cache_name.into() }))
    }

    fn answer(_: &str, reply: CacheStats) -> Self::Answer {
        let CacheStats { hits, misses, entries } = reply;
        let asked = hits.saturating_add(misses);
        #[expect(clippy::cast_precision_loss, reason = "a rate is no exact figure")]
        let hit_rate = if asked == 0 { 0.0 } else { hits as f32 / asked as f32 };
        proto::SemanticCacheStatsResponse { hits, misses, entry_count: entries, hit_rate }
    }

    fn read_answer(answer: Self::Answer) -> Result<CacheStats> {
        Ok(CacheStats { hits: answer.hits, misses: answer.misses, entries: answer.entry_count })
    }
}
