//! A namespace on a simulated disk. Its actor, its background work and its ticks all run on the test's own thread.

use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::api::{NamespaceStats, Operation, Quota, Response, Result};
use crate::clock::ManualClock;
use crate::disk::{CrashMode, SimDisk};
use crate::namespace::{Envelope, Namespace, NamespaceFiles, NamespaceOptions, Shared, Spawn, create_files};
use crate::rng::SeededRng;
use crate::service::{Completion, Reply};

const ID: [u8; 16] = [3; 16];
const DIR: &str = "/ns";

/// The namespace and what it stands on.
pub struct Bench {
    /// The time, which begins at 1,000 ms.
    pub clock: Arc<ManualClock>,
    disk: SimDisk,
    handle: Arc<Namespace>,
}

fn open(disk: &SimDisk, clock: &Arc<ManualClock>) -> Arc<Namespace> {
    let inline: Spawn = Arc::new(|job| job());
    let options = NamespaceOptions {
        disk: Arc::new(disk.clone()),
        clock: Arc::clone(clock) as _,
        rng: Arc::new(SeededRng::new(disk.op_count())),
        background: Arc::clone(&inline),
        actors: inline,
        lower_priority: || (),
        cancel_builds: Arc::default(),
    };
    if !crate::disk::Disk::exists(disk, Path::new(DIR)).unwrap() {
        create_files(&options, Path::new(DIR), ID).unwrap();
    }
    let files = NamespaceFiles { id: ID, dir: DIR.into(), floor_seq: 0 };
    Arc::new(Namespace::new(files, Quota::default(), options, &Shared::default()))
}

impl Bench {
    /// An empty namespace.
    pub fn new() -> Self {
        let (disk, clock) = (SimDisk::new(), Arc::new(ManualClock::new(1_000)));
        let handle = open(&disk, &clock);
        Self { clock, disk, handle }
    }

    /// Carries an operation out.
    pub fn run<O: Operation>(&self, operation: O) -> Result<O::Reply> {
        let request = operation.into_request();
        let response = match request.code().kind() {
            crate::api::OpKind::Write => {
                let waiter = Arc::new(Waiter::default());
                let reply = Reply::new(Arc::clone(&waiter) as Arc<dyn Completion>, 0);
                self.handle.submit(Envelope::request(request, reply), true);
                waiter.0.lock().take().unwrap()
            }
            _ => self.handle.read(request),
        };
        O::take_reply(response?)
    }

    /// Housekeeping: what the engine does every quarter of a second.
    pub fn tick(&self) {
        self.handle.tick();
    }

    /// The counters.
    pub fn stats(&self) -> NamespaceStats {
        self.handle.stats().unwrap()
    }

    /// Replaces the bounds.
    pub fn set_quota(&self, quota: Quota) {
        self.handle.set_quota(quota);
    }

    /// Closes and opens the files.
    pub fn reopen(&mut self) {
        assert!(self.handle.close());
        self.handle = open(&self.disk, &self.clock);
    }

    /// Opens what a power loss leaves.
    pub fn lose_power(&mut self) {
        self.disk = self.disk.crash_image(0, CrashMode::DropUnsynced);
        self.handle = open(&self.disk, &self.clock);
    }
}

#[derive(Default)]
struct Waiter(Mutex<Option<Result<Response>>>);

impl Completion for Waiter {
    fn complete(&self, _token: u64, result: Result<Response>) {
        *self.0.lock() = Some(result);
    }
}
