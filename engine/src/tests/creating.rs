//! A namespace that is being made: nobody is shown it before it is there to stay.

use super::world::{EIO, World, code, submit, within};
use crate::api::{
    ByteBuf, CreateNamespace, DescribeNamespace, Durability, ErrorCode, ListNamespaces, Properties, Put, Request,
};
use crate::disk::Touch;
use crate::limits;

/// Returns once a creation has committed its entry and is about to put its folder in place.
fn wait_for_commit(world: &World) {
    world.probe.wait_for_held(Touch::Sync, "catalog.redb");
    world.probe.hold(Touch::Name, ".new");
    world.probe.release(Touch::Sync, "catalog.redb");
    world.probe.wait_for_held(Touch::Name, ".new");
}

fn is_listed(world: &World, name: &str) -> bool {
    let listed = world.engine.run("", ListNamespaces {}).unwrap().namespaces;
    listed.iter().any(|namespace| namespace.name.as_str() == name)
}

#[test]
fn a_namespace_is_shown_once_its_folder_is_in_place() {
    let mut world = World::new();
    world.probe.hold(Touch::Sync, "catalog.redb");
    std::thread::scope(|scope| {
        let creating = scope.spawn(|| world.create("a"));
        wait_for_commit(&world);
        let read = world.has("a", "key");
        let described = world.engine.run("a", DescribeNamespace {});
        let listed = is_listed(&world, "a");
        let writing = scope.spawn(|| world.put("a", "key"));
        world.probe.release(Touch::Name, ".new");
        creating.join().unwrap().unwrap();
        writing.join().unwrap().unwrap();
        assert!(!read.unwrap() && !listed);
        assert_eq!(code(described), ErrorCode::NamespaceNotFound);
    });
    assert!(is_listed(&world, "a"));
    world.reopen();
    assert!(world.has("a", "key").unwrap());
}

#[test]
fn a_write_that_meets_a_creation_which_is_taken_back_is_kept() {
    let mut world = World::new();
    world.probe.hold(Touch::Sync, "catalog.redb");
    std::thread::scope(|scope| {
        let creating = scope.spawn(|| world.create("a"));
        wait_for_commit(&world);
        let read = world.has("a", "key");
        let writing = scope.spawn(|| world.put("a", "key"));
        world.probe.fail(Touch::Name, ".new", EIO, 1);
        world.probe.release(Touch::Name, ".new");
        assert_eq!(code(creating.join().unwrap()), ErrorCode::Unavailable);
        writing.join().unwrap().unwrap();
        assert!(!read.unwrap());
    });
    world.reopen();
    assert!(world.has("a", "key").unwrap());
}

/// "Read to find out": until it is decided what comes of a creation, nobody is told that there is no such namespace, which may
/// come to light a moment later, nor that there is one. Whoever asks ends the doubt first, if the disk lets him.
#[test]
fn nobody_is_told_that_a_creation_in_doubt_did_not_happen() {
    let mut world = World::new();
    world.probe.hold(Touch::Sync, "catalog.redb");
    std::thread::scope(|scope| {
        let creating = scope.spawn(|| world.create("a"));
        wait_for_commit(&world);
        world.probe.fail(Touch::Name, "/ns/", EIO, usize::MAX);
        world.probe.release(Touch::Name, ".new");
        assert_eq!(code(creating.join().unwrap()), ErrorCode::OutcomeUnknown);
    });
    let (list, describe) = (|| world.engine.run("", ListNamespaces {}), || world.engine.run("a", DescribeNamespace {}));
    assert_eq!(code(list()), ErrorCode::Unavailable);
    assert_eq!(code(describe()), ErrorCode::Unavailable);
    assert_eq!(code(world.has("a", "key")), ErrorCode::Unavailable);
    assert_eq!(code(world.put("a", "refused")), ErrorCode::Unavailable);
    world.probe.heal();
    let listed = list().unwrap().namespaces.into_iter().find(|namespace| namespace.name.as_str() == "a");
    assert_eq!(listed.map(|namespace| namespace.created_at), Some(describe().unwrap().created_at));
    assert!(!world.has("a", "key").unwrap());
    world.put("a", "key").unwrap();
    world.reopen();
    assert!(world.has("a", "key").unwrap() && !world.has("a", "refused").unwrap());
}

/// Once the disk answers, a write through a door ends the doubt by itself, and so does housekeeping.
#[test]
fn a_write_alone_or_time_alone_ends_a_creation_in_doubt() {
    for by_write in [true, false] {
        let world = World::new();
        world.probe.hold(Touch::Sync, "catalog.redb");
        std::thread::scope(|scope| {
            let creating = scope.spawn(|| world.create("a"));
            wait_for_commit(&world);
            world.probe.fail(Touch::Name, "/ns/", EIO, usize::MAX);
            world.probe.release(Touch::Name, ".new");
            assert_eq!(code(creating.join().unwrap()), ErrorCode::OutcomeUnknown);
        });
        world.probe.heal();
        let patience = std::time::Duration::from_secs(60);
        if by_write {
            let (key, value) = (ByteBuf::from("key"), ByteBuf::from("value"));
            let put = Put { key, value, ttl_ms: None, durability: Durability::Durable };
            submit(&world.engine, "a", Request::Put(put)).recv_timeout(patience).unwrap().unwrap();
            assert!(world.has("a", "key").unwrap());
        } else {
            assert!(!within(patience, || world.has("a", "key")));
        }
    }
}

#[test]
fn metadata_is_bounded_by_its_bytes() {
    let world = World::new();
    let some = |bytes: usize| Properties::new().with("a", "x".repeat(bytes).as_str());
    let large = CreateNamespace { metadata: some(limits::PROPERTIES_BYTES_MAX), ..CreateNamespace::default() };
    assert_eq!(code(world.engine.run("a", large)), ErrorCode::LimitExceeded);
    let fits = CreateNamespace { metadata: some(limits::PROPERTIES_BYTES_MAX - 16), ..CreateNamespace::default() };
    world.engine.run("a", fits).unwrap();
}
