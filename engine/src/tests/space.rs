//! A disk that is full: what is refused, what goes on, what is left behind, and what brings writes back.

use std::sync::Arc;
use std::time::Duration;

use super::world::{EMFILE, ENOSPC, STORE, World, code, count, has, put, within};
use crate::api::{
    AddDocuments, AddNode, AddTemporalEdge, BatchDelete, BatchPut, ByteBuf, CachePut, CollectionName, Commit,
    CreateCheckpoint, CreateCollection, CreateIndex, DeleteKey, Document, Durability, EdgeType, Embedding, Error,
    ErrorCode, Flush, Get, ListNamespaces, Metric, NamespaceStatsRequest, Node, NodeId, Operation, Properties, Put,
    PutEntry, Request, TakeSnapshot, TemporalFact, TimestampMs, Touch as TouchKeys, Write,
};
use crate::clock::ManualClock;
use crate::disk::{Disk, Touch};
use crate::limits;
use crate::service::Service;

const SOON: Duration = Duration::from_secs(60);

fn names(world: &World) -> Vec<String> {
    let namespaces = world.engine.run("", ListNamespaces {}).unwrap().namespaces;
    namespaces.into_iter().map(|info| info.name.to_string()).collect()
}

fn folders(world: &World) -> Vec<String> {
    let names = world.sim.list_dir(std::path::Path::new("/data/ns")).unwrap();
    names.into_iter().filter(|name| !name.ends_with(".generation")).collect()
}

fn refused_later(error: Error) -> Error {
    Error::new(ErrorCode::Busy, error.message)
}

/// One of each kind of write that takes space.
fn growing_writes() -> Vec<Request> {
    let durability = Durability::Durable;
    let (key, value) = (ByteBuf::from("new"), ByteBuf::from("value"));
    let name = CollectionName::new;
    let node = || Node { id: NodeId::new("n"), node_type: String::new(), properties: Properties::new() };
    let fact = TemporalFact {
        from_id: NodeId::new("a"),
        edge_type: EdgeType::new("knows"),
        to_id: NodeId::new("b"),
        valid_from: TimestampMs(1),
        valid_until: None,
        properties: Properties::new(),
    };
    let entry = PutEntry { key: key.clone(), value: value.clone(), ttl_ms: None };
    vec![
        Put { key, value, ttl_ms: None, durability }.into_request(),
        BatchPut { entries: vec![entry.clone()], durability }.into_request(),
        CreateCollection { collection: name("c"), dimension: 2, metric: Metric::Cosine, metadata: Properties::new() }
            .into_request(),
        CreateIndex { index: name("i"), dimension: 2, metric: Metric::Cosine }.into_request(),
        AddNode { node: node(), durability }.into_request(),
        AddTemporalEdge { fact, durability }.into_request(),
        CachePut {
            cache: name("answers"),
            key: "q".to_owned(),
            value: "a".to_owned(),
            embedding: Embedding(vec![1.0, 0.0]),
            ttl_ms: None,
            durability,
        }
        .into_request(),
        Commit { preconditions: Vec::new(), writes: vec![Write::Put(entry)], snapshot: None, durability }
            .into_request(),
        CreateCheckpoint { name: "x".to_owned(), include_patterns: Vec::new(), metadata: Properties::new() }
            .into_request(),
    ]
}

fn is_paused(world: &World, namespace: &str) -> bool {
    world.engine.run(namespace, NamespaceStatsRequest {}).unwrap().flush_paused
}

#[test]
fn a_flush_without_space_waits_and_drops_nothing() {
    let mut world = World::new();
    world.fill("a", 500);
    let held = world.engine.run("a", TakeSnapshot {}).unwrap().seq;
    let opened = world.probe.open_now(STORE);
    world.probe.fail(Touch::Write, STORE, ENOSPC, usize::MAX);
    let files_before = world.probe.opened();
    for round in 0..20 {
        world.put("a", &format!("round{round}")).unwrap();
        assert_eq!(code(world.engine.run("a", Flush {})), ErrorCode::DiskFull);
        assert!(is_paused(&world, "a"));
        assert_eq!(count(&world.engine, "a").unwrap(), 500);
        let get = Get { key: ByteBuf::from("key00007"), snapshot: Some(held) };
        assert!(world.engine.run("a", get).unwrap().found.is_some(), "transactions go on");
    }
    assert_eq!(world.probe.open_now(STORE), opened);
    assert!(world.probe.opened() - files_before < 20, "nothing is opened again and again");
    world.probe.heal();
    // Nobody has to ask.
    within(SOON, || match is_paused(&world, "a") {
        true => Err(Error::new(ErrorCode::Busy, "paused")),
        false => Ok(()),
    });
    world.engine.run("a", Flush {}).unwrap();
    world.reopen();
    assert_eq!(count(&world.engine, "a").unwrap(), 500);
    for round in 0..20 {
        assert!(world.has("a", &format!("round{round}")).unwrap(), "round {round}");
    }
}

/// Each kind of write that takes space is refused. With no byte left reads go on, and deletes for as long as the log has room;
/// then they are refused like the rest, and nothing half done. With some of what writes keep free, deletes have no end.
#[test]
fn a_full_disk_refuses_what_grows_and_takes_deletes_at_no_byte() {
    let world = World::new();
    world.fill("a", 2_000);
    world.sim.set_free_bytes(Some(0));
    within(SOON, || match world.put("a", "until it is noticed") {
        Err(error) if error.code == ErrorCode::DiskFull => Ok(()),
        _ => Err(Error::new(ErrorCode::Busy, "not yet")),
    });
    for request in growing_writes() {
        let name = request.code().name();
        assert_eq!(code(world.engine.call("a", request)), ErrorCode::DiskFull, "{name}");
    }
    assert_eq!(code(world.create("b")), ErrorCode::DiskFull);
    let delete = |number: usize| {
        let key = ByteBuf::from(format!("key{number:05}"));
        world.engine.run("a", DeleteKey { key, durability: Durability::Volatile })
    };
    let mut deleted = 0;
    while deleted < 1_000 {
        match delete(deleted) {
            Ok(answer) => assert_eq!(answer.deleted, 1, "{deleted}"),
            Err(error) => {
                assert_eq!(error.code, ErrorCode::DiskFull, "{deleted}: {error}");
                break;
            }
        }
        deleted += 1;
    }
    assert_eq!(count(&world.engine, "a").unwrap(), 2_000 - deleted);
    world.sim.set_free_bytes(Some(limits::DISK_FREE_BYTES_MIN / 2));
    for number in deleted..2_000 {
        let answer = within(SOON, || delete(number).map_err(refused_later));
        assert_eq!(answer.deleted, 1, "{number}");
    }
    assert_eq!(count(&world.engine, "a").unwrap(), 0);
    world.sim.set_free_bytes(None);
    within(SOON, || put(&world.engine, "a", "again").map_err(refused_later));
}

/// Nothing but deletes, and the space that they give back, ends it: neither a restart nor anybody else.
#[test]
fn deleting_everything_on_a_full_disk_brings_writes_back() {
    let world = World::new();
    world.put("a", "first").unwrap();
    let free = || world.sim.free_bytes(std::path::Path::new("/")).unwrap();
    let at_first = limits::DISK_FREE_BYTES_MIN + (40 << 20);
    world.sim.set_free_bytes(Some(at_first));
    let large = |number: usize| Put {
        key: ByteBuf::from(format!("large{number:05}")),
        value: ByteBuf::from(vec![7; 256 << 10]),
        ttl_ms: None,
        durability: Durability::Volatile,
    };
    let mut written = 0;
    while world.engine.run("a", large(written)).is_ok() {
        written += 1;
        assert!(written < 2_000);
    }
    let taken = at_first - free();
    // About half of the room: what waits in the log is written into the store as well.
    assert!(taken > 16 << 20, "{taken} bytes were taken");
    // Others take enough that it is short whatever is flushed meanwhile.
    world.sim.set_free_bytes(Some(limits::DISK_FREE_BYTES_MIN / 2));
    within(SOON, || match world.engine.run("a", large(written)) {
        Err(error) if error.code == ErrorCode::DiskFull => Ok(()),
        _ => Err(Error::new(ErrorCode::Busy, "not yet")),
    });
    for request in growing_writes() {
        let name = request.code().name();
        assert_eq!(code(world.engine.call("a", request)), ErrorCode::DiskFull, "{name}");
    }
    assert_eq!(code(world.create("b")), ErrorCode::DiskFull);
    // And the rest.
    world.sim.set_free_bytes(Some(0));
    for number in 0..=written {
        let key = ByteBuf::from(format!("large{number:05}"));
        let deleted = world.engine.run("a", DeleteKey { key, durability: Durability::Durable }).unwrap().deleted;
        // One more may have been written before others came.
        assert!(deleted == 1 || number == written, "{number} of {written}");
    }
    assert!(has(&world.engine, "a", "first").unwrap());
    // All but the segment that is being written, which has up to 16 MiB.
    within(SOON, || match free() + (17 << 20) > taken {
        true => Ok(()),
        false => Err(Error::new(ErrorCode::Busy, format!("{} bytes are free", free()))),
    });
    // And give it back.
    world.sim.set_free_bytes(Some(free() + limits::DISK_FREE_BYTES_MIN));
    within(SOON, || put(&world.engine, "a", "again").map_err(refused_later));
    within(SOON, || world.create("b").map_err(refused_later));
    let stats = world.engine.run("a", NamespaceStatsRequest {}).unwrap();
    assert!(stats.disk_bytes < 24 << 20, "{} bytes for {} live ones", stats.disk_bytes, stats.live_bytes);
}

#[test]
fn closing_while_a_flush_waits_loses_nothing() {
    let mut world = World::new();
    world.fill("a", 500);
    world.probe.fail(Touch::Write, STORE, ENOSPC, usize::MAX);
    world.put("a", "before").unwrap();
    assert_eq!(code(world.engine.run("a", Flush {})), ErrorCode::DiskFull);
    world.put("a", "after").unwrap();
    world.reopen();
    // Opened although the store still cannot be written to.
    assert!(world.has("a", "before").unwrap() && world.has("a", "after").unwrap());
    assert_eq!(count(&world.engine, "a").unwrap(), 500);
    world.put("a", "later").unwrap();
    world.probe.heal();
    within(SOON, || world.engine.run("a", Flush {}).map_err(refused_later));
    world.reopen();
    assert!(world.has("a", "before").unwrap() && world.has("a", "after").unwrap() && world.has("a", "later").unwrap());
}

/// While a flush takes its time, memory and log fill up with what the next one must find room for.
#[test]
fn however_fast_writes_come_they_leave_room_for_what_was_accepted() {
    let world = World::new();
    world.put("a", "first").unwrap();
    world.engine.run("a", Flush {}).unwrap();
    world.sim.set_free_bytes(Some(limits::DISK_FREE_BYTES_MIN + (160 << 20)));
    world.probe.hold(Touch::Write, STORE);
    let mut written = 0;
    let refused = loop {
        let put = Put {
            key: ByteBuf::from(format!("large{written:05}")),
            value: ByteBuf::from(vec![7; 120_000]),
            ttl_ms: None,
            durability: Durability::Volatile,
        };
        match world.engine.run("a", put) {
            Ok(_) => written += 1,
            Err(error) => break error,
        }
        assert!(written < 4_000, "nothing is refused");
    };
    assert_eq!(refused.code, ErrorCode::DiskFull, "{refused}");
    world.probe.wait_for_held(Touch::Write, STORE);
    assert!(written > 300, "it is refused after {written} writes");
    world.probe.release(Touch::Write, STORE);
    // Whatever was accepted finds its way into the store.
    within(SOON, || world.engine.run("a", Flush {}).map_err(refused_later));
    let stats = world.engine.run("a", NamespaceStatsRequest {}).unwrap();
    assert!(!stats.flush_paused && stats.log_bytes == 0, "{stats:?}");
    let free = world.sim.free_bytes(std::path::Path::new("/")).unwrap();
    assert!(free > limits::DISK_FREE_BYTES_MIN / 2, "{free} bytes are left");
    within(SOON, || put(&world.engine, "a", "again").map_err(refused_later));
}

/// A flush that waits for space for rows that were deleted since ends the opening, after a group was logged: that is no answer
/// to the group.
#[test]
fn a_delete_that_was_logged_is_not_refused_for_what_comes_after_it() {
    let clock = Arc::new(ManualClock::new(1_000));
    let world = World::with(|options| {
        options.clock = Arc::clone(&clock) as _;
        // redb writes nothing before its commit: what finds no space is committed by then.
        options.store_cache_bytes = 64 << 20;
    });
    world.fill("a", 10);
    let large = |round: usize| ByteBuf::from(format!("large{round}"));
    let files = || world.probe.opened();
    let mut reopened = 0;
    for round in 0..5 {
        // The file need not grow for it.
        let value = ByteBuf::from(vec![1; 8 << 10]);
        let put = Put { key: large(round), value, ttl_ms: None, durability: Durability::Durable };
        within(SOON, || world.engine.run("a", put.clone()));
        world.probe.fail(Touch::Write, STORE, ENOSPC, usize::MAX);
        // Until its pauses are as long as they get.
        for _ in 0..8 {
            assert_eq!(code(world.engine.run("a", Flush {})), ErrorCode::DiskFull);
        }
        clock.advance_ms(limits::FLUSH_PAUSE_MAX.as_millis() as u64 + 1);
        let before = files();
        let delete = DeleteKey { key: large(round), durability: Durability::Durable };
        assert_eq!(world.engine.run("a", delete).unwrap().deleted, 1, "round {round}");
        world.probe.heal();
        let get = Get { key: large(round), snapshot: None };
        let found = within(SOON, || world.engine.run("a", get.clone())).found;
        assert!(found.is_none(), "round {round}");
        assert_eq!(count(&world.engine, "a").unwrap(), 10);
        reopened += usize::from(files() > before);
        within(SOON, || world.engine.run("a", Flush {}).map_err(refused_later));
    }
    assert!(reopened > 0, "no flush was given up");
}

/// A segment that cannot be made is met before anything is staged: the write fails alone.
#[test]
fn a_log_without_space_refuses_a_write_and_gives_nothing_up() {
    let world = World::new();
    world.fill("a", 500);
    let held = world.engine.run("a", TakeSnapshot {}).unwrap().seq;
    let large = || Put {
        key: ByteBuf::from("large"),
        value: ByteBuf::from(vec![1; 1 << 20]),
        ttl_ms: None,
        durability: Durability::Durable,
    };
    world.probe.fail(Touch::Write, "/log/tmp-", ENOSPC, usize::MAX);
    for _ in 0..5 {
        assert_eq!(code(world.engine.run("a", large())), ErrorCode::DiskFull);
        world.put("a", "small").unwrap();
        let get = Get { key: ByteBuf::from("key00007"), snapshot: Some(held) };
        assert!(world.engine.run("a", get).unwrap().found.is_some(), "nothing was given up");
    }
    world.probe.heal();
    world.engine.run("a", large()).unwrap();
    assert_eq!(world.panics(), 0);
}

#[test]
fn a_refused_first_write_leaves_no_namespace() {
    let world = World::new();
    let before = (names(&world), folders(&world));
    let document = Document {
        id: None,
        content: String::new(),
        embedding: Some(Embedding(vec![1.0])),
        metadata: Properties::new(),
        ..Default::default()
    };
    let add = AddDocuments {
        collection: CollectionName::new("missing"),
        documents: vec![document],
        durability: Durability::Durable,
        ..Default::default()
    };
    assert_eq!(code(world.engine.run("b", add)), ErrorCode::CollectionNotFound);
    assert_eq!((names(&world), folders(&world)), before);
    world.sim.set_free_bytes(Some(limits::DISK_FREE_BYTES_MIN - 1));
    assert_eq!(code(world.put("b", "key")), ErrorCode::DiskFull);
    assert_eq!((names(&world), folders(&world)), before);
    world.sim.set_free_bytes(None);
    within(SOON, || world.put("b", "key").map_err(refused_later));
    assert_eq!(names(&world).len(), before.0.len() + 1);
}

#[test]
fn no_creation_leaves_anything_behind_however_little_space_there_is() {
    let world = World::new();
    let before = (names(&world), folders(&world));
    let step = limits::DISK_FREE_BYTES_MIN / 64;
    for free in (0..=64).map(|number| number * step).filter(|free| *free < limits::DISK_FREE_BYTES_MIN) {
        world.sim.set_free_bytes(Some(free));
        assert_eq!(code(world.create("b")), ErrorCode::DiskFull, "{free} bytes free");
        assert_eq!(code(world.put("c", "key")), ErrorCode::DiskFull, "{free} bytes free");
        assert_eq!((names(&world), folders(&world)), before, "{free} bytes free");
    }
    world.sim.set_free_bytes(None);
}

/// The disk fills up, or the descriptors run out, before every single step of a creation in turn.
#[test]
fn a_creation_that_fails_at_any_step_leaves_nothing_behind() {
    let world = World::new();
    for (touch, errno, expected) in [
        (Touch::Write, ENOSPC, ErrorCode::DiskFull),
        (Touch::Name, ENOSPC, ErrorCode::DiskFull),
        (Touch::Open, EMFILE, ErrorCode::Busy),
    ] {
        for skip in 0.. {
            let before = (names(&world), folders(&world));
            world.probe.fail_after(skip, touch, ".new", errno);
            let created = world.create(&format!("{touch:?}-{errno}"));
            // What fails may also keep the folder from being removed; the next attempt does it.
            world.probe.heal();
            match created {
                Ok(()) => {
                    assert!(skip > 1, "{touch:?}");
                    break;
                }
                Err(error) => assert_eq!(error.code, expected, "{touch:?} {skip}: {error}"),
            }
            within(SOON, || match (names(&world), folders(&world)) == before {
                true => Ok(()),
                false => Err(Error::new(ErrorCode::Busy, format!("{:?}", folders(&world)))),
            });
        }
    }
}

#[test]
fn attempts_that_leave_a_folder_leave_one_at_most() {
    let world = World::new();
    let before = folders(&world);
    world.probe.fail(Touch::Open, ".new", EMFILE, usize::MAX);
    world.probe.fail_after(1, Touch::Name, ".new", EMFILE);
    for _ in 0..10 {
        let refused = code(world.create("b"));
        assert!(matches!(refused, ErrorCode::Busy | ErrorCode::Unavailable), "{refused:?}");
    }
    assert!(folders(&world).len() <= before.len() + 1, "{:?}", folders(&world));
    world.probe.heal();
    world.create("b").unwrap();
    assert_eq!(folders(&world).len(), before.len() + 1);
}

/// What one write would take, and does not get, is everybody else's.
#[test]
fn a_write_that_does_not_fit_stops_no_other() {
    const MIB: usize = 1 << 20;
    let world = World::new();
    let names: Vec<String> = (0..5).map(|number| format!("n{number}")).collect();
    names.iter().for_each(|name| world.fill(name, 10));
    let large = |bytes| Put {
        key: ByteBuf::from("large"),
        value: ByteBuf::from(vec![7; bytes]),
        ttl_ms: None,
        durability: Durability::Durable,
    };
    world.engine.run("n0", large(20 * MIB)).unwrap();
    world.engine.run("n0", Flush {}).unwrap();
    world.sim.set_free_bytes(Some(limits::DISK_FREE_BYTES_MIN + 30 * MIB as u64));
    for round in 0..3 {
        for name in &names {
            assert_eq!(code(world.engine.run(name, large(20 * MIB))), ErrorCode::DiskFull);
            names.iter().for_each(|name| world.put(name, &format!("small{round}")).unwrap());
        }
    }
    let touch = || TouchKeys {
        keys: vec![ByteBuf::from("large")],
        ttl_ms: Some(1_000_000),
        persist: false,
        durability: Durability::Durable,
    };
    assert_eq!(code(world.engine.run("n0", touch())), ErrorCode::DiskFull, "it logs the value");
    world.put("n0", "and another").unwrap();
    world.engine.run("n1", large(4 * MIB)).unwrap();
    world.sim.set_free_bytes(None);
    assert_eq!(world.engine.run("n0", touch()).unwrap().changed, 1);
}

/// What deletes log takes space, and is what gives space back.
#[test]
fn a_large_batch_of_deletes_passes_on_a_nearly_full_disk() {
    let world = World::new();
    let keys: Vec<ByteBuf> = (0..30_000).map(|number| ByteBuf::from(format!("{number:0100}"))).collect();
    for part in keys.chunks(1_000) {
        let items = part.iter().map(|key| PutEntry { key: key.clone(), value: ByteBuf::from("v"), ttl_ms: None });
        let put = BatchPut { entries: items.collect(), durability: Durability::Volatile };
        world.engine.run("a", put).unwrap();
    }
    world.engine.run("a", Flush {}).unwrap();
    for free in [limits::DISK_FREE_BYTES_MIN + (1 << 20), limits::DISK_FREE_BYTES_MIN / 2] {
        world.sim.set_free_bytes(Some(free));
        let half = if free > limits::DISK_FREE_BYTES_MIN { &keys[..15_000] } else { &keys[15_000..] };
        assert!(half.iter().map(|key| key.len()).sum::<usize>() > limits::VALUE_SHORT_BYTES_MAX);
        let deleted = world.engine.run("a", BatchDelete { keys: half.to_vec(), durability: Durability::Durable });
        assert_eq!(deleted.unwrap().deleted, half.len() as u64);
    }
    world.sim.set_free_bytes(None);
    assert_eq!(count(&world.engine, "a").unwrap(), 0);
}
