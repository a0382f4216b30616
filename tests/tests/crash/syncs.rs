//! A sync fails: no acknowledgement, no second try on the same handle, and the truth after reopening.

use toondb_engine::api::Error;
use toondb_engine::disk::{CrashMode, SimDisk};
use toondb_engine::Engine;
use toondb_tests::is_long;

use crate::oracle::{Oracle, open, reopen_and_check, try_each};
use crate::workload::{Step, steps};

/// A step that failed is settled by looking; it is tried again if it left no trace, as a user would.
fn again_if_needed(oracle: &mut Oracle, engine: &Engine, step: &Step, error: &Error, fault: &str) {
    oracle.settle(engine, step, error);
    let mut left = 100_000;
    loop {
        match oracle.perform(engine, step) {
            Ok(()) => return,
            // Found to have happened, in spite of the error.
            Err(error) if matches!(step, Step::Create(_) | Step::Delete(_)) => {
                return oracle.settle(engine, step, &error);
            }
            Err(error) => {
                oracle.settle(engine, step, &error);
                left -= 1;
                assert!(left > 0, "{fault}: {step:?} fails for ever: {error:?}");
                std::thread::yield_now();
            }
        }
    }
}

/// Runs the workload with one fault armed on the disk; every step succeeds in the end. Then checks the living database,
/// what a power loss would leave of it, and what an orderly end leaves.
pub fn run_through_one_fault(disk: &SimDisk, fault: &str) {
    let mut oracle = Oracle::default();
    let engine = open(disk).or_else(|_| open(disk));
    let engine = engine.unwrap_or_else(|error| panic!("{fault}: it does not open a second time: {error:?}"));
    for step in steps() {
        if let Err(error) = oracle.perform(&engine, &step) {
            again_if_needed(&mut oracle, &engine, &step, &error, fault);
        }
        oracle.done += 1;
    }
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
    let stride = if is_long() { 1 } else { (all / 100).max(1) };
    try_each((1..=all).step_by(usize::try_from(stride).unwrap()), |sync| {
        let disk = SimDisk::new();
        disk.fail_sync_at(sync);
        run_through_one_fault(&disk, &format!("sync {sync} of {all} fails"));
    });
}
