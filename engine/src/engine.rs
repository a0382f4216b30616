//! The engine: opens a data directory and carries out every operation of the table.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use crate::about::ping;
use crate::api::{Error, ErrorCode, Once, OpKind, Operation, Request, Response, Result};
use crate::checkpoints::Keeper;
use crate::clock::Clock;
use crate::data_dir::{DataDir, refuse_odd_names};
use crate::disk::{Disk, to_error};
use crate::limits;
use crate::lock::{self, DirLock, HolderState};
use crate::namespace::{
    CommitLog, Envelope, Namespace, NamespaceOptions, Openings, Shared, is_short_read, read_nothing, spawner,
    try_on_nothing, try_spawner,
};
use crate::occupancy::{Occupancy, Occupant};
use crate::options::EngineOptions;
use crate::reply::{Completion, Reply};
use crate::rng::{OsRng, Rng};
use crate::router::Router;
use crate::scrub::Scrubber;
use crate::service::Service;
use crate::shared_dir::DirectoryIdentity;
use crate::space::Space;
use crate::ticker::Ticker;
use crate::waiter::Waiter;
use crate::work::{Budget, Class, Pools, Turn, Wanted, given_up, lower_priority};

mod administer;
mod housekeeping;

struct EngineInner {
    data_dir: PathBuf,
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    router: Router,
    checkpoints: Keeper,
    scrubber: Scrubber,
    /// Held by the check that is under way.
    checking: Mutex<()>,
    shared: Shared,
    pools: Pools,
    ticker: Arc<Ticker>,
    /// Set when work of the engine's own, which nobody waits for, must end at once.
    closing: Arc<AtomicBool>,
    /// Set when reads that have begun must end, because they have had their time since the engine was closed.
    give_up: AtomicBool,
    occupancy: Arc<Occupancy>,
    /// The engine itself, with its catalog, until that is closed. Dropped after the router.
    within: Mutex<Option<Occupant>>,
    drain_max: Duration,
    /// The process that opened the engine: a fork of it must not touch the files.
    pid: u32,
    opened_at: Duration,
    closed: AtomicBool,
    reads_count: AtomicU64,
    writes_count: AtomicU64,
    errors_count: AtomicU64,
}

/// An open database. Clones share it; when the last one is dropped it is closed.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Owned>,
    answers: Arc<Budget>,
}

/// Closes the engine when the last clone goes; the ticker holds only the inside.
struct Owned(Option<Arc<EngineInner>>);

impl Drop for Owned {
    fn drop(&mut self) {
        let Some(inner) = self.0.take() else { return };
        if std::process::id() == inner.pid {
            if let Err(error) = inner.close() {
                tracing::error!(%error, "the database was dropped before it was closed");
            }
        } else {
            // In a fork the threads are gone and the files belong to the parent: leave everything as it is.
            std::mem::forget(inner);
        }
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// Opens a data directory, creating it if it is missing.
    ///
    /// # Errors
    /// `Locked` if another process has it open, `Corrupt` or `UnsupportedVersion` if its files cannot be read.
    pub fn open(options: EngineOptions) -> Result<Engine> {
        if options.path.as_os_str().is_empty() {
            return Err(Error::invalid("the path of the data directory is empty"));
        }
        let DataDir { path, disk, lock } = match &options.disk {
            None => {
                let state = if options.serves { HolderState::Starting } else { HolderState::Alone };
                DataDir::open(&options.path, state)?
            }
            Some(disk) => DataDir::on(Arc::clone(disk), &options.path)?,
        };
        refuse_odd_names(&*disk, &path)?;
        let occupancy = Occupancy::new(lock);
        let within = occupancy.enter()?;
        let rng: Arc<dyn Rng> = match &options.rng {
            Some(rng) => Arc::clone(rng),
            None => Arc::new(OsRng::open().map_err(|error| to_error(&error))?),
        };
        let pools = Pools::new();
        let closing = Arc::new(AtomicBool::new(false));
        let namespace_options = NamespaceOptions {
            disk: Arc::clone(&disk),
            clock: Arc::clone(&options.clock),
            rng: Arc::clone(&rng),
            background: spawner(&pools, Class::Flush, Turn::ENGINE),
            actors: try_spawner(&pools, Class::Actor, Turn::ENGINE),
            opens: try_spawner(&pools, Class::Open, Turn::ENGINE),
            builds: spawner(&pools, Class::Build, Turn::ENGINE),
            pools: Some(pools.clone()),
            pinned: Budget::new(limits::SNAPSHOT_BYTES_MAX),
            lower_priority,
            closing: Arc::clone(&closing),
            store_cache_bytes: options.store_cache_bytes,
            openings: Openings::new(options.open_namespaces_max, Arc::clone(&occupancy)),
        };
        let answers = Budget::new(options.answer_bytes_max);
        let shared = Shared::new(Space::new(Arc::clone(&disk), path.clone()), &answers);
        // The catalog first: it knows whether the directory is ours, and nothing may be removed from another.
        let router = Router::open(&path, namespace_options.clone(), shared.clone())?;
        let checkpoints = Keeper::open(&path, &namespace_options, &shared.space)?;
        let inner = Arc::new(EngineInner {
            data_dir: path,
            disk,
            opened_at: options.clock.monotonic(),
            scrubber: Scrubber::new(options.clock.monotonic()),
            clock: options.clock,
            rng,
            router,
            checkpoints,
            checking: Mutex::new(()),
            shared,
            pools,
            ticker: Arc::default(),
            closing,
            give_up: AtomicBool::new(false),
            occupancy,
            within: Mutex::new(Some(within)),
            drain_max: options.drain_max,
            pid: std::process::id(),
            closed: AtomicBool::new(false),
            reads_count: AtomicU64::new(0),
            writes_count: AtomicU64::new(0),
            errors_count: AtomicU64::new(0),
        });
        let weak = Arc::downgrade(&inner);
        inner.ticker.start(move || weak.upgrade().map(|inner| inner.tick_contained()).is_some())?;
        Ok(Engine { inner: Arc::new(Owned(Some(inner))), answers })
    }

    fn inner(&self) -> Result<&Arc<EngineInner>> {
        self.inner.0.as_ref().ok_or_else(|| Error::new(ErrorCode::ShuttingDown, "the database is closed"))
    }

    /// Carries out one typed operation on this thread.
    ///
    /// # Errors
    /// As the operation says.
    pub fn run<O: Operation>(&self, namespace: &str, operation: O) -> Result<O::Reply> {
        O::take_reply(self.call(namespace, operation.into_request())?)
    }

    /// The commits of a namespace, to be read from its log while it is written.
    ///
    /// ```
    /// # use toondb_engine::{Engine, EngineOptions, Origin, api};
    /// # let dir = std::env::temp_dir().join(format!("toondb-log-doc-{}", std::process::id()));
    /// # let engine = Engine::open(EngineOptions::new(&dir))?;
    /// # let (key, value) = (api::ByteBuf::from("greeting"), api::ByteBuf::from("hello"));
    /// engine.run("default", api::Put { key, value, ttl_ms: None, durability: api::Durability::Durable })?;
    /// let mut cursor = engine.commit_log("default")?.cursor(api::CommitSeq(0))?;
    /// while let Some(group) = cursor.next_group()? {
    ///     for commit in group.commits() {
    ///         assert_eq!(commit.head.and_then(|head| head.origin), Some(Origin::Client));
    ///         assert!(commit.rows().any(|row| row.key == b"greeting"));
    ///     }
    /// }
    /// # engine.close()?;
    /// # std::fs::remove_dir_all(dir).ok();
    /// # Ok::<(), api::Error>(())
    /// ```
    ///
    /// # Errors
    /// `NamespaceNotFound`; if it cannot be opened, or can only be read.
    pub fn commit_log(&self, namespace: &str) -> Result<CommitLog> {
        let inner = self.inner()?;
        inner.check_process()?;
        let _inside = inner.occupancy.enter()?;
        inner.router.require(namespace)?.commit_log()
    }

    /// How long the writer of a namespace has been at one group of requests, of all namespaces the longest: whether writers still
    /// answer. Nothing once the engine is closed.
    #[must_use]
    pub fn busiest_writer(&self) -> Duration {
        self.inner().map_or(Duration::ZERO, |inner| inner.router.busiest_writer())
    }

    /// Tells a second process that wants the directory how this one is reached: as a text for people, and the socket by itself.
    ///
    /// # Errors
    /// If the lock file cannot be written, or in a fork.
    pub fn announce(&self, addresses: &str, socket: Option<&Path>) -> Result<()> {
        self.describe(HolderState::Serving, addresses, socket)
    }

    /// Tells a second process that this one serves no more and is about to close the engine: it may wait.
    ///
    /// # Errors
    /// If the lock file cannot be written, or in a fork.
    pub fn announce_end(&self, socket: Option<&Path>) -> Result<()> {
        self.describe(HolderState::Ending, "", socket)
    }

    fn describe(&self, state: HolderState, addresses: &str, socket: Option<&Path>) -> Result<()> {
        let inner = self.inner()?;
        inner.check_process()?;
        let text = lock::text(state, addresses, socket);
        inner.occupancy.with_lock(|lock| lock.map_or(Ok(()), |lock| lock.describe(&text)))
    }

    /// Which directory it is; nothing on a simulated disk, or once it is closed.
    #[must_use]
    pub fn directory(&self) -> Option<DirectoryIdentity> {
        self.inner().ok()?.occupancy.with_lock(|lock| lock.map(DirLock::identity))
    }

    /// One round of housekeeping, for tests that move the clock; the engine does one every [`limits::TICK`] by itself.
    ///
    /// # Errors
    /// If the engine is closed.
    #[cfg(any(test, feature = "sim"))]
    pub fn tick(&self) -> Result<()> {
        self.inner().map(|inner| inner.tick())
    }

    /// Flushes and closes everything. Requests that come later are refused with `ShuttingDown`.
    ///
    /// # Errors
    /// `Busy` if requests were still running when the time for them was over: the directory stays locked until the last of
    /// them has ended, and closing again goes on waiting. `Forked` in a fork of the process that opened it: nothing was
    /// touched.
    pub fn close(&self) -> Result<()> {
        let inner = self.inner()?;
        inner.check_process()?;
        inner.close()
    }
}

impl Service for Engine {
    fn submit(&self, namespace: &str, request: Request, once: Option<Once>, reply: Reply) {
        match self.inner().and_then(|inner| inner.admit(&request).map(|()| inner)) {
            Ok(inner) => inner.submit(namespace, request, once, reply),
            Err(error) => reply.send(Err(error)),
        }
    }

    fn call(&self, namespace: &str, request: Request) -> Result<Response> {
        let inner = self.inner()?;
        inner.admit(&request)?;
        inner.count(request.code().kind());
        let result = inner.call(namespace, request);
        if result.is_err() {
            inner.errors_count.fetch_add(1, Ordering::Relaxed);
        }
        result
    }

    fn answer_hint(&self, namespace: &str, request: &Request) -> usize {
        let hint = request.answer_hint();
        if hint == 0 || request.code().kind() != OpKind::Read || !request.code().scope().is_namespaced() {
            return hint;
        }
        let handle = self.inner().ok().and_then(|inner| inner.router.find(namespace).ok().flatten());
        hint.max(handle.and_then(|handle| handle.foresee(request)).unwrap_or_default())
    }

    fn answer_budget(&self) -> Arc<Budget> {
        Arc::clone(&self.answers)
    }
}

impl EngineInner {
    fn check_process(&self) -> Result<()> {
        if std::process::id() == self.pid {
            return Ok(());
        }
        let text = "this process is a fork of the one that opened the database; open your own connection, for example \
                    to a server's socket";
        Err(Error::new(ErrorCode::Forked, text))
    }

    fn admit(&self, request: &Request) -> Result<()> {
        self.check_process()?;
        if self.closed.load(Ordering::Acquire) {
            return Err(closed_error());
        }
        request.validate()
    }

    fn count(&self, kind: OpKind) {
        match kind {
            OpKind::Write => self.writes_count.fetch_add(1, Ordering::Relaxed),
            OpKind::Read => self.reads_count.fetch_add(1, Ordering::Relaxed),
            OpKind::Admin => 0,
        };
    }

    fn call(self: &Arc<Self>, namespace: &str, request: Request) -> Result<Response> {
        match request.code().kind() {
            OpKind::Read => self.read(namespace, request),
            OpKind::Write => {
                let handle = self.find_or_create(namespace, &request)?;
                let waiter = Arc::new(Waiter::default());
                let reply = Reply::new(Arc::clone(&waiter) as Arc<dyn Completion>, 0);
                handle.submit(Envelope::request(request, None, reply), true);
                waiter.wait()
            }
            OpKind::Admin if matches!(request, Request::Flush(_)) => {
                let waiter = Arc::new(Waiter::default());
                self.flush(namespace, Reply::new(Arc::clone(&waiter) as Arc<dyn Completion>, 0));
                waiter.wait()
            }
            OpKind::Admin => self.administer_contained(namespace, request, &Wanted::by(None, &self.give_up)),
        }
    }

    /// The namespace of a write. A new one is made only for a write that will succeed in it.
    fn find_or_create(&self, namespace: &str, request: &Request) -> Result<Arc<Namespace>> {
        // What is in doubt is decided below.
        if let Ok(Some(handle)) = self.router.find(namespace) {
            return Ok(handle);
        }
        self.contained(request.code(), || {
            let _inside = self.occupancy.enter()?;
            try_on_nothing(&self.clock, &*self.rng, request.clone())?;
            self.router.find_or_create(namespace)
        })
    }

    fn read(&self, namespace: &str, request: Request) -> Result<Response> {
        match self.router.find(namespace)? {
            Some(handle) => handle.read(request, &Wanted::by(None, &self.give_up)),
            None => read_nothing(&self.clock, request),
        }
    }

    fn submit(self: &Arc<Self>, namespace: &str, request: Request, once: Option<Once>, reply: Reply) {
        let kind = request.code().kind();
        self.count(kind);
        // A name beside an operation about none of them means nothing, whatever it is.
        let found = if request.code().scope().is_namespaced() { self.router.find(namespace) } else { Ok(None) };
        let handle = match (kind, found) {
            (_, Ok(handle)) => handle,
            (OpKind::Read, Err(error)) => return self.answer(&reply, Err(error)),
            // Whoever carries it out may wait for the disk, and asks again: a creation in doubt is decided there.
            (OpKind::Write | OpKind::Admin, Err(_)) => None,
        };
        match (kind, handle) {
            (OpKind::Read, None) => self.answer(&reply, read_nothing(&self.clock, request)),
            (OpKind::Read, Some(handle)) if is_short_read(&request) && handle.answers_at_once(&request) => {
                self.answer(&reply, handle.read(request, &Wanted::by(None, &self.give_up)));
            }
            (OpKind::Read, Some(handle)) if handle.is_open() => {
                self.read_later(handle, request, reply);
            }
            (OpKind::Read, Some(handle)) => {
                let this = Arc::clone(self);
                self.pooled(Class::Open, handle.turn(), reply, move |reply| match handle.hold() {
                    Ok(_held) => this.read_later(handle, request, reply.clone()),
                    Err(error) => this.answer(reply, Err(error)),
                });
            }
            (OpKind::Write, Some(handle)) => handle.submit(Envelope::request(request, once, reply), false),
            (OpKind::Write, None) => {
                let (this, name) = (Arc::clone(self), namespace.to_owned());
                self.pooled(Class::Open, Turn::ENGINE, reply, move |reply| {
                    match this.find_or_create(&name, &request) {
                        Ok(handle) => handle.submit(Envelope::request(request, once, reply.clone()), false),
                        Err(error) => this.answer(reply, Err(error)),
                    }
                });
            }
            (OpKind::Admin, _) if matches!(request, Request::Flush(_)) => self.flush(namespace, reply),
            (OpKind::Admin, _) if matches!(request, Request::Ping(_)) => self.answer(&reply, Ok(ping())),
            (OpKind::Admin, handle) => {
                let turn = handle.map_or(Turn::ENGINE, |handle| handle.turn());
                let (this, name) = (Arc::clone(self), namespace.to_owned());
                self.pooled(Class::Admin, turn, reply, move |reply| {
                    let wanted = Wanted::by(Some(reply), &this.give_up);
                    this.answer(reply, this.administer_contained(&name, request, &wanted));
                });
            }
        }
    }

    fn answer(&self, reply: &Reply, result: Result<Response>) {
        if result.is_err() {
            self.errors_count.fetch_add(1, Ordering::Relaxed);
        }
        reply.send(result);
    }

    fn read_later(self: &Arc<Self>, handle: Arc<Namespace>, request: Request, reply: Reply) {
        let this = Arc::clone(self);
        self.pooled(Class::Read, handle.turn(), reply, move |reply| {
            this.answer(reply, handle.read(request, &Wanted::by(Some(reply), &this.give_up)));
        });
    }

    /// Runs work that may block on a pool, unless nobody wants it any more when its turn has come.
    fn pooled(self: &Arc<Self>, class: Class, turn: Turn, reply: Reply, work: impl FnOnce(&Reply) + Send + 'static) {
        let (this, for_busy) = (Arc::clone(self), reply.clone());
        let job = move || match reply.is_wanted() {
            true => work(&reply),
            false => this.answer(&reply, Err(given_up())),
        };
        if self.pools.spawn(class, turn, Box::new(job)).is_err() {
            let error = match self.closed.load(Ordering::Acquire) {
                true => closed_error(),
                false => Error::new(
                    ErrorCode::Busy,
                    "too many requests of its kind are waiting, or there is no thread for one; retry after a short pause",
                ),
            };
            self.answer(&for_busy, Err(error));
        }
    }

    fn flush(&self, namespace: &str, reply: Reply) {
        match self.router.require(namespace) {
            Ok(handle) => handle.submit(Envelope::flush(reply), false),
            Err(error) => self.answer(&reply, Err(error)),
        }
    }

    /// Several may close at once, or one after the other: each waits for the same things.
    fn close(&self) -> Result<()> {
        self.closed.store(true, Ordering::Release);
        self.occupancy.shut();
        self.ticker.stop();
        self.closing.store(true, Ordering::Release);
        let deadline = self.clock.monotonic() + self.drain_max;
        let rest = || deadline.saturating_sub(self.clock.monotonic());
        // What has begun may end well in half of the time; in the other half reads are given up.
        let mut drained = self.pools.close(&*self.clock, rest() / 2);
        if !drained {
            self.give_up.store(true, Ordering::Release);
            drained = self.pools.close(&*self.clock, rest());
        }
        self.scrubber.end();
        self.checkpoints.close();
        self.router.close(&*self.clock, deadline);
        *self.within.lock() = None;
        if !self.occupancy.wait_until_empty(rest() / 2) {
            self.give_up.store(true, Ordering::Release);
        }
        if self.occupancy.wait_until_empty(rest()) && drained {
            return Ok(());
        }
        let text = "the database takes no more requests, but some are still running; the directory stays locked until they \
                    have ended: close again to wait for them";
        Err(Error::new(ErrorCode::Busy, text))
    }
}

fn closed_error() -> Error {
    Error::new(ErrorCode::ShuttingDown, "the database is closed; the request was not executed")
}

// The namespace handle is shared between threads; the compiler checks it here rather than at some distant spawn.
const _: fn() = || {
    fn shared<T: Send + Sync>() {}
    shared::<Namespace>();
    shared::<Engine>();
};
