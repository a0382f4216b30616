//! Power cuts at every operation of a store's life: what opens afterwards is the last commit whose flush was answered, or
//! the one that was under way.

use super::{Counters, FlushInput, Memtable, Table, created, flush, open, read, rows_at};
use crate::disk::{CrashMode, SimDisk};

const FLUSHES: u64 = 2;

/// Opens, flushes and closes until the disk fails; gives the last commit whose flush was answered.
fn live(disk: &SimDisk, begin: u64) -> u64 {
    let mut done = begin;
    let Ok(base) = open(disk) else { return done };
    for seq in begin + 1..=begin + FLUSHES {
        match flush(&base, seq) {
            Ok(()) => done = seq,
            Err(_) => return done,
        }
    }
    let _ = base.close();
    done
}

fn check(image: &SimDisk, done: u64, what: &str) -> u64 {
    let base = open(image).unwrap_or_else(|error| panic!("{what}: {error}"));
    let (seq, rows) = read(&base).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(seq == done || seq == done + 1, "{what}: {done} was answered, {seq} was found");
    assert!(seq == 0 || rows == rows_at(seq), "{what}: rows of {seq} are missing or wrong");
    seq
}

#[test]
fn a_power_cut_at_every_operation_loses_no_flush() {
    let seeds = if std::env::var_os("TOONDB_LONG").is_some() { 30 } else { 2 };
    let base = created();
    let whole = base.crash_image(0, CrashMode::KeepAll);
    live(&whole, 0);
    let (first, last) = (1, whole.op_count());
    for op in first..=last {
        let disk = base.crash_image(0, CrashMode::KeepAll);
        disk.crash_at(op);
        let done = live(&disk, 0);
        let modes = [(CrashMode::DropUnsynced, 1), (CrashMode::KeepAll, 1), (CrashMode::Random, seeds)];
        for (mode, seeds) in modes {
            for seed in 0..seeds {
                let what = format!("power cut at {op} of {last}, {mode:?}, seed {seed}");
                let image = disk.crash_image(seed * 1000 + op, mode);
                let found = check(&image, done, &what);
                // It goes on from there, and again after a cut in the middle of that.
                image.crash_at(image.op_count() + 5 + seed);
                let again = live(&image, found);
                check(&image.crash_image(seed, mode), again, &format!("{what}, and again"));
            }
        }
    }
}

#[test]
fn a_failed_sync_at_any_time_loses_no_flush() {
    let base = created();
    let whole = base.crash_image(0, CrashMode::KeepAll);
    live(&whole, 0);
    for sync in 1..=whole.sync_count() {
        let disk = base.crash_image(0, CrashMode::KeepAll);
        disk.fail_sync_at(sync);
        let done = live(&disk, 0);
        for mode in [CrashMode::DropUnsynced, CrashMode::KeepAll, CrashMode::Random] {
            check(&disk.crash_image(sync, mode), done, &format!("sync {sync} failed, {mode:?}"));
        }
    }
}

/// A process that was killed has not closed its files; the next one must not read all of them because of that.
#[test]
fn opening_after_a_kill_reads_little() {
    let disk = created();
    let base = open(&disk).unwrap();
    for seq in 1..=4_u32 {
        let memtable = Memtable::default();
        (seq * 2_000..seq * 2_000 + 2_000)
            .for_each(|row| memtable.insert(Table::Kv, &row.to_be_bytes(), Some(&[7; 500]), seq.into()));
        let (through_seq, counters) = (seq.into(), Counters::default());
        base.flush(FlushInput { memtable: &memtable, through_seq, counters }).unwrap();
    }
    let calls = |disk: &SimDisk| {
        let before = disk.call_count();
        open(disk).unwrap().checkpoint().unwrap();
        disk.call_count() - before
    };
    let killed = calls(&disk.crash_image(0, CrashMode::KeepAll));
    base.close().unwrap();
    let closed = calls(&disk.crash_image(0, CrashMode::KeepAll));
    assert!(killed < 2 * closed + 50, "{killed} calls after a kill, {closed} after an orderly end");
}
