//! Closes open facts.

use super::beliefs::{assert, believed_at, retract, with_end};
use crate::api::{
    CloseTemporalEdge, ClosedEdges, EdgeType, Error, ErrorCode, NodeId, Result, TemporalEdge, TimestampMs,
};
use crate::namespace::context::WriteContext;
use crate::namespace::exec::Execute;

/// Ends every open period of an edge at `at`, or now, and gives the beliefs that stand instead, by start.
pub fn close(
    ctx: &mut WriteContext<'_>,
    from: &NodeId,
    edge_type: &EdgeType,
    to: &NodeId,
    at: Option<TimestampMs>,
) -> Result<Vec<TemporalEdge>> {
    let at = at.unwrap_or(TimestampMs(ctx.now_ms));
    let open = believed_at(ctx, from, TimestampMs(i64::MAX), |key| {
        *key.edge_type == *edge_type.as_str() && *key.other == *to.as_str()
    })?;
    if open.is_empty() {
        let text = format!("no open fact {from:?} -{edge_type:?}-> {to:?} is known; nothing was closed");
        return Err(Error::new(ErrorCode::EdgeNotFound, text));
    }
    if let Some(late) = open.iter().find(|edge| at <= edge.valid_from) {
        let start = late.valid_from;
        return Err(Error::invalid(format!("the fact begins at {start}: it can end only after that, not at {at}")));
    }
    let mut closed = Vec::with_capacity(open.len());
    for edge in open {
        let fact = with_end(&edge, Some(at));
        retract(ctx, edge)?;
        closed.push(assert(ctx, fact)?);
    }
    Ok(closed)
}

impl Execute for CloseTemporalEdge {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<ClosedEdges> {
        let edges = close(ctx, &self.from_id, &self.edge_type, &self.to_id, self.at)?;
        let (commit_seq, durability) = (ctx.commit_seq(), ctx.durability);
        Ok(ClosedEdges { edges, commit_seq, durability })
    }
}
