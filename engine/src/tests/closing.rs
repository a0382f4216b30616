//! Closing: once it says that all is closed, all is closed.

use std::time::Duration;

use super::world::{STORE, World, code, count, has, put, within};
use crate::api::ErrorCode;
use crate::disk::Touch;

#[test]
fn closing_says_so_when_something_still_runs_and_can_be_waited_for_again() {
    let mut world = World::with(|options| options.drain_max = Duration::from_millis(50));
    world.fill("a", 2_000);
    world.reopen();
    assert!(has(&world.engine, "a", "key00000").unwrap());
    world.probe.hold_callers(Touch::Read, STORE);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| count(&world.engine, "a"));
        world.probe.wait_for_held(Touch::Read, STORE);
        for _ in 0..2 {
            assert_eq!(code(world.engine.close()), ErrorCode::Busy);
            assert_eq!(code(put(&world.engine, "a", "late")), ErrorCode::ShuttingDown);
            assert_eq!(world.probe.open_now(STORE), 1);
        }
        world.probe.release(Touch::Read, STORE);
        let given_up = code(reader.join().unwrap());
        assert_eq!(given_up, ErrorCode::ShuttingDown, "what does not end in its time need not be waited for");
    });
    within(Duration::from_secs(30), || world.engine.close());
    assert_eq!(world.probe.open_now(STORE), 0);
    assert_eq!(world.probe.open_now("catalog.redb"), 0);
    world.reopen();
    assert_eq!(count(&world.engine, "a").unwrap(), 2_000);
}

/// Requests that passed the first check before the engine was closed must not open a file afterwards.
#[test]
fn nothing_is_opened_once_closing_has_succeeded() {
    for round in 0..10 {
        let world = World::new();
        std::thread::scope(|scope| {
            let callers: Vec<_> = (0..4)
                .map(|caller| {
                    let engine = world.engine.clone();
                    scope.spawn(move || {
                        for i in 0.. {
                            match put(&engine, &format!("tenant{caller}-{i}"), "key") {
                                Ok(()) => {}
                                Err(error) => return error.code,
                            }
                        }
                        unreachable!("the engine is closed before that")
                    })
                })
                .collect();
            while world.probe.opened() < 20 + round {
                std::thread::yield_now();
            }
            world.engine.close().unwrap();
            let opened = world.probe.opened();
            assert_eq!((world.probe.open_now(STORE), world.probe.open_now("catalog.redb")), (0, 0));
            for caller in callers {
                assert_eq!(caller.join().unwrap(), ErrorCode::ShuttingDown);
            }
            assert_eq!(world.probe.opened(), opened);
        });
    }
}
