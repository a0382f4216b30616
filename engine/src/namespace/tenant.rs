//! Who has a place among the openings of an engine, as those see it who give places away and look after them.

use std::sync::Arc;
use std::time::Duration;

use crate::api::Error;

/// A namespace with files open.
pub trait Tenant: Send + Sync {
    /// Called about every quarter of a second by the engine. True if the namespace has long been idle.
    fn tick(self: Arc<Self>) -> bool;

    /// Ticks since the last request; 0 if there was one since the last tick.
    fn idle_ticks(&self) -> u32;

    /// How long its writer has been at the group that it is at; nothing if it is at none.
    fn busy_for(&self) -> Duration;

    /// True while transactions are open, which closing would end.
    fn has_transactions(&self) -> bool;

    /// Flushes and ends the opening, unless somebody is using it. One that cannot flush is given up, whoever uses it. True if
    /// it has ended.
    fn close_unused(&self) -> bool;

    /// For the end of the process: no opening begins any more. The present one ends with a flush, if its writer lets go within
    /// `wait`; its files are closed when its last reader has left.
    fn finish(&self, why: &Error, wait: Duration);
}
