//! Checkpoints and restores while others write.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::support::{Db, fill, put};
use crate::api::{BatchPut, ByteBuf, Durability, ErrorCode, Flush, Get, PutEntry};
use crate::disk::SimDisk;

fn number(db: &Db, ns: &str, key: &str) -> u64 {
    let found = db.engine.run(ns, Get { key: ByteBuf::from(key), snapshot: None }).unwrap().found.unwrap();
    u64::from_le_bytes(found.value.as_slice().try_into().unwrap())
}

/// Every commit sets all keys to its own number: any two keys that differ would show a cut through a commit.
#[test]
fn a_checkpoint_is_one_commit_while_a_writer_goes_on() {
    let db = Db::new();
    let keys: Vec<String> = (0..50).map(|n| format!("key-{n}")).collect();
    let write = |n: u64| BatchPut {
        entries: keys
            .iter()
            .map(|key| PutEntry {
                key: ByteBuf::from(key.as_str()),
                value: ByteBuf::from(n.to_le_bytes()),
                ttl_ms: None,
            })
            .collect(),
        durability: Durability::Volatile,
    };
    db.engine.run("n", write(0)).unwrap();
    let (stop, written) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for n in 1.. {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                db.engine.run("n", write(n)).unwrap();
                written.store(n, Ordering::Release);
                if n % 50 == 0 {
                    db.engine.run("n", Flush {}).unwrap();
                }
            }
        });
        for round in 0..20 {
            let before = written.load(Ordering::Acquire);
            let info = db.checkpoint("n");
            let after = written.load(Ordering::Acquire);
            let copy = format!("copy-{round}");
            db.restore(&copy, &info.id, false).unwrap();
            let seen = number(&db, &copy, "key-0");
            assert!((before..=after + 1).contains(&seen), "{before} <= {seen} <= {after} + 1");
            assert!(keys.iter().all(|key| number(&db, &copy, key) == seen), "a commit was cut");
            assert_eq!(info.commit_seq.0, seen + 1);
        }
        stop.store(true, Ordering::Relaxed);
        writer.join().unwrap();
    });
}

/// Writes until it is told to stop; gives the keys that were acknowledged, with their commits.
fn write_on(db: &Db, writer: u64, stop: &AtomicBool) -> Vec<(String, u64)> {
    let mut acknowledged = Vec::new();
    for n in 0_u64.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let key = format!("w-{writer}-{n}");
        match db.engine.run("n", put(key.as_bytes(), b"x", None)) {
            Ok(written) => acknowledged.push((key, written.commit_seq.0)),
            Err(error) => assert_eq!(error.code, ErrorCode::Busy, "{error:?}"),
        }
    }
    acknowledged
}

/// A write that is acknowledged after the restore is there; one before it is replaced; none is lost in between.
#[test]
fn no_write_is_acknowledged_into_what_was_replaced() {
    let db = Db::new();
    db.engine.run("n", put(b"base", b"1", None)).unwrap();
    let info = db.checkpoint("n");
    for _ in 0..40 {
        let stop = AtomicBool::new(false);
        let (floor, acknowledged) = std::thread::scope(|scope| {
            let (db, stop) = (&db, &stop);
            let writers: Vec<_> = (0..4).map(|n| scope.spawn(move || write_on(db, n, stop))).collect();
            let mut floor = 0;
            for _ in 0..3 {
                let restored = db.restore("n", &info.id, true).unwrap();
                assert!(restored.commit_seq.0 > floor, "commit numbers never go back");
                floor = restored.commit_seq.0;
            }
            stop.store(true, Ordering::Relaxed);
            (floor, writers.into_iter().map(|writer| writer.join().unwrap()).collect::<Vec<_>>())
        });
        for acknowledged in acknowledged {
            assert!(acknowledged.is_sorted_by_key(|(_, seq)| *seq), "commit numbers never go back");
            for (key, seq) in acknowledged {
                let found = db.engine.run("n", Get { key: ByteBuf::from(key.as_str()), snapshot: None }).unwrap().found;
                assert_eq!(found.is_some(), seq > floor, "{key} of commit {seq}, last restore as {floor}");
            }
        }
    }
}

#[test]
fn checkpoints_of_one_millisecond_are_listed_in_the_order_of_creation() {
    for seed in 0..20 {
        let db = Db::with_seed(&SimDisk::new(), seed).unwrap();
        fill(&db, "n");
        let mut made: Vec<_> = (0..5).map(|_| db.checkpoint("n").id).collect();
        db.clock.advance_ms(1);
        made.extend((0..5).map(|_| db.checkpoint("n").id));
        let listed: Vec<_> = db.list("n").into_iter().map(|info| info.id).collect();
        assert_eq!(listed, made, "seed {seed}");
    }
}
