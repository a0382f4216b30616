//! How often look-ups in a semantic cache found an entry.

use std::sync::atomic::{AtomicU64, Ordering};

/// The look-ups in one cache since the namespace was opened. Collections have them too, and never count any.
#[derive(Debug, Default)]
pub struct LookUps {
    hits: AtomicU64,
    misses: AtomicU64,
}

impl LookUps {
    /// Counts one.
    pub fn count(&self, is_hit: bool) {
        let counter = if is_hit { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Those that found an entry, and those that found none.
    pub fn counts(&self) -> (u64, u64) {
        (self.hits.load(Ordering::Relaxed), self.misses.load(Ordering::Relaxed))
    }
}
