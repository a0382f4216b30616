//! Semantic caches: answers to questions, found again by a question that means nearly the same.
//!
//! An entry is a key (the question), a value (the answer) and the key's embedding. A look-up gives the entry whose
//! embedding has the highest cosine similarity to the query's, if that reaches a threshold. A cache exists from its first
//! entry on, which also fixes its dimension; caches have names of their own, apart from those of collections.

use serde::{Deserialize, Serialize};

use super::collection::check_dimension;
use super::common::Durability;
use super::error::{Error, Result};
use super::ids::CollectionName;
use super::kv::check_ttl;
use super::vector::Embedding;
use crate::limits;

fn check_key(key: &str) -> Result<()> {
    if key.is_empty() {
        return Err(Error::invalid("the key of a cache entry is empty; give the question it answers"));
    }
    if key.len() > limits::ID_BYTES_MAX {
        let (given, max) = (key.len(), limits::ID_BYTES_MAX);
        return Err(Error::limit(format!("the key of a cache entry has {given} bytes; the limit is {max}")));
    }
    if key.contains('\0') {
        return Err(Error::invalid("the key of a cache entry contains a NUL character"));
    }
    Ok(())
}

/// Refuses what has no direction and so no cosine.
fn check_embedding(embedding: &Embedding) -> Result<()> {
    check_dimension(u32::try_from(embedding.0.len()).unwrap_or(u32::MAX))?;
    if let Some(position) = embedding.0.iter().position(|component| !component.is_finite()) {
        return Err(Error::invalid(format!("component {position} of the embedding is not a finite number")));
    }
    if embedding.0.iter().all(|component| *component == 0.0) {
        return Err(Error::invalid("every component of the embedding is zero; such a vector is similar to nothing"));
    }
    Ok(())
}

/// Looks an answer up. A cache that does not exist holds nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CacheGet {
    /// The cache.
    pub cache: CollectionName,
    /// The question. An entry with exactly this key is a hit of similarity 1, whatever its embedding; nothing, the
    /// empty text, or a text that no entry has as its key = by similarity alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The question's embedding; nothing = by key alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding: Option<Embedding>,
    /// The lowest cosine similarity that counts as a hit, -1 to 1; nothing = [`limits::CACHE_THRESHOLD_DEFAULT`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f32>,
}

impl CacheGet {
    pub(super) fn validate(&self) -> Result<()> {
        self.cache.validate()?;
        if self.key.as_ref().is_none_or(String::is_empty) && self.embedding.is_none() {
            return Err(Error::invalid("a cache is asked by key, by embedding or by both; neither was given"));
        }
        self.embedding.as_ref().map_or(Ok(()), check_embedding)?;
        match self.threshold {
            Some(threshold) if !(-1.0..=1.0).contains(&threshold) => Err(Error::invalid(format!(
                "the threshold {threshold} is refused: a cosine similarity lies in -1 to 1"
            ))),
            Some(_) | None => Ok(()),
        }
    }
}

/// An entry of a cache that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CacheHit {
    /// The entry's key.
    pub key: String,
    /// The answer.
    pub value: String,
    /// The cosine similarity of the two embeddings; 1 where the keys are equal.
    pub similarity: f32,
}

/// What a look-up found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MaybeCacheHit {
    /// The entry, if one is similar enough.
    pub hit: Option<CacheHit>,
}

/// Remembers an answer; an entry with the same key is replaced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CachePut {
    /// The cache; created by its first entry.
    pub cache: CollectionName,
    /// The question.
    pub key: String,
    /// The answer.
    pub value: String,
    /// The question's embedding.
    pub embedding: Embedding,
    /// The entry is gone after this many milliseconds; nothing = it stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_ms: Option<u64>,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl CachePut {
    pub(super) fn validate(&self) -> Result<()> {
        self.cache.validate()?;
        check_key(&self.key)?;
        check_embedding(&self.embedding)?;
        check_ttl(self.ttl_ms)?;
        if self.value.len() > limits::CONTENT_BYTES_MAX {
            let (given, max) = (self.value.len(), limits::CONTENT_BYTES_MAX);
            return Err(Error::limit(format!("the value of a cache entry has {given} bytes; the limit is {max}")));
        }
        Ok(())
    }
}

/// Forgets the entries whose keys match a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheInvalidate {
    /// The cache.
    pub cache: CollectionName,
    /// A glob over the whole key: `*` any characters, `?` one, `[a-z]` one of a set, `\` takes the next one literally.
    pub pattern: String,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl CacheInvalidate {
    pub(super) fn validate(&self) -> Result<()> {
        self.cache.validate()?;
        super::glob::Glob::parse(&self.pattern).map(drop)
    }
}

/// Counters of a cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheStatsRequest {
    /// The cache.
    pub cache: CollectionName,
}

impl CacheStatsRequest {
    pub(super) fn validate(&self) -> Result<()> {
        self.cache.validate()
    }
}

/// The counters of a cache; all zero if it does not exist.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheStats {
    /// Look-ups that found an entry, since the namespace was opened.
    pub hits: u64,
    /// Look-ups that found none, since the namespace was opened.
    pub misses: u64,
    /// Entries that have not expired.
    pub entries: u64,
}
