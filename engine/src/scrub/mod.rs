//! Reads every store and every checkpoint again and again in the background, so that damage is known before somebody needs what it took.
//!
//! ```text
//! tick -> how many bytes the time since the last one allows -> one step on the scrubbing thread
//! step -> next pages of the store at hand -> at its end, if a page did not verify, or something was wrong before: the
//!         namespace is checked
//!         next blocks of the checkpoint at hand
//! ```

mod scrubber;
#[cfg(test)]
mod tests;

pub use scrubber::{Scrubbed, Scrubber};
