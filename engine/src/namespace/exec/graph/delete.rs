//! Deletes edges, and nodes with everything that hangs on them.

use super::super::temporal;
use super::rows::{EdgeName, each_edge, remove_edge, remove_node};
use crate::api::{DeleteEdge, DeleteNode, Deleted, DeletedNode, EdgeType, NodeId, Result};
use crate::namespace::context::WriteContext;
use crate::namespace::exec::Execute;
use crate::store::Table;

/// Deletes an edge. True if it existed.
pub fn delete_edge(ctx: &mut WriteContext<'_>, from: &NodeId, edge_type: &EdgeType, to: &NodeId) -> Result<bool> {
    Ok(remove_edge(ctx, &EdgeName::new(from.as_str(), edge_type.as_str(), to.as_str()))?.is_some())
}

impl Execute for DeleteEdge {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Deleted> {
        let existed = delete_edge(ctx, &self.from_id, &self.edge_type, &self.to_id)?;
        Ok(ctx.deleted(u64::from(existed)))
    }
}

/// What went with a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeRemains {
    /// Its edges.
    pub edges: u64,
    /// Versions of its temporal edges.
    pub facts: u64,
}

/// Deletes a node, its edges in both directions, and every version of every temporal edge that touches it. Nothing if no
/// such node was added: then facts about it are all there is, and whoever is told that there was no node must not have lost
/// them.
pub fn delete_node(ctx: &mut WriteContext<'_>, id: &NodeId) -> Result<Option<NodeRemains>> {
    if !remove_node(ctx, id.as_str())? {
        return Ok(None);
    }
    let mut edges = 0;
    for table in [Table::EdgesOut, Table::EdgesIn] {
        each_edge(ctx, table, id.as_str(), |ctx, name| {
            ctx.check_size()?;
            edges += u64::from(remove_edge(ctx, name)?.is_some());
            Ok(())
        })?;
    }
    let facts = temporal::erase_node(ctx, id)?;
    Ok(Some(NodeRemains { edges, facts }))
}

impl Execute for DeleteNode {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<DeletedNode> {
        let gone = delete_node(ctx, &self.id)?;
        let NodeRemains { edges, facts } = gone.unwrap_or(NodeRemains { edges: 0, facts: 0 });
        let (commit_seq, durability) = (ctx.commit_seq(), ctx.durability);
        Ok(DeletedNode { deleted: u64::from(gone.is_some()), edges, facts, commit_seq, durability })
    }
}
