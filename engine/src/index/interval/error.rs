//! What the interval index refuses.

use thiserror::Error;

/// Why a period or a version was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IntervalError {
    /// A period must hold at least one instant: its end lies after its start.
    #[error("period must end after it starts: from {from} until {until}")]
    EmptyPeriod {
        /// First instant of the refused period, in milliseconds.
        from: i64,
        /// The refused end, in milliseconds.
        until: i64,
    },
    /// One timeline addresses its versions with 32 bits; there is no room for another.
    #[error("a timeline holds at most {limit} versions")]
    TooManyVersions {
        /// The largest number of versions one timeline holds.
        limit: u32,
    },
}
