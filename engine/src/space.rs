//! The space on the disk that writes leave to deletes: one rule, and one place that keeps it.
//!
//! Writes stop while less than [`limits::DISK_FREE_BYTES_MIN`] is free, so that deletes have something to be logged and
//! flushed in. Whoever is about to make a log longer looks first, and does not rely on somebody who looks now and then: a fast
//! writer takes all of it between two looks.
//!
//! What was accepted takes space a second time: rows stand in the log now, and the flush that lets go of the log must find room
//! in the store for them before. So each namespace says what its memtables [owe](Promise), and a flush that runs says so once
//! more, because redb gives a large value a power of two of pages. What is promised counts as taken. It is an estimate: where
//! small rows change here and there in a large store a flush copies more than it writes, and may have to wait for space.
//!
//! A large write is looked at alone, when what it logs is known: where it does not fit it is refused, and whatever does fit goes
//! on. Only where hardly anything fits is the disk short for everybody.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::disk::Disk;
use crate::limits;

/// What is known of the space on the disk of a data directory.
#[derive(Debug)]
pub struct Space {
    disk: Arc<dyn Disk>,
    data_dir: PathBuf,
    /// Held while somebody looks: what an earlier look found must not replace what a later one did.
    looking: Mutex<()>,
    /// Too little is free, or will be once what was promised is taken.
    short: AtomicBool,
    /// Too little is free.
    low: AtomicBool,
    promised: AtomicU64,
}

/// Bytes that somebody will take; dropping it says that no more is taken.
#[derive(Debug)]
pub struct Promise {
    space: Arc<Space>,
    bytes: u64,
}

impl Promise {
    /// Adds to it what will be taken by the end of a group; false, with nothing changed, if too little would be left. What nobody
    /// may have is never promised, not even for a moment: others would be refused for it.
    #[must_use]
    pub fn try_add(&mut self, bytes: u64) -> bool {
        let free = self.space.free_bytes();
        let fits = |promised: u64| {
            let promised = promised.checked_add(bytes)?;
            (free.saturating_sub(promised) >= limits::DISK_FREE_BYTES_MIN).then_some(promised)
        };
        let added = self.space.promised.try_update(Ordering::AcqRel, Ordering::Acquire, fits).is_ok();
        if added {
            self.bytes += bytes;
        }
        added
    }

    /// Says that so many of the bytes that were added are taken now, or will not be.
    pub fn take_back(&mut self, bytes: u64) {
        self.set(self.bytes.saturating_sub(bytes));
    }

    /// Says that it is so much from now on. Nobody ever sees less than that promised, nor more than it was or will be.
    pub fn set(&mut self, bytes: u64) {
        match bytes.checked_sub(self.bytes) {
            Some(more) => self.space.promised.fetch_add(more, Ordering::AcqRel),
            None => self.space.promised.fetch_sub(self.bytes - bytes, Ordering::AcqRel),
        };
        self.bytes = bytes;
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        self.set(0);
    }
}

impl Space {
    /// The space where `data_dir` is.
    pub fn new(disk: Arc<dyn Disk>, data_dir: PathBuf) -> Arc<Self> {
        let (looking, short, low) = Default::default();
        Arc::new(Self { disk, data_dir, looking, short, low, promised: AtomicU64::new(0) })
    }

    /// A disk that does not tell is used until it refuses.
    fn free_bytes(&self) -> u64 {
        self.disk.free_bytes(&self.data_dir).unwrap_or(u64::MAX)
    }

    /// Asks the disk, and gives what everybody is told from now on: true if writes must stop.
    pub fn look(&self) -> bool {
        let _looking = self.looking.lock();
        let promised = self.promised.load(Ordering::Acquire);
        let free = self.free_bytes();
        let short = free.saturating_sub(promised) < limits::DISK_FREE_BYTES_MIN;
        self.short.store(short, Ordering::Release);
        self.low.store(free < limits::DISK_FREE_BYTES_MIN, Ordering::Release);
        short
    }

    /// What the last look found.
    pub fn is_short(&self) -> bool {
        self.short.load(Ordering::Acquire)
    }

    /// True if the last look found too little space, whatever was promised.
    pub fn is_low(&self) -> bool {
        self.low.load(Ordering::Acquire)
    }

    /// Says that so much will be taken, for as long as the promise is kept.
    pub fn promise(self: &Arc<Self>, bytes: u64) -> Promise {
        let mut promise = Promise { space: Arc::clone(self), bytes: 0 };
        promise.set(bytes);
        promise
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::SimDisk;

    #[test]
    fn what_is_promised_counts_as_taken_until_it_is_let_go() {
        let disk = SimDisk::new();
        let space = Space::new(Arc::new(disk.clone()), "/".into());
        assert!(!space.look(), "a disk without a bound");
        disk.set_free_bytes(Some(limits::DISK_FREE_BYTES_MIN + 10));
        assert!(!space.look());
        let mut promise = space.promise(10);
        let other = space.promise(1);
        assert!(space.look() && space.is_short() && !space.is_low());
        promise.set(9);
        assert!(!space.look() && !space.is_short());
        promise.set(10);
        assert!(space.look());
        drop((promise, other));
        assert!(!space.look());
        let mut promise = space.promise(4);
        assert!(!promise.try_add(7) && promise.try_add(6) && !promise.try_add(1), "ten may be promised");
        assert!(!space.look(), "and no more was");
        promise.take_back(9);
        assert_eq!(promise.bytes, 1);
        assert!(space.promise(0).try_add(9) && !space.promise(0).try_add(10), "nine came back");
        drop(promise);
        assert!(space.promise(0).try_add(10), "all of it came back");
        disk.set_free_bytes(Some(limits::DISK_FREE_BYTES_MIN - 1));
        assert!(!space.is_short() && space.look() && space.is_low());
    }
}
