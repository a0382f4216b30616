//! Logs of format 1, which nothing writes any more: a log is written anew as the version of that time would have written it.

use super::super::mark::{MARK_NAME, Mark, MarkFile};
use super::super::record::{FoundRecord, RecordHeader, find};
use super::super::segment::{FileKind, HEADER_BYTES, SegmentHeader, classify};
use super::super::types::LogOptions;
use crate::disk::OpenMode;

/// Where a record stands now.
pub struct Moved {
    /// Its segment.
    pub segment: u64,
    /// Where it begins.
    pub start: u64,
    /// Where it ends.
    pub end: u64,
}

/// Writes every segment of a closed log, and its mark, in format 1; `convert` makes a payload of that format of each payload.
/// Gives where the records stand, in their order.
pub fn rewrite(options: &LogOptions, convert: impl Fn(&[u8]) -> Vec<u8>) -> Vec<Moved> {
    let mut moved = Vec::new();
    let mut newest = None;
    for name in options.disk.list_dir(&options.dir).unwrap() {
        let FileKind::Segment(_) = classify(&name) else { continue };
        let file = options.disk.open(&options.dir.join(&name), OpenMode::Existing).unwrap();
        let mut old = vec![0; file.len().unwrap() as usize];
        file.read_exact_at(0, &mut old).unwrap();
        let header = SegmentHeader::decode(old[..HEADER_BYTES as usize].try_into().unwrap()).unwrap();
        let (from, to) = (header, SegmentHeader { lineage: None, ..header });
        let mut old_end = from.first_offset();
        let mut bytes = to.encode();
        // Where something ended, and where it ends now.
        let mut ends = vec![(old_end, bytes.len() as u32)];
        let (mut previous, mut last_seq) = (0, to.first_seq - 1);
        while let FoundRecord::Record(found) = find(&old, from.place(old_end)) {
            let payload = convert(found.payload);
            let synced_through = ends.iter().find(|(old, _)| *old == found.header.synced_through).unwrap().1;
            let record = RecordHeader { synced_through, previous, lineage: None, ..found.header };
            let start = bytes.len() as u32;
            let encoded = record.encode(to.place(start), &payload);
            bytes.extend(encoded.header());
            bytes.extend(&payload);
            bytes.resize(bytes.len().next_multiple_of(8), 0);
            (previous, last_seq, old_end) = (encoded.checksum, record.seqs.last, found.end);
            ends.push((old_end, bytes.len() as u32));
            moved.push(Moved { segment: to.number, start: u64::from(start), end: bytes.len() as u64 });
        }
        newest = Some(Mark { seq: last_seq, segment: to.number, offset: bytes.len() as u32, checksum: previous });
        bytes.resize(old_end as usize, 0);
        file.write_all_at(0, &bytes).unwrap();
        file.sync_data().unwrap();
    }
    options.disk.remove_file(&options.dir.join(MARK_NAME)).unwrap();
    let mut mark = MarkFile::find(options, OpenMode::Existing);
    mark.make(options);
    mark.write(newest.unwrap());
    options.disk.sync_dir(&options.dir).unwrap();
    moved
}
