//! A disk that fails to answer, and what goes on once it does again.

use std::time::Duration;

use super::world::{EIO, STORE, World, code, count, within};
use crate::api::{CreateCheckpoint, Error, ErrorCode, ListCheckpoints, Properties, ServerStatsRequest};
use crate::disk::Touch;

const EMFILE: i32 = 24;
/// A second, and time for a machine that does other things meanwhile.
const RESUMED: Duration = Duration::from_secs(10);

#[test]
fn a_failed_read_is_told_and_the_next_one_succeeds() {
    let mut world = World::new();
    world.fill("a", 2_000);
    for round in 0..20 {
        world.reopen();
        assert!(world.has("a", "key00000").unwrap());
        world.probe.fail_callers(Touch::Read, STORE, EIO, 1);
        assert_eq!(code(count(&world.engine, "a")), ErrorCode::Unavailable, "round {round}");
        assert_eq!(within(RESUMED, || count(&world.engine, "a")), 2_000);
        within(RESUMED, || world.put("a", "written"));
    }
    assert_eq!(world.panics(), 0, "a disk that fails is no defect");
}

/// Whoever comes next does not have to fail first.
#[test]
fn a_checkpoint_that_meets_a_failed_read_gives_the_handle_up() {
    let mut world = World::new();
    world.fill("a", 2_000);
    world.reopen();
    assert!(world.has("a", "key00000").unwrap());
    world.probe.fail_callers(Touch::Read, STORE, EIO, 1);
    let create = CreateCheckpoint { name: "one".to_owned(), include_patterns: Vec::new(), metadata: Properties::new() };
    assert_eq!(code(world.engine.run("a", create.clone())), ErrorCode::Unavailable);
    within(RESUMED, || match world.engine.run("", ServerStatsRequest {})?.open_namespaces {
        0 => Ok(()),
        open => Err(Error::new(ErrorCode::Busy, format!("{open} namespaces are open"))),
    });
    assert_eq!(count(&world.engine, "a").unwrap(), 2_000);
    world.engine.run("a", create).unwrap();
}

#[test]
fn many_failed_reads_in_a_row_fence_nothing() {
    let mut world = World::new();
    world.fill("a", 2_000);
    world.reopen();
    world.probe.fail(Touch::Read, STORE, EIO, usize::MAX);
    for _ in 0..20 {
        assert_eq!(code(count(&world.engine, "a")), ErrorCode::Unavailable);
    }
    world.probe.heal();
    assert_eq!(within(RESUMED, || count(&world.engine, "a")), 2_000);
    within(RESUMED, || world.put("a", "written"));
}

#[test]
fn a_write_that_cannot_read_what_it_replaces_changes_nothing_and_fences_nothing() {
    let mut world = World::new();
    world.fill("a", 2_000);
    let mut refused = 0;
    for round in 0..10 {
        world.reopen();
        world.put("a", &format!("before{round}")).unwrap();
        world.probe.fail(Touch::Read, STORE, EIO, 1);
        match world.put("a", "key01000") {
            Err(error) if error.code == ErrorCode::Unavailable => refused += 1,
            // Housekeeping met the fault before it.
            Ok(()) => {}
            Err(error) => panic!("round {round}: {error:?}"),
        }
        within(RESUMED, || world.put("a", "key01000"));
        assert!(within(RESUMED, || world.has("a", &format!("before{round}"))));
    }
    assert!(refused > 0);
    assert_eq!(world.panics(), 0);
}

#[test]
fn reads_go_on_where_nothing_can_be_written_and_writes_once_it_can() {
    let mut world = World::new();
    world.fill("a", 2_000);
    world.put("a", "in the log only").unwrap();
    // Open, closed, and open again for reading only.
    for cold in [false, true] {
        if cold {
            world.reopen();
        } else {
            assert_eq!(count(&world.engine, "a").unwrap(), 2_000);
        }
        world.probe.set_read_only(true);
        for _ in 0..3 {
            assert_eq!(within(RESUMED, || count(&world.engine, "a")), 2_000);
            assert!(within(RESUMED, || world.has("a", "in the log only")));
            let refused = code(world.put("a", "refused"));
            assert!(matches!(refused, ErrorCode::Unavailable | ErrorCode::OutcomeUnknown), "{refused:?}");
        }
        assert_eq!(code(world.put("a", "refused")), ErrorCode::Unavailable);
        // A failed read ends this opening too, although nothing can be written.
        world.probe.fail_callers(Touch::Read, STORE, EIO, 1);
        assert_eq!(within(RESUMED, || count(&world.engine, "a")), 2_000);
        world.probe.set_read_only(false);
        within(RESUMED, || world.put("a", "after"));
        assert!(world.has("a", "in the log only").unwrap() && world.has("a", "after").unwrap());
    }
    assert_eq!(world.probe.most_on_one(STORE), 1);
    world.reopen();
    assert_eq!(count(&world.engine, "a").unwrap(), 2_000);
    assert!(world.has("a", "in the log only").unwrap() && world.has("a", "after").unwrap());
}

#[test]
fn one_checkpoint_that_cannot_be_read_hides_no_other() {
    let world = World::new();
    world.put("a", "key").unwrap();
    for _ in 0..2 {
        world.engine.run("a", CreateCheckpoint::default()).unwrap();
    }
    let list = || world.engine.run("a", ListCheckpoints {});
    for touch in [Touch::Open, Touch::Read] {
        world.probe.fail(touch, ".toondb", EIO, 1);
        let listed = list().unwrap().checkpoints;
        assert_eq!((listed.len(), listed.iter().filter(|info| info.damaged.is_some()).count()), (2, 1), "{touch:?}");
    }
    world.probe.fail(Touch::Open, ".toondb", EMFILE, 1);
    assert_eq!(code(list()), ErrorCode::Busy, "says nothing of the file");
    assert!(list().unwrap().checkpoints.iter().all(|info| info.damaged.is_none()));
}
