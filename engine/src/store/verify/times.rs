//! What is known of the times of commits while rows are walked.

use std::collections::BTreeSet;

/// What is to be said about times at the end of a walk.
#[derive(Debug, Default)]
pub struct Times {
    /// The row before: its key and commit.
    pub(super) last: Option<(Vec<u8>, u64)>,
    /// Keys of rows to be made anew.
    pub(super) wrong: BTreeSet<Vec<u8>>,
}
