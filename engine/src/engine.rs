//! The engine: opens a data directory and carries out every operation of the table.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use crate::api::{
    Capabilities, CommitSeq, Deleted, Durability, Error, ErrorCode, NamespaceList, OpCode, OpKind, Operation, Pong,
    Request, Response, Result, ServerStats,
};
use crate::checkpoints::Keeper;
use crate::clock::Clock;
use crate::disk::Disk;
use crate::limits;
use crate::lock::DirLock;
use crate::namespace::{Envelope, Namespace, NamespaceOptions, Shared, is_short_read, read_nothing};
use crate::options::EngineOptions;
use crate::pool::Pool;
use crate::rng::{OsRng, Rng};
use crate::router::Router;
use crate::service::{Completion, Reply, Service};

/// The version of this build.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Guarantees that this build gives; `docs/design.md` says what each means and which test backs it.
const GUARANTEES: &[&str] = &[
    "acknowledged_is_durable",
    "atomic_commit_per_namespace",
    "no_holes_in_commit_order",
    "read_your_writes",
    "snapshot_reads",
    "one_writer_process",
    "bounded_memory",
    "checksummed_rows",
    "damage_is_reported",
];

struct Inner {
    data_dir: PathBuf,
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    router: Router,
    checkpoints: Keeper,
    shared: Shared,
    actors: Pool,
    reads: Pool,
    background: Pool,
    ticker: Arc<Ticker>,
    cancel_builds: Arc<AtomicBool>,
    /// Nothing on a simulated disk, which no second process can see.
    lock: Mutex<Option<DirLock>>,
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
}

/// Closes the engine when the last clone goes; the ticker holds only the inside.
struct Owned(Option<Arc<Inner>>);

impl Drop for Owned {
    fn drop(&mut self) {
        let Some(inner) = self.0.take() else { return };
        if std::process::id() == inner.pid {
            inner.close();
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

/// Wakes the engine's housekeeping now and then, until it is told to stop.
#[derive(Default)]
struct Ticker {
    stopped: Mutex<bool>,
    wake: Condvar,
}

impl Ticker {
    fn start(self: &Arc<Self>, inner: &Arc<Inner>) -> Result<()> {
        let (this, inner) = (Arc::clone(self), Arc::downgrade(inner));
        let run = move || {
            loop {
                let mut stopped = this.stopped.lock();
                if !*stopped {
                    this.wake.wait_for(&mut stopped, limits::TICK);
                }
                if *stopped {
                    return;
                }
                drop(stopped);
                let Some(inner) = inner.upgrade() else { return };
                inner.tick();
            }
        };
        let started = std::thread::Builder::new().name("toondb-tick".to_owned()).spawn(run);
        started.map(drop).map_err(|error| Error::internal(format!("a thread could not be started: {error}")))
    }

    fn stop(&self) {
        *self.stopped.lock() = true;
        self.wake.notify_all();
    }
}

fn normal_priority() {}

/// Background work gives way to requests: it may take a processor only when nobody else wants it.
fn lower_priority() {
    // On Linux this changes the calling thread only. Without it everything still works, only less smoothly.
    let _ = rustix::process::setpriority_process(None, 15);
}

impl Engine {
    /// Opens a data directory, creating it if it is missing.
    ///
    /// # Errors
    /// `Locked` if another process has it open, `Corrupt` or `UnsupportedVersion` if its files cannot be read.
    pub fn open(options: EngineOptions) -> Result<Engine> {
        let disk = options.disk_or_real();
        let io = |error: std::io::Error| Error::internal(format!("{}: {error}", options.path.display()));
        if options.path.as_os_str().is_empty() {
            return Err(Error::invalid("the path of the data directory is empty"));
        }
        make_data_dir(&*disk, &options.path).map_err(io)?;
        let lock = if options.disk.is_none() { Some(DirLock::acquire(&options.path)?) } else { None };
        let rng: Arc<dyn Rng> = match &options.rng {
            Some(rng) => Arc::clone(rng),
            None => Arc::new(OsRng::open().map_err(io)?),
        };
        let actors = Pool::new("toondb-actor", limits::ACTOR_THREADS_MAX, usize::MAX, normal_priority);
        let reads = Pool::new("toondb-read", limits::READ_THREADS_MAX, limits::READ_QUEUE_MAX, normal_priority);
        let background = Pool::new("toondb-flush", limits::BACKGROUND_THREADS_MAX, usize::MAX, lower_priority);
        let cancel_builds = Arc::new(AtomicBool::new(false));
        let namespace_options = NamespaceOptions {
            disk: Arc::clone(&disk),
            clock: Arc::clone(&options.clock),
            rng,
            background: spawner(&background),
            actors: spawner(&actors),
            lower_priority,
            cancel_builds: Arc::clone(&cancel_builds),
        };
        let shared = Shared::default();
        let open_max = options.open_namespaces_max.max(1);
        let checkpoints = Keeper::open(&options.path, &namespace_options)?;
        let router = Router::open(&options.path, namespace_options, shared.clone(), open_max)?;
        let inner = Arc::new(Inner {
            data_dir: options.path,
            disk,
            opened_at: options.clock.monotonic(),
            clock: options.clock,
            router,
            checkpoints,
            shared,
            actors,
            reads,
            background,
            ticker: Arc::default(),
            cancel_builds,
            lock: Mutex::new(lock),
            pid: std::process::id(),
            closed: AtomicBool::new(false),
            reads_count: AtomicU64::new(0),
            writes_count: AtomicU64::new(0),
            errors_count: AtomicU64::new(0),
        });
        inner.ticker.start(&inner)?;
        Ok(Engine { inner: Arc::new(Owned(Some(inner))) })
    }

    fn inner(&self) -> Result<&Arc<Inner>> {
        self.inner.0.as_ref().ok_or_else(|| Error::new(ErrorCode::ShuttingDown, "the database is closed"))
    }

    /// Carries out one typed operation on this thread.
    ///
    /// # Errors
    /// As the operation says.
    pub fn run<O: Operation>(&self, namespace: &str, operation: O) -> Result<O::Reply> {
        O::take_reply(self.call(namespace, operation.into_request())?)
    }

    /// Tells a second process that wants the directory how this one is reached.
    ///
    /// # Errors
    /// If the lock file cannot be written.
    pub fn announce(&self, address: &str) -> Result<()> {
        match &*self.inner()?.lock.lock() {
            Some(lock) => lock.describe(&format!("pid {}, serving {address}", std::process::id())),
            None => Ok(()),
        }
    }

    /// Flushes and closes everything. Requests that come later are refused with `ShuttingDown`.
    ///
    /// # Errors
    /// `Forked` in a fork of the process that opened it: nothing was touched.
    pub fn close(&self) -> Result<()> {
        let inner = self.inner()?;
        inner.check_process()?;
        inner.close();
        Ok(())
    }
}

/// Makes the data directory and makes its name, and those of the directories above it, durable: a name that a power loss
/// takes back would take every acknowledged write below it along. A directory with a catalog has been through this; one
/// without may stem from an attempt that ended before its syncs, so existing directories are synced too.
fn make_data_dir(disk: &dyn Disk, path: &Path) -> std::io::Result<()> {
    let path = std::path::absolute(path)?;
    let existed = path.ancestors().find(|dir| disk.exists(dir).unwrap_or(false)).map(Path::to_owned);
    disk.create_dir_all(&path)?;
    if crate::catalog::exists(disk, &path)? {
        return Ok(());
    }
    for parent in path.ancestors().skip(1) {
        let is_old = existed.as_ref().is_some_and(|existed| existed.starts_with(parent) && existed != parent);
        match disk.sync_dir(parent) {
            // Directories that this user may not even read were not made by an earlier attempt of this user.
            Err(error) if is_old && error.kind() == std::io::ErrorKind::PermissionDenied => break,
            result => result?,
        }
    }
    Ok(())
}

fn spawner(pool: &Pool) -> crate::namespace::Spawn {
    let pool = pool.clone();
    Arc::new(move |job| {
        // A closed pool runs what still comes on the caller's thread: it is the end of something that must end.
        if let Err(job) = pool.spawn(job) {
            job();
        }
    })
}

impl Service for Engine {
    fn submit(&self, namespace: &str, request: Request, reply: Reply) {
        match self.inner().and_then(|inner| inner.admit(&request).map(|()| inner)) {
            Ok(inner) => inner.submit(namespace, request, reply),
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
}

impl Inner {
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
            return Err(Error::new(ErrorCode::ShuttingDown, "the database is closed; the request was not executed"));
        }
        request.validate()
    }

    fn count(&self, kind: OpKind) {
        match kind {
            OpKind::Write => self.writes_count.fetch_add(1, Ordering::Relaxed),
            OpKind::Read | OpKind::LongRead => self.reads_count.fetch_add(1, Ordering::Relaxed),
            OpKind::Admin => 0,
        };
    }

    fn call(self: &Arc<Self>, namespace: &str, request: Request) -> Result<Response> {
        match request.code().kind() {
            OpKind::Read | OpKind::LongRead => self.read(namespace, request),
            OpKind::Write => {
                let handle = self.router.find_or_create(namespace)?;
                let waiter = Arc::new(Waiter::default());
                let reply = Reply::new(Arc::clone(&waiter) as Arc<dyn Completion>, 0);
                handle.submit(Envelope::request(request, reply), true);
                waiter.wait()
            }
            OpKind::Admin if matches!(request, Request::Flush(_)) => {
                let waiter = Arc::new(Waiter::default());
                self.flush(namespace, Reply::new(Arc::clone(&waiter) as Arc<dyn Completion>, 0));
                waiter.wait()
            }
            OpKind::Admin => self.administer(namespace, request),
        }
    }

    fn read(&self, namespace: &str, request: Request) -> Result<Response> {
        match self.router.find(namespace)? {
            Some(handle) => handle.read(request),
            None => read_nothing(&self.clock, request),
        }
    }

    fn submit(self: &Arc<Self>, namespace: &str, request: Request, reply: Reply) {
        let kind = request.code().kind();
        self.count(kind);
        let handle = match self.router.find(namespace) {
            Ok(handle) => handle,
            Err(error) => return self.answer(&reply, Err(error)),
        };
        match (kind, handle) {
            (OpKind::Read | OpKind::LongRead, None) => self.answer(&reply, read_nothing(&self.clock, request)),
            (OpKind::Read | OpKind::LongRead, Some(handle)) if handle.is_open() && is_short_read(&request) => {
                self.answer(&reply, handle.read(request));
            }
            (OpKind::Read | OpKind::LongRead, Some(handle)) => {
                let this = Arc::clone(self);
                self.pooled(reply, move |reply| this.answer(reply, handle.read(request)));
            }
            (OpKind::Write, Some(handle)) => handle.submit(Envelope::request(request, reply), false),
            (OpKind::Write, None) => {
                let (this, name) = (Arc::clone(self), namespace.to_owned());
                self.pooled(reply, move |reply| match this.router.find_or_create(&name) {
                    Ok(handle) => handle.submit(Envelope::request(request, reply.clone()), false),
                    Err(error) => this.answer(reply, Err(error)),
                });
            }
            (OpKind::Admin, _) if matches!(request, Request::Flush(_)) => self.flush(namespace, reply),
            (OpKind::Admin, _) if matches!(request, Request::Ping(_)) => self.answer(&reply, Ok(ping())),
            (OpKind::Admin, _) => {
                let (this, name) = (Arc::clone(self), namespace.to_owned());
                self.pooled(reply, move |reply| this.answer(reply, this.administer(&name, request)));
            }
        }
    }

    fn answer(&self, reply: &Reply, result: Result<Response>) {
        if result.is_err() {
            self.errors_count.fetch_add(1, Ordering::Relaxed);
        }
        reply.send(result);
    }

    /// Runs work that may block on the pool of long reads.
    fn pooled(&self, reply: Reply, work: impl FnOnce(&Reply) + Send + 'static) {
        let for_busy = reply.clone();
        if self.reads.spawn(Box::new(move || work(&reply))).is_err() {
            let text = "too many long reads are waiting; retry after a short pause";
            self.answer(&for_busy, Err(Error::new(ErrorCode::Busy, text)));
        }
    }

    fn flush(&self, namespace: &str, reply: Reply) {
        match self.router.require(namespace) {
            Ok(handle) => handle.submit(Envelope::flush(reply), false),
            Err(error) => self.answer(&reply, Err(error)),
        }
    }

    fn administer(self: &Arc<Self>, namespace: &str, request: Request) -> Result<Response> {
        Ok(match request {
            Request::Ping(_) => ping(),
            Request::Capabilities(_) => Response::Capabilities(capabilities()),
            Request::ServerStats(_) => Response::ServerStats(self.stats()),
            Request::CreateNamespace(create) => Response::CreateNamespace(self.router.create(namespace, create)?),
            Request::ListNamespaces(_) => Response::ListNamespaces(NamespaceList { namespaces: self.router.list() }),
            Request::DescribeNamespace(_) => Response::DescribeNamespace(self.router.describe(namespace)?),
            Request::NamespaceStats(_) => Response::NamespaceStats(self.router.require(namespace)?.stats()?),
            Request::DeleteNamespace(_) => {
                self.router.delete(namespace)?;
                let (commit_seq, durability) = (CommitSeq(0), Durability::Durable);
                Response::DeleteNamespace(Deleted { deleted: 1, commit_seq, durability })
            }
            Request::SetQuota(set) => Response::SetQuota(self.router.set_quota(namespace, set.quota)?),
            other => return self.checkpoints.administer(&self.router, namespace, other),
        })
    }

    fn stats(&self) -> ServerStats {
        ServerStats {
            version: VERSION.to_owned(),
            pid: self.pid,
            uptime_ms: self.clock.monotonic().saturating_sub(self.opened_at).as_millis().try_into().unwrap_or(u64::MAX),
            namespaces: self.router.len() as u64,
            open_namespaces: self.router.open_count() as u64,
            reads: self.reads_count.load(Ordering::Relaxed),
            writes: self.writes_count.load(Ordering::Relaxed),
            errors: self.errors_count.load(Ordering::Relaxed),
            panics: self.shared.panics.load(Ordering::Relaxed),
        }
    }

    fn tick(&self) {
        self.checkpoints.tick();
        self.router.tick(self.router.free_bytes(&*self.disk, &self.data_dir));
    }

    fn close(&self) {
        if self.closed.swap(true, Ordering::AcqRel) {
            return;
        }
        self.ticker.stop();
        self.cancel_builds.store(true, Ordering::Release);
        self.reads.close(limits::DRAIN_TIMEOUT);
        self.actors.close(limits::DRAIN_TIMEOUT);
        self.background.close(limits::DRAIN_TIMEOUT);
        // The directory is free for others only once nothing here can write to it any more.
        if self.router.close(&*self.clock, limits::DRAIN_TIMEOUT) {
            *self.lock.lock() = None;
        }
    }
}

fn ping() -> Response {
    Response::Ping(Pong { version: VERSION.to_owned() })
}

fn capabilities() -> Capabilities {
    let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Capabilities {
        version: VERSION.to_owned(),
        operations: OpCode::ALL.iter().map(|code| code.name().to_owned()).collect(),
        guarantees: own(GUARANTEES),
        metrics: own(&["cosine", "euclidean", "dot"]),
        durability: own(&["durable", "volatile"]),
    }
}

/// Lets a thread wait for the result of its own request.
#[derive(Default)]
struct Waiter {
    result: Mutex<Option<Result<Response>>>,
    done: Condvar,
}

impl Completion for Waiter {
    fn complete(&self, _token: u64, result: Result<Response>) {
        *self.result.lock() = Some(result);
        self.done.notify_all();
    }
}

impl Waiter {
    fn wait(&self) -> Result<Response> {
        let mut result = self.result.lock();
        loop {
            if let Some(result) = result.take() {
                return result;
            }
            self.done.wait(&mut result);
        }
    }
}

// The namespace handle is shared between threads; the compiler checks it here rather than at some distant spawn.
const _: fn() = || {
    fn shared<T: Send + Sync>() {}
    shared::<Namespace>();
    shared::<Engine>();
};
