//! The power goes at any operation of the disk, also during the recovery from the last time.

use toondb_engine::Engine;
use toondb_engine::disk::{CrashMode, SimDisk};
use toondb_tests::{Dice, is_long, seed};

use crate::oracle::{Oracle, open, reopen_and_check, try_each};
use crate::workload::steps;

/// Runs the workload until the power goes, or to its end.
fn run(disk: &SimDisk) -> Oracle {
    open(disk).map_or_else(|_| Oracle::default(), |engine| run_on(&engine))
}

/// Runs the workload until something fails.
pub fn run_on(engine: &Engine) -> Oracle {
    let mut oracle = Oracle::default();
    for step in steps() {
        if oracle.perform(engine, &step).is_err() {
            break;
        }
        oracle.done += 1;
    }
    oracle
}

/// The number of operations on the disk that the workload needs, about: background work varies it a little.
pub fn operations() -> u64 {
    let disk = SimDisk::new();
    let oracle = run(&disk);
    assert_eq!(oracle.done, steps().len(), "the workload runs to its end");
    let engine = open(&disk).expect("it opens after an orderly end");
    oracle.check(&engine).expect("everything is there after an orderly end");
    disk.op_count()
}

/// What is left after a power loss, in several ways: nothing unsynced, everything, and random parts.
fn images(disk: &SimDisk, seed: u64) -> impl Iterator<Item = (SimDisk, String)> {
    let random = if is_long() { 40 } else { 2 };
    let modes = [CrashMode::DropUnsynced, CrashMode::KeepAll].into_iter().chain(vec![CrashMode::Random; random]);
    (seed..).zip(modes).map(|(seed, mode)| (disk.crash_image(seed, mode), format!("{mode:?}, image seed {seed}")))
}

#[test]
fn every_operation_may_be_the_last() {
    let seed = seed(11);
    let all = operations();
    try_each(1..=all, |op| {
        let disk = SimDisk::new();
        disk.crash_at(op);
        let oracle = run(&disk);
        for (image, what) in images(&disk, seed) {
            reopen_and_check(&oracle, &image, &format!("power loss at operation {op} of {all}, {what}"));
        }
    });
}

/// The power goes again and again while the database is being opened; in the end it must be as after one loss.
#[test]
fn recovery_may_be_cut_short_too() {
    let seed = seed(12);
    let dice = Dice::new(seed);
    let all = operations();
    let stride = if is_long() { 1 } else { 4 };
    try_each((1..=all).step_by(stride), |op| {
        let disk = SimDisk::new();
        disk.crash_at(op);
        let mut oracle = run(&disk);
        let mut left = disk.crash_image(seed, CrashMode::Random);
        let mut cuts = Vec::new();
        for _ in 0..4 {
            let cut = 1 + dice.below(24);
            cuts.push(cut);
            left.crash_at(cut);
            if let Ok(engine) = open(&left) {
                // Opened before the cut: reading opens the namespaces, which goes on writing until the power goes. What
                // was read has to stay.
                let _ = oracle.check(&engine).map(|()| oracle.keep(&engine));
            }
            let mode = dice.pick(&[CrashMode::DropUnsynced, CrashMode::KeepAll, CrashMode::Random]);
            left = left.crash_image(dice.below(u64::MAX), *mode);
        }
        let fault = format!("power loss at operation {op}, then at operations {cuts:?} of recovery, seed {seed}");
        reopen_and_check(&oracle, &left, &fault);
    });
}

/// An operation that fails once without effect: typed errors, nothing lost, and the database goes on.
#[test]
fn every_operation_may_fail_once() {
    let all = operations();
    try_each(1..=all, |op| {
        let fault = format!("EIO at operation {op} of {all}");
        let disk = SimDisk::new();
        disk.fail_at(op);
        crate::syncs::run_through_one_fault(&disk, &fault);
    });
}
