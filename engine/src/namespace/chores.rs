//! What the writer does by itself: with time, and in steps that requests pass between.

use std::sync::Arc;
use std::time::Duration;

use super::actor::{Actor, Surroundings};
use super::context::WriteContext;
use super::exec;
use super::mailbox::Task;
use crate::api::{Durability, Result};
use crate::limits;
use crate::store::{Author, Origin, Table};

impl Actor {
    /// What has to happen with time. Gives true if a volatile write must be synced now.
    pub(super) fn tick(&mut self, around: &Surroundings<'_>) -> bool {
        let state = Arc::clone(&self.state);
        let now = state.clock.monotonic();
        self.reclaim(now);
        self.log.be_frugal(around.space.is_short());
        self.make_space(around.space);
        // What was kept for somebody who has let go of it since.
        if let Err(error) = self.log.truncate(self.flushing.flushed_seq) {
            self.log_failed(error);
        }
        self.shrink_if_roomy(now, around.space.is_low());
        if !self.sweeping {
            self.sweep(around);
        }
        self.unsynced_since.is_some_and(|since| now.saturating_sub(since) >= limits::VOLATILE_DELAY_MAX)
    }

    /// Removes a bounded part of what has expired and of dropped collections, and notes a part of what is in no list yet, in
    /// commits of the engine's own. While more is left, the next part is asked for at once, behind whatever waits in the
    /// mailbox: so a backlog shrinks as fast as the machine allows, and requests are served in between.
    pub(super) fn sweep(&mut self, around: &Surroundings<'_>) {
        // Deletes take memory too; they go on when the disk has caught up.
        if around.closing || self.congestion().is_some() {
            return;
        }
        let state = Arc::clone(&self.state);
        let most = limits::SWEEP_ITEMS_MAX;
        let has_expired =
            exec::expired(&state.unpublished(), state.clock.now_ms(), 1).is_ok_and(|keys| !keys.is_empty());
        let keys = |ctx: &mut WriteContext<'_>| Ok(has_expired && exec::sweep(ctx, most)? >= most);
        let rows = |ctx: &mut WriteContext<'_>| Ok(exec::sweep_rows(ctx, most)? >= most);
        self.forget_clients(around);
        let parts = [
            self.do_by_itself(Origin::Sweep, around, keys),
            self.do_by_itself(Origin::Sweep, around, rows),
            self.do_by_itself(Origin::Purge, around, |ctx| exec::purge(ctx, most)),
            self.do_by_itself(Origin::Purge, around, |ctx| exec::remove_ranges(ctx, most)),
            self.list(around),
        ];
        if parts.contains(&true) {
            self.sweeping = true;
            self.flushing.post(Task::Sweep);
        }
    }

    /// Now and then forgets the clients that have asked for nothing for long.
    fn forget_clients(&mut self, around: &Surroundings<'_>) {
        let now = self.state.clock.monotonic();
        if self.clients_looked_at.is_some_and(|then| now.saturating_sub(then) < limits::CLIENTS_LOOKED_AT) {
            return;
        }
        self.clients_looked_at = Some(now);
        let rows = self.answered.forget(self.state.clock.now_ms());
        for rows in rows.chunks(limits::SWEEP_ITEMS_MAX) {
            self.do_by_itself(Origin::Sweep, around, |ctx| {
                rows.iter().for_each(|key| ctx.txn.delete(Table::Answers, key.clone()));
                Ok(false)
            });
        }
    }

    /// A commit that nobody asked for; true if more of it is left. What fails is tried again with the next tick.
    fn do_by_itself(
        &mut self,
        origin: Origin,
        around: &Surroundings<'_>,
        part: impl FnOnce(&mut WriteContext<'_>) -> Result<bool>,
    ) -> bool {
        let author = Author { kind: 0, origin };
        self.attempt(author, Durability::Volatile, around, part).unwrap_or_else(|error| {
            tracing::warn!(%error, ?origin, "a commit of the engine's own failed; it is tried again");
            false
        })
    }

    /// Notes a bounded part of the nodes and the facts that are in no list yet. True if more are left.
    fn list(&mut self, around: &Surroundings<'_>) -> bool {
        if around.space.is_short() {
            return false;
        }
        let most = limits::SWEEP_ITEMS_MAX;
        let nodes = self.do_by_itself(Origin::Listing, around, |ctx| exec::list_nodes(ctx, most));
        let facts = self.do_by_itself(Origin::Listing, around, |ctx| exec::list_facts(ctx, most));
        nodes || facts
    }

    /// Ends snapshots whose time is over, and now and then frees the index rows that no reader can see any more.
    fn reclaim(&mut self, now: Duration) {
        let oldest_seen = self.state.oldest_seen();
        if now.saturating_sub(self.reclaimed_at) >= limits::RECLAIM_INTERVAL {
            self.reclaimed_at = now;
            self.state.collections.reclaim(oldest_seen);
            self.last_changes.forget(|number| self.state.collections.living(number).is_none());
        }
    }
}
