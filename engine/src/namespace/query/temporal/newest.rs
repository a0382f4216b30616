//! A node's versions from the last start to the first, whatever their type.
//!
//! Keys hold the type before the start, so there is one walk for each type and side, from its end to its beginning, and the
//! walks are merged by start, type, other end, commit and side, each descending. The types are found by leaping from each to
//! the next, so that what a page costs does not grow with the past.

use std::cmp::Ordering;
use std::iter::Peekable;
use std::ops::Bound;

use super::super::graph::Adjacency;
use super::history::{PagePlace, table};
use crate::api::{Error, NodeId, Result, TemporalHistory};
use crate::limits;
use crate::namespace::query::reader::Reader;
use crate::namespace::timelines::{KeyParts, Side, out_prefix, parts};
use crate::store::{KeyRange, Read, RowScan, StoreError, StoredRow};

/// A version's place in the order, ascending.
type Rank<'k> = (i64, &'k str, &'k str, u64, Side);

fn rank<'k>(side: Side, parts: &KeyParts<'k>) -> Rank<'k> {
    (parts.valid_from, parts.edge_type, parts.other, parts.asserted_seq, side)
}

/// The versions of one type on one side, the last first.
struct Lane<'a> {
    side: Side,
    rows: Peekable<RowScan<'a>>,
}

/// All that is asked for, the last first.
pub(super) struct Newest<'a> {
    lanes: Vec<Lane<'a>>,
}

impl<'a> Newest<'a> {
    /// Begins behind a place.
    pub(super) fn begin(
        snapshot: &'a Reader<'_>,
        request: &TemporalHistory,
        place: Option<&PagePlace>,
    ) -> Result<Self> {
        let TemporalHistory { node_id, edge_type, direction, end, .. } = request;
        let place_key = place.map(|place| [node_id.as_str().as_bytes(), b"\0", &place.suffix].concat());
        let place = match (place, &place_key) {
            (Some(place), Some(key)) => parts(key).map(|parts| (place.side, parts)),
            _ => None,
        };
        let mut lanes = Vec::new();
        for side in Adjacency::sides(*direction) {
            let types = match edge_type {
                Some(edge_type) => vec![edge_type.as_str().to_owned()],
                None => types(snapshot, node_id, *side)?,
            };
            for edge_type in types {
                let mut range = KeyRange::prefix(&out_prefix(node_id.as_str(), Some(&edge_type), None));
                // Nothing that begins at the end of the window or later is asked for.
                if let Some(end) = end {
                    range.end = Bound::Excluded(out_prefix(node_id.as_str(), Some(&edge_type), Some(end.0)));
                }
                if let Some((place_side, place)) = &place {
                    range = before(range, node_id, (*side, &edge_type), (*place_side, place));
                }
                let rows = snapshot.scan(table(*side), &range, true)?;
                lanes.push(Lane { side: *side, rows: rows.peekable() });
            }
        }
        Ok(Self { lanes })
    }
}

/// The rows of a lane that come behind a place: those of a lower rank.
fn before(range: KeyRange, node: &NodeId, lane: (Side, &str), place: (Side, &KeyParts<'_>)) -> KeyRange {
    let ((side, edge_type), (place_side, place)) = (lane, place);
    // Versions of this lane that begin with the place come behind it if the type decides so; within one type, whatever
    // comes before it in the table does, and the version of the other side only from the higher one.
    let start = |start| out_prefix(node.as_str(), Some(edge_type), start);
    let end = match edge_type.cmp(place.edge_type) {
        Ordering::Less => match place.valid_from.checked_add(1) {
            Some(next) => Bound::Excluded(start(Some(next))),
            None => range.end.clone(),
        },
        Ordering::Greater => Bound::Excluded(start(Some(place.valid_from))),
        Ordering::Equal => {
            let mut key = start(Some(place.valid_from));
            key.extend(place.other.as_bytes());
            key.push(0);
            key.extend(place.asserted_seq.to_be_bytes());
            if side < place_side { Bound::Included(key) } else { Bound::Excluded(key) }
        }
    };
    KeyRange { end: lower(range.end, end), ..range }
}

/// The bound that leaves fewer rows.
fn lower(a: Bound<Vec<u8>>, b: Bound<Vec<u8>>) -> Bound<Vec<u8>> {
    let key = |bound: &Bound<Vec<u8>>| match bound {
        Bound::Included(key) => Some((key.clone(), true)),
        Bound::Excluded(key) => Some((key.clone(), false)),
        Bound::Unbounded => None,
    };
    match (key(&a), key(&b)) {
        (None, _) => b,
        (Some(a_key), Some(b_key)) if b_key < a_key => b,
        (Some(_), _) => a,
    }
}

/// The types of the edges on one side of a node.
fn types(snapshot: &Reader<'_>, node: &NodeId, side: Side) -> Result<Vec<String>> {
    let mut rest = KeyRange::prefix(&out_prefix(node.as_str(), None, None));
    let mut types = Vec::new();
    while let Some(row) = snapshot.scan(table(side), &rest, false)?.next().transpose()? {
        snapshot.wanted.step()?;
        let edge_type = key_parts(side, &row)?.edge_type.to_owned();
        if types.len() == limits::HISTORY_TYPES_MAX {
            let max = limits::HISTORY_TYPES_MAX;
            return Err(Error::limit(format!("{node:?} has edges of more than {max} types; name one of them")));
        }
        let Bound::Excluded(next) = KeyRange::prefix(&out_prefix(node.as_str(), Some(&edge_type), None)).end else {
            break;
        };
        rest.start = Bound::Included(next);
        types.push(edge_type);
    }
    Ok(types)
}

fn key_parts(side: Side, row: &StoredRow) -> Result<KeyParts<'_>> {
    let damaged = || StoreError::Corrupt { table: table(side).name(), what: "the key does not decode" };
    Ok(parts(&row.key).ok_or_else(damaged)?)
}

impl Iterator for Newest<'_> {
    type Item = Result<(Side, StoredRow)>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut newest: Option<(usize, Option<Rank<'_>>)> = None;
        for (index, lane) in self.lanes.iter_mut().enumerate() {
            let side = lane.side;
            let Some(head) = lane.rows.peek() else { continue };
            // What cannot be told comes first, and is told.
            let head = head.as_ref().ok().and_then(|row| parts(&row.key)).map(|parts| rank(side, &parts));
            let is_newer = newest.as_ref().is_none_or(|(_, newest)| match (head, newest) {
                (_, None) => false,
                (None, Some(_)) => true,
                (Some(head), Some(newest)) => head > *newest,
            });
            if is_newer {
                newest = Some((index, head));
            }
        }
        let index = newest.map(|(index, _)| index)?;
        let lane = self.lanes.get_mut(index)?;
        let row = lane.rows.next()?;
        Some(row.map(|row| (lane.side, row)).map_err(Into::into))
    }
}
