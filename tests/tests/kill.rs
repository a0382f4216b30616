//! `kill -9` of the real server under load, at random moments.
//!
//! This process is the oracle and is never killed. Each writer thread owns its keys and sends one request at a time, so it
//! knows for each of them the last acknowledged value and at most one that may or may not have happened. Every write
//! carries a key whose version is its commit, so that after the restart the commits found must be exactly the
//! acknowledged ones and those pending ones whose data is there: none lost, none in part, no hole.
//! `TOONDB_LONG=1` makes 2,000 rounds of it instead of 60.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "whatever fails here fails the test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use toondb_engine::api::{
    Direction, Edge, Error, ErrorCode, Metric, NamespaceStatsRequest, Properties, Request, Response, Write,
};
use toondb_ipc::BlockingClient;
use toondb_tests::requests::{
    add_documents, commit, create_collection, document_with, edge, entry, get, get_documents, get_node, node, put,
    search,
};
use toondb_tests::{Dice, Served, TempDir, commit_of, is_long, run, seed};

const WRITERS: u64 = 4;
/// Things each writer overwrites again and again.
const SLOTS: u64 = 8;
/// Keys of one batch.
const BATCH_KEYS: u64 = 6;
const NAMESPACE: &str = "load";

/// What a writer does to one of its slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Put,
    Batch,
    Commit,
}

/// A slot of a writer; its parts must all hold the same value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Slot {
    writer: u64,
    kind: Kind,
    number: u64,
}

impl Slot {
    fn name(self) -> String {
        format!("{}-{:?}-{}", self.writer, self.kind, self.number)
    }

    fn batch_key(self, i: u64) -> String {
        format!("{}/{i}", self.name())
    }

    /// The write that gives it a value.
    fn write(self, value: u64) -> Request {
        let (name, mut text) = (self.name(), value.to_string());
        if value.is_multiple_of(8) {
            // Such as stores hold in chunks; of one more or one less than the one before.
            text.push_str(&" ".repeat(100_000 + 70_000 * (value as usize / 8 % 2)));
        }
        let properties = Properties::new().with("value", i64::try_from(value).unwrap());
        match self.kind {
            Kind::Put => Request::Put(put(&name, &text)),
            Kind::Batch => {
                let entries = (0..BATCH_KEYS).map(|i| entry(&self.batch_key(i), &text)).collect();
                let durability = toondb_engine::api::Durability::Durable;
                Request::BatchPut(toondb_engine::api::BatchPut { entries, durability })
            }
            Kind::Commit => {
                let document = document_with(&name, &[1.0, value as f32 + 1.0], properties.clone());
                let node = toondb_engine::api::Node { properties: properties.clone(), ..node(&name) };
                let edge = Edge { properties, ..edge(&name, "self", &name) };
                Request::Commit(commit(
                    vec![],
                    vec![
                        Write::Put(entry(&name, &text)),
                        Write::AddDocuments {
                            collection: "docs".into(),
                            documents: vec![document],
                            on_conflict: Default::default(),
                            ttl_ms: None,
                            create_missing: false,
                        },
                        Write::AddNode(node),
                        Write::AddEdge(edge),
                    ],
                ))
            }
        }
    }

    /// What it holds now, and the commit that wrote it. Panics if its parts disagree.
    fn read(self, client: &BlockingClient, context: &str) -> Option<(u64, u64)> {
        let key = |key: &str| {
            let found = run(client, NAMESPACE, get(key)).unwrap().found?;
            let value: u64 = String::from_utf8_lossy(&found.value).trim_end().parse().expect("values are numbers");
            Some((value, found.version.0))
        };
        match self.kind {
            Kind::Put => key(&self.name()),
            Kind::Batch => {
                let all: BTreeSet<_> = (0..BATCH_KEYS).map(|i| key(&self.batch_key(i))).collect();
                assert_eq!(all.len(), 1, "{context}: {self:?} holds a part of a batch: {all:?}");
                all.into_iter().next().flatten()
            }
            Kind::Commit => {
                let found = key(&self.name());
                let parts = self.parts_of_commit(client);
                let expected = found.map(|(value, _)| i64::try_from(value).unwrap());
                assert!(
                    parts.iter().all(|part| *part == expected),
                    "{context}: {self:?}: key {expected:?}, rest {parts:?}"
                );
                found
            }
        }
    }

    /// The values that the document, its embedding, the node and the edge hold.
    fn parts_of_commit(self, client: &BlockingClient) -> [Option<i64>; 4] {
        let name = self.name();
        let value = |properties: &Properties| match properties.get("value") {
            Some(toondb_engine::api::Value::Int(value)) => Some(*value),
            _ => None,
        };
        let document = run(client, NAMESPACE, get_documents("docs", &[&name])).unwrap().documents.remove(0);
        let node = run(client, NAMESPACE, get_node(&name)).unwrap().node;
        let edges = toondb_engine::api::GetEdges {
            node_id: name.as_str().into(),
            edge_types: None,
            direction: Direction::Both,
            filter: Default::default(),
            limit: None,
            cursor: None,
            snapshot: None,
        };
        let edges = run(client, NAMESPACE, edges).unwrap().edges;
        let embedded = document.as_ref().and_then(|document| document.embedding.clone());
        [
            document.and_then(|document| value(&document.metadata)),
            embedded.map(|embedding| embedding.0[1] as i64 - 1),
            node.and_then(|node| value(&node.properties)),
            edges.first().and_then(|edge| value(&edge.properties)),
        ]
    }
}

/// What is known of the slots and commits.
#[derive(Debug, Default)]
struct Oracle {
    /// The last acknowledged value of each slot.
    values: BTreeMap<Slot, u64>,
    /// Everything up to this commit has been accounted for.
    accounted: u64,
}

/// What one writer did in one round.
#[derive(Debug, Default)]
struct Log {
    acknowledged: Vec<(Slot, u64, u64)>,
    /// The write whose answer never came.
    pending: Option<(Slot, u64)>,
}

/// Writes until the server is gone. Whoever gets acknowledgement number `kill_after` kills it.
fn write_on(server: &Served, writer: u64, dice: &Dice, acks: &AtomicU64, kill_after: u64) -> Log {
    let mut log = Log::default();
    // Another writer may have had its number of acknowledgements, and killed it, before this one was let in.
    let client = match server.try_client() {
        Ok(client) => client,
        Err(_) if acks.load(Ordering::SeqCst) >= kill_after => return log,
        Err(error) => panic!("a healthy server refused a connection: {error:?}"),
    };
    loop {
        let kind = *dice.pick(&[Kind::Put, Kind::Batch, Kind::Commit]);
        let slot = Slot { writer, kind, number: dice.below(SLOTS) };
        let value = dice.below(1 << 20);
        match client.call(NAMESPACE, &slot.write(value)) {
            Ok(response) => {
                let seq = commit_of(&response).expect("a write names its commit");
                log.acknowledged.push((slot, value, seq));
            }
            Err(Error { code: ErrorCode::OutcomeUnknown, .. }) => {
                log.pending = Some((slot, value));
                return log;
            }
            // Nothing was sent: the server was gone before.
            Err(Error { code: ErrorCode::ConnectionFailed, .. }) => return log,
            Err(error) => panic!("a healthy server refused a write: {error:?}"),
        }
        if acks.fetch_add(1, Ordering::SeqCst) + 1 == kill_after {
            // At a random point of what the other writers' requests are going through.
            (0..dice.below(100_000)).for_each(|_| std::hint::spin_loop());
            server.kill_now();
        }
    }
}

fn check(client: &BlockingClient, oracle: &mut Oracle, logs: Vec<Log>, context: &str) {
    let mut commits = BTreeSet::new();
    let mut pending = BTreeMap::new();
    for log in logs {
        for (slot, value, seq) in log.acknowledged {
            assert!(commits.insert(seq), "{context}: commit {seq} was given to two writes");
            oracle.values.insert(slot, value);
        }
        pending.extend(log.pending);
    }
    let stats = run(client, NAMESPACE, NamespaceStatsRequest {}).unwrap();
    for writer in 0..WRITERS {
        for kind in [Kind::Put, Kind::Batch, Kind::Commit] {
            for number in 0..SLOTS {
                let slot = Slot { writer, kind, number };
                let found = slot.read(client, context);
                let (known, maybe) = (oracle.values.get(&slot).copied(), pending.get(&slot).copied());
                match found {
                    Some((value, seq)) if Some(value) == maybe && seq > oracle.accounted && !commits.contains(&seq) => {
                        commits.insert(seq);
                        oracle.values.insert(slot, value);
                    }
                    found => {
                        let value = found.map(|(value, _)| value);
                        assert_eq!(value, known, "{context}: {slot:?} holds neither its last value nor {maybe:?}");
                    }
                }
            }
        }
    }
    let expected: BTreeSet<u64> = (oracle.accounted + 1..=stats.commit_seq.0).collect();
    let (missing, surplus): (Vec<_>, Vec<_>) =
        (expected.difference(&commits).collect(), commits.difference(&expected).collect());
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "{context}: commits {missing:?} belong to nobody; acknowledged commits {surplus:?} are gone"
    );
    oracle.accounted = stats.commit_seq.0;
    check_searches(client, oracle, context);
}

/// The vector index, rebuilt at the start, knows exactly the documents that are there.
fn check_searches(client: &BlockingClient, oracle: &Oracle, context: &str) {
    let expected = oracle.values.keys().filter(|slot| slot.kind == Kind::Commit).count();
    let hits = run(client, NAMESPACE, search("docs", &[1.0, 1.0], 1_000)).unwrap().hits;
    assert_eq!(hits.len(), expected, "{context}: a search finds other documents than there are");
}

fn prepare(server: &Served) -> u64 {
    let client = server.client();
    run(&client, NAMESPACE, create_collection("docs", 2, Metric::Euclidean)).unwrap();
    let added = client.call(NAMESPACE, &Request::AddDocuments(add_documents("docs", vec![]))).unwrap();
    let Response::AddDocuments(added) = added else { panic!("an answer of another operation") };
    added.commit_seq.0
}

#[test]
fn a_killed_server_keeps_what_it_acknowledged() {
    let seed = seed(31);
    let dice = Dice::new(seed);
    let dir = TempDir::new();
    let (socket, data) = (dir.join("s"), dir.join("data"));
    let mut server = Served::start(&socket, &data).expect("the server starts");
    let mut oracle = Oracle { accounted: prepare(&server), ..Oracle::default() };
    let rounds = if is_long() { 2_000 } else { 60 };
    for round in 0..rounds {
        let acks = AtomicU64::new(0);
        let kill_after = 1 + dice.below(if round % 5 == 4 { 4_000 } else { 400 });
        let logs: Vec<Log> = std::thread::scope(|scope| {
            let (server, acks) = (&server, &acks);
            let writers: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    let dice = Dice::new(seed ^ (round << 8) ^ writer.wrapping_mul(0x9E37_79B9));
                    scope.spawn(move || write_on(server, writer, &dice, acks, kill_after))
                })
                .collect();
            writers.into_iter().map(|writer| writer.join().expect("a writer ends well")).collect()
        });
        server.kill();
        let context = format!("seed {seed}, round {round}, killed after {kill_after} acknowledgements");
        server = Served::start(&socket, &data).unwrap_or_else(|log| panic!("{context}: no restart: {log}"));
        check(&server.client(), &mut oracle, logs, &context);
    }
    server.terminate();
    assert!(server.wait().success(), "an orderly end: {}", server.log());
}
