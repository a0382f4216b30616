//! The rows of nodes and edges: what every write to the graph is made of. Each keeps what is derived in step: an edge its
//! place in the reverse index, a node its place in the list by type, both the counters.

use crate::api::{Error, Properties, Result};
use crate::limits;
use crate::namespace::context::WriteContext;
use crate::planted::{self, Planted};
use crate::store::{
    EdgeRecord, KeyRange, KeyReader, KeyWriter, NODES_LISTED, NodeFront, NodeRecord, Read, StoreError, Table,
    are_nodes_listed, node_type_key,
};

/// Rows read before any of them is changed. The transaction cannot be changed while it is being read.
const CHUNK_ROWS: usize = 1024;

/// Names an edge: where it begins, its type, where it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeName {
    /// Where it begins.
    pub from: String,
    /// Its type.
    pub edge_type: String,
    /// Where it ends.
    pub to: String,
}

impl EdgeName {
    /// From the texts.
    pub fn new(from: &str, edge_type: &str, to: &str) -> Self {
        Self { from: from.to_owned(), edge_type: edge_type.to_owned(), to: to.to_owned() }
    }

    fn out_key(&self) -> Vec<u8> {
        KeyWriter::new().text(&self.from).text(&self.edge_type).text(&self.to).finish()
    }

    fn in_key(&self) -> Vec<u8> {
        KeyWriter::new().text(&self.to).text(&self.edge_type).text(&self.from).finish()
    }
}

fn check_record(what: &str, record: &[u8]) -> Result<()> {
    let (given, max) = (record.len(), limits::PROPERTIES_BYTES_MAX);
    if given > max {
        return Err(Error::limit(format!("the fields of {what} take {given} bytes; the limit is {max}")));
    }
    Ok(())
}

/// Writes a row and counts its bytes. Gives what was under its key.
fn replace(ctx: &mut WriteContext<'_>, table: Table, key: Vec<u8>, record: Vec<u8>) -> Result<Option<Vec<u8>>> {
    let old = ctx.txn.get(table, &key)?;
    let size = |value: &[u8]| (key.len() + value.len()) as u64;
    ctx.account(size(&record), old.as_deref().map_or(0, size));
    ctx.txn.put(table, key, record);
    Ok(old)
}

/// Deletes a row and counts its bytes. Gives what was under its key.
fn remove(ctx: &mut WriteContext<'_>, table: Table, key: Vec<u8>) -> Result<Option<Vec<u8>>> {
    let Some(old) = ctx.txn.get(table, &key)? else { return Ok(None) };
    ctx.account(0, (key.len() + old.len()) as u64);
    ctx.txn.delete(table, key);
    Ok(Some(old))
}

/// Reads a node.
pub fn node(ctx: &WriteContext<'_>, id: &str) -> Result<Option<NodeRecord>> {
    let stored = ctx.txn.get(Table::Nodes, id.as_bytes())?;
    Ok(stored.map(|stored| NodeRecord::decode(&stored)).transpose()?)
}

/// Writes a node. True if it is new.
pub fn put_node(ctx: &mut WriteContext<'_>, id: &str, node_type: String, properties: Properties) -> Result<bool> {
    let record = NodeRecord { seq: ctx.seq, node_type, properties };
    let stored = record.encode();
    check_record("a node", &stored)?;
    let old = replace(ctx, Table::Nodes, id.as_bytes().to_vec(), stored)?;
    let old = old.map(|old| NodeFront::decode(&old)).transpose()?;
    if ctx.counters.nodes == 0 && !are_nodes_listed(&ctx.txn)? {
        // A list that has had each from the first on has every node.
        ctx.txn.put(Table::NodeTypes, NODES_LISTED.to_vec(), Vec::new());
    }
    ctx.counters.nodes += u64::from(old.is_none());
    if old.as_ref().is_none_or(|old| old.node_type != record.node_type) {
        if let Some(old) = &old
            && !planted::is(Planted::NodeTypeKept)
        {
            ctx.txn.delete(Table::NodeTypes, node_type_key(&old.node_type, id));
        }
        if !planted::is(Planted::NodeTypeForgotten) {
            ctx.txn.put(Table::NodeTypes, node_type_key(&record.node_type, id), Vec::new());
        }
    }
    Ok(old.is_none())
}

/// Deletes a node, and nothing else. True if it existed.
pub fn remove_node(ctx: &mut WriteContext<'_>, id: &str) -> Result<bool> {
    let Some(old) = remove(ctx, Table::Nodes, id.as_bytes().to_vec())? else { return Ok(false) };
    ctx.txn.delete(Table::NodeTypes, node_type_key(&NodeFront::decode(&old)?.node_type, id));
    ctx.counters.nodes = ctx.counters.nodes.saturating_sub(1);
    Ok(true)
}

/// Reads the fields of an edge.
pub fn edge(ctx: &WriteContext<'_>, name: &EdgeName) -> Result<Option<Properties>> {
    let stored = ctx.txn.get(Table::EdgesOut, &name.out_key())?;
    Ok(stored.map(|stored| EdgeRecord::decode(&stored)).transpose()?.map(|record| record.properties))
}

/// Writes an edge, whose nodes exist. True if it is new.
pub fn put_edge(ctx: &mut WriteContext<'_>, name: &EdgeName, properties: Properties) -> Result<bool> {
    let record = EdgeRecord { seq: ctx.seq, properties }.encode();
    check_record("an edge", &record)?;
    let created = replace(ctx, Table::EdgesOut, name.out_key(), record)?.is_none();
    if created {
        if !planted::is(Planted::ReverseEdgeForgotten) {
            ctx.txn.put(Table::EdgesIn, name.in_key(), Vec::new());
        }
        ctx.counters.edges += 1;
    }
    Ok(created)
}

/// Deletes an edge. Gives its fields, if it existed.
pub fn remove_edge(ctx: &mut WriteContext<'_>, name: &EdgeName) -> Result<Option<Vec<u8>>> {
    let old = remove(ctx, Table::EdgesOut, name.out_key())?;
    if old.is_some() {
        if !planted::is(Planted::ReverseEdgeKept) {
            ctx.txn.delete(Table::EdgesIn, name.in_key());
        }
        ctx.counters.edges = ctx.counters.edges.saturating_sub(1);
    }
    Ok(old)
}

/// Does something with every edge that a table, `EdgesOut` or `EdgesIn`, lists for a node, which may change the edge.
pub fn each_edge(
    ctx: &mut WriteContext<'_>,
    table: Table,
    node: &str,
    mut each: impl FnMut(&mut WriteContext<'_>, &EdgeName) -> Result<()>,
) -> Result<()> {
    let mut rest = KeyRange::prefix(&KeyWriter::new().text(node).finish());
    loop {
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
            each(ctx, &EdgeName::new(from, edge_type, to))?;
        }
    }
}
