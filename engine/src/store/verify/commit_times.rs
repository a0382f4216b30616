//! The times of commits against the facts they are of.
//!
//! `commit_times` has, for each moment at which a commit touched facts, the last commit of that moment; `as_of` a time is
//! answered by it. What must hold: every commit that a fact names is covered by the row of its time, later rows have later
//! commits, and none is later than the store. Rows of commits whose facts were erased say nothing any more, so a row that
//! breaks the order is made anew from the facts of its time, or removed where there are none.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::checked::{CONTRADICTION, DERIVED, RowCheck};
use super::walk::{RowWalk, Stop};
use crate::store::error::StoreResult;
use crate::store::key::{KeyReader, KeyWriter};
use crate::store::record::TemporalRecord;
use crate::store::table::Table;

fn key_of(time: i64) -> Vec<u8> {
    KeyWriter::new().time(time).finish()
}

fn commit_of(value: &[u8]) -> Option<u64> {
    value.try_into().ok().map(u64::from_le_bytes)
}

/// The commits that a fact names, with their times.
fn commits(key: &[u8], record: &TemporalRecord) -> Option<impl Iterator<Item = (i64, u64)> + use<>> {
    let (_, seq) = key.split_last_chunk()?;
    let asserted = (record.asserted_at, u64::from_be_bytes(*seq));
    let retracted = record.retracted.as_ref().map(|retraction| (retraction.at, retraction.seq));
    Some([Some(asserted), retracted].into_iter().flatten())
}

impl RowWalk<'_> {
    pub(super) fn demand_times(&mut self, key: &[u8], record: &TemporalRecord) -> StoreResult<RowCheck> {
        let Some(commits) = commits(key, record) else { return Ok(Err(CONTRADICTION("the key does not decode"))) };
        let mut checked = Ok(());
        for (time, seq) in commits {
            self.counted.last_commit_at = self.counted.last_commit_at.max(time);
            let row = key_of(time);
            let covered = self.snapshot.get(Table::CommitTimes, &row, commit_of)?.flatten();
            if covered.is_none_or(|covered| covered < seq) {
                self.times.wrong.insert(row);
                checked = Err(DERIVED("the time of a fact's commit is not noted"));
            }
        }
        Ok(checked)
    }

    pub(super) fn commit_time(&mut self, key: &[u8], value: &[u8]) -> RowCheck {
        let (Some(_), 8, Some(seq)) = (KeyReader::new(key).time(), key.len(), commit_of(value)) else {
            self.times.wrong.insert(key.to_vec());
            return Err(DERIVED("the time of a commit does not decode"));
        };
        let last = self.times.last.replace((key.to_vec(), seq));
        if seq > self.report.flushed_seq {
            self.times.wrong.insert(key.to_vec());
            return Err(DERIVED("a commit is newer than the store"));
        }
        match last {
            Some((before, earlier)) if earlier >= seq => {
                // Either may be the wrong one.
                self.times.wrong.extend([before, key.to_vec()]);
                Err(DERIVED("a later time has an earlier commit"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Makes rows anew from the facts of their times.
    pub(super) fn mend_times(&mut self) -> Result<(), Stop> {
        if self.times.wrong.is_empty() || self.fixes.is_none() {
            return Ok(());
        }
        let wrong = std::mem::take(&mut self.times.wrong);
        let mut newest = BTreeMap::<Vec<u8>, u64>::new();
        let facts = self.snapshot.rows::<Vec<u8>>(Table::TemporalOut, Bound::Unbounded, Bound::Unbounded, false);
        for fact in facts.map_err(Stop::Failed)? {
            let fact = fact.map_err(Stop::Failed)?;
            let record = TemporalRecord::decode(&fact.value).map_err(Stop::Failed)?;
            for (time, seq) in commits(&fact.key, &record).into_iter().flatten() {
                let row = key_of(time);
                if wrong.contains(&row) {
                    let newest = newest.entry(row).or_default();
                    *newest = seq.max(*newest);
                }
            }
        }
        for row in &wrong {
            let commit = newest.get(row).map(|seq| seq.to_le_bytes());
            self.fix(Table::CommitTimes, row, commit.as_ref().map(|commit| commit.as_slice()));
        }
        Ok(())
    }
}
