//! The log of a server that clients started: `toondb.log` in the data directory, and `toondb.log.1`, the one before it.
//!
//! Standard error is the file, so that also what no logger writes is found there: the last words of a panic, of the loader, of Python. A
//! line that would make the file too long begins a new one. Only the owner of the directory may do that; a server that waits for
//! the directory leaves its lines out instead.

use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use toondb_engine::{SharedDir, limits};

/// Standard error, within its bound.
pub struct LogFile {
    dir: Arc<SharedDir>,
    owns: Arc<AtomicBool>,
    bytes: u64,
}

impl LogFile {
    /// Standard error is the log of `dir`, which this process owns once `owns` is true.
    pub fn new(dir: Arc<SharedDir>, owns: Arc<AtomicBool>) -> Self {
        let bytes = std::fs::metadata(dir.log_path()).map_or(0, |found| found.size());
        Self { dir, owns, bytes }
    }

    fn make_room(&mut self) -> bool {
        if !self.owns.load(Ordering::Relaxed) {
            return false;
        }
        let begun = self.dir.rotate_log().is_ok_and(|file| rustix::stdio::dup2_stderr(file).is_ok());
        if begun {
            self.bytes = 0;
        }
        begun
    }
}

impl Write for LogFile {
    /// What there is no room for, in the file or on the disk, is left out: a log must never fill a disk, nor end a server.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let bytes = line.len() as u64;
        if self.bytes + bytes <= limits::LOG_FILE_BYTES_MAX || self.make_room() {
            let _ = io::stderr().write_all(line);
            self.bytes += bytes;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
