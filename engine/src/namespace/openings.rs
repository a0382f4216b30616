//! The openings of an engine, counted in one place: an opening takes a place before it touches a file and gives it back
//! when the last of its files is closed, so no more can ever be open than there are places.
//!
//! Where none is free, the namespace idle for longest is closed first. Only those are closed that nobody is using; if
//! everybody is, the caller is told so.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::tenant::Tenant;
use crate::api::{Error, ErrorCode, Result};
use crate::limits;
use crate::occupancy::{Occupancy, Occupant};

#[derive(Default)]
struct TakenPlaces {
    /// The number of the newest opening.
    newest: u64,
    /// Whose each place is, by the number of the opening.
    places: BTreeMap<u64, Weak<dyn Tenant>>,
}

/// The places of an engine.
pub struct Openings {
    max: usize,
    occupancy: Arc<Occupancy>,
    taken: Mutex<TakenPlaces>,
    freed: Condvar,
}

/// The place of one opening; dropping it gives it back.
pub struct Place {
    openings: Arc<Openings>,
    /// The opening's number; no other one of this engine has it.
    pub number: u64,
    /// Keeps the data directory this engine's.
    _inside: Occupant,
}

impl fmt::Debug for Openings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Openings").field("max", &self.max).field("taken", &self.count()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").field("number", &self.number).finish_non_exhaustive()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.openings.taken.lock().places.remove(&self.number);
        self.openings.freed.notify_all();
    }
}

impl Openings {
    /// `max` places in a data directory.
    pub fn new(max: usize, occupancy: Arc<Occupancy>) -> Arc<Self> {
        Arc::new(Self { max: max.max(1), occupancy, taken: Mutex::default(), freed: Condvar::new() })
    }

    /// Takes a place for `tenant`, closing another one if need be. The caller holds the lock of its actor,
    /// so nothing here may wait for another's.
    pub(super) fn take(self: &Arc<Self>, tenant: &Arc<dyn Tenant>) -> Result<Place> {
        let inside = self.occupancy.enter()?;
        let mut idle = None;
        loop {
            if let Some(number) = self.try_take(tenant) {
                return Ok(Place { openings: Arc::clone(self), number, _inside: inside });
            }
            let next = idle.get_or_insert_with(|| self.longest_idle_last(tenant)).pop();
            let Some(next) = next else { return Err(self.full()) };
            if next.close_unused() {
                self.wait_for_room();
            }
        }
    }

    fn try_take(&self, tenant: &Arc<dyn Tenant>) -> Option<u64> {
        let mut taken = self.taken.lock();
        if taken.places.len() >= self.max {
            return None;
        }
        taken.newest += 1;
        let number = taken.newest;
        taken.places.insert(number, Arc::downgrade(tenant));
        Some(number)
    }

    /// Background work may have a file of what was just closed open for a moment.
    fn wait_for_room(&self) {
        let mut taken = self.taken.lock();
        if taken.places.len() >= self.max {
            self.freed.wait_for(&mut taken, limits::CLOSING_WAIT_MAX);
        }
    }

    /// Others than `tenant`, those to be closed first at the end: those without open transactions before those with
    /// some, then the longest idle, then the one opened first.
    fn longest_idle_last(&self, tenant: &Arc<dyn Tenant>) -> Vec<Arc<dyn Tenant>> {
        let mut others = self.open();
        others.retain(|other| !Arc::ptr_eq(other, tenant));
        others.reverse();
        // What is asked changes meanwhile, so each is asked once.
        others.sort_by_cached_key(|other| (Reverse(other.has_transactions()), other.idle_ticks()));
        others
    }

    fn full(&self) -> Error {
        let text = format!("{} namespaces are open and all are in use; retry after a short pause", self.max);
        Error::new(ErrorCode::Busy, text)
    }

    /// Namespaces with files open, in the order in which they were opened.
    pub fn open(&self) -> Vec<Arc<dyn Tenant>> {
        self.taken.lock().places.values().filter_map(Weak::upgrade).collect()
    }

    /// How long the writer of one of them has been at one group, of all the longest.
    pub fn busiest(&self) -> Duration {
        self.open().iter().map(|tenant| tenant.busy_for()).max().unwrap_or_default()
    }

    /// How many openings have files open.
    pub fn count(&self) -> usize {
        self.taken.lock().places.len()
    }
}
