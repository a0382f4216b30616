//! Under which number a client asks for a change, so that it is made once however often it is asked for.
//!
//! A client whose connection breaks does not know whether its request was carried out. So it may give each change a number, and ask
//! again under the same one: the first request that arrives is carried out, its answer is kept in the same commit, and every
//! later one is given that answer. The client also says below which number it has all its answers; those are let go.

use super::{Error, Result};

/// A client that asks again: 16 random bytes, made anew by each client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(pub [u8; 16]);

/// Under which number a client asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Once {
    /// The client.
    pub client: ClientId,
    /// The request's number, another one for each change that the client wants.
    pub number: u64,
    /// The client has the answers of all its requests below this number, or wants them no more: they are never carried out again.
    pub answered_below: u64,
}

impl Once {
    /// Refuses what contradicts itself.
    ///
    /// # Errors
    /// `InvalidArgument` if the client has the answer of the request that it makes.
    pub fn validate(&self) -> Result<()> {
        if self.answered_below <= self.number {
            return Ok(());
        }
        let Self { number, answered_below, .. } = self;
        Err(Error::invalid(format!("request {number} is below {answered_below}, and so was answered")))
    }
}
