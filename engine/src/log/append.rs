//! The live log: append, sync, rotate, release.

use std::collections::VecDeque;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::error::LogError;
use super::mark::{Mark, MarkFile};
use super::position::SeqRange;
use super::record::{RECORD_ALIGN, RecordHeader, RecordPlace, record_bytes};
use super::segment::{HEADER_BYTES, SegmentHeader, segment_name, spare_name};
use super::spare::{Spare, SparePool, prepare_now};
use super::types::{Log, LogOptions, Sync};
use crate::disk::{DiskFile, OpenMode, is_disk_full};
use crate::planted::{self, Planted};

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
    mark: MarkFile,
    buffer: Vec<u8>,
    last_seq: u64,
    /// Space is short: see [`Log::be_frugal`].
    frugal: bool,
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
pub(super) struct Handover {
    pub(super) options: LogOptions,
    pub(super) full: VecDeque<FullSegment>,
    pub(super) current: CurrentSegment,
    pub(super) spares: SparePool,
    pub(super) mark: MarkFile,
    pub(super) last_seq: u64,
}

impl SegmentedLog {
    pub(super) fn from_parts(parts: Handover) -> Self {
        let Handover { options, full, current, spares, mark, last_seq } = parts;
        let opening = options.rng.next_u64();
        let (buffer, frugal, fenced) = (Vec::new(), false, false);
        Self { options, opening, full, current, spares, mark, buffer, last_seq, frugal, fenced }
    }

    /// Starts a segment for records after `last_seq`, leaving the present one as it is.
    pub(super) fn restart_after(&mut self, last_seq: u64) -> Result<(), LogError> {
        self.last_seq = last_seq;
        self.rotate(0, 0).inspect_err(|_| self.fenced = true)
    }

    fn check_fence(&self) -> Result<(), LogError> {
        if self.fenced { Err(LogError::Fenced) } else { Ok(()) }
    }

    /// Runs one step that fences the log when it fails.
    fn fencing<T>(&mut self, result: Result<T, LogError>) -> Result<T, LogError> {
        self.fenced |= result.is_err();
        result
    }

    fn has_room(&self, bytes: u64) -> bool {
        u64::from(self.current.offset) + bytes <= u64::from(self.current.header.capacity)
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

    /// Makes room for `bytes` in a new segment, and for as much as `hint` if there is space. Until the spare is at hand
    /// nothing has changed, so a full disk does not fence; every later step does.
    fn rotate(&mut self, bytes: u64, hint: u64) -> Result<(), LogError> {
        let least = u64::from(HEADER_BYTES) + bytes;
        let wanted = u64::from(HEADER_BYTES) + bytes.max(hint);
        let number = self.current.header.number;
        let spare = match self.spares.take(wanted, number) {
            Some(spare) => spare,
            None => match self.prepare(self.next_capacity(wanted)) {
                // As small as it may be, if that is less.
                Err(LogError::DiskFull { .. }) => match self.spares.take(least, number) {
                    Some(spare) => spare,
                    None => self.prepare(self.least_capacity(least))?,
                },
                prepared => prepared?,
            },
        };
        let result = self.switch_to(spare);
        self.fencing(result)
    }

    fn prepare(&mut self, capacity: u32) -> Result<Spare, LogError> {
        let path = self.options.dir.clone();
        prepare_now(&self.options, capacity).map_err(|source| {
            if is_disk_full(&source) {
                return LogError::DiskFull { path, source };
            }
            self.fenced = true;
            LogError::Io { path, source }
        })
    }

    fn least_capacity(&self, least: u64) -> u32 {
        let whole = u32::try_from(least.next_multiple_of(PAGE_BYTES)).unwrap_or(u32::MAX);
        whole.max(self.options.min_segment_bytes)
    }

    /// Segments double while they fill faster than they are released.
    fn next_capacity(&self, least: u64) -> u32 {
        let doubled = self.current.header.capacity.saturating_mul(2);
        let usual = doubled.min(self.options.max_segment_bytes).max(self.options.min_segment_bytes);
        if least <= u64::from(usual) && !self.frugal {
            return usual;
        }
        self.least_capacity(least)
    }

    fn switch_to(&mut self, spare: Spare) -> Result<(), LogError> {
        if self.has_unsynced() && !planted::is(Planted::RotateWithoutSync) {
            self.current.file.sync_data().map_err(LogError::io(&self.current.path))?;
            self.note_synced();
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
        let place = RecordPlace { salt: current.header.salt, offset: current.offset };
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
        self.note_synced();
        Ok(())
    }

    /// Everything appended so far is durable: says so in memory and in the mark. Nothing else writes the mark.
    pub(super) fn note_synced(&mut self) {
        let current = &mut self.current;
        current.synced = current.offset;
        let CurrentSegment { header, offset, chain, .. } = current;
        self.mark.write(Mark { seq: self.last_seq, segment: header.number, offset: *offset, chain: *chain });
    }

    /// Turns a released segment into a spare when that serves the present segment size, otherwise removes it. A name that
    /// comes back after a crash does no harm: recovery does not read what the store has.
    fn retire(&mut self, segment: &FullSegment) -> Result<(), LogError> {
        let disk = &self.options.disk;
        let serves = if self.frugal {
            // The next one that sheds cuts it.
            self.spares.is_empty()
                && (self.options.min_segment_bytes..=self.options.max_segment_bytes).contains(&segment.capacity)
        } else {
            self.spares.has_room()
                && (self.current.header.capacity..=self.options.max_segment_bytes).contains(&segment.capacity)
        };
        if serves {
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
        .and_then(
            |file| if planted::is(Planted::SegmentHeaderUnsynced) { Ok(file) } else { file.sync_data().map(|()| file) },
        )
        .map_err(LogError::io(&spare_path))?;
    disk.rename(&spare_path, &path).map_err(LogError::io(&path))?;
    if !planted::is(Planted::SegmentNameUnsynced) {
        disk.sync_dir(&options.dir).map_err(LogError::io(&options.dir))?;
    }
    let (offset, synced, released) = (HEADER_BYTES, HEADER_BYTES, HEADER_BYTES);
    Ok(CurrentSegment { header, path, file, offset, synced, released, chain: 0 })
}

impl Log for SegmentedLog {
    fn buffer(&mut self) -> &mut Vec<u8> {
        self.buffer.clear();
        self.buffer.shrink_to(KEPT_BUFFER_BYTES);
        &mut self.buffer
    }

    fn room_bytes(&self) -> usize {
        let left = self.current.header.capacity.saturating_sub(self.current.offset) as usize;
        left.saturating_sub(record_bytes(0) as usize + RECORD_ALIGN as usize)
    }

    fn make_room(&mut self, payload_bytes: usize, hint: usize) -> Result<(), LogError> {
        self.check_fence()?;
        let max_bytes = self.options.payload_limit_bytes();
        if payload_bytes > max_bytes {
            return Err(LogError::TooLarge { payload_bytes, max_bytes });
        }
        let bytes = record_bytes(payload_bytes);
        if self.has_room(bytes) { Ok(()) } else { self.rotate(bytes, record_bytes(hint.min(max_bytes))) }
    }

    fn append(&mut self, seqs: SeqRange, sync: Sync) -> Result<(), LogError> {
        self.check_fence()?;
        self.check_batch(seqs)?;
        let bytes = record_bytes(self.buffer.len());
        if !self.has_room(bytes) {
            self.rotate(bytes, 0)?;
        }
        let mut result = self.write_record(seqs);
        if planted::is(Planted::SyncedMarkTooEarly) {
            self.note_synced();
        }
        if sync == Sync::Now && !planted::is(Planted::AckBeforeSync) {
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

    fn begin_anew(&mut self) -> Result<(), LogError> {
        self.check_fence()?;
        self.restart_after(self.last_seq)?;
        self.note_synced();
        self.truncate(self.last_seq)
    }

    fn be_frugal(&mut self, frugal: bool) {
        self.frugal = frugal;
        if frugal {
            self.spares.shed(&self.options, self.current.header.number);
        }
    }

    fn bytes_used(&self) -> u64 {
        let full: u64 = self.full.iter().map(|segment| segment.used).sum();
        full + u64::from(self.current.offset - self.current.released)
    }

    fn bytes_on_disk(&self) -> u64 {
        let full: u64 = self.full.iter().map(|segment| u64::from(segment.capacity)).sum();
        full + u64::from(self.current.header.capacity) + self.spares.bytes() + self.mark.bytes()
    }

    fn last_seq(&self) -> u64 {
        self.last_seq
    }

    fn take_background_work(&mut self) -> Option<Box<dyn FnOnce() + Send>> {
        if self.fenced {
            return None;
        }
        let half_full = self.current.offset > self.current.header.capacity / 2;
        let capacity = (half_full && !self.frugal).then(|| self.next_capacity(0));
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
