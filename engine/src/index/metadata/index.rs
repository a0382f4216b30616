//! The index itself: the evaluation of filters by set algebra.
//!
//! Evaluation borrows a posting wherever a part of the filter is exactly one posting, and builds new sets only where it
//! must combine. Its recursion is bounded by `FILTER_DEPTH_MAX`, which every filter from outside has been held to.
//!
//! A path that was written with dots is two in one: the field of this very name, and what the dots lead to for rows without
//! such a field.

use std::borrow::Cow;

use roaring::{MultiOps, RoaringBitmap};

use super::condition::Condition;
use super::conjunction::{Conjunction, Step};
use super::field::Field;
use super::names::{Level, Names};
use super::plan::Plan;
use super::posting::bitmap_heap_bytes;
use super::scan::Scan;
use crate::api::{FieldPath, Predicate, Properties};

/// The inverted index over the metadata of one collection.
///
/// It knows nothing of versions: a deleted row stays until it is reclaimed, and the caller removes rows that a snapshot
/// does not see from the answer. Rows are never renamed; a changed document is a new row.
#[derive(Debug, Clone, Default)]
pub struct MetadataIndex {
    rows: RoaringBitmap,
    names: Names,
    /// How many fields inside others have lists of rows.
    paths: usize,
}

/// Where the rows of a path are found.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'i, 'n> {
    /// In the lists of its field.
    Listed(&'i Field),
    /// By a walk over the maps of the outermost field; the names lead on from there.
    Walked(&'i Field, &'n [String]),
    /// Nowhere.
    Nowhere,
}

impl<'i> Place<'i, '_> {
    pub(super) fn matching(&self, condition: &Condition<'_>) -> Cow<'i, RoaringBitmap> {
        match *self {
            Place::Listed(field) => field.matching(condition),
            Place::Walked(outermost, names) => Cow::Owned(outermost.values().scan(&Scan::Inside(names, *condition))),
            Place::Nowhere => Cow::default(),
        }
    }

    pub(super) fn work(&self, condition: &Condition<'_>) -> usize {
        match self {
            Place::Listed(field) => field.work(condition),
            Place::Walked(outermost, _) => outermost.values().walk_work(),
            Place::Nowhere => 0,
        }
    }
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
        self.names.insert(row, &metadata.0, Level::Outermost, &mut self.paths);
    }

    /// Takes a row out, given the metadata it was added with. A row that is not there changes nothing.
    pub fn remove(&mut self, row: u32, metadata: &Properties) {
        self.rows.remove(row);
        self.names.remove(row, &metadata.0, Level::Outermost, &mut self.paths);
    }

    /// The rows of a plan: of a filter that asks metadata alone exactly those for which `Filter::matches` is true.
    #[must_use]
    pub fn evaluate(&self, plan: &Plan<'_>) -> RoaringBitmap {
        self.matching(plan).into_owned()
    }

    /// All rows.
    #[must_use]
    pub fn rows(&self) -> &RoaringBitmap {
        &self.rows
    }

    /// Knows these rows too, of whatever fields.
    pub(super) fn know_rows(&mut self, rows: RoaringBitmap) {
        self.rows |= rows;
    }

    /// What is known of a field, if any row has it.
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.names.get(name)
    }

    /// Bytes in memory, about.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>() + bitmap_heap_bytes(&self.rows) + self.names.heap_bytes()
    }

    /// The same, counted by walking every field and value: what the kept number must equal.
    #[cfg(test)]
    pub(super) fn walked_bytes(&self) -> usize {
        size_of::<Self>() + bitmap_heap_bytes(&self.rows) + self.names.walked_bytes()
    }

    /// How many fields inside others have lists of rows.
    #[cfg(test)]
    pub(super) fn paths(&self) -> usize {
        self.paths
    }

    /// Where the rows are in which the names lead to a value that satisfies the condition.
    pub(super) fn place<'n>(&self, names: &'n [String], condition: &Condition<'_>) -> Place<'_, 'n> {
        let Some((first, rest)) = names.split_first() else { return Place::Nowhere };
        let Some(outermost) = self.names.get(first) else { return Place::Nowhere };
        let mut field = outermost;
        for name in rest {
            let Some(inside) = field.inside() else { return Place::Nowhere };
            match inside.get(name) {
                Some(found) => field = found,
                None if inside.is_partial() => return Place::Walked(outermost, rest),
                None => return Place::Nowhere,
            }
        }
        if !rest.is_empty() && condition.tells_maps_apart() {
            return Place::Walked(outermost, rest);
        }
        Place::Listed(field)
    }

    /// The rows that have an outermost field.
    pub(super) fn present(&self, name: &str) -> Cow<'_, RoaringBitmap> {
        self.names.get(name).map_or_else(Cow::default, Field::present)
    }

    fn matching(&self, plan: &Plan<'_>) -> Cow<'_, RoaringBitmap> {
        match plan {
            Plan::Field(path, predicate) => self.with_field(path, &Condition::Is(predicate)),
            Plan::Rows(rows) => Cow::Owned(rows & &self.rows),
            Plan::And(parts) => self.with_all(parts),
            Plan::Or(parts) => {
                let parts: Vec<_> = parts.iter().map(|part| self.matching(part)).collect();
                Cow::Owned(parts.iter().map(|rows| &**rows).union())
            }
            Plan::Not(part) => Cow::Owned(&self.rows - &*self.matching(part)),
        }
    }

    fn with_field(&self, path: &FieldPath, condition: &Condition<'_>) -> Cow<'_, RoaringBitmap> {
        if let Condition::Is(Predicate::Exists(false)) = condition {
            return Cow::Owned(&self.rows - &*self.with_field(path, &Condition::Is(&Predicate::Exists(true))));
        }
        let nested = self.place(path.names(), condition).matching(condition);
        match path.whole().and_then(|whole| self.names.get(whole)) {
            Some(whole) => Cow::Owned(&*whole.matching(condition) | (&*nested - &*whole.present())),
            None => nested,
        }
    }

    fn with_all(&self, parts: &[Plan<'_>]) -> Cow<'_, RoaringBitmap> {
        let Some(mut steps) = Conjunction::steps(parts) else {
            return Cow::default();
        };
        steps.sort_by_cached_key(|step| self.step_work(step));
        // Every answer is a subset of all rows, so the first one that narrows is taken as it is.
        let mut rows: Option<Cow<'_, RoaringBitmap>> = None;
        for step in &steps {
            let narrowed = match step {
                Step::Excludes(plan) => Cow::Owned(rows.as_deref().unwrap_or(&self.rows) - &*self.matching(plan)),
                Step::Matches(plan) => intersection(rows, self.matching(plan)),
                Step::Within(path, interval) => {
                    intersection(rows, self.with_field(path, &Condition::Within(*interval)))
                }
            };
            if narrowed.is_empty() {
                return narrowed;
            }
            rows = Some(narrowed);
        }
        rows.unwrap_or(Cow::Borrowed(&self.rows))
    }

    /// How many postings a step of a conjunction makes the index visit, at most.
    pub(super) fn step_work(&self, step: &Step<'_>) -> usize {
        match step {
            Step::Matches(plan) | Step::Excludes(plan) => self.work(plan),
            Step::Within(path, interval) => self.field_work(path, &Condition::Within(*interval)),
        }
    }

    /// How many postings a plan makes the index visit, at most.
    pub(super) fn work(&self, plan: &Plan<'_>) -> usize {
        match plan {
            Plan::Field(path, predicate) => self.field_work(path, &Condition::Is(predicate)),
            Plan::Rows(_) => 1,
            Plan::And(parts) | Plan::Or(parts) => parts.iter().map(|part| self.work(part)).sum(),
            Plan::Not(part) => self.work(part),
        }
    }

    fn field_work(&self, path: &FieldPath, condition: &Condition<'_>) -> usize {
        let whole = path.whole().and_then(|whole| self.names.get(whole)).map_or(0, |field| field.work(condition));
        whole + self.place(path.names(), condition).work(condition)
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
