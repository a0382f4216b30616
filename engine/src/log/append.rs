//! The live log: append, sync, rotate. What it releases, and when, stands in `release.rs`.

use std::collections::VecDeque;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::error::LogError;
use super::lineage::Lineage;
use super::mark::{Mark, MarkFile};
use super::pins::PinEnd;
use super::position::SeqRange;
use super::reader::LogReader;
use super::recent::{KEPT_BUFFER_BYTES, LoggedBatch};
use super::record::{RECORD_ALIGN, RecordHeader, record_bytes};
use super::segment::{HEADER_BYTES, LogFormat, SegmentHeader, segment_name};
use super::shared::LogShared;
use super::spare::{Spare, SparePool, prepare_now};
use super::types::{Log, LogOptions, Sync};
use crate::disk::{DiskFile, OpenMode, is_disk_full};
use crate::planted::{self, Planted};

/// Segments made larger than usual for one record are rounded up to whole pages.
const PAGE_BYTES: u64 = 4096;

/// A write-ahead log in segment files.
pub struct SegmentedLog {
    /// What it shares with those who read it, and its options.
    pub(super) shared: Arc<LogShared>,
    /// Random number in every record this opening writes.
    opening: u64,
    /// What records are written under.
    epoch: u64,
    /// Full segments, oldest first; all durable.
    pub(super) full: VecDeque<FullSegment>,
    pub(super) current: CurrentSegment,
    pub(super) spares: SparePool,
    mark: MarkFile,
    /// The payload of the newest batch, and then of the next one: readers may have the former, and get another buffer's then.
    buffer: Arc<Vec<u8>>,
    pub(super) last_seq: u64,
    /// Everything up to here is durable elsewhere.
    pub(super) released_seq: u64,
    /// Space is short: see [`Log::be_frugal`].
    pub(super) frugal: bool,
    fenced: bool,
}

#[derive(Debug)]
pub(super) struct FullSegment {
    pub(super) number: u64,
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
    pub(super) checksum: u64,
    /// Behind that record.
    pub(super) lineage: Lineage,
}

/// What opening hands over.
pub(super) struct Handover {
    pub(super) options: LogOptions,
    pub(super) full: VecDeque<FullSegment>,
    pub(super) current: CurrentSegment,
    pub(super) spares: SparePool,
    pub(super) mark: MarkFile,
    /// The segments whose records were found good, the current one last.
    pub(super) readable: VecDeque<SegmentHeader>,
    pub(super) last_seq: u64,
}

impl SegmentedLog {
    pub(super) fn from_parts(parts: Handover) -> Self {
        let Handover { options, full, current, spares, mark, readable, last_seq } = parts;
        let opening = options.rng.next_u64();
        let epoch = options.epoch.max(current.lineage.epoch);
        let shared = Arc::new(LogShared::new(options, readable, last_seq));
        let (buffer, released_seq, frugal, fenced) = Default::default();
        Self { shared, opening, epoch, full, current, spares, mark, buffer, last_seq, released_seq, frugal, fenced }
    }

    fn options(&self) -> &LogOptions {
        &self.shared.options
    }

    /// Starts a segment for records after `last_seq`, leaving the present one as it is. What is between the two is not known
    /// here, so another chain begins.
    pub(super) fn restart_after(&mut self, last_seq: u64) -> Result<(), LogError> {
        self.last_seq = last_seq;
        self.current.lineage.chain = self.options().rng.next_u64();
        self.rotate(0, 0).inspect_err(|_| self.fenced = true)
    }

    pub(super) fn check_fence(&self) -> Result<(), LogError> {
        if self.fenced { Err(LogError::Fenced) } else { Ok(()) }
    }

    /// Runs one step that fences the log when it fails.
    pub(super) fn fencing<T>(&mut self, result: Result<T, LogError>) -> Result<T, LogError> {
        self.fenced |= result.is_err();
        result
    }

    /// A segment of an older format takes no more records.
    fn has_room(&self, bytes: u64) -> bool {
        let is_newest = self.current.header.format() == LogFormat::NEWEST;
        is_newest && u64::from(self.current.offset) + bytes <= u64::from(self.current.header.capacity)
    }

    fn check_batch(&self, seqs: SeqRange) -> Result<(), LogError> {
        let expected = self.last_seq.saturating_add(1);
        if seqs.first != expected || seqs.last < seqs.first {
            return Err(LogError::OutOfOrder { expected, given: seqs });
        }
        let max_bytes = self.options().payload_limit_bytes();
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
                Err(LogError::DiskFull { .. }) => self.find_least(least, number)?,
                prepared => prepared?,
            },
        };
        let result = self.switch_to(spare);
        self.fencing(result)
    }

    /// A file as small as it may be. What pins alone keep gives way to it.
    fn find_least(&mut self, least: u64, number: u64) -> Result<Spare, LogError> {
        if let Some(spare) = self.spares.take(least, number) {
            return Ok(spare);
        }
        match self.prepare(self.least_capacity(least)) {
            Err(LogError::DiskFull { .. }) if self.break_pins()? => {}
            prepared => return prepared,
        }
        match self.spares.take(least, number) {
            Some(spare) => Ok(spare),
            None => self.prepare(self.least_capacity(least)),
        }
    }

    fn prepare(&mut self, capacity: u32) -> Result<Spare, LogError> {
        let path = self.options().dir.clone();
        prepare_now(self.options(), capacity).map_err(|source| {
            if is_disk_full(&source) {
                return LogError::DiskFull { path, source };
            }
            self.fenced = true;
            LogError::Io { path, source }
        })
    }

    fn least_capacity(&self, least: u64) -> u32 {
        let whole = u32::try_from(least.next_multiple_of(PAGE_BYTES)).unwrap_or(u32::MAX);
        whole.max(self.options().min_segment_bytes)
    }

    /// Segments double while they fill faster than they are released.
    fn next_capacity(&self, least: u64) -> u32 {
        let doubled = self.current.header.capacity.saturating_mul(2);
        let usual = doubled.min(self.options().max_segment_bytes).max(self.options().min_segment_bytes);
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
        let options = &self.shared.options;
        self.spares.settle(&spare, options).map_err(LogError::io(&options.dir))?;
        let (number, first_seq) = (self.current.header.number + 1, self.last_seq.saturating_add(1));
        let next = install(options, spare, number, first_seq, self.current.lineage)?;
        self.shared.begin_segment(next.header);
        let old = std::mem::replace(&mut self.current, next);
        self.full.push_back(FullSegment {
            number: old.header.number,
            path: old.path,
            last_seq: self.last_seq,
            capacity: old.header.capacity,
            used: u64::from(old.offset - old.released),
        });
        Ok(())
    }

    fn write_record(&mut self, seqs: SeqRange) -> Result<(), LogError> {
        let current = &mut self.current;
        let header = RecordHeader {
            synced_through: current.synced,
            seqs,
            previous: current.checksum,
            opening: self.opening,
            lineage: Some(Lineage { epoch: self.epoch, chain: current.lineage.chain }),
        };
        let payload = self.buffer.as_slice();
        let record = header.encode(current.header.place(current.offset), payload);
        let bytes = record_bytes(LogFormat::NEWEST, payload.len());
        let padding = [0; RECORD_ALIGN as usize];
        let padded = (bytes as usize).saturating_sub(record.header().len() + payload.len());
        let parts = [record.header(), payload, padding.get(..padded).unwrap_or_default()];
        current.file.write_parts_at(u64::from(current.offset), &parts).map_err(|source| unknown(current, source))?;
        // The caller made sure that the record fits the segment, whose length fits 32 bits.
        current.offset = current.offset.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        current.checksum = record.checksum;
        current.lineage = record.lineage.unwrap_or(current.lineage);
        self.last_seq = seqs.last;
        if self.shared.is_followed() {
            let (lineage, payload) = (record.lineage, Arc::clone(&self.buffer));
            let batch = LoggedBatch { seqs, format: LogFormat::NEWEST, lineage, payload };
            self.shared.remember(batch, current.header, current.offset);
        }
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
        let CurrentSegment { header, offset, checksum, .. } = current;
        self.mark.write(Mark { seq: self.last_seq, segment: header.number, offset: *offset, checksum: *checksum });
        self.shared.note_synced(self.last_seq);
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
    lineage: Lineage,
) -> Result<CurrentSegment, LogError> {
    let Spare { path: spare_path, capacity, .. } = spare;
    let header = SegmentHeader {
        capacity,
        namespace_id: options.namespace_id,
        number,
        first_seq,
        // An odd salt keeps the mark of a record from ever being zero, which is what unwritten space holds.
        salt: options.rng.next_u64() | 1,
        lineage: Some(lineage),
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
    Ok(CurrentSegment { header, path, file, offset, synced, released, checksum: 0, lineage })
}

impl Log for SegmentedLog {
    fn buffer(&mut self) -> &mut Vec<u8> {
        if Arc::get_mut(&mut self.buffer).is_none() {
            self.buffer = self.shared.take_free_buffer();
        }
        // Nobody else has it now, so nothing is copied.
        let buffer = Arc::make_mut(&mut self.buffer);
        buffer.clear();
        buffer.shrink_to(KEPT_BUFFER_BYTES);
        buffer
    }

    fn room_bytes(&self) -> usize {
        if self.current.header.format() != LogFormat::NEWEST {
            return 0;
        }
        let left = self.current.header.capacity.saturating_sub(self.current.offset) as usize;
        left.saturating_sub(record_bytes(LogFormat::NEWEST, 0) as usize + RECORD_ALIGN as usize)
    }

    fn make_room(&mut self, payload_bytes: usize, hint: usize) -> Result<(), LogError> {
        self.check_fence()?;
        let max_bytes = self.options().payload_limit_bytes();
        if payload_bytes > max_bytes {
            return Err(LogError::TooLarge { payload_bytes, max_bytes });
        }
        let bytes = record_bytes(LogFormat::NEWEST, payload_bytes);
        let hint = record_bytes(LogFormat::NEWEST, hint.min(max_bytes));
        if self.has_room(bytes) { Ok(()) } else { self.rotate(bytes, hint) }
    }

    fn append(&mut self, seqs: SeqRange, sync: Sync) -> Result<(), LogError> {
        self.check_fence()?;
        self.check_batch(seqs)?;
        let bytes = record_bytes(LogFormat::NEWEST, self.buffer.len());
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

    fn publish(&mut self, seq: u64) {
        self.shared.publish(seq);
    }

    fn reader(&self) -> Result<LogReader, LogError> {
        Ok(LogReader::of(&self.shared))
    }

    fn has_unsynced(&self) -> bool {
        self.current.offset > self.current.synced
    }

    fn truncate(&mut self, through_seq: u64) -> Result<(), LogError> {
        self.check_fence()?;
        let result = self.release(through_seq);
        self.fencing(result)
    }

    fn break_pins(&mut self) -> Result<bool, LogError> {
        self.check_fence()?;
        if self.bytes_pinned() == 0 {
            return Ok(false);
        }
        self.shared.end_pins(PinEnd::DiskFull, self.released_seq);
        self.truncate(self.released_seq)?;
        Ok(true)
    }

    fn begin_anew(&mut self) -> Result<(), LogError> {
        self.check_fence()?;
        self.rotate(0, 0).inspect_err(|_| self.fenced = true)?;
        self.note_synced();
        self.shared.end_pins(PinEnd::BegunAnew, self.last_seq);
        self.truncate(self.last_seq)
    }

    fn be_frugal(&mut self, frugal: bool) {
        self.frugal = frugal;
        if frugal {
            self.spares.shed(&self.shared.options, self.current.header.number);
        }
    }

    fn bytes_used(&self) -> u64 {
        let needed = self.full.iter().filter(|segment| segment.last_seq > self.released_seq);
        let full: u64 = needed.map(|segment| segment.used).sum();
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
        let work = self.spares.work(&self.shared.options, self.current.header.number, capacity)?;
        Some(Box::new(work))
    }
}

impl fmt::Debug for SegmentedLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SegmentedLog")
            .field("dir", &self.options().dir)
            .field("segment", &self.current.header.number)
            .field("offset", &self.current.offset)
            .field("last_seq", &self.last_seq)
            .field("fenced", &self.fenced)
            .finish_non_exhaustive()
    }
}
