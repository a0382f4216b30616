//! Reads while a store is being shrunk.

use std::sync::mpsc;
use std::time::Duration;

use super::world::{STORE, World, has, submit, within};
use crate::api::{ByteBuf, DeleteKey, Durability, Error, ErrorCode, Flush, Get, Put, Request, Response, Result};
use crate::disk::Touch;

const SOON: Duration = Duration::from_secs(60);
/// More than what a store may keep for nothing.
const ROWS: usize = 120;

fn get(key: &str) -> Request {
    Request::Get(Get { key: ByteBuf::from(key), snapshot: None })
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
    let answer = submit(&world.engine, "loud", get("kept"));
    assert!(matches!(answer.try_recv(), Err(mpsc::TryRecvError::Empty)), "the tables are away");
    let other = submit(&world.engine, "quiet", get("k"));
    assert!(is_found(other.try_recv().expect("another namespace answers at once")));
    world.probe.release(Touch::Write, STORE);
    assert!(is_found(answer.recv_timeout(SOON).unwrap()));
    assert!(has(&world.engine, "loud", "kept").unwrap());
}
