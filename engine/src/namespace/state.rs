//! Everything of an open namespace that readers may look at while the actor writes.

use std::sync::Arc;

use arc_swap::ArcSwap;
use parking_lot::Mutex;

use super::collection::Collection;
use super::collections::Collections;
use super::readers::{Readers, Running};
use super::snapshots::HeldSnapshots;
use super::timelines::Timelines;
use crate::api::{CollectionName, CommitSeq, Error, ErrorCode, Request, Result};
use crate::clock::Clock;
use crate::planted::{self, Planted};
use crate::store::{
    Base, CollectionKind, CollectionRecord, Counters, HiddenRanges, Memtable, Read, RowSnapshot, Table, View,
};

/// What one opening of a namespace has in memory.
#[derive(Debug)]
pub struct State {
    /// What the next read sees.
    pub view: ArcSwap<View>,
    /// Vectors and metadata.
    pub collections: Collections,
    /// Temporal edges.
    pub timelines: Timelines,
    /// Snapshots of open transactions.
    pub snapshots: HeldSnapshots,
    /// Reads under way that look at rows in `collections`.
    pub readers: Readers,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The counters after the newest published commit.
    pub counters: Mutex<Counters>,
    /// The commit as which a restore brought rows with older numbers; 0 = none did.
    pub floor_seq: u64,
    /// The number of the opening; 0 for a namespace that does not exist.
    pub opening: u64,
    /// The redb file; nothing for a namespace that does not exist.
    pub base: Option<Base>,
}

impl State {
    /// The state of a namespace that does not exist: every read finds nothing.
    pub fn empty(clock: Arc<dyn Clock>) -> Self {
        let view = View::new(Arc::new(Memtable::default()), None, None, 0, 0);
        Self::new(view, None, Counters::default(), clock)
    }

    /// A state without collections; recovery adds them.
    pub fn new(view: View, base: Option<Base>, counters: Counters, clock: Arc<dyn Clock>) -> Self {
        Self {
            view: ArcSwap::from_pointee(view),
            collections: Collections::default(),
            timelines: Timelines::default(),
            snapshots: HeldSnapshots::default(),
            readers: Readers::default(),
            clock,
            counters: Mutex::new(counters),
            floor_seq: 0,
            opening: 0,
            base,
        }
    }

    /// Makes commits up to `seq` visible, with the counts that belong to them. For the actor.
    ///
    /// Counts stand beside the rows and have no commit of their own. They change under the lock under which the rows
    /// become visible, and are read under it: so a count is neither older than a row that somebody has read before it,
    /// nor newer than what anybody reads after it.
    pub fn publish(&self, seq: u64, counters: Counters, counted: impl Iterator<Item = Arc<Collection>>) {
        let mut shown = self.counters.lock();
        *shown = counters;
        counted.for_each(|collection| collection.publish_count());
        self.view.load().publish(seq);
    }

    /// Changes what range deletes hide, for whoever begins to read from now on. For the actor.
    pub fn hide(&self, change: impl FnOnce(&HiddenRanges) -> HiddenRanges) {
        let view = self.view.load();
        let hidden = change(&view.hidden.from(view.published()));
        self.view.store(Arc::new(view.with_hidden(hidden)));
    }

    /// Live rows of a collection as of the newest published commit, without those that have expired.
    pub fn count(&self, collection: &Collection) -> u64 {
        let now_ms = self.clock.now_ms();
        // What has expired since somebody last asked is gone through without the lock.
        collection.lifetimes.due_count(now_ms);
        let _publication = self.counters.lock();
        collection.published_count().saturating_sub(collection.lifetimes.published_due_count(now_ms))
    }

    /// The commit that wrote a row of this number here: what a restore brought was written by the restore, whatever it
    /// was called where it came from. A precondition on what was read before the restore therefore fails.
    pub fn version(&self, seq: u64) -> u64 {
        seq.max(self.floor_seq)
    }

    /// The newest published state, or a held one.
    pub fn snapshot(&self, held: Option<CommitSeq>) -> Result<RowSnapshot> {
        match held {
            None => Ok(RowSnapshot::newest(self.view.load_full())),
            Some(_) if planted::is(Planted::SnapshotReadsNewest) => Ok(RowSnapshot::newest(self.view.load_full())),
            Some(CommitSeq(seq)) => self.snapshots.get(seq, self.clock.monotonic()),
        }
    }

    /// What a read sees. As long as the second part lives, the rows in `collections` that it may look at stay.
    pub fn begin_read(&self, request: &Request) -> Result<(RowSnapshot, Option<Running<'_>>)> {
        let take = || self.snapshot(request.snapshot());
        if !request.sees_rows() {
            return Ok((take()?, None));
        }
        self.readers.enter(take).map(|(snapshot, running)| (snapshot, Some(running)))
    }

    /// The commit at or after which every read stands, under way or to come.
    pub fn oldest_seen(&self) -> u64 {
        let view = self.view.load();
        let held = self.snapshots.expire(self.clock.monotonic(), &view);
        // In this order: who reads at a snapshot that was held a moment ago is among the readers by now.
        let seen = self.readers.oldest(|| view.published());
        held.map_or(seen, |held| seen.min(held))
    }

    /// True once the store takes no more orders: only a new opening can go on.
    pub fn store_has_failed(&self) -> bool {
        self.base.as_ref().is_some_and(Base::has_failed)
    }

    /// Everything written so far, published or not.
    pub fn unpublished(&self) -> RowSnapshot {
        RowSnapshot::unpublished(self.view.load_full())
    }

    /// What `reader` sees under a name.
    pub fn record(&self, reader: &impl Read, name: &CollectionName, kind: CollectionKind) -> Result<CollectionRecord> {
        let record = reader.get(Table::Collections, &kind.key(name.as_str()))?;
        let record = record.map(|record| CollectionRecord::decode(&record)).transpose()?;
        record.filter(|record| record.kind == kind).ok_or_else(|| missing(name, kind))
    }

    /// Finds a collection by name as `reader` sees it.
    pub fn collection(
        &self,
        reader: &impl Read,
        name: &CollectionName,
        kind: CollectionKind,
    ) -> Result<Arc<Collection>> {
        let record = self.record(reader, name, kind)?;
        self.collections.get(record.id).ok_or_else(|| missing(name, kind))
    }

    /// The same for a read; nothing where there is none and that is no error.
    pub fn collection_or_none(
        &self,
        reader: &impl Read,
        name: &CollectionName,
        kind: CollectionKind,
        missing_ok: bool,
    ) -> Result<Option<Arc<Collection>>> {
        match self.collection(reader, name, kind) {
            Ok(collection) => Ok(Some(collection)),
            Err(error) if missing_ok && error.code == ErrorCode::CollectionNotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Finds a cache by name as `reader` sees it. One that does not exist is empty, which is no error.
    pub fn cache(&self, reader: &impl Read, name: &CollectionName) -> Result<Option<Arc<Collection>>> {
        self.collection_or_none(reader, name, CollectionKind::Cache, true)
    }
}

/// What is said of a name that does not exist.
pub fn missing(name: &CollectionName, kind: CollectionKind) -> Error {
    let what = match kind {
        CollectionKind::Documents => "collection",
        CollectionKind::Vectors => "vector index",
        CollectionKind::Cache => "cache",
    };
    Error::new(ErrorCode::CollectionNotFound, format!("{what} {name:?} does not exist; create it first"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use super::*;
    use crate::clock::ManualClock;

    /// Whoever counts meanwhile waits; `counts_keep_to_the_order_of_commits` meets this from outside, now and then.
    #[test]
    fn rows_and_their_counts_become_visible_under_one_lock() {
        let state = State::empty(Arc::new(ManualClock::new(0)));
        let while_publishing = std::iter::from_fn(|| {
            assert!(state.counters.try_lock().is_none(), "nobody reads a count in between");
            assert_eq!(state.view.load().published(), 0, "nor a row");
            None
        });
        state.publish(7, Counters { documents: 1, ..Counters::default() }, while_publishing);
        assert_eq!(state.counters.try_lock().unwrap().documents, 1);
        assert_eq!(state.view.load().published(), 7);
    }
}
