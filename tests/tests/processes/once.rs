//! Clients whose server is killed again and again: each change that they were told of was made, and made once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use toondb_engine::api::{AppendLog, Durability, Get, Increment, LogEntry, PopLog, ReadLog};
use toondb_engine::clock::{Clock, SystemClock};
use toondb_engine::rng::{Rng, SeededRng};
use toondb_ipc::{AsyncClient, BlockingClient, ClientOptions};
use toondb_tests::{Served, TempDir};

const THREADS: usize = 4;
const DURABILITY: Durability = Durability::Durable;

fn options() -> ClientOptions {
    // Longer than any start takes on a busy machine: what is not answered by then fails the test.
    ClientOptions { retry_for: Duration::from_secs(60), ..ClientOptions::default() }
}

fn increment(key: &str) -> Increment {
    Increment { key: key.as_bytes().to_vec().into(), by: 1, ttl_ms: None, durability: DURABILITY }
}

fn append(text: String) -> AppendLog {
    AppendLog { log: "told".into(), values: vec![text.into_bytes().into()], durability: DURABILITY }
}

/// What one client was told.
#[derive(Default)]
struct Told {
    increments: i64,
    appended: Vec<(u64, String)>,
    popped: Vec<LogEntry>,
}

/// Counts, appends and takes out until the end. Every call must succeed: nobody is told that the outcome is unknown.
fn work(socket: &std::path::Path, thread: usize, ends: &AtomicBool) -> Told {
    let client = BlockingClient::connect(socket, options()).unwrap();
    let mut told = Told::default();
    for round in 0.. {
        if ends.load(Ordering::Relaxed) {
            break;
        }
        let counted = client.call_op("default", increment(&format!("own{thread}"))).unwrap();
        told.increments += 1;
        assert_eq!(counted.value, told.increments, "its own counter counts its own calls");
        client.call_op("default", increment("shared")).unwrap();
        let text = format!("{thread}/{round}");
        let first = client.call_op("default", append(text.clone())).unwrap().first;
        told.appended.push((first, text));
        if round % 3 == 0 {
            let pop = PopLog { log: "queue".into(), count: Some(2), durability: DURABILITY };
            told.popped.extend(client.call_op("default", pop).unwrap().entries);
            let values = vec![format!("{thread}:{round}").into_bytes().into()];
            let push = AppendLog { log: "queue".into(), values, durability: DURABILITY };
            client.call_op("default", push).unwrap();
        }
    }
    told
}

fn entries(client: &BlockingClient, log: &str) -> Vec<LogEntry> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let read =
            ReadLog { log: log.into(), after: None, before: None, last: None, limit: None, cursor, snapshot: None };
        let page = client.call_op("default", read).unwrap();
        all.extend(page.entries);
        cursor = page.cursor;
        if cursor.is_none() {
            return all;
        }
    }
}

fn counter(client: &BlockingClient, key: &str) -> i64 {
    let found = client.call_op("default", Get { key: key.as_bytes().to_vec().into(), snapshot: None }).unwrap().found;
    std::str::from_utf8(&found.unwrap().value).unwrap().parse().unwrap()
}

#[test]
fn every_change_is_made_once_however_often_the_server_is_killed() {
    let rounds = if std::env::var_os("TOONDB_LONG").is_some() { 150 } else { 12 };
    let dir = TempDir::new();
    let (socket, data) = (dir.join("s"), dir.join("data"));
    let mut served = Served::start(&socket, &data).unwrap();
    let seed = SystemClock::new().now_ms().unsigned_abs();
    println!("seed {seed}");
    let rng = SeededRng::new(seed);
    let ends = AtomicBool::new(false);
    let told: Vec<Told> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (socket, ends) = (&socket, &ends);
                scope.spawn(move || work(socket, thread, ends))
            })
            .collect();
        for _ in 0..rounds {
            // Until so much was done since the start: then the kill comes in the middle of something.
            let client = BlockingClient::connect(&socket, options()).unwrap();
            for _ in 0..20 + rng.next_u64() % 200 {
                client.call_op("default", increment("pace")).unwrap();
            }
            served.kill();
            served = Served::start(&socket, &data).unwrap();
        }
        ends.store(true, Ordering::Relaxed);
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let client = BlockingClient::connect(&socket, options()).unwrap();
    let all: i64 = told.iter().map(|told| told.increments).sum();
    assert_eq!(counter(&client, "shared"), all);
    for (thread, told) in told.iter().enumerate() {
        assert_eq!(counter(&client, &format!("own{thread}")), told.increments);
    }
    let mut expected: Vec<_> = told.iter().flat_map(|told| told.appended.iter().cloned()).collect();
    expected.sort();
    let found: Vec<_> = entries(&client, "told")
        .into_iter()
        .map(|entry| (entry.position, String::from_utf8(entry.value.into_vec()).unwrap()))
        .collect();
    assert_eq!(found, expected, "each entry once, where its writer was told");
    let mut queued: Vec<_> = told.into_iter().flat_map(|told| told.popped).collect();
    queued.extend(entries(&client, "queue"));
    queued.sort_by_key(|entry| entry.position);
    let positions: Vec<u64> = queued.iter().map(|entry| entry.position).collect();
    let first = positions.first().copied().unwrap_or_default();
    let expected: Vec<u64> = (first..).take(positions.len()).collect();
    assert_eq!(positions, expected, "each entry of the queue went to one, or is there");
    println!("{all} increments in {rounds} lives");
    drop(served);
}

/// The same for tokio's client, whose calls share a connection, and where the server is stopped in order, too.
#[test]
fn calls_in_flight_outlive_stops_and_kills() {
    let dir = TempDir::new();
    let (socket, data) = (dir.join("s"), dir.join("data"));
    let mut served = Served::start(&socket, &data).unwrap();
    let ends = AtomicBool::new(false);
    let all: i64 = std::thread::scope(|scope| {
        let (path, ended) = (&socket, &ends);
        let calls = scope.spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let client = AsyncClient::connect(path, options()).await.unwrap();
                let count = async || {
                    let mut counted = 0_i64;
                    while !ended.load(Ordering::Relaxed) {
                        client.call_op("default", increment("shared")).await.unwrap();
                        counted += 1;
                    }
                    counted
                };
                let (a, b, c, d) = tokio::join!(count(), count(), count(), count());
                a + b + c + d
            })
        });
        for round in 0..6 {
            let pace = BlockingClient::connect(&socket, options()).unwrap();
            for _ in 0..100 {
                pace.call_op("default", increment("pace")).unwrap();
            }
            drop(pace);
            if round % 2 == 0 {
                served.terminate();
                served.wait();
            } else {
                served.kill();
            }
            served = Served::start(&socket, &data).unwrap();
        }
        ends.store(true, Ordering::Relaxed);
        calls.join().unwrap()
    });
    let client = BlockingClient::connect(&socket, options()).unwrap();
    assert_eq!(counter(&client, "shared"), all);
    drop(served);
}
