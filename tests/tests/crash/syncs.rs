//! A sync fails: no acknowledgement, no second try on the same handle, and the truth after reopening.

use toondb_engine::Engine;
use toondb_engine::disk::{CrashMode, SimDisk};

use crate::oracle::{Oracle, open, reopen_and_check, try_each};
use crate::workload::{Step, steps};

/// Tries of one step before the test gives up on it.
const TRIES: usize = 1_000;

/// The database under test, which may have to be restarted.
struct Subject<'a> {
    disk: &'a SimDisk,
    engine: Engine,
    oracle: Oracle,
    fault: &'a str,
}

impl<'a> Subject<'a> {
    fn open(disk: &'a SimDisk, fault: &'a str) -> Self {
        let engine = open(disk).or_else(|_| open(disk));
        let engine = engine.unwrap_or_else(|error| panic!("{fault}: it does not open a second time: {error:?}"));
        Self { disk, engine, oracle: Oracle::default(), fault }
    }

    /// Carries out a step until it has happened, as a user would: looks after each failure, and restarts when told to.
    fn achieve(&mut self, step: &Step) {
        let mut last = None;
        for _ in 0..TRIES {
            let Err(error) = self.oracle.perform(&self.engine, step) else { return };
            if error.message.contains("restart") {
                self.engine.close().unwrap_or_else(|error| panic!("{}: it does not close: {error:?}", self.fault));
                self.engine = open(self.disk).unwrap_or_else(|error| panic!("{}: no restart: {error:?}", self.fault));
            }
            let happened = self.oracle.settle(&self.engine, step, &error);
            if happened {
                return;
            }
            last = Some(error);
            std::thread::yield_now();
        }
        panic!("{}: {step:?} fails for ever: {last:?}", self.fault);
    }
}

/// Runs the workload with one fault armed on the disk; every step succeeds in the end. Then checks the living database,
/// what a power loss would leave of it, and what an orderly end leaves.
pub fn run_through_one_fault(disk: &SimDisk, fault: &str) {
    let mut subject = Subject::open(disk, fault);
    for step in steps() {
        subject.achieve(&step);
        subject.oracle.done += 1;
    }
    let Subject { engine, oracle, .. } = subject;
    // Background work varies: a fault that has not struck by now must not strike what follows.
    disk.fail_at(0);
    disk.fail_sync_at(0);
    if let Err(difference) = oracle.check(&engine) {
        panic!("{fault}: the living database differs: {difference}");
    }
    for mode in [CrashMode::DropUnsynced, CrashMode::KeepAll] {
        reopen_and_check(&oracle, &disk.crash_image(1, mode), &format!("{fault}, then a power loss, {mode:?}"));
    }
    engine.close().unwrap_or_else(|error| panic!("{fault}: it does not close: {error:?}"));
    drop(engine);
    reopen_and_check(&oracle, disk, &format!("{fault}, then an orderly end"));
}

#[test]
fn every_sync_may_fail() {
    let all = {
        let disk = SimDisk::new();
        let engine = open(&disk).unwrap();
        let mut oracle = Oracle::default();
        steps().iter().for_each(|step| oracle.perform(&engine, step).unwrap());
        disk.sync_count()
    };
    try_each(1..=all, |sync| {
        let disk = SimDisk::new();
        disk.fail_sync_at(sync);
        run_through_one_fault(&disk, &format!("sync {sync} of {all} fails"));
    });
}
