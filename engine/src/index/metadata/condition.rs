//! What the index asks of one field: a predicate, or several ordered ones that were merged into an interval.

use super::interval::Interval;
use crate::api::{Map, Predicate, Value};

/// What is asked of a field that a row has.
#[derive(Debug, Clone, Copy)]
pub(super) enum Condition<'a> {
    /// It satisfies the predicate.
    Is(&'a Predicate),
    /// It lies in the interval.
    Within(Interval<'a>),
}

impl Condition<'_> {
    /// True if a value satisfies it.
    pub(super) fn matches(&self, value: &Value) -> bool {
        match self {
            Condition::Is(predicate) => predicate.matches(Some(value)),
            Condition::Within(interval) => interval.contains(value),
        }
    }

    /// True if it tells one map from another: maps inside others have no lists of rows.
    pub(super) fn tells_maps_apart(&self) -> bool {
        let is_map = |value: &Value| matches!(value, Value::Map(_));
        match self {
            Condition::Is(predicate) => match predicate {
                Predicate::Eq(value)
                | Predicate::Ne(value)
                | Predicate::Gt(value)
                | Predicate::Gte(value)
                | Predicate::Lt(value)
                | Predicate::Lte(value) => is_map(value),
                Predicate::In(values) | Predicate::Nin(values) => values.as_slice().iter().any(is_map),
                // Elements of lists have their rows, whatever they are.
                Predicate::Exists(_)
                | Predicate::Contains(_)
                | Predicate::IContains(_)
                | Predicate::StartsWith(_)
                | Predicate::All(_)
                | Predicate::Any(_) => false,
            },
            Condition::Within(interval) => interval.has_kind_of(&Value::Map(Map::new())),
        }
    }
}
