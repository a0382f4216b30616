//! Holding a snapshot, and letting it go.

use super::Query;
use crate::api::{CommitSeq, EndSnapshot, Result, Snapshot, SnapshotEnded, TakeSnapshot};
use crate::limits;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;

impl Query for TakeSnapshot {
    /// Holds the state that this read stands on. Before every commit nothing is there, and nothing need be held.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<Snapshot> {
        if snapshot.seq() > 0 {
            state.snapshots.hold((**snapshot).clone(), state.clock.monotonic())?;
        }
        let expires_in_ms = limits::SNAPSHOT_AGE_MAX.as_millis().try_into().unwrap_or(u64::MAX);
        Ok(Snapshot { seq: CommitSeq(snapshot.seq()), expires_in_ms })
    }
}

impl Query for EndSnapshot {
    fn answer(self, state: &State, _snapshot: &Reader<'_>) -> Result<SnapshotEnded> {
        Ok(SnapshotEnded { held: state.snapshots.release(self.seq.0) })
    }
}
