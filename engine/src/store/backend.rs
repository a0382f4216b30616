//! Lets redb keep its file through the [`crate::disk`] seam.
//!
//! redb's own file locks are left out on purpose: the engine holds one exclusive lock on the whole data directory for as
//! long as any file in it is open, and a catalog that knows every file, so a second opener of one file cannot exist.

use std::io;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

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

/// A redb storage backend over a [`DiskFile`]. Clones share it.
///
/// redb writes to a file as soon as it opens it, before anybody could check what it is. A file that exists is therefore
/// opened on probation: what redb writes stays in memory until [`Backend::accept`]; a file that is refused instead has
/// not been changed by one byte.
#[derive(Debug, Clone)]
pub struct Backend {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    file: Arc<dyn DiskFile>,
    run: Mutex<Run>,
    probation: RwLock<Option<Probation>>,
}

/// What redb believes it has written.
#[derive(Debug)]
struct Probation {
    len: u64,
    /// In order: a later write hides an earlier one, and redb relies on what it synced being durable before what follows.
    operations: Vec<Operation>,
}

/// What redb asked for while its file was on probation.
#[derive(Debug)]
enum Operation {
    SetLen(u64),
    Write { offset: u64, data: Vec<u8> },
    Sync,
}

impl Probation {
    /// Reads from the file and lays the writes over it.
    fn read(&self, file: &dyn DiskFile, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let end = offset + out.len() as u64;
        if end > self.len {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        out.fill(0);
        let real = usize::try_from(file.len()?.min(end).saturating_sub(offset)).unwrap_or(usize::MAX);
        if let Some(head) = out.get_mut(..real) {
            file.read_exact_at(offset, head)?;
        }
        for operation in &self.operations {
            let Operation::Write { offset: start, data } = operation else { continue };
            let (from, to) = ((*start).max(offset), (start + data.len() as u64).min(end));
            if from >= to {
                continue;
            }
            let place = |position: u64, base: u64| usize::try_from(position - base).unwrap_or(usize::MAX);
            let source = data.get(place(from, *start)..place(to, *start));
            if let (Some(target), Some(source)) = (out.get_mut(place(from, offset)..place(to, offset)), source) {
                target.copy_from_slice(source);
            }
        }
        Ok(())
    }
}

impl Backend {
    /// Serves redb from a new, empty file.
    pub fn new(file: Arc<dyn DiskFile>) -> Self {
        Self { shared: Arc::new(Shared { file, run: Mutex::default(), probation: RwLock::new(None) }) }
    }

    /// Serves redb from a file that exists and is still to be checked.
    pub fn on_probation(file: Arc<dyn DiskFile>) -> io::Result<Self> {
        let probation = RwLock::new(Some(Probation { len: file.len()?, operations: Vec::new() }));
        Ok(Self { shared: Arc::new(Shared { file, run: Mutex::default(), probation }) })
    }

    /// Ends the probation: writes what redb has written so far, and from now on at once. A crash in between leaves what
    /// a crash of redb itself could have left.
    pub fn accept(&self) -> io::Result<()> {
        let mut probation = self.shared.probation.write();
        let Some(Probation { len: _, operations }) = probation.take() else { return Ok(()) };
        let file = &self.shared.file;
        for operation in &operations {
            match operation {
                Operation::SetLen(len) => file.set_len(*len)?,
                Operation::Write { offset, data } => file.write_all_at(*offset, data)?,
                Operation::Sync => file.sync_data()?,
            }
        }
        if operations.is_empty() { Ok(()) } else { file.sync_data() }
    }
}

impl Shared {
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
        match &*self.shared.probation.read() {
            Some(probation) => Ok(probation.len),
            None => self.shared.file.len(),
        }
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        match &*self.shared.probation.read() {
            Some(probation) => probation.read(&*self.shared.file, offset, out),
            None => self.shared.file.read_exact_at(offset, out),
        }
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        match &mut *self.shared.probation.write() {
            Some(probation) => {
                probation.len = len;
                probation.operations.push(Operation::SetLen(len));
            }
            None => self.shared.file.set_len(len)?,
        }
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        if let Some(probation) = &mut *self.shared.probation.write() {
            probation.operations.push(Operation::Sync);
            return Ok(());
        }
        // The lock is free again here: readers must not wait for the disk.
        self.shared.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        if let Some(probation) = &mut *self.shared.probation.write() {
            probation.len = probation.len.max(offset + data.len() as u64);
            probation.operations.push(Operation::Write { offset, data: data.to_vec() });
            return Ok(());
        }
        self.shared.file.write_all_at(offset, data)?;
        if let Some(run) = self.shared.extend_run(offset, data.len() as u64) {
            self.shared.file.start_writeback(run.start, run.end - run.start);
        }
        Ok(())
    }
}
