//! Opening: find the segments that matter, replay them, make what was accepted durable, continue.
//!
//! Reading starts at the last segment whose first seq the store already connects to; the ones before it hold only batches
//! the store contains and are released without being read. Nothing on disk changes before every segment that is read has
//! been found good.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::append::{CurrentSegment, FullSegment, Handover, SegmentedLog, install};
use super::error::LogError;
use super::lineage::Lineage;
use super::mark::{Mark, MarkFile, MarkState};
use super::read_only::ReadOnlyLog;
use super::record::RECORD_ALIGN;
use super::scan::{Tail, accept_records, look_behind};
use super::segment::{FileKind, HEADER_BYTES, HeaderFault, LogFormat, SegmentHeader, classify, segment_name};
use super::spare::{MAX_SPARES, Spare, SparePool, prepare_now};
use super::types::{Log, LogOptions, Replay, ReplayReport, Rest};
use crate::disk::{DiskFile, OpenMode};
use crate::planted::{self, Planted};

/// Opens the log, creating it when the directory holds none, and hands every batch after `from_seq` to `replay`.
///
/// `from_seq` is what the store durably contains. On an error the batches replayed so far must be dropped.
///
/// # Errors
/// `Corrupt` when durable bytes are damaged or missing, also when there is no log although `from_seq` is above zero;
/// `UnsupportedVersion`; `Io`; `DiskFull` when there is no space for a first segment; whatever `replay` returns.
pub fn open(
    options: LogOptions,
    from_seq: u64,
    replay: &mut Replay<'_>,
) -> Result<(SegmentedLog, ReplayReport), LogError> {
    options.disk.create_dir_all(&options.dir).map_err(LogError::io(&options.dir))?;
    let listing = LogListing::read(&options)?;
    let mut mark = MarkFile::find(&options, OpenMode::Existing);
    let Some(newest) = listing.segments.last().copied() else {
        return create(options, &listing, mark, from_seq);
    };
    let needed = NeededSegments::find(&options, OpenMode::Existing, &listing.segments, newest, from_seq)?;
    let witness = mark.speaks_beyond(from_seq);
    let recovered = needed.replay(from_seq, witness, replay)?;
    if let Some(mark) = witness {
        recovered.check_reaches(mark)?;
    }
    let mut report =
        ReplayReport { records: recovered.records, last_seq: recovered.tail.last_seq, rest: recovered.rest };
    let current = recovered.make_durable()?;
    if mark.newest().is_none() {
        tracing::warn!(
            dir = %options.dir.display(),
            "the log has no mark of what was synced: an older version wrote it, or the mark is lost; damage to its last \
             records cannot be told from writes that never ended"
        );
    }
    mark.make(&options);
    // A process that died may have left names that the directory on the medium does not have yet.
    options.disk.sync_dir(&options.dir).map_err(LogError::io(&options.dir))?;
    let full = full_segments(&options, &listing.segments, &needed, recovered.full)?;
    let spares = listing.clean(&options)?;
    let last_seq = report.last_seq;
    let readable: VecDeque<SegmentHeader> = needed.headers().collect();
    let mut log = SegmentedLog::from_parts(Handover { options, full, current, spares, mark, readable, last_seq });
    if from_seq > last_seq {
        // The store is ahead: the log lost batches that were never synced, or they are damaged and the store has them. What
        // it holds connects to nothing any more.
        log.restart_after(from_seq)?;
        report.last_seq = from_seq;
    }
    log.note_synced();
    log.publish(report.last_seq);
    log.truncate(from_seq)?;
    Ok((log, report))
}

/// Reads a log without changing anything: on a file system that cannot be written to, or to look. What a crash left
/// unfinished stays as it is, and what nothing proves durable is replayed all the same: only writing it once more could
/// make it so.
///
/// # Errors
/// As [`open`]; a directory without a log is `Corrupt`.
pub fn read(
    options: &LogOptions,
    from_seq: u64,
    replay: &mut Replay<'_>,
) -> Result<(ReadOnlyLog, ReplayReport), LogError> {
    let listing = LogListing::read(options)?;
    let Some(newest) = listing.segments.last().copied() else {
        return Err(LogError::corrupt(0, 0, "there is no log"));
    };
    let needed = NeededSegments::find(options, OpenMode::ReadOnly, &listing.segments, newest, from_seq)?;
    let witness = MarkFile::find(options, OpenMode::ReadOnly).speaks_beyond(from_seq);
    let recovered = needed.replay(from_seq, witness, replay)?;
    if let Some(mark) = witness {
        recovered.check_reaches(mark)?;
    }
    let last_seq = recovered.tail.last_seq.max(from_seq);
    let bytes = u64::from(recovered.tail.end - recovered.last.header.first_offset());
    let used = recovered.full.iter().map(|segment| segment.used).sum::<u64>() + bytes;
    let report = ReplayReport { records: recovered.records, last_seq, rest: recovered.rest };
    Ok((ReadOnlyLog::new(last_seq, used), report))
}

/// How the mark beside a log is. Changes nothing.
///
/// # Errors
/// If it cannot be read.
pub fn look_at_mark(options: &LogOptions) -> Result<MarkState, LogError> {
    MarkFile::look(options).map_err(LogError::io(&options.dir))
}

/// A crash during creation leaves no segment, and creation starts over.
fn create(
    options: LogOptions,
    listing: &LogListing,
    mut mark: MarkFile,
    from_seq: u64,
) -> Result<(SegmentedLog, ReplayReport), LogError> {
    if from_seq > 0 {
        return Err(LogError::corrupt(0, 0, "no log although the store has batches"));
    }
    if let Some(mark) = mark.speaks_beyond(0) {
        return Err(LogError::corrupt(mark.segment, 0, "segment is missing although batches had been synced"));
    }
    mark.begin(&options);
    if let Some(parent) = options.dir.parent()
        && !planted::is(Planted::FolderUnsynced)
    {
        options.disk.sync_dir(parent).map_err(LogError::io(parent))?;
    }
    let mut spares = listing.clean(&options)?;
    let spare = match spares.take(u64::from(options.min_segment_bytes), 0) {
        Some(spare) => spare,
        None => prepare_now(&options, options.min_segment_bytes).map_err(|source| {
            let path = options.dir.clone();
            if crate::disk::is_disk_full(&source) {
                LogError::DiskFull { path, source }
            } else {
                LogError::Io { path, source }
            }
        })?,
    };
    let current = install(&options, spare, 1, 1, Lineage::of_new(options.namespace_id))?;
    let readable = VecDeque::from([current.header]);
    let parts = Handover { options, full: VecDeque::new(), current, spares, mark, readable, last_seq: 0 };
    Ok((SegmentedLog::from_parts(parts), ReplayReport::default()))
}

/// The names in the directory.
struct LogListing {
    /// Numbers of the segments, ascending.
    segments: Vec<u64>,
    spares: Vec<PathBuf>,
    temporaries: Vec<PathBuf>,
}

impl LogListing {
    fn read(options: &LogOptions) -> Result<Self, LogError> {
        let mut listing = Self { segments: Vec::new(), spares: Vec::new(), temporaries: Vec::new() };
        for name in options.disk.list_dir(&options.dir).map_err(LogError::io(&options.dir))? {
            match classify(&name) {
                FileKind::Segment(number) => listing.segments.push(number),
                FileKind::Spare => listing.spares.push(options.dir.join(name)),
                FileKind::Temporary => listing.temporaries.push(options.dir.join(name)),
                FileKind::Foreign => {}
            }
        }
        listing.segments.sort_unstable();
        Ok(listing)
    }

    /// Removes what a crash left of a preparation; keeps the largest usable spares. What has such a name and is no regular
    /// file was not made by a log, and stays.
    fn clean(&self, options: &LogOptions) -> Result<SparePool, LogError> {
        // A job of the log's former opening may still be at its end, and removes what it no longer needs itself.
        let remove = |path: &Path| match options.disk.remove_file(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            result => result.map_err(LogError::io(path)),
        };
        for path in &self.temporaries {
            if file_len(options, path)?.is_some() {
                remove(path)?;
            }
        }
        let mut usable = Vec::new();
        for path in &self.spares {
            let Some(len) = file_len(options, path)? else { continue };
            match u32::try_from(len) {
                Ok(capacity)
                    if capacity.is_multiple_of(RECORD_ALIGN)
                        && (options.min_segment_bytes..=options.max_segment_bytes).contains(&capacity) =>
                {
                    usable.push(Spare { path: path.clone(), capacity, recycling: 0 });
                }
                _ => remove(path)?,
            }
        }
        usable.sort_by_key(|spare| std::cmp::Reverse(spare.capacity));
        for surplus in usable.drain(usable.len().min(MAX_SPARES)..) {
            remove(&surplus.path)?;
        }
        Ok(SparePool::new(usable))
    }
}

/// Length of a file in the directory. Nothing if it is gone, or something else than a regular file.
fn file_len(options: &LogOptions, path: &Path) -> Result<Option<u64>, LogError> {
    match options.disk.file_len(path) {
        Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => {
            tracing::warn!(%error, "something stands in the log's directory that no log has made; it stays there");
            Ok(None)
        }
        result => result.map_err(LogError::io(path)),
    }
}

/// One segment opened for reading.
struct OpenSegment {
    header: SegmentHeader,
    path: PathBuf,
    file: Arc<dyn DiskFile>,
}

impl OpenSegment {
    fn read(options: &LogOptions, mode: OpenMode, number: u64) -> Result<Self, LogError> {
        let path = options.dir.join(segment_name(number));
        let file = options.disk.open(&path, mode).map_err(LogError::io(&path))?;
        let len = file.len().map_err(LogError::io(&path))?;
        if len < u64::from(HEADER_BYTES) {
            return Err(LogError::corrupt(number, 0, "segment is shorter than its header"));
        }
        let mut bytes = [0; HEADER_BYTES as usize];
        file.read_exact_at(0, &mut bytes).map_err(LogError::io(&path))?;
        let header = SegmentHeader::decode(&bytes).map_err(|fault| match fault {
            HeaderFault::Newer(found) => {
                let supported = LogFormat::NEWEST.version();
                LogError::UnsupportedVersion { path: path.clone(), found, supported }
            }
            HeaderFault::Damaged(reason) => LogError::corrupt(number, 0, reason),
        })?;
        if header.namespace_id != options.namespace_id {
            return Err(LogError::corrupt(number, 0, "segment belongs to another namespace"));
        }
        if header.number != number {
            return Err(LogError::corrupt(number, 0, "segment has another number than its name"));
        }
        if header.first_seq == 0 || number == 0 {
            return Err(LogError::corrupt(number, 0, "impossible segment number or first seq"));
        }
        // Its length was durable before it had this name, and never changes.
        if len < u64::from(header.capacity) || !header.capacity.is_multiple_of(RECORD_ALIGN) {
            return Err(LogError::corrupt(number, 0, "segment is shorter than its header says"));
        }
        Ok(Self { header, path, file })
    }

    fn bytes(&self) -> Result<Vec<u8>, LogError> {
        let mut bytes = vec![0; self.header.capacity as usize];
        self.file.read_exact_at(0, &mut bytes).map_err(LogError::io(&self.path))?;
        Ok(bytes)
    }
}

/// The segments to read, oldest first; never empty, numbers without a gap. Those before the last one are opened one at a time:
/// there may be more of them than a process may have files open.
struct NeededSegments<'a> {
    options: &'a LogOptions,
    mode: OpenMode,
    earlier: Vec<SegmentHeader>,
    last: OpenSegment,
}

/// What replaying them gave.
struct Recovered<'a> {
    options: &'a LogOptions,
    last: &'a OpenSegment,
    bytes: Vec<u8>,
    tail: Tail,
    rest: Rest,
    records: u64,
    full: VecDeque<FullSegment>,
}

impl<'a> NeededSegments<'a> {
    /// Walks from the newest segment back to the first one that is needed.
    fn find(
        options: &'a LogOptions,
        mode: OpenMode,
        numbers: &[u64],
        newest: u64,
        from_seq: u64,
    ) -> Result<Self, LogError> {
        let last = OpenSegment::read(options, mode, newest)?;
        let mut earlier: Vec<SegmentHeader> = Vec::new();
        let mut oldest = last.header;
        while oldest.first_seq > from_seq.saturating_add(1) {
            let before = oldest.number - 1;
            if numbers.binary_search(&before).is_err() {
                return Err(LogError::corrupt(before, 0, "segment is missing"));
            }
            oldest = OpenSegment::read(options, mode, before)?.header;
            earlier.push(oldest);
        }
        earlier.reverse();
        Ok(Self { options, mode, earlier, last })
    }

    fn headers(&self) -> impl Iterator<Item = SegmentHeader> + '_ {
        self.earlier.iter().copied().chain([self.last.header])
    }

    fn first_number(&self) -> u64 {
        self.earlier.first().unwrap_or(&self.last.header).number
    }

    fn replay(&self, from_seq: u64, mark: Option<Mark>, replay: &mut Replay<'_>) -> Result<Recovered<'_>, LogError> {
        let mut records = 0;
        let mut full = VecDeque::new();
        let successors = self.earlier.iter().skip(1).chain([&self.last.header]);
        for (header, successor) in self.earlier.iter().zip(successors) {
            let segment = OpenSegment::read(self.options, self.mode, header.number)?;
            let bytes = segment.bytes()?;
            let tail = accept_records(&bytes, &segment.header, from_seq, mark, replay)?;
            if tail.last_seq.wrapping_add(1) != successor.first_seq {
                return Err(LogError::corrupt(
                    segment.header.number,
                    tail.end,
                    "records missing before the next segment",
                ));
            }
            check_continued(&tail, successor)?;
            records += tail.replayed;
            full.push_back(FullSegment {
                number: header.number,
                path: segment.path.clone(),
                last_seq: tail.last_seq,
                capacity: segment.header.capacity,
                used: u64::from(tail.end - segment.header.first_offset()),
            });
        }
        let bytes = self.last.bytes()?;
        let tail = accept_records(&bytes, &self.last.header, from_seq, mark, replay)?;
        let rest = look_behind(&bytes, &self.last.header, &tail, from_seq)?;
        Ok(Recovered {
            options: self.options,
            last: &self.last,
            bytes,
            tail,
            rest,
            records: records + tail.replayed,
            full,
        })
    }
}

/// Refuses a segment that does not go on with the history of the one before it.
fn check_continued(tail: &Tail, successor: &SegmentHeader) -> Result<(), LogError> {
    let corrupt = |reason| LogError::corrupt(successor.number, 0, reason);
    match (tail.lineage, successor.lineage) {
        (Some(before), Some(own)) => before.check_continued(own).map_err(corrupt),
        (Some(_), None) => Err(corrupt("a segment of format 1 stands behind one of format 2")),
        (None, _) => Ok(()),
    }
}

impl Recovered<'_> {
    /// Refuses a log that ends before what had been synced.
    fn check_reaches(&self, mark: Mark) -> Result<(), LogError> {
        if self.tail.last_seq >= mark.seq {
            return Ok(());
        }
        let number = self.last.header.number;
        if number < mark.segment {
            return Err(LogError::corrupt(number + 1, 0, "segment is missing although batches in it had been synced"));
        }
        Err(LogError::corrupt(number, self.tail.end, "the log ends before what had been synced"))
    }

    /// Writes the accepted records that nothing proves durable once more, as they are, and syncs. Reading them back is no
    /// proof: after a failed sync the page cache shows bytes the device may never have got.
    fn make_durable(&self) -> Result<CurrentSegment, LogError> {
        let OpenSegment { header, path, file } = self.last;
        let (from, to) = (self.tail.proven_synced, self.tail.end);
        if let Some(unproven) = self.bytes.get(from as usize..to as usize).filter(|bytes| !bytes.is_empty()) {
            file.write_all_at(u64::from(from), unproven).map_err(LogError::io(path))?;
            if !planted::is(Planted::RecoveredUnsynced) {
                file.sync_data().map_err(LogError::io(path))?;
            }
        }
        let options = self.options;
        let lineage =
            self.tail.lineage.unwrap_or_else(|| Lineage { chain: options.rng.next_u64(), epoch: options.epoch });
        Ok(CurrentSegment {
            header: *header,
            path: path.clone(),
            file: Arc::clone(file),
            offset: to,
            synced: to,
            released: header.first_offset(),
            checksum: self.tail.checksum,
            lineage,
        })
    }
}

/// The segments before the current one: those released long ago, then those just replayed.
fn full_segments(
    options: &LogOptions,
    numbers: &[u64],
    needed: &NeededSegments,
    replayed: VecDeque<FullSegment>,
) -> Result<VecDeque<FullSegment>, LogError> {
    let mut full = VecDeque::new();
    for number in numbers.iter().take_while(|number| **number < needed.first_number()) {
        let path = options.dir.join(segment_name(*number));
        let Some(len) = file_len(options, &path)? else { continue };
        // A length that no segment has keeps the file from being reused.
        let capacity = u32::try_from(len).ok().filter(|len| len.is_multiple_of(RECORD_ALIGN)).unwrap_or(u32::MAX);
        full.push_back(FullSegment { number: *number, path, last_seq: 0, capacity, used: 0 });
    }
    full.extend(replayed);
    Ok(full)
}
