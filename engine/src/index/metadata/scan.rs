//! A walk over the distinct values of a field, in their order: those of one kind, of which some are wanted.

use std::borrow::Cow;
use std::ops::Bound;

use super::condition::Condition;
use super::interval::Interval;
use crate::api::{Folded, Map, Value};

/// Which values are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scan<'a> {
    /// Those in an interval.
    Within(Interval<'a>),
    /// Texts that contain this one.
    Part(&'a str),
    /// The same without regard to case.
    FoldedPart(&'a Folded),
    /// Texts that are this one without regard to case.
    FoldedWhole(&'a Folded),
    /// Texts that begin with this one.
    Start(&'a str),
    /// Lists.
    Lists,
    /// Maps in which the value that the names lead to satisfies a condition.
    Inside(&'a [String], Condition<'a>),
}

impl Scan<'_> {
    /// Where the walk begins, `Unbounded` if it goes down from the other end.
    pub(super) fn lower(&self) -> Bound<Cow<'_, Value>> {
        let from = |value: Value| Bound::Included(Cow::Owned(value));
        match self {
            Scan::Within(interval) => interval.lower.map(Cow::Borrowed),
            Scan::Part(_) | Scan::FoldedPart(_) | Scan::FoldedWhole(_) => from(Value::String(String::new())),
            Scan::Start(start) => from(Value::from(*start)),
            Scan::Lists => from(Value::List(Vec::new())),
            Scan::Inside(..) => from(Value::Map(Map::new())),
        }
    }

    /// Where it must end, or begins if it goes down.
    pub(super) fn upper(&self) -> Bound<&Value> {
        match self {
            Scan::Within(interval) => interval.upper,
            Scan::Part(_)
            | Scan::FoldedPart(_)
            | Scan::FoldedWhole(_)
            | Scan::Start(_)
            | Scan::Lists
            | Scan::Inside(..) => Bound::Unbounded,
        }
    }

    /// False where the walk ends: values of one kind lie side by side, and so do texts of one beginning.
    pub(super) fn goes_on(&self, value: &Value) -> bool {
        match self {
            Scan::Within(interval) => interval.has_kind_of(value),
            Scan::Part(_) | Scan::FoldedPart(_) | Scan::FoldedWhole(_) => matches!(value, Value::String(_)),
            Scan::Start(start) => matches!(value, Value::String(text) if text.starts_with(start)),
            Scan::Lists => matches!(value, Value::List(_)),
            Scan::Inside(..) => matches!(value, Value::Map(_)),
        }
    }

    /// True if a value of the walk is wanted.
    pub(super) fn wants(&self, value: &Value) -> bool {
        match (self, value) {
            (Scan::Within(_) | Scan::Start(_) | Scan::Lists, _) => true,
            (Scan::Part(part), Value::String(text)) => text.contains(part),
            (Scan::FoldedPart(part), Value::String(text)) => part.is_in(text),
            (Scan::FoldedWhole(whole), Value::String(text)) => whole.is(text),
            (Scan::Inside(names, condition), value) => {
                value.inside(names).is_some_and(|value| condition.matches(value))
            }
            (Scan::Part(_) | Scan::FoldedPart(_) | Scan::FoldedWhole(_), _) => false,
        }
    }
}
