//! Flushes: moving the memtable into redb, off the path of acknowledgements.
//!
//! The actor freezes its memtable and goes on with a fresh one; a background thread writes the frozen one in a single
//! redb transaction; then the actor publishes a view without it and lets the log go up to there. Nobody waits meanwhile
//! unless the fresh memtable reaches its hard bound. A crash at any moment leaves redb either as the flush before left it, and the
//! log still holds the rest, or as this one does, and replaying a record twice changes nothing.
//!
//! ```text
//!          memtable large or old         written, view without it published
//!   Idle ------------------------> Writing --------------------------------> Idle
//!                                   |   ^
//!                     no space left |   | after a pause, or when somebody asks for a flush
//!                                   v   |
//!                                   Paused
//! ```
//!
//! While a flush is paused its rows stay in memory and in the log, and everything else goes on.

use std::sync::Arc;
use std::time::Duration;

use super::actor::Actor;
use super::flushing::{Frozen, Stage};
use super::mailbox::Task;
use crate::api::{CommitSeq, Error, ErrorCode, Flushed, Response, Result};
use crate::limits;
use crate::planted::{self, Planted};
use crate::reply::Reply;
use crate::space::Space;
use crate::store::{FlushInput, Memtable, StoreError, StoreResult, View};

impl Actor {
    /// Begins a flush if the memtable is large or old, or if somebody waits for one. Refuses to go on if the disk cannot
    /// keep up.
    pub(super) fn flush_if_due(&mut self, now: Duration, space: &Arc<Space>) -> Result<()> {
        let is_barred = self.flushing.barred.is_some();
        let is_asked = !self.flushing.waiters.is_empty();
        if self.flushing.barred.as_ref().is_some_and(|barred| now < barred.again_at) && !is_asked {
            return Ok(());
        }
        match self.flushing.stage {
            Stage::Idle => {}
            Stage::Writing(_) => return Ok(()),
            Stage::Paused { again_at } => {
                if now >= again_at || is_asked {
                    self.log.sync()?;
                    self.check_hope()?;
                    let active = Arc::clone(&self.state.view.load().active);
                    self.answered.write_into(&active, self.last_seq);
                    self.write_frozen(Some(active), space);
                }
                return Ok(());
            }
        }
        let bytes = self.state.view.load().active.bytes();
        let old = self.flushing.dirty_since.is_some_and(|since| now.saturating_sub(since) >= limits::MEMTABLE_AGE_MAX);
        if bytes >= limits::MEMTABLE_BYTES_MAX || old || (bytes > 0 && (is_asked || is_barred)) {
            // What is not in the log yet must not reach redb first: a crash would leave a hole in the log.
            self.log.sync()?;
            self.freeze(space);
            if planted::is(Planted::LogReleasedBeforeFlush) {
                self.log.truncate(self.last_seq)?;
            }
        }
        Ok(())
    }

    /// Why the memtable may not grow further now, if it may not: the one before it has not been written yet, or none can be.
    pub fn congestion(&self) -> Option<Error> {
        if let Some(barred) = &self.flushing.barred {
            return Some(barred.why.clone());
        }
        if self.state.view.load().active.bytes() < limits::MEMTABLE_BYTES_HARD_MAX {
            return None;
        }
        match self.flushing.stage {
            Stage::Idle => None,
            Stage::Writing(_) => {
                let text = "the disk cannot keep up with the writes; retry after a short pause";
                Some(Error::new(ErrorCode::Busy, text))
            }
            Stage::Paused { .. } => {
                let text =
                    "the disk is full, and memory holds as much as it may: writes are refused until there is space";
                Some(Error::new(ErrorCode::DiskFull, text))
            }
        }
    }

    /// True while a flush waits for space on the disk.
    pub fn is_flush_paused(&self) -> bool {
        matches!(self.flushing.stage, Stage::Paused { .. })
    }

    /// Answers once everything committed so far is in redb.
    pub(super) fn request_flush(&mut self, reply: Option<Reply>) {
        let Some(reply) = reply else { return };
        if self.last_seq <= self.flushing.flushed_seq {
            reply.send(Ok(flushed(self.flushing.flushed_seq)));
            return;
        }
        self.flushing.waiters.push((self.last_seq, reply));
    }

    fn freeze(&mut self, space: &Arc<Space>) {
        let old = self.state.view.load_full();
        self.answered.write_into(&old.active, self.last_seq);
        let view = View::new(
            Arc::new(Memtable::default()),
            Some(Arc::clone(&old.active)),
            old.base.clone(),
            old.base_seq,
            self.last_seq,
        )
        .hiding(old.hidden.from(old.published()));
        self.state.view.store(Arc::new(view));
        self.flushing.dirty_since = None;
        self.write_frozen(None, space);
    }

    /// Gives the opening up where redb waits for space for rows that have been deleted since: opened anew, it does not, and what
    /// it has taken so far is there for the deletes.
    fn check_hope(&self) -> Result<()> {
        let is_behind = self.state.base.as_ref().is_some_and(crate::store::Base::is_behind);
        let is_long = self.flushing.pause >= limits::FLUSH_PAUSE_MAX;
        let was_deleted = self.flushing.paused_bytes.is_some_and(|paused| self.counters.live_bytes < paused / 2);
        if is_behind && is_long && was_deleted {
            if let Some(Err(error)) = self.state.base.as_ref().map(crate::store::Base::abandon_flush) {
                tracing::warn!(%error, "what a flush has taken could not be given back");
            }
            let text =
                "the disk is full, and what waits for space was deleted: the namespace is opened anew without it";
            return Err(Error::new(ErrorCode::DiskFull, text));
        }
        Ok(())
    }

    /// Has a background thread write the frozen memtable, and what a newer one has up to now.
    fn write_frozen(&mut self, newer: Option<Arc<Memtable>>, space: &Arc<Space>) {
        let frozen = Frozen { through_seq: self.last_seq, counters: self.counters };
        self.flushing.stage = Stage::Writing(frozen);
        let Some(memtable) = self.state.view.load().frozen.clone() else { return };
        let Frozen { through_seq, counters } = frozen;
        let (state, post) = (Arc::clone(&self.state), self.flushing.poster());
        let opening = state.opening;
        let space = Arc::clone(space);
        self.flushing.spawn(Box::new(move || {
            let bytes = memtable.bytes() + newer.as_ref().map_or(0, |newer| newer.bytes());
            let promise = space.promise(bytes as u64);
            let input = FlushInput { memtable: &memtable, through_seq, counters };
            let result = match (&state.base, &newer) {
                (Some(base), Some(newer)) => base.flush_both(input, newer),
                (Some(base), None) => base.flush(input),
                (None, _) => Ok(()),
            };
            // The state must be let go before the actor hears of the end: it may want to close it.
            drop((memtable, newer, state, promise));
            post(Task::FlushDone { opening, through_seq, result });
        }));
    }

    /// Publishes the flushed state and shortens the log, or waits for space. An error means that this opening must be given
    /// up.
    pub(super) fn finish_flush(&mut self, through_seq: u64, result: StoreResult<()>) -> Result<()> {
        let stage = std::mem::replace(&mut self.flushing.stage, Stage::Idle);
        if let (Stage::Writing(frozen), Err(error @ StoreError::NoSpace)) = (stage, &result) {
            self.pause_flush(frozen, error);
            return Ok(());
        }
        result?;
        self.flushing.pause = limits::FLUSH_PAUSE_MIN;
        self.flushing.paused_bytes = None;
        if let Stage::Writing(frozen) = stage {
            self.flushing.flushed_bytes = frozen.counters.live_bytes;
        }
        let base = match &self.state.base {
            Some(base) => Some(Arc::new(base.snapshot()?)),
            None => None,
        };
        let old = self.state.view.load_full();
        let view = View::new(Arc::clone(&old.active), None, base, through_seq, old.published())
            .hiding(old.hidden.from(old.published()));
        self.state.view.store(Arc::new(view));
        // Freeing hundreds of thousands of rows takes tens of milliseconds, which no writer must wait for.
        self.flushing.spawn(Box::new(move || drop(old)));
        self.flushing.flushed_seq = through_seq;
        self.log.truncate(through_seq)?;
        let (done, waiting) = self.flushing.waiters.drain(..).partition(|(seq, _)| *seq <= through_seq);
        self.flushing.waiters = waiting;
        let done: Vec<(u64, Reply)> = done;
        done.iter().for_each(|(_, reply)| reply.send(Ok(flushed(through_seq))));
        Ok(())
    }

    fn pause_flush(&mut self, frozen: Frozen, error: &StoreError) {
        let flushing = &mut self.flushing;
        if flushing.paused_bytes.is_none() {
            tracing::warn!(%error, "a flush waits for space; what it has to write is in memory and in the log");
            flushing.paused_bytes = Some(frozen.counters.live_bytes);
        }
        let again_at = self.state.clock.monotonic() + flushing.pause;
        flushing.pause = (flushing.pause * 2).min(limits::FLUSH_PAUSE_MAX);
        flushing.stage = Stage::Paused { again_at };
        self.fail_waiters(&Error::new(ErrorCode::DiskFull, error.to_string()));
    }

    /// Tells everyone who waits for a flush that it failed.
    pub fn fail_waiters(&mut self, error: &Error) {
        for (_, reply) in self.flushing.waiters.drain(..) {
            reply.send(Err(error.clone()));
        }
    }

    /// Brings everything into the store before anybody reads or writes in this opening.
    pub fn flush_first(&mut self) -> Result<()> {
        if self.last_seq <= self.flushing.flushed_seq {
            return Ok(());
        }
        if !self.flush_now()? {
            return Err(Error::internal("somebody writes to a store that nobody has"));
        }
        let base = match &self.state.base {
            Some(base) => Some(Arc::new(base.snapshot()?)),
            None => None,
        };
        let old = self.state.view.load_full();
        let view = View::new(Arc::default(), None, base, self.last_seq, old.published())
            .hiding(old.hidden.from(old.published()));
        self.state.view.store(Arc::new(view));
        self.flushing.dirty_since = None;
        Ok(())
    }

    /// Flushes on this thread. False while a flush is running, or while the file is being judged: nobody waits for that.
    pub fn flush_now(&mut self) -> Result<bool> {
        if self.is_flushing() {
            return Ok(false);
        }
        if self.last_seq <= self.flushing.flushed_seq {
            return Ok(true);
        }
        self.log.sync()?;
        let view = self.state.view.load_full();
        self.answered.write_into(&view.active, self.last_seq);
        let (through_seq, counters) = (self.last_seq, self.counters);
        if let Some(base) = &self.state.base {
            match &view.frozen {
                Some(memtable) => {
                    let input = FlushInput { memtable, through_seq, counters };
                    if !base.flush_unless_busy(input, Some(&view.active))? {
                        return Ok(false);
                    }
                    // Should the opening stay, the next memtable to be frozen takes this one's place in the view.
                    let (active, base) = (Arc::clone(&view.active), Some(Arc::new(base.snapshot()?)));
                    let view = View::new(active, None, base, through_seq, view.published())
                        .hiding(view.hidden.from(view.published()));
                    self.state.view.store(Arc::new(view));
                }
                None => {
                    let input = FlushInput { memtable: &view.active, through_seq, counters };
                    if !base.flush_unless_busy(input, None)? {
                        return Ok(false);
                    }
                }
            }
        }
        self.flushing.stage = Stage::Idle;
        self.flushing.flushed_seq = through_seq;
        self.flushing.flushed_bytes = counters.live_bytes;
        self.log.truncate(through_seq)?;
        Ok(true)
    }

    /// True if everything that was frozen is in redb.
    pub fn is_idle(&self) -> bool {
        matches!(self.flushing.stage, Stage::Idle)
    }

    /// True if a flush is running.
    pub fn is_flushing(&self) -> bool {
        matches!(self.flushing.stage, Stage::Writing(_))
    }
}

fn flushed(seq: u64) -> Response {
    Response::Flush(Flushed { flushed_seq: CommitSeq(seq) })
}
