//! The rows written since the last flush, every version of each: a skip list ordered by key, newest version first.
//!
//! One thread writes (the namespace's actor), any number read without a lock. A reader at commit `s` takes, for each
//! key, the first version whose commit is at most `s`; versions above are not published yet. This is LevelDB's memtable
//! (Google, 2011) with the versions as part of the key; the list is `crossbeam-skiplist`'s.
//!
//! Keys of the key-value table also stand in a hash map with their newest version, because looking single keys up is what
//! agents do most and a list of many versions costs ten times a hash. A reader for whom the newest version is too new goes
//! to the list; a key that is not in the map is not in the list either.

use std::borrow::Borrow;
use std::cmp::{Ordering, Reverse};
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering as Memory};

use crossbeam_skiplist::SkipMap;
use dashmap::DashMap;

use super::row::ReadValue;
use super::table::Table;
use crate::limits;

/// Bytes that one version costs beside its key and value: list node, two boxes.
const VERSION_OVERHEAD_BYTES: usize = 96;

#[derive(Debug)]
struct VersionKey {
    key: Box<[u8]>,
    seq: u64,
}

/// A [`VersionKey`] or a borrowed probe for one: lets a look-up go without an allocation.
trait Probe {
    fn parts(&self) -> (&[u8], Reverse<u64>);
}

impl Probe for VersionKey {
    fn parts(&self) -> (&[u8], Reverse<u64>) {
        (&self.key, Reverse(self.seq))
    }
}

impl Probe for (&[u8], u64) {
    fn parts(&self) -> (&[u8], Reverse<u64>) {
        (self.0, Reverse(self.1))
    }
}

impl PartialEq for dyn Probe + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for dyn Probe + '_ {}

impl PartialOrd for dyn Probe + '_ {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for dyn Probe + '_ {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

impl<'a> Borrow<dyn Probe + 'a> for VersionKey {
    fn borrow(&self) -> &(dyn Probe + 'a) {
        self
    }
}

impl PartialEq for VersionKey {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for VersionKey {}

impl PartialOrd for VersionKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for VersionKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

type VersionMap = SkipMap<VersionKey, Option<Arc<[u8]>>>;

/// The newest version of a key.
#[derive(Debug)]
struct Newest {
    seq: u64,
    value: Option<Arc<[u8]>>,
}

/// The newest rows of one namespace.
#[derive(Debug)]
pub struct Memtable {
    tables: [VersionMap; Table::COUNT],
    newest_kv: DashMap<Box<[u8]>, Newest, ahash::RandomState>,
    bytes: AtomicUsize,
    has_large: AtomicBool,
}

impl Default for Memtable {
    fn default() -> Self {
        let tables = std::array::from_fn(|_| SkipMap::new());
        Self { tables, newest_kv: DashMap::default(), bytes: AtomicUsize::new(0), has_large: AtomicBool::new(false) }
    }
}

impl Memtable {
    fn table(&self, table: Table) -> &VersionMap {
        #[expect(clippy::indexing_slicing, reason = "one list for each table, by construction")]
        &self.tables[usize::from(table.number())]
    }

    /// Adds a version; without a value it hides older ones. Only the actor calls this.
    pub fn insert(&self, table: Table, key: &[u8], value: Option<&[u8]>, seq: u64) {
        let bytes = key.len() + value.map_or(0, <[u8]>::len) + VERSION_OVERHEAD_BYTES;
        self.bytes.fetch_add(bytes, Memory::Relaxed);
        if bytes > limits::VALUE_SHORT_BYTES_MAX {
            self.has_large.store(true, Memory::Relaxed);
        }
        let value: Option<Arc<[u8]>> = value.map(Into::into);
        self.table(table).insert(VersionKey { key: key.into(), seq }, value.clone());
        if table != Table::Kv {
            return;
        }
        // Replacing in place keeps the key's allocation.
        match self.newest_kv.get_mut(key) {
            Some(mut newest) => *newest = Newest { seq, value },
            None => drop(self.newest_kv.insert(key.into(), Newest { seq, value })),
        }
    }

    /// Approximate memory use.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Memory::Relaxed)
    }

    /// True if it was ever given a value that takes long to be read.
    pub fn has_large(&self) -> bool {
        self.has_large.load(Memory::Relaxed)
    }

    /// True if nothing was ever inserted.
    pub fn is_empty(&self) -> bool {
        self.bytes() == 0
    }

    /// Looks a key up at commit `seq`: outer `None` = this memtable knows nothing of it, inner `None` = deleted.
    pub fn get<R>(&self, table: Table, key: &[u8], seq: u64, take: impl FnOnce(&[u8]) -> R) -> Option<Option<R>> {
        if table == Table::Kv {
            let newest = self.newest_kv.get(key)?;
            if newest.seq <= seq {
                return Some(newest.value.as_deref().map(take));
            }
        }
        let probe: &dyn Probe = &(key, seq);
        let entry = self.table(table).lower_bound(Bound::Included(probe))?;
        (*entry.key().key == *key).then(|| entry.value().as_deref().map(take))
    }

    /// Walks keys of a range upwards, each once, at commit `seq`. Deleted keys are included, without a value.
    pub fn ascend<'a, V: ReadValue>(
        &'a self,
        table: Table,
        start: Bound<&[u8]>,
        end: Bound<Vec<u8>>,
        seq: u64,
    ) -> impl Iterator<Item = (Vec<u8>, Option<V>)> + 'a {
        let from = match start {
            // Newest first: the largest seq comes before every version of the key, the smallest after.
            Bound::Included(key) => Bound::Included((key.to_vec(), u64::MAX)),
            Bound::Excluded(key) => Bound::Excluded((key.to_vec(), 0)),
            Bound::Unbounded => Bound::Unbounded,
        };
        let mut entry = match &from {
            Bound::Included((key, seq)) => {
                let probe: &dyn Probe = &(key.as_slice(), *seq);
                self.table(table).lower_bound(Bound::Included(probe))
            }
            Bound::Excluded((key, seq)) => {
                let probe: &dyn Probe = &(key.as_slice(), *seq);
                self.table(table).lower_bound(Bound::Excluded(probe))
            }
            Bound::Unbounded => self.table(table).front(),
        };
        let mut last: Option<Vec<u8>> = None;
        std::iter::from_fn(move || {
            while let Some(current) = entry.take() {
                let key = &current.key().key;
                if is_beyond(key, &end) {
                    return None;
                }
                let wanted = current.key().seq <= seq && last.as_deref() != Some(&**key);
                let row = wanted.then(|| (key.to_vec(), current.value().as_deref().map(V::of)));
                entry = current.next();
                if let Some(row) = row {
                    last = Some(row.0.clone());
                    return Some(row);
                }
            }
            None
        })
    }

    /// Walks keys of a range downwards, each once, at commit `seq`. Deleted keys are included, without a value.
    pub fn descend<'a, V: ReadValue>(
        &'a self,
        table: Table,
        start: Bound<Vec<u8>>,
        end: Bound<&[u8]>,
        seq: u64,
    ) -> impl Iterator<Item = (Vec<u8>, Option<V>)> + 'a {
        let mut entry = match end {
            Bound::Included(key) => {
                let probe: &dyn Probe = &(key, 0);
                self.table(table).upper_bound(Bound::Included(probe))
            }
            Bound::Excluded(key) => {
                let probe: &dyn Probe = &(key, u64::MAX);
                self.table(table).upper_bound(Bound::Excluded(probe))
            }
            Bound::Unbounded => self.table(table).back(),
        };
        let mut group: Option<(Vec<u8>, Option<V>)> = None;
        std::iter::from_fn(move || {
            // Going down, versions of one key come oldest first: the last visible one is the newest.
            while let Some(current) = entry.take() {
                let key = &current.key().key;
                if is_before(key, &start) {
                    break;
                }
                let visible = current.key().seq <= seq;
                let row = visible.then(|| (key.to_vec(), current.value().as_deref().map(V::of)));
                entry = current.prev();
                if let Some(row) = row {
                    match group.replace(row) {
                        Some(done) if group.as_ref().is_some_and(|(key, _)| *key != done.0) => return Some(done),
                        Some(_) | None => {}
                    }
                }
            }
            group.take()
        })
    }
}

fn is_beyond(key: &[u8], end: &Bound<Vec<u8>>) -> bool {
    match end {
        Bound::Included(end) => key > end.as_slice(),
        Bound::Excluded(end) => key >= end.as_slice(),
        Bound::Unbounded => false,
    }
}

fn is_before(key: &[u8], start: &Bound<Vec<u8>>) -> bool {
    match start {
        Bound::Included(start) => key < start.as_slice(),
        Bound::Excluded(start) => key <= start.as_slice(),
        Bound::Unbounded => false,
    }
}
