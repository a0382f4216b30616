//! The disk fills up: writes are refused by name, reads and deletes go on, and space that comes back is enough.

use toondb_engine::Engine;
use toondb_engine::api::{ByteBuf, Error, ErrorCode, NamespaceStatsRequest, Put, Result};
use toondb_engine::disk::{CrashMode, SimDisk};
use toondb_tests::requests::{delete_key, get, put};

use crate::images::{open, patiently};

/// Asks until the answer is as wanted; the engine looks at the free space now and then.
fn until<R>(what: &str, mut ask: impl FnMut() -> Option<R>) -> R {
    for _ in 0..20_000 {
        if let Some(answer) = ask() {
            return answer;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(1));
    }
    panic!("it never came to this: {what}");
}

fn value(engine: &Engine, key: &str) -> Result<Option<Vec<u8>>> {
    Ok(engine.run("default", get(key))?.found.map(|found| found.value.into_vec()))
}

#[test]
fn little_space_refuses_writes_and_lets_deletes_pass() {
    let disk = SimDisk::new();
    let engine = open(&disk).unwrap();
    for key in ["a", "b"] {
        engine.run("default", put(key, "old")).unwrap();
    }
    disk.set_free_bytes(Some(1 << 20));
    let refused = until("a write is refused", || engine.run("default", put("n", "new")).err());
    assert_eq!(refused.code, ErrorCode::DiskFull, "{refused}");
    assert_eq!(value(&engine, "a").unwrap(), Some(b"old".to_vec()), "reads go on");
    assert_eq!(engine.run("default", delete_key("a")).unwrap().deleted, 1, "deletes go on");
    assert_eq!(engine.run("default", put("a", "new")).unwrap_err().code, ErrorCode::DiskFull);
    let seq = engine.run("default", NamespaceStatsRequest {}).unwrap().commit_seq;
    disk.set_free_bytes(None);
    until("writes pass again", || engine.run("default", put("a", "new")).ok());
    assert!(engine.run("default", NamespaceStatsRequest {}).unwrap().commit_seq > seq);
    drop(engine);
    let engine = open(&disk.crash_image(1, CrashMode::DropUnsynced)).unwrap();
    assert_eq!(value(&engine, "a").unwrap(), Some(b"new".to_vec()));
    assert_eq!(value(&engine, "b").unwrap(), Some(b"old".to_vec()));
}

/// The space ends between two looks at it, in the middle of the log, a flush or a file's growth.
#[test]
fn space_that_ends_suddenly_loses_nothing() {
    for spare_bytes in [0, 10_000, 300_000, 1_500_000, 5_000_000] {
        let disk = SimDisk::new();
        let engine = open(&disk).unwrap();
        let mut kept = Vec::new();
        let mut write = |engine: &Engine, i: usize| -> Result<()> {
            let value = ByteBuf::from(vec![u8::try_from(i % 251).unwrap(); 40_000]);
            engine.run("default", Put { value, ..put(&format!("k{i:03}"), "") })?;
            kept.push(i);
            Ok(())
        };
        (0..10).for_each(|i| write(&engine, i).unwrap());
        disk.set_free_bytes(Some(spare_bytes));
        let mut refusals = Vec::new();
        for i in 10..60 {
            if i % 20 == 0 {
                // A flush may fail for want of space; what it was to write stays in the log.
                let _ = engine.run("default", toondb_engine::api::Flush {});
            }
            if let Err(error) = write(&engine, i) {
                refusals.push(error);
            }
        }
        let typed =
            |error: &Error| matches!(error.code, ErrorCode::DiskFull | ErrorCode::OutcomeUnknown | ErrorCode::Busy);
        let untyped: Vec<&Error> = refusals.iter().filter(|error| !typed(error)).collect();
        assert!(untyped.is_empty(), "{spare_bytes} bytes left: {untyped:?}");
        disk.set_free_bytes(None);
        until("writes pass again without a restart", || write(&engine, 100).ok());
        let check = |engine: &Engine, when: &str| {
            for i in &kept {
                let found = patiently(|| value(engine, &format!("k{i:03}")));
                let expected = Some(vec![u8::try_from(i % 251).unwrap(); 40_000]);
                assert!(found == expected, "{spare_bytes} bytes left, {when}: acknowledged key {i} is lost");
            }
        };
        check(&engine, "living");
        check(&open(&disk.crash_image(1, CrashMode::DropUnsynced)).unwrap(), "after a power loss");
        engine.close().unwrap();
        drop(engine);
        check(&open(&disk).unwrap(), "after an orderly end");
    }
}
