//! How many namespaces are open, and that nobody waits for another's files.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use super::world::{STORE, World, code, count, has, put, within};
use crate::api::{
    ByteBuf, CreateCheckpoint, ErrorCode, ExportFormat, Get, ImportCheckpoint, RestoreCheckpoint, ServerStatsRequest,
    TakeSnapshot,
};
use crate::disk::Touch;
use crate::limits;

const SOON: Duration = Duration::from_secs(30);

#[test]
fn no_more_namespaces_are_open_at_once_than_allowed() {
    let world = World::with(|options| options.open_namespaces_max = 4);
    let most = AtomicUsize::new(0);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let open = world.engine.run("", ServerStatsRequest {}).unwrap().open_namespaces;
                most.fetch_max(usize::try_from(open).unwrap(), Ordering::Relaxed);
                most.fetch_max(world.probe.open_now(STORE), Ordering::Relaxed);
            }
        });
        let writers: Vec<_> = (0..3)
            .map(|writer| {
                let world = &world;
                scope.spawn(move || {
                    for i in 0..8 {
                        within(SOON, || put(&world.engine, &format!("tenant{writer}-{i}"), "key"));
                    }
                })
            })
            .collect();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        done.store(true, Ordering::Relaxed);
        watch.join().unwrap();
    });
    for (writer, i) in (0..3).flat_map(|writer| (0..8).map(move |i| (writer, i))) {
        assert!(within(SOON, || has(&world.engine, &format!("tenant{writer}-{i}"), "key")));
    }
    // One more store is open for a moment while a new namespace's files are made.
    assert!(most.load(Ordering::Relaxed) <= 4 + 1, "{} were open", most.load(Ordering::Relaxed));
}

#[test]
fn where_all_open_namespaces_are_in_use_another_is_told_to_come_back() {
    let mut world = World::with(|options| options.open_namespaces_max = 1);
    world.fill("a", 2_000);
    within(SOON, || world.put("b", "key"));
    world.reopen();
    assert!(has(&world.engine, "a", "key00000").unwrap());
    world.probe.hold_callers(Touch::Read, STORE);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| count(&world.engine, "a"));
        world.probe.wait_for_held(Touch::Read, STORE);
        assert_eq!(code(has(&world.engine, "b", "key")), ErrorCode::Busy);
        world.probe.release(Touch::Read, STORE);
        assert_eq!(within(SOON, || count(&world.engine, "a")), 2_000);
        assert_eq!(reader.join().unwrap().unwrap(), 2_000);
    });
    assert!(within(SOON, || has(&world.engine, "b", "key")));
    assert_eq!(world.probe.most_on_one(STORE), 1);
}

#[test]
fn the_one_idle_longest_gives_way_and_one_with_a_transaction_last() {
    let world = World::with(|options| options.open_namespaces_max = 2);
    world.put("reading", "key").unwrap();
    let snapshot = world.engine.run("reading", TakeSnapshot {}).unwrap();
    for i in 0..5 {
        within(SOON, || world.put(&format!("tenant{i}"), "key"));
    }
    let get = Get { key: ByteBuf::from("key"), snapshot: Some(snapshot.seq) };
    assert!(world.engine.run("reading", get).unwrap().found.is_some(), "it was never closed");
}

/// How long each has been idle changes with every request, also while those to give way are put in order.
#[test]
fn one_gives_way_while_requests_change_who_is_idle() {
    let world = World::with(|options| options.open_namespaces_max = 40);
    let tenants: Vec<_> = (0..48).map(|i| format!("tenant{i}")).collect();
    tenants.iter().for_each(|tenant| within(SOON, || world.put(tenant, "key")));
    std::thread::scope(|scope| {
        for first in 0..4 {
            let (world, tenants) = (&world, &tenants);
            scope.spawn(move || {
                for tenant in tenants.iter().cycle().skip(first * 12).step_by(first + 1).take(150) {
                    assert!(within(SOON, || world.has(tenant, "key")));
                }
            });
        }
    });
    assert_eq!(world.panics(), 0);
}

/// A name is looked up on threads that serve many connections: they must not wait for a disk.
#[test]
fn a_namespace_is_found_while_another_one_is_being_removed() {
    let mut world = World::new();
    for name in ["a", "b"] {
        world.put(name, "key").unwrap();
    }
    world.reopen();
    world.probe.hold(Touch::Name, ".deleted");
    std::thread::scope(|scope| {
        let deleting = scope.spawn(|| world.delete("a"));
        world.probe.wait_for_held(Touch::Name, ".deleted");
        let (found, finds) = mpsc::channel();
        let engine = world.engine.clone();
        scope.spawn(move || found.send(has(&engine, "b", "key")));
        let answered = finds.recv_timeout(Duration::from_secs(10));
        let gone = has(&world.engine, "a", "key");
        world.probe.release(Touch::Name, ".deleted");
        assert!(answered.expect("nobody waits for the removal").unwrap());
        assert!(!gone.unwrap());
        deleting.join().unwrap().unwrap();
    });
}

/// True if a namespace is created before `release`; afterwards it is, whatever was held.
fn is_created_before(world: &World, name: &str, release: impl FnOnce()) -> bool {
    std::thread::scope(|scope| {
        let (done, created) = mpsc::channel();
        scope.spawn(move || done.send(world.create(name)));
        let before = created.recv_timeout(Duration::from_secs(10));
        release();
        before.is_ok()
    })
}

#[test]
fn a_namespace_is_created_while_the_files_of_another_one_that_was_restored_are_removed() {
    let world = World::new();
    world.put("a", "key").unwrap();
    let checkpoint_id = world.engine.run("a", CreateCheckpoint::default()).unwrap().id;
    world.probe.hold(Touch::Name, ".deleted");
    std::thread::scope(|scope| {
        let restoring = scope.spawn(|| world.engine.run("a", RestoreCheckpoint { checkpoint_id, overwrite: true }));
        world.probe.wait_for_held(Touch::Name, ".deleted");
        assert!(is_created_before(&world, "b", || world.probe.release(Touch::Name, ".deleted")));
        restoring.join().unwrap().unwrap();
    });
    assert!(world.has("a", "key").unwrap());
}

#[test]
fn a_namespace_is_created_while_the_deletion_of_another_one_waits_for_its_writer() {
    let world = World::new();
    world.put("a", "key").unwrap();
    world.probe.hold_callers(Touch::Sync, "/log/");
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| world.put("a", "held"));
        world.probe.wait_for_held(Touch::Sync, "/log/");
        let deleting = scope.spawn(|| world.delete("a"));
        assert!(is_created_before(&world, "b", || world.probe.release(Touch::Sync, "/log/")));
        writing.join().unwrap().unwrap();
        deleting.join().unwrap().unwrap();
    });
    assert!(!world.has("a", "key").unwrap());
}

/// While a part of an import is written the import counts, and nobody takes its place.
#[test]
fn an_import_that_goes_on_keeps_its_place() {
    let world = World::new();
    let part = |continues| {
        let (format, name, data) = (ExportFormat::Binary, String::new(), ByteBuf::from("x"));
        world.engine.run("a", ImportCheckpoint { format, name, data, continues, more: true })
    };
    let begun: Vec<_> = (0..limits::IMPORTS_EACH_MAX).map(|_| part(None).unwrap().continues).collect();
    world.probe.hold_callers(Touch::Write, ".tmp");
    let fifth = std::thread::scope(|scope| {
        let going_on = scope.spawn(|| part(begun[0]));
        world.probe.wait_for_held(Touch::Write, ".tmp");
        let (fifth, second) = (part(None), part(begun[0]));
        world.probe.release(Touch::Write, ".tmp");
        assert_eq!(going_on.join().unwrap().unwrap().continues, begun[0]);
        assert_eq!(code(second), ErrorCode::InvalidArgument, "two writers never mix");
        fifth
    });
    assert_eq!(code(fifth), ErrorCode::Busy);
    assert!(begun.into_iter().all(|id| part(id).is_ok()));
}
