//! What whoever writes to a store holds.

use super::backend::FileMark;

/// Where a flush that found no space stands; one at a time has it.
#[derive(Debug, Default)]
pub struct Writing {
    /// The flush that redb takes for durable while the backend still holds some of it.
    pub(super) held_seq: Option<u64>,
    /// The file as it was before that flush began.
    pub(super) before: Option<FileMark>,
}
