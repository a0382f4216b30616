//! `list_facts`: facts across nodes, by the walk that what is asked names: the versions of one node, of one type, or what
//! commits changed. A page looks at a bounded number of them, so that it may hold fewer facts than were asked for, or none,
//! and still have a cursor.
//!
//! Of one belief a walk over changes gives the last change only: whoever reads on while the world changes is told of a
//! retraction even if an earlier page told of the assertion.

use std::collections::BTreeSet;

use super::super::graph::{GraphBudget, temporal_edge_bytes};
use super::super::wants::{Extent, Wants};
use super::facts::{as_known, believed_seq, mode_period, period_of};
use crate::api::{ListFacts, Result, TemporalEdge, TemporalEdges, TemporalMode};
use crate::index::interval::Period;
use crate::limits;
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::namespace::timelines::{
    FactList, FactPlace, FactTest, ListedFact, all_are_listed, decode, decode_some, parts,
};
use crate::store::{Read, StoreError, Table};

/// Reads a page of facts.
pub fn list(state: &State, snapshot: &Reader<'_>, request: ListFacts, wants: Wants) -> Result<TemporalEdges> {
    let ListFacts { edge_type, from_id, to_id, mode, as_of, changed_since, filter, limit, cursor, snapshot: _ } =
        request;
    let since = changed_since.map(|since| believed_seq(snapshot, Some(since))).transpose()?;
    let any_time = TemporalMode::Range { start: None, end: None, clip: false };
    let mode = mode.unwrap_or(if since.is_some() { any_time } else { TemporalMode::Current });
    let listing = Listing {
        snapshot,
        upto: believed_seq(snapshot, as_of)?,
        since,
        period: mode_period(state, mode)?,
        test: FactTest { from_id, edge_type, to_id, node_id: None, filter },
        extent: wants.edges,
    };
    let place = cursor.map(|cursor| FactPlace::decode(&cursor, 1)).transpose()?;
    let are_listed = all_are_listed(snapshot)?;
    if let Some(since) = since
        && !are_listed
    {
        let changes = unlisted_changes(snapshot, since, place.as_ref())?;
        return listing.page(changes.into_iter().map(Ok), place, limit, limits::UNLISTED_CHANGES_MAX);
    }
    let walk = walk_of(&listing, are_listed);
    let range = place.as_ref().map_or_else(|| Ok(walk.range()), |place| walk.range_after(place))?;
    let rows = snapshot.scan(walk.table(), &range, false)?;
    listing.page(rows.map(|row| Ok(walk.listed(row?)?)), place, limit, limits::HISTORY_LOOK_MAX)
}

impl Query for ListFacts {
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<TemporalEdges> {
        list(state, snapshot, self, Wants::ALL)
    }
}

/// The shortest walk that comes by everything that is asked for.
fn walk_of(listing: &Listing<'_>, are_listed: bool) -> FactList {
    let FactTest { from_id, edge_type, to_id, .. } = &listing.test;
    match (listing.since, from_id, to_id, edge_type) {
        (Some(since), ..) => FactList::ChangedAfter(since),
        (None, Some(from), ..) => FactList::From(from.clone(), edge_type.clone()),
        (None, None, Some(to), _) => FactList::To(to.clone(), edge_type.clone()),
        (None, None, None, Some(edge_type)) if are_listed => FactList::OfType(edge_type.clone()),
        (None, None, None, _) => FactList::All,
    }
}

/// The first changes after a commit, behind a place, found by looking at every version: for a namespace of before the list of
/// changes, until that has every fact. One more than a page looks at, which tells that there are more.
fn unlisted_changes(snapshot: &Reader<'_>, since: u64, place: Option<&FactPlace>) -> Result<BTreeSet<ListedFact>> {
    let mut first = BTreeSet::new();
    for row in snapshot.scan(Table::TemporalOut, &FactList::All.range(), false)? {
        snapshot.wanted.step()?;
        let row = row?;
        let edge = decode_some(&row.key, Some(&row.value))?;
        for change in [Some(edge.asserted_seq), edge.retracted_seq].into_iter().flatten() {
            let is_behind = place.is_none_or(|place| (change.0, &row.key) > (place.change, &place.out_key));
            if change.0 > since && is_behind {
                first.insert(ListedFact { change: change.0, out_key: row.key.clone(), value: None });
            }
        }
        while first.len() > limits::UNLISTED_CHANGES_MAX + 1 {
            first.pop_last();
        }
    }
    Ok(first)
}

/// What a list has of the versions that a walk comes by.
struct Listing<'a> {
    snapshot: &'a Reader<'a>,
    /// The commit whose beliefs are told.
    upto: u64,
    /// The commit after which something must have changed.
    since: Option<u64>,
    /// The instants of valid time.
    period: Period,
    test: FactTest,
    extent: Extent,
}

impl Listing<'_> {
    fn page(
        &self,
        rows: impl Iterator<Item = Result<ListedFact>>,
        mut place: Option<FactPlace>,
        limit: Option<u32>,
        look_max: usize,
    ) -> Result<TemporalEdges> {
        let (mut edges, mut budget, mut is_complete) = (Vec::new(), GraphBudget::page(limit), true);
        for (looked_at, row) in rows.enumerate() {
            self.snapshot.wanted.step()?;
            let row = row?;
            if looked_at == look_max {
                is_complete = false;
                break;
            }
            if let Some(edge) = self.edge(&row)? {
                if !budget.take(temporal_edge_bytes(&edge)) {
                    is_complete = false;
                    break;
                }
                edges.push(edge);
            }
            place = Some(FactPlace { walk: 0, change: row.change, out_key: row.out_key });
        }
        // Only a limit of nothing ends a page before its first version.
        let cursor = place.filter(|_| !is_complete).map(|place| place.encode());
        Ok(TemporalEdges { edges, cursor, truncated: !is_complete })
    }

    /// The version that a row leads to, if it is asked for.
    fn edge(&self, row: &ListedFact) -> Result<Option<TemporalEdge>> {
        let damaged = |what| StoreError::Corrupt { table: Table::TemporalOut.name(), what };
        let key = parts(&row.out_key).ok_or_else(|| damaged("the key does not decode"))?;
        let is_late = self.period.until().is_some_and(|until| key.valid_from >= until);
        if key.asserted_seq > self.upto || is_late || !self.test.takes_key(&key) {
            return Ok(None);
        }
        let read = |value: &[u8]| -> Result<Option<TemporalEdge>> {
            let front = decode_some(&row.out_key, Some(value))?;
            if !self.tells_of(&front, row.change)? {
                return Ok(None);
            }
            if self.extent < Extent::Whole && self.test.filter.is_none() {
                return Ok(Some(front));
            }
            let edge = decode(&row.out_key, value)?;
            Ok(self.test.takes_fields(&edge.properties).then_some(edge))
        };
        let found = match &row.value {
            Some(value) => read(value)?,
            None => {
                let missing = || damaged("a fact that is listed is not there");
                self.snapshot.get_with(Table::TemporalOut, &row.out_key, read)?.ok_or_else(missing)??
            }
        };
        Ok(found.map(|edge| as_known(edge, self.upto)))
    }

    /// True of a version as far as its commits and its period tell.
    fn tells_of(&self, edge: &TemporalEdge, change: u64) -> Result<bool> {
        let retracted = edge.retracted_seq.map(|seq| seq.0).filter(|seq| *seq <= self.upto);
        let is_believed = match self.since {
            None => retracted.is_none(),
            Some(_) => retracted.unwrap_or(edge.asserted_seq.0) == change,
        };
        Ok(is_believed && period_of(edge)?.overlaps(&self.period))
    }
}
