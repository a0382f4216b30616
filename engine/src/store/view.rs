//! Reads: one consistent picture of a namespace's rows at one commit.

use std::cmp::Ordering;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering as Memory};

use super::base_snapshot::BaseSnapshot;
use super::error::{StoreError, StoreResult};
use super::key::prefix_end;
use super::memtable::Memtable;
use super::merge::Merge;
use super::range_delete::HiddenRanges;
use super::row::{ReadValue, StoredRow, ValueHead, ValueOrHead};
use super::table::Table;

/// A range of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRange {
    /// Where it begins.
    pub start: Bound<Vec<u8>>,
    /// Where it ends.
    pub end: Bound<Vec<u8>>,
}

impl KeyRange {
    /// Every key.
    pub fn all() -> Self {
        Self { start: Bound::Unbounded, end: Bound::Unbounded }
    }

    /// Every key that begins with these bytes.
    pub fn prefix(prefix: &[u8]) -> Self {
        Self {
            start: Bound::Included(prefix.to_vec()),
            end: prefix_end(prefix).map_or(Bound::Unbounded, Bound::Excluded),
        }
    }

    /// The keys that begin with a prefix, at or after a first and before a last, so far as these are given.
    pub fn of(prefix: Option<&[u8]>, first: Option<&[u8]>, last: Option<&[u8]>) -> Self {
        let start = first.map_or(Bound::Unbounded, |first| Bound::Included(first.to_vec()));
        let end = last.map_or(Bound::Unbounded, |last| Bound::Excluded(last.to_vec()));
        Self::prefix(prefix.unwrap_or_default()).within(&Self { start, end })
    }

    /// Only the part of the range after `key`, in the direction of the walk.
    #[must_use]
    pub fn after(mut self, key: &[u8], reverse: bool) -> Self {
        let bound = Bound::Excluded(key.to_vec());
        if reverse {
            self.end = bound;
        } else {
            self.start = bound;
        }
        self
    }

    /// What is left of the range without another: at most two parts, in order.
    pub fn without(&self, other: &KeyRange) -> Vec<KeyRange> {
        // A bound of the other range, seen from outside it.
        let flip = |bound: &Bound<Vec<u8>>| match bound.clone() {
            Bound::Included(key) => Some(Bound::Excluded(key)),
            Bound::Excluded(key) => Some(Bound::Included(key)),
            Bound::Unbounded => None,
        };
        let before = flip(&other.start).map(|end| KeyRange { start: Bound::Unbounded, end });
        let after = flip(&other.end).map(|start| KeyRange { start, end: Bound::Unbounded });
        let parts = before.into_iter().chain(after).map(|part| self.within(&part));
        parts.filter(|part| !part.is_empty()).collect()
    }

    fn within(&self, other: &KeyRange) -> KeyRange {
        let start = match (&self.start, &other.start) {
            (Bound::Unbounded, bound) | (bound, Bound::Unbounded) => bound.clone(),
            (Bound::Included(one) | Bound::Excluded(one), Bound::Included(two) | Bound::Excluded(two)) => {
                match (one.cmp(two), &self.start) {
                    (Ordering::Greater, _) | (Ordering::Equal, Bound::Excluded(_)) => self.start.clone(),
                    (Ordering::Less | Ordering::Equal, _) => other.start.clone(),
                }
            }
        };
        let end = match (&self.end, &other.end) {
            (Bound::Unbounded, bound) | (bound, Bound::Unbounded) => bound.clone(),
            (Bound::Included(one) | Bound::Excluded(one), Bound::Included(two) | Bound::Excluded(two)) => {
                match (one.cmp(two), &self.end) {
                    (Ordering::Less, _) | (Ordering::Equal, Bound::Excluded(_)) => self.end.clone(),
                    (Ordering::Greater | Ordering::Equal, _) => other.end.clone(),
                }
            }
        };
        KeyRange { start, end }
    }

    /// True if no key can lie in the range.
    pub fn is_empty(&self) -> bool {
        match (&self.start, &self.end) {
            (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
            (Bound::Included(start), Bound::Included(end)) => start > end,
            (Bound::Included(start) | Bound::Excluded(start), Bound::Excluded(end))
            | (Bound::Excluded(start), Bound::Included(end)) => start >= end,
        }
    }
}

/// A walk over rows; an error ends it.
pub type RowScan<'a, V = Vec<u8>> = Box<dyn Iterator<Item = StoreResult<StoredRow<V>>> + 'a>;

/// Anything rows can be read from: a snapshot, or a transaction that also sees its own writes.
pub trait Read {
    /// The value of a row.
    fn get(&self, table: Table, key: &[u8]) -> StoreResult<Option<Vec<u8>>>;

    /// The head of a row's value.
    fn head(&self, table: Table, key: &[u8]) -> StoreResult<Option<ValueHead>>;

    /// The rows of a range in key order, or from the last to the first.
    fn scan(&self, table: Table, range: &KeyRange, reverse: bool) -> StoreResult<RowScan<'_>>;

    /// The heads of the same rows: what is not looked at of large values is not read.
    fn scan_heads(&self, table: Table, range: &KeyRange, reverse: bool) -> StoreResult<RowScan<'_, ValueHead>>;

    /// True if the row exists.
    fn contains(&self, table: Table, key: &[u8]) -> StoreResult<bool> {
        Ok(self.head(table, key)?.is_some())
    }
}

/// The parts a read looks into. A new view is made when memtables are frozen or flushed; between that, only the number
/// of the newest published commit moves.
#[derive(Debug)]
pub struct View {
    /// Where the actor writes.
    pub active: Arc<Memtable>,
    /// What is being flushed.
    pub frozen: Option<Arc<Memtable>>,
    /// What was flushed; nothing for a namespace that does not exist.
    pub base: Option<Arc<BaseSnapshot>>,
    /// The commit up to which `base` is complete.
    pub base_seq: u64,
    /// What of all this is hidden.
    pub hidden: HiddenRanges,
    published: AtomicU64,
}

impl View {
    /// A view whose newest published commit is `published`.
    pub fn new(
        active: Arc<Memtable>,
        frozen: Option<Arc<Memtable>>,
        base: Option<Arc<BaseSnapshot>>,
        base_seq: u64,
        published: u64,
    ) -> Self {
        let hidden = HiddenRanges::default();
        Self { active, frozen, base, base_seq, hidden, published: AtomicU64::new(published) }
    }

    /// The same, but for what is hidden.
    #[must_use]
    pub fn hiding(self, hidden: HiddenRanges) -> Self {
        Self { hidden, ..self }
    }

    /// This view with other ranges hidden. Its newest commit moves by itself from then on.
    pub fn with_hidden(&self, hidden: HiddenRanges) -> Self {
        let Self { active, frozen, base, base_seq, hidden: _, published: _ } = self;
        Self::new(Arc::clone(active), frozen.clone(), base.clone(), *base_seq, self.published()).hiding(hidden)
    }

    /// Makes commits up to `seq` visible to snapshots taken from now on. Everything they wrote must be in place.
    pub fn publish(&self, seq: u64) {
        self.published.store(seq, Memory::Release);
    }

    /// The memtables it looks into.
    pub fn memtables(&self) -> impl Iterator<Item = &Arc<Memtable>> {
        std::iter::once(&self.active).chain(&self.frozen)
    }

    /// True if it may hold a value that takes long to be read.
    pub fn may_hold_large(&self) -> bool {
        self.memtables().any(|memtable| memtable.has_large()) || self.base.as_ref().is_some_and(|base| base.has_cut)
    }

    /// The newest visible commit.
    pub fn published(&self) -> u64 {
        self.published.load(Memory::Acquire)
    }
}

/// A view at one commit.
#[derive(Debug, Clone)]
pub struct RowSnapshot {
    view: Arc<View>,
    seq: u64,
}

impl RowSnapshot {
    /// The newest published state.
    pub fn newest(view: Arc<View>) -> Self {
        let seq = view.published();
        Self { view, seq }
    }

    /// Everything that was ever written into the view, published or not. For the actor itself, and for building an
    /// index that filters by commit anyway.
    pub fn unpublished(view: Arc<View>) -> Self {
        Self { view, seq: u64::MAX }
    }

    /// The memtables that it keeps in memory.
    pub fn memtables(&self) -> impl Iterator<Item = &Arc<Memtable>> {
        self.view.memtables()
    }

    /// The commit it stands at.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Looks a row up and hands its value to `take`, without a copy in between.
    pub fn get_with<R>(&self, table: Table, key: &[u8], take: impl Fn(&[u8]) -> R) -> StoreResult<Option<R>> {
        if !self.hides_in(table) {
            return self.stored_with(table, key, take);
        }
        let seen = |stored: &[u8]| (!self.hides(table, key, stored)).then(|| take(stored));
        Ok(self.stored_with(table, key, seen)?.flatten())
    }

    /// The same, hidden or not.
    pub fn stored_with<R>(&self, table: Table, key: &[u8], take: impl Fn(&[u8]) -> R) -> StoreResult<Option<R>> {
        if let Some(found) = self.view.active.get(table, key, self.seq, &take) {
            return Ok(found);
        }
        if let Some(found) = self.view.frozen.as_ref().and_then(|frozen| frozen.get(table, key, self.seq, &take)) {
            return Ok(found);
        }
        match &self.view.base {
            Some(base) => base.get(table, key, take),
            None => Ok(None),
        }
    }

    /// The head of a row, hidden or not.
    pub fn stored_head(&self, table: Table, key: &[u8]) -> StoreResult<Option<ValueHead>> {
        let newer = self.memtables().find_map(|memtable| memtable.get(table, key, self.seq, ValueHead::of));
        match (newer, &self.view.base) {
            (Some(found), _) => Ok(found),
            (None, Some(base)) => base.head(table, key),
            (None, None) => Ok(None),
        }
    }

    fn hides_in(&self, table: Table) -> bool {
        matches!(table, Table::Kv | Table::LogEntries) && !self.view.hidden.is_empty()
    }

    /// True if this row is hidden from it.
    pub fn hides(&self, table: Table, key: &[u8], stored: &[u8]) -> bool {
        self.view.hidden.hide(table, key, stored, self.seq)
    }

    /// True if nothing of a range can be seen, because all there is in it is hidden.
    pub fn hides_all(&self, table: Table, range: &KeyRange) -> bool {
        self.hides_in(table) && self.view.hidden.open_parts(table, range, self.seq).is_empty()
    }

    /// The rows of a range, hidden or not.
    pub fn scan_stored<V: ReadValue>(
        &self,
        table: Table,
        range: &KeyRange,
        reverse: bool,
    ) -> StoreResult<RowScan<'_, V>> {
        self.walk(table, range, reverse, std::slice::from_ref(range))
    }

    /// The rows of a range: all that memtables have in it, and what the store has in parts of it.
    fn walk<V: ReadValue>(
        &self,
        table: Table,
        range: &KeyRange,
        reverse: bool,
        stored: &[KeyRange],
    ) -> StoreResult<RowScan<'_, V>> {
        if range.is_empty() {
            return Ok(Box::new(std::iter::empty()));
        }
        let mut merge = Merge::new(reverse);
        let (start, end) = (range.start.as_ref().map(Vec::as_slice), range.end.as_ref().map(Vec::as_slice));
        for memtable in std::iter::once(&self.view.active).chain(&self.view.frozen) {
            if reverse {
                merge.add(memtable.descend(table, range.start.clone(), end, self.seq).map(Ok));
            } else {
                merge.add(memtable.ascend(table, start, range.end.clone(), self.seq).map(Ok));
            }
        }
        if let Some(base) = &self.view.base {
            let rows = |part: &KeyRange| {
                base.rows(table, part.start.as_ref().map(Vec::as_slice), part.end.as_ref().map(Vec::as_slice), reverse)
            };
            let mut parts = stored.iter().map(rows).collect::<StoreResult<Vec<_>>>()?;
            if reverse {
                parts.reverse();
            }
            merge.add(parts.into_iter().flatten().map(|row| row.map(|row| (row.key, Some(row.value)))));
        }
        Ok(Box::new(merge))
    }

    /// All of a value that was read lazily.
    pub fn rest_of(&self, table: Table, key: &[u8], value: ValueOrHead) -> StoreResult<Vec<u8>> {
        if value.is_whole() {
            return Ok(value.start);
        }
        self.get(table, key)?.ok_or(StoreError::corrupt(table, "a row is gone while it is read"))
    }

    /// The rows of a range in key order, large values not read.
    pub fn scan_lazily(&self, table: Table, range: &KeyRange, reverse: bool) -> StoreResult<RowScan<'_, ValueOrHead>> {
        self.seen(table, range, reverse, |value| &value.start)
    }

    /// The rows of a range that are not hidden; `start` gives the beginning of a value.
    fn seen<V: ReadValue>(
        &self,
        table: Table,
        range: &KeyRange,
        reverse: bool,
        start: fn(&V) -> &[u8],
    ) -> StoreResult<RowScan<'_, V>> {
        if !self.hides_in(table) {
            return self.scan_stored(table, range, reverse);
        }
        let rows = self.walk(table, range, reverse, &self.view.hidden.open_parts(table, range, self.seq))?;
        let is_seen = move |row: &StoreResult<StoredRow<V>>| match row {
            Ok(row) => !self.hides(table, &row.key, start(&row.value)),
            Err(_) => true,
        };
        Ok(Box::new(rows.filter(is_seen)))
    }
}

impl Read for RowSnapshot {
    fn get(&self, table: Table, key: &[u8]) -> StoreResult<Option<Vec<u8>>> {
        self.get_with(table, key, <[u8]>::to_vec)
    }

    fn head(&self, table: Table, key: &[u8]) -> StoreResult<Option<ValueHead>> {
        let found = self.stored_head(table, key)?;
        Ok(found.filter(|head| !self.hides_in(table) || !self.hides(table, key, &head.start)))
    }

    fn scan(&self, table: Table, range: &KeyRange, reverse: bool) -> StoreResult<RowScan<'_>> {
        self.seen(table, range, reverse, Vec::as_slice)
    }

    fn scan_heads(&self, table: Table, range: &KeyRange, reverse: bool) -> StoreResult<RowScan<'_, ValueHead>> {
        self.seen(table, range, reverse, |head: &ValueHead| &head.start)
    }
}
