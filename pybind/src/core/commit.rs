//! Atomic commits and the snapshots of transactions.

use pyo3::prelude::*;
use toondb_engine::api::{Commit, CommitSeq, EndSnapshot, TakeSnapshot};

use super::Core;
use crate::argument::{DurabilityName, durability_name};
use crate::batch::WriteBatch;
use crate::classes;
use crate::record::Object;

#[pymethods]
impl Core {
    fn _commit<'py>(
        &self,
        py: Python<'py>,
        namespace: &str,
        batch: &Bound<'py, WriteBatch>,
        snapshot: Option<u64>,
        durability: DurabilityName,
    ) -> PyResult<Object<'py>> {
        let (preconditions, writes) = batch.get().contents();
        let snapshot = snapshot.map(CommitSeq);
        let reply = self.call(py, namespace, Commit { preconditions, writes, snapshot, durability: durability.0 })?;
        classes::commit_result(py)?.call1((reply.commit_seq.0, durability_name(reply.durability)))
    }

    fn _take_snapshot(&self, py: Python<'_>, namespace: &str) -> PyResult<u64> {
        self.call(py, namespace, TakeSnapshot {}).map(|reply| reply.seq.0)
    }

    fn _end_snapshot(&self, py: Python<'_>, namespace: &str, seq: u64) -> PyResult<bool> {
        self.call(py, namespace, EndSnapshot { seq: CommitSeq(seq) }).map(|reply| reply.held)
    }
}
