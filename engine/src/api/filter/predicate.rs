//! What a field must satisfy.

use std::cmp::Ordering;

use super::fold::Folded;
use super::values::ValueSet;
use crate::api::Value;

/// What a field must satisfy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Predicate {
    /// Equal to the value.
    Eq(Value),
    /// Present and not equal to the value.
    Ne(Value),
    /// Greater than a value of the same kind.
    Gt(Value),
    /// Greater than or equal to a value of the same kind.
    Gte(Value),
    /// Less than a value of the same kind.
    Lt(Value),
    /// Less than or equal to a value of the same kind.
    Lte(Value),
    /// Equal to one of the values.
    In(ValueSet),
    /// Present and equal to none of the values.
    Nin(ValueSet),
    /// Present, or absent if false.
    Exists(bool),
    /// A list with this element, or a text with this part.
    Contains(Value),
    /// The same of texts, without regard to case.
    IContains(Folded),
    /// A text that begins with this one.
    StartsWith(String),
    /// A list with all of these elements, and perhaps others.
    All(ValueSet),
    /// A list with at least one of these elements.
    Any(ValueSet),
}

impl Predicate {
    /// True if the field's value, `None` if absent, satisfies the predicate.
    pub fn matches(&self, value: Option<&Value>) -> bool {
        let Some(value) = value else {
            return matches!(self, Predicate::Exists(false));
        };
        if let Value::String(text) = value {
            return self.matches_text(text);
        }
        let ordered = |bound: &Value, wanted: fn(Ordering) -> bool| value.same_kind(bound) && wanted(value.cmp(bound));
        let items = match value {
            Value::List(items) => Some(items.as_slice()),
            _ => None,
        };
        match self {
            Predicate::Eq(wanted) => value == wanted,
            Predicate::Ne(unwanted) => value != unwanted,
            Predicate::Gt(bound) => ordered(bound, Ordering::is_gt),
            Predicate::Gte(bound) => ordered(bound, Ordering::is_ge),
            Predicate::Lt(bound) => ordered(bound, Ordering::is_lt),
            Predicate::Lte(bound) => ordered(bound, Ordering::is_le),
            Predicate::In(wanted) => wanted.contains(value),
            Predicate::Nin(unwanted) => !unwanted.contains(value),
            Predicate::Exists(wanted) => *wanted,
            Predicate::Contains(part) => items.is_some_and(|items| items.contains(part)),
            Predicate::IContains(part) => items.is_some_and(|items| items.iter().any(|item| is_folded(item, part))),
            Predicate::StartsWith(_) => false,
            Predicate::All(wanted) => items.is_some_and(|items| has_all(items, wanted)),
            Predicate::Any(wanted) => items.is_some_and(|items| items.iter().any(|item| wanted.contains(item))),
        }
    }

    /// The same for a field that holds a text.
    pub fn matches_text(&self, text: &str) -> bool {
        let ordered = |bound: &Value, wanted: fn(Ordering) -> bool| {
            matches!(bound, Value::String(_)) && wanted(bound.cmp_text(text).reverse())
        };
        match self {
            Predicate::Eq(wanted) => wanted.cmp_text(text).is_eq(),
            Predicate::Ne(unwanted) => unwanted.cmp_text(text).is_ne(),
            Predicate::Gt(bound) => ordered(bound, Ordering::is_gt),
            Predicate::Gte(bound) => ordered(bound, Ordering::is_ge),
            Predicate::Lt(bound) => ordered(bound, Ordering::is_lt),
            Predicate::Lte(bound) => ordered(bound, Ordering::is_le),
            Predicate::In(wanted) => wanted.contains_text(text),
            Predicate::Nin(unwanted) => !unwanted.contains_text(text),
            Predicate::Exists(wanted) => *wanted,
            Predicate::Contains(Value::String(part)) => text.contains(part.as_str()),
            Predicate::Contains(_) | Predicate::All(_) | Predicate::Any(_) => false,
            Predicate::IContains(part) => part.is_in(text),
            Predicate::StartsWith(start) => text.starts_with(start.as_str()),
        }
    }
}

/// True of a text that is the wanted one without regard to case.
pub fn is_folded(value: &Value, wanted: &Folded) -> bool {
    matches!(value, Value::String(text) if wanted.is(text))
}

/// True if each wanted value is among the items: each is looked for among the other, so that two long lists do not
/// multiply.
fn has_all(items: &[Value], wanted: &ValueSet) -> bool {
    let mut found = vec![false; wanted.as_slice().len()];
    for item in items {
        if let Ok(place) = wanted.as_slice().binary_search(item)
            && let Some(found) = found.get_mut(place)
        {
            *found = true;
        }
    }
    found.into_iter().all(|found| found)
}
