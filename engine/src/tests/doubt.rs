//! Changes of the catalog of which nobody knows whether they happened.

use std::time::Duration;

use super::world::{EIO, ENOSPC, World, code, within};
use crate::api::{CreateCheckpoint, Error, ErrorCode, RestoreCheckpoint};
use crate::disk::Touch;

#[test]
fn a_namespace_whose_deletion_is_in_doubt_acknowledges_nothing_more() {
    let mut world = World::new();
    world.put("a", "old").unwrap();
    world.probe.fail(Touch::Sync, "catalog.redb", EIO, usize::MAX);
    assert_eq!(code(world.delete("a")), ErrorCode::OutcomeUnknown);
    let after = (world.put("a", "new"), world.has("a", "old"));
    world.probe.heal();
    world.reopen();
    let there = world.has("a", "old").unwrap();
    match after {
        // The catalog was read again, and the answer agrees with it.
        (Ok(()), Ok(old)) => assert!(old == there && world.has("a", "new").unwrap()),
        (write, read) => {
            assert_eq!(code(write), ErrorCode::Fenced);
            assert_eq!(code(read), ErrorCode::Fenced);
            assert!(!world.has("a", "new").unwrap());
        }
    }
}

#[test]
fn a_creation_that_fails_says_what_is_true() {
    let world = World::new();
    world.probe.fail(Touch::Write, "store.redb", ENOSPC, 1);
    assert_eq!(code(world.create("full")), ErrorCode::DiskFull);
    world.probe.fail(Touch::Sync, "/ns/", EIO, 1);
    assert_eq!(code(world.create("failing")), ErrorCode::Unavailable);
    world.create("fine").unwrap();
    world.probe.fail(Touch::Sync, "catalog.redb", EIO, usize::MAX);
    assert_eq!(code(world.create("doubtful")), ErrorCode::OutcomeUnknown);
    assert_eq!(code(world.create("refused")), ErrorCode::Unavailable);
    world.probe.heal();
    world.create("refused").unwrap();
}

/// The file is opened again within the request, which then says what is true; nothing waits for a restart.
#[test]
fn one_failure_of_the_catalog_fails_one_change() {
    let world = World::new();
    world.put("a", "old").unwrap();
    for touch in [Touch::Sync, Touch::Write] {
        world.probe.fail(touch, "catalog.redb", EIO, 1);
        assert_eq!(code(world.delete("a")), ErrorCode::Unavailable);
        world.put("a", "new").unwrap();
        assert!(world.has("a", "old").unwrap());
        world.probe.fail(touch, "catalog.redb", EIO, 1);
        assert_eq!(code(world.create("b")), ErrorCode::Unavailable);
    }
    world.create("b").unwrap();
    world.delete("a").unwrap();
}

/// What a namespace in doubt was fenced for is over once the catalog answers again.
#[test]
fn a_namespace_in_doubt_comes_back_without_a_restart() {
    let world = World::new();
    world.put("a", "old").unwrap();
    world.probe.fail(Touch::Sync, "catalog.redb", EIO, usize::MAX);
    assert_eq!(code(world.delete("a")), ErrorCode::OutcomeUnknown);
    world.probe.heal();
    world.create("b").unwrap();
    // The next tick lets it go.
    let retry = |error: Error| Error::new(ErrorCode::Busy, error.message);
    assert!(within(Duration::from_secs(60), || world.has("a", "old").map_err(retry)));
    world.put("a", "new").unwrap();
    world.delete("a").unwrap();
}

/// The new files could not be put in place, and that could not be taken back: so they are the namespace's, and nobody may go
/// on with the old ones, which are removed.
#[test]
fn what_follows_a_restore_that_could_not_be_taken_back_is_kept() {
    let mut world = World::new();
    world.put("a", "old").unwrap();
    let checkpoint_id = world.engine.run("a", CreateCheckpoint::default()).unwrap().id;
    world.put("a", "replaced").unwrap();
    world.probe.hold(Touch::Sync, "catalog.redb");
    let restored = std::thread::scope(|scope| {
        let restoring = scope.spawn(|| world.engine.run("a", RestoreCheckpoint { checkpoint_id, overwrite: true }));
        world.probe.wait_for_held(Touch::Sync, "catalog.redb");
        world.probe.hold(Touch::Name, ".new");
        world.probe.release(Touch::Sync, "catalog.redb");
        world.probe.wait_for_held(Touch::Name, ".new");
        world.probe.fail(Touch::Name, ".new", EIO, 1);
        world.probe.fail(Touch::Write, "catalog.redb", EIO, 1);
        world.probe.release(Touch::Name, ".new");
        restoring.join().unwrap()
    });
    world.probe.heal();
    within(Duration::from_secs(60), || world.put("a", "late"));
    world.reopen();
    assert!(world.has("a", "late").unwrap(), "{restored:?}");
    assert!(restored.is_ok() && world.has("a", "old").unwrap() && !world.has("a", "replaced").unwrap());
}
