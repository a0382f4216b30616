//! The numbers under which a client asks for changes, so that it may ask again when a connection breaks.
//!
//! See [`toondb_engine::api::Once`]: the server carries a change out once, however often it is asked for under one number. A number
//! is open until its call ends; with each call the server is told the lowest that is open, and lets go of the answers below.

use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::Mutex;
use toondb_engine::api::{ClientId, Error, Once, Result};
use toondb_engine::rng::{OsRng, Rng as _};

#[derive(Debug)]
struct State {
    next: u64,
    open: BTreeSet<u64>,
}

/// A client's numbers. A child of fork(2) needs its own.
#[derive(Debug)]
pub struct Numbers {
    client: ClientId,
    state: Mutex<State>,
}

/// The number of a call, which is open until this is dropped.
#[derive(Debug)]
pub struct Numbered {
    numbers: Arc<Numbers>,
    once: Once,
}

impl Numbers {
    /// A client that nobody knows yet.
    ///
    /// # Errors
    /// `Internal` where the system has no random numbers.
    pub fn new() -> Result<Arc<Self>> {
        let rng = OsRng::open().map_err(|error| Error::internal(format!("no random numbers: {error}")))?;
        let mut client = [0; 16];
        rng.fill(&mut client);
        let state = Mutex::new(State { next: 1, open: BTreeSet::new() });
        Ok(Arc::new(Self { client: ClientId(client), state }))
    }

    /// Who asks.
    #[must_use]
    pub fn client(&self) -> ClientId {
        self.client
    }

    /// The next number.
    #[must_use]
    pub fn begin(self: &Arc<Self>) -> Numbered {
        let mut state = self.state.lock();
        let number = state.next;
        state.next += 1;
        state.open.insert(number);
        let answered_below = state.open.first().copied().unwrap_or(number);
        Numbered { numbers: Arc::clone(self), once: Once { client: self.client, number, answered_below } }
    }
}

impl Numbered {
    /// What the request says of it.
    #[must_use]
    pub fn once(&self) -> Once {
        self.once
    }
}

impl Drop for Numbered {
    fn drop(&mut self) {
        self.numbers.state.lock().open.remove(&self.once.number);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use super::*;

    #[test]
    fn the_lowest_open_number_is_told() {
        let numbers = Numbers::new().unwrap();
        assert_ne!(numbers.client(), Numbers::new().unwrap().client());
        let told = |numbered: &Numbered| (numbered.once().number, numbered.once().answered_below);
        let (first, second) = (numbers.begin(), numbers.begin());
        assert_eq!((told(&first), told(&second)), ((1, 1), (2, 1)));
        drop(first);
        let third = numbers.begin();
        assert_eq!(told(&third), (3, 2));
        drop((second, third));
        assert_eq!(told(&numbers.begin()), (4, 4));
    }
}
