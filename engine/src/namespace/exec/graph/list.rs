//! Notes nodes that a directory of before the list by type has in it, in steps: see [`crate::store::NODES_LISTED`].

use std::ops::Bound;

use crate::api::Result;
use crate::namespace::context::WriteContext;
use crate::store::{KeyRange, NODES_LISTED, NodeFront, Read, Table, node_type_key};

/// Notes the next nodes, at most `limit`. True if more are left.
pub fn list_nodes(ctx: &mut WriteContext<'_>, limit: usize) -> Result<bool> {
    if ctx.counters.nodes == 0 {
        return Ok(false);
    }
    let noted = ctx.txn.get(Table::NodeTypes, NODES_LISTED)?;
    if noted.as_ref().is_some_and(Vec::is_empty) {
        return Ok(false);
    }
    let start = noted.map_or(Bound::Unbounded, Bound::Excluded);
    let rows = ctx.txn.scan(Table::Nodes, &KeyRange { start, end: Bound::Unbounded }, false)?.take(limit);
    let mut found = Vec::new();
    for row in rows {
        let row = row?;
        let node_type = NodeFront::decode(&row.value)?.node_type;
        let key = String::from_utf8(row.key);
        let key = key.map_err(|_| crate::store::StoreError::corrupt(Table::Nodes, "the key does not decode"))?;
        found.push((node_type, key));
    }
    let are_left = found.len() == limit;
    let last = found.last().filter(|_| are_left).map(|(_, id)| id.as_bytes().to_vec());
    for (node_type, id) in found {
        ctx.txn.put(Table::NodeTypes, node_type_key(&node_type, &id), Vec::new());
    }
    ctx.txn.put(Table::NodeTypes, NODES_LISTED.to_vec(), last.unwrap_or_default());
    Ok(are_left)
}
