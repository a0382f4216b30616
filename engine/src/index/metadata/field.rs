//! One field of the metadata: which rows have it, and with which values.

use std::borrow::Cow;

use roaring::RoaringBitmap;

use super::condition::Condition;
use super::interval::Interval;
use super::names::{Level, Names};
use super::posting::Posting;
use super::scan::Scan;
use super::terms::Terms;
use crate::api::{Predicate, Value};

/// The postings of one field, which at least one row has.
#[derive(Debug, Clone)]
pub(super) struct Field {
    /// Rows that have the field, be its value null.
    present: Posting,
    /// Rows by whole value. Maps are whole in an outermost field only, so that what is nested deep is not kept once for each
    /// level.
    values: Terms,
    /// Rows whose value is a list, by element.
    elements: Terms,
    /// What is inside the maps.
    inside: Option<Box<Names>>,
}

impl Field {
    /// A field that `row` is the first to have; its value is still to be inserted.
    pub(super) fn new(row: u32) -> Self {
        Self { present: Posting::one(row), values: Terms::default(), elements: Terms::default(), inside: None }
    }

    /// Adds a row.
    pub(super) fn insert(&mut self, row: u32, value: &Value, level: Level, paths: &mut usize) {
        self.present.insert(row);
        if level == Level::Outermost || !matches!(value, Value::Map(_)) {
            self.values.insert(value, row);
        }
        match value {
            Value::List(items) => items.iter().for_each(|item| self.elements.insert(item, row)),
            Value::Map(entries) if !entries.is_empty() => {
                self.inside.get_or_insert_default().insert(row, entries, Level::Inner, paths);
            }
            _ => {}
        }
    }

    /// Takes a row out, with the value it was added with. True if no other row has the field, and the field must go.
    pub(super) fn remove(&mut self, row: u32, value: &Value, level: Level, paths: &mut usize) -> bool {
        if level == Level::Outermost || !matches!(value, Value::Map(_)) {
            self.values.remove(value, row);
        }
        match value {
            Value::List(items) => items.iter().for_each(|item| self.elements.remove(item, row)),
            Value::Map(entries) => {
                if let Some(inside) = &mut self.inside {
                    inside.remove(row, entries, Level::Inner, paths);
                    if inside.is_empty() {
                        self.inside = None;
                    }
                }
            }
            _ => {}
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

    /// What is inside the maps that rows hold here.
    pub(super) fn inside(&self) -> Option<&Names> {
        self.inside.as_deref()
    }

    /// The rows that have the field.
    pub(super) fn present(&self) -> Cow<'_, RoaringBitmap> {
        self.present.rows()
    }

    /// The rows that have the field and satisfy the condition. `Exists(false)` therefore gives none of them.
    pub(super) fn matching(&self, condition: &Condition<'_>) -> Cow<'_, RoaringBitmap> {
        let predicate = match condition {
            Condition::Within(interval) => return Cow::Owned(self.values.scan(&Scan::Within(*interval))),
            Condition::Is(predicate) => *predicate,
        };
        match predicate {
            Predicate::Eq(wanted) => self.equal(wanted),
            Predicate::Ne(unwanted) => Cow::Owned(&*self.present() - &*self.equal(unwanted)),
            Predicate::In(wanted) => Cow::Owned(self.values.any_of(wanted.as_slice())),
            Predicate::Nin(unwanted) => Cow::Owned(&*self.present() - self.values.any_of(unwanted.as_slice())),
            Predicate::Exists(true) => self.present(),
            Predicate::Exists(false) => Cow::default(),
            Predicate::Contains(part) => self.containing(part),
            Predicate::IContains(part) => {
                let in_lists = self.elements.scan(&Scan::FoldedWhole(part));
                Cow::Owned(self.values.scan(&Scan::FoldedPart(part)) | in_lists)
            }
            Predicate::StartsWith(start) => Cow::Owned(self.values.scan(&Scan::Start(start))),
            Predicate::All(wanted) if wanted.is_empty() => Cow::Owned(self.values.scan(&Scan::Lists)),
            Predicate::All(wanted) => Cow::Owned(self.elements.all_of(wanted.as_slice())),
            Predicate::Any(wanted) => Cow::Owned(self.elements.any_of(wanted.as_slice())),
            Predicate::Gt(_) | Predicate::Gte(_) | Predicate::Lt(_) | Predicate::Lte(_) => Interval::of(predicate)
                .map_or_else(Cow::default, |interval| Cow::Owned(self.values.scan(&Scan::Within(interval)))),
        }
    }

    /// How many postings a condition makes the index visit, at most.
    pub(super) fn work(&self, condition: &Condition<'_>) -> usize {
        match condition {
            Condition::Within(_) => self.values.walk_work(),
            Condition::Is(predicate) => match predicate {
                Predicate::Eq(_) | Predicate::Ne(_) | Predicate::Exists(_) => 1,
                Predicate::In(values) | Predicate::Nin(values) | Predicate::Any(values) => values.as_slice().len(),
                Predicate::All(values) if !values.is_empty() => values.as_slice().len(),
                Predicate::Contains(Value::String(_)) => self.values.walk_work(),
                Predicate::Contains(_) => 1,
                Predicate::IContains(_) => self.values.walk_work() + self.elements.walk_work(),
                Predicate::StartsWith(_)
                | Predicate::All(_)
                | Predicate::Gt(_)
                | Predicate::Gte(_)
                | Predicate::Lt(_)
                | Predicate::Lte(_) => self.values.walk_work(),
            },
        }
    }

    /// Bytes on the heap, about.
    pub(super) fn heap_bytes(&self) -> usize {
        let inside = self.inside().map_or(0, |inside| size_of::<Names>() + inside.heap_bytes());
        self.present.heap_bytes() + self.values.heap_bytes() + self.elements.heap_bytes() + inside
    }

    /// The same, counted by walking every value.
    #[cfg(test)]
    pub(super) fn walked_bytes(&self) -> usize {
        let inside = self.inside().map_or(0, |inside| size_of::<Names>() + inside.walked_bytes());
        self.present.heap_bytes() + self.values.walked_bytes() + self.elements.walked_bytes() + inside
    }

    /// The rows with exactly this value.
    pub(super) fn equal(&self, wanted: &Value) -> Cow<'_, RoaringBitmap> {
        self.values.get(wanted).map_or_else(Cow::default, Posting::rows)
    }

    fn containing(&self, part: &Value) -> Cow<'_, RoaringBitmap> {
        let in_lists = self.elements.get(part).map_or_else(Cow::default, Posting::rows);
        match part {
            Value::String(part) => Cow::Owned(self.values.scan(&Scan::Part(part)) | &*in_lists),
            _ => in_lists,
        }
    }
}
