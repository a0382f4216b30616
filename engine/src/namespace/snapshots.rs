//! Snapshots held for transactions: a bounded number, each for a bounded time, all together within a bound of bytes.
//!
//! A held snapshot keeps memtables in memory that were written to the store long ago. What the snapshots of all namespaces
//! keep so is counted in one budget of the engine; where there is no room in it the oldest snapshot of the namespace that
//! wants more of it ends, as if its time were over.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::api::{Error, ErrorCode, Result};
use crate::limits;
use crate::store::{Memtable, RowSnapshot, View};
use crate::work::{Budget, Permit};

#[derive(Debug)]
struct HeldSnapshot {
    snapshot: RowSnapshot,
    holders: usize,
    expires_at: Duration,
}

/// The held snapshots of one namespace, by commit. Transactions that began at the same commit share one.
#[derive(Debug)]
pub struct HeldSnapshots {
    held: Mutex<BTreeMap<u64, HeldSnapshot>>,
    /// Room for the memory that only they keep.
    pinned: Mutex<Permit>,
}

impl Default for HeldSnapshots {
    fn default() -> Self {
        Self::within(&Budget::new(limits::SNAPSHOT_BYTES_MAX))
    }
}

impl HeldSnapshots {
    /// None yet, and room for what they pin within a budget.
    pub fn within(budget: &Arc<Budget>) -> Self {
        let share = budget.share(budget.bytes_max());
        Self { held: Mutex::default(), pinned: Mutex::new(share.force(0)) }
    }

    /// Holds a snapshot for one more transaction. `now` is monotonic time.
    pub fn hold(&self, snapshot: RowSnapshot, now: Duration) -> Result<()> {
        let mut held = self.held.lock();
        held.retain(|_, entry| entry.expires_at > now);
        let holders: usize = held.values().map(|entry| entry.holders).sum();
        if holders >= limits::SNAPSHOTS_MAX {
            return Err(Error::new(ErrorCode::Busy, "too many transactions are open in this namespace; retry later"));
        }
        let expires_at = now + limits::SNAPSHOT_AGE_MAX;
        let entry = held.entry(snapshot.seq()).or_insert(HeldSnapshot { snapshot, holders: 0, expires_at });
        entry.holders += 1;
        entry.expires_at = expires_at;
        Ok(())
    }

    /// The snapshot at commit `seq`, if it is still held.
    pub fn get(&self, seq: u64, now: Duration) -> Result<RowSnapshot> {
        let held = self.held.lock();
        match held.get(&seq) {
            Some(entry) if entry.expires_at > now => Ok(entry.snapshot.clone()),
            Some(_) | None => Err(Error::new(
                ErrorCode::SnapshotExpired,
                format!("the snapshot at commit {seq} is not held any more; start the transaction again"),
            )),
        }
    }

    /// True if no transaction holds any, as far as anybody has looked.
    pub fn is_empty(&self) -> bool {
        self.held.lock().is_empty()
    }

    /// Ends one transaction's hold. True if it was still held.
    pub fn release(&self, seq: u64) -> bool {
        let mut held = self.held.lock();
        let Some(entry) = held.get_mut(&seq) else { return false };
        entry.holders -= 1;
        if entry.holders == 0 {
            held.remove(&seq);
        }
        true
    }

    /// Drops what has expired, and the oldest while they pin too much beside the `newest` view. Gives the oldest commit
    /// still held.
    pub fn expire(&self, now: Duration, newest: &View) -> Option<u64> {
        // Memtables are freed after the locks.
        let mut ended = Vec::new();
        let mut held = self.held.lock();
        ended.extend(held.extract_if(.., |_, entry| entry.expires_at <= now));
        let mut pinned = self.pinned.lock();
        loop {
            let bytes = pinned_bytes(held.values(), newest);
            // A permit that is all there is may be of any size; this one stands for many snapshots, and may not.
            if bytes <= pinned.bytes_max() && pinned.try_settle(bytes) {
                break;
            }
            match held.pop_first() {
                Some(oldest) => ended.push(oldest),
                None => break,
            }
        }
        held.keys().next().copied()
    }
}

/// Bytes of the memtables that are in memory for the sake of held snapshots alone.
fn pinned_bytes<'a>(held: impl Iterator<Item = &'a HeldSnapshot>, newest: &View) -> usize {
    let mut seen: Vec<&Arc<Memtable>> = newest.memtables().collect();
    let mut bytes = 0_usize;
    for memtable in held.flat_map(|held| held.snapshot.memtables()) {
        // Snapshots stand in the order of their commits, so those that share a memtable are neighbours.
        if !seen.iter().rev().any(|known| Arc::ptr_eq(known, memtable)) {
            seen.push(memtable);
            bytes = bytes.saturating_add(memtable.bytes());
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Table;

    fn view(bytes: usize) -> View {
        let memtable = Memtable::default();
        memtable.insert(Table::Kv, b"k", Some(&vec![0; bytes]), 1);
        View::new(Arc::new(memtable), None, None, 0, 1)
    }

    #[test]
    fn the_oldest_ends_when_too_much_is_pinned() {
        let budget = Budget::new(3_000);
        let (snapshots, elsewhere) = (HeldSnapshots::within(&budget), HeldSnapshots::within(&budget));
        let now = Duration::ZERO;
        let hold = |seq: u64| {
            let view = view(1_000);
            view.publish(seq);
            snapshots.hold(RowSnapshot::newest(Arc::new(view)), now).unwrap();
        };
        let newest = view(1_000_000);
        (1..=2).for_each(hold);
        assert_eq!(snapshots.expire(now, &newest), Some(1), "two have room");
        (3..=4).for_each(hold);
        assert_eq!(snapshots.expire(now, &newest), Some(3), "and three have not, with what comes with them");
        assert_eq!(snapshots.get(2, now).unwrap_err().code, ErrorCode::SnapshotExpired);
        assert!(snapshots.get(3, now).is_ok());
        // Another namespace has room only once this one lets go.
        elsewhere.hold(RowSnapshot::newest(Arc::new(view(1_000))), now).unwrap();
        elsewhere.hold(RowSnapshot::newest(Arc::new(view(1_000))), now).unwrap();
        assert_eq!(elsewhere.expire(now, &newest), None);
        assert!(snapshots.release(3) && snapshots.release(4));
        assert_eq!(snapshots.expire(now, &newest), None);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn what_the_newest_view_needs_is_not_pinned() {
        let budget = Budget::new(10);
        let snapshots = HeldSnapshots::within(&budget);
        let newest = Arc::new(view(1_000_000));
        snapshots.hold(RowSnapshot::newest(Arc::clone(&newest)), Duration::ZERO).unwrap();
        assert_eq!(snapshots.expire(Duration::ZERO, &newest), Some(1));
        assert_eq!(budget.used(), 0);
    }
}
