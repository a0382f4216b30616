//! A namespace on a simulated disk. Its actor, its background work and its ticks all run on the test's own thread.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use parking_lot::Mutex;

use crate::api::{NamespaceStats, Operation, Quota, Request, Response, Result};
use crate::clock::ManualClock;
use crate::disk::{CrashMode, SimDisk};
use crate::log::LogOptions;
use crate::namespace::{
    Envelope, Namespace, NamespaceFiles, NamespaceOptions, Openings, Shared, Spawn, Tenant, TrySpawn, create_files,
};
use crate::occupancy::Occupancy;
use crate::reply::{Completion, Reply};
use crate::rng::SeededRng;
use crate::space::Space;
use crate::store::{Base, BaseSnapshot, FlushInput, Memtable};
use crate::work::{Budget, Job, Wanted};

const ID: [u8; 16] = [3; 16];
const DIR: &str = "/ns";

/// The namespace and what it stands on.
pub struct Bench {
    /// The time, which begins at 1,000 ms.
    pub clock: Arc<ManualClock>,
    /// The disk.
    pub disk: SimDisk,
    /// The namespace.
    pub handle: Arc<Namespace>,
    /// What becomes of the mailbox's jobs.
    pub workers: Arc<Mutex<Workers>>,
    /// As when the engine is closing.
    pub closing: Arc<AtomicBool>,
}

/// What becomes of the mailbox's jobs.
#[derive(Default)]
pub enum Workers {
    /// They run at once.
    #[default]
    AtOnce,
    /// They are kept, while somebody gathers a group.
    Gathering(Vec<Job>),
    /// They are given back. Where on the stack that was, each time.
    Closed(Vec<usize>),
}

fn open(
    disk: &SimDisk,
    clock: &Arc<ManualClock>,
    workers: &Arc<Mutex<Workers>>,
    closing: &Arc<AtomicBool>,
) -> Arc<Namespace> {
    let inline: Spawn = Arc::new(|job| job());
    let workers = Arc::clone(workers);
    let actors: TrySpawn = Arc::new(move |job| {
        match &mut *workers.lock() {
            Workers::Closed(places) => {
                places.push(std::ptr::from_ref(&job).addr());
                return Err(job);
            }
            Workers::Gathering(jobs) => {
                jobs.push(job);
                return Ok(());
            }
            Workers::AtOnce => {}
        }
        job();
        Ok(())
    });
    let options = NamespaceOptions {
        disk: Arc::new(disk.clone()),
        clock: Arc::clone(clock) as _,
        rng: Arc::new(SeededRng::new(disk.op_count())),
        background: Arc::clone(&inline),
        actors: Arc::clone(&actors),
        opens: actors,
        builds: inline,
        pools: None,
        pinned: Budget::new(usize::MAX),
        lower_priority: || (),
        closing: Arc::clone(closing),
        store_cache_bytes: crate::limits::STORE_CACHE_BYTES,
        openings: Openings::new(1, Occupancy::new(None)),
    };
    if !crate::disk::Disk::exists(disk, Path::new(DIR)).unwrap() {
        create_files(&options, Path::new(DIR), ID).unwrap();
    }
    let files = NamespaceFiles { id: ID, name: "bench".to_owned(), dir: DIR.into(), floor_seq: 0 };
    Arc::new(Namespace::new(
        files,
        Quota::default(),
        options,
        &Shared::new(Space::new(Arc::new(disk.clone()), DIR.into()), &Budget::new(crate::limits::UNREAD_BYTES_MAX)),
    ))
}

impl Bench {
    /// An empty namespace.
    pub fn new() -> Self {
        let (disk, clock) = (SimDisk::new(), Arc::new(ManualClock::new(1_000)));
        let (workers, closing) = Default::default();
        let handle = open(&disk, &clock, &workers, &closing);
        Self { clock, disk, handle, workers, closing }
    }

    /// Queues writes that all wait when the worker comes, and gives their answers.
    pub fn run_together(&self, requests: Vec<Request>) -> Vec<Result<Response>> {
        *self.workers.lock() = Workers::Gathering(Vec::new());
        let mut waiters = Vec::new();
        for request in requests {
            let waiter = Arc::new(Waiter::default());
            let reply = Reply::new(Arc::clone(&waiter) as Arc<dyn Completion>, 0);
            self.handle.submit(Envelope::request(request, None, reply), false);
            waiters.push(waiter);
        }
        let Workers::Gathering(jobs) = std::mem::take(&mut *self.workers.lock()) else { panic!("nothing is gathered") };
        jobs.into_iter().for_each(|job| job());
        waiters.iter().map(|waiter| waiter.0.lock().take().unwrap()).collect()
    }

    /// Whether readers still had the opening when the answer to a write came, and the answer.
    pub fn run_and_look(&self, request: Request) -> (bool, Result<Response>) {
        let looker = Arc::new(Looker { handle: Arc::clone(&self.handle), seen: Mutex::default() });
        let reply = Reply::new(Arc::clone(&looker) as Arc<dyn Completion>, 0);
        self.handle.submit(Envelope::request(request, None, reply), true);
        looker.seen.lock().take().unwrap()
    }

    /// Carries an operation out.
    pub fn run<O: Operation>(&self, operation: O) -> Result<O::Reply> {
        let request = operation.into_request();
        let response = match request.code().kind() {
            crate::api::OpKind::Write => {
                let waiter = Arc::new(Waiter::default());
                let reply = Reply::new(Arc::clone(&waiter) as Arc<dyn Completion>, 0);
                self.handle.submit(Envelope::request(request, None, reply), true);
                waiter.0.lock().take().unwrap()
            }
            _ => self.handle.read(request, &Wanted::always()),
        };
        O::take_reply(response?)
    }

    /// Housekeeping: what the engine does every quarter of a second.
    pub fn tick(&self) {
        Arc::clone(&self.handle).tick();
    }

    /// The counters.
    pub fn stats(&self) -> NamespaceStats {
        self.handle.stats().unwrap()
    }

    /// Payload bytes of each record that the log holds and the store does not.
    pub fn log_records(&self) -> Vec<usize> {
        let options = Self::log_options(&self.disk.crash_image(0, CrashMode::KeepAll));
        let mut found = Vec::new();
        let flushed = self.stats().flushed_seq.0;
        crate::log::open(options, flushed, &mut |batch| {
            found.push(batch.payload.len());
            Ok(())
        })
        .unwrap();
        found
    }

    /// Replaces the bounds.
    pub fn set_quota(&self, quota: Quota) {
        self.handle.set_quota(quota);
    }

    /// Closes and opens the files.
    pub fn reopen(&mut self) {
        assert!(self.handle.close_unused());
        self.handle = open(&self.disk, &self.clock, &self.workers, &self.closing);
    }

    /// Opens what another disk has. Whoever had files open has let go of them.
    pub fn go_on_with(&mut self, disk: SimDisk) {
        self.disk = disk;
        self.handle = open(&self.disk, &self.clock, &self.workers, &self.closing);
    }

    /// What the log of this namespace is opened with, on any disk.
    pub fn log_options(disk: &SimDisk) -> LogOptions {
        let (rng, dir) = (Arc::new(SeededRng::new(1)), Path::new(DIR).join("log"));
        LogOptions::new(Arc::new(disk.clone()), rng, dir, ID, LogOptions::PAYLOAD_LIMIT_BYTES)
    }

    /// Closes the files, changes rows of the store as only another version could, and opens them.
    pub fn alter(&mut self, change: impl FnOnce(&BaseSnapshot, &Memtable)) {
        assert!(self.handle.close_unused());
        let base = Base::open(&self.disk, &Path::new(DIR).join("store.redb"), ID, 1 << 20).unwrap();
        let ((through_seq, counters), memtable) = (base.flushed().unwrap(), Memtable::default());
        change(&base.snapshot().unwrap(), &memtable);
        base.flush(FlushInput { memtable: &memtable, through_seq, counters }).unwrap();
        base.close().unwrap();
        self.handle = open(&self.disk, &self.clock, &self.workers, &self.closing);
    }

    /// Opens what a power loss leaves.
    pub fn lose_power(&mut self) {
        self.go_on_with(self.disk.crash_image(0, CrashMode::DropUnsynced));
    }
}

#[derive(Default)]
struct Waiter(Mutex<Option<Result<Response>>>);

impl Completion for Waiter {
    fn complete(&self, _token: u64, result: Result<Response>) {
        *self.0.lock() = Some(result);
    }

    fn is_wanted(&self, _token: u64) -> bool {
        true
    }
}

struct Looker {
    handle: Arc<Namespace>,
    seen: Mutex<Option<(bool, Result<Response>)>>,
}

impl Completion for Looker {
    fn complete(&self, _token: u64, result: Result<Response>) {
        *self.seen.lock() = Some((self.handle.is_open(), result));
    }

    fn is_wanted(&self, _token: u64) -> bool {
        true
    }
}
