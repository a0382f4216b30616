//! The space on the disk that writes leave to deletes: one rule, and one place that keeps it.
//!
//! Writes stop while less than [`limits::DISK_FREE_BYTES_MIN`] is free, so that deletes have something to be logged and
//! flushed in. Whoever is about to make a file longer looks first, and does not rely on somebody who looks now and then: a
//! fast writer takes all of it between two looks. A flush says what it may take before it begins, because what it writes
//! shows only once it is written; until it ends that much counts as taken.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::disk::Disk;
use crate::limits;

/// What is known of the space on the disk of a data directory.
#[derive(Debug)]
pub struct Space {
    disk: Arc<dyn Disk>,
    data_dir: PathBuf,
    short: AtomicBool,
    promised: AtomicU64,
}

/// Bytes that somebody may take; dropping it says that no more is taken.
#[derive(Debug)]
pub struct Promise {
    space: Arc<Space>,
    bytes: u64,
}

impl Drop for Promise {
    fn drop(&mut self) {
        self.space.promised.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

impl Space {
    /// The space where `data_dir` is.
    pub fn new(disk: Arc<dyn Disk>, data_dir: PathBuf) -> Arc<Self> {
        Arc::new(Self { disk, data_dir, short: AtomicBool::new(false), promised: AtomicU64::new(0) })
    }

    /// Asks the disk, and gives what everybody is told from now on: true if writes must stop. A disk that does not tell is
    /// used until it refuses.
    pub fn look(&self) -> bool {
        let taken = self.promised.load(Ordering::Acquire);
        let free = self.disk.free_bytes(&self.data_dir);
        let short = free.is_ok_and(|free| free.saturating_sub(taken) < limits::DISK_FREE_BYTES_MIN);
        self.short.store(short, Ordering::Release);
        short
    }

    /// What the last look found.
    pub fn is_short(&self) -> bool {
        self.short.load(Ordering::Acquire)
    }

    /// Says that so much may be taken for as long as the promise is kept.
    pub fn promise(self: &Arc<Self>, bytes: u64) -> Promise {
        self.promised.fetch_add(bytes, Ordering::AcqRel);
        self.look();
        Promise { space: Arc::clone(self), bytes }
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
        let promise = space.promise(11);
        assert!(space.is_short() && space.look());
        drop(promise);
        assert!(space.is_short(), "nobody has looked since");
        assert!(!space.look() && !space.is_short());
        disk.set_free_bytes(Some(limits::DISK_FREE_BYTES_MIN - 1));
        assert!(!space.is_short() && space.look());
    }
}
