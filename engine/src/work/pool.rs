//! A pool of threads for one class of work that blocks, in which owners take turns.
//!
//! Each job has an owner ([`Turn`]), mostly a namespace. Jobs of one owner run in the order in which they came; owners with
//! waiting jobs stand in a circle, and each has one job taken before anyone has a second. So however many jobs one owner
//! has brought, the next job of another waits for as many jobs as there are owners, not for all of theirs. And one owner
//! has at most all threads but one: there is always one that it cannot keep busy.
//!
//! A job may turn out to be long. It says so ([`lend_thread`]), and from then on its thread does not count among those of
//! the pool, up to a bound: another is started for those who wait, and the system shares the processors out between them.
//!
//! Threads are started when work waits and nobody is free, up to a bound, and end after a while without work, so an idle
//! engine has none. What always holds: a job waits only while there is a thread that will take it. So a thread is started
//! before anyone else can look at the queue, and where the system refuses one and none is running, the caller gets its job
//! back.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// A thread without work ends after this long.
const THREAD_IDLE_MAX: Duration = Duration::from_secs(10);

/// One piece of work.
pub type Job = Box<dyn FnOnce() + Send>;
/// Starts a thread of a name; a test may refuse.
type Starter = fn(&'static str, Job) -> io::Result<()>;

fn start_thread(name: &'static str, run: Job) -> io::Result<()> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run).map(drop)
}

/// Whose job it is: owners take turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Turn(u128);

impl Turn {
    /// What belongs to no namespace.
    pub const ENGINE: Self = Self(0);

    /// A namespace, by the random id of its files.
    pub fn of(id: &[u8; 16]) -> Self {
        Self(u128::from_le_bytes(*id))
    }
}

/// The bounds of a pool.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Threads, those of long jobs not counted.
    pub threads_max: usize,
    /// Threads of long jobs that do not count.
    pub lent_max: usize,
    /// Jobs that wait, of all owners.
    pub jobs_max: usize,
    /// Jobs of one owner that wait.
    pub jobs_each_max: usize,
}

/// The jobs of one owner that has any.
#[derive(Default)]
struct OwnerLine {
    jobs: VecDeque<Job>,
    running: usize,
}

#[derive(Default)]
struct Queue {
    /// Owners of which a job waits or runs.
    lines: HashMap<Turn, OwnerLine>,
    /// Owners of which a job waits, each once, the next one first.
    circle: VecDeque<Turn>,
    /// Jobs that wait.
    waiting: usize,
    threads: usize,
    /// Threads of jobs that have turned out to be long.
    lent: usize,
    /// Threads that sleep and that nobody has woken.
    idle: usize,
    /// Threads that were woken and have not noticed yet.
    woken: usize,
    closed: bool,
}

impl Queue {
    fn push(&mut self, turn: Turn, job: Job) {
        let line = self.lines.entry(turn).or_default();
        if line.jobs.is_empty() {
            self.circle.push_back(turn);
        }
        line.jobs.push_back(job);
        self.waiting += 1;
    }

    /// The next job of the next owner that has fewer than `each_max` running.
    fn take(&mut self, each_max: usize) -> Option<(Turn, Job)> {
        let is_free = |turn: &Turn| self.lines.get(turn).is_some_and(|line| line.running < each_max);
        let place = self.circle.iter().position(is_free)?;
        let turn = self.circle.remove(place)?;
        let line = self.lines.get_mut(&turn)?;
        let job = line.jobs.pop_front()?;
        line.running += 1;
        if !line.jobs.is_empty() {
            self.circle.push_back(turn);
        }
        self.waiting -= 1;
        Some((turn, job))
    }

    fn finished(&mut self, turn: Turn) {
        if let Some(line) = self.lines.get_mut(&turn) {
            line.running -= 1;
            if line.running == 0 && line.jobs.is_empty() {
                self.lines.remove(&turn);
            }
        }
    }
}

struct PoolInner {
    name: &'static str,
    size: Size,
    /// Jobs of one owner that run at once.
    each_max: usize,
    start: fn(),
    starter: Starter,
    queue: Mutex<Queue>,
    work: Condvar,
    ended: Condvar,
}

thread_local! {
    /// The pool whose job runs on this thread, and whether the thread was lent.
    static HERE: RefCell<Option<(Arc<PoolInner>, bool)>> = const { RefCell::new(None) };
}

/// The job that calls this, on whichever pool it runs, is long: others must not wait for its end.
pub fn lend_thread() {
    HERE.with_borrow_mut(|here| {
        if let Some((pool, lent)) = here
            && !*lent
        {
            *lent = pool.lend();
        }
    });
}

/// The pool. Clones share it.
#[derive(Clone)]
pub struct Pool {
    inner: Arc<PoolInner>,
}

impl Pool {
    /// A pool within bounds. `start` runs first on each thread.
    pub fn new(name: &'static str, size: Size, start: fn()) -> Self {
        let (queue, work, ended) = (Mutex::default(), Condvar::new(), Condvar::new());
        let (starter, each_max) = (start_thread, size.threads_max.saturating_sub(1).max(1));
        Self { inner: Arc::new(PoolInner { name, size, each_max, start, starter, queue, work, ended }) }
    }

    /// Queues a job; gives it back if too many are waiting, the pool is closed, or no thread can be had.
    pub fn spawn(&self, turn: Turn, job: Job) -> Result<(), Job> {
        let (size, mut queue) = (self.inner.size, self.inner.queue.lock());
        let (own_running, own_waiting) = queue.lines.get(&turn).map_or((0, 0), |line| (line.running, line.jobs.len()));
        if queue.closed || queue.waiting >= size.jobs_max || own_waiting >= size.jobs_each_max {
            return Err(job);
        }
        // Otherwise it waits for its owner's other jobs, which have their threads.
        let may_run = own_running + own_waiting < self.inner.each_max;
        if may_run && !self.inner.provide_thread(&mut queue) && queue.threads == 0 {
            return Err(job);
        }
        // A thread looks at the queue before it ends, so whichever there is takes the job.
        queue.push(turn, job);
        Ok(())
    }

    /// Takes no further jobs, finishes those waiting, and waits until all threads have ended or `wait` is over. False = some
    /// job still waits or runs; closing again goes on waiting.
    #[must_use]
    pub fn close(&self, wait: Duration) -> bool {
        let mut queue = self.inner.queue.lock();
        queue.closed = true;
        self.inner.work.notify_all();
        if queue.threads > 0 {
            self.inner.ended.wait_while_for(&mut queue, |queue| queue.threads > 0, wait);
        }
        queue.threads == 0
    }
}

impl PoolInner {
    /// Wakes a thread, or starts one if there may be more. False = there should be one more and the system has none to give.
    fn provide_thread(self: &Arc<Self>, queue: &mut Queue) -> bool {
        if queue.idle > 0 {
            queue.idle -= 1;
            queue.woken += 1;
            self.work.notify_one();
            return true;
        }
        if queue.threads - queue.lent >= self.size.threads_max {
            return true;
        }
        let this = Arc::clone(self);
        match (self.starter)(self.name, Box::new(move || this.run())) {
            Ok(()) => {
                queue.threads += 1;
                true
            }
            Err(error) => {
                tracing::error!(%error, pool = self.name, "a worker thread could not be started");
                false
            }
        }
    }

    fn lend(self: &Arc<Self>) -> bool {
        let mut queue = self.queue.lock();
        if queue.lent >= self.size.lent_max {
            return false;
        }
        queue.lent += 1;
        if queue.waiting > 0 {
            // If none can be had, those who wait go on waiting for this one.
            let _ = self.provide_thread(&mut queue);
        }
        true
    }

    fn run(self: Arc<Self>) {
        (self.start)();
        let mut queue = self.queue.lock();
        let mut timed_out = false;
        loop {
            // A thread that was lent comes back to a pool that has replaced it.
            if queue.threads - queue.lent > self.size.threads_max {
                // The job that waited for the end of this one's may be of nobody's but a sleeping thread's.
                if queue.waiting > 0 {
                    let _ = self.provide_thread(&mut queue);
                }
                break;
            }
            if let Some((turn, job)) = queue.take(self.each_max) {
                drop(queue);
                let lent = self.run_job(job);
                queue = self.queue.lock();
                queue.lent -= usize::from(lent);
                queue.finished(turn);
                timed_out = false;
                continue;
            }
            if queue.closed || timed_out {
                break;
            }
            queue.idle += 1;
            timed_out = self.work.wait_for(&mut queue, THREAD_IDLE_MAX).timed_out();
            match queue.woken.checked_sub(1) {
                Some(others) => queue.woken = others,
                None => queue.idle -= 1,
            }
        }
        queue.threads -= 1;
        self.ended.notify_all();
    }

    /// True if its thread was lent.
    fn run_job(self: &Arc<Self>, job: Job) -> bool {
        HERE.set(Some((Arc::clone(self), false)));
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            tracing::error!(pool = self.name, "a job panicked");
        }
        HERE.take().is_some_and(|(_, lent)| lent)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::sync::mpsc;

    use super::*;

    const A: Turn = Turn(1);
    const B: Turn = Turn(2);

    fn size(threads_max: usize) -> Size {
        Size { threads_max, lent_max: 0, jobs_max: usize::MAX, jobs_each_max: usize::MAX }
    }

    fn pool(threads_max: usize, starter: Starter) -> Pool {
        let mut inner = Arc::into_inner(Pool::new("toondb-test", size(threads_max), || ()).inner).unwrap();
        inner.starter = starter;
        Pool { inner: Arc::new(inner) }
    }

    #[test]
    fn a_job_without_a_thread_is_given_back() {
        let pool = pool(4, |_, _| Err(io::ErrorKind::WouldBlock.into()));
        for _ in 0..3 {
            assert!(pool.spawn(A, Box::new(|| panic!("nobody can have run this"))).is_err());
        }
        assert!(pool.close(Duration::from_secs(10)), "nothing waits and nothing runs");
    }

    #[test]
    fn a_job_whose_thread_cannot_start_is_run_by_another() {
        static STARTED: AtomicBool = AtomicBool::new(false);
        let first_only: Starter = |name, run| match STARTED.swap(true, Ordering::SeqCst) {
            false => start_thread(name, run),
            true => Err(io::ErrorKind::WouldBlock.into()),
        };
        let pool = pool(4, first_only);
        let (release, held) = mpsc::channel::<()>();
        let ran = Arc::new(AtomicUsize::new(0));
        assert!(pool.spawn(A, Box::new(move || held.recv().unwrap())).is_ok());
        for _ in 0..3 {
            let ran = Arc::clone(&ran);
            let job = Box::new(move || {
                ran.fetch_add(1, Ordering::SeqCst);
            });
            assert!(pool.spawn(A, job).is_ok(), "there is a thread that will come to it");
        }
        assert!(!pool.close(Duration::ZERO), "the first job still runs");
        release.send(()).unwrap();
        assert!(pool.close(Duration::from_secs(10)));
        assert_eq!(ran.load(Ordering::SeqCst), 3);
    }

    #[test]
    fn a_queue_that_is_full_gives_back() {
        let pool = Pool::new("toondb-test", Size { jobs_max: 1, ..size(1) }, || ());
        let (release, held) = mpsc::channel::<()>();
        let (begun, begins) = mpsc::channel();
        let wait = move || {
            begun.send(()).unwrap();
            held.recv().unwrap();
        };
        assert!(pool.spawn(A, Box::new(wait)).is_ok());
        begins.recv().unwrap();
        assert!(pool.spawn(A, Box::new(|| ())).is_ok());
        assert!(pool.spawn(A, Box::new(|| ())).is_err());
        release.send(()).unwrap();
        assert!(pool.close(Duration::from_secs(10)));
    }

    /// A job that says that it runs, and then waits for a word to end.
    struct Held {
        begun: mpsc::Receiver<()>,
        _release: mpsc::Sender<()>,
    }

    impl Held {
        fn spawn(pool: &Pool, turn: Turn, lends: bool) -> Self {
            let ((begin, begun), (release, released)) = (mpsc::channel(), mpsc::channel::<()>());
            let job = move || {
                if lends {
                    lend_thread();
                }
                let _ = begin.send(());
                let _ = released.recv();
            };
            assert!(pool.spawn(turn, Box::new(job)).is_ok());
            Self { begun, _release: release }
        }

        fn runs(&self) -> bool {
            self.begun.recv_timeout(Duration::from_secs(10)).is_ok()
        }

        fn waits(&self) -> bool {
            self.begun.try_recv().is_err()
        }
    }

    #[test]
    fn one_owner_never_has_every_thread() {
        let pool = Pool::new("toondb-test", size(3), || ());
        let greedy: Vec<_> = (0..10).map(|_| Held::spawn(&pool, A, false)).collect();
        assert!(greedy[0].runs() && greedy[1].runs());
        let other = Held::spawn(&pool, B, false);
        assert!(other.runs(), "it is served at once, and waits for none of the ten");
        assert!(greedy[2..].iter().all(Held::waits));
        drop((greedy, other));
        assert!(pool.close(Duration::from_secs(10)));
    }

    #[test]
    fn owners_take_turns() {
        let pool = Pool::new("toondb-test", size(1), || ());
        let first = Held::spawn(&pool, A, false);
        assert!(first.runs());
        let ran = Arc::new(Mutex::new(Vec::new()));
        for (turn, name) in [(A, "a1"), (A, "a2"), (A, "a3"), (B, "b1"), (Turn::ENGINE, "e1"), (B, "b2")] {
            let ran = Arc::clone(&ran);
            assert!(pool.spawn(turn, Box::new(move || ran.lock().push(name))).is_ok());
        }
        drop(first);
        assert!(pool.close(Duration::from_secs(10)));
        assert_eq!(*ran.lock(), ["a1", "b1", "e1", "a2", "b2", "a3"]);
    }

    #[test]
    fn one_owner_fills_its_part_of_the_queue_only() {
        let pool = Pool::new("toondb-test", Size { jobs_max: 3, jobs_each_max: 2, ..size(1) }, || ());
        let first = Held::spawn(&pool, A, false);
        assert!(first.runs());
        let spawn = |turn| pool.spawn(turn, Box::new(|| ())).is_ok();
        assert!(spawn(A) && spawn(A) && !spawn(A), "two of one owner");
        assert!(spawn(B) && !spawn(B), "three of all");
        drop(first);
        assert!(pool.close(Duration::from_secs(10)));
    }

    #[test]
    fn a_long_job_lends_its_thread() {
        let pool = Pool::new("toondb-test", Size { lent_max: 1, ..size(1) }, || ());
        let long = Held::spawn(&pool, A, true);
        assert!(long.runs());
        let short = Held::spawn(&pool, B, false);
        assert!(short.runs(), "it did not wait for the long one");
        let next = Held::spawn(&pool, Turn::ENGINE, false);
        assert!(next.waits(), "one thread was lent, and no more");
        drop(short);
        assert!(next.runs());
        drop((long, next));
        assert!(pool.close(Duration::from_secs(10)));
        let queue = pool.inner.queue.lock();
        assert_eq!((queue.lent, queue.waiting, queue.lines.len()), (0, 0, 0));
    }

    /// A lent thread whose owner has another job ends, since the pool has replaced it, while those that replaced it sleep.
    #[test]
    fn a_thread_that_ends_leaves_no_job_to_sleepers() {
        let pool = Pool::new("toondb-test", Size { lent_max: 1, ..size(2) }, || ());
        let long = Held::spawn(&pool, A, true);
        assert!(long.runs());
        let others = [B, Turn::ENGINE].map(|turn| Held::spawn(&pool, turn, false));
        assert!(others.iter().all(Held::runs));
        drop(others);
        while pool.inner.queue.lock().idle < 2 {
            std::thread::yield_now();
        }
        let next = Held::spawn(&pool, A, false);
        assert!(next.waits(), "its owner has one job running, as many as it may");
        drop(long);
        assert!(next.begun.recv_timeout(THREAD_IDLE_MAX / 2).is_ok(), "and runs before the sleepers' time is over");
        drop(next);
        assert!(pool.close(Duration::from_secs(10)));
    }

    /// Jobs of many owners from many threads: each runs once, whatever sleeps, wakes and ends meanwhile.
    #[test]
    fn every_job_runs_once() {
        let pool = Pool::new("toondb-test", Size { lent_max: 2, ..size(3) }, || ());
        let ran = Arc::new(AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for owner in 0..4_u128 {
                let (pool, ran) = (&pool, &ran);
                scope.spawn(move || {
                    for number in 0..500 {
                        let ran = Arc::clone(ran);
                        let job = move || {
                            if number % 7 == 0 {
                                lend_thread();
                            }
                            ran.fetch_add(1, Ordering::SeqCst);
                        };
                        assert!(pool.spawn(Turn(owner), Box::new(job)).is_ok());
                    }
                });
            }
        });
        assert!(pool.close(Duration::from_secs(10)));
        assert_eq!(ran.load(Ordering::SeqCst), 2_000);
    }
}
