//! The live log: append, sync, rotate, release.

use std::collections::VecDeque;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::error::LogError;
use super::record::{Place, RECORD_ALIGN, RecordHeader, record_bytes};
use super::segment::{HEADER_BYTES, SegmentHeader, segment_name, spare_name};
use super::spare::{Spare, SparePool, prepare_now};
use super::types::{Log, LogOptions, SeqRange, Sync};
use crate::disk::{DiskFile, OpenMode, is_disk_full};

/// Segments made larger than usual for one record are rounded up to whole pages.
const PAGE_BYTES: u64 = 4096;

/// A payload buffer that grew beyond this gives the memory back.
const KEPT_BUFFER_BYTES: usize = 1 << 20;

/// A write-ahead log in segment files.
pub struct SegmentedLog {
    options: LogOptions,
    /// Random number in every record this opening writes.
    opening: u64,
    /// Full segments, oldest first; all durable.
    full: VecDeque<FullSegment>,
    pub(super) current: CurrentSegment,
    spares: SparePool,
    buffer: Vec<u8>,
    last_seq: u64,
    fenced: bool,
}

#[derive(Debug)]
pub(super) struct FullSegment {
    pub(super) path: PathBuf,
    pub(super) last_seq: u64,
    pub(super) capacity: u32,
    /// Bytes of its records.
    pub(super) used: u64,
}

/// The segment that is appended to.
#[derive(Debug)]
pub(super) struct CurrentSegment {
    pub(super) header: SegmentHeader,
    pub(super) path: PathBuf,
    pub(super) file: Arc<dyn DiskFile>,
    /// Where the next record goes.
    pub(super) offset: u32,
    /// Durable up to here.
    pub(super) synced: u32,
    /// Records before this offset are durable elsewhere.
    pub(super) released: u32,
    /// Checksum of the last record, 0 when there is none.
    pub(super) chain: u64,
}

/// What opening hands over.
pub(super) struct Parts {
    pub(super) options: LogOptions,
    pub(super) full: VecDeque<FullSegment>,
    pub(super) current: CurrentSegment,
    pub(super) spares: SparePool,
    pub(super) last_seq: u64,
}

impl SegmentedLog {
    pub(super) fn from_parts(parts: Parts) -> Self {
        let Parts { options, full, current, spares, last_seq } = parts;
        let opening = options.rng.next_u64();
        Self { options, opening, full, current, spares, buffer: Vec::new(), last_seq, fenced: false }
    }

    /// Starts a segment for records after `last_seq`, leaving the present one as it is.
    pub(super) fn restart_after(&mut self, last_seq: u64) -> Result<(), LogError> {
        self.last_seq = last_seq;
        self.rotate(0).inspect_err(|_| self.fenced = true)
    }

    fn check_fence(&self) -> Result<(), LogError> {
        if self.fenced { Err(LogError::Fenced) } else { Ok(()) }
    }

    /// Runs one step that fences the log when it fails.
    fn fencing<T>(&mut self, result: Result<T, LogError>) -> Result<T, LogError> {
        self.fenced |= result.is_err();
        result
    }

    fn check_batch(&self, seqs: SeqRange) -> Result<(), LogError> {
        let expected = self.last_seq.saturating_add(1);
        if seqs.first != expected || seqs.last < seqs.first {
            return Err(LogError::OutOfOrder { expected, given: seqs });
        }
        let max_bytes = self.options.payload_limit_bytes();
        if self.buffer.len() > max_bytes {
            return Err(LogError::TooLarge { payload_bytes: self.buffer.len(), max_bytes });
        }
        Ok(())
    }

    /// Makes room for `bytes` in a new segment. Until the spare is at hand nothing has changed, so a full disk does not
    /// fence; every later step does.
    fn rotate(&mut self, bytes: u64) -> Result<(), LogError> {
        let least = u64::from(HEADER_BYTES) + bytes;
        let spare = match self.spares.take(least, self.current.header.number) {
            Some(spare) => spare,
            None => self.prepare(least)?,
        };
        let result = self.switch_to(spare);
        self.fencing(result)
    }

    fn prepare(&mut self, least: u64) -> Result<Spare, LogError> {
        let capacity = self.next_capacity(least);
        let path = self.options.dir.clone();
        prepare_now(&self.options, capacity).map_err(|source| {
            if is_disk_full(&source) {
                return LogError::DiskFull { path, source };
            }
            self.fenced = true;
            LogError::Io { path, source }
        })
    }

    /// Segments double while they fill faster than they are released.
    fn next_capacity(&self, least: u64) -> u32 {
        let doubled = self.current.header.capacity.saturating_mul(2);
        let usual = doubled.min(self.options.max_segment_bytes).max(self.options.min_segment_bytes);
        if least <= u64::from(usual) {
            return usual;
        }
        u32::try_from(least.next_multiple_of(PAGE_BYTES)).unwrap_or(u32::MAX)
    }

    fn switch_to(&mut self, spare: Spare) -> Result<(), LogError> {
        if self.has_unsynced() {
            self.current.file.sync_data().map_err(LogError::io(&self.current.path))?;
        }
        self.spares.settle(&spare, &self.options).map_err(LogError::io(&self.options.dir))?;
        let next = install(&self.options, spare, self.current.header.number + 1, self.last_seq.saturating_add(1))?;
        let old = std::mem::replace(&mut self.current, next);
        self.full.push_back(FullSegment {
            path: old.path,
            last_seq: self.last_seq,
            capacity: old.header.capacity,
            used: u64::from(old.offset - old.released),
        });
        Ok(())
    }

    fn write_record(&mut self, seqs: SeqRange) -> Result<(), LogError> {
        let current = &mut self.current;
        let place = Place { salt: current.header.salt, offset: current.offset };
        let header =
            RecordHeader { synced_through: current.synced, seqs, previous: current.chain, opening: self.opening };
        let (encoded, checksum) = header.encode(place, &self.buffer);
        let bytes = record_bytes(self.buffer.len());
        let padding = [0; RECORD_ALIGN as usize];
        let padded = (bytes as usize).saturating_sub(encoded.len() + self.buffer.len());
        let parts = [&encoded[..], &self.buffer, padding.get(..padded).unwrap_or_default()];
        current.file.write_parts_at(u64::from(current.offset), &parts).map_err(|source| unknown(current, source))?;
        // The caller made sure that the record fits the segment, whose length fits 32 bits.
        current.offset = current.offset.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        current.chain = checksum;
        self.last_seq = seqs.last;
        Ok(())
    }

    fn sync_current(&mut self) -> Result<(), LogError> {
        let current = &mut self.current;
        current.file.sync_data().map_err(|source| unknown(current, source))?;
        current.synced = current.offset;
        Ok(())
    }

    /// Turns a released segment into a spare when that serves the present segment size, otherwise removes it. A name that
    /// comes back after a crash does no harm: recovery does not read what the store has.
    fn retire(&mut self, segment: &FullSegment) -> Result<(), LogError> {
        let sizes = self.current.header.capacity..=self.options.max_segment_bytes;
        let disk = &self.options.disk;
        if self.spares.has_room() && sizes.contains(&segment.capacity) {
            let path = self.options.dir.join(spare_name(self.options.rng.next_u64()));
            disk.rename(&segment.path, &path).map_err(LogError::io(&segment.path))?;
            self.spares.recycle(path, segment.capacity);
            return Ok(());
        }
        disk.remove_file(&segment.path).map_err(LogError::io(&segment.path))
    }

    fn release(&mut self, through_seq: u64) -> Result<(), LogError> {
        if through_seq >= self.last_seq {
            self.current.released = self.current.offset;
        }
        while let Some(segment) = self.full.pop_front_if(|oldest| oldest.last_seq <= through_seq) {
            self.retire(&segment)?;
        }
        Ok(())
    }
}

fn unknown(segment: &CurrentSegment, source: std::io::Error) -> LogError {
    LogError::OutcomeUnknown { path: segment.path.clone(), source }
}

/// Makes a spare the segment `number`: header durable first, then the name.
pub(super) fn install(
    options: &LogOptions,
    spare: Spare,
    number: u64,
    first_seq: u64,
) -> Result<CurrentSegment, LogError> {
    let Spare { path: spare_path, capacity, .. } = spare;
    let header = SegmentHeader {
        capacity,
        namespace_id: options.namespace_id,
        number,
        first_seq,
        // An odd salt keeps the mark of a record from ever being zero, which is what unwritten space holds.
        salt: options.rng.next_u64() | 1,
    };
    let path = options.dir.join(segment_name(number));
    let disk = options.disk.as_ref();
    let file = disk
        .open(&spare_path, OpenMode::Existing)
        .and_then(|file| file.write_all_at(0, &header.encode()).map(|()| file))
        .and_then(|file| file.sync_data().map(|()| file))
        .map_err(LogError::io(&spare_path))?;
    disk.rename(&spare_path, &path).map_err(LogError::io(&path))?;
    disk.sync_dir(&options.dir).map_err(LogError::io(&options.dir))?;
    let (offset, synced, released) = (HEADER_BYTES, HEADER_BYTES, HEADER_BYTES);
    Ok(CurrentSegment { header, path, file, offset, synced, released, chain: 0 })
}

impl Log for SegmentedLog {
    fn buffer(&mut self) -> &mut Vec<u8> {
        self.buffer.clear();
        self.buffer.shrink_to(KEPT_BUFFER_BYTES);
        &mut self.buffer
    }

    fn append(&mut self, seqs: SeqRange, sync: Sync) -> Result<(), LogError> {
        self.check_fence()?;
        self.check_batch(seqs)?;
        let bytes = record_bytes(self.buffer.len());
        if u64::from(self.current.offset) + bytes > u64::from(self.current.header.capacity) {
            self.rotate(bytes)?;
        }
        let mut result = self.write_record(seqs);
        if sync == Sync::Now {
            result = result.and_then(|()| self.sync_current());
        }
        self.fencing(result)
    }

    fn sync(&mut self) -> Result<(), LogError> {
        self.check_fence()?;
        if !self.has_unsynced() {
            return Ok(());
        }
        let result = self.sync_current();
        self.fencing(result)
    }

    fn has_unsynced(&self) -> bool {
        self.current.offset > self.current.synced
    }

    fn truncate(&mut self, through_seq: u64) -> Result<(), LogError> {
        self.check_fence()?;
        let result = self.release(through_seq);
        self.fencing(result)
    }

    fn bytes_used(&self) -> u64 {
        let full: u64 = self.full.iter().map(|segment| segment.used).sum();
        full + u64::from(self.current.offset - self.current.released)
    }

    fn bytes_on_disk(&self) -> u64 {
        let full: u64 = self.full.iter().map(|segment| u64::from(segment.capacity)).sum();
        full + u64::from(self.current.header.capacity) + self.spares.bytes()
    }

    fn last_seq(&self) -> u64 {
        self.last_seq
    }

    fn take_background_work(&mut self) -> Option<Box<dyn FnOnce() + Send>> {
        if self.fenced {
            return None;
        }
        let half_full = self.current.offset > self.current.header.capacity / 2;
        let capacity = half_full.then(|| self.next_capacity(0));
        let work = self.spares.work(&self.options, self.current.header.number, capacity)?;
        Some(Box::new(work))
    }
}

impl fmt::Debug for SegmentedLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SegmentedLog")
            .field("dir", &self.options.dir)
            .field("segment", &self.current.header.number)
            .field("offset", &self.current.offset)
            .field("last_seq", &self.last_seq)
            .field("fenced", &self.fenced)
            .finish_non_exhaustive()
    }
}
