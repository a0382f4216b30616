//! What an open namespace does when nobody asks anything of it, and how it is closed.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Namespace;
use super::mailbox::{Envelope, Task};
use super::opening::{Fence, Opening};
use super::tenant::Tenant;
use crate::api::Error;
use crate::limits;

impl Tenant for Namespace {
    fn tick(self: Arc<Self>) -> bool {
        let Some(state) = self.state.load_full() else { return false };
        self.build_graphs(&state);
        drop(state);
        if self.used.swap(false, Ordering::Relaxed) {
            self.idle_ticks.store(0, Ordering::Relaxed);
        } else {
            self.idle_ticks.fetch_add(1, Ordering::Relaxed);
        }
        let used = self.used.load(Ordering::Relaxed);
        self.submit(Envelope::internal(Task::Tick), false);
        self.used.store(used, Ordering::Relaxed);
        let idle = limits::TICK * self.idle_ticks.load(Ordering::Relaxed);
        idle >= limits::NAMESPACE_IDLE_MAX
    }

    fn idle_ticks(&self) -> u32 {
        if self.used.load(Ordering::Relaxed) { 0 } else { self.idle_ticks.load(Ordering::Relaxed) }
    }

    fn busy_for(&self) -> Duration {
        match self.busy_since_ms.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            since => self.options.clock.monotonic().saturating_sub(Duration::from_millis(since)),
        }
    }

    fn has_transactions(&self) -> bool {
        self.state.load().as_ref().is_some_and(|state| !state.snapshots.is_empty())
    }

    fn close_unused(&self) -> bool {
        let Some(mut slot) = self.opening.try_lock() else { return false };
        let Some(opening) = slot.as_mut() else { return true };
        match opening.flush() {
            Ok(true) => {}
            Ok(false) => return false,
            Err(error) => {
                self.cannot_flush(&error);
                self.give_up(&mut slot, &error);
                return true;
            }
        }
        self.state.store(None);
        let Some(Err(opening)) = slot.take().map(Opening::end) else { return true };
        self.state.store(Some(Arc::clone(&opening.actor.state)));
        *slot = Some(*opening);
        false
    }

    fn finish(&self, why: &Error, wait: Duration) {
        self.life.fence(Fence::Final(why.clone()));
        let Some(mut slot) = self.opening.try_lock_for(wait) else { return };
        if let Some(Err(error)) = slot.as_mut().map(Opening::flush) {
            self.cannot_flush(&error);
        }
        self.give_up(&mut slot, why);
    }
}

impl Namespace {
    fn cannot_flush(&self, error: &Error) {
        tracing::error!(%error, dir = %self.files.dir.display(), "flushing on close failed; the log still holds everything");
    }
}
