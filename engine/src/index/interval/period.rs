//! Half-open periods of valid time, `[from, until)` in signed milliseconds, with an open end spelled `None`.
//!
//! A period is never empty, so its last instant `until - 1` always exists. Inside the index an end is kept as that last
//! instant, with `i64::MAX` for an open one: this keeps `until = i64::MAX` (which excludes the instant `i64::MAX`) apart
//! from an open end (which includes it) without a flag, and turns every test into two integer comparisons.

use super::error::IntervalError;

/// A non-empty half-open period `[from, until)` in milliseconds; `until` is `None` while the end is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    from: i64,
    until: Option<i64>,
}

impl Period {
    /// Every instant there is.
    pub const ALL: Self = Self { from: i64::MIN, until: None };

    /// The period `[from, until)`, refused when `until <= from`.
    pub fn new(from: i64, until: Option<i64>) -> Result<Self, IntervalError> {
        match until {
            Some(until) if until <= from => Err(IntervalError::EmptyPeriod { from, until }),
            _ => Ok(Self { from, until }),
        }
    }

    /// The period of the single instant `t`.
    #[must_use]
    pub const fn instant(t: i64) -> Self {
        // At i64::MAX there is no later end to name; an open end holds exactly that one instant.
        Self { from: t, until: t.checked_add(1) }
    }

    /// First instant inside.
    #[must_use]
    pub const fn from(&self) -> i64 {
        self.from
    }

    /// First instant after the period, `None` while the end is open.
    #[must_use]
    pub const fn until(&self) -> Option<i64> {
        self.until
    }

    /// Whether the end is open.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.until.is_none()
    }

    /// Whether the instant `t` lies inside; `until` itself does not.
    #[must_use]
    pub const fn contains(&self, t: i64) -> bool {
        self.from <= t && t <= self.last()
    }

    /// Whether some instant lies in both periods; periods that only touch do not overlap.
    #[must_use]
    pub const fn overlaps(&self, other: &Self) -> bool {
        self.from <= other.last() && other.from <= self.last()
    }

    /// The part of this period inside `other`, `None` when they do not overlap.
    #[must_use]
    pub fn clip(&self, other: &Self) -> Option<Self> {
        let until = match (self.until, other.until) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Self::new(self.from.max(other.from), until).ok()
    }

    /// Last instant inside, `i64::MAX` while the end is open.
    pub(super) const fn last(&self) -> i64 {
        match self.until {
            // `until > from >= i64::MIN`, so this never wraps.
            Some(until) => until.saturating_sub(1),
            None => i64::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(from: i64, until: Option<i64>) -> Period {
        Period::new(from, until).unwrap()
    }

    #[test]
    fn empty_and_reversed_periods_are_refused() {
        for (from, until) in [(5, 5), (5, 4), (i64::MIN, i64::MIN), (i64::MAX, i64::MAX), (i64::MAX, i64::MIN)] {
            assert_eq!(Period::new(from, Some(until)), Err(IntervalError::EmptyPeriod { from, until }));
        }
    }

    #[test]
    fn the_end_lies_outside() {
        let p = period(-10, Some(10));
        assert!(p.contains(-10) && p.contains(9));
        assert!(!p.contains(-11) && !p.contains(10));
    }

    #[test]
    fn the_extremes_hold() {
        let whole = period(i64::MIN, Some(i64::MAX));
        assert!(whole.contains(i64::MIN) && whole.contains(i64::MAX - 1) && !whole.contains(i64::MAX));
        assert!(Period::ALL.contains(i64::MIN) && Period::ALL.contains(i64::MAX));
        let last = Period::instant(i64::MAX);
        assert!(last.is_open() && last.contains(i64::MAX) && !last.contains(i64::MAX - 1));
        assert!(!whole.overlaps(&last) && Period::ALL.overlaps(&last));
        let first = Period::instant(i64::MIN);
        assert!(first.contains(i64::MIN) && !first.contains(i64::MIN + 1) && whole.overlaps(&first));
    }

    #[test]
    fn touching_periods_do_not_overlap() {
        assert!(!period(0, Some(5)).overlaps(&period(5, Some(9))));
        assert!(!period(5, None).overlaps(&period(0, Some(5))));
        assert!(period(0, Some(6)).overlaps(&period(5, None)));
        assert!(period(0, Some(9)).overlaps(&period(3, Some(4))));
    }

    #[test]
    fn clip_keeps_the_common_part() {
        assert_eq!(period(0, Some(9)).clip(&period(3, None)), Some(period(3, Some(9))));
        assert_eq!(period(0, None).clip(&period(-3, Some(2))), Some(period(0, Some(2))));
        assert_eq!(period(0, None).clip(&period(4, None)), Some(period(4, None)));
        assert_eq!(period(0, Some(3)).clip(&period(3, Some(4))), None);
    }
}
