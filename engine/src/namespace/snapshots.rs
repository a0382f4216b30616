//! Snapshots held for transactions: a bounded number, each for a bounded time.

use std::collections::BTreeMap;
use std::time::Duration;

use parking_lot::Mutex;

use crate::api::{Error, ErrorCode, Result};
use crate::limits;
use crate::store::Snapshot;

#[derive(Debug)]
struct Held {
    snapshot: Snapshot,
    holders: usize,
    expires_at: Duration,
}

/// The held snapshots of one namespace, by commit. Transactions that began at the same commit share one.
#[derive(Debug, Default)]
pub struct HeldSnapshots {
    held: Mutex<BTreeMap<u64, Held>>,
}

impl HeldSnapshots {
    /// Holds a snapshot for one more transaction. `now` is monotonic time.
    pub fn hold(&self, snapshot: Snapshot, now: Duration) -> Result<()> {
        let mut held = self.held.lock();
        held.retain(|_, entry| entry.expires_at > now);
        let holders: usize = held.values().map(|entry| entry.holders).sum();
        if holders >= limits::SNAPSHOTS_MAX {
            return Err(Error::new(ErrorCode::Busy, "too many transactions are open in this namespace; retry later"));
        }
        let expires_at = now + limits::SNAPSHOT_AGE_MAX;
        let entry = held.entry(snapshot.seq()).or_insert(Held { snapshot, holders: 0, expires_at });
        entry.holders += 1;
        entry.expires_at = expires_at;
        Ok(())
    }

    /// The snapshot at commit `seq`, if it is still held.
    pub fn get(&self, seq: u64, now: Duration) -> Result<Snapshot> {
        let held = self.held.lock();
        match held.get(&seq) {
            Some(entry) if entry.expires_at > now => Ok(entry.snapshot.clone()),
            Some(_) | None => Err(Error::new(
                ErrorCode::SnapshotExpired,
                format!("the snapshot at commit {seq} is not held any more; start the transaction again"),
            )),
        }
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

    /// Drops what has expired, so that the pages it pins can be reused. Gives the oldest commit still held.
    pub fn expire(&self, now: Duration) -> Option<u64> {
        let mut held = self.held.lock();
        held.retain(|_, entry| entry.expires_at > now);
        held.keys().next().copied()
    }
}
