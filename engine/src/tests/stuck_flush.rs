//! A store that is damaged where a flush must write.

use std::path::PathBuf;
use std::sync::Arc;

use super::world::{STORE, World, code, count, submit, within};
use crate::api::{
    ByteBuf, CreateCheckpoint, DeleteKey, Durability, ErrorCode, Flush, Get, NamespaceStatsRequest, Properties, Put,
    Request, RestoreCheckpoint,
};
use crate::clock::ManualClock;
use crate::disk::{Disk, SimDisk, Touch};
use crate::limits;

const SOON: std::time::Duration = std::time::Duration::from_secs(60);

/// Where the stored bytes of a value are, which nothing else has.
fn place(disk: &SimDisk, mark: &[u8]) -> (PathBuf, u64) {
    let stores = disk.list_dir("/data/ns".as_ref()).unwrap();
    let stores = stores.iter().map(|name| PathBuf::from("/data/ns").join(name).join(STORE));
    let mut found = stores.filter_map(|path| {
        let bytes = disk.bytes(&path)?;
        let at = bytes.windows(mark.len()).position(|part| part == mark)?;
        Some((path, at as u64))
    });
    found.next().unwrap()
}

/// A store with a hundred small values and a large one.
fn with_large(world: &World, mark: &[u8; 16]) -> (PathBuf, u64) {
    world.fill("a", 100);
    let mut value = vec![1; 600_000];
    value[300_000..300_016].copy_from_slice(mark);
    let (key, value, durability) = (ByteBuf::from("large"), ByteBuf::from(value), Durability::Durable);
    world.engine.run("a", Put { key, value, ttl_ms: None, durability }).unwrap();
    world.engine.run("a", Flush {}).unwrap();
    place(&world.sim, mark)
}

/// A read of the damaged page ends the opening, and whatever flush was under way with it: the next opening flushes first.
#[test]
fn readers_of_a_damaged_value_neither_bar_writes_nor_let_the_log_grow() {
    let mut world = World::new();
    let (store, at) = with_large(&world, b"sixteen of these");
    world.sim.corrupt(&store, at, 0x01).unwrap();
    world.reopen();
    let read = || code(world.engine.run("a", Get { key: ByteBuf::from("large"), snapshot: None }));
    for round in 0..20 {
        let key = format!("after{round}");
        world.put("a", &key).unwrap();
        let told = world.engine.run("a", NamespaceStatsRequest {}).unwrap().commit_seq;
        assert_eq!(read(), ErrorCode::Corrupt);
        // The writer hears of it with the first of these at the latest, and has another opening for the second.
        world.put("a", &key).unwrap();
        world.put("a", &key).unwrap();
        let stats = world.engine.run("a", NamespaceStatsRequest {}).unwrap();
        assert!(stats.flushed_seq >= told, "round {round}: {stats:?}");
        assert!(world.has("a", "after0").unwrap(), "the others can be read");
    }
    // Also one that was under way.
    for round in 0..20 {
        world.put("a", &format!("flushed{round}")).unwrap();
        world.probe.hold(Touch::Sync, STORE);
        let flush = submit(&world.engine, "a", Request::Flush(Flush {}));
        world.probe.wait_for_held(Touch::Sync, STORE);
        assert_eq!(read(), ErrorCode::Corrupt);
        world.probe.release(Touch::Sync, STORE);
        let _ = flush.recv().unwrap();
        within(SOON, || world.has("a", "flushed0"));
        world.put("a", "goes on").unwrap();
    }
}

/// Nobody has to wait for the next attempt who knows that it will succeed.
#[test]
fn a_flush_that_is_asked_for_ends_the_bar_once_the_disk_is_mended() {
    let mut world = World::new();
    let (store, at) = with_large(&world, b"sixteen of these");
    world.sim.corrupt(&store, at, 0x01).unwrap();
    world.reopen();
    world.engine.run("a", DeleteKey { key: ByteBuf::from("large"), durability: Durability::Durable }).unwrap();
    within(SOON, || {
        let _ = world.engine.run("a", Flush {});
        match world.put("a", "written") {
            Err(error) if error.code == ErrorCode::Corrupt => Ok(()),
            other => Err(crate::api::Error::new(ErrorCode::Busy, format!("{other:?}"))),
        }
    });
    world.sim.corrupt(&store, at, 0x01).unwrap();
    assert_eq!(code(world.put("a", "too early")), ErrorCode::Corrupt, "nobody has noticed");
    within(SOON, || world.engine.run("a", Flush {}));
    world.put("a", "again").unwrap();
    assert!(!world.has("a", "large").unwrap());
}

/// Each flush ends at the damaged page; what is acknowledged meanwhile must not grow for ever.
#[test]
fn a_store_that_cannot_be_flushed_refuses_writes_and_gives_reads() {
    let clock = Arc::new(ManualClock::new(1_000));
    let mut world = World::with(|options| options.clock = Arc::<ManualClock>::clone(&clock));
    let key = || ByteBuf::from("large");
    let durability = Durability::Durable;
    let (store, at) = with_large(&world, b"sixteen of these");
    world.sim.corrupt(&store, at, 0x01).unwrap();
    world.reopen();
    world.engine.run("a", DeleteKey { key: key(), durability }).unwrap();
    let mut refused = Vec::new();
    for round in 0..10 {
        refused.extend(world.put("a", &format!("after{round}")).err());
        let flushed = within(SOON, || match world.engine.run("a", Flush {}) {
            Err(error) if error.code == ErrorCode::Corrupt => Ok(false),
            other => other.map(|_| true),
        });
        assert!(!flushed, "the page is in its way");
    }
    assert!(!refused.is_empty() && refused.len() >= 10 - limits::FLUSH_FAILURES_MAX as usize, "{}", refused.len());
    let told = refused.last().unwrap();
    assert!(told.code == ErrorCode::Corrupt && told.message.contains("checkpoint"), "{told}");
    assert_eq!(code(world.engine.run("a", DeleteKey { key: key(), durability })), ErrorCode::Corrupt);
    assert_eq!(count(&world.engine, "a").unwrap(), 100, "reads go on");
    assert!(!world.has("a", "large").unwrap() && world.has("a", "after0").unwrap());
    world.put("b", "other").unwrap();
    let before = world.engine.run("a", NamespaceStatsRequest {}).unwrap().commit_seq;
    // What can be read is taken to where it can be written.
    let checkpoint = CreateCheckpoint { name: "saved".into(), include_patterns: vec![], metadata: Properties::new() };
    let checkpoint_id = world.engine.run("a", checkpoint).unwrap().id;
    world.engine.run("c", RestoreCheckpoint { checkpoint_id, overwrite: false }).unwrap();
    world.put("c", "goes on").unwrap();
    assert!(count(&world.engine, "c").unwrap() == 100 && world.has("c", "after0").unwrap());
    // A disk that comes back is noticed, after a pause.
    world.sim.corrupt(&store, at, 0x01).unwrap();
    assert_eq!(code(world.put("a", "too early")), ErrorCode::Corrupt);
    clock.advance_ms(limits::FLUSH_RETRY_MIN.as_millis() as u64);
    within(SOON, || {
        world.engine.tick()?;
        world.put("a", "again").map_err(|error| crate::api::Error::new(ErrorCode::Busy, error.message))
    });
    world.engine.run("a", Flush {}).unwrap();
    assert!(world.engine.run("a", NamespaceStatsRequest {}).unwrap().commit_seq > before);
    world.reopen();
    assert!(world.has("a", "after0").unwrap() && world.has("a", "again").unwrap() && !world.has("a", "large").unwrap());
    assert_eq!(count(&world.engine, "a").unwrap(), 100);
}
