//! Makes one node of two, as whoever resolves entities does.
//!
//! Everything that stands under the source's id comes to stand under the target's: its edges, at whichever end it is, and
//! its facts with their history. Where the target has the same already, the target's own wins. What is decided where both
//! have something is decided in a fixed order: edges that leave the source first, then those that enter it, each in the order
//! of their keys; so what came earlier counts as the target's own.

use super::super::temporal;
use super::rows::{self, EdgeName, each_edge, put_edge, put_node, remove_edge, remove_node};
use crate::api::{Error, ErrorCode, MergeNodes, MergedNodes, NodeId, Properties, Result};
use crate::limits;
use crate::namespace::context::WriteContext;
use crate::namespace::exec::Execute;
use crate::store::{EdgeRecord, Table};

/// What a merge moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merged {
    /// Nodes that are gone.
    pub nodes: u64,
    /// Edges that are the target's now.
    pub edges: u64,
    /// Versions of temporal edges that are the target's now.
    pub facts: u64,
}

/// Merges the source into the target.
pub fn merge_nodes(ctx: &mut WriteContext<'_>, source: &NodeId, target: &NodeId) -> Result<Merged> {
    let mut merged = Merged { nodes: 0, edges: 0, facts: 0 };
    if let Some(record) = rows::node(ctx, source.as_str())? {
        let Some(mut kept) = rows::node(ctx, target.as_str())? else {
            let text = format!("node {target:?} does not exist; add it before another is merged into it");
            return Err(Error::new(ErrorCode::NodeNotFound, text));
        };
        fill(&mut kept.properties, record.properties)?;
        put_node(ctx, target.as_str(), kept.node_type, kept.properties)?;
        merged.edges = move_edges(ctx, source.as_str(), target.as_str())?;
        remove_node(ctx, source.as_str())?;
        merged.nodes = 1;
    }
    merged.facts = temporal::move_facts(ctx, source, target)?;
    check_size(ctx, source)?;
    Ok(merged)
}

impl Execute for MergeNodes {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<MergedNodes> {
        let Merged { nodes, edges, facts } = merge_nodes(ctx, &self.source_id, &self.target_id)?;
        let (commit_seq, durability) = (ctx.commit_seq(), ctx.durability);
        Ok(MergedNodes { nodes, edges, facts, commit_seq, durability })
    }
}

/// Adds the fields that are not there yet.
fn fill(own: &mut Properties, other: Properties) -> Result<()> {
    for (name, value) in other.0 {
        if own.get(&name).is_none() {
            own.0.insert(name, value);
        }
    }
    own.validate()
}

fn move_edges(ctx: &mut WriteContext<'_>, source: &str, target: &str) -> Result<u64> {
    let renamed = |id: &str| if id == source { target.to_owned() } else { id.to_owned() };
    let mut moved = 0;
    for table in [Table::EdgesOut, Table::EdgesIn] {
        each_edge(ctx, table, source, |ctx, name| {
            if ctx.txn.bytes() > limits::OPERATION_BYTES_MAX {
                return Err(too_much(&NodeId::new(source)));
            }
            let Some(record) = remove_edge(ctx, name)? else { return Ok(()) };
            let theirs = EdgeRecord::decode(&record)?.properties;
            let name = EdgeName { from: renamed(&name.from), to: renamed(&name.to), ..name.clone() };
            let properties = match rows::edge(ctx, &name)? {
                Some(mut own) => {
                    fill(&mut own, theirs)?;
                    own
                }
                None => theirs,
            };
            put_edge(ctx, &name, properties)?;
            moved += 1;
            Ok(())
        })?;
    }
    Ok(moved)
}

fn check_size(ctx: &WriteContext<'_>, source: &NodeId) -> Result<()> {
    if ctx.txn.bytes() > limits::OPERATION_BYTES_MAX { Err(too_much(source)) } else { Ok(()) }
}

fn too_much(source: &NodeId) -> Error {
    let max = limits::OPERATION_BYTES_MAX;
    Error::limit(format!(
        "the edges and facts of node {source:?} take more than {max} bytes of log to move: delete or erase some first"
    ))
}
