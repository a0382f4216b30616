//! The end of the log: cut or zeroed at every byte of its last two records, and damaged in and before them.
//!
//! After the end of the process the mark beside the log tells what had been synced, so every loss is reported. After a power
//! loss the mark may be missing; then the last records have no witness, and what is lost of them is cut off.

use std::path::PathBuf;

use toondb_engine::api::{Error, ErrorCode};
use toondb_engine::disk::{CrashMode, SimDisk};
use toondb_tests::requests::{batch, put};

use crate::images::{log_segments, open};
use crate::oracle::Oracle;
use crate::workload::Step;

/// Bytes of a segment's header, and of a record's before its payload; `engine/src/log/` describes the format.
const SEGMENT_HEADER_BYTES: usize = 80;
const RECORD_HEADER_BYTES: usize = 72;

/// What a kill leaves: everything that was written.
const KILLED: CrashMode = CrashMode::KeepAll;
/// What a power loss may leave: the log, which was synced, and no mark.
const POWER_LOST: CrashMode = CrashMode::DropUnsynced;

/// Five writes that are only in the log.
fn prepared(mode: CrashMode) -> (SimDisk, Oracle, PathBuf, Vec<usize>) {
    let disk = SimDisk::new();
    let engine = open(&disk).unwrap();
    let mut oracle = Oracle::default();
    let requests = [("1", "a"), ("2", "bb"), ("3", "ccc")]
        .map(|(key, value)| put(key, value))
        .map(toondb_engine::api::Request::Put);
    let batches = [&[("k", "1"), ("l", "1")][..], &[("k", "2"), ("l", "2"), ("m", "2")]];
    let batches = batches.map(batch).map(toondb_engine::api::Request::BatchPut);
    for request in requests.into_iter().chain(batches) {
        oracle.perform(&engine, &Step::Write("default", request)).unwrap();
    }
    let left = disk.crash_image(1, mode);
    let segments = log_segments(&left);
    assert_eq!(segments.len(), 1, "one namespace, one segment");
    let segment = segments.into_iter().next().unwrap();
    let starts = records(&left.bytes(&segment).unwrap());
    assert_eq!(starts.len(), 5 + 1, "five records and the end of the last");
    (left, oracle, segment, starts)
}

/// Where the records begin, and where the last one ends.
fn records(segment: &[u8]) -> Vec<usize> {
    let mut starts = vec![SEGMENT_HEADER_BYTES];
    loop {
        let start = starts[starts.len() - 1];
        let len = u32::from_le_bytes(segment[start + 16..start + 20].try_into().unwrap()) as usize;
        if len == 0 {
            return starts;
        }
        starts.push((start + RECORD_HEADER_BYTES + len).next_multiple_of(8));
    }
}

/// What the damaged database shows: the newest commit it has, or why it does not open.
fn outcome(oracle: &Oracle, disk: &SimDisk, what: &str) -> Result<u64, ErrorCode> {
    let seq = open(disk).and_then(|engine| {
        let stats = engine.run("default", toondb_engine::api::NamespaceStatsRequest {})?;
        let prefix = oracle.up_to("default", stats.commit_seq.0);
        prefix.check(&engine).unwrap_or_else(|difference| panic!("{what}: {difference}"));
        Ok(stats.commit_seq.0)
    });
    seq.map_err(|Error { code, .. }| code)
}

#[test]
fn after_a_power_loss_a_zeroed_tail_leaves_whole_records() {
    zeroed_tails(POWER_LOST);
}

#[test]
fn after_a_kill_a_zeroed_tail_is_reported() {
    zeroed_tails(KILLED);
}

fn zeroed_tails(mode: CrashMode) {
    let (disk, oracle, segment, starts) = prepared(mode);
    for cut in starts[3]..starts[5] {
        let torn = disk.crash_image(1, CrashMode::KeepAll);
        let bytes = torn.bytes(&segment).unwrap();
        for (offset, byte) in bytes.iter().enumerate().skip(cut).filter(|(_, byte)| **byte != 0) {
            torn.corrupt(&segment, offset as u64, *byte).unwrap();
        }
        let what = format!("zeros from byte {cut} on");
        let whole = starts[1..].iter().filter(|end| **end <= cut).count() as u64;
        // Cutting off nothing but zeros cuts nothing off.
        let lossless = bytes[cut..starts[5]].iter().all(|byte| *byte == 0);
        let fourth_is_whole = bytes[cut..starts[4].max(cut)].iter().all(|byte| *byte == 0);
        let expected = if lossless {
            Ok(5)
        } else if mode == KILLED {
            Err(ErrorCode::Corrupt)
        } else if fourth_is_whole {
            Ok(4)
        } else {
            Ok(whole)
        };
        assert_eq!(outcome(&oracle, &torn, &what), expected, "{what}");
    }
}

#[test]
fn a_file_cut_short_is_reported() {
    let (disk, oracle, segment, starts) = prepared(POWER_LOST);
    let whole = disk.bytes(&segment).unwrap().len();
    for cut in (starts[3]..=starts[5]).chain([0, 1, 63, 64, 79, 80, 81, 4096, whole - 1]) {
        let torn = disk.crash_image(1, CrashMode::KeepAll);
        torn.cut(&segment, cut as u64).unwrap();
        let what = format!("the file ends at byte {cut}");
        assert_eq!(outcome(&oracle, &torn, &what), Err(ErrorCode::Corrupt), "{what}");
    }
}

/// A bad record with good ones behind it had been acknowledged: it is reported, never skipped and never cut off.
#[test]
fn damage_before_the_last_record_is_reported() {
    let (disk, oracle, segment, starts) = prepared(POWER_LOST);
    for offset in starts[0]..starts[4] {
        for xor in [0x01, 0x80, 0xff] {
            let damaged = disk.crash_image(1, CrashMode::KeepAll);
            damaged.corrupt(&segment, offset as u64, xor).unwrap();
            let what = format!("byte {offset} is changed by {xor:#x}");
            match outcome(&oracle, &damaged, &what) {
                // Only padding may change unseen.
                Ok(seq) => assert_eq!(seq, 5, "{what}: acknowledged commits are gone without a word"),
                Err(code) => assert_eq!(code, ErrorCode::Corrupt, "{what}"),
            }
        }
    }
}

#[test]
fn after_a_power_loss_damage_to_the_last_record_loses_at_most_that() {
    let (disk, oracle, segment, starts) = prepared(POWER_LOST);
    for offset in starts[4]..starts[5] {
        let damaged = disk.crash_image(1, CrashMode::KeepAll);
        damaged.corrupt(&segment, offset as u64, 0x10).unwrap();
        let what = format!("byte {offset} is changed");
        match outcome(&oracle, &damaged, &what) {
            Ok(seq) => assert!((4..=5).contains(&seq), "{what}: commit {seq}"),
            Err(code) => assert_eq!(code, ErrorCode::Corrupt, "{what}"),
        }
    }
}

#[test]
fn after_a_kill_damage_to_the_last_record_is_reported() {
    let (disk, oracle, segment, starts) = prepared(KILLED);
    let bytes = disk.bytes(&segment).unwrap();
    let len = u32::from_le_bytes(bytes[starts[4] + 16..starts[4] + 20].try_into().unwrap()) as usize;
    for offset in starts[4]..starts[5] {
        let damaged = disk.crash_image(1, CrashMode::KeepAll);
        damaged.corrupt(&segment, offset as u64, 0x10).unwrap();
        let what = format!("byte {offset} is changed");
        let is_padding = offset >= starts[4] + RECORD_HEADER_BYTES + len;
        let expected = if is_padding { Ok(5) } else { Err(ErrorCode::Corrupt) };
        assert_eq!(outcome(&oracle, &damaged, &what), expected, "{what}");
    }
}
