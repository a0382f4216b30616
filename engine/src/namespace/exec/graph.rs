//! Writes to the static graph. Each keeps the edge, its place in the reverse index, and the counters in step.

use super::temporal;
use crate::api::{
    AddEdge, AddNode, Created, DeleteEdge, DeleteNode, Deleted, Edge, EdgeType, Error, ErrorCode, Node, NodeId, Result,
};
use crate::limits;
use crate::namespace::context::WriteContext;
use crate::namespace::exec::Execute;
use crate::planted::{self, Planted};
use crate::store::{EdgeRecord, KeyRange, KeyReader, KeyWriter, NodeRecord, Read, StoreError, Table};

/// Rows read before any of them is removed. The transaction cannot be changed while it is being read.
const CHUNK_ROWS: usize = 1024;

fn edge_key(near: &str, edge_type: &str, far: &str) -> Vec<u8> {
    KeyWriter::new().text(near).text(edge_type).text(far).finish()
}

fn check_record(what: &str, record: &[u8]) -> Result<()> {
    let (given, max) = (record.len(), limits::PROPERTIES_BYTES_MAX);
    if given > max {
        return Err(Error::limit(format!("the fields of {what} take {given} bytes; the limit is {max}")));
    }
    Ok(())
}

/// Writes a row and counts its bytes. True if there was none under its key.
fn replace(ctx: &mut WriteContext<'_>, table: Table, key: Vec<u8>, record: Vec<u8>) -> Result<bool> {
    let old = ctx.txn.get(table, &key)?;
    let size = |value: &[u8]| (key.len() + value.len()) as u64;
    ctx.account(size(&record), old.as_deref().map_or(0, size));
    ctx.txn.put(table, key, record);
    Ok(old.is_none())
}

/// Deletes a row and counts its bytes. True if it existed.
fn remove(ctx: &mut WriteContext<'_>, table: Table, key: Vec<u8>) -> Result<bool> {
    let Some(old) = ctx.txn.get(table, &key)? else { return Ok(false) };
    ctx.account(0, (key.len() + old.len()) as u64);
    ctx.txn.delete(table, key);
    Ok(true)
}

/// Adds a node or replaces its type and fields. True if it is new.
pub fn add_node(ctx: &mut WriteContext<'_>, node: Node) -> Result<bool> {
    let Node { id, node_type, properties } = node;
    let record = NodeRecord { seq: ctx.seq, node_type, properties }.encode();
    check_record("a node", &record)?;
    let created = replace(ctx, Table::Nodes, id.into_string().into_bytes(), record)?;
    ctx.counters.nodes += u64::from(created);
    Ok(created)
}

impl Execute for AddNode {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Created> {
        let created = add_node(ctx, self.node)?;
        Ok(ctx.created(created))
    }
}

/// Adds an edge between two nodes or replaces its fields. True if it is new.
pub fn add_edge(ctx: &mut WriteContext<'_>, edge: Edge) -> Result<bool> {
    let Edge { from_id, edge_type, to_id, properties } = edge;
    for id in [&from_id, &to_id] {
        if !ctx.txn.contains(Table::Nodes, id.as_str().as_bytes())? {
            let text = format!("node {id:?} does not exist; add it before its edges");
            return Err(Error::new(ErrorCode::NodeNotFound, text));
        }
    }
    let record = EdgeRecord { seq: ctx.seq, properties }.encode();
    check_record("an edge", &record)?;
    let (from, edge_type, to) = (from_id.as_str(), edge_type.as_str(), to_id.as_str());
    let created = replace(ctx, Table::EdgesOut, edge_key(from, edge_type, to), record)?;
    if created {
        if !planted::is(Planted::ReverseEdgeForgotten) {
            ctx.txn.put(Table::EdgesIn, edge_key(to, edge_type, from), Vec::new());
        }
        ctx.counters.edges += 1;
    }
    Ok(created)
}

impl Execute for AddEdge {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Created> {
        let created = add_edge(ctx, self.edge)?;
        Ok(ctx.created(created))
    }
}

/// Deletes an edge. True if it existed.
pub fn delete_edge(ctx: &mut WriteContext<'_>, from: &NodeId, edge_type: &EdgeType, to: &NodeId) -> Result<bool> {
    remove_edge(ctx, from.as_str(), edge_type.as_str(), to.as_str())
}

impl Execute for DeleteEdge {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Deleted> {
        let existed = delete_edge(ctx, &self.from_id, &self.edge_type, &self.to_id)?;
        Ok(ctx.deleted(u64::from(existed)))
    }
}

fn remove_edge(ctx: &mut WriteContext<'_>, from: &str, edge_type: &str, to: &str) -> Result<bool> {
    let existed = remove(ctx, Table::EdgesOut, edge_key(from, edge_type, to))?;
    if existed {
        if !planted::is(Planted::ReverseEdgeKept) {
            ctx.txn.delete(Table::EdgesIn, edge_key(to, edge_type, from));
        }
        ctx.counters.edges = ctx.counters.edges.saturating_sub(1);
    }
    Ok(existed)
}

/// Deletes a node, its edges in both directions, and every version of every temporal edge that touches it; temporal
/// edges also where the node itself was never added. True if the node existed.
pub fn delete_node(ctx: &mut WriteContext<'_>, id: &NodeId) -> Result<bool> {
    let existed = remove(ctx, Table::Nodes, id.as_str().as_bytes().to_vec())?;
    ctx.counters.nodes = ctx.counters.nodes.saturating_sub(u64::from(existed));
    remove_edges(ctx, Table::EdgesOut, id.as_str())?;
    remove_edges(ctx, Table::EdgesIn, id.as_str())?;
    temporal::erase_node(ctx, id)?;
    Ok(existed)
}

impl Execute for DeleteNode {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Deleted> {
        let existed = delete_node(ctx, &self.id)?;
        Ok(ctx.deleted(u64::from(existed)))
    }
}

/// Removes every edge that the table lists for a node.
fn remove_edges(ctx: &mut WriteContext<'_>, table: Table, node: &str) -> Result<()> {
    let mut rest = KeyRange::prefix(&KeyWriter::new().text(node).finish());
    loop {
        temporal::check_size(ctx)?;
        let rows = ctx.txn.scan(table, &rest, false)?.take(CHUNK_ROWS);
        let keys = rows.map(|row| row.map(|row| row.key)).collect::<Result<Vec<_>, _>>()?;
        let Some(last) = keys.last() else { return Ok(()) };
        rest = rest.after(last, false);
        for key in keys {
            let mut reader = KeyReader::new(&key);
            let (Some(near), Some(edge_type), Some(far)) = (reader.text(), reader.text(), reader.text()) else {
                return Err(StoreError::Corrupt { table: table.name(), what: "the key does not decode" }.into());
            };
            let (from, to) = if table == Table::EdgesOut { (near, far) } else { (far, near) };
            remove_edge(ctx, from, edge_type, to)?;
        }
    }
}
