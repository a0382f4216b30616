//! Removes facts with their whole history.
//!
//! A filter is asked of each belief: those that match it go. A window is asked of facts, by their newest belief: of a fact that
//! ended in it, the earlier belief that its end is open goes too.

use super::beliefs::remove;
use crate::api::{ByteBuf, EraseTemporal, Erased, NodeId, Result, TemporalEdge, TimestampMs};
use crate::limits;
use crate::namespace::context::WriteContext;
use crate::namespace::exec::Execute;
use crate::namespace::timelines::{
    FactList, FactPlace, FactTest, ListedFact, all_are_listed, decode, decode_some, parts,
};
use crate::store::{KeyRange, KeyWriter, Read, StoreError, Table};

/// Versions read before any of them is removed. The transaction cannot be changed while it is being read.
const CHUNK_ROWS: usize = 1024;

/// How much of what is meant one operation does.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    /// Most versions looked at.
    looked_at: usize,
    /// Most bytes to log, about.
    bytes: usize,
}

impl Bounds {
    /// All of it, or nothing: what logs too much is refused.
    const NONE: Self = Self { looked_at: usize::MAX, bytes: usize::MAX };
}

/// Which versions are meant.
#[derive(Debug, Default)]
struct Meant {
    test: FactTest,
    /// The window that a fact must lie in.
    start: Option<TimestampMs>,
    end: Option<TimestampMs>,
}

/// Removes the versions that are meant, looking at so many at most. Gives how many were removed, and where to go on if there
/// may be more.
pub fn erase(ctx: &mut WriteContext<'_>, request: EraseTemporal, look_max: usize) -> Result<(u64, Option<FactPlace>)> {
    let EraseTemporal { from_id, edge_type, to_id, node_id, filter, start, end, cursor, durability: _ } = request;
    let walks = match (&from_id, &to_id, &node_id, &edge_type) {
        (Some(from), ..) => vec![FactList::From(from.clone(), edge_type.clone())],
        (None, Some(to), ..) => vec![FactList::To(to.clone(), edge_type.clone())],
        (None, None, Some(node), _) => {
            vec![FactList::From(node.clone(), edge_type.clone()), FactList::To(node.clone(), edge_type.clone())]
        }
        (None, None, None, Some(edge_type)) if all_are_listed(&ctx.txn)? => vec![FactList::OfType(edge_type.clone())],
        (None, None, None, _) => vec![FactList::All],
    };
    let place = cursor.map(|cursor| FactPlace::decode(&cursor, walks.len())).transpose()?;
    let test = FactTest { from_id, edge_type, to_id, node_id, filter };
    let bounds = Bounds { looked_at: look_max, bytes: limits::ERASE_BYTES_MAX };
    remove_all(ctx, &walks, place.as_ref(), &Meant { test, start, end }, bounds)
}

impl Execute for EraseTemporal {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Erased> {
        let (erased, place) = erase(ctx, self, limits::ERASE_LOOK_MAX)?;
        let cursor: Option<ByteBuf> = place.map(|place| place.encode());
        Ok(Erased { erased, cursor, commit_seq: ctx.commit_seq(), durability: ctx.durability })
    }
}

/// Removes every version of every edge that touches a node.
pub fn erase_node(ctx: &mut WriteContext<'_>, id: &NodeId) -> Result<u64> {
    let walks = [FactList::From(id.clone(), None), FactList::To(id.clone(), None)];
    let (erased, _) = remove_all(ctx, &walks, None, &Meant::default(), Bounds::NONE)?;
    Ok(erased)
}

fn remove_all(
    ctx: &mut WriteContext<'_>,
    walks: &[FactList],
    from: Option<&FactPlace>,
    meant: &Meant,
    bounds: Bounds,
) -> Result<(u64, Option<FactPlace>)> {
    let (mut erased, mut looked_at) = (0, 0);
    let begin = from.map_or(0, |place| usize::from(place.walk));
    for (number, walk) in (0_u8..).zip(walks).skip(begin) {
        let mut rest = match from {
            Some(place) if place.walk == number => walk.range_after(place)?,
            Some(_) | None => walk.range(),
        };
        loop {
            let rows = ctx.txn.scan(walk.table(), &rest, false)?.take(CHUNK_ROWS).collect::<Result<Vec<_>, _>>()?;
            let Some(last) = rows.last() else { break };
            rest = rest.after(&last.key, false);
            for row in rows {
                let row = walk.listed(row)?;
                let place = FactPlace { walk: number, change: 0, out_key: row.out_key.clone() };
                erased += u64::from(remove_one(ctx, row, meant)?);
                looked_at += 1;
                if looked_at >= bounds.looked_at || ctx.txn.bytes() >= bounds.bytes {
                    return Ok((erased, Some(place)));
                }
            }
        }
    }
    Ok((erased, None))
}

fn remove_one(ctx: &mut WriteContext<'_>, row: ListedFact, meant: &Meant) -> Result<bool> {
    let damaged = || StoreError::Corrupt { table: Table::TemporalOut.name(), what: "the key does not decode" };
    if !meant.test.takes_key(&parts(&row.out_key).ok_or_else(damaged)?) {
        return Ok(false);
    }
    // From a node to itself, a version may be gone already.
    let value = match row.value {
        Some(value) => value,
        None => match ctx.txn.get(Table::TemporalOut, &row.out_key)? {
            Some(value) => value,
            None => return Ok(false),
        },
    };
    let edge = decode(&row.out_key, &value)?;
    if !meant.test.takes_fields(&edge.properties) || !lies_within(ctx, &edge, meant)? {
        return Ok(false);
    }
    remove(ctx, &edge, (row.out_key.len() + value.len()) as u64)?;
    Ok(true)
}

/// True if the fact of a belief lies in the window as it is believed now, or was believed last. Its newest belief is the last
/// that a walk comes by, so it is still there when it is asked.
fn lies_within(ctx: &WriteContext<'_>, edge: &TemporalEdge, meant: &Meant) -> Result<bool> {
    if meant.start.is_some_and(|start| edge.valid_from < start) {
        return Ok(false);
    }
    let Some(end) = meant.end else { return Ok(true) };
    if edge.valid_from >= end {
        return Ok(false);
    }
    let key = KeyWriter::new().text(edge.from_id.as_str()).text(edge.edge_type.as_str());
    let key = key.time(edge.valid_from.0).text(edge.to_id.as_str()).finish();
    let newest = ctx.txn.scan(Table::TemporalOut, &KeyRange::prefix(&key), true)?.next().transpose()?;
    let newest = newest.map(|row| decode_some(&row.key, Some(&row.value))).transpose()?;
    Ok(newest.and_then(|newest| newest.valid_until).is_some_and(|until| until <= end))
}
