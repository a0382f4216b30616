//! What a namespace remembers of flushes, from one opening to the next.
//!
//! ```text
//!          an opening is given up              the flush fails, for the first time
//!   Well -------------------------> MustFlush ------------------------------------> Well, with one failure
//!    ^                                  |
//!    |  a flush succeeds                | the flush fails again
//!    +------------- Barred <------------+
//! ```
//!
//! An opening that is given up may have been flushing, and the next one flushes before it serves ([`super::beginning`]): what
//! fails then fails by itself. Where the store is damaged in a place that the rows touch it fails again, for ever, while the log
//! grows with every write that is acknowledged. So after [`limits::FLUSH_FAILURES_MAX`] such failures in a row writes are refused,
//! reads go on, and the flush is tried again after pauses that double: a disk that comes back is noticed, and damage waits for
//! whoever repairs it. Whoever asks for a flush has it tried at once. A full disk is no failure; flushes wait for space by
//! themselves.

use std::time::Duration;

use crate::api::Error;
use crate::limits;
use crate::planted::{self, Planted};

/// Why nothing may be written, and until when that is not tried.
#[derive(Debug, Clone)]
pub struct Barred {
    /// What those are told who want to write.
    pub why: Error,
    /// When a flush is tried again, in monotonic time.
    pub again_at: Duration,
}

/// The failures in a row.
#[derive(Debug, Default)]
pub struct FlushFailures {
    /// An opening was given up, and none has flushed since.
    must_flush: bool,
    count: u32,
    barred: Option<Barred>,
}

impl FlushFailures {
    /// An opening was given up.
    pub fn given_up(&mut self) {
        self.must_flush = true;
    }

    /// True if an opening that begins now flushes before it serves.
    pub fn is_due_first(&self, now: Duration) -> bool {
        self.must_flush && self.barred.as_ref().is_none_or(|barred| now >= barred.again_at)
    }

    /// A flush has brought everything into the store.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// The first flush of an opening waits for space.
    pub fn tried(&mut self) {
        self.must_flush = false;
    }

    /// The first flush of an opening, which nobody could disturb, has failed.
    pub fn failed(&mut self, error: &Error, now: Duration) {
        self.must_flush = false;
        self.count = self.count.saturating_add(1);
        let Some(beyond) = self.count.checked_sub(limits::FLUSH_FAILURES_MAX) else { return };
        if planted::is(Planted::FlushTriedForever) {
            return;
        }
        let pause = limits::FLUSH_RETRY_MIN.saturating_mul(1 << beyond.min(16)).min(limits::FLUSH_RETRY_MAX);
        let text = format!(
            "the namespace takes no writes: what was written last is safe in its log and cannot be brought into its store ({}); \
             reads go on; make a checkpoint of what can be read, and restore that or an older one over it; if the disk was \
             mended, flush",
            error.message
        );
        self.barred = Some(Barred { why: Error::new(error.code, text), again_at: now.saturating_add(pause) });
    }

    /// Something was mended: the next opening tries at once.
    pub fn mended(&mut self) {
        self.must_flush = true;
        if let Some(barred) = &mut self.barred {
            barred.again_at = Duration::ZERO;
        }
    }

    /// What the next opening has to know.
    pub fn barred(&self) -> Option<&Barred> {
        self.barred.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ErrorCode;

    #[test]
    fn failures_in_a_row_bar_writes_for_longer_and_longer_and_one_success_ends_it() {
        let error = Error::new(ErrorCode::Corrupt, "page 7 is damaged");
        let mut failures = FlushFailures::default();
        assert!(!failures.is_due_first(Duration::ZERO), "nothing was given up");
        for _ in 1..limits::FLUSH_FAILURES_MAX {
            failures.given_up();
            assert!(failures.is_due_first(Duration::ZERO));
            failures.failed(&error, Duration::ZERO);
            assert!(failures.barred().is_none(), "it may have been a moment's");
            assert!(!failures.is_due_first(Duration::ZERO), "this opening has tried");
        }
        let mut ends = Vec::new();
        for _ in 0..40 {
            failures.given_up();
            failures.failed(&error, Duration::ZERO);
            ends.extend(failures.barred().map(|barred| barred.again_at));
        }
        assert_eq!((ends.len(), ends.first()), (40, Some(&limits::FLUSH_RETRY_MIN)));
        assert!(ends.is_sorted() && ends.last() == Some(&limits::FLUSH_RETRY_MAX));
        let told = failures.barred().map(|barred| barred.why.clone());
        assert!(told.is_some_and(|why| why.code == ErrorCode::Corrupt && why.message.contains("page 7 is damaged")));
        failures.given_up();
        assert!(!failures.is_due_first(Duration::ZERO) && failures.is_due_first(limits::FLUSH_RETRY_MAX));
        failures.mended();
        assert!(
            failures.is_due_first(Duration::ZERO) && failures.barred().is_some(),
            "what helped is still to be shown"
        );
        failures.succeeded();
        assert!(failures.barred().is_none() && !failures.is_due_first(limits::FLUSH_RETRY_MAX));
        failures.given_up();
        failures.failed(&error, Duration::ZERO);
        assert!(failures.barred().is_none(), "it counts anew");
    }
}
