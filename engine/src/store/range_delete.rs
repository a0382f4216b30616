//! Ranges of rows that were deleted as one, and are removed bit by bit.
//!
//! Ten million tombstones would be one commit of a gigabyte. A range delete is one row instead: from its commit on it hides
//! every key of the range that an earlier commit wrote, which each key's record says of itself, and every entry of a log, whose
//! positions are never taken again. This is the range tombstone of
//! RocksDB ("DeleteRange", 2018), with one difference: sweeps remove what is hidden in small commits of their own, from the
//! front, moving the row's start behind what they have removed, and delete the row with the last of them. A crash in between
//! leaves a range that is shorter and hides the same.
//!
//! What hides is part of a [`super::View`]: a reader keeps the ranges that were there when it began, whatever sweeps do.

use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::error::{StoreError, StoreResult};
use super::key::{KeyReader, KeyWriter};
use super::record::KvRecord;
use super::table::Table;
use super::view::KeyRange;
use crate::planted::{self, Planted};

fn corrupt(what: &'static str) -> StoreError {
    StoreError::corrupt(Table::RangeDeletes, what)
}

/// A range delete: its key is the commit (u64) and a number in it (u32); its value the number of a table (u8), 1 or 0 for
/// whether it has an end (u8), the length of its start (u32), its start, its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeDelete {
    /// The commit that deleted the range: what a later one wrote stays.
    pub seq: u64,
    /// Its number in the commit.
    pub number: u32,
    /// The table: [`Table::Kv`], or [`Table::LogEntries`], whose heads say which entries there are.
    pub table: Table,
    /// The first key that may be left in it.
    pub start: Vec<u8>,
    /// The first key behind it; nothing = there is no end.
    pub end: Option<Vec<u8>>,
}

impl RangeDelete {
    /// The row's key.
    pub fn key(&self) -> Vec<u8> {
        KeyWriter::new().u64(self.seq).u32(self.number).finish()
    }

    /// The row's value.
    pub fn encode(&self) -> Vec<u8> {
        let start_len = u32::try_from(self.start.len()).unwrap_or(u32::MAX);
        let head = KeyWriter::new().raw(&[self.table.number(), u8::from(self.end.is_some())]).u32(start_len);
        head.raw(&self.start).raw(self.end.as_deref().unwrap_or_default()).finish()
    }

    /// From its stored form.
    pub fn decode(key: &[u8], value: &[u8]) -> StoreResult<Self> {
        let mut parts = KeyReader::new(key);
        let (Some(seq), Some(number), true) = (parts.u64(), parts.u32(), parts.rest().is_empty()) else {
            return Err(corrupt("the key does not decode"));
        };
        let ([table, has_end, ..], Some(mut rest)) = (value, value.get(2..).map(KeyReader::new)) else {
            return Err(corrupt("the record is too short"));
        };
        let table = Table::from_number(*table).filter(|table| matches!(table, Table::Kv | Table::LogEntries));
        let table = table.ok_or_else(|| corrupt("it names a table that has no ranges"))?;
        let start_len = rest.u32().and_then(|len| usize::try_from(len).ok());
        let split = start_len.and_then(|len| rest.rest().split_at_checked(len));
        let (start, end) = split.ok_or_else(|| corrupt("the record is too short"))?;
        let end = match has_end {
            0 if end.is_empty() => None,
            1 => Some(end.to_vec()),
            _ => return Err(corrupt("the record does not decode")),
        };
        Ok(Self { seq, number, table, start: start.to_vec(), end })
    }

    /// The keys it may hold.
    pub fn range(&self) -> KeyRange {
        let end = self.end.clone().map_or(Bound::Unbounded, Bound::Excluded);
        KeyRange { start: Bound::Included(self.start.clone()), end }
    }

    /// True if it deleted rows under this key.
    pub fn holds(&self, table: Table, key: &[u8]) -> bool {
        table == self.table && key >= self.start.as_slice() && self.end.as_deref().is_none_or(|end| key < end)
    }
}

/// A range that hides.
#[derive(Debug)]
struct Hiding {
    delete: RangeDelete,
    /// True once a later commit may have written a key of the range. While it is false, all there is in it is hidden.
    written_to: AtomicBool,
    /// The commit that removed the last of it; nothing while there may be some left.
    until: Option<u64>,
}

impl Hiding {
    fn is_seen_at(&self, seq: u64) -> bool {
        self.delete.seq <= seq && self.until.is_none_or(|until| seq < until)
    }
}

/// The ranges that hide, at one moment; a copy is cheap.
#[derive(Debug, Clone, Default)]
pub struct HiddenRanges(Arc<[Arc<Hiding>]>);

impl HiddenRanges {
    /// True if nothing is hidden.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These and one more. `written_to`: whether a key of it may have been written since.
    #[must_use]
    pub fn with(&self, delete: RangeDelete, written_to: bool) -> Self {
        let known =
            self.0.iter().any(|hiding| (hiding.delete.seq, hiding.delete.number) == (delete.seq, delete.number));
        // One that sweeps have shortened hides what it has hidden.
        if known {
            return self.clone();
        }
        let more = Arc::new(Hiding { delete, written_to: AtomicBool::new(written_to), until: None });
        Self(self.0.iter().cloned().chain([more]).collect())
    }

    /// These, but for one of which commit `at` has removed the last: who reads that commit does not need it any more.
    #[must_use]
    pub fn ended(&self, key: &[u8], at: u64) -> Self {
        let one = |hiding: &Arc<Hiding>| match hiding.delete.key() == key {
            true => Arc::new(Hiding {
                delete: hiding.delete.clone(),
                written_to: AtomicBool::new(hiding.written_to.load(Ordering::Relaxed)),
                until: Some(at),
            }),
            false => Arc::clone(hiding),
        };
        Self(self.0.iter().map(one).collect())
    }

    /// Those that somebody who begins to read at `seq` or later may need.
    #[must_use]
    pub fn from(&self, seq: u64) -> Self {
        let needed = |hiding: &&Arc<Hiding>| hiding.until.is_none_or(|until| seq < until);
        match self.0.iter().all(|hiding| needed(&hiding)) {
            true => self.clone(),
            false => Self(self.0.iter().filter(needed).cloned().collect()),
        }
    }

    /// Notes that a row is written. To be called before any reader may see it.
    pub fn note_written(&self, table: Table, key: &[u8]) {
        for hiding in self.0.iter().filter(|hiding| hiding.delete.holds(table, key)) {
            hiding.written_to.store(true, Ordering::Relaxed);
        }
    }

    /// True if who reads at `seq` must not see this row. One that does not decode is for the reader to find.
    pub fn hide(&self, table: Table, key: &[u8], stored: &[u8], seq: u64) -> bool {
        let is_older = |than: u64| match table {
            Table::Kv => {
                let than = than + u64::from(planted::is(Planted::RangeHidesItsCommit));
                KvRecord::decode(stored).is_ok_and(|record| record.seq < than)
            }
            _ => true,
        };
        let hides =
            |hiding: &Hiding| hiding.is_seen_at(seq) && hiding.delete.holds(table, key) && is_older(hiding.delete.seq);
        self.0.iter().any(|hiding| hides(hiding))
    }

    /// The parts of a range, upwards, in which who reads at `seq` may find anything.
    pub fn open_parts(&self, table: Table, range: &KeyRange, seq: u64) -> Vec<KeyRange> {
        let mut parts = vec![range.clone()];
        let closed = |hiding: &&Arc<Hiding>| {
            hiding.delete.table == table && hiding.is_seen_at(seq) && !hiding.written_to.load(Ordering::Relaxed)
        };
        for hiding in self.0.iter().filter(closed) {
            parts = parts.into_iter().flat_map(|part| part.without(&hiding.delete.range())).collect();
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use super::*;

    fn delete(seq: u64, start: &str, end: Option<&str>) -> RangeDelete {
        let end = end.map(|end| end.as_bytes().to_vec());
        RangeDelete { seq, number: 0, table: Table::Kv, start: start.into(), end }
    }

    fn record(seq: u64) -> Vec<u8> {
        KvRecord { seq, expires_at: 0, value: b"v" }.encode()
    }

    #[test]
    fn a_row_reads_back_as_it_was_and_any_cut_or_flip_of_its_head_is_refused_or_another() {
        for end in [None, Some("z"), Some("")] {
            let delete = delete(7, "ab", end);
            let (key, value) = (delete.key(), delete.encode());
            assert_eq!(RangeDelete::decode(&key, &value).unwrap(), delete);
            assert!((0..8).all(|len| RangeDelete::decode(&key, &value[..len]).is_err()));
            assert!(RangeDelete::decode(&key[1..], &value).is_err());
            for bit in 0..48 {
                let mut flipped = value.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert_ne!(RangeDelete::decode(&key, &flipped).ok().as_ref(), Some(&delete), "bit {bit}");
            }
        }
    }

    #[test]
    fn what_is_hidden_depends_on_who_wrote_it_and_who_reads() {
        let ranges = HiddenRanges::default().with(delete(5, "b", Some("d")), false);
        let hides = |ranges: &HiddenRanges, key: &str, written: u64, seq: u64| {
            ranges.hide(Table::Kv, key.as_bytes(), &record(written), seq)
        };
        assert!(hides(&ranges, "b", 4, 5) && hides(&ranges, "c", 4, u64::MAX));
        assert!(!hides(&ranges, "b", 4, 4), "an older reader");
        assert!(!hides(&ranges, "b", 5, 5), "written by the same commit, after it");
        assert!(!hides(&ranges, "a", 4, 5) && !hides(&ranges, "d", 4, 5), "outside");
        assert!(!ranges.hide(Table::LogEntries, b"b", &record(4), 5), "of another table");
        let ended = ranges.ended(&delete(5, "", None).key(), 8);
        assert!(hides(&ended, "b", 4, 7) && !hides(&ended, "b", 4, 8));
        assert!(!ended.from(7).is_empty() && ended.from(8).is_empty());
        assert!(hides(&ranges, "b", 4, 8), "who has begun keeps what it has");
    }

    #[test]
    fn a_range_that_nobody_has_written_to_is_walked_around() {
        let ranges = HiddenRanges::default().with(delete(5, "b", Some("d")), false).with(delete(6, "f", None), false);
        let prefix = |key: &str| KeyRange::prefix(key.as_bytes());
        assert_eq!(ranges.open_parts(Table::Kv, &prefix("c"), 6), []);
        assert_eq!(ranges.open_parts(Table::Kv, &prefix("c"), 4), [prefix("c")], "an older reader");
        let between = |start: &str, end: &str| KeyRange {
            start: Bound::Included(start.into()),
            end: Bound::Excluded(end.into()),
        };
        let all = ranges.open_parts(Table::Kv, &KeyRange::all(), 6);
        let first = KeyRange { start: Bound::Unbounded, end: Bound::Excluded(b"b".to_vec()) };
        assert_eq!(all, [first, between("d", "f")]);
        ranges.note_written(Table::Kv, b"ca");
        assert_eq!(ranges.open_parts(Table::Kv, &prefix("c"), 6), [prefix("c")]);
        assert_eq!(ranges.open_parts(Table::Kv, &prefix("g"), 6), []);
    }
}
