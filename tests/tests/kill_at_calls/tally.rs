//! What became of all cases.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use crate::life::Fate;
use crate::survey::Death;

/// Cases that are tried at once.
const HANDS: usize = 2;

/// Fates of servers, and cases that failed.
#[derive(Debug, Default)]
pub struct Tally {
    /// Of each case.
    fates: Mutex<Vec<Vec<Fate>>>,
    failed: Mutex<Vec<Vec<Death>>>,
}

impl Tally {
    /// Plays a case, which is all deaths of one data directory and gives their fates; false if it failed.
    pub fn attempt(&self, case: &[Death], play: impl FnOnce() -> Vec<Fate>) -> bool {
        match catch_unwind(AssertUnwindSafe(play)) {
            Ok(fates) => {
                self.fates.lock().unwrap().push(fates);
                true
            }
            Err(_) => {
                // Beside the reason, which was just printed.
                eprintln!("that was with {case:?}");
                self.failed.lock().unwrap().push(case.to_vec());
                false
            }
        }
    }

    /// Says what was done, and fails if a case has.
    pub fn end(self, what: &str) {
        let (fates, failed) = (self.fates.into_inner().unwrap(), self.failed.into_inner().unwrap());
        let of = |fate| fates.iter().flatten().filter(|found| **found == fate).count();
        let (in_scene, later, never) = (of(Fate::InScene), of(Fate::Later), of(Fate::Never));
        println!(
            "{what}: {} cases, {in_scene} servers died where they were meant to, {later} later and {never} not at all",
            fates.len() + failed.len()
        );
        assert!(failed.is_empty(), "{what}: {} failed (reasons above): {failed:?}", failed.len());
        assert!(in_scene > later + never, "{what}: too few died where they were meant to");
    }
}

/// Does something with each, on a few threads.
pub fn share_out<T: Sync>(all: &[T], act: impl Fn(usize, &T) + Sync) {
    let waiting = Mutex::new(all.iter().enumerate());
    std::thread::scope(|scope| {
        for _ in 0..HANDS {
            scope.spawn(|| {
                loop {
                    let Some((number, one)) = waiting.lock().unwrap().next() else { return };
                    act(number, one);
                }
            });
        }
    });
}
