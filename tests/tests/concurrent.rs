//! Readers and writers at the same time: one instant looks the same from every side, and nothing unacknowledged shows.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "whatever fails here fails the test"
)]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use toondb_engine::api::{
    CommitSeq, CountDocuments, DescribeCollection, Direction, EndSnapshot, Get, GetEdges, Metric,
    NamespaceStatsRequest, QueryTemporal, SearchCollection, TakeSnapshot, Write,
};
use toondb_tests::requests::{
    add_node, at, bytes, commit, create_collection, document, edge, entry, fact, filter, get, map, node, put, query,
    search, swap,
};
use toondb_tests::{Database, Door, Transport, run, seed};

fn number(door: &dyn Door, snapshot: Option<CommitSeq>) -> usize {
    let found = run(door, "default", Get { snapshot, ..get("n") }).unwrap().found;
    found.map_or(0, |found| String::from_utf8_lossy(&found.value).parse().unwrap())
}

fn documents(door: &dyn Door, snapshot: Option<CommitSeq>, filtered: bool) -> usize {
    let filter = filtered.then(|| filter(map([])));
    let count = CountDocuments { collection: "c".into(), filter, snapshot, ..CountDocuments::default() };
    usize::try_from(run(door, "default", count).unwrap().count).unwrap()
}

/// Commit `i` adds one thing of every kind and writes `i` under a key.
fn write_all(door: &dyn Door, rounds: usize) {
    for i in 1..=rounds {
        let name = format!("n{i}");
        let writes = vec![
            Write::Put(entry("n", &i.to_string())),
            Write::AddDocuments {
                collection: "c".into(),
                documents: vec![document(&name, &[1.0, i as f32])],
                on_conflict: Default::default(),
                ttl_ms: None,
                create_missing: false,
            },
            Write::AddNode(node(&name)),
            Write::AddEdge(edge("root", "r", &name)),
            Write::AddTemporalEdge(fact(("root", "f", &name), 0, None)),
        ];
        run(door, "default", commit(vec![], writes)).unwrap();
    }
}

/// Everything one snapshot shows must belong to one commit.
fn look_at_one_instant(door: &dyn Door) -> usize {
    let seq = run(door, "default", TakeSnapshot {}).unwrap().seq;
    let snapshot = Some(seq);
    let n = number(door, snapshot);
    let edges = GetEdges {
        node_id: "root".into(),
        edge_types: None,
        direction: Direction::Outgoing,
        filter: Default::default(),
        limit: None,
        cursor: None,
        snapshot,
    };
    let seen = [
        documents(door, snapshot, false),
        documents(door, snapshot, true),
        run(door, "default", SearchCollection { snapshot, ..search("c", &[1.0, 1.0], 10_000) }).unwrap().hits.len(),
        run(door, "default", edges).unwrap().edges.len(),
        run(door, "default", QueryTemporal { snapshot, ..query("root", at(1)) }).unwrap().edges.len(),
    ];
    assert_eq!(seen, [n; 5], "at commit {seq}");
    assert!(run(door, "default", EndSnapshot { seq }).unwrap().held);
    n
}

fn readers_and_a_writer(transport: Transport) {
    const ROUNDS: usize = 600;
    let db = Database::new(transport, seed(71));
    db.run("default", create_collection("c", 2, Metric::Euclidean)).unwrap();
    db.run("default", add_node("root")).unwrap();
    let done = AtomicBool::new(false);
    let door = db.door();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut last = 0;
                while !done.load(Ordering::SeqCst) {
                    let n = look_at_one_instant(&*door);
                    assert!(n >= last, "time goes back from {last} to {n}");
                    last = n;
                }
            });
        }
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                // Each read is as new as the one before, and none newer than the next.
                let (before, unfiltered) = (number(&*door, None), documents(&*door, None, false));
                let (filtered, after) = (documents(&*door, None, true), number(&*door, None));
                let order = [before, unfiltered, filtered, after];
                assert!(order.is_sorted(), "{order:?}: a read shows what is not acknowledged, or misses what is");
            }
        });
        write_all(&*door, ROUNDS);
        done.store(true, Ordering::SeqCst);
    });
    assert_eq!(look_at_one_instant(&*door), ROUNDS);
    drop(door);
}

/// Counts are kept beside the rows, and yet no count is older than what somebody has read before it, nor newer than what
/// anybody reads after it.
#[test]
fn counts_keep_to_the_order_of_commits() {
    const ROUNDS: usize = 20_000;
    let db = Database::new(Transport::Embedded, seed(73));
    db.run("default", create_collection("c", 2, Metric::Euclidean)).unwrap();
    let (done, door) = (AtomicBool::new(false), db.door());
    let described = |door: &dyn Door| {
        let info = run(door, "default", DescribeCollection { collection: "c".into() }).unwrap();
        usize::try_from(info.count).unwrap()
    };
    let counted = |door: &dyn Door| {
        let stats = run(door, "default", NamespaceStatsRequest {}).unwrap();
        usize::try_from(stats.documents).unwrap()
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::SeqCst) {
                    let door = &*door;
                    let order = [
                        number(door, None),
                        documents(door, None, false),
                        number(door, None),
                        described(door),
                        number(door, None),
                        counted(door),
                        number(door, None),
                    ];
                    assert!(order.is_sorted(), "{order:?}");
                }
            });
        }
        for i in 1..=ROUNDS {
            let documents = vec![document(&format!("n{i}"), &[1.0, i as f32])];
            let add = Write::AddDocuments {
                collection: "c".into(),
                documents,
                on_conflict: Default::default(),
                ttl_ms: None,
                create_missing: false,
            };
            let writes = vec![Write::Put(entry("n", &i.to_string())), add];
            run(&*door, "default", commit(vec![], writes)).unwrap();
        }
        done.store(true, Ordering::SeqCst);
    });
    drop(door);
}

#[test]
fn snapshots_are_one_instant_embedded() {
    readers_and_a_writer(Transport::Embedded);
}

#[test]
fn snapshots_are_one_instant_through_a_socket() {
    readers_and_a_writer(Transport::Socket);
}

/// Compare-and-set loses no increment; every success has a commit of its own, and there is no hole between them.
fn increments(transport: Transport) {
    const THREADS: usize = 6;
    const EACH: usize = 300;
    let db = Database::new(transport, seed(72));
    db.run("default", put("counter", "0")).unwrap();
    let door = db.door();
    let increment = || {
        let mut commits = Vec::new();
        while commits.len() < EACH {
            let old = run(&*door, "default", get("counter")).unwrap().found.unwrap().value;
            let old = String::from_utf8(old.into_vec()).unwrap();
            let new = (old.parse::<usize>().unwrap() + 1).to_string();
            let swapped = run(&*door, "default", swap("counter", Some(&old), Some(&new))).unwrap();
            if swapped.swapped {
                commits.push(swapped.commit_seq.0);
            }
        }
        commits
    };
    let commits: BTreeSet<u64> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(increment)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let total = THREADS * EACH;
    assert_eq!(run(&*door, "default", get("counter")).unwrap().found.unwrap().value, bytes(&total.to_string()));
    assert_eq!(commits, (2..=total as u64 + 1).collect());
    drop(door);
}

#[test]
fn no_increment_is_lost_embedded() {
    increments(Transport::Embedded);
}

#[test]
fn no_increment_is_lost_through_a_socket() {
    increments(Transport::Socket);
}
