//! The values that ordered predicates on one field allow: an interval among the values of one kind.
//!
//! `{"time": {"$gte": a, "$lt": b}}` is two predicates, and each alone may hold for most of the field's values. Their
//! intersection is scanned instead, so a narrow window costs what the window holds.

use std::cmp::Ordering;
use std::ops::{Bound, RangeBounds};

use crate::api::{Predicate, Value};

/// An interval with at least one bound. All its values are of the kind of that bound, so it never holds everything.
#[derive(Debug, Clone, Copy)]
pub(super) struct Interval<'a> {
    pub(super) lower: Bound<&'a Value>,
    pub(super) upper: Bound<&'a Value>,
    /// Either bound.
    kind: &'a Value,
}

impl<'a> Interval<'a> {
    /// The interval of an ordered predicate, `None` if it is of another sort.
    pub(super) fn of(predicate: &'a Predicate) -> Option<Self> {
        let (lower, upper, kind) = match predicate {
            Predicate::Gt(value) => (Bound::Excluded(value), Bound::Unbounded, value),
            Predicate::Gte(value) => (Bound::Included(value), Bound::Unbounded, value),
            Predicate::Lt(value) => (Bound::Unbounded, Bound::Excluded(value), value),
            Predicate::Lte(value) => (Bound::Unbounded, Bound::Included(value), value),
            _ => return None,
        };
        Some(Self { lower, upper, kind })
    }

    /// The values in both, `None` if there can be none.
    pub(super) fn intersect(self, other: Self) -> Option<Self> {
        let lower = tighter(self.lower, other.lower, Ordering::Greater);
        let upper = tighter(self.upper, other.upper, Ordering::Less);
        let crossed = match (lower, upper) {
            (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
            (Bound::Included(lower), Bound::Included(upper)) => lower > upper,
            (Bound::Included(lower) | Bound::Excluded(lower), Bound::Included(upper) | Bound::Excluded(upper)) => {
                lower >= upper
            }
        };
        (self.kind.same_kind(other.kind) && !crossed).then_some(Self { lower, upper, kind: self.kind })
    }

    /// True if a value lies in it.
    pub(super) fn contains(&self, value: &Value) -> bool {
        self.has_kind_of(value) && (self.lower, self.upper).contains(value)
    }

    /// True if a value is of the interval's kind.
    pub(super) fn has_kind_of(&self, value: &Value) -> bool {
        self.kind.same_kind(value)
    }
}

/// The bound that allows less: the one whose value compares as `wanted` to the other's, and of equals the excluding one.
fn tighter<'a>(a: Bound<&'a Value>, b: Bound<&'a Value>, wanted: Ordering) -> Bound<&'a Value> {
    match (a, b) {
        (Bound::Unbounded, other) | (other, Bound::Unbounded) => other,
        (Bound::Included(x) | Bound::Excluded(x), Bound::Included(y) | Bound::Excluded(y)) => match x.cmp(y) {
            Ordering::Equal if matches!(a, Bound::Excluded(_)) => a,
            Ordering::Equal => b,
            order if order == wanted => a,
            _ => b,
        },
    }
}
