//! Namespaces and callers share the engine's threads: whoever floods it keeps nobody else waiting, and what nobody wants any
//! more is not carried out. A sink that blocks when it is asked whether it wants its answer stands for work that lasts.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::api::{
    ByteBuf, Durability, ErrorCode, Flush, Get, ListCheckpoints, Operation, Put, Request, Response, Result, Scan,
};
use crate::clock::ManualClock;
use crate::disk::SimDisk;
use crate::{Completion, Engine, EngineOptions, Reply, Service, limits};

const LONG: Duration = Duration::from_secs(20);

fn engine() -> Engine {
    let mut options = EngineOptions::new("/db").on_disk(Arc::new(SimDisk::new()));
    options.clock = Arc::new(ManualClock::new(1_000));
    Engine::open(options).unwrap()
}

fn put(key: &str) -> Put {
    let (key, value) = (ByteBuf::from(key.as_bytes().to_vec()), ByteBuf::from(b"v".to_vec()));
    Put { key, value, ttl_ms: None, durability: Durability::Durable }
}

fn scan() -> Request {
    let (prefix, start, end) = (None, None, None);
    Scan { prefix, start, end, limit: None, reverse: false, cursor: None, keys_only: false, snapshot: None }
        .into_request()
}

/// Gives its result, and says of itself whether it is wanted.
struct Sink {
    results: Mutex<Sender<Result<Response>>>,
    wanted: AtomicBool,
}

impl Completion for Sink {
    fn complete(&self, _token: u64, result: Result<Response>) {
        let _ = self.results.lock().unwrap().send(result);
    }

    fn is_wanted(&self, _token: u64) -> bool {
        self.wanted.load(Ordering::SeqCst)
    }
}

fn submit(engine: &Engine, namespace: &str, request: Request, wanted: bool) -> Receiver<Result<Response>> {
    let (results, result) = channel();
    let sink = Sink { results: Mutex::new(results), wanted: AtomicBool::new(wanted) };
    engine.submit(namespace, request, None, Reply::new(Arc::new(sink), 0));
    result
}

/// Occupies the thread that asks it, until it is let go.
struct Block {
    begun: Sender<()>,
    released: Mutex<Receiver<()>>,
}

impl Completion for Block {
    fn complete(&self, _token: u64, _result: Result<Response>) {}

    fn is_wanted(&self, _token: u64) -> bool {
        let _ = self.begun.send(());
        let _ = self.released.lock().unwrap().recv();
        true
    }
}

/// Floods a namespace with requests that all last. Gives what lets them go, once `at_once` of them have begun.
fn flood(
    engine: &Engine,
    namespace: &str,
    count: usize,
    at_once: usize,
    request: impl Fn() -> Request,
) -> Vec<Sender<()>> {
    let (begun, begins) = channel();
    let releases = (0..count)
        .map(|_| {
            let (release, released) = channel();
            let block = Block { begun: begun.clone(), released: Mutex::new(released) };
            engine.submit(namespace, request(), None, Reply::new(Arc::new(block), 0));
            release
        })
        .collect();
    (0..at_once).for_each(|_| begins.recv_timeout(LONG).unwrap());
    releases
}

#[test]
fn a_namespace_flooded_with_reads_leaves_others_their_turn() {
    let engine = engine();
    for namespace in ["flooded", "quiet"] {
        engine.run(namespace, put("k")).unwrap();
    }
    let held = flood(&engine, "flooded", 100, limits::READ_THREADS_MAX - 1, scan);
    let answer = submit(&engine, "quiet", scan(), true).recv_timeout(LONG).expect("the quiet one is served meanwhile");
    assert!(matches!(answer, Ok(Response::Scan(page)) if page.entries.len() == 1));
    drop(held);
    engine.close().unwrap();
}

/// Its part of the queue is full, and only its own.
#[test]
fn a_full_queue_is_full_for_its_own_namespace() {
    let engine = engine();
    for namespace in ["flooded", "quiet"] {
        engine.run(namespace, put("k")).unwrap();
    }
    // First those that run, then those that wait: a thread that starts late would else make room for one more.
    let running = limits::READ_THREADS_MAX - 1;
    let held = [
        flood(&engine, "flooded", running, running, scan),
        flood(&engine, "flooded", limits::READ_QUEUE_EACH_MAX, 0, scan),
    ];
    let refused = submit(&engine, "flooded", scan(), true).recv_timeout(LONG).unwrap();
    assert_eq!(refused.unwrap_err().code, ErrorCode::Busy);
    assert!(submit(&engine, "quiet", scan(), true).recv_timeout(LONG).unwrap().is_ok());
    drop(held);
    engine.close().unwrap();
}

/// Reads, administration and openings may all stand still: commits and flushes go on.
#[test]
fn writes_and_flushes_wait_for_no_other_class() {
    let engine = engine();
    for namespace in ["a", "b", "quiet"] {
        engine.run(namespace, put("k")).unwrap();
    }
    let list = || ListCheckpoints {}.into_request();
    let held = [
        flood(&engine, "a", 10, limits::READ_THREADS_MAX - 1, scan),
        flood(&engine, "b", 10, 1, scan),
        flood(&engine, "a", 10, limits::ADMIN_THREADS_MAX - 1, list),
        flood(&engine, "b", 10, 1, list),
    ];
    assert!(submit(&engine, "quiet", put("other").into_request(), true).recv_timeout(LONG).unwrap().is_ok());
    assert!(submit(&engine, "quiet", Flush {}.into_request(), true).recv_timeout(LONG).unwrap().is_ok());
    drop(held);
    engine.close().unwrap();
}

#[test]
fn what_nobody_wants_is_not_carried_out_and_says_so() {
    let engine = engine();
    engine.run("ns", put("k")).unwrap();
    let of_open = submit(&engine, "ns", put("open").into_request(), false).recv_timeout(LONG).unwrap();
    let creating = submit(&engine, "new", put("creating").into_request(), false).recv_timeout(LONG).unwrap();
    let read = submit(&engine, "ns", scan(), false).recv_timeout(LONG).unwrap();
    for result in [of_open, creating, read] {
        let error = result.unwrap_err();
        assert_eq!(error.code, ErrorCode::Timeout, "nothing was changed, and so nothing is unknown: {error}");
    }
    for (namespace, key) in [("ns", "open"), ("new", "creating")] {
        let get = Get { key: ByteBuf::from(key.as_bytes().to_vec()), snapshot: None };
        assert!(engine.run(namespace, get).unwrap().found.is_none(), "{key} was not written");
    }
    // Those that are wanted and stand in the same group are carried out.
    let held = flood(&engine, "ns", 1, 1, || put("first").into_request());
    let unwanted = submit(&engine, "ns", put("unwanted").into_request(), false);
    let wanted = submit(&engine, "ns", put("wanted").into_request(), true);
    drop(held);
    assert_eq!(unwanted.recv_timeout(LONG).unwrap().unwrap_err().code, ErrorCode::Timeout);
    assert!(wanted.recv_timeout(LONG).unwrap().is_ok());
    engine.close().unwrap();
}
