//! The index shared by one writer and many readers: no question keeps the writer waiting.
//!
//! Most questions visit few postings and are answered under the lock. A search through every distinct text of a field, or a
//! wide range, may visit a million; it is answered in slices, and between two of them the lock is free. The answer is right
//! although rows come and go meanwhile: the index knows nothing of versions and its answers are cut down to the rows that a
//! reader sees, and for as long as a reader may see a row, it stays in the index with the values it came with.

use parking_lot::RwLock;
use roaring::RoaringBitmap;

use super::condition::Condition;
use super::conjunction::{Conjunction, Step};
use super::field::Field;
use super::index::{MetadataIndex, Place};
use super::interval::Interval;
use super::plan::Plan;
use super::posting::SLICE_POSTINGS;
use super::scan::Scan;
use super::terms::Terms;
use crate::api::{FieldPath, Predicate, Properties, Value};

/// An inverted index that is written by one thread and read by any.
#[derive(Debug, Default)]
pub struct SharedIndex(pub(super) RwLock<MetadataIndex>);

/// One search, in which `step` is called between slices, without the lock; its error ends the search.
struct Search<'a, S> {
    index: &'a RwLock<MetadataIndex>,
    step: S,
}

/// The field that a name leads to, whose values are walked in slices.
#[derive(Clone, Copy)]
struct Walked<'a> {
    names: &'a [String],
    condition: &'a Condition<'a>,
    terms: fn(&Field) -> &Terms,
}

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

    /// All rows.
    pub fn rows(&self) -> RoaringBitmap {
        self.0.read().rows().clone()
    }

    /// The rows of a plan, as far as they were there all the time. `step` is called between slices, without the lock; its
    /// error ends the search.
    pub fn evaluate<E>(&self, plan: &Plan<'_>, step: &mut impl FnMut() -> Result<(), E>) -> Result<RoaringBitmap, E> {
        Search { index: &self.0, step }.evaluate(plan)
    }
}

impl<E, S: FnMut() -> Result<(), E>> Search<'_, S> {
    fn evaluate(&mut self, plan: &Plan<'_>) -> Result<RoaringBitmap, E> {
        {
            let index = self.index.read();
            if index.work(plan) <= SLICE_POSTINGS {
                return Ok(index.evaluate(plan));
            }
        }
        match plan {
            Plan::Field(path, predicate) => self.with_field(path, &Condition::Is(predicate)),
            Plan::Rows(rows) => Ok(rows & self.index.read().rows()),
            Plan::And(parts) => self.with_all(parts),
            Plan::Or(parts) => {
                let mut rows = RoaringBitmap::new();
                for part in parts {
                    rows |= self.evaluate(part)?;
                }
                Ok(rows)
            }
            Plan::Not(part) => {
                let matching = self.evaluate(part)?;
                Ok(self.index.read().rows() - matching)
            }
        }
    }

    fn with_all(&mut self, parts: &[Plan<'_>]) -> Result<RoaringBitmap, E> {
        let Some(mut steps) = Conjunction::steps(parts) else { return Ok(RoaringBitmap::new()) };
        {
            let index = self.index.read();
            steps.sort_by_cached_key(|step| index.step_work(step));
        }
        let mut rows: Option<RoaringBitmap> = None;
        for part in &steps {
            let narrowed = match part {
                Step::Excludes(plan) => {
                    let excluded = self.evaluate(plan)?;
                    rows.unwrap_or_else(|| self.index.read().rows().clone()) - excluded
                }
                Step::Matches(plan) => intersection(rows, self.evaluate(plan)?),
                Step::Within(path, interval) => {
                    intersection(rows, self.with_field(path, &Condition::Within(*interval))?)
                }
            };
            if narrowed.is_empty() {
                return Ok(narrowed);
            }
            rows = Some(narrowed);
        }
        Ok(rows.unwrap_or_else(|| self.index.read().rows().clone()))
    }

    fn with_field(&mut self, path: &FieldPath, condition: &Condition<'_>) -> Result<RoaringBitmap, E> {
        if let Condition::Is(Predicate::Exists(false)) = condition {
            let present = self.with_field(path, &Condition::Is(&Predicate::Exists(true)))?;
            return Ok(self.index.read().rows() - present);
        }
        let nested = self.at(path.names(), condition)?;
        let Some(whole) = path.whole() else { return Ok(nested) };
        let outermost = self.at(&[whole.to_owned()], condition)?;
        Ok(outermost | (nested - &*self.index.read().present(whole)))
    }

    /// The rows in which the names, as they stand, lead to a value that satisfies the condition.
    fn at(&mut self, names: &[String], condition: &Condition<'_>) -> Result<RoaringBitmap, E> {
        let (is_walked, work) = {
            let index = self.index.read();
            let place = index.place(names, condition);
            (matches!(place, Place::Walked(..)), place.work(condition))
        };
        if work <= SLICE_POSTINGS {
            return Ok(self.index.read().place(names, condition).matching(condition).into_owned());
        }
        let values = Walked { names, condition, terms: Field::values };
        let elements = Walked { names, condition, terms: Field::elements };
        let predicate = match condition {
            _ if is_walked => {
                let (outermost, rest) = names.split_at(1.min(names.len()));
                return self.slices(Walked { names: outermost, ..values }, &Scan::Inside(rest, *condition));
            }
            Condition::Within(interval) => return self.slices(values, &Scan::Within(*interval)),
            Condition::Is(predicate) => *predicate,
        };
        match predicate {
            Predicate::Contains(Value::String(part)) => {
                let texts = self.slices(values, &Scan::Part(part))?;
                Ok(texts | elements.look(&self.index.read(), |terms| terms.any_of(&[Value::from(part.as_str())])))
            }
            Predicate::IContains(part) => {
                let texts = self.slices(values, &Scan::FoldedPart(part))?;
                Ok(texts | self.slices(elements, &Scan::FoldedWhole(part))?)
            }
            Predicate::StartsWith(start) => self.slices(values, &Scan::Start(start)),
            Predicate::All(wanted) if wanted.is_empty() => self.slices(values, &Scan::Lists),
            Predicate::All(wanted) => self.all_of(elements, wanted.as_slice()),
            Predicate::Any(wanted) => self.any_of(elements, wanted.as_slice()),
            Predicate::In(wanted) => self.any_of(values, wanted.as_slice()),
            Predicate::Nin(wanted) => {
                let unwanted = self.any_of(values, wanted.as_slice())?;
                Ok(self.at(names, &Condition::Is(&Predicate::Exists(true)))? - unwanted)
            }
            Predicate::Gt(_) | Predicate::Gte(_) | Predicate::Lt(_) | Predicate::Lte(_) => {
                match Interval::of(predicate) {
                    Some(interval) => self.slices(values, &Scan::Within(interval)),
                    None => Ok(RoaringBitmap::new()),
                }
            }
            // One posting, whatever there is.
            Predicate::Eq(_) | Predicate::Ne(_) | Predicate::Exists(_) | Predicate::Contains(_) => {
                Ok(self.index.read().place(names, condition).matching(condition).into_owned())
            }
        }
    }

    fn any_of(&mut self, walked: Walked<'_>, values: &[Value]) -> Result<RoaringBitmap, E> {
        let mut rows = RoaringBitmap::new();
        for values in values.chunks(SLICE_POSTINGS) {
            (self.step)()?;
            rows |= walked.look(&self.index.read(), |terms| terms.any_of(values));
        }
        Ok(rows)
    }

    fn all_of(&mut self, walked: Walked<'_>, values: &[Value]) -> Result<RoaringBitmap, E> {
        let mut rows: Option<RoaringBitmap> = None;
        for values in values.chunks(SLICE_POSTINGS) {
            (self.step)()?;
            rows = Some(intersection(rows, walked.look(&self.index.read(), |terms| terms.all_of(values))));
        }
        Ok(rows.unwrap_or_default())
    }

    /// Joins slices, each of which begins behind the value at which the one before ended.
    fn slices(&mut self, walked: Walked<'_>, scan: &Scan<'_>) -> Result<RoaringBitmap, E> {
        let (mut rows, mut after) = (RoaringBitmap::new(), None);
        loop {
            (self.step)()?;
            let (found, last) = walked.look(&self.index.read(), |terms| terms.slice(scan, after.as_ref()));
            rows |= found;
            if last.is_none() {
                return Ok(rows);
            }
            after = last;
        }
    }
}

impl Walked<'_> {
    /// Looks at the values or elements of the field, if it is still there: what a reader may see is.
    fn look<T: Default>(&self, index: &MetadataIndex, look: impl FnOnce(&Terms) -> T) -> T {
        match index.place(self.names, self.condition) {
            Place::Listed(field) => look((self.terms)(field)),
            Place::Walked(..) | Place::Nowhere => T::default(),
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
    use crate::api::{Filter, ValueSet};

    const ROWS: u32 = 5_000;

    /// `far` has more names than there is room for.
    fn metadata(row: u32) -> Properties {
        let map = |entries: &[(&str, Value)]| {
            Value::Map(entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
        };
        let number = i64::from(row);
        let tags = Value::List(vec![Value::from(format!("Tag {row}").as_str()), Value::Int(number % 10)]);
        Properties::new()
            .with("text", format!("text {row}").as_str())
            .with("time", number)
            .with("kind", number % 3)
            .with("tags", tags.clone())
            .with("near", map(&[("time", Value::Int(number)), ("tags", tags)]))
            .with("far", map(&[(format!("name {row}").as_str(), Value::Int(number)), ("z", Value::Int(number))]))
    }

    fn field(name: &str, predicate: Predicate) -> Filter {
        Filter::on(name, predicate).unwrap()
    }

    fn filters() -> Vec<Filter> {
        let int = |number: i64| Value::Int(number);
        let contains = || field("text", Predicate::Contains("9".into()));
        let even = || (0..3_000).map(|number| int(number * 2)).collect::<ValueSet>();
        let tags = || (0..3_000).map(|number| Value::from(format!("Tag {number}").as_str())).collect::<ValueSet>();
        vec![
            contains(),
            field("text", Predicate::Contains("nothing".into())),
            field("text", Predicate::IContains("TEXT 9".to_owned().into())),
            field("text", Predicate::StartsWith("text".to_owned())),
            field("tags", Predicate::IContains("tag 12".to_owned().into())),
            field("tags", Predicate::All(ValueSet::default())),
            field("tags", Predicate::Any(tags())),
            field("near.tags", Predicate::Any(tags())),
            field("near.time", Predicate::Gte(int(7))),
            field("far.name 4999", Predicate::Exists(true)),
            field("far.name 4999", Predicate::Exists(false)),
            field("far.name 4999", Predicate::Ne(int(3))),
            Filter::And(vec![
                field("near.time", Predicate::Gt(int(100))),
                field("near.time", Predicate::Lt(int(4_000))),
                field("far.name 200", Predicate::Exists(true)),
            ]),
            field("time", Predicate::Gte(int(7))),
            field("time", Predicate::Lt(int(4_990))),
            field("time", Predicate::Lte(int(4_990))),
            field("time", Predicate::In(even())),
            field("time", Predicate::Nin(even())),
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

    fn plan(filter: &Filter) -> Plan<'_> {
        Plan::of(filter, &mut |_| Err(())).unwrap()
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
            let found = shared.evaluate(&plan(&filter), &mut || {
                slices += 1;
                shared.insert(next, &metadata(next));
                next += 1;
                Ok::<_, Infallible>(())
            });
            let mut found = found.unwrap();
            assert!(slices >= 3, "{filter:?} in {slices} slices");
            found.remove_range(ROWS..);
            assert_eq!(found, plain.evaluate(&plan(&filter)), "{filter:?}");
            assert_eq!(found, (0..ROWS).filter(|row| filter.matches(&metadata(*row))).collect(), "{filter:?}");
        }
    }

    #[test]
    fn a_search_ends_when_it_is_told_to() {
        let shared = SharedIndex::default();
        (0..ROWS).for_each(|row| shared.insert(row, &metadata(row)));
        let mut slices = 0;
        let ended = shared.evaluate(&plan(&filters()[0]), &mut || {
            slices += 1;
            if slices == 2 { Err("enough") } else { Ok(()) }
        });
        assert_eq!(ended, Err("enough"));
    }
}
