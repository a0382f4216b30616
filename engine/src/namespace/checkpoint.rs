//! Checkpoints: moving the memtable into redb, off the path of acknowledgements.
//!
//! The actor freezes its memtable and goes on with a fresh one; a background thread writes the frozen one in a single
//! redb transaction; then the actor publishes a view without it and lets the log go up to there. Nobody waits meanwhile
//! unless the fresh memtable reaches its hard bound. A crash at any moment leaves either the old checkpoint, and the log
//! still holds the rest, or the new one, and replaying a record twice changes nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::actor::Actor;
use super::mailbox::Task;
use crate::api::{CommitSeq, Error, Flushed, Response, Result};
use crate::limits;
use crate::service::Reply;
use crate::store::{Counters, FlushInput, Memtable, View};

/// Runs a job on some other thread.
pub type Spawn = Arc<dyn Fn(Box<dyn FnOnce() + Send>) + Send + Sync>;
/// Puts a task of the engine's own into the namespace's mailbox.
pub type Post = Arc<dyn Fn(Task) + Send + Sync>;

/// Where flushing stands.
pub struct Checkpoint {
    spawn: Spawn,
    post: Post,
    /// Everything up to here is in redb.
    pub flushed_seq: u64,
    /// The last commit of the frozen memtable and the counters after it.
    frozen: Option<(u64, Counters)>,
    /// When the active memtable took its first row, in monotonic time.
    dirty_since: Option<Duration>,
    /// Who waits for everything up to a commit to be in redb.
    waiters: Vec<(u64, Reply)>,
}

impl Checkpoint {
    /// Everything up to `flushed_seq` is in redb.
    pub fn new(spawn: Spawn, post: Post, flushed_seq: u64) -> Self {
        Self { spawn, post, flushed_seq, frozen: None, dirty_since: None, waiters: Vec::new() }
    }

    /// Notes that the active memtable has rows.
    pub fn wrote(&mut self, now: Duration) {
        self.dirty_since.get_or_insert(now);
    }

    /// Runs other background work of the namespace.
    pub fn spawn(&self, work: Box<dyn FnOnce() + Send>) {
        (self.spawn)(work);
    }
}

impl Actor {
    /// Begins a flush if the memtable is large or old, or if somebody waits for one. Refuses to go on if the disk cannot
    /// keep up.
    pub(super) fn flush_if_due(&mut self, now: Duration) -> Result<()> {
        if self.checkpoint.frozen.is_some() {
            return Ok(());
        }
        let bytes = self.state.view.load().active.bytes();
        let old =
            self.checkpoint.dirty_since.is_some_and(|since| now.saturating_sub(since) >= limits::MEMTABLE_AGE_MAX);
        if bytes >= limits::MEMTABLE_BYTES_MAX || old || (bytes > 0 && !self.checkpoint.waiters.is_empty()) {
            // What is not in the log yet must not reach redb first: a crash would leave a hole in the log.
            self.log.sync()?;
            self.freeze();
        }
        Ok(())
    }

    /// True if the memtable may not grow further until the running flush has ended.
    pub fn is_congested(&self) -> bool {
        self.checkpoint.frozen.is_some() && self.state.view.load().active.bytes() >= limits::MEMTABLE_BYTES_HARD_MAX
    }

    /// Answers once everything committed so far is in redb.
    pub(super) fn request_flush(&mut self, reply: Option<Reply>) {
        let Some(reply) = reply else { return };
        if self.last_seq <= self.checkpoint.flushed_seq {
            reply.send(Ok(flushed(self.checkpoint.flushed_seq)));
            return;
        }
        self.checkpoint.waiters.push((self.last_seq, reply));
    }

    fn freeze(&mut self) {
        let old = self.state.view.load_full();
        let (active, frozen) = (Arc::new(Memtable::default()), Arc::clone(&old.active));
        let view = View::new(active, Some(Arc::clone(&frozen)), old.base.clone(), old.base_seq, self.last_seq);
        self.state.view.store(Arc::new(view));
        let (through_seq, counters) = (self.last_seq, self.counters);
        self.checkpoint.frozen = Some((through_seq, counters));
        self.checkpoint.dirty_since = None;
        let (state, post) = (Arc::clone(&self.state), Arc::clone(&self.checkpoint.post));
        self.checkpoint.spawn(Box::new(move || {
            let result = catch_unwind(AssertUnwindSafe(|| match &state.base {
                Some(base) => base.flush(FlushInput { memtable: &frozen, through_seq, counters }),
                None => Ok(()),
            }));
            let result = result.unwrap_or_else(|_| Err(crate::store::StoreError::Engine("redb panicked".to_owned())));
            // The state must be let go before the actor hears of the end: it may want to close it.
            drop((frozen, state));
            post(Task::FlushDone { through_seq, result: result.map_err(Error::from) });
        }));
    }

    /// Publishes the flushed state and shortens the log. An error means that this opening must be given up.
    pub(super) fn finish_flush(&mut self, through_seq: u64, result: Result<()>) -> Result<()> {
        // News from an earlier opening of the namespace is none of ours.
        if self.checkpoint.frozen.is_none_or(|(seq, _)| seq != through_seq) {
            return Ok(());
        }
        self.checkpoint.frozen = None;
        result?;
        let base = match &self.state.base {
            Some(base) => Some(Arc::new(base.snapshot()?)),
            None => None,
        };
        let old = self.state.view.load_full();
        let view = View::new(Arc::clone(&old.active), None, base, through_seq, old.published());
        self.state.view.store(Arc::new(view));
        // Freeing hundreds of thousands of rows takes tens of milliseconds, which no writer must wait for.
        self.checkpoint.spawn(Box::new(move || drop(old)));
        self.checkpoint.flushed_seq = through_seq;
        self.log.truncate(through_seq)?;
        let (done, waiting) = self.checkpoint.waiters.drain(..).partition(|(seq, _)| *seq <= through_seq);
        self.checkpoint.waiters = waiting;
        let done: Vec<(u64, Reply)> = done;
        done.iter().for_each(|(_, reply)| reply.send(Ok(flushed(through_seq))));
        Ok(())
    }

    /// Tells everyone who waits for a flush that it failed.
    pub fn fail_waiters(&mut self, error: &Error) {
        for (_, reply) in self.checkpoint.waiters.drain(..) {
            reply.send(Err(error.clone()));
        }
    }

    /// Flushes on this thread, for closing. Does nothing while a flush is running.
    pub fn flush_now(&mut self) -> Result<()> {
        if self.checkpoint.frozen.is_some() || self.last_seq <= self.checkpoint.flushed_seq {
            return Ok(());
        }
        self.log.sync()?;
        let view = self.state.view.load_full();
        let (through_seq, counters) = (self.last_seq, self.counters);
        if let Some(base) = &self.state.base {
            base.flush(FlushInput { memtable: &view.active, through_seq, counters })?;
        }
        self.checkpoint.flushed_seq = through_seq;
        Ok(self.log.truncate(through_seq)?)
    }

    /// True if a flush is running.
    pub fn is_flushing(&self) -> bool {
        self.checkpoint.frozen.is_some()
    }
}

fn flushed(seq: u64) -> Response {
    Response::Flush(Flushed { checkpoint_seq: CommitSeq(seq) })
}
