//! One process owns a data directory.
//!
//! An exclusive `flock` on `<data>/LOCK` is held as long as the engine is open; the kernel frees it when the process ends,
//! however it ends. The file's text, the holder's pid and socket, is only for the message a second process gets. A forked
//! child shares the lock and cannot take it again, nor does it free it: that needs every copy of the descriptor closed.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use parking_lot::Mutex;
use rustix::fs::{FlockOperation, flock};

use crate::api::{Error, ErrorCode, Result};

/// The lock of a data directory; dropping it frees the directory.
#[derive(Debug)]
pub struct DirLock {
    file: Mutex<File>,
}

impl DirLock {
    /// Takes the lock, or says who holds it.
    pub fn acquire(data_dir: &Path) -> Result<Self> {
        let path = data_dir.join("LOCK");
        let io = |error: std::io::Error| Error::internal(format!("{}: {error}", path.display()));
        let flags = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or_default();
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(flags);
        let mut file = options.open(&path).map_err(io)?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            let mut holder = String::new();
            // The text may be missing for a moment while the holder starts.
            let _ = Read::by_ref(&mut file).take(4096).read_to_string(&mut holder);
            let holder = if holder.trim().is_empty() { "another process".to_owned() } else { holder.trim().to_owned() };
            return Err(Error::new(
                ErrorCode::Locked,
                format!(
                    "{} is in use by {holder}; connect to its socket instead, or stop it first",
                    data_dir.display()
                ),
            ));
        }
        let lock = Self { file: Mutex::new(file) };
        lock.describe(&format!("pid {}", std::process::id()))?;
        Ok(lock)
    }

    /// Replaces the text that a second process is shown.
    pub fn describe(&self, holder: &str) -> Result<()> {
        let mut file = self.file.lock();
        let written = file
            .set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(holder.as_bytes()));
        written.map_err(|error| Error::internal(format!("the lock file could not be written: {error}")))
    }
}
