//! Faults of single calls, of every kind that a file system is asked: questions and reads too, not only what changes something.
//!
//! Calls are counted; from a chosen one on, a fault befalls one call or all of them, until it is lifted. A fault befalls only calls
//! that can suffer it: a read never finds the disk full.

use std::io;

const EINTR: i32 = 4;
pub(super) const EIO: i32 = 5;
pub(super) const ENOSPC: i32 = 28;

/// What befalls a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallFault {
    /// `EIO`; a sync forgets what it was to write, as Linux does.
    Failed,
    /// `ENOSPC`, where something may need space: writes, new names, and syncs, which allocate late.
    Full,
    /// `EINTR` that reaches the engine.
    Interrupted,
    /// A part of the bytes is read or written, and then `EIO`.
    Short,
}

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// Asks about names, lengths, space; opens what is there.
    Ask,
    Read,
    /// Writes, or sets a length.
    Write,
    /// Gives a name.
    Name,
    /// Takes a name away.
    Unname,
    Sync,
}

#[derive(Clone, Copy)]
struct CallPlan {
    fault: CallFault,
    from: u64,
    for_ever: bool,
}

/// Calls so far, and the fault that is armed.
#[derive(Default)]
pub(super) struct Calls {
    pub(super) count: u64,
    pub(super) befallen: u64,
    plan: Option<CallPlan>,
}

impl CallFault {
    /// All of them.
    pub const ALL: [CallFault; 4] = [Self::Failed, Self::Full, Self::Interrupted, Self::Short];

    fn befalls(self, call: Call) -> bool {
        match self {
            Self::Failed | Self::Interrupted => true,
            Self::Full => matches!(call, Call::Write | Call::Name | Call::Sync),
            Self::Short => matches!(call, Call::Read | Call::Write),
        }
    }

    pub(super) fn error(self) -> io::Error {
        io::Error::from_raw_os_error(match self {
            Self::Failed | Self::Short => EIO,
            Self::Full => ENOSPC,
            Self::Interrupted => EINTR,
        })
    }
}

impl Calls {
    pub(super) fn arm(&mut self, fault: CallFault, from: u64, for_ever: bool) {
        self.plan = Some(CallPlan { fault, from, for_ever });
    }

    pub(super) fn lift(&mut self) {
        self.plan = None;
    }

    /// Counts a call and says what befalls it.
    pub(super) fn next(&mut self, call: Call) -> Option<CallFault> {
        self.count += 1;
        let plan = self.plan.filter(|plan| self.count >= plan.from && plan.fault.befalls(call))?;
        if !plan.for_ever {
            self.plan = None;
        }
        self.befallen += 1;
        Some(plan.fault)
    }
}
