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

/// What stating the next value of a relation did.
pub struct Stated {
    /// The fact as it is believed now.
    pub asserted: TemporalEdge,
    /// The earlier facts that were closed, as they are believed now; facts retracted as a whole are in the history only.
    pub closed: Vec<TemporalEdge>,
    /// False if nothing was written.
    pub changed: bool,
}

impl Stated {
    pub fn answer(self, ctx: &WriteContext<'_>) -> Superseded {
        let Self { asserted, closed, changed } = self;
        Superseded { asserted, closed, changed, commit_seq: ctx.commit_seq(), durability: ctx.durability }
    }
}

/// Asserts the fact and ends those it supersedes. Where exactly this is believed already, nothing happens.
pub fn supersede(ctx: &mut WriteContext<'_>, mut fact: TemporalFact) -> Result<Stated> {
    let stated_end = fact.valid_until;
    fact.valid_until = end_of(&fact, next_start(ctx, &fact.from_id, &fact.edge_type, fact.valid_from)?);
    let (mut standing, mut closed, mut changed) = (None, Vec::new(), false);
    let covering = believed_at(ctx, &fact.from_id, fact.valid_from, |key| *key.edge_type == *fact.edge_type.as_str())?;
    for old in covering {
        if old.valid_from == fact.valid_from && old.to_id == fact.to_id && says_the_same(&old, &fact) {
            standing = Some(old);
        } else {
            changed = true;
            closed.extend(give_way(ctx, old, fact.valid_from, stated_end)?);
        }
    }
    match standing {
        Some(asserted) => Ok(Stated { asserted, closed, changed }),
        None => Ok(Stated { asserted: assert(ctx, fact)?, closed, changed: true }),
    }
}

impl Execute for SupersedeTemporalEdge {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Superseded> {
        let stated = supersede(ctx, self.fact)?;
        Ok(stated.answer(ctx))
    }
}

/// Where a fact ends: where it is said to, but never beyond the next.
pub fn end_of(fact: &TemporalFact, next: Option<TimestampMs>) -> Option<TimestampMs> {
    match (fact.valid_until, next) {
        (Some(end), Some(next)) => Some(end.min(next)),
        (end, next) => end.or(next),
    }
}

/// Makes room in a belief for another value over `[start, end)`. Gives its head if it began before.
pub fn give_way(
    ctx: &mut WriteContext<'_>,
    old: TemporalEdge,
    start: TimestampMs,
    end: Option<TimestampMs>,
) -> Result<Option<TemporalEdge>> {
    if old.valid_from < start {
        return shorten(ctx, old, start, end).map(Some);
    }
    retract(ctx, old)?;
    Ok(None)
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
