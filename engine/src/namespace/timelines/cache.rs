//! The timelines in memory, by node and side.
//!
//! *Nothing is missed.* A reader puts an empty entry into the map first, then locks it, then takes a snapshot of
//! everything written and builds. The actor puts rows into the memtable first and then applies the change. So either the
//! actor finds the entry, and waits for the build if one is under way, or the build begins after the rows are in place.
//! A step may thus meet a timeline that shows its effect already; steps bear that. Who has its answer filtered by its
//! own commit is not disturbed by versions that are newer.
//!
//! *Erasing* cannot be filtered by commit: the versions are gone. Before the first row goes, the commit that erases is
//! announced here; a reader of an older commit then leaves the shared timelines alone and reads its own snapshot. It
//! looks at the announcement after it has locked a timeline: one from which rows are missing was built, or emptied,
//! after the announcement.
//!
//! *A version that was moved* from another node ([`crate::namespace::exec`]) may have begun in the past, and have ended. Older
//! readers leave the timelines alone, because moving erases what it moves. One that has ended comes as a retraction of what the
//! timeline does not have, which is then forgotten.
//!
//! The map is never locked while a timeline is being built, and no timeline is waited for under the map's lock.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use arc_swap::ArcSwap;
use parking_lot::{RwLock, RwLockWriteGuard};

use super::fact::{FactKey, FactTimeline, Side};
use super::load::{Loaded, load};
use super::step::{FactStep, mirrored};
use crate::api::Result;
use crate::limits;
use crate::store::{RowSnapshot, View};

/// What an entry costs beside its timeline and its node's name: two map slots, locks and counters.
const ENTRY_BYTES: usize = 256;

#[derive(Debug, Default)]
struct TimelineEntry {
    loaded: RwLock<Option<Loaded>>,
    /// When it was last used, counted in uses.
    used: AtomicU64,
    /// What the map's total has for it; changed only under the map's lock.
    counted: AtomicUsize,
}

type ByNode = HashMap<Arc<str>, Arc<TimelineEntry>>;

#[derive(Debug, Default)]
struct TimelineEntries {
    outgoing: ByNode,
    incoming: ByNode,
    bytes: usize,
}

impl TimelineEntries {
    fn side(&self, side: Side) -> &ByNode {
        match side {
            Side::Outgoing => &self.outgoing,
            Side::Incoming => &self.incoming,
        }
    }

    fn side_mut(&mut self, side: Side) -> &mut ByNode {
        match side {
            Side::Outgoing => &mut self.outgoing,
            Side::Incoming => &mut self.incoming,
        }
    }

    fn remove(&mut self, node: &str, side: Side) {
        if let Some(entry) = self.side_mut(side).remove(node) {
            self.bytes = self.bytes.saturating_sub(entry.counted.load(Ordering::Relaxed));
        }
    }

    /// Removes those used longest ago until a quarter of the room is free; the newest stays, however large it is.
    fn evict(&mut self, bytes_max: usize) {
        let sides = [(Side::Outgoing, &self.outgoing), (Side::Incoming, &self.incoming)];
        let mut by_use: Vec<(u64, Side, Arc<str>)> = sides
            .into_iter()
            .flat_map(|(side, entries)| entries.iter().map(move |(node, entry)| (entry, side, node)))
            .map(|(entry, side, node)| (entry.used.load(Ordering::Relaxed), side, Arc::clone(node)))
            .collect();
        by_use.sort_unstable_by_key(|(used, ..)| *used);
        by_use.pop();
        for (_, side, node) in by_use {
            if self.bytes <= bytes_max / 4 * 3 {
                break;
            }
            self.remove(&node, side);
        }
    }
}

/// The timelines of one namespace.
#[derive(Debug)]
pub struct Timelines {
    entries: RwLock<TimelineEntries>,
    uses: AtomicU64,
    /// The newest commit that erased anything.
    erased: AtomicU64,
    bytes_max: usize,
}

impl Default for Timelines {
    fn default() -> Self {
        Self::with_limit(limits::TIMELINE_BYTES_MAX)
    }
}

impl Timelines {
    /// Timelines that together take about so many bytes at most, not counting the newest.
    pub fn with_limit(bytes_max: usize) -> Self {
        Self { entries: RwLock::default(), uses: AtomicU64::new(0), erased: AtomicU64::new(0), bytes_max }
    }

    /// Looks at a timeline as the reader's snapshot may see it; versions newer than the snapshot can be in it. The
    /// timeline is locked meanwhile: `look` must not ask for another. `view` is where the actor writes.
    pub fn read<R>(
        &self,
        view: &ArcSwap<View>,
        reader: &RowSnapshot,
        node: &str,
        side: Side,
        look: impl FnOnce(&FactTimeline) -> R,
    ) -> Result<R> {
        let entry = self.entry(node, side);
        let mut guard = entry.loaded.read();
        if guard.is_none() {
            drop(guard);
            let mut empty = entry.loaded.write();
            if empty.is_none() {
                let loaded = load(&RowSnapshot::unpublished(view.load_full()), node, side)?;
                self.count(node, side, &entry, loaded.bytes());
                *empty = Some(loaded);
            }
            guard = RwLockWriteGuard::downgrade(empty);
        }
        if let Some(loaded) = guard.as_ref()
            && self.erased.load(Ordering::SeqCst) <= reader.seq()
        {
            return Ok(look(&loaded.timeline));
        }
        drop(guard);
        Ok(look(&load(reader, node, side)?.timeline))
    }

    /// Announces that commit `seq` erases facts: to be called before the first of their rows goes.
    pub fn announce_erasing(&self, seq: u64) {
        self.erased.store(seq, Ordering::SeqCst);
    }

    /// Applies what a commit changed to the timelines that are here. Its rows must be in the memtable.
    pub fn apply(&self, step: FactStep) {
        match step {
            FactStep::Assert { from, version } => {
                let mut incoming = version.clone();
                incoming.key = mirrored(&from, &version.key);
                let to = Arc::clone(&version.key.other);
                // One that is full goes: whoever asks for it next is told so by the build.
                self.change(&from, Side::Outgoing, |loaded| loaded.assert(version).is_ok());
                self.change(&to, Side::Incoming, |loaded| loaded.assert(incoming).is_ok());
            }
            FactStep::Retract { from, key, seq } => {
                let incoming = mirrored(&from, &key);
                self.retract(&from, Side::Outgoing, &key, seq);
                self.retract(&key.other, Side::Incoming, &incoming, seq);
            }
            FactStep::Forget { from, to, seq: _ } => {
                let mut entries = self.entries.write();
                entries.remove(&from, Side::Outgoing);
                entries.remove(&to, Side::Incoming);
            }
        }
    }

    /// Approximate bytes of all timelines.
    #[cfg(test)]
    pub fn memory_bytes(&self) -> usize {
        self.entries.read().bytes
    }

    fn entry(&self, node: &str, side: Side) -> Arc<TimelineEntry> {
        let found = self.entries.read().side(side).get(node).cloned();
        let entry = found.unwrap_or_else(|| {
            let mut entries = self.entries.write();
            Arc::clone(entries.side_mut(side).entry(node.into()).or_default())
        });
        entry.used.store(self.uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        entry
    }

    fn retract(&self, node: &str, side: Side, key: &FactKey, seq: u64) {
        self.change(node, side, |loaded| {
            let is_known = loaded.timeline.get(key).is_some();
            loaded.timeline.retract(key, seq);
            is_known
        });
    }

    /// Changes a timeline if it is here, and forgets it if the change did not succeed. One not yet built will be built from
    /// rows that are already in place.
    fn change(&self, node: &str, side: Side, change: impl FnOnce(&mut Loaded) -> bool) {
        let Some(entry) = self.entries.read().side(side).get(node).cloned() else { return };
        let mut guard = entry.loaded.write();
        let Some(loaded) = guard.as_mut() else { return };
        let (before, is_right) = (loaded.bytes(), change(loaded));
        let after = loaded.bytes();
        drop(guard);
        if !is_right {
            self.entries.write().remove(node, side);
        } else if before != after {
            self.count(node, side, &entry, after);
        }
    }

    /// Takes the new size of an entry into the total, unless it has been removed meanwhile.
    fn count(&self, node: &str, side: Side, entry: &Arc<TimelineEntry>, bytes: usize) {
        let mut entries = self.entries.write();
        if !entries.side(side).get(node).is_some_and(|found| Arc::ptr_eq(found, entry)) {
            return;
        }
        let bytes = bytes + ENTRY_BYTES + node.len();
        let counted = entry.counted.swap(bytes, Ordering::Relaxed);
        entries.bytes = (entries.bytes + bytes).saturating_sub(counted);
        if entries.bytes > self.bytes_max {
            entries.evict(self.bytes_max);
        }
    }
}
