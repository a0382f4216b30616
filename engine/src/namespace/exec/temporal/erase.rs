//! Removes facts with their whole history.

use super::beliefs::remove;
use crate::api::{Deleted, EdgeType, EraseTemporal, NodeId, Result};
use crate::namespace::context::WriteContext;
use crate::namespace::exec::Execute;
use crate::namespace::timelines::{self, Side, in_prefix, out_key_of_in, out_prefix};
use crate::store::{KeyRange, Read, StoredRow, Table};

/// Rows read before any of them is removed. The transaction cannot be changed while it is being read.
const CHUNK_ROWS: usize = 1024;

/// Removes every version of the edges that leave `from`, of one type and to one node if such are given. Gives their
/// number.
pub fn erase(
    ctx: &mut WriteContext<'_>,
    from: &NodeId,
    edge_type: Option<&EdgeType>,
    to: Option<&NodeId>,
) -> Result<u64> {
    let prefix = out_prefix(from.as_str(), edge_type.map(EdgeType::as_str), None);
    erase_range(ctx, Side::Outgoing, &prefix, to)
}

impl Execute for EraseTemporal {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Deleted> {
        let erased = erase(ctx, &self.from_id, self.edge_type.as_ref(), self.to_id.as_ref())?;
        Ok(ctx.deleted(erased))
    }
}

/// Removes every version of every edge that touches a node.
pub fn erase_node(ctx: &mut WriteContext<'_>, id: &NodeId) -> Result<u64> {
    let outgoing = erase_range(ctx, Side::Outgoing, &out_prefix(id.as_str(), None, None), None)?;
    let incoming = erase_range(ctx, Side::Incoming, &in_prefix(id.as_str(), None), None)?;
    Ok(outgoing + incoming)
}

fn erase_range(ctx: &mut WriteContext<'_>, side: Side, prefix: &[u8], to: Option<&NodeId>) -> Result<u64> {
    let table = match side {
        Side::Outgoing => Table::TemporalOut,
        Side::Incoming => Table::TemporalIn,
    };
    let mut rest = KeyRange::prefix(prefix);
    let mut erased = 0;
    loop {
        let rows = ctx.txn.scan(table, &rest, false)?.take(CHUNK_ROWS).collect::<Result<Vec<_>, _>>()?;
        let Some(last) = rows.last() else { return Ok(erased) };
        rest = rest.after(&last.key, false);
        for row in rows {
            erased += u64::from(erase_row(ctx, side, row, to)?);
        }
    }
}

fn erase_row(ctx: &mut WriteContext<'_>, side: Side, row: StoredRow, to: Option<&NodeId>) -> Result<bool> {
    let (key, value) = match side {
        Side::Outgoing => (row.key, row.value),
        Side::Incoming => {
            let key = out_key_of_in(&row.key)?;
            let Some(value) = ctx.txn.get(Table::TemporalOut, &key)? else { return Ok(false) };
            (key, value)
        }
    };
    let edge = timelines::decode(&key, &value)?;
    if to.is_some_and(|to| edge.to_id != *to) {
        return Ok(false);
    }
    remove(ctx, &edge, (key.len() + value.len()) as u64)?;
    Ok(true)
}
