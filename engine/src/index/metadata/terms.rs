//! Distinct values in order, each with its posting.

use std::collections::BTreeMap;
use std::ops::Bound;

use roaring::RoaringBitmap;

use super::interval::Interval;
use super::posting::{Posting, union};
use crate::api::Value;

/// A sorted map from value to the rows that hold it. Values that compare equal (1 and 1.0) share an entry, as they do for
/// the operators.
#[derive(Debug, Clone, Default)]
pub(super) struct Terms {
    postings: BTreeMap<Value, Posting>,
}

impl Terms {
    /// Adds a row to a value's posting; the value is copied only if it is new.
    pub(super) fn insert(&mut self, value: &Value, row: u32) {
        match self.postings.get_mut(value) {
            Some(posting) => posting.insert(row),
            None => {
                self.postings.insert(value.clone(), Posting::one(row));
            }
        }
    }

    /// Takes a row out of a value's posting.
    pub(super) fn remove(&mut self, value: &Value, row: u32) {
        if self.postings.get_mut(value).is_some_and(|posting| posting.remove(row)) {
            self.postings.remove(value);
        }
    }

    /// The posting of a value.
    pub(super) fn get(&self, value: &Value) -> Option<&Posting> {
        self.postings.get(value)
    }

    /// The number of distinct values.
    pub(super) fn len(&self) -> usize {
        self.postings.len()
    }

    /// The rows that hold one of the values.
    pub(super) fn any_of(&self, values: &[Value]) -> RoaringBitmap {
        union(values.iter().filter_map(|value| self.get(value)))
    }

    /// The rows with a value in the interval.
    pub(super) fn within(&self, interval: &Interval<'_>) -> RoaringBitmap {
        let range = self.postings.range::<Value, _>((interval.lower, interval.upper));
        // Values of one kind lie side by side. The scan starts at a bound, which is of the kind, and leaves with the kind.
        match interval.lower {
            Bound::Unbounded => union(range.rev().map_while(|entry| of_kind(interval, entry))),
            _ => union(range.map_while(|entry| of_kind(interval, entry))),
        }
    }

    /// The rows with a text that contains `part`. Every distinct text is searched.
    pub(super) fn texts_with(&self, part: &str) -> RoaringBitmap {
        let empty = Value::String(String::new());
        let texts = self.postings.range(&empty..).map_while(|(value, posting)| match value {
            Value::String(text) => Some((text, posting)),
            _ => None,
        });
        union(texts.filter(|(text, _)| text.contains(part)).map(|(_, posting)| posting))
    }

    /// Bytes in memory, about. Walks every value.
    pub(super) fn heap_bytes(&self) -> usize {
        self.postings
            .iter()
            .map(|(value, posting)| entry_bytes::<Value, Posting>() + value_heap_bytes(value) + posting.heap_bytes())
            .sum()
    }
}

fn of_kind<'a>(interval: &Interval<'_>, (value, posting): (&'a Value, &'a Posting)) -> Option<&'a Posting> {
    interval.has_kind_of(value).then_some(posting)
}

/// Bytes of an entry of a B-tree map, whose nodes are about two thirds full.
pub(super) fn entry_bytes<K, V>() -> usize {
    size_of::<(K, V)>() * 3 / 2
}

fn value_heap_bytes(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => 0,
        Value::String(text) => text.capacity(),
        Value::Bytes(bytes) => bytes.capacity(),
        Value::List(items) => items.capacity() * size_of::<Value>() + items.iter().map(value_heap_bytes).sum::<usize>(),
        Value::Map(entries) => entries
            .iter()
            .map(|(key, item)| entry_bytes::<String, Value>() + key.capacity() + value_heap_bytes(item))
            .sum(),
    }
}
