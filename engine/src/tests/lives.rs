//! Whatever happens, there is never more than one handle on a store.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::world::{EIO, STORE, World, code, count, has, put, within};
use crate::api::{ErrorCode, Flush};
use crate::disk::Touch;
use crate::rng::{Rng, SeededRng};

const SOON: Duration = Duration::from_secs(30);

/// The store that a reader leaves last writes while it closes; until then it is not closed, whatever a count may say.
#[test]
fn a_namespace_is_opened_again_only_after_the_last_writes_of_the_former_opening() {
    let mut world = World::new();
    world.fill("a", 3_000);
    world.reopen();
    // The store has something to write when it closes.
    put(&world.engine, "a", "one more").unwrap();
    world.engine.run("a", Flush {}).unwrap();
    world.probe.hold_callers(Touch::Read, STORE);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| count(&world.engine, "a"));
        world.probe.wait_for_held(Touch::Read, STORE);
        // Not once alone: a spare segment that is being prepared could meet it instead.
        world.probe.fail(Touch::Sync, "/log/", EIO, usize::MAX);
        assert_eq!(code(put(&world.engine, "a", "lost?")), ErrorCode::OutcomeUnknown);
        world.probe.heal();
        assert_eq!(code(has(&world.engine, "a", "key00000")), ErrorCode::Busy, "the reader is still inside");
        world.probe.hold(Touch::Write, STORE);
        world.probe.release(Touch::Read, STORE);
        world.probe.wait_for_held(Touch::Write, STORE);
        // The last reader has left, and redb is at its closing writes.
        assert_eq!(code(has(&world.engine, "a", "key00000")), ErrorCode::Busy);
        assert_eq!(code(put(&world.engine, "a", "early")), ErrorCode::Busy);
        world.probe.release(Touch::Write, STORE);
        assert_eq!(reader.join().unwrap().unwrap(), 3_000);
    });
    assert_eq!(within(SOON, || count(&world.engine, "a")), 3_000);
    within(SOON, || put(&world.engine, "a", "later"));
    assert_eq!(world.probe.most_on_one(STORE), 1);
    world.reopen();
    assert_eq!(count(&world.engine, "a").unwrap(), 3_000);
    assert!(has(&world.engine, "a", "one more").unwrap() && has(&world.engine, "a", "later").unwrap());
}

#[test]
fn many_readers_and_many_failures_never_meet_two_handles() {
    let seed = 20_261_128;
    println!("seed {seed}");
    let rng = SeededRng::new(seed);
    let mut world = World::new();
    world.fill("a", 500);
    let done = AtomicBool::new(false);
    let mut written = BTreeSet::new();
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        match count(&world.engine, "a") {
                            Ok(keys) => assert_eq!(keys, 500),
                            Err(error) => {
                                let passing = matches!(error.code, ErrorCode::Busy | ErrorCode::Unavailable);
                                assert!(passing, "{error:?}");
                            }
                        }
                    }
                })
            })
            .collect();
        for round in 0..40 {
            match rng.next_u64() % 4 {
                0 => world.probe.fail(Touch::Sync, "/log/", EIO, 1),
                1 => world.probe.fail(Touch::Write, "/log/", EIO, 1),
                2 => world.probe.fail(Touch::Sync, STORE, EIO, 1),
                _ => world.probe.fail(Touch::Read, STORE, EIO, 1),
            }
            let key = format!("round{round}");
            if put(&world.engine, "a", &key).is_ok() {
                written.insert(key);
            }
            let _ = world.engine.run("a", Flush {});
            world.probe.heal();
        }
        done.store(true, Ordering::Relaxed);
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    });
    assert_eq!(world.probe.most_on_one(STORE), 1);
    assert_eq!(within(SOON, || count(&world.engine, "a")), 500);
    assert_eq!(world.panics(), 0);
    world.reopen();
    assert_eq!(count(&world.engine, "a").unwrap(), 500);
    for key in written {
        assert!(has(&world.engine, "a", &key).unwrap(), "{key} was acknowledged");
    }
}
