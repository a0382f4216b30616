//! The commits of a namespace, read from its log while it is written: for whoever follows them.
//!
//! A group of commits is given once it is durable and every reader sees it, in the order of the commits, without a gap; so what a
//! group tells of can be read, and no power loss takes it back. A cursor lives no longer than the opening of the namespace that
//! it was taken from: after that, and where what it needs was released, it says `SnapshotExpired`, and whoever follows asks anew,
//! from the last commit it has, or begins with a copy of the whole.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::handle::Namespace;
use super::recovery::{batch_format, read_batch};
use crate::api::{CommitSeq, Error, ErrorCode, Result};
use crate::log::{Batch, Lineage, LogCursor, LogPin, LogReader, LoggedBatch};
use crate::store::{BatchReader, Effects, OperationHead};

/// Reads the commits of one namespace. Cheap to clone; it keeps nothing open.
#[derive(Clone, Debug)]
pub struct CommitLog(LogReader);

/// A place among the commits, which moves on group by group.
#[derive(Debug)]
pub struct CommitCursor(LogCursor);

/// Commits that were made together.
#[derive(Clone, Debug)]
pub struct CommitGroup(LoggedBatch);

/// One commit.
#[derive(Clone, Debug)]
pub struct LoggedCommit<'a> {
    /// Its number.
    pub seq: CommitSeq,
    /// Who made it, and when; nothing in a log of an earlier version.
    pub head: Option<OperationHead>,
    effects: Effects<'a>,
}

/// A row that a commit wrote or deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoggedRow<'a> {
    /// The table's name; `docs/design.md` says what its rows are.
    pub table: &'static str,
    /// The row's key.
    pub key: &'a [u8],
    /// The row's new value; nothing = deleted.
    pub value: Option<&'a [u8]>,
}

impl Namespace {
    /// The commits of the namespace, as they are logged; opens it if need be.
    ///
    /// # Errors
    /// If it cannot be opened; `Unavailable` if it can only be read: what its log holds may not be durable.
    pub fn commit_log(self: &Arc<Self>) -> Result<CommitLog> {
        self.used.store(true, Ordering::Relaxed);
        let mut slot = self.opening.lock();
        let reader = self.opened(&mut slot)?.actor.log.reader()?;
        Ok(CommitLog(reader))
    }
}

impl CommitLog {
    /// Reads the commits after one, beginning with the group that holds the next. What it has not read yet may be released,
    /// unless a pin keeps it.
    ///
    /// # Errors
    /// `Busy` if there are too many cursors, `SnapshotExpired` if the namespace was closed.
    pub fn cursor(&self, after: CommitSeq) -> Result<CommitCursor> {
        Ok(CommitCursor(self.0.cursor(after.0)?))
    }

    /// Keeps the commits after one in the log, within bounds: it is broken where pins keep too much or the disk is full, and
    /// says so.
    ///
    /// # Errors
    /// `SnapshotExpired` if they are gone already, or the namespace was closed; `Busy` if there are too many pins.
    pub fn pin(&self, after: CommitSeq) -> Result<LogPin> {
        Ok(self.0.pin(after.0)?)
    }
}

impl CommitCursor {
    /// The last commit that was given, or was not wanted.
    #[must_use]
    pub fn after(&self) -> CommitSeq {
        CommitSeq(self.0.after())
    }

    /// The next commits; nothing if all have been given that are durable. After an error the same can be asked again.
    ///
    /// # Errors
    /// `SnapshotExpired` if they were released, or the namespace was closed; `Corrupt`, `Unavailable`.
    pub fn next_group(&mut self) -> Result<Option<CommitGroup>> {
        let Some(batch) = self.0.next_batch()? else { return Ok(None) };
        let LoggedBatch { seqs, format, payload, .. } = &batch;
        read_batch(Batch { seqs: *seqs, format: *format, payload }, &mut |_, _| ())
            .map_err(|error| Error::new(ErrorCode::Corrupt, error.to_string()))?;
        Ok(Some(CommitGroup(batch)))
    }
}

impl CommitGroup {
    /// The first commit and the last.
    #[must_use]
    pub fn seqs(&self) -> (CommitSeq, CommitSeq) {
        (CommitSeq(self.0.seqs.first), CommitSeq(self.0.seqs.last))
    }

    /// The epoch it was written under, and the chain behind it; nothing in a log of an earlier version.
    #[must_use]
    pub fn lineage(&self) -> Option<Lineage> {
        self.0.lineage
    }

    /// The bytes that were logged: the very buffer that was written, if it is still in memory.
    #[must_use]
    pub fn payload(&self) -> Arc<Vec<u8>> {
        Arc::clone(&self.0.payload)
    }

    /// The commits, in order.
    pub fn commits(&self) -> impl Iterator<Item = LoggedCommit<'_>> {
        let mut batch = BatchReader::new(batch_format(self.0.format), &self.0.payload);
        let next = move || {
            let operation = batch.as_mut().filter(|batch| !batch.is_empty())?.operation()?;
            Some((operation.head, operation.effects))
        };
        let seqs = self.0.seqs.first..=self.0.seqs.last;
        seqs.zip(std::iter::from_fn(next)).map(|(seq, (head, effects))| LoggedCommit {
            seq: CommitSeq(seq),
            head,
            effects,
        })
    }
}

impl<'a> LoggedCommit<'a> {
    /// The rows that it wrote, by table and key.
    pub fn rows(&self) -> impl Iterator<Item = LoggedRow<'a>> {
        let effects = self.effects.clone().flatten();
        effects.map(|effect| LoggedRow { table: effect.table.name(), key: effect.key, value: effect.value })
    }
}
