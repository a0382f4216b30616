//! The exact twin of [`Timeline`](super::Timeline): the same interface by linear scan over a plain list.
//!
//! It is the oracle of the tests: short enough to be seen correct, and written straight from the definitions
//! ([`Period::contains`], [`Version::is_believed_at`]) rather than from the index's inclusive bounds. Every query
//! costs O(n log n); nothing but tests should use it.

use super::error::IntervalError;
use super::period::Period;
use super::version::Version;

/// Linear-scan timeline with the interface of [`Timeline`](super::Timeline), for tests.
#[derive(Debug, Clone)]
pub struct ExactTimeline<K, P> {
    versions: Vec<Version<K, P>>,
}

impl<K: Ord + Clone, P> ExactTimeline<K, P> {
    /// A timeline without versions.
    #[must_use]
    pub const fn new() -> Self {
        Self { versions: Vec::new() }
    }

    /// Builds a timeline from many versions. Of versions with equal keys the first is kept.
    pub fn from_versions(versions: Vec<Version<K, P>>) -> Result<Self, IntervalError> {
        let mut timeline = Self::new();
        for version in versions {
            timeline.assert(version)?;
        }
        Ok(timeline)
    }

    /// Adds a version; `false` when its key is already here. Never fails; the signature is the index's.
    pub fn assert(&mut self, version: Version<K, P>) -> Result<bool, IntervalError> {
        let is_new = self.get(&version.key).is_none();
        if is_new {
            self.versions.push(version);
        }
        Ok(is_new)
    }

    /// Ends belief in a version; `false` when the key is unknown or belief has already ended.
    pub fn retract(&mut self, key: &K, tx_until: u64) -> bool {
        let version = self.versions.iter_mut().find(|version| version.key == *key && version.tx_until.is_none());
        version.map(|version| version.tx_until = Some(tx_until)).is_some()
    }

    /// Removes a version and returns it.
    pub fn erase(&mut self, key: &K) -> Option<Version<K, P>> {
        let index = self.versions.iter().position(|version| version.key == *key)?;
        Some(self.versions.remove(index))
    }

    /// The version with this key, believed or not.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&Version<K, P>> {
        self.versions.iter().find(|version| version.key == *key)
    }

    /// Versions valid at the instant `t`, as believed at `seq`.
    #[must_use]
    pub fn at(&self, t: i64, seq: u64) -> std::vec::IntoIter<&Version<K, P>> {
        self.select(|version| version.is_believed_at(seq) && version.valid.contains(t))
    }

    /// Versions valid at some instant of `range`, as believed at `seq`.
    #[must_use]
    pub fn overlapping(&self, range: Period, seq: u64) -> std::vec::IntoIter<&Version<K, P>> {
        self.select(|version| version.is_believed_at(seq) && version.valid.overlaps(&range))
    }

    /// Versions with an open end, as believed at `seq`.
    #[must_use]
    pub fn open(&self, seq: u64) -> std::vec::IntoIter<&Version<K, P>> {
        self.select(|version| version.is_believed_at(seq) && version.valid.is_open())
    }

    /// Every version a reader at `seq` believes, or with `None` every version there is.
    #[must_use]
    pub fn history(&self, seq: Option<u64>) -> std::vec::IntoIter<&Version<K, P>> {
        self.select(|version| seq.is_none_or(|seq| version.is_believed_at(seq)))
    }

    /// Number of versions, retracted ones included.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.versions.len()
    }

    /// Whether there is no version at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    /// Approximate bytes of the list itself.
    #[must_use]
    pub const fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.versions.capacity() * size_of::<Version<K, P>>()
    }

    fn select(&self, accepts: impl Fn(&Version<K, P>) -> bool) -> std::vec::IntoIter<&Version<K, P>> {
        let mut found: Vec<_> = self.versions.iter().filter(|version| accepts(version)).collect();
        found.sort_by(|a, b| (a.valid.from(), &a.key).cmp(&(b.valid.from(), &b.key)));
        found.into_iter()
    }
}

impl<K: Ord + Clone, P> Default for ExactTimeline<K, P> {
    fn default() -> Self {
        Self::new()
    }
}
