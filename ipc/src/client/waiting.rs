//! Pauses between attempts.

use std::time::Duration;

/// Waits for so long.
#[expect(clippy::disallowed_methods, reason = "a server that is started tells nobody who waits for it")]
pub fn pause_for(pause: Duration) {
    std::thread::sleep(pause);
}
