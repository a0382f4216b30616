//! What a durable answer says survives a power loss, also where the request itself wrote nothing: whatever the answer tells
//! of was written by somebody, perhaps only to memory.

use serde_bytes::ByteBuf;

use super::bench::Bench;
use crate::api::{
    AddTemporalEdge, CloseTemporalEdge, Commit, CommitSeq, CompareAndSet, Condition, DeleteKey, Durability, ErrorCode,
    Get, Precondition, Properties, Put, Request, Target, TemporalFact, TimestampMs, Write,
};
use crate::namespace::Tenant;

fn bytes(text: &str) -> ByteBuf {
    ByteBuf::from(text.as_bytes().to_vec())
}

fn put(key: &str, durability: Durability) -> Put {
    Put { key: bytes(key), value: bytes("v"), ttl_ms: None, durability }
}

fn delete(key: &str, durability: Durability) -> DeleteKey {
    DeleteKey { key: bytes(key), durability }
}

fn has(bench: &Bench, key: &str) -> bool {
    bench.run(Get { key: bytes(key), snapshot: None }).unwrap().found.is_some()
}

fn commit(key: &str, condition: Condition, writes: Vec<Write>) -> Commit {
    let preconditions = vec![Precondition { target: Target::Key { key: bytes(key) }, condition }];
    Commit { preconditions, writes, snapshot: None, durability: Durability::Durable }
}

fn fact(durability: Durability) -> AddTemporalEdge {
    let fact = TemporalFact {
        from_id: "a".into(),
        edge_type: "knows".into(),
        to_id: "b".into(),
        valid_from: TimestampMs(5),
        valid_until: None,
        properties: Properties::new(),
    };
    AddTemporalEdge { fact, durability }
}

fn close(durability: Durability) -> CloseTemporalEdge {
    let at = Some(TimestampMs(9));
    CloseTemporalEdge { from_id: "a".into(), edge_type: "knows".into(), to_id: "b".into(), at, durability }
}

#[test]
fn a_deleted_key_that_a_durable_delete_found_missing_stays_deleted() {
    let mut bench = Bench::new();
    bench.run(put("k", Durability::Durable)).unwrap();
    bench.run(delete("k", Durability::Volatile)).unwrap();
    assert_eq!(bench.run(delete("k", Durability::Durable)).unwrap().deleted, 0);
    bench.lose_power();
    assert!(!has(&bench, "k"), "the durable delete said that it is not there");
}

#[test]
fn a_durable_answer_to_a_request_that_changed_nothing_makes_durable_what_it_tells_of() {
    type Ask = fn(&Bench);
    let asks: [(&str, Ask); 4] = [
        ("a comparison that failed", |bench| {
            let (key, value) = (bytes("k"), Some(bytes("w")));
            let swap = CompareAndSet { key, expected: None, value, ttl_ms: None, durability: Durability::Durable };
            assert!(!bench.run(swap).unwrap().swapped);
        }),
        ("preconditions alone", |bench| {
            bench.run(commit("k", Condition::Present, Vec::new())).unwrap();
        }),
        ("a conflict", |bench| {
            let writes = vec![Write::DeleteKey { key: bytes("other") }];
            let error = bench.run(commit("k", Condition::Absent, writes)).unwrap_err();
            assert_eq!(error.code, ErrorCode::Conflict);
        }),
        ("a conflict with a version", |bench| {
            let condition = Condition::UnchangedSince { seq: CommitSeq(0), count: 0 };
            assert_eq!(bench.run(commit("k", condition, Vec::new())).unwrap_err().code, ErrorCode::Conflict);
        }),
    ];
    for (what, ask) in asks {
        let mut bench = Bench::new();
        bench.run(put("k", Durability::Volatile)).unwrap();
        ask(&bench);
        bench.lose_power();
        assert!(has(&bench, "k"), "{what} told of the key");
    }
}

#[test]
fn facts_that_a_durable_request_found_already_so_stay_so() {
    let mut bench = Bench::new();
    bench.run(fact(Durability::Volatile)).unwrap();
    assert!(!bench.run(fact(Durability::Durable)).unwrap().created);
    bench.lose_power();
    assert_eq!(bench.stats().temporal_versions, 1);
    bench.run(close(Durability::Volatile)).unwrap();
    let error = bench.run(close(Durability::Durable)).unwrap_err();
    assert_eq!(error.code, ErrorCode::EdgeNotFound, "no open fact is left");
    bench.lose_power();
    assert_eq!(bench.run(close(Durability::Durable)).unwrap_err().code, ErrorCode::EdgeNotFound);
}

#[test]
fn a_volatile_answer_syncs_nothing_and_a_durable_one_no_more_than_it_needs() {
    let bench = Bench::new();
    bench.run(put("k", Durability::Durable)).unwrap();
    let syncs = bench.disk.sync_count();
    bench.run(delete("missing", Durability::Durable)).unwrap();
    bench.run(put("l", Durability::Volatile)).unwrap();
    bench.run(delete("missing", Durability::Volatile)).unwrap();
    assert_eq!(bench.disk.sync_count(), syncs);
    bench.run(delete("missing", Durability::Durable)).unwrap();
    assert_eq!(bench.disk.sync_count(), syncs + 1);
}

/// Answers of a group whose log failed must not tell of what may be lost with it, neither as success nor as an error.
#[test]
fn a_failed_group_gives_no_answer_that_tells_of_it() {
    let bench = Bench::new();
    bench.run(put("before", Durability::Durable)).unwrap();
    bench.disk.fail_sync_at(bench.disk.sync_count() + 1);
    let conflict = commit("k", Condition::Absent, Vec::new());
    let requests = vec![
        Request::Put(put("k", Durability::Durable)),
        Request::Commit(conflict),
        Request::Put(put("l", Durability::Volatile)),
    ];
    for answer in bench.run_together(requests) {
        assert_eq!(answer.unwrap_err().code, ErrorCode::OutcomeUnknown);
    }
}

/// "Read to find out", says the answer: by then nobody may read the state from before, which lacks the write, while the next
/// opening may hold it.
#[test]
fn who_is_told_that_an_outcome_is_unknown_reads_the_next_opening() {
    let bench = Bench::new();
    let request = |key| Request::Put(put(key, Durability::Durable));
    let (readable, answer) = bench.run_and_look(request("before"));
    assert!(readable && answer.is_ok());
    bench.disk.fail_sync_at(bench.disk.sync_count() + 1);
    let (readable, answer) = bench.run_and_look(request("k"));
    assert_eq!(answer.unwrap_err().code, ErrorCode::OutcomeUnknown);
    assert!(!readable, "the opening that failed can still be read");
}

/// Closing wrote what was not synced yet, and failed: the log takes no more orders, whoever is still reading.
#[test]
fn an_opening_whose_closing_failed_is_not_used_again() {
    let bench = Bench::new();
    bench.run(put("old", Durability::Durable)).unwrap();
    bench.run(put("volatile", Durability::Volatile)).unwrap();
    let reader = bench.handle.hold().unwrap();
    bench.disk.fail_sync_at(bench.disk.sync_count() + 1);
    assert!(bench.handle.close_unused());
    let refused = bench.run(put("while it is read", Durability::Durable)).unwrap_err();
    assert_eq!(refused.code, ErrorCode::Busy, "{refused}");
    drop(reader);
    bench.run(put("new", Durability::Durable)).unwrap();
    assert!(has(&bench, "old") && has(&bench, "new"));
}
