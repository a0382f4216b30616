//! About how long a request keeps a thread.

use super::cache::CacheGet;
use super::collection::SearchCollection;
use super::filter::Filter;
use super::graph::{GetEdges, Neighbors};
use super::nodes::ListNodes;

/// About how long carrying a request out keeps a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// Microseconds.
    Short,
    /// Microseconds for each of so many items.
    Items(usize),
    /// A millisecond: longer than a thread that serves many may be kept, and hardly longer than it takes to hand it over.
    Brief,
    /// Anything: it waits for the disk, or looks at much.
    Long,
}

impl Cost {
    /// That of a read of as many items as there are, up to a limit.
    pub(super) fn limited(limit: Option<u32>) -> Self {
        limit.map_or(Self::Long, |limit| Self::Items(limit as usize))
    }
}

impl GetEdges {
    /// With a filter, what is looked at has little to do with what is given.
    pub(super) fn cost(&self) -> Cost {
        if self.filter.is_some() { Cost::Long } else { Cost::limited(self.limit) }
    }
}

impl Neighbors {
    /// As of [`GetEdges`].
    pub(super) fn cost(&self) -> Cost {
        if self.filter.is_empty() { Cost::limited(self.limit) } else { Cost::Long }
    }
}

impl ListNodes {
    /// As of [`GetEdges`]. Until the list by type is complete, looking for a type is no better than a filter.
    pub(super) fn cost(&self) -> Cost {
        if self.node_type.is_some() || self.filter.is_some() { Cost::Long } else { Cost::limited(self.limit) }
    }
}

impl CacheGet {
    /// By its key it is found at once; by an embedding it is searched for.
    pub(super) fn cost(&self) -> Cost {
        if self.embedding.is_none() { Cost::Short } else { Cost::Brief }
    }
}

impl SearchCollection {
    /// A filter on contents reads documents; one on more than named ids walks them.
    pub(super) fn cost(&self) -> Cost {
        if self.filter.as_ref().is_some_and(Filter::is_long) { Cost::Long } else { Cost::Brief }
    }
}
