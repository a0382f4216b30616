//! The power goes at any operation of the disk, also during the recovery from the last time.

use std::sync::Arc;

use toondb_engine::disk::{CrashMode, SimDisk};
use toondb_tests::{Dice, is_long, seed};

use crate::images::{open, points, reopen_and_check, try_each};
use crate::life::Life;
use crate::oracle::Oracle;
use crate::workload::Script;

/// Runs a script until the power goes, or to its end.
fn run(disk: &SimDisk, script: Script) -> Oracle {
    let mut life = Life::new(Arc::new(disk.clone()), 1, Oracle::default());
    life.run(script);
    life.oracle
}

/// The number of operations on the disk that a script needs, about: background work varies it a little.
pub fn operations(script: Script) -> u64 {
    let disk = SimDisk::new();
    let mut life = Life::new(Arc::new(disk.clone()), 1, Oracle::default());
    for step in script.steps() {
        life.perform(&step).unwrap_or_else(|error| panic!("{step:?}: {error:?}"));
    }
    life.close().expect("it closes");
    let all = disk.op_count();
    reopen_and_check(&life.oracle, &disk, "after an orderly end");
    all
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
    for script in Script::ALL {
        let all = operations(script);
        try_each(points(all, 80, seed), |op| {
            let disk = SimDisk::new();
            disk.crash_at(op);
            let oracle = run(&disk, script);
            for (image, what) in images(&disk, seed) {
                let fault = format!("{script:?}: power loss at operation {op} of {all}, {what}");
                reopen_and_check(&oracle, &image, &fault);
            }
        });
    }
}

/// The power goes again and again while the database is being opened; in the end it must be as after one loss.
#[test]
fn recovery_may_be_cut_short_too() {
    let seed = seed(12);
    let dice = Dice::new(seed);
    for script in Script::ALL {
        let all = operations(script);
        try_each(points(all, 40, seed), |op| {
            let disk = SimDisk::new();
            disk.crash_at(op);
            let mut oracle = run(&disk, script);
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
            let fault =
                format!("{script:?}: power loss at operation {op}, then at {cuts:?} of recoveries, seed {seed}");
            reopen_and_check(&oracle, &left, &fault);
        });
    }
}
