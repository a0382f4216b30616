//! What a field holds: values with their counts, and bounds.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::ControlFlow;

use super::visible::{VisibleRows, chosen};
use crate::api::{Error, Facet, FacetDocuments, Facets, MaybeBounds, MinMaxDocuments, Result, Value, ValueBounds};
use crate::index::metadata::{SharedIndex, ValueRange, ValueWalk, value_heap_bytes};
use crate::limits;
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::store::CollectionKind;

/// The values that most rows have, most first, ties by value. The root of the heap is the one that goes next.
struct MostFrequent {
    room: usize,
    kept: BinaryHeap<(Reverse<u64>, Value)>,
    bytes: usize,
}

impl MostFrequent {
    /// Values come in their order: of two with one count, the one that is here already is the smaller.
    fn offer(&mut self, value: &Value, count: u64) -> Result<()> {
        if self.kept.len() >= self.room {
            if self.kept.peek().is_some_and(|(Reverse(least), _)| count <= *least) {
                return Ok(());
            }
            if let Some((_, gone)) = self.kept.pop() {
                self.bytes -= value_heap_bytes(&gone);
            }
        }
        self.bytes += value_heap_bytes(value);
        if self.bytes > limits::REPLY_BYTES_MAX {
            return Err(Error::limit("the values are too long for one answer; ask for fewer"));
        }
        self.kept.push((Reverse(count), value.clone()));
        Ok(())
    }

    fn into_facets(self) -> Vec<Facet> {
        let facet = |(Reverse(count), value)| Facet { value, count };
        self.kept.into_sorted_vec().into_iter().map(facet).collect()
    }
}

/// Counts documents by the value of a field.
pub fn facet(state: &State, snapshot: &Reader<'_>, request: &FacetDocuments) -> Result<Facets> {
    let found =
        state.collection_or_none(snapshot, &request.collection, CollectionKind::Documents, request.missing_ok)?;
    let Some(collection) = &found else { return Ok(Facets::default()) };
    let matching = chosen(collection, snapshot, request.filter.as_ref(), state.clock.now_ms())?;
    let rows = VisibleRows::new(collection, snapshot).all(matching)?;
    let room = request.limit.map_or(limits::FACETS_DEFAULT, |limit| limit as usize);
    let mut most = MostFrequent { room, kept: BinaryHeap::new(), bytes: 0 };
    let step = &mut || snapshot.wanted.look();
    let inside = collection.metadata().resolved(&request.field, Some(&rows), step)?;
    let index = inside.as_ref().unwrap_or_else(|| collection.metadata());
    index.count_values(&request.field, &rows, step, |value, count| most.offer(value, count))?;
    Ok(Facets { facets: most.into_facets() })
}

impl Query for FacetDocuments {
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<Facets> {
        facet(state, snapshot, &self)
    }
}

impl Query for MinMaxDocuments {
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<MaybeBounds> {
        let found = state.collection_or_none(snapshot, &self.collection, CollectionKind::Documents, self.missing_ok)?;
        let Some(collection) = &found else { return Ok(MaybeBounds::default()) };
        let matching = chosen(collection, snapshot, self.filter.as_ref(), state.clock.now_ms())?;
        let walk = ValueWalk { field: &self.field, allowed: matching.as_ref(), rows: 1 };
        let inside = collection.metadata().resolved(&self.field, matching.as_ref(), &mut || snapshot.wanted.look())?;
        let index = inside.as_ref().unwrap_or_else(|| collection.metadata());
        let visible = VisibleRows::new(collection, snapshot);
        let first = |range| first(index, visible, snapshot, walk, range);
        for of_kind in [ValueRange::numbers, ValueRange::texts] {
            if let (Some(min), Some(max)) = (first(of_kind(false))?, first(of_kind(true))?) {
                return Ok(MaybeBounds { bounds: Some(ValueBounds { min, max }) });
            }
        }
        Ok(MaybeBounds::default())
    }
}

/// The first value of a range that a document has which the reader sees.
fn first(
    index: &SharedIndex,
    visible: VisibleRows<'_>,
    snapshot: &Reader<'_>,
    walk: ValueWalk<'_>,
    range: ValueRange,
) -> Result<Option<Value>> {
    let mut found = None;
    index.walk(walk, range, &mut || snapshot.wanted.look(), |value, rows| {
        for row in rows {
            snapshot.wanted.step()?;
            if visible.sees(row) {
                found = Some(value);
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}
