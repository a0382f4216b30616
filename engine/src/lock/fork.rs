//! Descriptors that a forked child must not keep.
//!
//! A lock by `flock` belongs to the open file, which a fork shares: the directory would stay locked for as long as any
//! child lives, under the pid of a parent that is long gone. So the child closes its copies as the first thing it does, by
//! a handler of `pthread_atfork`. (A child that starts another program does not need it: the descriptors are close-on-exec.)
//!
//! The handler runs in a copy of a process whose other threads are gone, perhaps in the middle of anything; it may only do
//! what a signal handler may: read atomic numbers and call `close`. The numbers are in a table of fixed size. A child of the
//! child must not close them again, as they may be other files by then: a number is taken out before it is closed.

use std::os::fd::RawFd;
use std::sync::Once;
use std::sync::atomic::{AtomicI32, Ordering};

use crate::limits;

const FREE: i32 = -1;

static CLOSED_IN_CHILD: [AtomicI32; limits::LOCK_DESCRIPTORS_MAX] =
    [const { AtomicI32::new(FREE) }; limits::LOCK_DESCRIPTORS_MAX];
static INSTALL: Once = Once::new();

unsafe extern "C" fn in_child() {
    for place in &CLOSED_IN_CHILD {
        let descriptor = place.swap(FREE, Ordering::AcqRel);
        if descriptor != FREE {
            // SAFETY: the child owns its copy of the descriptor, `close` may be called here, and nobody in the child uses
            // it: the owner in `DirLock` does nothing in a process other than the one that made it.
            unsafe { libc::close(descriptor) };
        }
    }
}

/// A descriptor that is closed in every forked child. Drop this before the descriptor is closed in this process.
#[derive(Debug)]
pub struct NotInherited(&'static AtomicI32, RawFd);

impl NotInherited {
    /// Registers a descriptor. Nothing if the table is full: forks then keep it, which is a nuisance and no danger.
    pub fn register(descriptor: RawFd) -> Option<Self> {
        INSTALL.call_once(|| {
            // SAFETY: the handler is a function of this program that does only what is allowed in a forked child.
            let code = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
            if code != 0 {
                tracing::warn!(code, "forked children will keep data directories locked");
            }
        });
        let taken =
            |place: &&AtomicI32| place.compare_exchange(FREE, descriptor, Ordering::AcqRel, Ordering::Acquire).is_ok();
        CLOSED_IN_CHILD.iter().find(taken).map(|place| Self(place, descriptor))
    }
}

impl Drop for NotInherited {
    fn drop(&mut self) {
        let _ = self.0.compare_exchange(self.1, FREE, Ordering::AcqRel, Ordering::Acquire);
    }
}
