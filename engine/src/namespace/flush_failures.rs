//! What a namespace remembers of flushes that failed, from one opening to the next.
//!
//! A flush that fails ends its opening, and the next one replays the log and has the same rows to write. Where the store is
//! damaged in a place that they touch it fails again, for ever, while the log grows with every write that is acknowledged. So
//! after [`limits::FLUSH_FAILURES_MAX`] failures in a row writes are refused, reads go on, and the flush is tried again after
//! pauses that double: a disk that comes back is noticed, and damage waits for whoever repairs it. A full disk is no failure;
//! flushes wait for space by themselves.

use std::time::Duration;

use crate::api::{Error, Result};
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
    count: u32,
    barred: Option<Barred>,
}

impl FlushFailures {
    /// A flush has ended.
    pub fn note(&mut self, ended: &Result<()>, now: Duration) {
        let Err(error) = ended else {
            *self = Self::default();
            return;
        };
        self.count = self.count.saturating_add(1);
        let Some(beyond) = self.count.checked_sub(limits::FLUSH_FAILURES_MAX) else { return };
        if planted::is(Planted::FlushTriedForever) {
            return;
        }
        let pause = limits::FLUSH_RETRY_MIN.saturating_mul(1 << beyond.min(16)).min(limits::FLUSH_RETRY_MAX);
        let text = format!(
            "the namespace takes no writes: what was written last is safe in its log and cannot be brought into its store ({}); \
             reads go on; make a checkpoint of what can be read, and restore that or an older one over it",
            error.message
        );
        self.barred = Some(Barred { why: Error::new(error.code, text), again_at: now.saturating_add(pause) });
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
        let failed = Err(Error::new(ErrorCode::Corrupt, "page 7 is damaged"));
        let mut failures = FlushFailures::default();
        for _ in 1..limits::FLUSH_FAILURES_MAX {
            failures.note(&failed, Duration::ZERO);
            assert!(failures.barred().is_none(), "it may have been a moment's");
        }
        let mut ends = Vec::new();
        for _ in 0..40 {
            failures.note(&failed, Duration::ZERO);
            ends.extend(failures.barred().map(|barred| barred.again_at));
        }
        assert_eq!((ends.len(), ends.first()), (40, Some(&limits::FLUSH_RETRY_MIN)));
        assert!(ends.is_sorted() && ends.last() == Some(&limits::FLUSH_RETRY_MAX));
        let told = failures.barred().map(|barred| barred.why.clone());
        assert!(told.is_some_and(|why| why.code == ErrorCode::Corrupt && why.message.contains("page 7 is damaged")));
        failures.note(&Ok(()), Duration::ZERO);
        assert!(failures.barred().is_none());
        failures.note(&failed, Duration::ZERO);
        assert!(failures.barred().is_none(), "it counts anew");
    }
}
