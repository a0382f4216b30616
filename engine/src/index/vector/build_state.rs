//! What an index remembers from one build of its graph to the next.

use std::sync::atomic::{AtomicBool, AtomicUsize};

/// What the index remembers of its builds.
#[derive(Debug, Default)]
pub(super) struct BuildState {
    /// Set while a build runs, so that there is one at a time.
    pub(super) running: AtomicBool,
    /// A lean graph was found wanting, so the next build does not try one.
    pub(super) is_full: AtomicBool,
    /// Live rows when no graph was good enough; 0 after a success. The next try waits for twice as many.
    pub(super) declined_rows: AtomicUsize,
}
