//! Small promises, each in the fewest steps: what the sweeps over every fault point do not ask for.

use std::path::PathBuf;
use std::sync::Arc;

use toondb_engine::api::{
    ByteBuf, CommitSeq, Condition, CreateCheckpoint, CreateNamespace, DeleteKey, Durability, ErrorCode, Flush, Get,
    ListCheckpoints, MaybeValue, Precondition, Put, Quota, RestoreCheckpoint, Result, Scan, TakeSnapshot, Target,
    Write,
};
use toondb_engine::clock::ManualClock;
use toondb_engine::disk::{CrashMode, Disk, SimDisk};
use toondb_engine::rng::SeededRng;
use toondb_engine::{Engine, EngineOptions};
use toondb_tests::CLOCK_START_MS;
use toondb_tests::requests::{bytes, commit, delete_key, entry, get, put, put_ttl, swap};

use crate::images::open;

fn value(engine: &Engine, namespace: &str, key: &str) -> Option<String> {
    let found = engine.run(namespace, get(key)).unwrap().found;
    found.map(|found| String::from_utf8(found.value.into_vec()).unwrap())
}

/// With randomness of its own: a new namespace must not get the folder of an old one.
fn open_later(disk: &SimDisk) -> Result<Engine> {
    crate::life::open_as(Arc::new(disk.clone()), &Arc::new(ManualClock::new(CLOCK_START_MS)), 99)
}

fn volatile(key: &str, value: Vec<u8>) -> Put {
    Put { value: ByteBuf::from(value), durability: Durability::Volatile, ..put(key, "") }
}

#[test]
fn a_durable_answer_rests_on_durable_state() {
    let disk = SimDisk::new();
    let engine = open(&disk).unwrap();
    engine.run("", put("k", "1")).unwrap();
    engine.run("", DeleteKey { durability: Durability::Volatile, ..delete_key("k") }).unwrap();
    assert_eq!(engine.run("", delete_key("k")).unwrap().deleted, 0);
    let engine = open(&disk.crash_image(1, CrashMode::DropUnsynced)).unwrap();
    assert_eq!(value(&engine, "", "k"), None, "it was answered durably that there is no such key");
}

/// The last commit that whoever follows the log is told of, after another.
fn told_after(engine: &Engine, seq: u64) -> u64 {
    let mut cursor = engine.commit_log("").unwrap().cursor(CommitSeq(seq)).unwrap();
    let mut told = seq;
    while let Some(group) = cursor.next_group().unwrap() {
        assert_eq!(group.seqs().0.0, told + 1, "without a gap");
        told = group.seqs().1.0;
    }
    told
}

#[test]
fn what_a_follower_is_told_outlives_the_power() {
    let disk = SimDisk::new();
    let engine = open(&disk).unwrap();
    engine.run("", put("k", "1")).unwrap();
    engine.run("", volatile("k", b"2".to_vec())).unwrap();
    assert_eq!(told_after(&engine, 0), 1, "the power may take the second back");
    let left = open(&disk.crash_image(1, CrashMode::DropUnsynced)).unwrap();
    assert_eq!((value(&left, "", "k").as_deref(), told_after(&left, 0)), (Some("1"), 1));
    // What comes back after a kill is durable from then on.
    let left = open(&disk.crash_image(1, CrashMode::KeepAll)).unwrap();
    assert_eq!((value(&left, "", "k").as_deref(), told_after(&left, 1)), (Some("2"), 2));
    engine.run("", put("l", "3")).unwrap();
    assert_eq!(told_after(&engine, 1), 3);
    engine.run("", Flush {}).unwrap();
    let refused = engine.commit_log("missing").map(drop);
    assert_eq!(refused.unwrap_err().code, ErrorCode::NamespaceNotFound);
}

#[test]
fn a_write_whose_sync_failed_is_not_acknowledged() {
    let disk = SimDisk::new();
    let engine = open(&disk).unwrap();
    engine.run("", put("k", "1")).unwrap();
    disk.fail_sync_at(disk.sync_count() + 1);
    assert_eq!(engine.run("", put("k", "2")).unwrap_err().code, ErrorCode::OutcomeUnknown);
}

#[test]
fn a_full_segment_is_durable_before_the_next_begins() {
    let disk = SimDisk::new();
    let engine = open(&disk).unwrap();
    for i in 0..8 {
        engine.run("", volatile(&format!("k{i}"), vec![b'v'; 25_000])).unwrap();
    }
    engine.run("", put("last", "1")).unwrap();
    let engine = open(&disk.crash_image(1, CrashMode::DropUnsynced)).unwrap();
    for i in 0..8 {
        let found = engine.run("", get(&format!("k{i}"))).unwrap().found;
        assert!(found.is_some(), "k{i} was written before a durable write");
    }
    assert!(value(&engine, "", "last").is_some());
}

#[test]
fn what_has_expired_is_not_seen_and_not_counted() {
    let clock = Arc::new(ManualClock::new(CLOCK_START_MS));
    let mut options = EngineOptions::new("/db").on_disk(Arc::new(SimDisk::new()));
    options.clock = Arc::clone(&clock) as _;
    options.rng = Some(Arc::new(SeededRng::new(1)));
    let engine = Engine::open(options).unwrap();
    for key in ["a", "b"] {
        engine.run("", put_ttl(key, "short", 10)).unwrap();
    }
    for key in ["c", "d"] {
        engine.run("", put(key, "long")).unwrap();
    }
    clock.advance_ms(11);
    let page = engine.run("", Scan { limit: Some(2), ..Scan::default() }).unwrap();
    let keys: Vec<ByteBuf> = page.entries.into_iter().map(|entry| entry.key).collect();
    assert_eq!(keys, [bytes("c"), bytes("d")], "two of the keys that are there were asked for");
    assert_eq!(value(&engine, "", "a"), None);
}

#[test]
fn conditions_hold_or_nothing_happens() {
    let engine = open(&SimDisk::new()).unwrap();
    engine.run("", put("k", "1")).unwrap();
    let unmet = Precondition { target: Target::Key { key: bytes("k") }, condition: Condition::Absent };
    let refused = engine.run("", commit(vec![unmet], vec![Write::Put(entry("k", "2"))])).unwrap_err();
    assert_eq!(refused.code, ErrorCode::Conflict);
    assert!(!engine.run("", swap("k", Some("other"), Some("3"))).unwrap().swapped);
    assert_eq!(value(&engine, "", "k").as_deref(), Some("1"));
}

#[test]
fn a_held_snapshot_stands_still() {
    let engine = open(&SimDisk::new()).unwrap();
    engine.run("", put("k", "1")).unwrap();
    let held = engine.run("", TakeSnapshot {}).unwrap().seq;
    engine.run("", put("k", "2")).unwrap();
    let found = engine.run("", Get { snapshot: Some(held), ..get("k") }).unwrap().found;
    assert_eq!(found.unwrap().value, bytes("1"));
}

#[test]
fn bounds_hold() {
    let engine = open(&SimDisk::new()).unwrap();
    let quota = Quota { bytes_max: Some(10), ..Quota::default() };
    engine.run("small", CreateNamespace { quota, ..CreateNamespace::default() }).unwrap();
    let refused = engine.run("small", put("k", "more than ten bytes")).unwrap_err();
    assert_eq!(refused.code, ErrorCode::QuotaExceeded);
}

/// A database with a checkpoint of one key, and where the checkpoint is.
fn with_checkpoint() -> (SimDisk, PathBuf) {
    let disk = SimDisk::new();
    let engine = open(&disk).unwrap();
    engine.run("", put("k", "kept")).unwrap();
    engine.run("", CreateCheckpoint { name: "first".to_owned(), ..Default::default() }).unwrap();
    let left = disk.crash_image(1, CrashMode::DropUnsynced);
    let dir = PathBuf::from("/db/checkpoints/default");
    let name = left.list_dir(&dir).unwrap_or_default().pop();
    let path = dir.join(name.expect("the checkpoint was acknowledged, and is not there after a power loss"));
    (left, path)
}

/// Restores the only checkpoint and looks. Nothing: it was refused, or is not in the list.
fn restored(disk: &SimDisk) -> Option<(String, Option<String>)> {
    let engine = open_later(disk).unwrap();
    let info = engine.run("", ListCheckpoints {}).ok()?.checkpoints.pop()?;
    engine.run("copy", RestoreCheckpoint { checkpoint_id: info.id, overwrite: false }).ok()?;
    Some((info.name, value(&engine, "copy", "k")))
}

#[test]
fn a_checkpoint_outlives_the_power() {
    let (disk, _) = with_checkpoint();
    assert_eq!(restored(&disk), Some(("first".to_owned(), Some("kept".to_owned()))));
}

/// Whoever read a commit and asks for what is unchanged since must not be given what a restore brought from before it.
#[test]
fn a_restore_counts_as_a_commit() {
    let engine = open(&SimDisk::new()).unwrap();
    engine.run("", put("k", "old")).unwrap();
    let checkpoint_id = engine.run("", CreateCheckpoint::default()).unwrap().id;
    let read = engine.run("", put("k", "new")).unwrap().commit_seq;
    let restored = engine.run("", RestoreCheckpoint { checkpoint_id, overwrite: true }).unwrap().commit_seq;
    assert!(restored > read);
    let unchanged = Condition::UnchangedSince { seq: read, count: 0 };
    let precondition = Precondition { target: Target::Key { key: bytes("k") }, condition: unchanged };
    let refused = engine.run("", commit(vec![precondition], vec![Write::Put(entry("k", "3"))])).unwrap_err();
    assert_eq!(refused.code, ErrorCode::Conflict);
}

#[test]
fn a_damaged_checkpoint_is_refused() {
    let (disk, path) = with_checkpoint();
    for offset in 0..disk.bytes(&path).unwrap().len() {
        let damaged = disk.crash_image(1, CrashMode::KeepAll);
        damaged.corrupt(&path, offset as u64, 0x01).unwrap();
        assert_eq!(restored(&damaged), None, "byte {offset} is changed");
    }
}

/// A changed byte in a page's own order of rows may hide rows that are whole.
#[test]
fn a_damaged_page_hides_nothing() {
    let disk = SimDisk::new();
    let engine = open(&disk).unwrap();
    for i in 0..200 {
        engine.run("", Put { durability: Durability::Volatile, ..put(&format!("key{i:03}"), "value") }).unwrap();
    }
    engine.run("", Flush {}).unwrap();
    engine.close().unwrap();
    drop(engine);
    let folder = PathBuf::from("/db/ns")
        .join(disk.list_dir("/db/ns".as_ref()).unwrap().iter().find(|name| name.len() == 32).unwrap());
    let store = folder.join("store.redb");
    let bytes = disk.bytes(&store).unwrap();
    let used = bytes.iter().enumerate().filter(|(_, byte)| **byte != 0).map(|(offset, _)| offset);
    for offset in used.step_by(311) {
        let damaged = disk.crash_image(1, CrashMode::KeepAll);
        damaged.corrupt(&store, offset as u64, 0x01).unwrap();
        let Ok(engine) = open_later(&damaged) else { continue };
        if let Ok(page) = engine.run("", Scan { limit: Some(1_000), ..Scan::default() }) {
            assert_eq!(page.entries.len(), 200, "byte {offset} of the store is changed, and keys are missing");
        }
        for i in (0..200).step_by(9) {
            let found = engine.run("", get(&format!("key{i:03}")));
            assert!(
                !matches!(found, Ok(MaybeValue { found: None })),
                "byte {offset} is changed, and key{i:03} is gone"
            );
        }
    }
}
