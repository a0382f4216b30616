//! The reads under way that look at rows in memory, by the commit at which each stands.
//!
//! A deleted row stays among the vectors and the metadata until nobody can see it any more, and that is said here by those
//! who look, however long they take. The snapshot is taken and noted under one lock, and under the same lock the oldest is
//! asked for together with the newest published commit: so whoever enters afterwards stands at that commit or a later one,
//! or at one that a transaction holds, which is asked for by itself.

use std::collections::BTreeMap;

use parking_lot::Mutex;

use crate::api::Result;
use crate::store::RowSnapshot;

/// The reads under way of one opening.
#[derive(Debug, Default)]
pub struct Readers {
    running: Mutex<BTreeMap<u64, usize>>,
}

/// One read under way; dropping it ends it.
#[derive(Debug)]
pub struct Running<'a> {
    readers: &'a Readers,
    seq: u64,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut running = self.readers.running.lock();
        if let Some(count) = running.get_mut(&self.seq) {
            *count -= 1;
            if *count == 0 {
                running.remove(&self.seq);
            }
        }
    }
}

impl Readers {
    /// Begins a read at the snapshot that `take` gives.
    pub fn enter(&self, take: impl FnOnce() -> Result<RowSnapshot>) -> Result<(RowSnapshot, Running<'_>)> {
        let mut running = self.running.lock();
        let snapshot = take()?;
        let seq = snapshot.seq();
        *running.entry(seq).or_default() += 1;
        Ok((snapshot, Running { readers: self, seq }))
    }

    /// The commit before which no read stands, now or later: that of the oldest one under way, or the `newest` published.
    pub fn oldest(&self, newest: impl FnOnce() -> u64) -> u64 {
        let running = self.running.lock();
        let newest = newest();
        running.first_key_value().map_or(newest, |(oldest, _)| newest.min(*oldest))
    }
}
