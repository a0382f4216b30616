//! The one writer of a namespace: takes a group of requests, executes them in order, logs them with one sync, publishes
//! them, and answers.
//!
//! Each request runs in a transaction of its own on top of those before it, and fails alone. A success takes the next
//! `commit_seq`, its rows go into the memtable and its changes into the indexes, all stamped with that number and
//! therefore invisible until the log has the group and the view publishes it. If the log fails, the whole opening of the
//! namespace is given up: the files are opened again and replayed, and only what the log really holds comes back.
//!
//! Every answer tells of the state it met, also one that changed nothing: a key that was missing, a comparison that failed,
//! a broken precondition. So all answers of a group wait for its commit, and a request that asked for durability has the
//! log synced even if only volatile writes before it left something to sync.
//!
//! A crash before the log's sync leaves nothing of the group, after it all of it; an answer is sent only after it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::answered::{self, AnsweredClients, Seen};
use super::collection::Collection;
use super::context::WriteContext;
use super::exec;
use super::flushing::Flushing;
use super::last_changes::LastChanges;
use super::mailbox::{Envelope, Task};
use super::shrinking::Shrinking;
use super::state::State;
use super::timelines::Asserted;
use crate::api::{Durability, Effect, Error, ErrorCode, Once, OpCode, Quota, Request, Response, Result};
use crate::limits;
use crate::log::{Log, SeqRange, Sync};
use crate::planted::{self, Planted};
use crate::reply::Reply;
use crate::rng::Rng;
use crate::space::{Promise, Space};
use crate::store::{Author, BatchWriter, Counters, KeptAnswer, LoggedOnce, Origin, Read, Table, Txn, answer_key};
use crate::work::{Permit, Share};

/// The writer's own state. Whoever runs a group has it alone.
pub struct Actor {
    /// What readers see.
    pub state: Arc<State>,
    /// The log.
    pub log: Box<dyn Log>,
    /// The payload of the group's log record, as far as it is written.
    pub batch: Vec<u8>,
    /// Bytes of the requests in the group, which its log record will have too, about.
    pub expected_bytes: usize,
    /// True if the group has had the disk looked at, with what it may take.
    pub has_looked: bool,
    /// Counters after the newest commit.
    pub counters: Counters,
    /// The newest commit.
    pub last_seq: u64,
    /// When each part was last changed.
    pub last_changes: LastChanges,
    /// The answers that clients may ask for again.
    pub answered: AnsweredClients,
    /// When clients were last looked through, in monotonic time; nothing in this opening yet.
    pub clients_looked_at: Option<Duration>,
    /// Collections whose rows the group has changed.
    pub counted: Vec<Arc<Collection>>,
    /// Why the group must not be committed.
    pub broken: Option<Error>,
    /// The store failed to answer: what is in the log stands, but this opening is of no use any more.
    pub store_failed: Option<Error>,
    /// Panics that were caught while the group was executed.
    pub panics: usize,
    /// Flushing.
    pub flushing: Flushing,
    /// When a volatile write first waited for a sync, in monotonic time.
    pub unsynced_since: Option<Duration>,
    /// True while the next step of a sweep waits in the mailbox.
    pub sweeping: bool,
    /// When rows that nobody can see were last freed, in monotonic time.
    pub reclaimed_at: Duration,
    /// Giving space of the store back.
    pub shrinking: Shrinking,
    /// What is in the memtables and will be in the store.
    pub owed: Option<Promise>,
    /// What large operations of the group will take beside that.
    pub taking: Option<Promise>,
}

/// What a group of requests needs beside the actor.
pub struct Surroundings<'a> {
    /// The namespace's bounds now.
    pub quota: Quota,
    /// Randomness.
    pub rng: &'a Arc<dyn Rng>,
    /// The space on the disk: while it is short only deletes pass.
    pub space: &'a Arc<Space>,
    /// Room for stored values in answers.
    pub answers: &'a Arc<Share>,
    /// True if the engine is closing: what nobody waits for is left for the next opening.
    pub closing: bool,
}

/// How a group ended.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Requests that panicked.
    pub panics: usize,
    /// The log or the store failed: this opening must be given up.
    pub failed: Option<Error>,
    /// The group heard that a flush has succeeded.
    pub flushed: bool,
}

/// A request that was executed and waits for the log. If a defect drops it, its envelope still answers.
pub struct Staged {
    envelope: Envelope,
    result: Result<Response>,
    /// The room of stored values in the answer.
    room: Option<Permit>,
}

impl Staged {
    /// Answers that the group has failed. Nobody may read in this opening any more by then: who is told "read to find out"
    /// must find what the next opening will hold.
    pub fn refuse(mut self, error: &Error) {
        // Also in the place of an error: it may tell of writes that are now lost.
        let result = if planted::is(Planted::AckDespiteFailure) { self.result } else { Err(error.clone()) };
        if let Some(reply) = self.envelope.complete(result) {
            reply.flush();
        }
    }
}

impl Actor {
    /// Serves one group, or as much of it as its log record may hold: the rest stays in `group`, untouched. Every reply of
    /// what was served is answered, unless the group failed: then its requests stay in `staged`, for whoever gives the
    /// opening up to refuse.
    pub fn run_group(
        &mut self,
        group: &mut Vec<Envelope>,
        staged: &mut Vec<Staged>,
        around: &Surroundings<'_>,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        let first_seq = self.last_seq + 1;
        staged.reserve(group.len());
        let mut durable = false;
        self.batch.clear();
        self.expected_bytes = group.iter().map(|envelope| envelope.bytes).sum();
        self.look_at_space(around.space);
        let mut waiting = std::mem::take(group).into_iter();
        let mut answer_bytes = 0;
        while self.batch.len() < limits::GROUP_BYTES_MAX
            && answer_bytes < limits::GROUP_ANSWER_BYTES_MAX
            && let Some(mut envelope) = waiting.next()
        {
            match envelope.take_task() {
                Task::Request(request) => {
                    let asked = request.durability();
                    let executed = self.execute(request, envelope.once, around);
                    durable |= asked == Durability::Durable;
                    let (result, room) = match executed {
                        Ok((response, room)) => (Ok(response), room),
                        Err(error) => (Err(error), None),
                    };
                    answer_bytes += room.as_ref().map_or(0, Permit::bytes);
                    staged.push(Staged { envelope, result, room });
                }
                // News from an earlier opening of the namespace is none of ours.
                Task::FlushDone { opening, .. } | Task::StoreFailed { opening } if opening != self.state.opening => {}
                Task::FlushDone { opening: _, through_seq, result } => {
                    match self.finish_flush(through_seq, result) {
                        Ok(()) => {
                            self.owe(around.space, 0);
                            around.space.look();
                            // One that waits for space has not succeeded.
                            outcome.flushed = !self.is_flush_paused();
                        }
                        Err(error) => outcome.failed = Some(error),
                    }
                }
                Task::StoreFailed { opening: _ } => {
                    let text = "the store failed under a read";
                    self.store_failed.get_or_insert_with(|| Error::new(ErrorCode::Unavailable, text));
                }
                Task::Flush => self.request_flush(envelope.take_reply()),
                Task::Tick => durable |= self.tick(around),
                Task::Sweep => {
                    self.sweeping = false;
                    self.sweep(around);
                }
            }
        }
        group.extend(waiting);
        if outcome.failed.is_none() {
            outcome.failed = self.commit(first_seq, durable).err();
        }
        if outcome.failed.is_none() {
            // The group stands. What goes wrong from here on ends the opening, and nobody may be told that it did not.
            answer(staged);
            outcome.failed = self.flush_if_due(self.state.clock.monotonic(), around.space).err();
        }
        self.settle_space(around.space);
        outcome.panics = std::mem::take(&mut self.panics);
        outcome.failed = outcome.failed.or_else(|| self.store_failed.take());
        outcome
    }

    /// Executes one request inside its own transaction; a panic in it is an error like any other. Gives the room that its
    /// answer's stored values have, too.
    fn execute(
        &mut self,
        request: Request,
        once: Option<Once>,
        around: &Surroundings<'_>,
    ) -> Result<(Response, Option<Permit>)> {
        let (code, asked) = (request.code(), request.durability());
        let mut answered_rows = Vec::new();
        if let Some(once) = &once {
            once.validate()?;
            if let Seen::Answered(kept) = self.answered.look(once, code, self.state.clock.now_ms())? {
                return self.answer_again(kept, once, code, asked, around);
            }
            answered_rows = self.answered.long_let_go(once);
        }
        if around.space.is_short() && request.effect() != Effect::Frees {
            return Err(Error::new(
                ErrorCode::DiskFull,
                "the disk is almost full: writes are refused until there is space",
            ));
        }
        let author = Author { kind: code.number(), origin: Origin::Client };
        self.attempt(author, asked, around, |ctx| {
            ctx.once = once;
            let response = exec::execute(ctx, request)?;
            ctx.keep(&response)?;
            if let Some(kept) = &ctx.kept {
                for number in answered_rows {
                    ctx.txn.delete(Table::Answers, answer_key(&kept.client, number));
                }
            }
            Ok((response, ctx.answer_room.take()))
        })
    }

    /// Gives the answer of what was carried out before under the same number.
    fn answer_again(
        &self,
        kept: &KeptAnswer,
        once: &Once,
        code: OpCode,
        durability: Durability,
        around: &Surroundings<'_>,
    ) -> Result<(Response, Option<Permit>)> {
        let mut room = None;
        let response = answered::response_of(kept, code, durability, || {
            let (rows, key) = (self.state.unpublished(), answer_key(&once.client.0, once.number));
            let bytes = rows.head(Table::Answers, &key)?.map_or(0, |head| head.bytes);
            room = around.answers.take(bytes);
            if room.is_none() {
                return Err(Error::no_room());
            }
            Ok(rows.get(Table::Answers, &key)?)
        })?;
        Ok((response, room))
    }

    /// Runs one operation and, if it succeeds, stages its effects under the next commit. A panic inside the operation is
    /// an error like any other: it has changed nothing yet. One while its effects are staged is not caught here.
    pub(super) fn attempt<R>(
        &mut self,
        author: Author,
        durability: Durability,
        around: &Surroundings<'_>,
        operation: impl FnOnce(&mut WriteContext<'_>) -> Result<R>,
    ) -> Result<R> {
        let state = Arc::clone(&self.state);
        let seq = self.last_seq + 1;
        let now_ms = state.clock.now_ms();
        let least_ms = if planted::is(Planted::StampsGoBack) { i64::MIN } else { self.counters.last_commit_at };
        let stamp_ms = now_ms.min(limits::TIME_MS_MAX).max(least_ms);
        let mut ctx = WriteContext {
            state: &state,
            txn: Txn::new(state.unpublished()),
            seq,
            now_ms,
            stamp_ms,
            counters: self.counters,
            quota: around.quota,
            last_changes: &self.last_changes,
            fresh: Vec::new(),
            range_rows: 0,
            asserted: Asserted::default(),
            rng: &**around.rng,
            durability,
            answers: around.answers,
            answer_room: None,
            once: None,
            kept: None,
        };
        let before = &self.counters;
        let attempt = catch_unwind(AssertUnwindSafe(|| {
            let result = operation(&mut ctx)?;
            ctx.check_bounds(before)?;
            Ok((result, ctx.changes()?))
        }));
        let result = attempt.unwrap_or_else(|_| {
            tracing::error!("an operation panicked; it failed alone");
            self.panics += 1;
            Err(Error::internal("a defect in ToonDB: the request failed alone and changed nothing"))
        });
        if let Err(error) = &result
            && state.store_has_failed()
        {
            self.store_failed.get_or_insert_with(|| error.clone());
        }
        let (result, changes) = result?;
        let WriteContext { txn, mut counters, kept, .. } = ctx;
        if txn.is_empty() {
            return Ok(result);
        }
        self.take_space(&txn, author, around.space)?;
        counters.last_commit_at = stamp_ms;
        changes.iter().for_each(|change| change.announce(&state));
        self.stage(&txn, (author, stamp_ms), kept.as_ref(), seq);
        if let Some(kept) = &kept {
            self.answered.note(kept, seq, author.kind, stamp_ms);
        }
        for change in changes {
            if let Some(collection) = change.collection()
                && self.counted.last().is_none_or(|last| !Arc::ptr_eq(last, collection))
            {
                self.counted.push(Arc::clone(collection));
            }
            // The operation checked everything an index checks, so this is a defect. Its rows are in the memtable
            // already: the group must not be committed.
            if let Err(error) = change.apply(&state) {
                self.broken = Some(Error::internal(format!("an index refused a committed row: {error}")));
            }
        }
        self.counters = counters;
        self.last_seq = seq;
        Ok(result)
    }

    /// Puts an operation's effects into the group's record, with who made it and the time it is stamped with, and into the
    /// memtable.
    fn stage(&mut self, txn: &Txn, (author, stamp_ms): (Author, i64), once: Option<&LoggedOnce>, seq: u64) {
        let buffer = &mut self.batch;
        let mut batch = if buffer.is_empty() { BatchWriter::begin(buffer) } else { BatchWriter::resume(buffer) };
        batch.operation(author, stamp_ms, once, txn.len(), txn.effects());
        let view = self.state.view.load();
        if author.origin == Origin::Client {
            self.last_changes.note(txn.effects(), seq);
        }
        for effect in txn.effects() {
            if effect.value.is_some() {
                view.hidden.note_written(effect.table, effect.key);
            }
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
            let counters = self.counters_to_log();
            BatchWriter::resume(&mut self.batch).finish(0, &counters);
            std::mem::swap(self.log.buffer(), &mut self.batch);
            let sync = if durable { Sync::Now } else { Sync::Later };
            self.log.append(SeqRange { first: first_seq, last: self.last_seq }, sync)?;
            self.state.publish(self.last_seq, self.counters, self.counted.drain(..));
            self.log.publish(self.last_seq);
            self.flushing.wrote(now);
        } else if durable && !planted::is(Planted::NoOpAckWithoutSync) {
            self.log.sync()?;
        }
        if !self.log.has_unsynced() {
            self.unsynced_since = None;
        } else if self.unsynced_since.is_none() {
            self.unsynced_since = Some(now);
        }
        if let Some(work) = self.log.take_background_work() {
            self.flushing.spawn(work);
        }
        Ok(())
    }

    fn counters_to_log(&self) -> Counters {
        if planted::is(Planted::CountersNotLogged) { Counters::default() } else { self.counters }
    }
}

/// Answers everything first and then wakes each caller once.
fn answer(staged: &mut Vec<Staged>) {
    let mut answered: Vec<Reply> = Vec::new();
    for Staged { mut envelope, result, room } in staged.drain(..) {
        // Who must be told has the room until the door has counted the answer. An answer that may be refused gives it back
        // before, or it would be refused for what it holds itself.
        let must_be_told = result.as_ref().is_ok_and(|response| response.tells_of_change(Effect::Keeps));
        let _room = room.filter(|_| must_be_told);
        let Some(reply) = envelope.complete(result) else { continue };
        if !answered.iter().any(|other| other.same_sink(&reply)) {
            answered.push(reply);
        }
    }
    answered.iter().for_each(Reply::flush);
}
