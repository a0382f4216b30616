//! Who may have files of the data directory open, and when the directory is free for others.
//!
//! Whatever opens, writes or removes a file is inside while it does so: each opening of a namespace until the last of its
//! files is closed, each change of the directory (create, delete, restore, a checkpoint) until it has ended, the catalog as
//! long as it is open. Once the engine shuts the door nobody comes in, and the last one out frees the directory's lock.
//!
//! So the lock means what it says: while it is held something here may still write, and once it is free nothing can.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use crate::api::{Error, ErrorCode, Result};
use crate::lock::DirLock;

struct Inside {
    /// True once nobody may come in any more.
    shut: bool,
    count: usize,
    /// Nothing on a simulated disk, which no second process can see.
    lock: Option<DirLock>,
}

/// The data directory as a place to be in.
pub struct Occupancy {
    inside: Mutex<Inside>,
    left: Condvar,
}

/// Somebody who is inside; dropping it is leaving.
pub struct Occupant {
    place: Arc<Occupancy>,
}

impl fmt::Debug for Occupant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Occupant").finish_non_exhaustive()
    }
}

impl Occupancy {
    /// A place that is locked against other processes by `lock`.
    pub fn new(lock: Option<DirLock>) -> Arc<Self> {
        let inside = Mutex::new(Inside { shut: false, count: 0, lock });
        Arc::new(Self { inside, left: Condvar::new() })
    }

    /// Comes in, or is told that the place is shut.
    pub fn enter(self: &Arc<Self>) -> Result<Occupant> {
        let mut inside = self.inside.lock();
        if inside.shut {
            return Err(Error::new(ErrorCode::ShuttingDown, "the database is closed; the request was not executed"));
        }
        inside.count += 1;
        Ok(Occupant { place: Arc::clone(self) })
    }

    /// Lets nobody in any more.
    pub fn shut(&self) {
        let mut inside = self.inside.lock();
        inside.shut = true;
        inside.free();
    }

    /// Waits until everybody has left. False = somebody was still inside when `wait` was over.
    pub fn wait_until_empty(&self, wait: Duration) -> bool {
        let mut inside = self.inside.lock();
        !self.left.wait_while_for(&mut inside, |inside| inside.count > 0, wait).timed_out()
    }

    /// Uses the directory's lock, if it is still held.
    pub fn with_lock<R>(&self, using: impl FnOnce(Option<&DirLock>) -> R) -> R {
        using(self.inside.lock().lock.as_ref())
    }
}

impl Inside {
    fn free(&mut self) {
        if self.shut && self.count == 0 {
            self.lock = None;
        }
    }
}

impl Drop for Occupant {
    fn drop(&mut self) {
        let mut inside = self.place.inside.lock();
        inside.count -= 1;
        inside.free();
        if inside.count == 0 {
            self.place.left.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::RealDisk;
    use crate::lock::HolderState;

    #[test]
    fn the_lock_goes_with_the_last_one_out_and_nobody_comes_in_after() {
        let dir = std::env::temp_dir().join(format!("toondb-occupancy-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let place =
            Occupancy::new(Some(DirLock::acquire(&RealDisk::open(&dir).unwrap(), &dir, HolderState::Alone).unwrap()));
        let (first, second) = (place.enter().unwrap(), place.enter().unwrap());
        drop(first);
        assert!(place.with_lock(|lock| lock.is_some()));
        place.shut();
        assert_eq!(place.enter().unwrap_err().code, ErrorCode::ShuttingDown);
        assert!(!place.wait_until_empty(Duration::ZERO));
        assert_eq!(
            DirLock::acquire(&RealDisk::open(&dir).unwrap(), &dir, HolderState::Alone).unwrap_err().code,
            ErrorCode::Locked,
            "somebody is still inside"
        );
        drop(second);
        assert!(place.wait_until_empty(Duration::ZERO));
        assert!(place.with_lock(|lock| lock.is_none()));
        drop(DirLock::acquire(&RealDisk::open(&dir).unwrap(), &dir, HolderState::Alone).unwrap());
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
