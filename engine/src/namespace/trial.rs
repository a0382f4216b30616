//! Trying a write on a namespace that does not exist, before it is made.
//!
//! A write to a new name makes the namespace, and what it finds there is known beforehand: nothing. So it is carried out once
//! on nothing, and what comes of it is thrown away. One that is refused there, because it names a collection that is missing
//! or breaks a precondition, would be refused in the namespace too, and leaves none behind.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::context::WriteContext;
use super::exec;
use super::last_changes::LastChanges;
use super::state::State;
use super::timelines::Asserted;
use crate::api::{Error, Quota, Request, Result};
use crate::clock::Clock;
use crate::limits;
use crate::rng::Rng;
use crate::store::{Counters, Txn};
use crate::work::Budget;

/// Refuses what a namespace that was just made would refuse.
pub fn try_on_nothing(clock: &Arc<dyn Clock>, rng: &dyn Rng, request: Request) -> Result<()> {
    let state = State::empty(Arc::clone(clock));
    let now_ms = clock.now_ms();
    let before = Counters::default();
    let last_changes = LastChanges::since(0);
    let mut ctx = WriteContext {
        state: &state,
        txn: Txn::new(state.unpublished()),
        seq: 1,
        now_ms,
        stamp_ms: now_ms.clamp(0, limits::TIME_MS_MAX),
        counters: before,
        quota: Quota::default(),
        last_changes: &last_changes,
        fresh: Vec::new(),
        range_rows: 0,
        asserted: Asserted::default(),
        rng,
        durability: request.durability(),
        // Nothing is stored that an answer could have.
        answers: &Budget::new(0).share(0),
        answer_room: None,
        once: None,
        kept: None,
    };
    let tried = catch_unwind(AssertUnwindSafe(|| {
        exec::execute(&mut ctx, request)?;
        ctx.check_bounds(&before)
    }));
    tried.unwrap_or_else(|_| {
        tracing::error!("a write panicked on a namespace that does not exist; it failed alone");
        Err(Error::internal("a defect in ToonDB: the request failed alone and changed nothing"))
    })
}
