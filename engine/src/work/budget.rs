//! Bytes that many holders share, so that together they never hold more than one bound.
//!
//! A [`Budget`] belongs to the engine, not to a door: answers that nobody has read yet lie in one memory, whichever door they
//! wait behind. Each connection has a [`Share`], which bounds it alone, so that one that reads nothing takes the room of no
//! other. What is held is a [`Permit`], given back when it is dropped.
//!
//! Room is taken before the work that will need it, as an estimate, and settled when the true size is known. A single permit
//! always fits into an empty share and an empty budget, however large it is: otherwise the largest answer could never be
//! given. Somebody for whom there is no room may leave a waker, which is called when room comes back; it then tries again,
//! like everybody else.
//!
//! Counting is by two atomics. The total may momentarily count what a failed attempt takes back at once, so an attempt can
//! fail although there was just room; it never succeeds without.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Waker;

use parking_lot::Mutex;

use crate::limits;

/// The bytes of all holders together.
#[derive(Debug)]
pub struct Budget {
    bytes_max: usize,
    used: AtomicUsize,
    /// True while somebody waits, so that giving back costs a load where nobody does.
    awaited: AtomicBool,
    waiting: Mutex<Vec<Waker>>,
}

impl Budget {
    /// Nothing held yet, and at most so much.
    #[must_use]
    pub fn new(bytes_max: usize) -> Arc<Self> {
        let (used, awaited) = (AtomicUsize::new(0), AtomicBool::new(false));
        Arc::new(Self { bytes_max, used, awaited, waiting: Mutex::default() })
    }

    /// Bytes held now.
    #[must_use]
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// The most that may be held.
    #[must_use]
    pub fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// A new holder, which takes at most `bytes_max` of it.
    #[must_use]
    pub fn share(self: &Arc<Self>, bytes_max: usize) -> Arc<Share> {
        Arc::new(Share { budget: Arc::clone(self), bytes_max, used: AtomicUsize::new(0) })
    }

    /// Has `waker` called once some room has come back, which may have happened already: try again after this.
    pub fn when_freed(&self, waker: &Waker) {
        let mut waiting = self.waiting.lock();
        if !waiting.iter().any(|known| known.will_wake(waker)) {
            waiting.push(waker.clone());
        }
        self.awaited.store(true, Ordering::SeqCst);
    }

    fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::SeqCst);
        // Either this sees who waits, or they, who try again after they have said so, see the room.
        if self.awaited.load(Ordering::SeqCst) {
            let woken = {
                let mut waiting = self.waiting.lock();
                self.awaited.store(false, Ordering::SeqCst);
                std::mem::take(&mut *waiting)
            };
            woken.into_iter().for_each(Waker::wake);
        }
    }
}

/// One holder's part of a [`Budget`].
#[derive(Debug)]
pub struct Share {
    budget: Arc<Budget>,
    bytes_max: usize,
    used: AtomicUsize,
}

impl Share {
    /// Bytes held now.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// The most it may hold, but for a single permit.
    #[must_use]
    pub fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// The budget it is a part of.
    #[must_use]
    pub fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    /// Takes room for `bytes`; nothing if there is too little of it.
    #[must_use]
    pub fn take(self: &Arc<Self>, bytes: usize) -> Option<Permit> {
        self.add(bytes, 0).then(|| Permit { share: Arc::clone(self), bytes })
    }

    /// Counts `bytes`, room or not: for what must be held whatever else is.
    #[must_use]
    pub fn force(self: &Arc<Self>, bytes: usize) -> Permit {
        self.add_unasked(bytes);
        Permit { share: Arc::clone(self), bytes }
    }

    /// Adds `bytes` to the `own` ones of one permit.
    fn add(&self, bytes: usize, own: usize) -> bool {
        add_within(&self.used, bytes, own, self.bytes_max)
            && (add_within(&self.budget.used, bytes, own, self.budget.bytes_max) || {
                self.used.fetch_sub(bytes, Ordering::SeqCst);
                false
            })
    }

    fn add_unasked(&self, bytes: usize) {
        self.used.fetch_add(bytes, Ordering::SeqCst);
        self.budget.used.fetch_add(bytes, Ordering::SeqCst);
    }

    fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::SeqCst);
        self.budget.give_back(bytes);
    }
}

/// Adds within a bound, which does not hold for what is all there is.
fn add_within(count: &AtomicUsize, bytes: usize, own: usize, max: usize) -> bool {
    let fits = |used: usize| used.checked_add(bytes).filter(|sum| used == own || *sum <= max);
    count.try_update(Ordering::SeqCst, Ordering::SeqCst, fits).is_ok()
}

/// What a peer that leaves so many bytes unread must take of them in a window of time, or it is cut off: the room is others' too.
/// The window is the door's.
#[must_use]
pub fn progress_bytes_min(unread: usize) -> usize {
    (unread / limits::UNREAD_PROGRESS_PARTS).max(limits::UNREAD_PROGRESS_BYTES_MIN)
}

/// Room that is held, until it is dropped.
#[derive(Debug)]
pub struct Permit {
    share: Arc<Share>,
    bytes: usize,
}

impl Permit {
    /// What it holds.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The most that its share may hold.
    #[must_use]
    pub fn bytes_max(&self) -> usize {
        self.share.bytes_max
    }

    /// Makes an estimate true. False, with nothing changed, if there is no room for that much more.
    #[must_use]
    pub fn try_settle(&mut self, bytes: usize) -> bool {
        match bytes.checked_sub(self.bytes) {
            Some(more) if !self.share.add(more, self.bytes) => return false,
            Some(_) => {}
            None => self.share.give_back(self.bytes - bytes),
        }
        self.bytes = bytes;
        true
    }

    /// Takes over what another one of the same share holds.
    pub fn absorb(&mut self, mut other: Permit) {
        debug_assert!(Arc::ptr_eq(&self.share, &other.share));
        self.bytes += std::mem::take(&mut other.bytes);
    }

    /// Makes an estimate true, room or not.
    pub fn settle(&mut self, bytes: usize) {
        match bytes.checked_sub(self.bytes) {
            Some(more) => self.share.add_unasked(more),
            None => self.share.give_back(self.bytes - bytes),
        }
        self.bytes = bytes;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.share.give_back(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use std::task::Wake;

    use super::*;

    #[test]
    fn one_share_takes_its_part_and_all_of_them_the_whole() {
        let budget = Budget::new(100);
        let [a, b, c] = std::array::from_fn(|_| budget.share(50));
        let first = a.take(30).unwrap();
        assert!(a.take(21).is_none() && a.take(20).is_some(), "its part and no more");
        let large = b.take(69).unwrap();
        assert!(b.take(1).is_none(), "more than its part only as the only one");
        assert_eq!((a.bytes(), b.bytes()), (30, 69));
        assert!(c.take(2).is_none(), "one is left");
        let last = c.take(1).unwrap();
        assert!(c.take(1).is_none(), "nothing is left");
        let told = c.force(50);
        assert_eq!(c.bytes(), 51, "what must be held is held");
        drop((first, large, last, told));
        assert!([a, b, c].iter().all(|share| share.bytes() == 0));
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn estimates_are_settled_both_ways() {
        let budget = Budget::new(100);
        let (a, b) = (budget.share(60), budget.share(60));
        let mut first = a.take(50).unwrap();
        assert!(first.try_settle(10));
        assert_eq!((first.bytes(), a.bytes(), budget.used()), (10, 10, 10));
        let second = b.take(50).unwrap();
        assert!(!first.try_settle(51), "too much together");
        assert_eq!((first.bytes(), budget.used()), (10, 60), "nothing was changed");
        assert!(first.try_settle(50) && !first.try_settle(61));
        first.settle(70);
        assert_eq!((a.bytes(), budget.used()), (70, 120), "what must be held is held");
        drop((first, second));
        let mut alone = a.take(1).unwrap();
        assert!(alone.try_settle(1_000), "the largest answer can be given when nothing else is held");
        drop(alone);
        assert_eq!((a.bytes(), b.bytes(), budget.used()), (0, 0, 0));
    }

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn who_waits_is_woken_when_room_comes_back_and_once() {
        let budget = Budget::new(10);
        let share = budget.share(10);
        let held = share.take(10).unwrap();
        let (one, other) = (Arc::new(Woken::default()), Arc::new(Woken::default()));
        let waker = Waker::from(Arc::clone(&one));
        budget.when_freed(&waker);
        budget.when_freed(&waker);
        budget.when_freed(&Waker::from(Arc::clone(&other)));
        assert!(share.take(1).is_none());
        drop(held);
        assert_eq!((one.0.load(Ordering::SeqCst), other.0.load(Ordering::SeqCst)), (1, 1));
        drop(share.take(1).unwrap());
        assert_eq!(one.0.load(Ordering::SeqCst), 1, "it asks again if it has to wait again");
    }

    #[test]
    fn many_threads_never_exceed_the_bound_and_leave_nothing() {
        let budget = Budget::new(1_000);
        std::thread::scope(|scope| {
            for thread in 1..=4 {
                let share = budget.share(600);
                let budget = &budget;
                scope.spawn(move || {
                    for step in 0..5_000 {
                        let Some(mut held) = share.take(1 + step % (100 * thread)) else { continue };
                        assert!(budget.used() <= 1_000);
                        let _ = held.try_settle(step % 300);
                        assert!(budget.used() <= 1_000);
                    }
                });
            }
        });
        assert_eq!(budget.used(), 0);
    }
}
