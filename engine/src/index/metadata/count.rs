//! How many rows have each value of a field.
//!
//! A row counts under its value, and a row whose value is a list under each of its elements: the values of the field and the
//! elements of its lists are two sorted lists, merged as they are counted.

use std::cmp::Ordering;
use std::ops::Bound;

use roaring::RoaringBitmap;

use super::field::Field;
use super::posting::{Posting, SLICE_POSTINGS};
use super::shared::SharedIndex;
use crate::api::Value;

impl SharedIndex {
    /// Visits the values of a field, in order, each with how many of the rows have it. `step` as in
    /// [`SharedIndex::evaluate`]; `visit` is called under the lock.
    pub fn count_values<E>(
        &self,
        field: &str,
        rows: &RoaringBitmap,
        step: &mut impl FnMut() -> Result<(), E>,
        mut visit: impl FnMut(&Value, u64) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut after: Option<Value> = None;
        loop {
            step()?;
            after = match self.0.read().field(field) {
                Some(field) => field.count_slice(rows, after.as_ref(), &mut visit)?,
                None => None,
            };
            if after.is_none() {
                return Ok(());
            }
        }
    }
}

impl Field {
    /// Counts the next few values; gives the last one looked at if there may be more.
    fn count_slice<E>(
        &self,
        rows: &RoaringBitmap,
        after: Option<&Value>,
        visit: &mut impl FnMut(&Value, u64) -> Result<(), E>,
    ) -> Result<Option<Value>, E> {
        let from = (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let mut values = self.values().range(from).peekable();
        let mut elements = self.elements().range(from).peekable();
        for looked_at in 1.. {
            let order = match (values.peek(), elements.peek()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((value, _)), Some((element, _))) => value.cmp(element),
            };
            let whole = if order.is_le() { values.next() } else { None };
            let element = if order.is_ge() { elements.next() } else { None };
            let Some((value, _)) = whole.or(element) else { break };
            // A list counts by its elements, and not as itself.
            let whole = whole.filter(|(value, _)| !matches!(value, Value::List(_)));
            let count = |(_, posting): (&Value, &Posting)| posting.count_among(rows);
            let count = whole.map_or(0, count) + element.map_or(0, count);
            if count > 0 {
                visit(value, count)?;
            }
            if looked_at >= SLICE_POSTINGS {
                return Ok(Some(value.clone()));
            }
        }
        Ok(None)
    }
}
