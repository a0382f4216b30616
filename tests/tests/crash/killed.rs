//! The process dies, the system lives on, and the power goes later: what the second process saw or promised must stay,
//! although it was first written by one that never came to sync it.

use std::sync::Arc;

use toondb_engine::api::Operation;
use toondb_engine::disk::{CrashMode, SimDisk};
use toondb_tests::requests::put;
use toondb_tests::{Killable, is_long, seed};

use crate::oracle::{Oracle, open, open_as, reopen_and_check, try_each};
use crate::power::{operations, run_on};
use crate::workload::Step;

/// The life of a process that is killed at operation `op`.
fn first_life(disk: &SimDisk, op: u64) -> Oracle {
    match open_as(Arc::new(Killable::new(disk, op)), op) {
        // What the dying engine does in closing reaches nobody.
        Ok(engine) => run_on(&engine),
        Err(_) => Oracle::default(),
    }
}

/// The next process opens what it finds, and may write, flush, or only look.
fn second_life(disk: &SimDisk, oracle: &mut Oracle, op: u64, fault: &str) {
    let engine = open(disk).unwrap_or_else(|error| panic!("{fault}: it does not open: {error:?}"));
    oracle.check(&engine).unwrap_or_else(|difference| panic!("{fault}: {difference}"));
    oracle.keep(&engine);
    let [writes, flushes] = [[false, false], [true, false], [true, true]][(op % 3) as usize];
    if writes {
        oracle.forget_pending();
        let write = Step::Write("default", put("second", "life").into_request());
        oracle.perform(&engine, &write).unwrap_or_else(|error| panic!("{fault}: a write fails: {error:?}"));
    }
    if flushes {
        let flushed = oracle.perform(&engine, &Step::Flush("default"));
        flushed.unwrap_or_else(|error| panic!("{fault}: a flush fails: {error:?}"));
    }
    let (seed, random) = (seed(14), if is_long() { 20 } else { 2 });
    let modes = [CrashMode::DropUnsynced].into_iter().chain(vec![CrashMode::Random; random]);
    for (image_seed, mode) in (seed..).zip(modes) {
        let image = disk.crash_image(image_seed, mode);
        reopen_and_check(oracle, &image, &format!("{fault}, then power loss, {mode:?}, image seed {image_seed}"));
    }
}

#[test]
fn a_kill_and_then_a_power_loss() {
    let all = operations();
    try_each(1..=all, |op| {
        let fault = format!("killed at operation {op} of {all}");
        let disk = SimDisk::new();
        let mut oracle = first_life(&disk, op);
        second_life(&disk, &mut oracle, op, &fault);
    });
}
