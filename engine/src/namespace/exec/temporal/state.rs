//! States the value that a single-valued relation has from a time on, joining periods of one value.
//!
//! What other values hold in the period is superseded, by the rules of [`super::supersede`]; a fact that arrives late ends
//! where the next begins there, too. The value is the node at the end and the fields. If one period has it already where this
//! one begins, or ends exactly there, that period is the one that holds on; and if the next begins exactly where this one ends
//! and has it too, both are one. (Coalescing, as in Snodgrass, *Developing Time-Oriented Database Applications in SQL*, 1999,
//! ch. 6.5.) Where nothing has to change nothing is written.

use super::beliefs::{assert, believed_at, next_start, retract, with_end};
use super::supersede::{Stated, end_of, give_way};
use crate::api::{Result, StateFact, StatedFact, Superseded, TemporalEdge, TemporalFact, TimestampMs, same_fields};
use crate::namespace::context::WriteContext;
use crate::namespace::exec::Execute;

/// States a fact.
pub fn state(ctx: &mut WriteContext<'_>, stated: StatedFact) -> Result<Stated> {
    let StatedFact { from_id, edge_type, to_id, valid_from, valid_until, properties } = stated;
    let valid_from = valid_from.unwrap_or(TimestampMs(ctx.now_ms));
    let mut fact = TemporalFact { from_id, edge_type, to_id, valid_from, valid_until, properties };
    // Only now is it known where the period begins.
    fact.validate()?;
    fact.valid_until = end_of(&fact, next_start(ctx, &fact.from_id, &fact.edge_type, valid_from)?);

    let covering = believed_at(ctx, &fact.from_id, valid_from, |key| *key.edge_type == *fact.edge_type.as_str())?;
    let (same, others): (Vec<_>, Vec<_>) = covering.into_iter().partition(|edge| is_same_value(edge, &fact));
    let mut changed = !others.is_empty();
    let mut closed = Vec::new();
    for old in others {
        closed.extend(give_way(ctx, old, valid_from, valid_until)?);
    }
    // Of several that have the value, the one that holds longest, and of these the first.
    let longest = same.into_iter().rev().max_by_key(|edge| last_of(edge.valid_until));
    let ours = match longest {
        Some(ours) => Some(ours),
        None => touching(ctx, &fact)?,
    };
    if let Some(asserted) = ours.as_ref().filter(|ours| last_of(ours.valid_until) >= last_of(fact.valid_until)) {
        return Ok(Stated { asserted: asserted.clone(), closed, changed });
    }
    changed = true;
    if let Some(following) = following(ctx, &fact)? {
        fact.valid_until = following.valid_until;
        retract(ctx, following)?;
    }
    let whole = match ours {
        Some(ours) => {
            let longer = with_end(&ours, fact.valid_until);
            retract(ctx, ours)?;
            longer
        }
        None => fact,
    };
    Ok(Stated { asserted: assert(ctx, whole)?, closed, changed })
}

impl Execute for StateFact {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Superseded> {
        let stated = state(ctx, self.fact)?;
        Ok(stated.answer(ctx))
    }
}

/// An end as something to compare: an open one is the last.
fn last_of(end: Option<TimestampMs>) -> (bool, Option<TimestampMs>) {
    (end.is_none(), end)
}

fn is_same_value(belief: &TemporalEdge, fact: &TemporalFact) -> bool {
    belief.to_id == fact.to_id && same_fields(&belief.properties, &fact.properties)
}

/// The belief of the same value that ends exactly where the fact begins.
fn touching(ctx: &WriteContext<'_>, fact: &TemporalFact) -> Result<Option<TemporalEdge>> {
    let Some(before) = fact.valid_from.0.checked_sub(1) else { return Ok(None) };
    let held = believed_at(ctx, &fact.from_id, TimestampMs(before), |key| {
        *key.edge_type == *fact.edge_type.as_str() && *key.other == *fact.to_id.as_str()
    })?;
    let touches = |edge: &TemporalEdge| edge.valid_until == Some(fact.valid_from) && is_same_value(edge, fact);
    Ok(held.into_iter().find(touches))
}

/// The belief of the same value that begins exactly where the fact ends.
fn following(ctx: &WriteContext<'_>, fact: &TemporalFact) -> Result<Option<TemporalEdge>> {
    let Some(end) = fact.valid_until else { return Ok(None) };
    let held = believed_at(ctx, &fact.from_id, end, |key| {
        *key.edge_type == *fact.edge_type.as_str() && *key.other == *fact.to_id.as_str()
    })?;
    Ok(held.into_iter().find(|edge| edge.valid_from == end && is_same_value(edge, fact)))
}
