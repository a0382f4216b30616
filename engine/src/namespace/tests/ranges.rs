//! Deleted ranges: hidden from their commit on, whoever reads, and removed bit by bit.

use serde_bytes::ByteBuf;

use super::bench::Bench;
use crate::api::{
    AppendLog, BatchPut, Commit, CommitSeq, DeleteLog, DeleteRange, Durability, EndSnapshot, ErrorCode, Exists, Get,
    KeySpan, PutEntry, ReadLog, Scan, TakeSnapshot, Touch, TrimLog, Write,
};
use crate::disk::CrashMode;
use crate::limits;

const MANY: usize = limits::ROWS_DELETED_AT_ONCE_MAX + 500;

fn key(number: usize) -> ByteBuf {
    ByteBuf::from(format!("k{number:06}").into_bytes())
}

fn entry(number: usize) -> PutEntry {
    PutEntry { key: key(number), value: ByteBuf::from(b"v"), ttl_ms: number.is_multiple_of(7).then_some(60_000) }
}

/// Writes `MANY` keys, and one on either side.
fn fill(bench: &Bench) {
    let around = ["j", "l"].map(|key| PutEntry { key: ByteBuf::from(key), value: ByteBuf::from(b"v"), ttl_ms: None });
    let entries = (0..MANY).map(entry).chain(around).collect();
    bench.run(BatchPut { entries, durability: Durability::Durable }).unwrap();
}

fn span() -> KeySpan {
    KeySpan { prefix: Some(ByteBuf::from(b"k")), ..KeySpan::default() }
}

fn delete(bench: &Bench) -> Option<u64> {
    bench.run(DeleteRange { keys: span(), durability: Durability::Durable }).unwrap().deleted
}

fn put(bench: &Bench, number: usize) {
    bench.run(BatchPut { entries: vec![entry(number)], durability: Durability::Durable }).unwrap();
}

/// The keys that a scan finds, both ways.
fn keys(bench: &Bench, snapshot: Option<CommitSeq>) -> Vec<ByteBuf> {
    let mut found = Vec::new();
    for reverse in [false, true] {
        let (mut walked, mut cursor) = (Vec::new(), None);
        loop {
            let limit = Some(limits::PAGE_ITEMS_MAX as u32);
            let page = bench.run(Scan { limit, reverse, cursor, snapshot, ..Scan::default() }).unwrap();
            walked.extend(page.entries.into_iter().map(|entry| entry.key));
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        if reverse {
            walked.reverse();
            assert_eq!(found, walked);
        }
        found = walked;
    }
    found
}

fn only(names: &[&str]) -> Vec<ByteBuf> {
    names.iter().map(|name| ByteBuf::from(name.as_bytes())).collect()
}

fn flush(bench: &Bench) {
    assert!(bench.handle.opening.lock().as_mut().unwrap().flush().unwrap());
}

/// Sweeps until nothing is left to remove: each step asks for the next one.
fn sweep(bench: &Bench) {
    bench.tick();
}

/// Ways to go on after which nothing may look different.
const GO_ON: [fn(&mut Bench); 4] = [|_| (), Bench::reopen, Bench::lose_power, |bench| flush(bench)];

#[test]
fn what_a_range_hides_stays_hidden_while_and_after_it_is_removed() {
    for go_on in GO_ON {
        for written_back in [None, Some(3), Some(MANY - 1)] {
            let mut bench = Bench::new();
            fill(&bench);
            go_on(&mut bench);
            assert_eq!(delete(&bench), None, "too many to be counted");
            if let Some(number) = written_back {
                put(&bench, number);
            }
            let mut expected = only(&["j", "l"]);
            expected.splice(1..1, written_back.map(key));
            go_on(&mut bench);
            assert_eq!(keys(&bench, None), expected);
            assert!(bench.run(Get { key: key(5), snapshot: None }).unwrap().found.is_none());
            assert!(!bench.run(Exists { key: key(7), snapshot: None }).unwrap().exists);
            let touch = Touch { keys: vec![key(5)], ttl_ms: None, persist: true, durability: Durability::Durable };
            assert_eq!(bench.run(touch).unwrap().existing, 0);
            sweep(&bench);
            assert_eq!(keys(&bench, None), expected);
            go_on(&mut bench);
            assert_eq!(keys(&bench, None), expected);
            // What sweeps do is volatile: power that fails takes it back.
            sweep(&bench);
            assert_eq!(bench.stats().keys, expected.len() as u64, "counters follow when all is removed");
            let bytes = 2 * 2 + written_back.map_or(0, |_| 8);
            assert_eq!(bench.stats().live_bytes, bytes);
            // The next range may delete the same keys.
            fill(&bench);
            assert_eq!(keys(&bench, None).len(), MANY + 2);
        }
    }
}

#[test]
fn who_reads_at_an_older_commit_sees_what_was_there() {
    let bench = Bench::new();
    fill(&bench);
    flush(&bench);
    let before = bench.run(TakeSnapshot {}).unwrap().seq;
    assert_eq!(delete(&bench), None);
    let hidden = bench.run(TakeSnapshot {}).unwrap().seq;
    put(&bench, 9);
    let see = |bench: &Bench| {
        assert_eq!(keys(bench, Some(before)).len(), MANY + 2);
        assert_eq!(keys(bench, Some(hidden)), only(&["j", "l"]));
        assert!(bench.run(Get { key: key(9), snapshot: Some(before) }).unwrap().found.is_some());
        assert!(bench.run(Get { key: key(9), snapshot: Some(hidden) }).unwrap().found.is_none());
        assert_eq!(keys(bench, None).len(), 3);
    };
    see(&bench);
    sweep(&bench);
    see(&bench);
    flush(&bench);
    see(&bench);
    for seq in [before, hidden] {
        bench.run(EndSnapshot { seq }).unwrap();
    }
}

#[test]
fn in_a_commit_a_range_deletes_what_stands_before_it_and_not_what_comes_after() {
    let bench = Bench::new();
    fill(&bench);
    let write = |number| Write::Put(entry(number));
    let writes = vec![write(3), write(MANY + 1), Write::DeleteRange(span()), write(4), write(MANY + 2)];
    bench.run(Commit { writes, ..Commit::default() }).unwrap();
    let expected = [only(&["j"]), vec![key(4), key(MANY + 2)], only(&["l"])].concat();
    assert_eq!(keys(&bench, None), expected);
    flush(&bench);
    assert_eq!(keys(&bench, None), expected);
    sweep(&bench);
    assert_eq!(keys(&bench, None), expected);
    assert_eq!(bench.stats().keys, 4);
}

/// A group has several commits, and is published as one.
#[test]
fn a_range_hides_from_the_requests_behind_it_in_its_group() {
    use crate::api::{CompareAndSet, Operation, Response};
    let bench = Bench::new();
    fill(&bench);
    let swap = |number, expected: Option<&[u8]>| {
        let (expected, value) = (expected.map(ByteBuf::from), Some(ByteBuf::from(b"new")));
        let durability = Durability::Durable;
        CompareAndSet { key: key(number), expected, value, ttl_ms: None, durability }.into_request()
    };
    let range = DeleteRange { keys: span(), durability: Durability::Durable }.into_request();
    let answers = bench.run_together(vec![swap(1, Some(b"v")), range, swap(1, None), swap(2, Some(b"v"))]);
    let swapped: Vec<Option<bool>> = answers
        .into_iter()
        .map(|answer| match answer.unwrap() {
            Response::CompareAndSet(swapped) => Some(swapped.swapped),
            _ => None,
        })
        .collect();
    assert_eq!(swapped, [Some(true), None, Some(true), Some(false)]);
    assert_eq!(keys(&bench, None).len(), 3);
}

#[test]
fn so_many_ranges_wait_and_no_more() {
    let bench = Bench::new();
    fill(&bench);
    bench.closing.store(true, std::sync::atomic::Ordering::Relaxed);
    let one = || DeleteRange { keys: span(), durability: Durability::Durable };
    for _ in 0..limits::RANGE_DELETES_MAX {
        // What is hidden is still there, and too much to be removed at once.
        assert_eq!(bench.run(one()).unwrap().deleted, None);
        assert_eq!(bench.run(one()).unwrap().deleted, Some(0), "nobody has written to it since");
        put(&bench, 1);
    }
    assert_eq!(bench.run(one()).unwrap_err().code, ErrorCode::Busy);
    assert_eq!(keys(&bench, None), [only(&["j"]), vec![key(1)], only(&["l"])].concat());
    bench.closing.store(false, std::sync::atomic::Ordering::Relaxed);
    sweep(&bench);
    assert_eq!(bench.run(one()).unwrap().deleted, Some(1));
    assert_eq!(bench.stats().keys, 2);
}

#[test]
fn a_log_of_any_length_is_trimmed_and_deleted() {
    for go_on in GO_ON {
        let mut bench = Bench::new();
        let values = vec![ByteBuf::from(b"value"); MANY];
        for log in ["a", "b"] {
            for _ in 0..2 {
                let (values, durability) = (values.clone(), Durability::Durable);
                bench.run(AppendLog { log: log.into(), values, durability }).unwrap();
            }
        }
        go_on(&mut bench);
        let trim = TrimLog { log: "a".into(), keep: Some(3), before: None, durability: Durability::Durable };
        assert_eq!(bench.run(trim).unwrap().deleted, 2 * MANY as u64 - 3);
        let drop = DeleteLog { log: "b".into(), durability: Durability::Durable };
        assert_eq!(bench.run(drop).unwrap().deleted, 1);
        let bytes = bench.stats().live_bytes;
        assert_eq!(bytes, 1 + 40 + 3 * (24 + 5));
        let see = |bench: &Bench| {
            let read = |log: &str| ReadLog {
                log: log.into(),
                after: None,
                before: None,
                last: None,
                limit: Some(10),
                cursor: None,
                snapshot: None,
            };
            let positions: Vec<u64> =
                bench.run(read("a")).unwrap().entries.iter().map(|entry| entry.position).collect();
            let next = 2 * MANY as u64;
            assert_eq!(positions, [next - 2, next - 1, next]);
            assert!(bench.run(read("b")).unwrap().entries.is_empty());
            assert_eq!(bench.stats().live_bytes, bytes);
        };
        see(&bench);
        go_on(&mut bench);
        see(&bench);
        sweep(&bench);
        go_on(&mut bench);
        see(&bench);
    }
}

/// What sweeps have done is durable in part only.
#[test]
fn power_that_fails_while_a_range_is_removed_brings_nothing_back() {
    for seed in 0..12 {
        let mut bench = Bench::new();
        fill(&bench);
        if seed % 2 == 0 {
            flush(&bench);
        }
        assert_eq!(delete(&bench), None);
        put(&bench, 17);
        sweep(&bench);
        if seed % 3 == 0 {
            flush(&bench);
        }
        bench.go_on_with(bench.disk.crash_image(seed, CrashMode::Random));
        let expected = [only(&["j"]), vec![key(17)], only(&["l"])].concat();
        assert_eq!(keys(&bench, None), expected, "seed {seed}");
        sweep(&bench);
        assert_eq!(keys(&bench, None), expected, "seed {seed}");
        assert_eq!((bench.stats().keys, bench.stats().live_bytes), (3, 12), "seed {seed}");
    }
}

#[test]
fn the_ranges_of_one_operation_look_at_so_many_rows_and_no_more() {
    const KEYS: usize = 5_000;
    let bench = Bench::new();
    let entries = (0..KEYS).map(entry).collect();
    bench.run(BatchPut { entries, durability: Durability::Durable }).unwrap();
    // The first finds keys; the others come by what the first has deleted.
    let commit = |ranges: usize| {
        let writes = vec![Write::DeleteRange(span()); ranges];
        bench.run(Commit { writes, ..Commit::default() })
    };
    let most = limits::RANGE_ROWS_LOOKED_AT_MAX / KEYS;
    assert_eq!(commit(most + 1).unwrap_err().code, ErrorCode::LimitExceeded);
    assert_eq!(keys(&bench, None).len(), KEYS, "nothing has changed");
    commit(most).unwrap();
    assert_eq!(keys(&bench, None).len(), 0);
}

/// Whoever has scanned keys does not depend on logs, however long they are.
#[test]
fn a_long_trim_of_a_log_is_no_change_of_keys() {
    use crate::api::{Condition, Part, Precondition, Target};
    let bench = Bench::new();
    fill(&bench);
    let append =
        AppendLog { log: "log".into(), values: vec![ByteBuf::from(b"v"); MANY], durability: Durability::Durable };
    bench.run(append).unwrap();
    let seq = bench.run(TakeSnapshot {}).unwrap().seq;
    let unchanged = || {
        let target = Target::Part { part: Part::Keys, name: String::new() };
        let condition = Condition::UnchangedSince { seq, count: 0 };
        let preconditions = vec![Precondition { target, condition }];
        bench.run(Commit { preconditions, ..Commit::default() })
    };
    let trim = TrimLog { log: "log".into(), keep: Some(1), before: None, durability: Durability::Durable };
    assert_eq!(bench.run(trim).unwrap().deleted, MANY as u64 - 1);
    unchanged().unwrap();
    assert_eq!(delete(&bench), None);
    assert_eq!(unchanged().unwrap_err().code, ErrorCode::Conflict);
}
