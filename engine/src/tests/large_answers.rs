//! Writes whose answers have stored values in them: a comparison that failed shows what it found, and what is popped is given.

use std::sync::Arc;

use super::world::{World, code, submit};
use crate::api::{AppendLog, ByteBuf, CompareAndSet, Durability, ErrorCode, Operation, PopLog, Put, ReadLog};
use crate::service::Service as _;
use crate::{Permit, Share};

const MIB: usize = 1 << 20;
const VALUE_BYTES: usize = 4 * MIB;
const ROOM_BYTES: usize = 16 * MIB;

fn world() -> (World, Arc<Share>) {
    let world = World::with(|options| options.answer_bytes_max = ROOM_BYTES);
    let value = || ByteBuf::from(vec![7; VALUE_BYTES]);
    let put = |key: &str, value| Put { key: ByteBuf::from(key), value, ttl_ms: None, durability: Durability::Volatile };
    world.engine.run("a", put("large", value())).unwrap();
    world.engine.run("a", put("small", ByteBuf::from("1"))).unwrap();
    let values = vec![value(), value(), ByteBuf::from("last")];
    world.engine.run("a", AppendLog { log: "l".into(), values, durability: Durability::Durable }).unwrap();
    let share = world.engine.answer_budget().share(usize::MAX);
    (world, share)
}

fn swap(key: &str) -> CompareAndSet {
    let (key, expected, value) = (ByteBuf::from(key), Some(ByteBuf::from("no")), Some(ByteBuf::from("new")));
    CompareAndSet { key, expected, value, ttl_ms: None, durability: Durability::Durable }
}

fn pop(world: &World, count: u32) -> crate::api::Result<Vec<usize>> {
    let pop = PopLog { log: "l".into(), count: Some(count), durability: Durability::Durable };
    Ok(world.engine.run("a", pop)?.entries.iter().map(|entry| entry.value.len()).collect())
}

fn held(share: &Arc<Share>, bytes: usize) -> Permit {
    share.take(bytes).unwrap()
}

#[test]
fn answers_of_writes_stay_within_the_room_for_answers() {
    let (world, share) = world();
    let all = held(&share, ROOM_BYTES - MIB);
    assert_eq!(code(world.engine.run("a", swap("large"))), ErrorCode::Busy);
    assert_eq!(world.engine.run("a", swap("small")).unwrap().previous.unwrap().as_slice(), b"1", "small ones pass");
    assert_eq!(code(pop(&world, 2)), ErrorCode::Busy);
    let read = ReadLog {
        log: "l".into(),
        after: None,
        before: None,
        last: None,
        limit: Some(1),
        cursor: None,
        snapshot: None,
    };
    assert_eq!(world.engine.run("a", read).unwrap().entries[0].position, 1, "nothing was popped");
    drop(all);
    let most = held(&share, ROOM_BYTES - VALUE_BYTES - MIB);
    assert_eq!(pop(&world, 3).unwrap(), [VALUE_BYTES], "what there is room for");
    drop(most);
    assert_eq!(pop(&world, 3).unwrap(), [VALUE_BYTES, 4]);
    assert_eq!(world.engine.run("a", swap("large")).unwrap().previous.unwrap().len(), VALUE_BYTES);
    assert_eq!(world.engine.answer_budget().used(), 0, "all of it came back");
}

/// Requests of a few bytes that read megabytes each: a group takes a few of them, and the others wait for the next.
#[test]
fn a_group_takes_no_more_answers_than_it_has_room_for() {
    let (world, _share) = world();
    let asked: Vec<_> = (0..40).map(|_| submit(&world.engine, "a", swap("large").into_request())).collect();
    for answer in asked {
        let crate::api::Response::CompareAndSet(outcome) = answer.recv().unwrap().unwrap() else { panic!("a swap") };
        assert!(!outcome.swapped && outcome.previous.unwrap().len() == VALUE_BYTES);
    }
    assert_eq!(world.engine.answer_budget().used(), 0);
}
