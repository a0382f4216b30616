//! When there is room for an answer.
//!
//! Before a request is carried out, room for what it may bring is taken from the connection's share of the engine's budget of
//! unread answers:
//!
//! - A connection that owes its peer nothing may always begin one request, however full everything is. So nobody is locked out
//!   of small answers by peers that do not read. A large one may be refused: peers that do read, if slowly, hold its room. How slowly
//!   they may is bounded ([`toondb_engine::progress_bytes_min`]).
//! - Any further request must fit, with what the connection holds already, into a quarter of its share and into a part of what is
//!   left of the whole budget. The more there is unread over all connections, the less each may leave unread, and the budget is
//!   never used up by them: the next peer finds room.
//!
//! When the answer is there its true size is counted. A small one is always kept, and so is one that tells of a change. A large
//! one of a request that changed nothing, that turns out larger than what was taken for it and fits neither the share nor the
//! budget, is replaced by `Busy`, which is true: nothing has happened, and the same request will succeed later.

use std::sync::Arc;

use toondb_engine::api::{Effect, Response, Result};
use toondb_engine::{Permit, Share};

/// What a connection may hold of the room that is left: one of so many parts.
const PARTS: usize = 8;
/// What of its share a connection may hold when it begins a request: one of so many parts. The rest is for answers that outgrow what
/// was foreseen.
const SHARE_PARTS: usize = 4;
/// Answers of at most this size are always kept; the bound on unanswered requests bounds them.
const SMALL_BYTES: usize = 4 << 10;

/// Takes room for an answer of about `hint` bytes; nothing if its request has to wait.
pub fn set_aside(share: &Arc<Share>, hint: usize) -> Option<Permit> {
    let budget = share.budget();
    let part = budget.bytes_max().saturating_sub(budget.used()) / PARTS;
    let held = share.bytes();
    if held == 0 {
        // Of whatever size, so that the next one sees that there is one.
        return Some(share.take(hint.min(part).max(1)).unwrap_or_else(|| share.force(1)));
    }
    let fits = held.saturating_add(hint) <= part.min(share.bytes_max() / SHARE_PARTS);
    fits.then(|| share.take(hint)).flatten()
}

/// True if not even a small answer has room, and there is one before it. A request that is wrong takes no room before it is
/// answered, since nothing is carried out; it waits all the same.
pub fn is_used_up(share: &Arc<Share>) -> bool {
    share.bytes() > 0 && set_aside(share, SMALL_BYTES).is_none()
}

/// Makes what was taken for an answer true; false if there is no room for it, and it may be refused.
pub fn settle(room: &mut Permit, bytes: usize, effect: Effect, result: &Result<Response>) -> bool {
    let tells_of_change = match result {
        Ok(response) => response.tells_of_change(effect),
        Err(_) => true,
    };
    if bytes <= SMALL_BYTES || tells_of_change {
        room.settle(bytes);
        return true;
    }
    room.try_settle(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use toondb_engine::Budget;

    use super::*;

    #[test]
    fn the_fuller_the_budget_the_less_each_may_hold_and_everybody_may_begin() {
        let budget = Budget::new(800);
        let greedy: Vec<_> = (0..40).map(|_| budget.share(200)).collect();
        let mut held = Vec::new();
        for share in greedy.iter().cycle().take(40 * 20) {
            held.extend(set_aside(share, 10));
        }
        assert!(greedy.iter().all(|share| share.bytes() >= 10 && share.bytes() <= 100), "each its part");
        assert!(budget.used() < 800, "{} of 800 are held, and some are left", budget.used());
        let modest = budget.share(200);
        let begun = set_aside(&modest, 10).unwrap();
        assert!(begun.bytes() > 0, "the next one finds room");
        drop(budget.share(0).force(10_000));
        let full = budget.share(0).force(10_000);
        let next = budget.share(200);
        let only = set_aside(&next, 10);
        assert!(only.is_some(), "and may begin where there is none");
        assert!(set_aside(&next, 0).is_none() && is_used_up(&next), "one request, and no other before it is answered");
        drop((full, begun, held, only));
        assert_eq!(budget.used(), 0);
    }
}
