//! Where checkpoints are written, and whether writing may go on.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::api::{Error, ErrorCode, Result};
use crate::disk::{Disk, is_disk_full, to_error};
use crate::space::Space;
use crate::store::StoreError;

/// The disk under the checkpoints.
#[derive(Debug, Clone)]
pub struct Site {
    /// The disk.
    pub disk: Arc<dyn Disk>,
    /// The data directory.
    pub data_dir: PathBuf,
    /// The space on it.
    pub space: Arc<Space>,
    /// Set when the engine is closing.
    pub closing: Arc<AtomicBool>,
}

fn full() -> Error {
    Error::new(ErrorCode::DiskFull, "the disk is almost full: nothing was kept of the checkpoint; free space first")
}

impl Site {
    /// Refuses to go on while the engine closes, or when the disk has no more space than writes of others need.
    pub fn check(&self) -> Result<()> {
        if self.closing.load(Ordering::Acquire) {
            return Err(Error::new(ErrorCode::ShuttingDown, "the database is closing; nothing was changed"));
        }
        if self.space.look() { Err(full()) } else { Ok(()) }
    }

    /// How a failure of a file reaches a caller.
    #[expect(clippy::needless_pass_by_value, reason = "it ends here, as in every `map_err`")]
    pub fn io(error: io::Error) -> Error {
        if is_disk_full(&error) { full() } else { to_error(&error) }
    }

    /// How a failure of the store reaches a caller. redb does not tell a full disk from a failing one.
    pub fn store(&self, error: StoreError) -> Error {
        match (&error, self.check()) {
            (StoreError::Engine(_), Err(why)) => why,
            _ => error.into(),
        }
    }
}
