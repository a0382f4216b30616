//! A small pool of threads for work that blocks: group commits, long reads, flushes, index builds.
//!
//! Threads are started when work waits and nobody is free, up to a bound, and end after a while without work, so an idle
//! engine has none.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// A thread without work ends after this long.
const THREAD_IDLE_MAX: Duration = Duration::from_secs(10);

/// One piece of work.
pub type Job = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
    closed: bool,
}

struct Inner {
    name: &'static str,
    threads_max: usize,
    jobs_max: usize,
    start: fn(),
    queue: Mutex<Queue>,
    work: Condvar,
    ended: Condvar,
}

/// The pool. Clones share it.
#[derive(Clone)]
pub struct Pool {
    inner: Arc<Inner>,
}

impl Pool {
    /// A pool of at most `threads_max` threads and `jobs_max` waiting jobs. `start` runs first on each thread.
    pub fn new(name: &'static str, threads_max: usize, jobs_max: usize, start: fn()) -> Self {
        let (queue, work, ended) = (Mutex::default(), Condvar::new(), Condvar::new());
        Self { inner: Arc::new(Inner { name, threads_max, jobs_max, start, queue, work, ended }) }
    }

    /// Queues a job; gives it back if too many are waiting or the pool is closed.
    pub fn spawn(&self, job: Job) -> Result<(), Job> {
        let mut queue = self.inner.queue.lock();
        if queue.closed || queue.jobs.len() >= self.inner.jobs_max {
            return Err(job);
        }
        queue.jobs.push_back(job);
        if queue.idle >= queue.jobs.len() {
            self.inner.work.notify_one();
        } else if queue.threads < self.inner.threads_max {
            queue.threads += 1;
            drop(queue);
            self.start_thread();
        }
        Ok(())
    }

    fn start_thread(&self) {
        let inner = Arc::clone(&self.inner);
        let started = std::thread::Builder::new().name(self.inner.name.to_owned()).spawn(move || inner.run());
        if let Err(error) = started {
            tracing::error!(%error, pool = self.inner.name, "a worker thread could not be started");
            let mut queue = self.inner.queue.lock();
            queue.threads -= 1;
        }
    }

    /// Takes no further jobs, finishes those waiting, and waits until all threads have ended or `wait` is over.
    pub fn close(&self, wait: Duration) {
        let mut queue = self.inner.queue.lock();
        queue.closed = true;
        self.inner.work.notify_all();
        if queue.threads > 0 {
            self.inner.ended.wait_while_for(&mut queue, |queue| queue.threads > 0, wait);
        }
    }
}

impl Inner {
    fn run(&self) {
        (self.start)();
        let mut queue = self.queue.lock();
        loop {
            if let Some(job) = queue.jobs.pop_front() {
                drop(queue);
                if catch_unwind(AssertUnwindSafe(job)).is_err() {
                    tracing::error!(pool = self.name, "a job panicked");
                }
                queue = self.queue.lock();
                continue;
            }
            if queue.closed {
                break;
            }
            queue.idle += 1;
            let timeout = self.work.wait_for(&mut queue, THREAD_IDLE_MAX);
            queue.idle -= 1;
            if timeout.timed_out() && queue.jobs.is_empty() {
                break;
            }
        }
        queue.threads -= 1;
        self.ended.notify_all();
    }
}
