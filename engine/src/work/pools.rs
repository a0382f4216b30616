//! Which work waits for which: one pool for each class, so that none waits behind another.
//!
//! A flush or a new log segment lasts milliseconds and a writer may wait for it; a graph build lasts minutes and nobody
//! waits for it. A read lasts milliseconds; opening a namespace that was killed may last seconds. Were they in one queue,
//! the short ones would wait for the long ones. Within a class, namespaces take turns (`pool.rs`).

use std::sync::Arc;
use std::time::Duration;

use super::pool::{Job, Pool, Size, Turn};
use crate::clock::Clock;
use crate::limits;

/// A class of work. The order is that in which pools are closed: what comes later may be needed by what comes before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Long reads.
    Read,
    /// Operations on the engine, its catalog and users' checkpoints.
    Admin,
    /// Opening namespaces, and creating them by their first write.
    Open,
    /// Serving mailboxes: group commits.
    Actor,
    /// Reading stores for damage: nobody waits for that.
    Scrub,
    /// Index builds: nobody waits for them.
    Build,
    /// Writing memtables into the store, preparing log segments, freeing memory.
    Flush,
}

/// The engine's pools. Clones share them.
#[derive(Clone)]
pub struct Pools {
    pools: Arc<[(Class, Pool)]>,
}

fn normal_priority() {}

/// What writers may come to wait for, in large pieces: it gives way to requests, but on a machine with other work it still
/// gets its share. At the lowest priority `tests/full_disk` took thirty times as long beside two busy processes on each
/// processor: deletes waited for flushes.
fn yielding_priority() {
    let _ = rustix::process::setpriority_process(None, 5);
}

/// Background work gives way to requests: it may take a processor only when nobody else wants it.
pub fn lower_priority() {
    // On Linux this changes the calling thread only. Without it everything still works, only less smoothly.
    let _ = rustix::process::setpriority_process(None, 15);
}

impl Class {
    const ALL: [Self; 7] = [Self::Read, Self::Admin, Self::Open, Self::Actor, Self::Scrub, Self::Build, Self::Flush];

    fn pool(self) -> Pool {
        let unbounded =
            |threads_max| Size { threads_max, lent_max: 0, jobs_max: usize::MAX, jobs_each_max: usize::MAX };
        let requests = |threads_max| Size {
            threads_max,
            lent_max: limits::LENT_THREADS_MAX,
            jobs_max: limits::READ_QUEUE_MAX,
            jobs_each_max: limits::READ_QUEUE_EACH_MAX,
        };
        match self {
            Self::Read => Pool::new("toondb-read", requests(limits::READ_THREADS_MAX), normal_priority),
            Self::Admin => Pool::new("toondb-admin", requests(limits::ADMIN_THREADS_MAX), normal_priority),
            Self::Open => Pool::new("toondb-open", requests(limits::OPEN_THREADS_MAX), normal_priority),
            Self::Actor => Pool::new("toondb-actor", unbounded(limits::ACTOR_THREADS_MAX), normal_priority),
            Self::Scrub => Pool::new("toondb-scrub", unbounded(limits::SCRUB_THREADS_MAX), lower_priority),
            Self::Build => Pool::new("toondb-build", unbounded(limits::BUILD_THREADS_MAX), lower_priority),
            Self::Flush => Pool::new("toondb-flush", unbounded(limits::FLUSH_THREADS_MAX), yielding_priority),
        }
    }
}

impl Pools {
    /// Pools without threads.
    pub fn new() -> Self {
        Self { pools: Class::ALL.into_iter().map(|class| (class, class.pool())).collect() }
    }

    /// Queues a job; gives it back if too many are waiting, the pools are closed, or no thread can be had.
    pub fn spawn(&self, class: Class, turn: Turn, job: Job) -> Result<(), Job> {
        match self.pools.iter().find(|(known, _)| *known == class) {
            Some((_, pool)) => pool.spawn(turn, job),
            None => Err(job),
        }
    }

    /// Runs a job that must come to its end somewhere: what a pool gives back runs on this thread.
    pub fn run(&self, class: Class, turn: Turn, job: Job) {
        if let Err(job) = self.try_run(class, turn, job) {
            job();
        }
    }

    /// As [`Pools::spawn`], but for openings, of which too many may wait while their caller must not: they then run among
    /// the actors.
    pub fn try_run(&self, class: Class, turn: Turn, job: Job) -> Result<(), Job> {
        match (self.spawn(class, turn, job), class) {
            (Err(job), Class::Open) => self.spawn(Class::Actor, turn, job),
            (result, _) => result,
        }
    }

    /// Takes no further jobs, finishes those waiting, and waits until all threads have ended or `wait` is over. False = some
    /// job still waits or runs.
    #[must_use]
    pub fn close(&self, clock: &dyn Clock, wait: Duration) -> bool {
        let deadline = clock.monotonic() + wait;
        let mut all = true;
        for (_, pool) in self.pools.iter() {
            // Each is closed, whether or not the one before has ended in time.
            all &= pool.close(deadline.saturating_sub(clock.monotonic()));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use std::sync::mpsc;

    use super::*;
    use crate::clock::SystemClock;

    const LONG: Duration = Duration::from_secs(10);

    /// As when every thread builds a graph for minutes: a writer that needs a segment does not notice.
    #[test]
    fn no_class_waits_for_another() {
        for busy in Class::ALL {
            let pools = Pools::new();
            let releases: Vec<mpsc::Sender<()>> = (0..100_u8)
                .map(|number| {
                    let (release, released) = mpsc::channel::<()>();
                    let job = Box::new(move || {
                        let _ = released.recv();
                    });
                    pools.spawn(busy, Turn::of(&[number; 16]), job).ok().unwrap();
                    release
                })
                .collect();
            for other in Class::ALL.into_iter().filter(|other| *other != busy) {
                let (done, is_done) = mpsc::channel();
                pools.run(other, Turn::ENGINE, Box::new(move || done.send(()).unwrap()));
                assert!(is_done.recv_timeout(LONG).is_ok(), "{other:?} waits for {busy:?}");
            }
            drop(releases);
            assert!(pools.close(&SystemClock::new(), LONG));
        }
    }
}
