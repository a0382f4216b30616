//! The index shared by one writer and many readers: no question keeps the writer waiting.
//!
//! Most questions visit few postings and are answered under the lock. A search through every distinct text of a field, or a
//! wide range, may visit a million; it is answered in slices, and between two of them the lock is free. The answer is right
//! although rows come and go meanwhile: the index knows nothing of versions and its answers are cut down to the rows that a
//! reader sees, and for as long as a reader may see a row, it stays in the index with the values it came with.

use parking_lot::RwLock;
use roaring::RoaringBitmap;

use super::conjunction::{Conjunction, Step};
use super::index::MetadataIndex;
use super::interval::Interval;
use super::posting::SLICE_POSTINGS;
use crate::api::{Filter, Predicate, Properties, Value};

/// An inverted index that is written by one thread and read by any.
#[derive(Debug, Default)]
pub struct SharedIndex(pub(super) RwLock<MetadataIndex>);

impl SharedIndex {
    /// As [`MetadataIndex::insert`].
    pub fn insert(&self, row: u32, metadata: &Properties) {
        self.0.write().insert(row, metadata);
    }

    /// As [`MetadataIndex::remove`].
    pub fn remove(&self, row: u32, metadata: &Properties) {
        self.0.write().remove(row, metadata);
    }

    /// As [`MetadataIndex::memory_bytes`].
    pub fn memory_bytes(&self) -> usize {
        self.0.read().memory_bytes()
    }

    /// The rows that match, as far as they were there all the time. `step` is called between slices, without the lock; its
    /// error ends the search.
    pub fn evaluate<E>(&self, filter: &Filter, step: &mut impl FnMut() -> Result<(), E>) -> Result<RoaringBitmap, E> {
        {
            let index = self.0.read();
            if index.work(filter) <= SLICE_POSTINGS {
                return Ok(index.evaluate(filter));
            }
        }
        match filter {
            Filter::Field(name, predicate) => self.with_field(name, predicate, step),
            Filter::And(parts) => self.with_all(parts, step),
            Filter::Or(parts) => {
                let mut rows = RoaringBitmap::new();
                for part in parts {
                    rows |= self.evaluate(part, step)?;
                }
                Ok(rows)
            }
            Filter::Not(part) => {
                let matching = self.evaluate(part, step)?;
                Ok(self.0.read().rows() - matching)
            }
        }
    }

    fn with_all<E>(&self, parts: &[Filter], step: &mut impl FnMut() -> Result<(), E>) -> Result<RoaringBitmap, E> {
        let Some(mut steps) = Conjunction::steps(parts) else { return Ok(RoaringBitmap::new()) };
        {
            let index = self.0.read();
            steps.sort_by_cached_key(|step| index.step_work(step));
        }
        let mut rows: Option<RoaringBitmap> = None;
        for part in &steps {
            let narrowed = match part {
                Step::Excludes(filter) => {
                    let excluded = self.evaluate(filter, step)?;
                    rows.unwrap_or_else(|| self.0.read().rows().clone()) - excluded
                }
                Step::Matches(filter) => intersection(rows, self.evaluate(filter, step)?),
                Step::Within(name, interval) => intersection(rows, self.within(name, interval, step)?),
            };
            if narrowed.is_empty() {
                return Ok(narrowed);
            }
            rows = Some(narrowed);
        }
        Ok(rows.unwrap_or_else(|| self.0.read().rows().clone()))
    }

    fn with_field<E>(
        &self,
        name: &str,
        predicate: &Predicate,
        step: &mut impl FnMut() -> Result<(), E>,
    ) -> Result<RoaringBitmap, E> {
        match predicate {
            Predicate::Contains(Value::String(part)) => {
                let texts = self.in_slices(step, |index, after| index.texts_with(name, part, after))?;
                Ok(texts | self.0.read().elements_equal(name, part))
            }
            Predicate::In(values) => self.any_of(name, values, step),
            Predicate::Nin(values) => {
                let unwanted = self.any_of(name, values, step)?;
                Ok(self.0.read().present(name) - unwanted)
            }
            Predicate::Gt(_) | Predicate::Gte(_) | Predicate::Lt(_) | Predicate::Lte(_) => Interval::of(predicate)
                .map_or_else(|| Ok(RoaringBitmap::new()), |interval| self.within(name, &interval, step)),
            // One posting, whatever there is.
            Predicate::Eq(_) | Predicate::Ne(_) | Predicate::Exists(_) | Predicate::Contains(_) => {
                Ok(self.0.read().evaluate(&Filter::Field(name.to_owned(), predicate.clone())))
            }
        }
    }

    fn within<E>(
        &self,
        name: &str,
        interval: &Interval<'_>,
        step: &mut impl FnMut() -> Result<(), E>,
    ) -> Result<RoaringBitmap, E> {
        self.in_slices(step, |index, after| index.within_slice(name, interval, after))
    }

    fn any_of<E>(
        &self,
        name: &str,
        values: &[Value],
        step: &mut impl FnMut() -> Result<(), E>,
    ) -> Result<RoaringBitmap, E> {
        let mut rows = RoaringBitmap::new();
        for values in values.chunks(SLICE_POSTINGS) {
            step()?;
            rows |= self.0.read().any_of(name, values);
        }
        Ok(rows)
    }

    /// Joins slices, each of which begins behind the value at which the one before ended.
    fn in_slices<E>(
        &self,
        step: &mut impl FnMut() -> Result<(), E>,
        slice: impl Fn(&MetadataIndex, Option<&Value>) -> (RoaringBitmap, Option<Value>),
    ) -> Result<RoaringBitmap, E> {
        let (mut rows, mut after) = (RoaringBitmap::new(), None);
        loop {
            step()?;
            let (found, last) = slice(&self.0.read(), after.as_ref());
            rows |= found;
            if last.is_none() {
                return Ok(rows);
            }
            after = last;
        }
    }
}

fn intersection(rows: Option<RoaringBitmap>, found: RoaringBitmap) -> RoaringBitmap {
    match rows {
        Some(rows) => rows & found,
        None => found,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use std::convert::Infallible;

    use super::*;

    const ROWS: u32 = 5_000;

    fn metadata(row: u32) -> Properties {
        Properties::new()
            .with("text", format!("text {row}").as_str())
            .with("time", i64::from(row))
            .with("kind", i64::from(row % 3))
    }

    fn field(name: &str, predicate: Predicate) -> Filter {
        Filter::Field(name.to_owned(), predicate)
    }

    fn filters() -> Vec<Filter> {
        let int = |number: i64| Value::Int(number);
        let contains = || field("text", Predicate::Contains("9".into()));
        vec![
            contains(),
            field("text", Predicate::Contains("nothing".into())),
            field("time", Predicate::Gte(int(7))),
            field("time", Predicate::Lt(int(4_990))),
            field("time", Predicate::Lte(int(4_990))),
            field("time", Predicate::In((0..3_000).map(|number| int(number * 2)).collect())),
            field("time", Predicate::Nin((0..3_000).map(|number| int(number * 2)).collect())),
            Filter::Not(Box::new(contains())),
            Filter::Or(vec![contains(), field("kind", Predicate::Eq(int(1)))]),
            Filter::And(vec![contains(), field("kind", Predicate::Eq(int(1)))]),
            Filter::And(vec![
                field("time", Predicate::Gt(int(100))),
                field("time", Predicate::Lt(int(4_000))),
                Filter::Not(Box::new(contains())),
            ]),
        ]
    }

    /// Each slice is followed by a write on this very thread, which could not be made under the lock.
    #[test]
    fn long_questions_leave_the_writer_its_turn_and_are_answered_alike() {
        let (shared, mut plain) = (SharedIndex::default(), MetadataIndex::new());
        for row in 0..ROWS {
            shared.insert(row, &metadata(row));
            plain.insert(row, &metadata(row));
        }
        let mut next = ROWS;
        for filter in filters() {
            let mut slices = 0;
            let found = shared.evaluate(&filter, &mut || {
                slices += 1;
                shared.insert(next, &metadata(next));
                next += 1;
                Ok::<_, Infallible>(())
            });
            let mut found = found.unwrap();
            assert!(slices >= 3, "{filter:?} in {slices} slices");
            found.remove_range(ROWS..);
            assert_eq!(found, plain.evaluate(&filter), "{filter:?}");
        }
    }

    #[test]
    fn a_search_ends_when_it_is_told_to() {
        let shared = SharedIndex::default();
        (0..ROWS).for_each(|row| shared.insert(row, &metadata(row)));
        let mut slices = 0;
        let ended = shared.evaluate(&filters()[0], &mut || {
            slices += 1;
            if slices == 2 { Err("enough") } else { Ok(()) }
        });
        assert_eq!(ended, Err("enough"));
    }
}
