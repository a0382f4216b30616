//! Walks over the distinct values of one field, in order: what sorted lists, bounds and counts of values are made of.
//!
//! A walk takes a slice of values under the lock and goes on behind its last value without it, as every long question does
//! (`shared.rs`). Rows never change their value, so a row that is there all the time is met exactly once.

use std::ops::{Bound, ControlFlow};

use roaring::RoaringBitmap;

use super::field::Field;
use super::posting::{Posting, SLICE_POSTINGS};
use super::shared::SharedIndex;
use super::terms::{SLICE_BYTES, value_heap_bytes};
use crate::api::{Map, Value};

/// Which values a walk visits, and from which end.
#[derive(Debug, Clone)]
pub struct ValueRange {
    lower: Bound<Value>,
    upper: Bound<Value>,
    descending: bool,
}

impl ValueRange {
    /// Every value.
    pub fn all(descending: bool) -> Self {
        Self { lower: Bound::Unbounded, upper: Bound::Unbounded, descending }
    }

    /// Numbers only.
    pub fn numbers(descending: bool) -> Self {
        let lower = Bound::Included(Value::Float(f64::NEG_INFINITY));
        Self { lower, upper: Bound::Excluded(Value::String(String::new())), descending }
    }

    /// Texts only.
    pub fn texts(descending: bool) -> Self {
        let lower = Bound::Included(Value::String(String::new()));
        Self { lower, upper: Bound::Excluded(Value::Bytes(Vec::new())), descending }
    }

    /// Maps only.
    pub fn maps() -> Self {
        Self { lower: Bound::Included(Value::Map(Map::new())), upper: Bound::Unbounded, descending: false }
    }

    /// What is left of it from a value on, in its direction.
    #[must_use]
    pub fn starting_at(self, value: Value) -> Self {
        self.behind(Bound::Included(value))
    }

    fn behind(mut self, bound: Bound<Value>) -> Self {
        let side = if self.descending { &mut self.upper } else { &mut self.lower };
        *side = bound;
        self
    }

    /// The bounds, unless no value can lie between them: the map would not be asked then, but panic.
    fn bounds(&self) -> Option<(Bound<&Value>, Bound<&Value>)> {
        let bounds = (self.lower.as_ref(), self.upper.as_ref());
        let is_empty = match bounds {
            (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
            (Bound::Included(lower), Bound::Included(upper)) => lower > upper,
            (Bound::Included(lower) | Bound::Excluded(lower), Bound::Included(upper) | Bound::Excluded(upper)) => {
                lower >= upper
            }
        };
        (!is_empty).then_some(bounds)
    }
}

/// Values with their rows, and the value to go on behind if there may be more.
type Slice = (Vec<(Value, RoaringBitmap)>, Option<Value>);

/// What a walk visits.
#[derive(Debug, Clone, Copy)]
pub struct ValueWalk<'a> {
    /// The field.
    pub field: &'a str,
    /// Only these rows count; nothing = all.
    pub allowed: Option<&'a RoaringBitmap>,
    /// About how many rows are wanted: no more values are taken together than that needs.
    pub rows: u64,
}

impl SharedIndex {
    /// Visits the values of a range in order, each with its rows; a value without any is passed over. `step` as in
    /// [`SharedIndex::evaluate`].
    pub fn walk<E>(
        &self,
        walk: ValueWalk<'_>,
        mut range: ValueRange,
        step: &mut impl FnMut() -> Result<(), E>,
        mut visit: impl FnMut(Value, RoaringBitmap) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        loop {
            step()?;
            let (found, last) = match self.0.read().field(walk.field) {
                Some(field) => field.ordered_slice(walk, &range),
                None => return Ok(()),
            };
            for (value, rows) in found {
                if visit(value, rows)?.is_break() {
                    return Ok(());
                }
            }
            let Some(last) = last else { return Ok(()) };
            range = range.behind(Bound::Excluded(last));
        }
    }

    /// The rows that lack a field, of those that are `allowed`; nothing = of all.
    pub fn without_field(&self, field: &str, allowed: Option<&RoaringBitmap>) -> RoaringBitmap {
        let index = self.0.read();
        let allowed = allowed.unwrap_or_else(|| index.rows());
        index.field(field).map_or_else(|| allowed.clone(), |field| allowed - &*field.present())
    }
}

impl Field {
    fn ordered_slice(&self, walk: ValueWalk<'_>, range: &ValueRange) -> Slice {
        let Some(bounds) = range.bounds() else { return Slice::default() };
        let entries = self.values().range(bounds);
        if range.descending { slice(entries.rev(), walk) } else { slice(entries, walk) }
    }
}

fn slice<'a>(entries: impl Iterator<Item = (&'a Value, &'a Posting)>, walk: ValueWalk<'_>) -> Slice {
    let (mut found, mut rows, mut bytes) = (Vec::new(), 0, 0);
    for (place, (value, posting)) in entries.enumerate() {
        let among = posting.among(walk.allowed);
        if !among.is_empty() {
            rows += among.len();
            bytes += value_heap_bytes(value);
            found.push((value.clone(), among));
        }
        if place + 1 >= SLICE_POSTINGS || rows >= walk.rows || bytes >= SLICE_BYTES {
            return (found, Some(value.clone()));
        }
    }
    (found, None)
}
