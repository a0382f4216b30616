//! The one writer of a namespace: takes a group of requests, executes them in order, logs them with one sync, publishes
//! them, and answers.
//!
//! Each request runs in a transaction of its own on top of those before it, and fails alone. A success takes the next
//! `commit_seq`, its rows go into the memtable and its changes into the indexes, all stamped with that number and
//! therefore invisible until the log has the group and the view publishes it. If the log fails, the whole opening of the
//! namespace is given up: the files are opened again and replayed, and only what the log really holds comes back.
//!
//! A crash before the log's sync leaves nothing of the group, after it all of it; an answer is sent only after it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::checkpoint::Checkpoint;
use super::collections::Collection;
use super::context::Context;
use super::exec;
use super::mailbox::{Envelope, Task};
use super::state::State;
use crate::api::{Durability, Error, ErrorCode, Quota, Request, Response, Result, Write};
use crate::limits;
use crate::log::{Log, SeqRange, Sync};
use crate::rng::Rng;
use crate::service::Reply;
use crate::store::{BatchWriter, Counters, Txn};

/// The writer's own state. Whoever runs a group has it alone.
pub struct Actor {
    /// What readers see.
    pub state: Arc<State>,
    /// The log.
    pub log: Box<dyn Log>,
    /// The payload of the group's log record, as far as it is written.
    pub batch: Vec<u8>,
    /// Counters after the newest commit.
    pub counters: Counters,
    /// The newest commit.
    pub last_seq: u64,
    /// Collections whose rows the group has changed.
    pub counted: Vec<Arc<Collection>>,
    /// Why the group must not be committed.
    pub broken: Option<Error>,
    /// Flushing.
    pub checkpoint: Checkpoint,
    /// When a volatile write first waited for a sync, in monotonic time.
    pub unsynced_since: Option<Duration>,
    /// Newest commits at past moments, to know what every reader has left behind.
    pub past: std::collections::VecDeque<(Duration, u64)>,
}

/// What a group of requests needs beside the actor.
pub struct Surroundings<'a> {
    /// The namespace's bounds now.
    pub quota: Quota,
    /// Randomness.
    pub rng: &'a Arc<dyn Rng>,
    /// True if the disk has too little space: only deletes pass.
    pub disk_full: bool,
}

/// How a group ended.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Requests that panicked.
    pub panics: usize,
    /// The log or the store failed: this opening must be given up.
    pub failed: Option<Error>,
}

/// A request that succeeded and waits for the log. If a defect drops it, its envelope still answers.
struct Staged {
    envelope: Envelope,
    response: Response,
}

impl Actor {
    /// Serves one group. Every reply in it is answered, whatever happens.
    pub fn run_group(&mut self, group: &mut Vec<Envelope>, around: &Surroundings<'_>) -> Outcome {
        let mut outcome = Outcome::default();
        let first_seq = self.last_seq + 1;
        let mut staged = Vec::with_capacity(group.len());
        let mut answered: Vec<Reply> = Vec::new();
        let mut durable = false;
        self.batch.clear();
        for mut envelope in group.drain(..) {
            match envelope.take_task() {
                Task::Request(request) => {
                    let asked = exec::durability(&request);
                    let before = self.last_seq;
                    match self.execute(request, asked, around) {
                        Ok(response) => {
                            durable |= asked == Durability::Durable && self.last_seq > before;
                            staged.push(Staged { envelope, response });
                        }
                        Err(error) => {
                            outcome.panics += usize::from(error.code == ErrorCode::Internal);
                            give(&mut envelope, Err(error), &mut answered);
                        }
                    }
                }
                Task::FlushDone { through_seq, result } => {
                    if let Err(error) = self.finish_flush(through_seq, result) {
                        outcome.failed = Some(error);
                    }
                }
                Task::Flush => self.request_flush(envelope.take_reply()),
                Task::Tick => durable |= self.tick(around),
            }
        }
        if outcome.failed.is_none() {
            outcome.failed = self.commit(first_seq, durable).err();
        }
        for Staged { mut envelope, response } in staged {
            let result = match &outcome.failed {
                None => Ok(response),
                Some(error) => Err(error.clone()),
            };
            give(&mut envelope, result, &mut answered);
        }
        answered.iter().for_each(Reply::flush);
        outcome
    }

    /// Executes one request inside its own transaction; a panic in it is an error like any other.
    fn execute(&mut self, request: Request, asked: Durability, around: &Surroundings<'_>) -> Result<Response> {
        if around.disk_full && !frees_space(&request) {
            return Err(Error::new(
                ErrorCode::DiskFull,
                "the disk is almost full: writes are refused until there is space",
            ));
        }
        self.attempt(asked, around, |ctx| exec::execute(ctx, request))
    }

    /// Runs one operation and, if it succeeds, stages its effects under the next commit. A panic inside the operation is
    /// an error like any other: it has changed nothing yet. One while its effects are staged is not caught here.
    fn attempt<R>(
        &mut self,
        durability: Durability,
        around: &Surroundings<'_>,
        operation: impl FnOnce(&mut Context<'_>) -> Result<R>,
    ) -> Result<R> {
        let state = Arc::clone(&self.state);
        let seq = self.last_seq + 1;
        let now_ms = state.clock.now_ms().max(self.counters.last_commit_at);
        let mut ctx = Context {
            state: &state,
            txn: Txn::new(state.unpublished()),
            seq,
            now_ms,
            counters: self.counters,
            quota: around.quota,
            changes: Vec::new(),
            rng: &**around.rng,
            durability,
        };
        let before = &self.counters;
        let attempt = catch_unwind(AssertUnwindSafe(|| {
            let result = operation(&mut ctx)?;
            ctx.check_bounds(before)?;
            Ok(result)
        }));
        let result = attempt.unwrap_or_else(|_| {
            tracing::error!("an operation panicked; it failed alone");
            Err(Error::internal("a defect in ToonDB: the request failed alone and changed nothing"))
        })?;
        let Context { txn, changes, mut counters, .. } = ctx;
        if txn.is_empty() {
            return Ok(result);
        }
        counters.last_commit_at = now_ms;
        self.stage(&txn, seq);
        for change in changes {
            if let Some(collection) = change.collection()
                && self.counted.last().is_none_or(|last| !Arc::ptr_eq(last, collection))
            {
                self.counted.push(Arc::clone(collection));
            }
            // The operation checked everything an index checks, so this is a defect. Its rows are in the memtable
            // already: the group must not be committed.
            if let Err(error) = change.apply(&state, seq) {
                self.broken = Some(Error::internal(format!("an index refused a committed row: {error}")));
            }
        }
        self.counters = counters;
        self.last_seq = seq;
        Ok(result)
    }

    fn stage(&mut self, txn: &Txn, seq: u64) {
        let buffer = &mut self.batch;
        let mut batch = if buffer.is_empty() { BatchWriter::begin(buffer) } else { BatchWriter::resume(buffer) };
        batch.operation(txn.len(), txn.effects());
        let view = self.state.view.load();
        for effect in txn.effects() {
            view.active.insert(effect.table, effect.key, effect.value, seq);
        }
    }

    /// Logs the group and publishes it.
    fn commit(&mut self, first_seq: u64, durable: bool) -> Result<()> {
        if let Some(error) = self.broken.take() {
            return Err(error);
        }
        let now = self.state.clock.monotonic();
        if self.last_seq >= first_seq {
            BatchWriter::resume(&mut self.batch).finish(0, &self.counters);
            std::mem::swap(self.log.buffer(), &mut self.batch);
            let sync = if durable { Sync::Now } else { Sync::Later };
            self.log.append(SeqRange { first: first_seq, last: self.last_seq }, sync)?;
            self.state.publish(self.last_seq, self.counters, self.counted.drain(..));
            self.checkpoint.wrote(now);
        } else if durable {
            self.log.sync()?;
        }
        if !self.log.has_unsynced() {
            self.unsynced_since = None;
        } else if self.unsynced_since.is_none() {
            self.unsynced_since = Some(now);
        }
        if let Some(work) = self.log.take_background_work() {
            self.checkpoint.spawn(work);
        }
        self.flush_if_due(now)
    }

    /// What has to happen with time. Gives true if a volatile write must be synced now.
    fn tick(&mut self, around: &Surroundings<'_>) -> bool {
        let state = Arc::clone(&self.state);
        let now = state.clock.monotonic();
        self.reclaim(now);
        let has_expired =
            exec::expired(&state.unpublished(), state.clock.now_ms(), 1).is_ok_and(|keys| !keys.is_empty());
        let housekeeping = |ctx: &mut Context<'_>| {
            if has_expired {
                exec::sweep(ctx, limits::SWEEP_ITEMS_MAX)?;
            }
            exec::sweep_entries(ctx, limits::SWEEP_ITEMS_MAX)?;
            exec::purge(ctx, limits::SWEEP_ITEMS_MAX)
        };
        if let Err(error) = self.attempt(Durability::Volatile, around, housekeeping) {
            tracing::warn!(%error, "sweeping what has expired or purging a dropped collection failed; it is tried again");
        }
        self.unsynced_since.is_some_and(|since| now.saturating_sub(since) >= limits::VOLATILE_DELAY_MAX)
    }

    /// Frees index rows that were deleted so long ago that no reader can still be looking at them.
    fn reclaim(&mut self, now: Duration) {
        let oldest_held = self.state.snapshots.expire(now).unwrap_or(u64::MAX);
        if self.past.back().is_none_or(|(then, _)| now.saturating_sub(*then) >= Duration::from_secs(5)) {
            self.past.push_back((now, self.last_seq));
        }
        let mut safe = None;
        while let Some((_, seq)) =
            self.past.pop_front_if(|(then, _)| now.saturating_sub(*then) > 2 * limits::SNAPSHOT_AGE_MAX)
        {
            safe = Some(seq.min(oldest_held));
        }
        if let Some(seq) = safe {
            self.state.collections.reclaim(seq);
        }
    }
}

fn give(envelope: &mut Envelope, result: Result<Response>, answered: &mut Vec<Reply>) {
    let Some(reply) = envelope.complete(result) else { return };
    if !answered.iter().any(|other| other.same_sink(&reply)) {
        answered.push(reply);
    }
}

/// Writes that pass on an almost full disk: the way out of it.
fn frees_space(request: &Request) -> bool {
    matches!(
        request,
        Request::DeleteKey(_)
            | Request::DeleteDocuments(_)
            | Request::DeleteByFilter(_)
            | Request::DeleteVectors(_)
            | Request::DropCollection(_)
            | Request::DropIndex(_)
            | Request::DeleteNode(_)
            | Request::DeleteEdge(_)
            | Request::EraseTemporal(_)
            | Request::CacheInvalidate(_)
    ) || matches!(request, Request::Commit(commit) if commit.writes.iter().all(is_delete))
}

fn is_delete(write: &Write) -> bool {
    match write {
        Write::DeleteKey { .. }
        | Write::DeleteDocuments { .. }
        | Write::DeleteVectors { .. }
        | Write::DeleteNode { .. }
        | Write::DeleteEdge { .. } => true,
        Write::Put(_)
        | Write::AddDocuments { .. }
        | Write::InsertVectors { .. }
        | Write::AddNode(_)
        | Write::AddEdge(_)
        | Write::AddTemporalEdge(_)
        | Write::CloseTemporalEdge { .. }
        | Write::SupersedeTemporalEdge(_) => false,
    }
}
