//! Who did what a log record holds, and when: the head of each operation in a batch.

use crate::planted::{self, Planted};

/// What made an operation happen. The numbers are stored: never reused, never changed, and a later version may have more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Origin {
    /// A request.
    Client = 1,
    /// The time of keys or of entries of caches was over.
    Sweep = 2,
    /// Rows of dropped collections were removed.
    Purge = 3,
    /// A restored checkpoint. A restore brings a store and no log, so no record says this yet.
    Restore = 4,
    /// What a directory of before holds was noted in lists that came later.
    Listing = 5,
}

impl Origin {
    /// All of them.
    pub const ALL: [Origin; 5] = [Origin::Client, Origin::Sweep, Origin::Purge, Origin::Restore, Origin::Listing];

    /// The origin with this number; nothing for one of a later version.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Origin> {
        Origin::ALL.into_iter().find(|origin| *origin as u8 == number)
    }

    /// The number, as in log records.
    #[must_use]
    pub fn number(self) -> u8 {
        if planted::is(Planted::OriginWrong) { Origin::Client as u8 } else { self as u8 }
    }
}

/// Who an operation comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Author {
    /// The number of the request's operation, see [`crate::api::OpCode`]; 0 = the engine did it by itself.
    pub kind: u16,
    /// What made it happen.
    pub origin: Origin,
}

/// What the log says of an operation beside its effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperationHead {
    /// The number of the request's operation, see [`crate::api::OpCode`]; 0 = the engine did it by itself. A later version may have more.
    pub kind: u16,
    /// What made it happen; nothing if this build does not know it.
    pub origin: Option<Origin>,
    /// The time its commit is stamped with, in ms since 1970.
    pub time_ms: i64,
}
