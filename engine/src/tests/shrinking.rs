//! Reads while a store is being shrunk.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use parking_lot::Mutex;

use super::world::{STORE, World, has, within};
use crate::api::{ByteBuf, DeleteKey, Durability, Error, ErrorCode, Flush, Get, Put, Request, Response, Result};
use crate::disk::Touch;
use crate::service::{Completion, Reply, Service};

const SOON: Duration = Duration::from_secs(60);
/// More than what a store may keep for nothing.
const ROWS: usize = 120;

/// Sends a result on.
struct Sink(Mutex<mpsc::Sender<Result<Response>>>);

impl Completion for Sink {
    fn complete(&self, _token: u64, result: Result<Response>) {
        let _ = self.0.lock().send(result);
    }

    fn is_wanted(&self, _token: u64) -> bool {
        true
    }
}

/// As a connection does it: on a thread that others wait for.
fn get_as_a_door_does(world: &World, namespace: &str, key: &str) -> mpsc::Receiver<Result<Response>> {
    let (sender, receiver) = mpsc::channel();
    let get = Request::Get(Get { key: ByteBuf::from(key), snapshot: None });
    world.engine.submit(namespace, get, Reply::new(Arc::new(Sink(Mutex::new(sender))), 0));
    receiver
}

fn is_found(answer: Result<Response>) -> bool {
    matches!(answer, Ok(Response::Get(found)) if found.found.is_some())
}

/// Leaves a store that is much longer than what lives in it, and waits until somebody shortens it and is held there.
fn hold_a_shrink(world: &World) {
    within(SOON, || {
        let durability = Durability::Volatile;
        for i in 0..ROWS {
            let (key, value) = (ByteBuf::from(format!("large{i}")), ByteBuf::from(vec![7; 100_000]));
            world.engine.run("loud", Put { key, value, ttl_ms: None, durability })?;
        }
        world.engine.run("loud", Flush {})?;
        for i in 0..ROWS {
            world.engine.run("loud", DeleteKey { key: ByteBuf::from(format!("large{i}")), durability })?;
        }
        world.engine.run("loud", Flush {})?;
        world.probe.hold(Touch::Write, STORE);
        // It may have been over before that.
        let is_held = within_a_moment(|| world.probe.holds(Touch::Write, STORE));
        if is_held {
            return Ok(());
        }
        world.probe.release(Touch::Write, STORE);
        Err(Error::new(ErrorCode::Busy, "nothing is being shrunk"))
    });
}

/// Asks for some seconds.
fn within_a_moment(asked: impl Fn() -> bool) -> bool {
    use crate::clock::{Clock, SystemClock};
    let clock = SystemClock::new();
    let deadline = clock.monotonic() + Duration::from_secs(5);
    while clock.monotonic() < deadline {
        if asked() {
            return true;
        }
        std::thread::yield_now();
    }
    false
}

/// The thread of a connection serves others: it hands the read on instead of waiting for the store.
#[test]
fn a_short_read_leaves_a_connections_thread_while_a_store_is_shrunk() {
    let world = World::new();
    world.put("loud", "kept").unwrap();
    world.put("quiet", "k").unwrap();
    // So that no other store is written to meanwhile.
    world.engine.run("quiet", Flush {}).unwrap();
    hold_a_shrink(&world);
    // Would it wait here, it would wait for ever.
    let answer = get_as_a_door_does(&world, "loud", "kept");
    assert!(matches!(answer.try_recv(), Err(mpsc::TryRecvError::Empty)), "the tables are away");
    let other = get_as_a_door_does(&world, "quiet", "k");
    assert!(is_found(other.try_recv().expect("another namespace answers at once")));
    world.probe.release(Touch::Write, STORE);
    assert!(is_found(answer.recv_timeout(SOON).unwrap()));
    assert!(has(&world.engine, "loud", "kept").unwrap());
}
