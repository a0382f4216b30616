//! `temporal_history`: every belief there ever was about the edges of a node, straight from the store.
//!
//! Answers come by type, start, other end and commit. That is the order of the keys behind the node's name in both
//! tables, so the two directions are merged by comparing bytes. A cursor is the side of the last version looked at (0
//! outgoing, 1 incoming; 2 more with the newest first) and that part of its key; of equal keys the outgoing one comes first.
//! The order with the newest first is that of [`super::newest`].

use std::iter::Peekable;
use std::ops::Bound;

use super::super::graph::{Adjacency, GraphBudget, temporal_edge_bytes};
use super::super::wants::{Extent, Wants};
use super::facts::{as_known, believed_seq, period_of, window};
use super::newest::Newest;
use crate::api::{ByteBuf, Direction, Error, NodeId, Result, TemporalEdge, TemporalEdges, TemporalHistory};
use crate::index::interval::Period;
use crate::limits;
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::namespace::timelines::{Side, decode, decode_some, out_key_of_in, out_prefix, parts};
use crate::store::{KeyRange, Read, RowScan, StoreError, StoredRow, Table};

/// Reads a page of the history.
pub fn history(
    _state: &State,
    snapshot: &Reader<'_>,
    request: &TemporalHistory,
    wants: Wants,
) -> Result<TemporalEdges> {
    let filter = HistoryFilter::new(snapshot, request, wants.edges)?;
    let place = request.cursor.as_ref().map(|cursor| PagePlace::decode(cursor, request.newest_first)).transpose()?;
    if request.newest_first {
        let lanes = Newest::begin(snapshot, request, place.as_ref())?;
        return page(&filter, lanes, place, request.limit);
    }
    let TemporalHistory { node_id, edge_type, direction, .. } = request;
    let prefix = out_prefix(node_id.as_str(), edge_type.as_ref().map(|edge_type| edge_type.as_str()), None);
    let mut lanes = Vec::with_capacity(2);
    for side in Adjacency::sides(*direction) {
        let rows = snapshot.scan(table(*side), &range(node_id, &prefix, *side, place.as_ref()), false)?;
        lanes.push(Lane { side: *side, rows: rows.peekable() });
    }
    page(&filter, std::iter::from_fn(move || next(&mut lanes).transpose()), place, request.limit)
}

fn page(
    filter: &HistoryFilter<'_>,
    rows: impl Iterator<Item = Result<(Side, StoredRow)>>,
    mut place: Option<PagePlace>,
    limit: Option<u32>,
) -> Result<TemporalEdges> {
    let (mut edges, mut budget, mut is_complete) = (Vec::new(), GraphBudget::page(limit), true);
    for (looked_at, row) in rows.enumerate() {
        let (side, row) = row?;
        filter.snapshot.wanted.step()?;
        if looked_at == limits::HISTORY_LOOK_MAX {
            is_complete = false;
            break;
        }
        if let Some(edge) = filter.edge(side, &row)? {
            if !budget.take(temporal_edge_bytes(&edge)) {
                is_complete = false;
                break;
            }
            edges.push(edge);
        }
        place = Some(PagePlace { side, suffix: suffix(filter.node, &row.key).to_vec() });
    }
    let cursor = (!is_complete).then(|| PagePlace::encode(place, filter.newest_first));
    Ok(TemporalEdges { edges, cursor, truncated: !is_complete })
}

impl Query for TemporalHistory {
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<TemporalEdges> {
        history(state, snapshot, &self, Wants::ALL)
    }
}

pub(super) fn table(side: Side) -> Table {
    match side {
        Side::Outgoing => Table::TemporalOut,
        Side::Incoming => Table::TemporalIn,
    }
}

/// What follows the node's name and its zero byte.
fn suffix<'k>(node: &NodeId, key: &'k [u8]) -> &'k [u8] {
    key.get(node.as_str().len() + 1..).unwrap_or_default()
}

/// Where a page ended.
pub(super) struct PagePlace {
    pub(super) side: Side,
    pub(super) suffix: Vec<u8>,
}

impl PagePlace {
    fn encode(place: Option<Self>, newest_first: bool) -> ByteBuf {
        let Self { side, suffix } = place.unwrap_or(Self { side: Side::Outgoing, suffix: Vec::new() });
        let mut cursor = vec![u8::from(side == Side::Incoming) | u8::from(newest_first) << 1];
        cursor.extend(suffix);
        ByteBuf::from(cursor)
    }

    /// Comes from outside. A wrong one can only move the place within the versions asked for.
    fn decode(cursor: &[u8], newest_first: bool) -> Result<Self> {
        let invalid = || Error::invalid("the cursor does not belong to this query; begin without one");
        let (kind, suffix) = cursor.split_first().ok_or_else(invalid)?;
        let side = match (kind, newest_first) {
            (0, false) | (2, true) => Side::Outgoing,
            (1, false) | (3, true) => Side::Incoming,
            _ => return Err(invalid()),
        };
        // Behind any node's name it must be a whole key.
        let is_key = suffix.is_empty() || parts(&[b"n\0", suffix].concat()).is_some();
        is_key.then(|| Self { side, suffix: suffix.to_vec() }).ok_or_else(invalid)
    }
}

/// The rows of one side behind a place.
fn range(node: &NodeId, prefix: &[u8], side: Side, place: Option<&PagePlace>) -> KeyRange {
    let range = KeyRange::prefix(prefix);
    let Some(place) = place else { return range };
    let mut key = out_prefix(node.as_str(), None, None);
    key.extend(&place.suffix);
    if key.as_slice() < prefix {
        return range;
    }
    // The outgoing row with this key came before the incoming one.
    match side <= place.side {
        true => KeyRange { start: Bound::Excluded(key), ..range },
        false => KeyRange { start: Bound::Included(key), ..range },
    }
}

/// The rows of one side.
struct Lane<'a> {
    side: Side,
    rows: Peekable<RowScan<'a>>,
}

/// Takes the next row of all sides.
fn next(lanes: &mut [Lane<'_>]) -> Result<Option<(Side, StoredRow)>> {
    // Keys of both sides begin with the same node: whole keys compare like what follows it. Errors come first.
    let heads = lanes.iter_mut().enumerate().filter_map(|(index, lane)| {
        let head = lane.rows.peek()?;
        Some((head.as_ref().ok().map(|row| row.key.as_slice()), index))
    });
    let Some(index) = heads.min().map(|(_, index)| index) else { return Ok(None) };
    let Some(lane) = lanes.get_mut(index) else { return Ok(None) };
    let row = lane.rows.next().transpose()?;
    Ok(row.map(|row| (lane.side, row)))
}

/// What is asked for of the versions that are come by.
struct HistoryFilter<'a> {
    snapshot: &'a Reader<'a>,
    node: &'a NodeId,
    other: Option<&'a NodeId>,
    direction: Direction,
    /// The window of valid time; nothing = all of it.
    window: Option<Period>,
    /// The commit whose knowledge is told.
    upto: u64,
    newest_first: bool,
    extent: Extent,
}

impl<'a> HistoryFilter<'a> {
    fn new(snapshot: &'a Reader<'a>, request: &'a TemporalHistory, extent: Extent) -> Result<Self> {
        let TemporalHistory { node_id, other_id, direction, start, end, as_of, newest_first, .. } = request;
        let window = match (start, end) {
            (None, None) => None,
            (start, end) => Some(window(*start, *end)?),
        };
        // A window, or another time's knowledge, asks for more than the key says.
        let least = if window.is_some() || as_of.is_some() { Extent::Front } else { Extent::Key };
        Ok(Self {
            snapshot,
            node: node_id,
            other: other_id.as_ref(),
            direction: *direction,
            window,
            upto: believed_seq(snapshot, *as_of)?,
            newest_first: *newest_first,
            extent: extent.max(least),
        })
    }

    /// The version of a row, if it is asked for.
    fn edge(&self, side: Side, row: &StoredRow) -> Result<Option<TemporalEdge>> {
        let damaged = || StoreError::Corrupt { table: table(side).name(), what: "the key does not decode" };
        let key = parts(&row.key).ok_or_else(damaged)?;
        let is_seen = side == Side::Incoming && self.direction == Direction::Both && key.other == self.node.as_str();
        let is_wanted = !is_seen
            && self.other.is_none_or(|wanted| wanted.as_str() == key.other)
            && key.asserted_seq <= self.upto
            && self.window.and_then(|window| window.until()).is_none_or(|until| key.valid_from < until);
        if !is_wanted {
            return Ok(None);
        }
        let edge = read(self.snapshot, side, row, self.extent)?;
        let is_inside = self.window.map(|window| Ok::<_, Error>(period_of(&edge)?.overlaps(&window))).transpose()?;
        Ok(is_inside.unwrap_or(true).then(|| as_known(edge, self.upto)))
    }
}

/// Reads a version. The record of an incoming one, which lies elsewhere, is only looked up if something of it is wanted.
fn read(snapshot: &Reader<'_>, side: Side, row: &StoredRow, extent: Extent) -> Result<TemporalEdge> {
    let decode = |key: &[u8], value: &[u8]| match extent {
        Extent::Key => decode_some(key, None),
        Extent::Front => decode_some(key, Some(value)),
        Extent::Whole => decode(key, value),
    };
    if side == Side::Outgoing {
        return Ok(decode(&row.key, &row.value)?);
    }
    let key = out_key_of_in(&row.key)?;
    if extent == Extent::Key {
        return Ok(decode_some(&key, None)?);
    }
    let missing = || StoreError::Corrupt { table: Table::TemporalIn.name(), what: "there is no such edge" };
    Ok(snapshot.get_with(Table::TemporalOut, &key, |value| decode(&key, value))?.ok_or_else(missing)??)
}
