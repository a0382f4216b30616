//! States a fact of a relation that may have many at once.

use super::beliefs::{assert, retract, same_start, says_the_same};
use crate::api::{AddTemporalEdge, Created, Result, TemporalFact};
use crate::namespace::context::WriteContext;
use crate::namespace::exec::Execute;

/// Asserts a fact. A belief in the same fact gives way, unless it says exactly the same: then nothing happens and the
/// answer is false.
pub fn add(ctx: &mut WriteContext<'_>, fact: TemporalFact) -> Result<bool> {
    if let Some(belief) = same_start(ctx, &fact)? {
        if says_the_same(&belief, &fact) {
            return Ok(false);
        }
        retract(ctx, belief)?;
    }
    assert(ctx, fact)?;
    Ok(true)
}

impl Execute for AddTemporalEdge {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Created> {
        let created = add(ctx, self.fact)?;
        Ok(ctx.created(created))
    }
}
