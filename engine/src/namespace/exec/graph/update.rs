//! Merges fields into nodes and edges that exist.

use super::rows::{self, EdgeName, put_edge, put_node};
use crate::api::{EdgeUpdate, NodeUpdate, Properties, Result, UpdateEdge, UpdateNode, Updated, Value, same_value};
use crate::namespace::context::WriteContext;
use crate::namespace::exec::Execute;
use crate::store::NodeRecord;

/// True if that changes anything.
fn merge(properties: &mut Properties, set: Properties, unset: &[String]) -> Result<bool> {
    let is_other = |(name, value): (&String, &Value)| !properties.get(name).is_some_and(|old| same_value(old, value));
    let changed = set.0.iter().any(is_other) || unset.iter().any(|name| properties.get(name).is_some());
    for (name, value) in set.0 {
        properties.0.insert(name, value);
    }
    for name in unset {
        properties.0.remove(name);
    }
    // Each was within its bounds; together they may not be.
    properties.validate()?;
    Ok(changed)
}

/// Changes a node. False, and nothing happens, if there is none. One that is as asked already is not written.
pub fn update_node(ctx: &mut WriteContext<'_>, update: NodeUpdate) -> Result<bool> {
    let NodeUpdate { id, node_type, set, unset } = update;
    let Some(NodeRecord { seq: _, node_type: old_type, mut properties }) = rows::node(ctx, id.as_str())? else {
        return Ok(false);
    };
    let has_other_type = node_type.as_ref().is_some_and(|node_type| *node_type != old_type);
    if merge(&mut properties, set, &unset)? || has_other_type {
        put_node(ctx, id.as_str(), node_type.unwrap_or(old_type), properties)?;
    }
    Ok(true)
}

impl Execute for UpdateNode {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Updated> {
        let updated = update_node(ctx, self.update)?;
        Ok(told(ctx, updated))
    }
}

/// Changes an edge. False, and nothing happens, if there is none. One that is as asked already is not written.
pub fn update_edge(ctx: &mut WriteContext<'_>, update: EdgeUpdate) -> Result<bool> {
    let EdgeUpdate { from_id, edge_type, to_id, set, unset } = update;
    let name = EdgeName::new(from_id.as_str(), edge_type.as_str(), to_id.as_str());
    let Some(mut properties) = rows::edge(ctx, &name)? else { return Ok(false) };
    if merge(&mut properties, set, &unset)? {
        put_edge(ctx, &name, properties)?;
    }
    Ok(true)
}

impl Execute for UpdateEdge {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Updated> {
        let updated = update_edge(ctx, self.update)?;
        Ok(told(ctx, updated))
    }
}

fn told(ctx: &WriteContext<'_>, updated: bool) -> Updated {
    Updated { updated, commit_seq: ctx.commit_seq(), durability: ctx.durability }
}
