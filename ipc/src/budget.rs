//! One count of bytes that many connections share.
//!
//! A connection may own memory for a half-received frame only while a [`Lease`] covers it. All leases together never
//! exceed the budget, so a thousand peers that each send the first half of the largest frame cost no more than the
//! budget says. A lease that cannot grow is refused at once; waiting would let half frames block each other for ever.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The bytes that all connections may hold together.
#[derive(Debug)]
pub struct Budget {
    bytes_max: usize,
    used: AtomicUsize,
}

impl Budget {
    /// A budget of `bytes_max`.
    pub fn new(bytes_max: usize) -> Arc<Self> {
        Arc::new(Self { bytes_max, used: AtomicUsize::new(0) })
    }

    /// Bytes leased now.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    fn take(&self, bytes: usize) -> bool {
        self.used
            .try_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(bytes).filter(|sum| *sum <= self.bytes_max)
            })
            .is_ok()
    }
}

/// One holder's part of a [`Budget`]; given back when dropped.
#[derive(Debug)]
pub struct Lease {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Lease {
    /// A lease of nothing.
    pub fn new(budget: Arc<Budget>) -> Self {
        Self { budget, bytes: 0 }
    }

    /// Makes the lease cover exactly `bytes`; false, with nothing changed, if the budget has too little left.
    pub fn resize(&mut self, bytes: usize) -> bool {
        if bytes > self.bytes {
            if !self.budget.take(bytes - self.bytes) {
                return false;
            }
        } else {
            self.budget.used.fetch_sub(self.bytes - bytes, Ordering::Relaxed);
        }
        self.bytes = bytes;
        true
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.resize(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leases_never_exceed_the_budget_and_return_their_bytes() {
        let budget = Budget::new(100);
        let mut first = Lease::new(Arc::clone(&budget));
        let mut second = Lease::new(Arc::clone(&budget));
        assert!(first.resize(60) && second.resize(40));
        assert!(!second.resize(41));
        assert_eq!(budget.used(), 100);
        drop(first);
        assert!(second.resize(100));
        assert!(!second.resize(usize::MAX));
        drop(second);
        assert_eq!(budget.used(), 0);
    }
}
