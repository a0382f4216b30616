//! One field of the metadata: which rows have it, and with which values.

use std::borrow::Cow;

use roaring::RoaringBitmap;

use super::interval::Interval;
use super::posting::Posting;
use super::terms::Terms;
use crate::api::{Predicate, Value};

/// The postings of one field, which at least one row has.
#[derive(Debug, Clone)]
pub(super) struct Field {
    /// Rows that have the field, be its value null.
    present: Posting,
    /// Rows by whole value.
    values: Terms,
    /// Rows whose value is a list, by element.
    elements: Terms,
}

impl Field {
    /// A field that `row` is the first to have.
    pub(super) fn new(row: u32, value: &Value) -> Self {
        let mut field = Self { present: Posting::one(row), values: Terms::default(), elements: Terms::default() };
        field.insert(row, value);
        field
    }

    /// Adds a row.
    pub(super) fn insert(&mut self, row: u32, value: &Value) {
        self.present.insert(row);
        self.values.insert(value, row);
        if let Value::List(items) = value {
            items.iter().for_each(|item| self.elements.insert(item, row));
        }
    }

    /// Takes a row out, with the value it was added with. True if no other row has the field, and the field must go.
    pub(super) fn remove(&mut self, row: u32, value: &Value) -> bool {
        self.values.remove(value, row);
        if let Value::List(items) = value {
            items.iter().for_each(|item| self.elements.remove(item, row));
        }
        self.present.remove(row)
    }

    /// Rows by whole value.
    pub(super) fn values(&self) -> &Terms {
        &self.values
    }

    /// Rows whose value is a list, by element.
    pub(super) fn elements(&self) -> &Terms {
        &self.elements
    }

    /// The rows that have the field.
    pub(super) fn present(&self) -> Cow<'_, RoaringBitmap> {
        self.present.rows()
    }

    /// The rows with a value in the interval.
    pub(super) fn within(&self, interval: &Interval<'_>) -> RoaringBitmap {
        self.values.within(interval)
    }

    /// The rows that have the field and satisfy the predicate. `Exists(false)` therefore gives none of them.
    pub(super) fn matching(&self, predicate: &Predicate) -> Cow<'_, RoaringBitmap> {
        match predicate {
            Predicate::Eq(wanted) => self.equal(wanted),
            Predicate::Ne(unwanted) => Cow::Owned(&*self.present() - &*self.equal(unwanted)),
            Predicate::In(wanted) => Cow::Owned(self.values.any_of(wanted)),
            Predicate::Nin(unwanted) => Cow::Owned(&*self.present() - self.values.any_of(unwanted)),
            Predicate::Exists(true) => self.present(),
            Predicate::Exists(false) => Cow::default(),
            Predicate::Contains(part) => self.containing(part),
            Predicate::Gt(_) | Predicate::Gte(_) | Predicate::Lt(_) | Predicate::Lte(_) => {
                Interval::of(predicate).map_or_else(Cow::default, |interval| Cow::Owned(self.within(&interval)))
            }
        }
    }

    /// A slice of [`Field::within`].
    pub(super) fn within_slice(
        &self,
        interval: &Interval<'_>,
        after: Option<&Value>,
    ) -> (RoaringBitmap, Option<Value>) {
        self.values.within_slice(interval, after)
    }

    /// A slice of the rows whose value is a text that contains `part`.
    pub(super) fn texts_slice(&self, part: &str, after: Option<&Value>) -> (RoaringBitmap, Option<Value>) {
        self.values.texts_slice(part, after)
    }

    /// The rows with one of the values.
    pub(super) fn any_of(&self, values: &[Value]) -> RoaringBitmap {
        self.values.any_of(values)
    }

    /// The rows whose list has an element.
    pub(super) fn with_element(&self, element: &Value) -> Cow<'_, RoaringBitmap> {
        self.elements.get(element).map_or_else(Cow::default, Posting::rows)
    }

    /// How many postings a predicate makes the index visit, at most.
    pub(super) fn work(&self, predicate: &Predicate) -> usize {
        match predicate {
            Predicate::Eq(_) | Predicate::Ne(_) | Predicate::Exists(_) => 1,
            Predicate::In(values) | Predicate::Nin(values) => values.len(),
            Predicate::Contains(Value::String(_)) => self.distinct(),
            Predicate::Contains(_) => 1,
            Predicate::Gt(_) | Predicate::Gte(_) | Predicate::Lt(_) | Predicate::Lte(_) => self.distinct(),
        }
    }

    /// The number of distinct values.
    pub(super) fn distinct(&self) -> usize {
        self.values.len()
    }

    /// Bytes on the heap, about.
    pub(super) fn heap_bytes(&self) -> usize {
        self.present.heap_bytes() + self.values.heap_bytes() + self.elements.heap_bytes()
    }

    /// The same, counted by walking every value.
    #[cfg(test)]
    pub(super) fn walked_bytes(&self) -> usize {
        self.present.heap_bytes() + self.values.walked_bytes() + self.elements.walked_bytes()
    }

    /// The rows with exactly this value.
    pub(super) fn equal(&self, wanted: &Value) -> Cow<'_, RoaringBitmap> {
        self.values.get(wanted).map_or_else(Cow::default, Posting::rows)
    }

    fn containing(&self, part: &Value) -> Cow<'_, RoaringBitmap> {
        let in_lists = self.with_element(part);
        match part {
            Value::String(part) => Cow::Owned(self.values.texts_with(part) | &*in_lists),
            _ => in_lists,
        }
    }
}
