//! Keeps an answer inside one frame.

use crate::api::{Error, Result};
use crate::limits;

/// Bytes that an answer may still take.
pub struct AnswerBudget(usize);

impl AnswerBudget {
    /// A whole frame.
    pub fn new() -> Self {
        Self(limits::REPLY_BYTES_MAX)
    }

    /// Takes bytes, if there are so many left.
    pub fn spend(&mut self, bytes: usize) -> Result<()> {
        self.0 = self
            .0
            .checked_sub(bytes)
            .ok_or_else(|| Error::limit("the answer is too large; ask for fewer items, or leave the embeddings out"))?;
        Ok(())
    }
}
