//! What a fault leaves of a disk, opened again; and the fault points that are tried.

use std::path::Path;
use std::sync::Arc;

use toondb_engine::Engine;
use toondb_engine::api::Result;
use toondb_engine::clock::ManualClock;
use toondb_engine::disk::{Disk, SimDisk};
use toondb_tests::{CLOCK_START_MS, Dice, is_long};

use crate::life::open_as;
use crate::oracle::Oracle;

/// Opens the database on a disk.
pub fn open(disk: &SimDisk) -> Result<Engine> {
    open_at(disk, CLOCK_START_MS)
}

fn open_at(disk: &SimDisk, now_ms: i64) -> Result<Engine> {
    open_as(Arc::new(disk.clone()), &Arc::new(ManualClock::new(now_ms)), disk.op_count())
}

/// Opens a disk and checks it; the message names the fault.
pub fn reopen_and_check(oracle: &Oracle, disk: &SimDisk, fault: &str) {
    let engine = match open_at(disk, oracle.now_ms) {
        Ok(engine) => engine,
        Err(error) => panic!("{fault}: it does not open: {:?} {}", error.code, error.message),
    };
    let checked = oracle.check(&engine).and_then(|()| oracle.kept.restore_one(&engine, oracle.now_ms));
    if let Err(difference) = checked {
        panic!("{fault} (after {} acknowledged steps): {difference}", oracle.done);
    }
    engine.close().expect("it closes");
}

/// Tries until the namespace, which may just be reopening itself, answers.
pub fn patiently<R>(mut ask: impl FnMut() -> Result<R>) -> R {
    let mut last = None;
    for _ in 0..100_000 {
        match ask() {
            Ok(answer) => return answer,
            Err(error) => last = Some(error),
        }
        std::thread::yield_now();
    }
    panic!("no answer: {last:?}");
}

/// The log segments of all namespaces on a disk, newest last in each.
pub fn log_segments(disk: &SimDisk) -> Vec<std::path::PathBuf> {
    let root = Path::new("/db/ns");
    let mut found = Vec::new();
    for namespace in disk.list_dir(root).unwrap() {
        let log = root.join(namespace).join("log");
        if !disk.exists(&log).unwrap() {
            continue;
        }
        for name in disk.list_dir(&log).unwrap() {
            if name.ends_with(".log") {
                found.push(log.join(name));
            }
        }
    }
    found
}

/// Which of the points from 1 to `all` are tried: all of them in the long run, else as many as asked for, one drawn from each of as
/// many equal parts.
pub fn points(all: u64, usual: u64, seed: u64) -> Vec<u64> {
    if is_long() || all <= usual {
        return (1..=all).collect();
    }
    let dice = Dice::new(seed);
    let edge = |part: u64| 1 + part * all / usual;
    (0..usual).map(|part| edge(part) + dice.below(edge(part + 1) - edge(part))).collect()
}

/// Tries every fault, and fails in the end with all that went wrong.
pub fn try_each<T: Copy + std::fmt::Debug>(faults: impl IntoIterator<Item = T>, attempt: impl Fn(T)) {
    let (mut tried, mut failed) = (0_usize, Vec::new());
    for fault in faults {
        tried += 1;
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| attempt(fault)));
        failed.extend(outcome.is_err().then_some(fault));
    }
    println!("{tried} fault points tried");
    assert!(failed.is_empty(), "{} of {tried} fault points failed (reasons above): {failed:?}", failed.len());
}
