//! Distinct values in order, each with its posting.

use std::collections::BTreeMap;
use std::ops::Bound;

use roaring::RoaringBitmap;

use super::posting::{Posting, SLICE_POSTINGS, union};
use super::scan::Scan;
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

    /// The rows that hold all of the values, of which there is at least one.
    pub(super) fn all_of(&self, values: &[Value]) -> RoaringBitmap {
        let mut rows: Option<RoaringBitmap> = None;
        for value in values {
            let Some(posting) = self.get(value) else { return RoaringBitmap::new() };
            rows = Some(match rows {
                None => posting.rows().into_owned(),
                Some(rows) => rows & &*posting.rows(),
            });
            if rows.as_ref().is_some_and(RoaringBitmap::is_empty) {
                break;
            }
        }
        rows.unwrap_or_default()
    }

    /// The rows with a value that the scan wants.
    pub(super) fn scan(&self, scan: &Scan<'_>) -> RoaringBitmap {
        self.walk(scan, None, false).0
    }

    /// A slice of [`Terms::scan`], of what follows `after` in its order. Gives where it ended, if there may be more.
    pub(super) fn slice(&self, scan: &Scan<'_>, after: Option<&Value>) -> (RoaringBitmap, Option<Value>) {
        self.walk(scan, after, true)
    }

    fn walk(&self, scan: &Scan<'_>, after: Option<&Value>, is_slice: bool) -> (RoaringBitmap, Option<Value>) {
        let (lower, upper) = (scan.lower(), scan.upper());
        match (&lower, after) {
            (Bound::Unbounded, after) => {
                let upper = after.map_or(upper, Bound::Excluded);
                wanted(self.postings.range::<Value, _>((Bound::Unbounded, upper)).rev(), scan, is_slice)
            }
            (lower, after) => {
                let lower = after.map_or(lower.as_ref().map(|value| &**value), Bound::Excluded);
                wanted(self.postings.range::<Value, _>((lower, upper)), scan, is_slice)
            }
        }
    }

    /// How many values a walk over all of them is as long as: those that are long count as several.
    pub(super) fn walk_work(&self) -> usize {
        self.len().max(self.bytes / (SLICE_BYTES / SLICE_POSTINGS))
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

/// The rows of the values that a scan wants. Of a slice, also the last value looked at if there may be more.
fn wanted<'a>(
    entries: impl Iterator<Item = (&'a Value, &'a Posting)>,
    scan: &Scan<'_>,
    is_slice: bool,
) -> (RoaringBitmap, Option<Value>) {
    let (mut found, mut last, mut looked_at, mut bytes) = (Vec::new(), None, 0, 0);
    for (value, posting) in entries.take_while(|(value, _)| scan.goes_on(value)) {
        if scan.wants(value) {
            found.push(posting);
        }
        looked_at += 1;
        bytes += value_heap_bytes(value);
        if is_slice && (looked_at >= SLICE_POSTINGS || bytes >= SLICE_BYTES) {
            last = Some(value.clone());
            break;
        }
    }
    (union(found.into_iter()), last)
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
