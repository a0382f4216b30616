//! Power cuts at every operation of a store's life: what opens afterwards is the last commit whose flush was answered, or
//! the one that was under way.

use super::{Base, Counters, FlushInput, Memtable, StoreResult, Table, created, flush, open, path, read, rows_at};
use crate::disk::{CallFault, CrashMode, Disk, SimDisk};

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
        open(disk).unwrap().flushed().unwrap();
        disk.call_count() - before
    };
    let killed = calls(&disk.crash_image(0, CrashMode::KeepAll));
    base.close().unwrap();
    let closed = calls(&disk.crash_image(0, CrashMode::KeepAll));
    assert!(killed < 2 * closed + 50, "{killed} calls after a kill, {closed} after an orderly end");
}

/// After a failed sync the page cache shows what the device may never get, a new length of the file among it, and the next
/// sync says nothing. Whatever call of a flush fails: once the file was opened again and flushed to, a power loss takes nothing.
#[test]
fn what_a_failed_sync_lost_of_a_file_is_missed_by_nobody() {
    let start = {
        let disk = created();
        let base = open(&disk).unwrap();
        flush(&base, 1).unwrap();
        base.close().unwrap();
        disk
    };
    let calls = |disk: &SimDisk| disk.call_count();
    let (before, after) = {
        let disk = start.crash_image(0, CrashMode::KeepAll);
        let base = open(&disk).unwrap();
        let before = calls(&disk);
        grow(&base, 2).unwrap();
        (before, calls(&disk))
    };
    let (mut failed, mut lost) = (0, 0);
    for call in before + 1..=after {
        let disk = start.crash_image(0, CrashMode::KeepAll);
        let base = open(&disk).unwrap();
        assert_eq!(calls(&disk), before, "the same calls each time");
        disk.fail_call(CallFault::Failed, call, false);
        failed += usize::from(grow(&base, 2).is_err());
        drop(base);
        let base = open(&disk).unwrap();
        let (seq, _) = read(&base).unwrap();
        flush(&base, seq + 1).unwrap();
        let image = disk.crash_image(1, CrashMode::DropUnsynced);
        lost += usize::from(image.file_len(path()).unwrap() < disk.file_len(path()).unwrap());
        let base = open(&image).unwrap_or_else(|error| panic!("call {call}: {error}"));
        let (found, rows) = read(&base).unwrap();
        assert_eq!(found, seq + 1, "call {call}");
        assert!(rows_at(seq + 1).iter().all(|(place, value)| rows.get(place) == Some(value)), "call {call}");
    }
    assert!(failed > 5, "{failed} flushes failed");
    assert_eq!(lost, 0, "files that are shorter than they showed");
}

/// A flush that makes the file much longer.
fn grow(base: &Base, seq: u64) -> StoreResult<()> {
    let memtable = Memtable::default();
    for ((table, key), value) in &rows_at(seq) {
        memtable.insert(Table::from_number(*table).unwrap(), key, Some(value), seq);
    }
    for number in 0..40_u32 {
        memtable.insert(Table::Kv, &[b"filler".as_slice(), &number.to_be_bytes()].concat(), Some(&[7; 10_000]), seq);
    }
    base.flush(FlushInput {
        memtable: &memtable,
        through_seq: seq,
        counters: Counters { keys: seq, ..Counters::default() },
    })
}
