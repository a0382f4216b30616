//! Documents in an order, from a place on.
//!
//! By id, the rows of the store are walked, which stand in that order. If a filter leaves few, their ids are sorted instead:
//! both give the same, and whichever reads less is taken. By a field, the sorted values of the index are walked; the rows of
//! one value are sorted by id; a field inside others is brought into an order first. So a page costs what it gives, and not what there is, unless a filter, or very many documents
//! of one value, stand in between; and it takes memory for one page.

use std::ops::ControlFlow;

use roaring::RoaringBitmap;

use super::cursor::{ListPosition, OrderPlace};
use super::smallest::Smallest;
use super::visible::{VisibleRows, chosen};
use crate::api::{DocumentId, Error, Filter, Result, Value};
use crate::index::metadata::{SharedIndex, ValueRange, ValueWalk};
use crate::index::vector::IdBytes;
use crate::namespace::collection::Collection;
use crate::namespace::query::reader::Reader;
use crate::store::{DocumentRecord, KeyRange, KeyWriter, Read, StoreError, Table};

/// Looking a chosen row up and sorting it in takes about so much less than reading one in the walk.
const SORTED_FOR_ONE_READ: u64 = 8;

/// An order of a collection's documents, and where in it to begin.
pub struct Ordered<'a> {
    /// The documents.
    pub collection: &'a Collection,
    /// Where to read.
    pub snapshot: &'a Reader<'a>,
    /// What has expired by then is not there.
    pub now_ms: i64,
    /// Only those that match.
    pub filter: Option<&'a Filter>,
    /// The field; nothing = by id.
    pub order_by: Option<&'a str>,
    /// The other way round.
    pub descending: bool,
    /// Begin behind this place.
    pub after: Option<ListPosition>,
    /// How many are looked at, at most.
    pub room: usize,
}

/// A document in its place.
pub struct Placed<'a> {
    /// What stands before its id in the order.
    pub place: &'a OrderPlace,
    /// Its id.
    pub id: &'a [u8],
    /// Its record.
    pub record: DocumentRecord<'a>,
}

type Visit<'v> = dyn FnMut(Placed<'_>) -> Result<ControlFlow<()>> + 'v;

/// Some documents in the order of their ids.
struct ById<'a> {
    /// Only these rows; nothing = all.
    chosen: Option<&'a RoaringBitmap>,
    place: &'a OrderPlace,
    after: Option<&'a DocumentId>,
    descending: bool,
}

impl Ordered<'_> {
    /// Visits the documents until told to stop.
    pub fn each(&self, visit: &mut Visit<'_>) -> Result<()> {
        let matching = chosen(self.collection, self.snapshot, self.filter, self.now_ms)?;
        match self.order_by {
            None => {
                let after = self.after.as_ref().map(|after| &after.id);
                let by_id =
                    ById { chosen: matching.as_ref(), place: &OrderPlace::Id, after, descending: self.descending };
                self.by_id(&by_id, visit).map(drop)
            }
            Some(field) => self.by_field(field, matching.as_ref(), visit),
        }
    }

    fn by_field(&self, field: &str, matching: Option<&RoaringBitmap>, visit: &mut Visit<'_>) -> Result<()> {
        let metadata = self.collection.metadata();
        let inside = metadata.resolved(field, matching, &mut || self.snapshot.wanted.look())?;
        let index = inside.as_ref().unwrap_or(metadata);
        let begins_missing = matches!(self.after, Some(ListPosition { place: OrderPlace::Missing, .. }));
        if !begins_missing && self.by_value(index, field, matching, visit)?.is_break() {
            return Ok(());
        }
        let lacking = index.without_field(field, matching);
        let after = self.after.as_ref().filter(|_| begins_missing).map(|after| &after.id);
        let by_id = ById { chosen: Some(&lacking), place: &OrderPlace::Missing, after, descending: false };
        self.by_id(&by_id, visit).map(drop)
    }

    fn by_value(
        &self,
        index: &SharedIndex,
        field: &str,
        matching: Option<&RoaringBitmap>,
        visit: &mut Visit<'_>,
    ) -> Result<ControlFlow<()>> {
        let mut range = ValueRange::all(self.descending);
        let mut begun: Option<(&Value, &DocumentId)> = None;
        if let Some(ListPosition { place: OrderPlace::Value(value), id }) = &self.after {
            range = range.starting_at(value.clone());
            begun = Some((value, id));
        }
        let walk = ValueWalk { field, allowed: matching, rows: self.room as u64 };
        let mut flow = ControlFlow::Continue(());
        let step = &mut || self.snapshot.wanted.look();
        index.walk(walk, range, step, |value, rows| {
            let after = begun.filter(|(place, _)| **place == value).map(|(_, id)| id);
            let place = OrderPlace::Value(value);
            let by_id = ById { chosen: Some(&rows), place: &place, after, descending: false };
            flow = self.sorted(&by_id, &rows, visit)?;
            Ok(flow)
        })?;
        Ok(flow)
    }

    fn by_id(&self, by_id: &ById<'_>, visit: &mut Visit<'_>) -> Result<ControlFlow<()>> {
        match by_id.chosen {
            Some(chosen) if self.are_few(chosen) => self.sorted(by_id, chosen, visit),
            _ => self.walked(by_id, visit),
        }
    }

    /// True if sorting these rows takes less than walking over all until a page is full of them.
    fn are_few(&self, rows: &RoaringBitmap) -> bool {
        let (all, few) = (self.collection.newest_count(), rows.len());
        let walked = (self.room as u64).saturating_mul(all) / few.max(1);
        few < walked.min(all).saturating_mul(SORTED_FOR_ONE_READ)
    }

    fn walked(&self, by_id: &ById<'_>, visit: &mut Visit<'_>) -> Result<ControlFlow<()>> {
        let mut range = KeyRange::prefix(&self.key(&[]));
        if let Some(after) = by_id.after {
            range = range.after(&self.key(after.as_str().as_bytes()), by_id.descending);
        }
        for row in self.snapshot.scan(Table::Documents, &range, by_id.descending)? {
            let row = row?;
            self.snapshot.wanted.step()?;
            let record = DocumentRecord::decode(&row.value)?;
            if by_id.chosen.is_some_and(|chosen| !chosen.contains(record.place.row)) {
                continue;
            }
            let id = row.key.get(4..).ok_or_else(|| StoreError::corrupt(Table::Documents, "a key is too short"))?;
            if visit(Placed { place: by_id.place, id, record })?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn sorted(&self, by_id: &ById<'_>, rows: &RoaringBitmap, visit: &mut Visit<'_>) -> Result<ControlFlow<()>> {
        let visible = VisibleRows::new(self.collection, self.snapshot);
        let is_behind = |id: &IdBytes| match by_id.after.map(|after| after.as_str().as_bytes()) {
            Some(after) if by_id.descending => &**id < after,
            Some(after) => &**id > after,
            None => true,
        };
        let mut first = Smallest::new(self.room, by_id.descending);
        for row in rows {
            self.snapshot.wanted.step()?;
            visible.id(row).filter(is_behind).into_iter().for_each(|id| first.offer(id));
        }
        for id in first.into_sorted() {
            self.snapshot.wanted.step()?;
            let stored = self.snapshot.get(Table::Documents, &self.key(&id))?;
            let stored = stored.ok_or_else(|| Error::internal("a visible row has no document"))?;
            let record = DocumentRecord::decode(&stored)?;
            if visit(Placed { place: by_id.place, id: &id, record })?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn key(&self, id: &[u8]) -> Vec<u8> {
        KeyWriter::new().u32(self.collection.record.id).raw(id).finish()
    }
}
