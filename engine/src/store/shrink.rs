//! Giving the space of deleted rows back to the file system.
//!
//! redb cuts free pages off the end of its file when it commits, but it keeps writing pages that happen to stand there. Moving
//! them to the front needs the file for itself. So the tables of the newest state are taken away for a moment
//! ([`super::tables`]), redb compacts the file in two-phase commits of its own, and tables with the same rows come back. Where
//! anybody reads an older state there is no such moment, and nothing is done. Nor is anything done where a row cannot be read: redb
//! would meet it in the middle, and what it leaves then cannot be opened any more. A crash at any time leaves the rows of the
//! newest flush, at their old places or at new ones.

use std::ops::Bound;

use super::base::Base;
use super::base_snapshot::BaseSnapshot;
use super::error::{StoreError, StoreResult};
use super::table::Table;
use crate::planted::{self, Planted};

impl BaseSnapshot {
    /// Reads every row.
    fn read_all(&self) -> StoreResult<()> {
        for table in Table::ALL {
            let mut rows = self.rows::<Vec<u8>>(table, Bound::Unbounded, Bound::Unbounded, false)?;
            rows.try_for_each(|row| row.map(drop))?;
        }
        Ok(())
    }
}

impl Base {
    /// Length of the file.
    pub fn file_len(&self) -> StoreResult<u64> {
        self.backend.file_len().map_err(StoreError::io)
    }

    /// Makes the file as short as its rows allow. `newest` is the snapshot of what was flushed last, complete up to
    /// `base_seq`, and readers of it wait. False if somebody reads an older state, or more has been flushed: try again later.
    pub fn shrink(&self, newest: &BaseSnapshot, base_seq: u64) -> StoreResult<bool> {
        let _writing = self.writing.lock();
        self.catch_up()?;
        // What was flushed meanwhile must not appear to readers of what was there before.
        if self.flushed()?.0 > base_seq {
            return Ok(false);
        }
        if !planted::is(Planted::ShrunkUnread) {
            newest.read_all().map_err(|error| self.backend.explain(error))?;
        }
        let Some(taken) = newest.tables.take() else { return Ok(false) };
        let compacted = self.db.write().compact().inspect_err(|_| self.backend.give_up());
        // Whoever reads is told if they cannot be opened again, and the namespace is.
        let tables = self.open_tables().inspect_err(|_| self.backend.give_up());
        taken.put_back(tables.map_err(|error| self.backend.explain(error))?);
        if !compacted.map_err(|error| self.backend.explain(error))? {
            return Ok(false);
        }
        // What of redb's own commits found no space is held, and redb takes it for durable. Until the file has it nothing
        // else may be written, let alone dropped.
        self.catch_up()?;
        // redb's compaction leaves no map of free space, which an opening after a kill reads instead of the whole file.
        self.transact(|_| Ok(())).map_err(|error| self.backend.explain(error))?;
        self.check_space().map(|()| true)
    }
}
