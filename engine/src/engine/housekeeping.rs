//! What is done every [`crate::limits::TICK`], whether or not anybody asks for anything.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::EngineInner;
use crate::scrub::Scrubbed;
use crate::work::{Class, Turn};

impl EngineInner {
    /// A panic in housekeeping must not be the end of it.
    pub(super) fn tick_contained(self: &Arc<Self>) {
        if catch_unwind(AssertUnwindSafe(|| self.tick())).is_err() {
            tracing::error!("housekeeping panicked; it goes on");
            self.shared.panics.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn tick(self: &Arc<Self>) {
        let Ok(_inside) = self.occupancy.enter() else { return };
        self.checkpoints.tick();
        self.router.tick();
        self.scrub_if_due();
    }

    fn scrub_if_due(self: &Arc<Self>) {
        let now = self.clock.monotonic();
        if !self.scrubber.begin(now) {
            return;
        }
        let weak = Arc::downgrade(self);
        let step = move || {
            let Some(this) = weak.upgrade() else { return };
            match this.occupancy.enter() {
                Ok(_inside) => {
                    let (router, disk, data_dir, closing) = (&this.router, &this.disk, &this.data_dir, &this.closing);
                    this.scrubber.step(Scrubbed { router, disk, data_dir, closing }, now);
                }
                Err(_) => this.scrubber.give_up(),
            }
        };
        if self.pools.spawn(Class::Scrub, Turn::ENGINE, Box::new(step)).is_err() {
            self.scrubber.give_up();
        }
    }
}
