//! Vector graphs are built in the background, where searches would profit, once a collection has been quiet for a tick.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Namespace;
use super::state::State;
use crate::index::vector::BuildOptions;

impl Namespace {
    /// Starts building what is wanted and not being built.
    pub(super) fn build_graphs(&self, state: &State) {
        for collection in state.collections.all() {
            let count = collection.newest_count();
            let quiet = collection.is_quiet(count);
            if !quiet || !collection.vectors.build_wanted() || collection.building.swap(true, Ordering::AcqRel) {
                continue;
            }
            let (thread_start, cancel) = (self.options.lower_priority, Arc::clone(&self.options.closing));
            let options = BuildOptions { threads: 0, cancel, thread_start };
            (self.options.builds)(Box::new(move || {
                let built = catch_unwind(AssertUnwindSafe(|| collection.vectors.build(&options)));
                match built {
                    Ok(Ok(outcome)) => tracing::debug!(?outcome, "built a vector graph"),
                    Ok(Err(error)) => tracing::error!(%error, "building a vector graph failed; searches scan instead"),
                    Err(_) => tracing::error!("building a vector graph panicked; searches scan instead"),
                }
                collection.building.store(false, Ordering::Release);
            }));
        }
    }
}
