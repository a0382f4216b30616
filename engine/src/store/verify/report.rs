//! What a walk over rows has to tell.

use crate::limits;
use crate::store::record::Counters;

/// What kind of fault a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// Bytes are not what was written: the rows there are lost to this file.
    Damaged,
    /// Rows contradict each other, and nothing tells which is right.
    Contradiction,
    /// What follows from other rows is not what they say: it can be made anew from them.
    Derived,
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFinding {
    /// What kind it is.
    pub kind: FaultKind,
    /// The table, or `counters`.
    pub table: &'static str,
    /// What is wrong.
    pub what: String,
}

/// What a walk over all rows found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowReport {
    /// The commit up to which the store is complete.
    pub flushed_seq: u64,
    /// Rows read.
    pub rows: u64,
    /// The faults, at most [`limits::FINDINGS_MAX`].
    pub findings: Vec<RowFinding>,
    /// Faults beyond that number.
    pub more: u64,
    /// True if a fault is more than [`FaultKind::Derived`]: then nothing is to be made anew, as the rows it would be made of
    /// may be wrong.
    pub beyond_repair: bool,
    /// The counters as they follow from the rows.
    pub counted: Counters,
    /// False if damage ended the walk before its end.
    pub complete: bool,
}

impl RowReport {
    /// True if every row was read, and what was found can be made anew from the others.
    pub fn is_repairable(&self) -> bool {
        self.complete && !self.beyond_repair
    }

    /// True if every row was read and nothing was found.
    pub fn is_sound(&self) -> bool {
        self.complete && self.findings.is_empty() && self.more == 0
    }

    pub(super) fn add(&mut self, kind: FaultKind, table: &'static str, what: String) {
        self.beyond_repair |= kind != FaultKind::Derived;
        if self.findings.len() < limits::FINDINGS_MAX {
            self.findings.push(RowFinding { kind, table, what });
        } else {
            self.more += 1;
        }
    }
}
