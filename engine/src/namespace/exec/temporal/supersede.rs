//! States the next value of a relation `(from, type)` that has one value at a time.
//!
//! The new fact is the truth in its own period, and nothing outside it changes without need:
//!
//! 1. Facts that begin at the very same instant are corrections of each other: the old one is retracted as a whole.
//! 2. A fact that began earlier and reaches into the period ends where the new one begins. If the caller stated an end,
//!    the rest of the older fact after that end stands again, as a period of its own, unless a belief in the same edge
//!    begins there already. Without a stated end nothing of it is left.
//! 3. A fact known to begin later is not touched: the new one arrived late and is stored closed where the next begins.
//!    (Graphiti, where late facts closed newer ones, shows what happens otherwise: getzep/graphiti issue 1728.)

use super::beliefs::{assert, believed_at, next_start, retract, same_start, says_the_same, with_end};
use crate::api::{Result, SupersedeTemporalEdge, Superseded, TemporalEdge, TemporalFact, TimestampMs};
use crate::namespace::context::WriteContext;
use crate::namespace::exec::Execute;

/// Asserts the fact and ends those it supersedes. Gives the fact as it is believed now, and the earlier facts that were
/// closed, as they are believed now; facts retracted as a whole are in the history only. Where exactly this is believed
/// already, nothing happens.
pub fn supersede(ctx: &mut WriteContext<'_>, mut fact: TemporalFact) -> Result<(TemporalEdge, Vec<TemporalEdge>)> {
    let stated_end = fact.valid_until;
    let next = next_start(ctx, &fact.from_id, &fact.edge_type, fact.valid_from)?;
    fact.valid_until = match (stated_end, next) {
        (Some(end), Some(next)) => Some(end.min(next)),
        (end, next) => end.or(next),
    };
    let mut standing = None;
    let mut closed = Vec::new();
    let covering = believed_at(ctx, &fact.from_id, fact.valid_from, |key| *key.edge_type == *fact.edge_type.as_str())?;
    for old in covering {
        if old.valid_from < fact.valid_from {
            closed.push(shorten(ctx, old, fact.valid_from, stated_end)?);
        } else if old.to_id == fact.to_id && says_the_same(&old, &fact) {
            standing = Some(old);
        } else {
            retract(ctx, old)?;
        }
    }
    let asserted = match standing {
        Some(standing) => standing,
        None => assert(ctx, fact)?,
    };
    Ok((asserted, closed))
}

impl Execute for SupersedeTemporalEdge {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Superseded> {
        let (asserted, closed) = supersede(ctx, self.fact)?;
        let (commit_seq, durability) = (ctx.commit_seq(), ctx.durability);
        Ok(Superseded { asserted, closed, commit_seq, durability })
    }
}

/// Takes `[start, end)`, without an end everything from `start` on, out of a belief that began before.
fn shorten(
    ctx: &mut WriteContext<'_>,
    old: TemporalEdge,
    start: TimestampMs,
    end: Option<TimestampMs>,
) -> Result<TemporalEdge> {
    let head = with_end(&old, Some(start));
    let rest = end.filter(|end| old.valid_until.is_none_or(|until| *end < until));
    let rest = rest.map(|end| TemporalFact { valid_from: end, ..with_end(&old, old.valid_until) });
    retract(ctx, old)?;
    let head = assert(ctx, head)?;
    if let Some(rest) = rest
        && same_start(ctx, &rest)?.is_none()
    {
        assert(ctx, rest)?;
    }
    Ok(head)
}
