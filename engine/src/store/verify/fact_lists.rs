//! The lists of facts against the facts they are of; see [`crate::store::fact_lists`].

use super::checked::{CONTRADICTION, RowCheck};
use super::walk::RowWalk;
use crate::store::error::StoreResult;
use crate::store::fact_lists::{FACTS_LISTED, asserted_by, change_key, changed_by, type_key};
use crate::store::record::TemporalRecord;
use crate::store::table::Table;

/// What is known of the lists while rows are walked.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FactLists {
    /// True if every fact has to be in them: one of before may not have been noted yet.
    complete: bool,
    types: u64,
    changes: u64,
    /// Changes that the facts tell of.
    told: u64,
}

impl RowWalk<'_> {
    pub(super) fn begin_lists(&mut self) -> StoreResult<()> {
        self.lists.complete = self.is_complete(Table::TemporalTypes, FACTS_LISTED)?;
        Ok(())
    }

    /// What the lists must have of a fact.
    pub(super) fn demand_lists(&mut self, key: &[u8], record: &TemporalRecord) -> StoreResult<RowCheck> {
        if !self.lists.complete {
            return Ok(Ok(()));
        }
        let (Some(by_type), Some(asserted)) = (type_key(key), asserted_by(key)) else {
            return Ok(Err(CONTRADICTION("the key does not decode")));
        };
        let mut checked = self.demand(Table::TemporalTypes, &by_type, "a fact is not in the list by type")?;
        let retracted = record.retracted.map(|retraction| retraction.seq);
        for seq in [Some(asserted), retracted].into_iter().flatten() {
            self.lists.told += 1;
            let what = "a change of a fact is not in the list of changes";
            checked = checked.and(self.demand(Table::TemporalChanges, &change_key(seq, key), what)?);
        }
        Ok(checked)
    }

    pub(super) fn listed_type(&mut self, key: &[u8]) -> StoreResult<RowCheck> {
        if key == FACTS_LISTED {
            return Ok(Ok(()));
        }
        self.lists.types += 1;
        let there = match type_key(key) {
            Some(out_key) => self.has(Table::TemporalOut, &out_key)?,
            None => false,
        };
        Ok(self.grant(Table::TemporalTypes, key, there, "there is no such fact"))
    }

    pub(super) fn listed_change(&mut self, key: &[u8]) -> StoreResult<RowCheck> {
        self.lists.changes += 1;
        let there = match changed_by(key) {
            Some((seq, out_key)) => {
                let retracted = |value: &[u8]| {
                    TemporalRecord::decode(value).is_ok_and(|record| record.retracted.is_some_and(|end| end.seq == seq))
                };
                let is_retraction = self.snapshot.get(Table::TemporalOut, out_key, retracted)?;
                is_retraction.is_some_and(|is_retraction| is_retraction || asserted_by(out_key) == Some(seq))
            }
            None => false,
        };
        Ok(self.grant(Table::TemporalChanges, key, there, "no fact was changed so"))
    }

    pub(super) fn compare_lists(&mut self) {
        let FactLists { complete, types, changes, told } = self.lists;
        if complete {
            self.compare(Table::TemporalTypes.name(), types, self.counted.temporal_versions);
            self.compare(Table::TemporalChanges.name(), changes, told);
        }
    }
}
