//! Panics outside of reads and writes: each is somebody's answer, and none is the end of anything else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::world::{World, put, submit as ask};
use crate::api::{
    ByteBuf, CreateCheckpoint, Durability, Error, ErrorCode, NamespaceStatsRequest, Ping, Properties, Put, Request,
    Response, RestoreCheckpoint, Result, ServerStatsRequest,
};
use crate::clock::{Clock, SystemClock};

const PATIENCE: Duration = Duration::from_secs(20);

/// A clock that panics on the threads of one name, while it is set.
#[derive(Debug)]
struct Trap {
    clock: SystemClock,
    threads: &'static str,
    set: AtomicBool,
}

impl Trap {
    fn on(threads: &'static str) -> Arc<Self> {
        Arc::new(Self { clock: SystemClock::new(), threads, set: AtomicBool::new(false) })
    }

    fn set(&self, set: bool) {
        self.set.store(set, Ordering::SeqCst);
    }

    fn spring(&self) {
        let here = std::thread::current().name().is_some_and(|name| name.starts_with(self.threads));
        assert!(!here || !self.set.load(Ordering::SeqCst), "the trap of this test");
    }
}

impl Clock for Trap {
    fn now_ms(&self) -> i64 {
        self.spring();
        self.clock.now_ms()
    }

    fn monotonic(&self) -> Duration {
        self.spring();
        self.clock.monotonic()
    }
}

fn world(trap: &Arc<Trap>) -> World {
    World::with(|options| options.clock = Arc::clone(trap) as _)
}

/// As a server does it. Fails the test if no answer comes.
fn submit(world: &World, namespace: &str, request: Request) -> Result<Response> {
    ask(&world.engine, namespace, request).recv_timeout(PATIENCE).unwrap()
}

#[test]
fn an_operation_on_the_engine_that_panics_is_answered() {
    let trap = Trap::on("toondb-admin");
    let world = world(&trap);
    trap.set(true);
    let Error { code, message } = submit(&world, "", Request::ServerStats(ServerStatsRequest {})).unwrap_err();
    assert_eq!(code, ErrorCode::Internal, "{message}");
    assert_eq!(world.panics(), 1);
    trap.set(false);
    assert!(submit(&world, "", Request::ServerStats(ServerStatsRequest {})).is_ok());
    world.engine.close().unwrap();
}

/// Nobody knows how far it came.
#[test]
fn a_restore_that_panics_has_an_unknown_outcome_and_is_counted() {
    let trap = Trap::on("toondb-admin");
    let world = world(&trap);
    put(&world.engine, "a", "kept").unwrap();
    let create = CreateCheckpoint { name: "x".to_owned(), include_patterns: Vec::new(), metadata: Properties::new() };
    let checkpoint_id = world.engine.run("a", create).unwrap().id;
    let restore =
        || Request::RestoreCheckpoint(RestoreCheckpoint { checkpoint_id: checkpoint_id.clone(), overwrite: false });
    trap.set(true);
    let Error { code, message } = submit(&world, "b", restore()).unwrap_err();
    assert_eq!(code, ErrorCode::OutcomeUnknown, "{message}");
    assert_eq!(world.panics(), 1);
    trap.set(false);
    submit(&world, "b", restore()).unwrap();
    assert!(world.has("b", "kept").unwrap());
}

#[test]
fn housekeeping_goes_on_after_a_panic() {
    let trap = Trap::on("toondb-tick");
    let world = world(&trap);
    put(&world.engine, "a", "stays").unwrap();
    trap.set(true);
    let clock = SystemClock::new();
    let wait = |what: &str, is_so: &dyn Fn() -> bool| {
        while !is_so() {
            assert!(clock.monotonic() < PATIENCE, "{what}");
            std::thread::yield_now();
        }
    };
    wait("no tick has panicked", &|| world.panics() > 0);
    trap.set(false);
    let (key, value) = (ByteBuf::from("goes"), ByteBuf::from("v"));
    world.engine.run("a", Put { key, value, ttl_ms: Some(1), durability: Durability::Durable }).unwrap();
    let keys = || world.engine.run("a", NamespaceStatsRequest {}).unwrap().keys;
    wait("the expired key was not swept", &|| keys() == 1);
    world.engine.close().unwrap();
}

/// The name beside an operation about no namespace is ignored, as everywhere.
#[test]
fn a_name_that_means_nothing_may_be_anything() {
    let world = World::new();
    for name in ["", "no such/name!", "default"] {
        assert!(submit(&world, name, Request::Ping(Ping {})).is_ok(), "{name:?}");
        assert!(submit(&world, name, Request::ServerStats(ServerStatsRequest {})).is_ok(), "{name:?}");
        assert!(world.engine.run(name, Ping {}).is_ok(), "{name:?}");
    }
    world.engine.close().unwrap();
}
