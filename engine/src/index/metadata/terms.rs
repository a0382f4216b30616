//! Distinct values in order, each with its posting.

use std::collections::BTreeMap;
use std::ops::Bound;

use roaring::RoaringBitmap;

use super::interval::Interval;
use super::posting::{Posting, SLICE_POSTINGS, union};
use crate::api::Value;

/// Bytes of values looked at in one slice.
pub(super) const SLICE_BYTES: usize = 256 << 10;

/// A sorted map from value to the rows that hold it. Values that compare equal (1 and 1.0) share an entry, as they do for
/// the operators.
#[derive(Debug, Clone, Default)]
pub(super) struct Terms {
    postings: BTreeMap<Value, Posting>,
    /// Bytes in memory, about, kept as entries come, change and go.
    bytes: usize,
}

impl Terms {
    /// Adds a row to a value's posting; the value is copied only if it is new.
    pub(super) fn insert(&mut self, value: &Value, row: u32) {
        match self.postings.get_mut(value) {
            Some(posting) => {
                let before = posting.heap_bytes();
                posting.insert(row);
                self.bytes = self.bytes + posting.heap_bytes() - before;
            }
            None => {
                let (value, posting) = (value.clone(), Posting::one(row));
                self.bytes += term_bytes(&value, &posting);
                self.postings.insert(value, posting);
            }
        }
    }

    /// Takes a row out of a value's posting.
    pub(super) fn remove(&mut self, value: &Value, row: u32) {
        let Some(posting) = self.postings.get_mut(value) else { return };
        let before = posting.heap_bytes();
        let is_empty = posting.remove(row);
        self.bytes = self.bytes + posting.heap_bytes() - before;
        if is_empty && let Some((value, posting)) = self.postings.remove_entry(value) {
            self.bytes -= term_bytes(&value, &posting);
        }
    }

    /// The posting of a value.
    pub(super) fn get(&self, value: &Value) -> Option<&Posting> {
        self.postings.get(value)
    }

    /// The values between two bounds, in order.
    pub(super) fn range(
        &self,
        bounds: (Bound<&Value>, Bound<&Value>),
    ) -> impl DoubleEndedIterator<Item = (&Value, &Posting)> {
        self.postings.range::<Value, _>(bounds)
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

    /// A slice of [`Terms::within`], of what follows `after` in its order. Gives where it ended, if there may be more.
    pub(super) fn within_slice(
        &self,
        interval: &Interval<'_>,
        after: Option<&Value>,
    ) -> (RoaringBitmap, Option<Value>) {
        match (interval.lower, after) {
            (Bound::Unbounded, after) => {
                let upper = after.map_or(interval.upper, Bound::Excluded);
                let range = self.postings.range::<Value, _>((interval.lower, upper)).rev();
                slice(range, |value| interval.has_kind_of(value), |_| true)
            }
            (lower, after) => {
                let lower = after.map_or(lower, Bound::Excluded);
                let range = self.postings.range::<Value, _>((lower, interval.upper));
                slice(range, |value| interval.has_kind_of(value), |_| true)
            }
        }
    }

    /// A slice of [`Terms::texts_with`], of what follows `after`. Gives where it ended, if there may be more.
    pub(super) fn texts_slice(&self, part: &str, after: Option<&Value>) -> (RoaringBitmap, Option<Value>) {
        let empty = Value::String(String::new());
        let lower = after.map_or(Bound::Included(&empty), Bound::Excluded);
        let is_text = |value: &Value| matches!(value, Value::String(_));
        let has_part = |value: &Value| matches!(value, Value::String(text) if text.contains(part));
        slice(self.postings.range::<Value, _>((lower, Bound::Unbounded)), is_text, has_part)
    }

    /// Bytes in memory, about.
    pub(super) fn heap_bytes(&self) -> usize {
        self.bytes
    }

    /// The same, counted by walking every value: what the kept number must equal.
    #[cfg(test)]
    pub(super) fn walked_bytes(&self) -> usize {
        self.postings.iter().map(|(value, posting)| term_bytes(value, posting)).sum()
    }
}

fn term_bytes(value: &Value, posting: &Posting) -> usize {
    entry_bytes::<Value, Posting>() + value_heap_bytes(value) + posting.heap_bytes()
}

/// The rows of the entries that are wanted among the next few of a kind, and the last value looked at if there may be more.
fn slice<'a>(
    entries: impl Iterator<Item = (&'a Value, &'a Posting)>,
    is_of_kind: impl Fn(&Value) -> bool,
    is_wanted: impl Fn(&Value) -> bool,
) -> (RoaringBitmap, Option<Value>) {
    let (mut found, mut last, mut looked_at, mut bytes) = (Vec::new(), None, 0, 0);
    for (value, posting) in entries.take_while(|(value, _)| is_of_kind(value)) {
        if is_wanted(value) {
            found.push(posting);
        }
        looked_at += 1;
        bytes += value_heap_bytes(value);
        if looked_at >= SLICE_POSTINGS || bytes >= SLICE_BYTES {
            last = Some(value.clone());
            break;
        }
    }
    (union(found.into_iter()), last)
}

fn of_kind<'a>(interval: &Interval<'_>, (value, posting): (&'a Value, &'a Posting)) -> Option<&'a Posting> {
    interval.has_kind_of(value).then_some(posting)
}

/// Bytes of an entry of a B-tree map, whose nodes are about two thirds full.
pub(super) fn entry_bytes<K, V>() -> usize {
    size_of::<(K, V)>() * 3 / 2
}

/// Bytes of a value on the heap, about.
pub fn value_heap_bytes(value: &Value) -> usize {
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
