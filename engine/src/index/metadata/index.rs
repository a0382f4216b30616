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
use crate::api::{Filter, Predicate, Properties};

/// The inverted index over the metadata of one collection.
///
/// It knows nothing of versions: a deleted row stays until it is reclaimed, and the caller removes rows that a snapshot
/// does not see from the answer. Rows are never renamed; a changed document is a new row.
#[derive(Debug, Clone, Default)]
pub struct MetadataIndex {
    rows: RoaringBitmap,
    fields: BTreeMap<String, Field>,
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
                Some(field) => field.insert(row, value),
                None => {
                    self.fields.insert(name.clone(), Field::new(row, value));
                }
            }
        }
    }

    /// Takes a row out, given the metadata it was added with. A row that is not there changes nothing.
    pub fn remove(&mut self, row: u32, metadata: &Properties) {
        self.rows.remove(row);
        for (name, value) in &metadata.0 {
            if self.fields.get_mut(name).is_some_and(|field| field.remove(row, value)) {
                self.fields.remove(name);
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

    /// Bytes in memory, about. Walks every distinct value: for statistics, not for every request.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let fields = self
            .fields
            .iter()
            .map(|(name, field)| entry_bytes::<String, Field>() + name.capacity() + field.heap_bytes())
            .sum::<usize>();
        size_of::<Self>() + bitmap_heap_bytes(&self.rows) + fields
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

    fn step_work(&self, step: &Step<'_>) -> usize {
        match step {
            Step::Matches(filter) | Step::Excludes(filter) => self.work(filter),
            Step::Within(name, _) => self.fields.get(*name).map_or(0, |field| field.distinct()),
        }
    }

    /// How many postings a filter makes the index visit, at most.
    fn work(&self, filter: &Filter) -> usize {
        match filter {
            Filter::Field(name, predicate) => self.fields.get(name).map_or(0, |field| field.work(predicate)),
            Filter::And(parts) | Filter::Or(parts) => parts.iter().map(|part| self.work(part)).sum(),
            Filter::Not(part) => self.work(part),
        }
    }
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
