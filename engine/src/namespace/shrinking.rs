//! When a store's file is shrunk: after deletes, when it is much longer than what lives in it.
//!
//! A background thread does it, and only where so little is left that readers need not wait for long. What readers of an
//! older state still see cannot be given back, and some data takes more room than it seems: a file that has not become
//! shorter is left alone, longer each time, until more is deleted. While space on the disk is short less is tolerated.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::limits;

/// What was tried before.
#[derive(Debug)]
pub struct Shrinking {
    /// True while a thread is at it.
    pub(super) running: Arc<AtomicBool>,
    /// True once it has failed, in this opening or one before: it would fail again, and end the opening each time.
    pub(super) has_failed: Arc<AtomicBool>,
    /// Length of the file and bytes of live data when it was last begun.
    tried: Option<(u64, u64)>,
    again_at: Duration,
    pause: Duration,
}

impl Default for Shrinking {
    fn default() -> Self {
        let (running, has_failed) = (Arc::default(), Arc::default());
        let (again_at, pause) = (Duration::ZERO, limits::SHRINK_PAUSE_MIN);
        Self { running, has_failed, tried: None, again_at, pause }
    }
}

impl Shrinking {
    /// Decides whether a file of this length is to be shrunk now.
    pub(super) fn begins(&mut self, len: u64, live_bytes: u64, now: Duration) -> bool {
        if let Some((tried_len, tried_live)) = self.tried.take_if(|_| now >= self.again_at) {
            let has_helped = len < tried_len - tried_len / 16;
            let has_changed = live_bytes < tried_live - tried_live / 16;
            self.pause = if has_helped || has_changed {
                limits::SHRINK_PAUSE_MIN
            } else {
                (self.pause * 2).min(limits::SHRINK_PAUSE_MAX)
            };
        } else if self.tried.is_some() {
            return false;
        }
        self.tried = Some((len, live_bytes));
        self.again_at = now + self.pause;
        true
    }
}

/// True if a file of this length is much longer than what lives in it.
pub(super) fn is_roomy(len: u64, live_bytes: u64, is_short: bool) -> bool {
    let (times, slack) = if is_short { (2, limits::STORE_SLACK_BYTES_SHORT) } else { (4, limits::STORE_SLACK_BYTES) };
    len > live_bytes.saturating_mul(times).saturating_add(slack)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_help_is_tried_less_and_less_often_until_more_is_deleted() {
        let mut shrinking = Shrinking::default();
        let (mut tries, mut now) = (0, Duration::ZERO);
        for _ in 0..4 * 3_600 {
            tries += usize::from(shrinking.begins(1_000_000, 1_000, now));
            now += limits::TICK;
        }
        assert!((10..20).contains(&tries), "{tries} times in an hour");
        now += limits::SHRINK_PAUSE_MAX;
        assert!(shrinking.begins(1_000_000, 100, now), "more was deleted");
        assert!(shrinking.begins(500_000, 100, now + limits::SHRINK_PAUSE_MIN), "and that helped");
        assert!(shrinking.begins(250_000, 100, now + 2 * limits::SHRINK_PAUSE_MIN), "again");
    }

    #[test]
    fn a_file_may_be_some_times_as_long_as_what_lives_in_it() {
        assert!(!is_roomy(limits::STORE_SLACK_BYTES, 0, false));
        assert!(is_roomy(limits::STORE_SLACK_BYTES + 1, 0, false));
        assert!(is_roomy(limits::STORE_SLACK_BYTES, 0, true));
        assert!(!is_roomy(8 << 30, 2 << 30, false));
        assert!(is_roomy(8 << 30, 2 << 30, true));
    }
}
