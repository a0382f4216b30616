//! Segment files prepared ahead of use.
//!
//! Preparing writes zeros over the whole file and syncs it, so that later writes find their blocks allocated: `fallocate`
//! alone would leave extents marked unwritten, and the first write to each would need a metadata flush of its own.
//!
//! While space on the disk is short spares are given back, but for one of the smallest size: it takes the deletes that make
//! space, where none is left at all. Its length needs no sync of its own: a segment may be longer than its header says.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;

use super::segment::{spare_name, temporary_name};
use super::types::LogOptions;
use crate::disk::{Disk, OpenMode};

/// How many spare files are kept for reuse.
pub(super) const MAX_SPARES: usize = 2;

const FILL_CHUNK_BYTES: u32 = 256 << 10;

/// An allocated file under a `spare-` name.
#[derive(Debug)]
pub(super) struct Spare {
    pub(super) path: PathBuf,
    pub(super) capacity: u32,
    /// Which recycling gave it this name, 0 for none. It may be written once that one is durable.
    pub(super) recycling: u64,
}

/// The spares at hand and the one being prepared.
#[derive(Debug)]
pub(super) struct SparePool {
    ready: Vec<Spare>,
    /// How many files were recycled.
    recycled: u64,
    slot: Arc<SpareSlot>,
    /// The segment during which preparing failed in the background; not tried again before the next one.
    failed_in: Option<u64>,
}

/// What the log and its background work share.
#[derive(Debug)]
struct SpareSlot {
    state: Mutex<SlotState>,
    /// Recyclings up to this one have durable names.
    settled: AtomicU64,
    /// A directory sync failed in the background; a later one proves nothing.
    unsettled_for_good: AtomicBool,
    /// Set when the log is gone and nobody needs the result.
    abandoned: AtomicBool,
}

#[derive(Debug)]
enum SlotState {
    Idle,
    Preparing,
    Settling,
    Done(io::Result<Spare>),
}

impl SparePool {
    /// A pool of files found on opening, whose names are durable.
    pub(super) fn new(ready: Vec<Spare>) -> Self {
        let slot = SpareSlot {
            state: Mutex::new(SlotState::Idle),
            settled: AtomicU64::new(0),
            unsettled_for_good: AtomicBool::new(false),
            abandoned: AtomicBool::new(false),
        };
        Self { ready, recycled: 0, slot: Arc::new(slot), failed_in: None }
    }

    pub(super) fn has_room(&self) -> bool {
        let coming = usize::from(matches!(*self.slot.state.lock(), SlotState::Preparing | SlotState::Done(_)));
        self.ready.len() + coming < MAX_SPARES
    }

    /// True if none is at hand and none is coming.
    pub(super) fn is_empty(&self) -> bool {
        self.ready.is_empty() && matches!(*self.slot.state.lock(), SlotState::Idle | SlotState::Settling)
    }

    /// Adds a released segment that was just renamed to `path`.
    pub(super) fn recycle(&mut self, path: PathBuf, capacity: u32) {
        self.recycled += 1;
        self.ready.push(Spare { path, capacity, recycling: self.recycled });
    }

    /// Takes the largest spare if it holds at least `bytes`; `segment` is the one that is full.
    pub(super) fn take(&mut self, bytes: u64, segment: u64) -> Option<Spare> {
        self.collect(segment);
        let (index, largest) = self.ready.iter().enumerate().max_by_key(|(_, spare)| spare.capacity)?;
        (u64::from(largest.capacity) >= bytes).then(|| self.ready.swap_remove(index))
    }

    /// Gives the space of the spares back, but for one that is cut to the smallest size. What cannot be removed is left to
    /// the next time.
    pub(super) fn shed(&mut self, options: &LogOptions, segment: u64) {
        self.collect(segment);
        self.ready.sort_by_key(|spare| spare.capacity);
        let surplus = self.ready.split_off(self.ready.len().min(1));
        for spare in surplus {
            if let Err(error) = options.disk.remove_file(&spare.path) {
                tracing::warn!(%error, "a spare log segment could not be removed");
                self.ready.push(spare);
            }
        }
        let smallest = options.min_segment_bytes;
        for kept in self.ready.iter_mut().filter(|kept| kept.capacity > smallest) {
            match options.disk.open(&kept.path, OpenMode::Existing).and_then(|file| file.set_len(u64::from(smallest))) {
                Ok(()) => kept.capacity = smallest,
                Err(error) => tracing::warn!(%error, "a spare log segment could not be cut"),
            }
        }
    }

    /// Makes sure that the spare's old name cannot come back: until then its header must not be overwritten.
    pub(super) fn settle(&self, spare: &Spare, options: &LogOptions) -> io::Result<()> {
        if self.slot.settled.load(Ordering::Acquire) >= spare.recycling {
            return Ok(());
        }
        self.slot.settle(self.recycled, options)
    }

    pub(super) fn bytes(&self) -> u64 {
        let done = match &*self.slot.state.lock() {
            SlotState::Done(Ok(spare)) => u64::from(spare.capacity),
            _ => 0,
        };
        self.ready.iter().map(|spare| u64::from(spare.capacity)).sum::<u64>() + done
    }

    /// Work that prepares a spare of `capacity` bytes, if that is wanted and none is at hand, or else settles the names of
    /// recycled ones. One piece of work at a time.
    pub(super) fn work(
        &mut self,
        options: &LogOptions,
        segment: u64,
        capacity: Option<u32>,
    ) -> Option<impl FnOnce() + Send + use<>> {
        self.collect(segment);
        let wanted = capacity.filter(|_| self.ready.is_empty() && self.failed_in != Some(segment));
        let task = match wanted {
            Some(capacity) => SpareTask::Prepare { capacity },
            None if self.slot.settled.load(Ordering::Acquire) < self.recycled => {
                SpareTask::Settle { through: self.recycled }
            }
            None => return None,
        };
        let mut state = self.slot.state.lock();
        if !matches!(*state, SlotState::Idle) || self.slot.unsettled_for_good.load(Ordering::Acquire) {
            return None;
        }
        *state = match task {
            SpareTask::Prepare { .. } => SlotState::Preparing,
            SpareTask::Settle { .. } => SlotState::Settling,
        };
        let job = SpareJob { options: options.clone(), task, slot: Arc::clone(&self.slot) };
        Some(move || job.run())
    }

    /// Moves a finished result into the pool.
    fn collect(&mut self, segment: u64) {
        let mut state = self.slot.state.lock();
        if !matches!(*state, SlotState::Done(_)) {
            return;
        }
        match std::mem::replace(&mut *state, SlotState::Idle) {
            SlotState::Done(Ok(spare)) => self.ready.push(spare),
            SlotState::Done(Err(error)) => {
                tracing::warn!(%error, "preparing a log segment in the background failed");
                self.failed_in = Some(segment);
            }
            SlotState::Idle | SlotState::Preparing | SlotState::Settling => {}
        }
    }
}

impl Drop for SparePool {
    fn drop(&mut self) {
        self.slot.abandoned.store(true, Ordering::Relaxed);
    }
}

impl SpareSlot {
    /// Makes the directory's names durable, among them those of the recyclings up to `through`.
    fn settle(&self, through: u64, options: &LogOptions) -> io::Result<()> {
        if self.unsettled_for_good.load(Ordering::Acquire) {
            return Err(io::Error::other("an earlier sync of the directory failed"));
        }
        let synced = options.disk.sync_dir(&options.dir);
        match &synced {
            Ok(()) => drop(self.settled.fetch_max(through, Ordering::AcqRel)),
            Err(_) => self.unsettled_for_good.store(true, Ordering::Release),
        }
        synced
    }
}

enum SpareTask {
    Prepare { capacity: u32 },
    Settle { through: u64 },
}

struct SpareJob {
    options: LogOptions,
    task: SpareTask,
    slot: Arc<SpareSlot>,
}

impl SpareJob {
    fn run(self) {
        match self.task {
            SpareTask::Prepare { capacity } => {
                let result = prepare(&self.options, capacity, &self.slot.abandoned);
                *self.slot.state.lock() = SlotState::Done(result);
            }
            SpareTask::Settle { .. } if self.slot.abandoned.load(Ordering::Relaxed) => {}
            SpareTask::Settle { through } => {
                if let Err(error) = self.slot.settle(through, &self.options) {
                    tracing::warn!(%error, "syncing the log's directory in the background failed");
                }
            }
        }
    }
}

/// Work that has no result to hand over, or was dropped without running, frees the slot.
impl Drop for SpareJob {
    fn drop(&mut self) {
        let mut state = self.slot.state.lock();
        if !matches!(*state, SlotState::Done(_)) {
            *state = SlotState::Idle;
        }
    }
}

/// Prepares a spare on the caller's thread.
pub(super) fn prepare_now(options: &LogOptions, capacity: u32) -> io::Result<Spare> {
    prepare(options, capacity, &AtomicBool::new(false))
}

/// The names are random: work of an earlier opening may still run while this one does.
fn prepare(options: &LogOptions, capacity: u32, abandoned: &AtomicBool) -> io::Result<Spare> {
    let id = options.rng.next_u64();
    let temporary = options.dir.join(temporary_name(id));
    let path = options.dir.join(spare_name(id));
    let disk = options.disk.as_ref();
    match fill(disk, &temporary, capacity, abandoned).and_then(|()| disk.rename(&temporary, &path)) {
        Ok(()) => Ok(Spare { path, capacity, recycling: 0 }),
        Err(error) => {
            // Failing to remove it costs space until the next open, which removes it again.
            if let Err(left) = disk.remove_file(&temporary) {
                tracing::debug!(error = %left, "unfinished log segment left behind");
            }
            Err(error)
        }
    }
}

fn fill(disk: &dyn Disk, path: &Path, capacity: u32, abandoned: &AtomicBool) -> io::Result<()> {
    let file = disk.open(path, OpenMode::CreateNew)?;
    let zeros = vec![0; capacity.min(FILL_CHUNK_BYTES) as usize];
    let mut offset = 0;
    while offset < capacity {
        if abandoned.load(Ordering::Relaxed) {
            return Err(io::Error::other("the log was closed"));
        }
        let bytes = (capacity - offset).min(FILL_CHUNK_BYTES);
        file.write_all_at(u64::from(offset), zeros.get(..bytes as usize).unwrap_or(&zeros))?;
        file.start_writeback(u64::from(offset), u64::from(bytes));
        offset += bytes;
    }
    file.sync_all()
}
