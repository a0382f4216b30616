//! Adds nodes and edges, or replaces them as a whole.

use super::rows::{EdgeName, put_edge, put_node};
use crate::api::{AddEdge, AddNode, Created, Edge, Error, ErrorCode, Node, Result};
use crate::namespace::context::WriteContext;
use crate::namespace::exec::Execute;
use crate::store::{Read, Table};

/// Adds a node or replaces its type and fields. True if it is new.
pub fn add_node(ctx: &mut WriteContext<'_>, node: Node) -> Result<bool> {
    let Node { id, node_type, properties } = node;
    put_node(ctx, id.as_str(), node_type, properties)
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
    put_edge(ctx, &EdgeName::new(from_id.as_str(), edge_type.as_str(), to_id.as_str()), properties)
}

impl Execute for AddEdge {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Created> {
        let created = add_edge(ctx, self.edge)?;
        Ok(ctx.created(created))
    }
}
