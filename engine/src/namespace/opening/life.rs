//! Where the life of a namespace stands; see the folder's comment for the ways between the states.

use parking_lot::{Condvar, Mutex};

use crate::api::{Error, ErrorCode, Result};
use crate::limits;

/// Whether anything has files of the namespace open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileState {
    Closed,
    Open,
}

/// Why a namespace is out of service.
#[derive(Debug, Clone)]
pub enum Fence {
    /// For good, or until the process ends.
    Final(Error),
    /// Until the catalog has been read again: nobody knows whether the namespace still has these files.
    Doubt(Error),
}

#[derive(Debug)]
enum Phase {
    /// No file is open.
    Closed,
    /// Whoever has the actor's lock is opening the files.
    Opening,
    /// In service.
    Open,
    /// Given up. Somebody still has a file open.
    Closing {
        /// True once somebody has waited in vain: others need not.
        overdue: bool,
    },
    /// Out of service.
    Fenced { why: Fence, files: FileState },
}

/// The life of a namespace in this process.
#[derive(Debug)]
pub struct Life {
    phase: Mutex<Phase>,
    closed: Condvar,
}

impl Default for Life {
    fn default() -> Self {
        Self { phase: Mutex::new(Phase::Closed), closed: Condvar::new() }
    }
}

impl Fence {
    /// What a request is told.
    pub fn error(&self) -> Error {
        match self {
            Self::Final(error) | Self::Doubt(error) => error.clone(),
        }
    }
}

impl Life {
    /// Begins an opening. While a former one is closing this waits, but not for long, and only the first time.
    pub(super) fn begin(&self) -> Result<()> {
        let mut phase = self.phase.lock();
        loop {
            match &*phase {
                Phase::Closed => {
                    *phase = Phase::Opening;
                    return Ok(());
                }
                Phase::Closing { overdue: false } => {
                    let waited = self.closed.wait_for(&mut phase, limits::CLOSING_WAIT_MAX);
                    if let Phase::Closing { overdue } = &mut *phase {
                        *overdue = waited.timed_out();
                    }
                }
                Phase::Closing { overdue: true } => {
                    let text = "the namespace is being reopened; retry after a short pause";
                    return Err(Error::new(ErrorCode::Busy, text));
                }
                Phase::Fenced { why, files: _ } => return Err(why.error()),
                Phase::Opening | Phase::Open => return Err(Error::internal("a namespace was opened twice")),
            }
        }
    }

    /// Waits until no file is open, but not for long. The caller sees to it that no opening begins meanwhile.
    pub(in crate::namespace) fn wait_until_closed(&self) -> Result<()> {
        let mut phase = self.phase.lock();
        let is_open = |phase: &mut Phase| match phase {
            Phase::Closed | Phase::Fenced { files: FileState::Closed, .. } => false,
            Phase::Opening | Phase::Open | Phase::Closing { .. } | Phase::Fenced { files: FileState::Open, .. } => true,
        };
        if self.closed.wait_while_for(&mut phase, is_open, limits::CLOSING_WAIT_MAX).timed_out() {
            let text = "somebody is still reading the namespace's files; retry after a short pause";
            return Err(Error::new(ErrorCode::Busy, text));
        }
        match &*phase {
            Phase::Fenced { why, files: _ } => Err(why.error()),
            Phase::Closed | Phase::Opening | Phase::Open | Phase::Closing { .. } => Ok(()),
        }
    }

    /// The opening that began has succeeded, unless the namespace was taken out of service meanwhile.
    pub(super) fn opened(&self) -> Result<()> {
        let mut phase = self.phase.lock();
        match &*phase {
            Phase::Opening => *phase = Phase::Open,
            Phase::Fenced { why, files: _ } => return Err(why.error()),
            Phase::Closed | Phase::Open | Phase::Closing { .. } => {
                return Err(Error::internal("a namespace was opened that was not being opened"));
            }
        }
        Ok(())
    }

    /// The opening is given up, or never came to be; its last lease closes it.
    pub(super) fn leave(&self) {
        let mut phase = self.phase.lock();
        if matches!(*phase, Phase::Opening | Phase::Open) {
            *phase = Phase::Closing { overdue: false };
        }
    }

    /// No file of the opening is open any more. For the destructor of its lease.
    pub(super) fn close(&self) {
        let mut phase = self.phase.lock();
        match &mut *phase {
            Phase::Fenced { files, .. } => *files = FileState::Closed,
            Phase::Closed | Phase::Opening | Phase::Open | Phase::Closing { .. } => *phase = Phase::Closed,
        }
        self.closed.notify_all();
    }

    /// Refuses to speak for files that are no longer the namespace's, or that nobody serves any more. One that is out of service
    /// for another reason, or in doubt, has them still.
    pub(in crate::namespace) fn check_files_kept(&self) -> Result<()> {
        match &*self.phase.lock() {
            Phase::Fenced { why: Fence::Final(why), files: _ } if why.code != ErrorCode::Fenced => Err(why.clone()),
            Phase::Fenced { .. } | Phase::Closed | Phase::Opening | Phase::Open | Phase::Closing { .. } => Ok(()),
        }
    }

    /// Takes the namespace out of service. The first reason stays, but a final one replaces a doubt.
    pub fn fence(&self, why: Fence) {
        let mut phase = self.phase.lock();
        let files = match &*phase {
            Phase::Closed => FileState::Closed,
            Phase::Opening | Phase::Open | Phase::Closing { .. } => FileState::Open,
            Phase::Fenced { why: Fence::Doubt(_), files } => *files,
            Phase::Fenced { why: Fence::Final(_), .. } => return,
        };
        *phase = Phase::Fenced { why, files };
        self.closed.notify_all();
    }

    /// The doubt was without cause: the files are the namespace's. Back into service. True if there was a doubt.
    pub fn settle(&self) -> bool {
        let mut phase = self.phase.lock();
        let Phase::Fenced { why: Fence::Doubt(_), files } = &*phase else { return false };
        *phase = match files {
            FileState::Closed => Phase::Closed,
            FileState::Open => Phase::Closing { overdue: false },
        };
        true
    }

    /// True if nothing has a file of the namespace open.
    #[cfg(test)]
    pub fn is_closed(&self) -> bool {
        match &*self.phase.lock() {
            Phase::Closed | Phase::Fenced { files: FileState::Closed, .. } => true,
            Phase::Opening | Phase::Open | Phase::Closing { .. } | Phase::Fenced { files: FileState::Open, .. } => {
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fenced(code: ErrorCode) -> Error {
        Error::new(code, "out of service")
    }

    #[test]
    fn an_opening_waits_for_the_last_one_to_be_closed() {
        let life = Life::default();
        life.begin().unwrap();
        life.opened().unwrap();
        life.leave();
        assert_eq!(life.begin().unwrap_err().code, ErrorCode::Busy);
        assert!(!life.is_closed());
        std::thread::scope(|scope| {
            scope.spawn(|| life.close());
        });
        assert!(life.is_closed());
        life.begin().unwrap();
    }

    #[test]
    fn whoever_waits_is_woken_when_the_files_are_closed() {
        let life = Life::default();
        life.begin().unwrap();
        life.leave();
        std::thread::scope(|scope| {
            let next = scope.spawn(|| while life.begin().is_err() {});
            life.close();
            next.join().unwrap();
        });
    }

    #[test]
    fn a_repair_waits_for_the_last_reader_and_not_for_long() {
        let life = Life::default();
        assert!(life.wait_until_closed().is_ok());
        life.begin().unwrap();
        life.opened().unwrap();
        life.leave();
        assert_eq!(life.wait_until_closed().unwrap_err().code, ErrorCode::Busy);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| while life.wait_until_closed().is_err() {});
            life.close();
            waiting.join().unwrap();
        });
        life.fence(Fence::Final(fenced(ErrorCode::NamespaceNotFound)));
        assert_eq!(life.wait_until_closed().unwrap_err().code, ErrorCode::NamespaceNotFound);
    }

    #[test]
    fn a_fence_outlives_the_files_and_a_doubt_can_be_settled() {
        let life = Life::default();
        life.begin().unwrap();
        life.opened().unwrap();
        life.fence(Fence::Doubt(fenced(ErrorCode::Fenced)));
        life.leave();
        assert_eq!(life.begin().unwrap_err().code, ErrorCode::Fenced);
        assert!(!life.is_closed(), "a fence closes nothing by itself");
        assert!(life.settle());
        assert_eq!(life.begin().unwrap_err().code, ErrorCode::Busy, "its files are still open");
        life.close();
        life.begin().unwrap();
        life.fence(Fence::Final(fenced(ErrorCode::NamespaceNotFound)));
        life.fence(Fence::Doubt(fenced(ErrorCode::Fenced)));
        assert!(!life.settle());
        life.close();
        assert!(life.is_closed());
        assert_eq!(life.begin().unwrap_err().code, ErrorCode::NamespaceNotFound);
    }
}
