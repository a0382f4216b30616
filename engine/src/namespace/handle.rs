//! The handle of a namespace: opened on demand, closed when idle, reopened from its files after a failure.
//!
//! The actor sits behind a mutex that whoever serves the mailbox holds; the mailbox sees to it that there is only one.
//! Readers use the published state and never wait for the actor. The files of one opening stay open until its last
//! reader has left, and only then may the next opening begin: two redb handles on one file would not see each other.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use parking_lot::Mutex;

use super::actor::{Actor, Outcome, Surroundings};
use super::checkpoint::{Post, Spawn};
use super::mailbox::{Envelope, Mailbox, Task};
use super::query;
use super::recovery;
use super::state::State;
use crate::api::{CommitSeq, Error, ErrorCode, NamespaceStats, Quota, Request, Response, Result};
use crate::clock::Clock;
use crate::disk::Disk;
use crate::index::vector::BuildOptions;
use crate::limits;
use crate::rng::Rng;
use crate::store::Snapshot;

/// What every namespace of an engine shares.
#[derive(Clone)]
pub struct NamespaceOptions {
    /// Where files are.
    pub disk: Arc<dyn Disk>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// Runs flushes and index builds.
    pub background: Spawn,
    /// Runs mailboxes.
    pub actors: Spawn,
    /// Runs first on each thread that builds an index.
    pub lower_priority: fn(),
    /// Set when index builds must end at once.
    pub cancel_builds: Arc<AtomicBool>,
}

impl fmt::Debug for NamespaceOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamespaceOptions").finish_non_exhaustive()
    }
}

/// Which files a namespace has, and how their commits are numbered.
#[derive(Debug, Clone)]
pub struct NamespaceFiles {
    /// The random id in each of them.
    pub id: [u8; 16],
    /// Their folder.
    pub dir: PathBuf,
    /// The commit as which a restore brought what they hold; 0 = they were not restored over anything.
    pub floor_seq: u64,
}

/// A namespace at one commit. The files stay open for as long as this lives.
#[derive(Debug)]
pub struct Held {
    _state: Arc<State>,
    /// Its rows.
    pub snapshot: Snapshot,
    /// A time at or after that of the commit, and before that of any later one.
    pub last_commit_at: i64,
}

/// A namespace, open or not.
pub struct Namespace {
    files: NamespaceFiles,
    options: NamespaceOptions,
    mailbox: Mailbox,
    actor: Mutex<Option<Actor>>,
    state: ArcSwapOption<State>,
    /// The newest opening, to know when its last reader has left.
    last: Mutex<Weak<State>>,
    quota: Mutex<Quota>,
    panics: Mutex<VecDeque<Duration>>,
    /// Why the namespace is out of service.
    fenced: Mutex<Option<Error>>,
    used: AtomicBool,
    idle_ticks: AtomicU32,
    panic_count: Arc<std::sync::atomic::AtomicU64>,
    disk_full: Arc<AtomicBool>,
}

/// Counters and flags that belong to the engine and that namespaces move or read.
#[derive(Debug, Clone, Default)]
pub struct Shared {
    /// Requests that panicked.
    pub panics: Arc<std::sync::atomic::AtomicU64>,
    /// True while the disk has too little space.
    pub disk_full: Arc<AtomicBool>,
}

impl Namespace {
    /// A closed namespace whose files exist.
    pub fn new(files: NamespaceFiles, quota: Quota, options: NamespaceOptions, shared: &Shared) -> Self {
        Self {
            files,
            options,
            mailbox: Mailbox::default(),
            actor: Mutex::new(None),
            state: ArcSwapOption::empty(),
            last: Mutex::new(Weak::new()),
            quota: Mutex::new(quota),
            panics: Mutex::default(),
            fenced: Mutex::new(None),
            used: AtomicBool::new(true),
            idle_ticks: AtomicU32::new(0),
            panic_count: Arc::clone(&shared.panics),
            disk_full: Arc::clone(&shared.disk_full),
        }
    }

    /// Replaces the bounds; the next request is held to them.
    pub fn set_quota(&self, quota: Quota) {
        *self.quota.lock() = quota;
    }

    /// True if the namespace is open.
    pub fn is_open(&self) -> bool {
        self.state.load().is_some()
    }

    /// Queues an envelope and serves the mailbox: on this thread if `may_block`, else on a pool.
    pub fn submit(self: &Arc<Self>, envelope: Envelope, may_block: bool) {
        self.used.store(true, Ordering::Relaxed);
        if !self.mailbox.push(envelope) {
            return;
        }
        if may_block {
            self.serve();
        } else {
            let this = Arc::clone(self);
            (self.options.actors)(Box::new(move || this.serve()));
        }
    }

    /// Answers a read on this thread; opens the namespace if need be.
    pub fn read(self: &Arc<Self>, request: Request) -> Result<Response> {
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
        if let Some(state) = &*self.state.load() {
            return self.answer(state, request);
        }
        let state = self.open_state()?;
        self.answer(&state, request)
    }

    fn answer(&self, state: &State, request: Request) -> Result<Response> {
        catch_unwind(AssertUnwindSafe(|| query::query(state, request))).unwrap_or_else(|_| {
            tracing::error!("a read panicked; it failed alone");
            self.panic_count.fetch_add(1, Ordering::Relaxed);
            Err(Error::internal("a defect in ToonDB: the read failed alone"))
        })
    }

    fn open_state(self: &Arc<Self>) -> Result<Arc<State>> {
        let mut actor = self.actor.lock();
        Ok(Arc::clone(&self.opened(&mut actor)?.state))
    }

    /// The actor, opened if need be.
    fn opened<'a>(self: &Arc<Self>, actor: &'a mut Option<Actor>) -> Result<&'a mut Actor> {
        if let Some(error) = &*self.fenced.lock() {
            return Err(error.clone());
        }
        if actor.is_none() {
            if self.last.lock().strong_count() > 0 {
                let text = "the namespace is being reopened; retry after a short pause";
                return Err(Error::new(ErrorCode::Busy, text));
            }
            let weak = Arc::downgrade(self);
            let post: Post = Arc::new(move |task| {
                if let Some(this) = weak.upgrade() {
                    this.submit(Envelope::internal(task), false);
                }
            });
            let open = || recovery::open(&self.options, &self.files, Arc::clone(&self.options.background), post);
            let opened = catch_unwind(AssertUnwindSafe(open)).unwrap_or_else(|_| {
                Err(Error::new(ErrorCode::Corrupt, "the namespace's files made the opening panic; they are damaged"))
            })?;
            *self.last.lock() = Arc::downgrade(&opened.state);
            self.state.store(Some(Arc::clone(&opened.state)));
            *actor = Some(opened);
        }
        actor.as_mut().ok_or_else(|| Error::internal("an opened namespace has no actor"))
    }

    /// Serves the mailbox until it is empty, or for one group and then hands over to the pool.
    fn serve(self: &Arc<Self>) {
        let mut group = Vec::new();
        {
            let mut actor = self.actor.lock();
            self.mailbox.take_group(&mut group);
            self.run(&mut actor, &mut group);
        }
        if !self.mailbox.rest() {
            let this = Arc::clone(self);
            (self.options.actors)(Box::new(move || this.serve()));
        }
    }

    fn run(self: &Arc<Self>, slot: &mut Option<Actor>, group: &mut Vec<Envelope>) {
        if slot.is_none() && group.iter().all(|envelope| matches!(envelope.task, Task::Tick | Task::FlushDone { .. })) {
            group.clear();
            return;
        }
        let actor = match self.opened(slot) {
            Ok(actor) => actor,
            Err(error) => return refuse(group, &error),
        };
        if actor.is_congested() && group.iter().any(|envelope| matches!(envelope.task, Task::Request(_))) {
            let text = "the disk cannot keep up with the writes; retry after a short pause";
            let busy = Error::new(ErrorCode::Busy, text);
            let (mut requests, rest) = group.drain(..).partition(|envelope| matches!(envelope.task, Task::Request(_)));
            *group = rest;
            refuse(&mut requests, &busy);
        }
        let disk_full = self.disk_full.load(Ordering::Relaxed);
        let around = Surroundings { quota: *self.quota.lock(), rng: &self.options.rng, disk_full };
        let outcome = catch_unwind(AssertUnwindSafe(|| actor.run_group(group, &around)));
        // A panic outside the execution of a request may have left the memory half changed. Envelopes that were not
        // answered say "outcome unknown" when they are dropped.
        group.clear();
        let outcome = outcome.unwrap_or_else(|_| Outcome {
            panics: 1,
            failed: Some(Error::internal("the namespace's worker panicked")),
        });
        self.judge(slot, outcome);
    }

    /// Gives up an opening that has failed, and a namespace that fails again and again.
    fn judge(&self, slot: &mut Option<Actor>, outcome: Outcome) {
        if outcome.panics > 0 {
            self.panic_count.fetch_add(outcome.panics as u64, Ordering::Relaxed);
            let now = self.options.clock.monotonic();
            let mut panics = self.panics.lock();
            panics.extend(std::iter::repeat_n(now, outcome.panics));
            while panics.pop_front_if(|then| now.saturating_sub(*then) > Duration::from_secs(60)).is_some() {}
            if panics.len() >= limits::PANICS_PER_MINUTE_MAX {
                let text =
                    "the namespace is out of service after repeated defects; see the log, then restart the server";
                tracing::error!(dir = %self.files.dir.display(), "{text}");
                *self.fenced.lock() = Some(Error::new(ErrorCode::Fenced, text));
            }
        }
        if let Some(error) = outcome.failed {
            tracing::error!(%error, dir = %self.files.dir.display(), "the namespace is closed and will be reopened from its files");
            if let Some(mut actor) = slot.take() {
                actor.fail_waiters(&error);
            }
            self.state.store(None);
        }
    }

    /// Called about every quarter of a second by the engine. True if the namespace has long been idle.
    pub fn tick(self: &Arc<Self>) -> bool {
        let Some(state) = self.state.load_full() else { return false };
        self.build_graphs(&state);
        drop(state);
        if self.used.swap(false, Ordering::Relaxed) {
            self.idle_ticks.store(0, Ordering::Relaxed);
        } else {
            self.idle_ticks.fetch_add(1, Ordering::Relaxed);
        }
        let used = self.used.load(Ordering::Relaxed);
        self.submit(Envelope::internal(Task::Tick), false);
        self.used.store(used, Ordering::Relaxed);
        let idle = limits::TICK * self.idle_ticks.load(Ordering::Relaxed);
        idle >= limits::NAMESPACE_IDLE_MAX
    }

    /// Ticks since the last request.
    pub fn idle_ticks(&self) -> u32 {
        self.idle_ticks.load(Ordering::Relaxed)
    }

    /// Starts building vector graphs where searches would profit, once the collection has been quiet for a tick.
    fn build_graphs(&self, state: &Arc<State>) {
        for collection in state.collections.all() {
            let count = collection.newest_count();
            let quiet = collection.is_quiet(count);
            if !quiet || !collection.vectors.build_wanted() || collection.building.swap(true, Ordering::AcqRel) {
                continue;
            }
            let (thread_start, cancel) = (self.options.lower_priority, Arc::clone(&self.options.cancel_builds));
            let options = BuildOptions { threads: 0, cancel, thread_start };
            (self.options.background)(Box::new(move || {
                let built = catch_unwind(AssertUnwindSafe(|| collection.vectors.build(&options)));
                match built {
                    Ok(Ok(outcome)) => tracing::debug!(?outcome, "built a vector graph"),
                    Ok(Err(error)) => tracing::error!(%error, "building a vector graph failed; searches scan instead"),
                    Err(_) => tracing::error!("building a vector graph panicked; searches scan instead"),
                }
                collection.building.store(false, Ordering::Release);
            }));
        }
    }

    /// Flushes and closes the files, if nobody uses them. True if they are closed now.
    pub fn close(self: &Arc<Self>) -> bool {
        let mut slot = self.actor.lock();
        let Some(actor) = slot.as_mut() else { return true };
        if actor.is_flushing() {
            return false;
        }
        if let Err(error) = actor.flush_now() {
            tracing::error!(%error, "flushing on close failed; the log still holds everything");
        }
        self.state.store(None);
        // The actor holds one reference; a reader holds another. With a reader, stay open.
        let readers = Arc::strong_count(&actor.state) > 1;
        if readers {
            self.state.store(Some(Arc::clone(&actor.state)));
            return false;
        }
        *slot = None;
        true
    }

    /// Closes the files without flushing; for a namespace that is deleted, and for the end of the process.
    pub fn abandon(&self, why: &Error) {
        *self.fenced.lock() = Some(why.clone());
        let mut slot = self.actor.lock();
        if let Some(mut actor) = slot.take() {
            actor.fail_waiters(why);
        }
        self.state.store(None);
    }

    /// The newest published state; opens the namespace if need be.
    pub fn hold(self: &Arc<Self>) -> Result<Held> {
        self.used.store(true, Ordering::Relaxed);
        let state = match self.state.load_full() {
            Some(state) => state,
            None => self.open_state()?,
        };
        let snapshot = state.snapshot(None)?;
        // Read after the snapshot was taken, so it is never too early.
        let last_commit_at = state.counters.lock().last_commit_at;
        Ok(Held { _state: state, snapshot, last_commit_at })
    }

    /// Refuses now what [`Namespace::retire`] would refuse later; opens the namespace if need be.
    pub fn check_replaceable(self: &Arc<Self>, overwrite: bool) -> Result<()> {
        self.newest_to_replace(&mut self.actor.lock(), overwrite).map(drop)
    }

    fn newest_to_replace(self: &Arc<Self>, slot: &mut Option<Actor>, overwrite: bool) -> Result<u64> {
        match self.opened(slot) {
            Ok(actor) if !overwrite && actor.counters.holds_anything() => {
                let text = "the namespace holds data; ask to overwrite it, or restore into another one";
                Err(Error::new(ErrorCode::AlreadyExists, text))
            }
            Ok(actor) => Ok(actor.last_seq),
            Err(error) if overwrite && matches!(error.code, ErrorCode::Corrupt | ErrorCode::Fenced) => {
                Ok(self.files.floor_seq.saturating_add(limits::LOST_COMMITS_MAX))
            }
            Err(error) => Err(error),
        }
    }

    /// Lets `switch`, given the newest commit, put other files in the place of this namespace's. While it runs nothing is
    /// written, and once it has succeeded nothing ever again: requests that were waiting are told to come back. If it
    /// fails, everything goes on as before; if its outcome is unknown, nothing is written before a restart.
    ///
    /// Unless it is to `overwrite`, a namespace that holds anything is refused. Files that are damaged can only be
    /// overwritten, and as their commits are unknown, commit numbers then skip ahead of any they can have had.
    pub fn retire(self: &Arc<Self>, overwrite: bool, switch: impl FnOnce(u64) -> Result<()>) -> Result<()> {
        let mut slot = self.actor.lock();
        let newest = self.newest_to_replace(&mut slot, overwrite)?;
        let result = switch(newest);
        let why = match &result {
            Ok(()) => {
                let text = "the namespace was replaced by a restore; the request was not executed, send it again";
                Error::new(ErrorCode::Busy, text)
            }
            Err(error) if error.code == ErrorCode::OutcomeUnknown => Error::new(ErrorCode::Fenced, &*error.message),
            Err(_) => return result,
        };
        *self.fenced.lock() = Some(why.clone());
        if let Some(mut actor) = slot.take() {
            actor.fail_waiters(&why);
        }
        self.state.store(None);
        result
    }

    /// True once no reader or background job has the files open any more.
    pub fn is_released(&self) -> bool {
        self.last.lock().strong_count() == 0
    }

    /// Counters of the namespace; opens it if need be.
    pub fn stats(self: &Arc<Self>) -> Result<NamespaceStats> {
        let mut slot = self.actor.lock();
        let actor = self.opened(&mut slot)?;
        let counters = *actor.state.counters.lock();
        let collections = actor.state.collections.all();
        let store_bytes =
            self.options.disk.file_len(&self.files.dir.join("store.redb")).ok().flatten().unwrap_or_default();
        Ok(NamespaceStats {
            keys: counters.keys,
            collections: counters.collections,
            documents: counters.documents,
            vectors: counters.vectors,
            nodes: counters.nodes,
            edges: counters.edges,
            temporal_versions: counters.temporal_versions,
            live_bytes: counters.live_bytes,
            disk_bytes: store_bytes + actor.log.bytes_on_disk(),
            log_bytes: actor.log.bytes_used(),
            vector_memory_bytes: collections.iter().map(|collection| collection.memory_bytes()).sum(),
            commit_seq: CommitSeq(actor.last_seq),
            checkpoint_seq: CommitSeq(actor.checkpoint.flushed_seq),
        })
    }
}

fn refuse(group: &mut Vec<Envelope>, error: &Error) {
    for mut envelope in group.drain(..) {
        if let Some(reply) = envelope.complete(Err(error.clone())) {
            reply.flush();
        }
    }
}
