//! `temporal_history`: every belief there ever was about the edges of a node, straight from the store.
//!
//! Answers come by type, start, other end and commit. That is the order of the keys behind the node's name in both
//! tables, so the two directions are merged by comparing bytes. A cursor is the side of the last version looked at (0
//! outgoing, 1 incoming) and that part of its key; of equal keys the outgoing one comes first.

use std::iter::Peekable;
use std::ops::Bound;

use super::super::graph::{Adjacency, GraphBudget, temporal_edge_bytes};
use super::super::wants::{Extent, Wants};
use crate::api::{ByteBuf, Direction, Error, NodeId, Result, TemporalEdge, TemporalEdges, TemporalHistory};
use crate::limits;
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::namespace::timelines::{Side, decode, decode_some, other_end, out_key_of_in, out_prefix};
use crate::store::{KeyRange, Read, RowScan, StoreError, StoredRow, Table};

/// Reads a page of the history.
pub fn history(_state: &State, snapshot: &Reader<'_>, request: TemporalHistory, wants: Wants) -> Result<TemporalEdges> {
    let TemporalHistory { node_id, edge_type, other_id, direction, limit, cursor, snapshot: _ } = request;
    let mut place = cursor.map(|cursor| PagePlace::decode(&cursor)).transpose()?;
    let prefix = out_prefix(node_id.as_str(), edge_type.as_ref().map(|edge_type| edge_type.as_str()), None);
    let mut lanes = Vec::with_capacity(2);
    for side in Adjacency::sides(direction) {
        let rows = snapshot.scan(table(*side), &range(&node_id, &prefix, *side, place.as_ref()), false)?;
        lanes.push(Lane { side: *side, rows: rows.peekable() });
    }
    let filter = HistoryFilter { node: &node_id, other: other_id.as_ref(), direction };
    let (mut edges, mut budget, mut is_complete) = (Vec::new(), GraphBudget::page(limit), true);
    for looked_at in 0.. {
        let Some((side, row)) = next(&mut lanes)? else { break };
        snapshot.wanted.step()?;
        if looked_at == limits::HISTORY_LOOK_MAX {
            is_complete = false;
            break;
        }
        if filter.wants(side, &row)? {
            let edge = read(snapshot, side, &row, wants.edges)?;
            if !budget.take(temporal_edge_bytes(&edge)) {
                is_complete = false;
                break;
            }
            edges.push(edge);
        }
        place = Some(PagePlace { side, suffix: suffix(&node_id, &row.key).to_vec() });
    }
    let cursor = (!is_complete).then(|| PagePlace::encode(place));
    Ok(TemporalEdges { edges, cursor, truncated: !is_complete })
}

impl Query for TemporalHistory {
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<TemporalEdges> {
        history(state, snapshot, self, Wants::ALL)
    }
}

fn table(side: Side) -> Table {
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
struct PagePlace {
    side: Side,
    suffix: Vec<u8>,
}

impl PagePlace {
    fn encode(place: Option<Self>) -> ByteBuf {
        let Self { side, suffix } = place.unwrap_or(Self { side: Side::Outgoing, suffix: Vec::new() });
        let mut cursor = vec![u8::from(side == Side::Incoming)];
        cursor.extend(suffix);
        ByteBuf::from(cursor)
    }

    /// Comes from outside. A wrong one can only move the place within the versions asked for.
    fn decode(cursor: &[u8]) -> Result<Self> {
        let invalid = || Error::invalid("the cursor does not belong to this query; begin without one");
        let (side, suffix) = cursor.split_first().ok_or_else(invalid)?;
        let side = match side {
            0 => Side::Outgoing,
            1 => Side::Incoming,
            _ => return Err(invalid()),
        };
        // Behind any node's name it must be a whole key.
        let is_key = suffix.is_empty() || other_end(&[b"n\0", suffix].concat()).is_some();
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

struct HistoryFilter<'a> {
    node: &'a NodeId,
    other: Option<&'a NodeId>,
    direction: Direction,
}

impl HistoryFilter<'_> {
    fn wants(&self, side: Side, row: &StoredRow) -> Result<bool> {
        let damaged = || StoreError::Corrupt { table: table(side).name(), what: "the key does not decode" };
        let other = other_end(&row.key).ok_or_else(damaged)?;
        let is_seen = side == Side::Incoming && self.direction == Direction::Both && other == self.node.as_str();
        Ok(!is_seen && self.other.is_none_or(|wanted| wanted.as_str() == other))
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
