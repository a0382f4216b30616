//! Having a store's file shrunk on a background thread. When that is worth it stands in [`super::shrinking`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::actor::Actor;
use super::mailbox::Task;
use super::shrinking::{Shrinking, is_roomy};
use crate::limits;
use crate::store::{Base, StoreError};

/// Says that the work has ended, however it did.
struct StillRunning(Arc<AtomicBool>);

impl Drop for StillRunning {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Actor {
    /// Has the store shrunk if that is worth it, and short enough for those who read meanwhile.
    pub(super) fn shrink_if_roomy(&mut self, now: Duration, is_short: bool) {
        let view = self.state.view.load_full();
        let (Some(Ok(len)), Some(newest)) = (self.state.base.as_ref().map(Base::file_len), view.base.clone()) else {
            return;
        };
        let live_bytes = self.flushing.flushed_bytes;
        let Shrinking { running, has_failed, .. } = &self.shrinking;
        let waits = !self.is_idle() || running.load(Ordering::Acquire) || has_failed.load(Ordering::Acquire);
        let is_long = live_bytes > if is_short { limits::SHRINK_BYTES_MAX_SHORT } else { limits::SHRINK_BYTES_MAX };
        if waits || is_long || !is_roomy(len, live_bytes, is_short) || !self.shrinking.begins(len, live_bytes, now) {
            return;
        }
        self.shrinking.running.store(true, Ordering::Release);
        let running = StillRunning(Arc::clone(&self.shrinking.running));
        let has_failed_for_good = Arc::clone(&self.shrinking.has_failed);
        let (state, base_seq) = (Arc::clone(&self.state), view.base_seq);
        let post = self.flushing.poster();
        self.flushing.spawn(Box::new(move || {
            match state.base.as_ref().map_or(Ok(false), |base| base.shrink(&newest, base_seq)) {
                Ok(has_shrunk) => tracing::debug!(before = len, live_bytes, has_shrunk, "a store was shrunk"),
                // What finds no space is met by the next flush too, which sees to it.
                Err(error) => {
                    has_failed_for_good.store(!matches!(error, StoreError::NoSpace), Ordering::Release);
                    tracing::warn!(%error, "a store could not be shrunk");
                }
            }
            let (has_failed, opening) = (state.store_has_failed(), state.opening);
            drop((newest, state, running));
            if has_failed {
                post(Task::StoreFailed { opening });
            }
        }));
    }
}
