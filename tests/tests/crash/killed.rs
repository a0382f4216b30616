//! The process dies, the system lives on, and the power goes later: what the second process saw or promised must stay,
//! although it was first written by one that never came to sync it.

use std::sync::Arc;

use toondb_engine::api::Operation;
use toondb_engine::disk::{CrashMode, SimDisk};
use toondb_tests::requests::put;
use toondb_tests::{Dice, Killable, is_long, seed};

use crate::images::{open, points, reopen_and_check, try_each};
use crate::life::Life;
use crate::oracle::Oracle;
use crate::power::operations;
use crate::workload::{Script, Step};

/// The life of a process that is killed at operation `op`. What the dying engine does in closing reaches nobody.
fn first_life(disk: &SimDisk, script: Script, op: u64) -> Oracle {
    let mut life = Life::new(Arc::new(Killable::new(disk, op)), op, Oracle::default());
    life.run(script);
    life.oracle
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
    let (seed, random) = (seed(14), if is_long() { 20 } else { 1 });
    let modes = [CrashMode::DropUnsynced].into_iter().chain(vec![CrashMode::Random; random]);
    for (image_seed, mode) in (seed..).zip(modes) {
        let image = disk.crash_image(image_seed, mode);
        reopen_and_check(oracle, &image, &format!("{fault}, then power loss, {mode:?}, image seed {image_seed}"));
    }
}

#[test]
fn a_kill_and_then_a_power_loss() {
    for script in Script::ALL {
        let all = operations(script);
        try_each(points(all, 80, seed(13)), |op| {
            let fault = format!("{script:?}: killed at operation {op} of {all}");
            let disk = SimDisk::new();
            let mut oracle = first_life(&disk, script, op);
            second_life(&disk, &mut oracle, op, &fault);
        });
    }
}

/// Processes that are killed one after the other while they recover from the kill before; what one of them saw has to stay.
#[test]
fn kills_of_whoever_recovers_from_a_kill() {
    let seed = seed(15);
    let dice = Dice::new(seed);
    for script in Script::ALL {
        let all = operations(script);
        try_each(points(all, 40, seed), |op| {
            let disk = SimDisk::new();
            let mut oracle = first_life(&disk, script, op);
            let kills: Vec<u64> = (0..4).map(|_| 1 + dice.below(24)).collect();
            for (life, kill) in (1..).zip(&kills) {
                let mut life = Life::new(Arc::new(Killable::new(&disk, *kill)), (op << 8) + life, oracle.clone());
                if let Ok(engine) = life.engine() {
                    let _ = oracle.check(&engine).map(|()| oracle.keep(&engine));
                }
            }
            reopen_and_check(&oracle, &disk, &format!("{script:?}: killed at {op} and then at {kills:?}, seed {seed}"));
        });
    }
}
