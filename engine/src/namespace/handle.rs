//! The handle of a namespace: brings requests to its opening, which begins on demand and ends when idle or failed.
//!
//! The opening sits behind a mutex that whoever serves the mailbox holds; the mailbox sees to it that there is only one.
//! Readers use the published state and never wait for the actor. What an opening is, and when the next one may begin,
//! stands in `opening/`.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use parking_lot::Mutex;

use super::access::Access;
use super::actor::{Outcome, Surroundings};
use super::flush_failures::FlushFailures;
use super::mailbox::{Envelope, Mailbox, Task, worker_failed};
use super::opening::{Fence, Life, Opening};
use super::options::{NamespaceFiles, NamespaceOptions, Shared};
use super::query;
use super::state::State;
use crate::api::{Error, ErrorCode, Quota, Request, Response, Result};
use crate::limits;
use crate::store::RowSnapshot;
use crate::work::{Turn, Wanted};

/// A namespace at one commit. The files stay open for as long as this lives.
pub struct HeldNamespace {
    namespace: Arc<Namespace>,
    state: Arc<State>,
    /// Its rows.
    pub snapshot: RowSnapshot,
    /// A time at or after that of the commit, and before that of any later one.
    pub last_commit_at: i64,
}

impl Drop for HeldNamespace {
    /// Whoever read may have met what ends the store's handle: the next one finds the namespace opened anew.
    fn drop(&mut self) {
        if self.state.store_has_failed() {
            let opening = self.state.opening;
            self.namespace.submit(Envelope::internal(Task::StoreFailed { opening }), false);
        }
    }
}

/// A namespace, open or not.
pub struct Namespace {
    pub(super) files: NamespaceFiles,
    pub(super) options: NamespaceOptions,
    mailbox: Mailbox,
    /// The opening; nothing while the namespace is not in service.
    pub(super) opening: Mutex<Option<Opening>>,
    /// Its state, for readers.
    pub(super) state: ArcSwapOption<State>,
    pub(super) life: Arc<Life>,
    quota: Mutex<Quota>,
    panics: Mutex<VecDeque<Duration>>,
    pub(super) flush_failures: Mutex<FlushFailures>,
    /// True once the store could not be shrunk.
    pub(super) shrink_has_failed: Arc<AtomicBool>,
    pub(super) used: AtomicBool,
    pub(super) idle_ticks: AtomicU32,
    /// When the writer began the group that it is at, in ms of monotonic time and 1 at least; 0 = it is at none.
    pub(super) busy_since_ms: AtomicU64,
    /// True once the log says that the files cannot be read.
    pub(super) is_unreadable: AtomicBool,
    pub(super) shared: Shared,
}

impl Namespace {
    /// A closed namespace whose files exist.
    pub fn new(files: NamespaceFiles, quota: Quota, options: NamespaceOptions, shared: &Shared) -> Self {
        let options = options.in_turn(Turn::of(&files.id));
        Self {
            files,
            options,
            mailbox: Mailbox::default(),
            opening: Mutex::new(None),
            state: ArcSwapOption::empty(),
            life: Arc::default(),
            quota: Mutex::new(quota),
            panics: Mutex::default(),
            flush_failures: Mutex::default(),
            shrink_has_failed: Arc::default(),
            used: AtomicBool::new(true),
            idle_ticks: AtomicU32::new(0),
            busy_since_ms: AtomicU64::new(0),
            is_unreadable: AtomicBool::new(false),
            shared: shared.clone(),
        }
    }

    /// The random id in each of its files.
    pub fn id(&self) -> &[u8; 16] {
        &self.files.id
    }

    /// The folder of its files.
    pub fn dir(&self) -> &Path {
        &self.files.dir
    }

    /// Whose turn its jobs are.
    pub fn turn(&self) -> Turn {
        Turn::of(&self.files.id)
    }

    /// Replaces the bounds; the next request is held to them.
    pub fn set_quota(&self, quota: Quota) {
        *self.quota.lock() = quota;
    }

    /// True if reads need not open it.
    pub fn is_open(&self) -> bool {
        self.state.load().is_some()
    }

    /// True if nobody who reads has to wait: the files are open, and nobody is shrinking the store.
    pub(super) fn is_at_hand(&self) -> bool {
        let state = self.state.load();
        state.as_ref().is_some_and(|state| !state.view.load().base.as_ref().is_some_and(|base| base.is_away()))
    }

    /// Queues an envelope and serves the mailbox: on this thread if `may_block`, else on a pool.
    pub fn submit(self: &Arc<Self>, envelope: Envelope, may_block: bool) {
        self.used.store(true, Ordering::Relaxed);
        if !self.mailbox.push(envelope) {
            return;
        }
        if may_block || !self.schedule() {
            self.serve();
        }
    }

    /// Has the mailbox served; false if no pool takes that on, so that this thread has to. Opening may take seconds, which
    /// must not take the threads of those that are open.
    fn schedule(self: &Arc<Self>) -> bool {
        let spawn = if self.is_open() { &self.options.actors } else { &self.options.opens };
        let this = Arc::clone(self);
        spawn(Box::new(move || this.serve())).is_ok()
    }

    /// Answers a read on this thread, for as long as its answer is wanted; opens the namespace if need be.
    pub fn read(self: &Arc<Self>, request: Request, wanted: &Wanted<'_>) -> Result<Response> {
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
        if let Some(state) = &*self.state.load() {
            return self.answer(state, request, wanted);
        }
        let state = self.open_state()?;
        self.answer(&state, request, wanted)
    }

    fn answer(self: &Arc<Self>, state: &State, request: Request, wanted: &Wanted<'_>) -> Result<Response> {
        let result = catch_unwind(AssertUnwindSafe(|| query::query(state, request, wanted))).unwrap_or_else(|_| {
            tracing::error!("a read panicked; it failed alone");
            self.shared.panics.fetch_add(1, Ordering::Relaxed);
            Err(Error::internal("a defect in ToonDB: the read failed alone"))
        });
        if result.is_err() && state.store_has_failed() {
            self.submit(Envelope::internal(Task::StoreFailed { opening: state.opening }), false);
        }
        result
    }

    fn open_state(self: &Arc<Self>) -> Result<Arc<State>> {
        let mut slot = self.opening.lock();
        Ok(Arc::clone(&self.opened(&mut slot)?.actor.state))
    }

    /// Serves the mailbox for one group and then hands over to the pool, unless that takes no more; then until it is empty.
    fn serve(self: &Arc<Self>) {
        let mut group = Vec::new();
        loop {
            {
                let mut slot = self.opening.lock();
                self.mailbox.take_group(&mut group);
                let now_ms = u64::try_from(self.options.clock.monotonic().as_millis()).unwrap_or(u64::MAX);
                self.busy_since_ms.store(now_ms.max(1), Ordering::Relaxed);
                self.run(&mut slot, &mut group);
                self.busy_since_ms.store(0, Ordering::Relaxed);
            }
            if self.mailbox.rest() || self.schedule() {
                return;
            }
        }
    }

    fn run(self: &Arc<Self>, slot: &mut Option<Opening>, group: &mut Vec<Envelope>) {
        self.leave_read_only(slot);
        self.leave_failed_reader(slot, group);
        if slot.is_none() && group.iter().all(|envelope| envelope.task.is_internal()) {
            group.clear();
            return;
        }
        let opening = match self.opened(slot) {
            Ok(opening) => opening,
            Err(error) => return refuse(group, &error),
        };
        match opening.access {
            Access::Full => {}
            Access::ReadOnly => {
                let text = "the file system is mounted read-only: reads go on, and writes once it can be written to";
                refuse(group, &Error::new(ErrorCode::Unavailable, text));
                return;
            }
        }
        let actor = &mut opening.actor;
        if group.iter().any(|envelope| matches!(envelope.task, Task::Request(_)))
            && let Some(refused) = actor.congestion()
        {
            let (mut requests, rest) = group.drain(..).partition(|envelope| matches!(envelope.task, Task::Request(_)));
            *group = rest;
            refuse(&mut requests, &refused);
        }
        let closing = self.options.closing.load(Ordering::Acquire);
        let around = Surroundings {
            quota: *self.quota.lock(),
            rng: &self.options.rng,
            space: &self.shared.space,
            answers: &self.shared.answers,
            closing,
        };
        let mut staged = Vec::new();
        let outcome = catch_unwind(AssertUnwindSafe(|| actor.run_group(group, &mut staged, &around)));
        if outcome.is_ok() {
            self.mailbox.put_back(group);
        }
        // A panic outside the execution of a request may have left the memory half changed. Envelopes that were not
        // executed say "outcome unknown" when they are dropped.
        group.clear();
        let outcome = outcome.unwrap_or_else(|_| Outcome { panics: 1, failed: Some(worker_failed()), flushed: false });
        let failed = outcome.failed.clone();
        self.judge(slot, outcome);
        if let Some(error) = failed {
            staged.into_iter().for_each(|request| request.refuse(&error));
        }
    }

    /// Gives up an opening that has failed, and a namespace that fails again and again.
    fn judge(&self, slot: &mut Option<Opening>, outcome: Outcome) {
        let Outcome { panics, failed, flushed } = outcome;
        if flushed {
            self.flush_failures.lock().succeeded();
            if let Some(opening) = slot {
                opening.actor.flushing.barred = None;
            }
        }
        if panics > 0 {
            self.shared.panics.fetch_add(panics as u64, Ordering::Relaxed);
            if self.panicked_too_often(panics) {
                let text =
                    "the namespace is out of service after repeated defects; see the log, then restart the server";
                tracing::error!(dir = %self.files.dir.display(), "{text}");
                self.fence_with(slot, Fence::Final(Error::new(ErrorCode::Fenced, text)));
            }
        }
        if let Some(error) = failed {
            tracing::error!(%error, dir = %self.files.dir.display(), "the namespace is closed and will be reopened from its files");
            self.give_up(slot, &error);
        }
    }

    fn panicked_too_often(&self, now_also: usize) -> bool {
        let now = self.options.clock.monotonic();
        let mut panics = self.panics.lock();
        panics.extend(std::iter::repeat_n(now, now_also));
        while panics.pop_front_if(|then| now.saturating_sub(*then) > Duration::from_secs(60)).is_some() {}
        panics.len() >= limits::PANICS_PER_MINUTE_MAX
    }

    /// Ends an opening as it is. Its files stay open until the last reader and the last background job have left. Whatever it had
    /// to flush is the next one's first task.
    pub(super) fn give_up(&self, slot: &mut Option<Opening>, why: &Error) {
        self.state.store(None);
        self.flush_failures.lock().given_up();
        if let Some(mut opening) = slot.take() {
            opening.actor.fail_waiters(why);
        }
    }

    /// Gives up an opening that cannot write and whose store has failed under a read. One that can write does so itself.
    fn leave_failed_reader(&self, slot: &mut Option<Opening>, group: &[Envelope]) {
        let has_failed = slot.as_ref().is_some_and(|Opening { actor, access, .. }| {
            let number = actor.state.opening;
            let is_news = |task: &Task| matches!(task, Task::StoreFailed { opening } if *opening == number);
            *access == Access::ReadOnly && group.iter().any(|envelope| is_news(&envelope.task))
        });
        if has_failed {
            self.give_up(slot, &reopened());
        }
    }

    /// Gives up an opening that could not write, once it could.
    fn leave_read_only(&self, slot: &mut Option<Opening>) {
        let cannot_write = slot.as_ref().is_some_and(|opening| opening.access == Access::ReadOnly);
        if cannot_write && Access::of(&*self.options.disk, &self.files.dir) == Access::Full {
            tracing::info!(dir = %self.files.dir.display(), "the file system can be written to again");
            self.give_up(slot, &reopened());
        }
    }

    /// Takes the namespace out of service. Its files stay open until the last reader has left.
    pub fn fence(&self, why: Fence) {
        self.life.fence(why.clone());
        self.fence_with(&mut self.opening.lock(), why);
    }

    pub(super) fn fence_with(&self, slot: &mut Option<Opening>, why: Fence) {
        let error = why.error();
        self.life.fence(why);
        self.give_up(slot, &error);
    }

    /// The catalog has been read again, and the files are the namespace's: if that was in doubt, it is no longer.
    pub fn settle(&self) {
        if self.life.settle() {
            tracing::info!(dir = %self.files.dir.display(), "the namespace is back in service");
        }
    }

    /// Returns once whoever executes requests now has finished. Others may come after it.
    pub fn wait_for_writer(&self) {
        drop(self.opening.lock());
    }

    /// The newest published state; opens the namespace if need be.
    pub fn hold(self: &Arc<Self>) -> Result<HeldNamespace> {
        self.used.store(true, Ordering::Relaxed);
        let state = match self.state.load_full() {
            Some(state) => state,
            None => self.open_state()?,
        };
        let snapshot = state.snapshot(None)?;
        // Read after the snapshot was taken, so it is never too early.
        let last_commit_at = state.counters.lock().last_commit_at;
        Ok(HeldNamespace { namespace: Arc::clone(self), state, snapshot, last_commit_at })
    }
}

/// What those are told who wait for an opening that ends, and may ask the next one.
pub(super) fn reopened() -> Error {
    Error::new(ErrorCode::Busy, "the namespace is being reopened; retry")
}

fn refuse(group: &mut Vec<Envelope>, error: &Error) {
    for mut envelope in group.drain(..) {
        if let Some(reply) = envelope.complete(Err(error.clone())) {
            reply.flush();
        }
    }
}
