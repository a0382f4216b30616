//! Ends what holds of an edge.

use super::beliefs::{assert, believed_at, retract, with_end};
use crate::api::{
    CloseTemporalEdge, ClosedEdges, EdgeType, Error, ErrorCode, NodeId, Result, TemporalEdge, TimestampMs,
};
use crate::namespace::context::WriteContext;
use crate::namespace::exec::Execute;
use crate::namespace::timelines::FactKey;

/// Ends every period of an edge that began before `at`, or now, and reaches past it: open ones, and those with a later end.
/// Periods that have ended by then, or are planned to begin then or later, stay as they are; an open one that begins then or
/// later is refused. Gives the beliefs that stand instead, by start.
pub fn close(
    ctx: &mut WriteContext<'_>,
    from: &NodeId,
    edge_type: &EdgeType,
    to: &NodeId,
    at: Option<TimestampMs>,
) -> Result<Vec<TemporalEdge>> {
    let at = at.unwrap_or(TimestampMs(ctx.now_ms));
    let is_meant = |key: &FactKey| *key.edge_type == *edge_type.as_str() && *key.other == *to.as_str();
    let open = believed_at(ctx, from, TimestampMs(i64::MAX), is_meant)?;
    if let Some(late) = open.iter().find(|edge| at <= edge.valid_from) {
        let start = late.valid_from;
        return Err(Error::invalid(format!("the fact begins at {start}: it can end only after that, not at {at}")));
    }
    let mut holding = believed_at(ctx, from, at, is_meant)?;
    holding.retain(|edge| edge.valid_from < at);
    if holding.is_empty() {
        let text = format!("no fact {from:?} -{edge_type:?}-> {to:?} is open or holds at {at}; nothing was closed");
        return Err(Error::new(ErrorCode::EdgeNotFound, text));
    }
    let mut closed = Vec::with_capacity(holding.len());
    for edge in holding {
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
