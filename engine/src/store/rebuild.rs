//! Making anew what is derived from other rows.

use super::base::Base;
use super::error::{StoreError, StoreResult};
use super::flush::FlushInput;
use super::memtable::Memtable;
use super::verify::{RowReport, verify_rows};

impl Base {
    /// Makes what is derived anew from the rows it follows from, in one commit, and tells what was wrong with it. If
    /// anything else is wrong nothing is changed.
    pub fn rebuild(&self) -> StoreResult<RowReport> {
        let (snapshot, flushed) = self.snapshot_with_flushed()?;
        let (fixes, (through_seq, _)) = (Memtable::default(), flushed);
        let report = verify_rows(&snapshot, flushed, &mut |_| true, Some(&fixes))?;
        drop(snapshot);
        let report = report.ok_or_else(|| StoreError::Engine("a walk ended that nobody ended".to_owned()))?;
        if report.is_repairable() && !report.is_sound() {
            self.flush(FlushInput { memtable: &fixes, through_seq, counters: report.counted })?;
        }
        Ok(report)
    }
}
