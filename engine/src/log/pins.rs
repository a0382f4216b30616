//! Pins: what keeps segments that the store does not need any more for somebody who reads the log.
//!
//! A pin keeps every batch that ends after a seq, from the moment it is taken until it is dropped, moved on, or broken. It is a
//! wish within bounds and never a condition: see [`super::release`] for when one is broken. It says so itself then, and what it
//! kept is released. It lives as long as the opening of the log: none outlives the process.

use std::collections::BTreeMap;
use std::sync::Weak;

use super::error::LogError;
use super::shared::LogShared;
use crate::limits;
use crate::planted::{self, Planted};

/// How a pin is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinState {
    /// What comes after this seq is kept.
    Held {
        /// The seq.
        after: u64,
    },
    /// Nothing is kept any more.
    Broken(PinEnd),
}

/// Why a pin was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinEnd {
    /// It kept more than pins may.
    HeldTooMuch,
    /// The disk was full: writes come first.
    DiskFull,
    /// The log was damaged, and was begun anew behind what the store has.
    BegunAnew,
    /// The log was closed.
    Closed,
}

/// Keeps what comes after a seq in the log, until it is dropped.
#[derive(Debug)]
pub struct LogPin {
    shared: Weak<LogShared>,
    id: u64,
}

impl LogPin {
    pub(super) fn new(shared: Weak<LogShared>, id: u64) -> Self {
        Self { shared, id }
    }

    /// Keeps from now on only what comes after a later seq. An earlier one changes nothing, and nothing mends a broken pin.
    pub fn advance(&self, after: u64) {
        if let Some(shared) = self.shared.upgrade() {
            shared.with_pins(|pins| pins.advance(self.id, after));
        }
    }

    /// Whether it still keeps anything.
    #[must_use]
    pub fn state(&self) -> PinState {
        let known = self.shared.upgrade().and_then(|shared| shared.with_pins(|pins| pins.state(self.id)));
        known.unwrap_or(PinState::Broken(PinEnd::Closed))
    }
}

impl Drop for LogPin {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.with_pins(|pins| pins.remove(self.id));
        }
    }
}

/// The pins of a log, the broken ones too as long as somebody has them.
#[derive(Debug, Default)]
pub(super) struct Pins {
    pins: BTreeMap<u64, PinState>,
    newest_id: u64,
}

impl Pins {
    pub(super) fn add(&mut self, after: u64) -> Result<u64, LogError> {
        if self.pins.len() >= limits::LOG_PINS_MAX {
            return Err(LogError::TooMany { what: "pins", max: limits::LOG_PINS_MAX });
        }
        self.newest_id += 1;
        self.pins.insert(self.newest_id, PinState::Held { after });
        Ok(self.newest_id)
    }

    fn advance(&mut self, id: u64, to: u64) {
        if let Some(PinState::Held { after }) = self.pins.get_mut(&id) {
            *after = to.max(*after);
        }
    }

    fn state(&self, id: u64) -> Option<PinState> {
        self.pins.get(&id).copied()
    }

    fn remove(&mut self, id: u64) {
        self.pins.remove(&id);
    }

    /// The seq after which something is kept, if anything is.
    pub(super) fn oldest(&self) -> Option<u64> {
        let held = self.pins.values().filter_map(|pin| match pin {
            PinState::Held { after } => Some(*after),
            PinState::Broken(_) => None,
        });
        held.min()
    }

    /// True if nobody keeps a batch that ends with this seq.
    pub(super) fn let_go(&self, last_seq: u64) -> bool {
        self.oldest().is_none_or(|after| after >= last_seq) || planted::is(Planted::PinIgnored)
    }

    /// Breaks those that keep the most. False if there is none.
    pub(super) fn end_oldest(&mut self, why: PinEnd) -> bool {
        let Some(oldest) = self.oldest() else { return false };
        self.end(why, |after| after == oldest);
        true
    }

    /// Breaks those that keep what comes before a seq.
    pub(super) fn end_before(&mut self, why: PinEnd, seq: u64) {
        self.end(why, |after| after < seq);
    }

    fn end(&mut self, why: PinEnd, chosen: impl Fn(u64) -> bool) {
        for pin in self.pins.values_mut() {
            if let PinState::Held { after } = *pin
                && chosen(after)
            {
                tracing::warn!(after, ?why, "a pin of the log was broken: whoever reads there has to begin anew");
                *pin = PinState::Broken(why);
            }
        }
    }
}
