//! How much work the filters of one write may make, and the documents that it changes: other writes wait for it.

use std::cell::Cell;

use crate::api::{Error, Result};
use crate::limits;

/// What one operation may still take.
#[derive(Debug)]
pub struct FilterBudget {
    bytes: Cell<u64>,
    steps: Cell<u64>,
}

impl FilterBudget {
    /// That of a write.
    pub fn of_write() -> Self {
        Self::new(limits::FILTER_READ_BYTES_MAX, limits::FILTER_STEPS_MAX)
    }

    /// So many bytes of documents that are read, and steps of testing.
    pub fn new(bytes: u64, steps: u64) -> Self {
        Self { bytes: Cell::new(bytes), steps: Cell::new(steps) }
    }

    /// Takes the bytes of a document that was read.
    pub fn read(&self, bytes: usize) -> Result<()> {
        let left = self.bytes.get().checked_sub(bytes as u64).ok_or_else(|| {
            let max = limits::FILTER_READ_BYTES_MAX;
            let text = "bytes of documents that its filter may match or its ids name; narrow the filter by other fields, or \
                        split the operation";
            Error::limit(format!("one write reads at most {max} {text}"))
        })?;
        self.bytes.set(left);
        Ok(())
    }

    /// Takes steps of testing conditions.
    pub fn test(&self, steps: usize) -> Result<()> {
        let left = self.steps.get().checked_sub(steps as u64).ok_or_else(|| {
            let max = limits::FILTER_STEPS_MAX;
            let text = "steps of testing its filters; narrow the filter by other fields, or give it fewer conditions";
            Error::limit(format!("one write takes at most {max} {text}"))
        })?;
        self.steps.set(left);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ErrorCode;

    #[test]
    fn what_was_taken_is_gone_and_a_refusal_takes_nothing() {
        let budget = FilterBudget::new(10, 3);
        assert_eq!((budget.read(6), budget.test(2)), (Ok(()), Ok(())));
        let code = |taken: Result<()>| taken.map_err(|error| error.code);
        assert_eq!(code(budget.read(5)), Err(ErrorCode::LimitExceeded));
        assert_eq!(code(budget.test(2)), Err(ErrorCode::LimitExceeded));
        assert_eq!((budget.read(4), budget.test(1)), (Ok(()), Ok(())));
    }
}
