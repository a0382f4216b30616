//! Lets redb keep its file through the [`crate::disk`] seam.
//!
//! redb's own file locks are left out on purpose: the engine holds one exclusive lock on the whole data directory for as
//! long as any file in it is open, and a catalog that knows every file, so a second opener of one file cannot exist.

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::disk::DiskFile;

/// Length of a run of adjacent writes at which the system is asked to start writing it out. Without it the final sync of
/// a large flush would hold the disk, and with it the log's next sync, for as long as everything takes.
const WRITEBACK_BYTES: u64 = 1 << 20;

/// A run of adjacent bytes written and not yet hinted.
#[derive(Debug, Default, Clone, Copy)]
struct Run {
    start: u64,
    end: u64,
}

/// A redb storage backend over a [`DiskFile`].
#[derive(Debug)]
pub struct Backend {
    file: Arc<dyn DiskFile>,
    run: Mutex<Run>,
}

impl Backend {
    /// Serves redb from an open file.
    pub fn new(file: Arc<dyn DiskFile>) -> Self {
        Self { file, run: Mutex::default() }
    }

    /// Joins a write to the current run; gives the run back when it is long enough or the write begins another.
    fn extend_run(&self, offset: u64, len: u64) -> Option<Run> {
        let mut run = self.run.lock();
        if run.end == offset {
            run.end += len;
            return (run.end - run.start >= WRITEBACK_BYTES)
                .then(|| std::mem::replace(&mut *run, Run { start: offset + len, end: offset + len }));
        }
        let done = std::mem::replace(&mut *run, Run { start: offset, end: offset + len });
        (done.end > done.start).then_some(done)
    }
}

impl redb::StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.file.write_all_at(offset, data)?;
        if let Some(run) = self.extend_run(offset, data.len() as u64) {
            self.file.start_writeback(run.start, run.end - run.start);
        }
        Ok(())
    }
}
