//! The reading end of a live log: cheap to clone, usable on any thread, and in nobody's way.
//!
//! It does not keep the log open: once the log is closed, everything that came of it says so.

use std::sync::{Arc, Weak};

use super::cursor::LogCursor;
use super::error::LogError;
use super::pins::LogPin;
use super::shared::LogShared;

/// Reads a log while it is written.
#[derive(Clone, Debug)]
pub struct LogReader(Weak<LogShared>);

impl LogReader {
    pub(super) fn of(shared: &Arc<LogShared>) -> Self {
        Self(Arc::downgrade(shared))
    }

    fn shared(&self) -> Result<Arc<LogShared>, LogError> {
        self.0.upgrade().ok_or(LogError::Closed)
    }

    /// Reads from the batch on that holds the first operation after a seq. What it has not read yet may be released, unless a
    /// pin keeps it.
    ///
    /// # Errors
    /// `TooMany`, `Closed`.
    pub fn cursor(&self, after: u64) -> Result<LogCursor, LogError> {
        let id = self.shared()?.add_cursor()?;
        Ok(LogCursor::new(Weak::clone(&self.0), id, after))
    }

    /// Keeps what comes after a seq, within bounds: see [`super::release`].
    ///
    /// # Errors
    /// `FallenBehind` if it is gone already; `TooMany`, `Closed`.
    pub fn pin(&self, after: u64) -> Result<LogPin, LogError> {
        let id = self.shared()?.add_pin(after)?;
        Ok(LogPin::new(Weak::clone(&self.0), id))
    }
}
