//! When rows of a collection or a semantic cache expire: which of them are open now, and which wait to be swept.
//!
//! Derived from the rows' records and rebuilt on opening, as vectors are. A row is *open* from its commit until its time
//! has come. Time is told by whoever asks, and moves rows on in the order of their ends, so asking costs what has expired
//! since the last time. A clock that is set back moves them back: now is the clock as it is. Like the vectors, this knows
//! rows and no versions: a deleted row stays what it was until no reader can see it, and a reader takes the open rows that
//! its snapshot sees.
//!
//! What has expired and is not deleted waits for the sweep. A row that was replaced does not: it is deleted already, and
//! the row that took its place has a number and an end of its own.

use std::collections::BTreeSet;
use std::ops::Bound::{Excluded, Included};

use parking_lot::Mutex;
use roaring::RoaringBitmap;

#[derive(Debug)]
struct Ends {
    /// The time that was told last.
    now_ms: i64,
    /// Not expired.
    open: RoaringBitmap,
    /// When rows end, of those that do: up to `now_ms` the closed ones, behind it open ones.
    ends: BTreeSet<(i64, u32)>,
    /// Expired.
    closed: RoaringBitmap,
    /// Deleted, expired or not; some reader may still see them.
    deleted: RoaringBitmap,
    /// Expired and not deleted.
    due: RoaringBitmap,
    /// Added by commits that are not published yet.
    added: RoaringBitmap,
    /// Deleted by such.
    ended: RoaringBitmap,
}

impl Default for Ends {
    fn default() -> Self {
        let none = RoaringBitmap::new;
        let (open, closed, deleted, due, added, ended) = (none(), none(), none(), none(), none(), none());
        Self { now_ms: i64::MIN, open, ends: BTreeSet::new(), closed, deleted, due, added, ended }
    }
}

impl Ends {
    fn tell(&mut self, now_ms: i64) {
        let before = std::mem::replace(&mut self.now_ms, now_ms);
        let (earlier, later) = (before.min(now_ms), before.max(now_ms));
        if earlier == later {
            return;
        }
        for &(_, row) in self.ends.range((Excluded((earlier, u32::MAX)), Included((later, u32::MAX)))) {
            if before < now_ms {
                self.open.remove(row);
                self.closed.insert(row);
                if !self.deleted.contains(row) {
                    self.due.insert(row);
                }
            } else {
                self.closed.remove(row);
                self.due.remove(row);
                self.open.insert(row);
            }
        }
    }
}

/// The lifetimes of the rows of one collection. Bare vectors have none.
#[derive(Debug, Default)]
pub struct Lifetimes(Mutex<Ends>);

impl Lifetimes {
    /// Adds a row; nothing = it never expires.
    pub fn add(&self, row: u32, expires_at: Option<i64>) {
        let mut ends = self.0.lock();
        ends.added.insert(row);
        ends.ends.extend(expires_at.map(|end| (end, row)));
        if expires_at.is_some_and(|end| end <= ends.now_ms) {
            ends.closed.insert(row);
            ends.due.insert(row);
        } else {
            ends.open.insert(row);
        }
    }

    /// Notes that a row was deleted: it need not be swept. Older readers go on seeing it as it was.
    pub fn delete(&self, row: u32) {
        let mut ends = self.0.lock();
        ends.deleted.insert(row);
        ends.ended.insert(row);
        ends.due.remove(row);
    }

    /// Notes that everything so far is published.
    pub fn publish(&self) {
        let mut ends = self.0.lock();
        ends.added.clear();
        ends.ended.clear();
    }

    /// Forgets a deleted row that no reader can see any more.
    pub fn forget(&self, row: u32, expires_at: Option<i64>) {
        let mut ends = self.0.lock();
        if let Some(end) = expires_at {
            ends.ends.remove(&(end, row));
        }
        ends.open.remove(row);
        ends.closed.remove(row);
        ends.deleted.remove(row);
    }

    /// True if a row has not expired.
    pub fn is_open(&self, row: u32, now_ms: i64) -> bool {
        let mut ends = self.0.lock();
        ends.tell(now_ms);
        ends.open.contains(row)
    }

    /// The rows that have not expired; nothing = none has, and a search needs no filter.
    pub fn open(&self, now_ms: i64) -> Option<RoaringBitmap> {
        let mut ends = self.0.lock();
        ends.tell(now_ms);
        (!ends.closed.is_empty()).then(|| ends.open.clone())
    }

    /// Rows that have expired and are still to be deleted, at most `limit`.
    pub fn due(&self, now_ms: i64, limit: usize) -> Vec<u32> {
        let mut ends = self.0.lock();
        ends.tell(now_ms);
        ends.due.iter().take(limit).collect()
    }

    /// How many have expired and are not deleted.
    pub fn due_count(&self, now_ms: i64) -> u64 {
        let mut ends = self.0.lock();
        ends.tell(now_ms);
        ends.due.len()
    }

    /// As [`Self::due_count`], as of the newest published commit. It costs what is not published yet.
    pub fn published_due_count(&self, now_ms: i64) -> u64 {
        let mut ends = self.0.lock();
        ends.tell(now_ms);
        let before = ends.due.len() - ends.due.intersection_len(&ends.added);
        before + (&ends.ended - &ends.added).intersection_len(&ends.closed)
    }

    /// The rows that have expired; nothing = none has.
    pub fn closed(&self, now_ms: i64) -> Option<RoaringBitmap> {
        let mut ends = self.0.lock();
        ends.tell(now_ms);
        (!ends.closed.is_empty()).then(|| ends.closed.clone())
    }

    /// Bytes in memory, about.
    pub fn memory_bytes(&self) -> usize {
        let ends = self.0.lock();
        let Ends { now_ms: _, open, ends, closed, deleted, due, added, ended } = &*ends;
        let rows: usize = [open, closed, deleted, due, added, ended].iter().map(|rows| rows.serialized_size()).sum();
        rows + ends.len() * size_of::<(i64, u32)>()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use super::Lifetimes;

    fn open(entries: &Lifetimes, now_ms: i64) -> Option<Vec<u32>> {
        entries.open(now_ms).map(|rows| rows.iter().collect())
    }

    #[test]
    fn rows_expire_at_the_very_millisecond() {
        let entries = Lifetimes::default();
        entries.add(0, None);
        entries.add(1, Some(100));
        entries.add(2, Some(i64::MAX));
        assert_eq!(open(&entries, 99), None, "nothing has expired");
        assert!(entries.is_open(1, 99) && entries.due(99, 10).is_empty());
        assert_eq!(open(&entries, 100), Some(vec![0, 2]));
        assert!(!entries.is_open(1, 100));
        assert_eq!(entries.due(100, 10), [1]);
        assert!(entries.is_open(1, 99) && entries.due(99, 10).is_empty(), "the clock was set back");
        assert_eq!(open(&entries, 99), None);
        assert!(!entries.is_open(1, 100) && entries.is_open(2, i64::MAX - 1) && !entries.is_open(2, i64::MAX));
    }

    #[test]
    fn the_sweep_gets_what_is_not_deleted_a_part_at_a_time() {
        let entries = Lifetimes::default();
        (0..5).for_each(|row| entries.add(row, Some(10)));
        entries.delete(0);
        assert_eq!(entries.due(10, 2), [1, 2]);
        assert_eq!(entries.due(10, 2), [1, 2], "a sweep that failed is tried again");
        entries.delete(1);
        entries.delete(2);
        assert_eq!(entries.due(11, 9), [3, 4]);
    }

    /// A reader from before the deletion must not take an expired row for an open one.
    #[test]
    fn a_deleted_row_still_expires_until_it_is_forgotten() {
        let entries = Lifetimes::default();
        entries.add(0, Some(10));
        entries.delete(0);
        assert!(entries.is_open(0, 9));
        assert_eq!(open(&entries, 10), Some(vec![]));
        entries.forget(0, Some(10));
        assert_eq!(open(&entries, 10), None);
        entries.add(1, Some(20));
        entries.delete(1);
        entries.forget(1, Some(20));
        assert!(!entries.is_open(1, 0) && entries.due(30, 9).is_empty() && open(&entries, 30).is_none());
    }

    #[test]
    fn what_is_due_counts_as_of_the_newest_publication() {
        let entries = Lifetimes::default();
        let counts = |now_ms| (entries.published_due_count(now_ms), entries.due_count(now_ms));
        (0..3).for_each(|row| entries.add(row, Some(10)));
        assert_eq!(counts(10), (0, 3), "nobody has seen them");
        entries.publish();
        assert_eq!((counts(9), counts(10)), ((0, 0), (3, 3)));
        entries.delete(0);
        entries.add(3, Some(5));
        entries.add(4, Some(5));
        entries.delete(4);
        assert_eq!(counts(10), (3, 3), "one that went and one that came");
        assert_eq!((counts(9), counts(20)), ((0, 1), (3, 3)), "whenever it is told");
        entries.publish();
        assert_eq!(counts(20), (3, 3));
        entries.delete(1);
        assert_eq!(counts(20), (3, 2));
        entries.publish();
        entries.forget(0, Some(10));
        assert_eq!(counts(20), (2, 2));
    }
}
