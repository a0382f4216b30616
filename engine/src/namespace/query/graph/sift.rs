//! Filling one page by looking at rows one after the other, of which some are wanted.
//!
//! A page has two bounds: what it holds ([`GraphBudget`]), and how many rows were looked at for it, so that a filter which
//! matches little costs no more for a page than any other. Where either ends it, the page says where to go on.

use super::budget::GraphBudget;
use crate::api::Result;
use crate::limits;
use crate::namespace::query::reader::Reader;

/// One page being filled.
pub struct Sift<'a> {
    snapshot: &'a Reader<'a>,
    budget: GraphBudget,
    looks: usize,
    is_complete: bool,
}

impl<'a> Sift<'a> {
    /// An empty page.
    pub fn new(snapshot: &'a Reader<'a>, limit: Option<u32>) -> Self {
        Self { snapshot, budget: GraphBudget::page(limit), looks: limits::SIFTED_ROWS_MAX, is_complete: true }
    }

    /// Looks at the next row. False, and the page ends before it, if it has looked at enough.
    pub fn look(&mut self) -> Result<bool> {
        self.snapshot.wanted.step()?;
        self.is_complete = self.looks > 0;
        self.looks = self.looks.saturating_sub(1);
        Ok(self.is_complete)
    }

    /// Takes room for the row. False, and the page ends before it, if there is none.
    pub fn take(&mut self, bytes: usize) -> bool {
        self.is_complete = self.budget.take(bytes);
        self.is_complete
    }

    /// True if nothing ended the page before its last row.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::namespace::timelines::harness::Harness;

    #[test]
    fn a_page_that_takes_nothing_ends_after_so_many_looks() {
        let reader = Reader::of(Harness::new().snapshot());
        let mut sift = Sift::new(&reader, None);
        for _ in 0..limits::SIFTED_ROWS_MAX {
            assert!(sift.look().unwrap() && sift.is_complete());
        }
        assert!(!sift.look().unwrap() && !sift.is_complete());
        let mut full = Sift::new(&reader, Some(1));
        assert!(full.look().unwrap() && full.take(1) && full.look().unwrap() && !full.take(1) && !full.is_complete());
    }
}
