//! The index itself: fields by name, and the evaluation of filters by set algebra.
//!
//! Evaluation borrows a posting wherever a part of the filter is exactly one posting, and builds new sets only where it
//! must combine. Its recursion is bounded by `FILTER_DEPTH_MAX`, which every filter from outside has been held to.

use std::borrow::Cow;
use std::collections::BTreeMap;

use roaring::{MultiOps, RoaringBitmap};

use super::conjunction::{Conjunction, Step};
use super::field::Field;
use super::interval::Interval;
use super::posting::bitmap_heap_bytes;
use super::terms::entry_bytes;
use crate::api::{Filter, Predicate, Properties, Value};

/// The inverted index over the metadata of one collection.
///
/// It knows nothing of versions: a deleted row stays until it is reclaimed, and the caller removes rows that a snapshot
/// does not see from the answer. Rows are never renamed; a changed document is a new row.
#[derive(Debug, Clone, Default)]
pub struct MetadataIndex {
    rows: RoaringBitmap,
    fields: BTreeMap<String, Field>,
    /// Bytes of all fields, about, kept as rows come and go: nobody who asks for them waits for a walk over every value.
    field_bytes: usize,
}

impl MetadataIndex {
    /// An index of no rows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a row. Adding it again with equal metadata, as a replayed log does, changes nothing; with other metadata the
    /// row must have been removed before.
    pub fn insert(&mut self, row: u32, metadata: &Properties) {
        self.rows.insert(row);
        for (name, value) in &metadata.0 {
            match self.fields.get_mut(name) {
                Some(field) => {
                    let before = field.heap_bytes();
                    field.insert(row, value);
                    self.field_bytes = self.field_bytes + field.heap_bytes() - before;
                }
                None => {
                    let (name, field) = (name.clone(), Field::new(row, value));
                    self.field_bytes += field_bytes(&name, field.heap_bytes());
                    self.fields.insert(name, field);
                }
            }
        }
    }

    /// Takes a row out, given the metadata it was added with. A row that is not there changes nothing.
    pub fn remove(&mut self, row: u32, metadata: &Properties) {
        self.rows.remove(row);
        for (name, value) in &metadata.0 {
            let Some(field) = self.fields.get_mut(name) else { continue };
            let before = field.heap_bytes();
            let is_empty = field.remove(row, value);
            self.field_bytes = self.field_bytes + field.heap_bytes() - before;
            if is_empty && let Some((name, field)) = self.fields.remove_entry(name) {
                self.field_bytes -= field_bytes(&name, field.heap_bytes());
            }
        }
    }

    /// The rows that match: exactly those for which `Filter::matches` is true.
    #[must_use]
    pub fn evaluate(&self, filter: &Filter) -> RoaringBitmap {
        self.matching(filter).into_owned()
    }

    /// All rows.
    #[must_use]
    pub fn rows(&self) -> &RoaringBitmap {
        &self.rows
    }

    /// What is known of a field, if any row has it.
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.get(name)
    }

    /// Bytes in memory, about.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>() + bitmap_heap_bytes(&self.rows) + self.field_bytes
    }

    /// The same, counted by walking every field and value: what the kept number must equal.
    #[cfg(test)]
    pub(super) fn walked_bytes(&self) -> usize {
        let fields = self.fields.iter().map(|(name, field)| field_bytes(name, field.walked_bytes())).sum::<usize>();
        size_of::<Self>() + bitmap_heap_bytes(&self.rows) + fields
    }

    pub(super) fn within_slice(
        &self,
        name: &str,
        interval: &Interval<'_>,
        after: Option<&Value>,
    ) -> (RoaringBitmap, Option<Value>) {
        self.fields.get(name).map_or_else(Default::default, |field| field.within_slice(interval, after))
    }

    pub(super) fn texts_with(&self, name: &str, part: &str, after: Option<&Value>) -> (RoaringBitmap, Option<Value>) {
        self.fields.get(name).map_or_else(Default::default, |field| field.texts_slice(part, after))
    }

    pub(super) fn elements_equal(&self, name: &str, element: &str) -> RoaringBitmap {
        let element = Value::String(element.to_owned());
        self.fields.get(name).map_or_else(RoaringBitmap::new, |field| field.with_element(&element).into_owned())
    }

    pub(super) fn any_of(&self, name: &str, values: &[Value]) -> RoaringBitmap {
        self.fields.get(name).map_or_else(RoaringBitmap::new, |field| field.any_of(values))
    }

    pub(super) fn present(&self, name: &str) -> RoaringBitmap {
        self.fields.get(name).map_or_else(RoaringBitmap::new, |field| field.present().into_owned())
    }

    fn matching(&self, filter: &Filter) -> Cow<'_, RoaringBitmap> {
        match filter {
            Filter::Field(name, predicate) => self.with_field(name, predicate),
            Filter::And(parts) => self.with_all(parts),
            Filter::Or(parts) => {
                let parts: Vec<_> = parts.iter().map(|part| self.matching(part)).collect();
                Cow::Owned(parts.iter().map(|rows| &**rows).union())
            }
            Filter::Not(part) => Cow::Owned(&self.rows - &*self.matching(part)),
        }
    }

    fn with_field(&self, name: &str, predicate: &Predicate) -> Cow<'_, RoaringBitmap> {
        match (self.fields.get(name), predicate) {
            (Some(field), Predicate::Exists(false)) => Cow::Owned(&self.rows - &*field.present()),
            (Some(field), predicate) => field.matching(predicate),
            (None, Predicate::Exists(false)) => Cow::Borrowed(&self.rows),
            (None, _) => Cow::default(),
        }
    }

    fn with_all(&self, parts: &[Filter]) -> Cow<'_, RoaringBitmap> {
        let Some(mut steps) = Conjunction::steps(parts) else {
            return Cow::default();
        };
        steps.sort_by_cached_key(|step| self.step_work(step));
        // Every answer is a subset of all rows, so the first one that narrows is taken as it is.
        let mut rows: Option<Cow<'_, RoaringBitmap>> = None;
        for step in &steps {
            let narrowed = match step {
                Step::Excludes(filter) => Cow::Owned(rows.as_deref().unwrap_or(&self.rows) - &*self.matching(filter)),
                Step::Matches(filter) => intersection(rows, self.matching(filter)),
                Step::Within(name, interval) => intersection(rows, self.within(name, interval)),
            };
            if narrowed.is_empty() {
                return narrowed;
            }
            rows = Some(narrowed);
        }
        rows.unwrap_or(Cow::Borrowed(&self.rows))
    }

    fn within(&self, name: &str, interval: &Interval<'_>) -> Cow<'_, RoaringBitmap> {
        self.fields.get(name).map_or_else(Cow::default, |field| Cow::Owned(field.within(interval)))
    }

    /// How many postings a step of a conjunction makes the index visit, at most.
    pub(super) fn step_work(&self, step: &Step<'_>) -> usize {
        match step {
            Step::Matches(filter) | Step::Excludes(filter) => self.work(filter),
            Step::Within(name, _) => self.fields.get(*name).map_or(0, |field| field.distinct()),
        }
    }

    /// How many postings a filter makes the index visit, at most.
    pub(super) fn work(&self, filter: &Filter) -> usize {
        match filter {
            Filter::Field(name, predicate) => self.fields.get(name).map_or(0, |field| field.work(predicate)),
            Filter::And(parts) | Filter::Or(parts) => parts.iter().map(|part| self.work(part)).sum(),
            Filter::Not(part) => self.work(part),
        }
    }
}

fn field_bytes(name: &String, heap_bytes: usize) -> usize {
    entry_bytes::<String, Field>() + name.capacity() + heap_bytes
}

fn intersection<'a>(rows: Option<Cow<'a, RoaringBitmap>>, found: Cow<'a, RoaringBitmap>) -> Cow<'a, RoaringBitmap> {
    match rows {
        None => found,
        Some(Cow::Owned(mut rows)) => {
            rows &= &*found;
            Cow::Owned(rows)
        }
        Some(Cow::Borrowed(rows)) => Cow::Owned(rows & &*found),
    }
}
