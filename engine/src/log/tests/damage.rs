//! Damage to the medium: reported when the bytes had been durable, cut when they may never have been. What the mark proves
//! beyond the records themselves is in `marks.rs`.

use super::super::record::RecordHeader;
use super::*;
use crate::disk::{CrashMode, OpenMode};

/// Where each batch stands.
pub(super) struct Placed {
    pub(super) segment: u64,
    pub(super) start: u64,
    pub(super) end: u64,
}

pub(super) const FORMATS: [LogFormat; 2] = [LogFormat::One, LogFormat::Two];

/// As [`sample`], in either format.
pub(super) fn sample_in(format: LogFormat) -> (SimDisk, u64, Vec<Batch>, Vec<Placed>) {
    let (disk, from_seq, batches, places) = sample();
    match format {
        LogFormat::Two => (disk, from_seq, batches, places),
        LogFormat::One => {
            let moved = format_one::rewrite(&options(&disk, 1), <[u8]>::to_vec);
            let ours = moved.into_iter().rev().take(batches.len()).rev();
            let places = ours.map(|format_one::Moved { segment, start, end }| Placed { segment, start, end }).collect();
            (disk, from_seq, batches, places)
        }
    }
}

/// A log of several segments in which every batch was synced; the last segment is a recycled file full of old records.
pub(super) fn sample() -> (SimDisk, u64, Vec<Batch>, Vec<Placed>) {
    let disk = new_disk();
    let mut small = options(&disk, 1);
    small.max_segment_bytes = 512;
    let (mut log, _) = open(small, 0, &mut |_| Ok(())).unwrap();
    let rng = SeededRng::new(3);
    while log.last_seq() < 12 {
        append(&mut log, &random_payload(&rng, 120), Sync::Now).unwrap();
    }
    let from_seq = log.last_seq();
    log.truncate(from_seq).unwrap();
    let (mut batches, mut places) = (Vec::new(), Vec::new());
    let in_last =
        |places: &[Placed]| places.iter().filter(|place| place.segment == places[places.len() - 1].segment).count();
    while batches.len() < 9 || in_last(&places) < 2 {
        let before = (log.current.header.number, u64::from(log.current.offset));
        batches.push(append(&mut log, &random_payload(&rng, 120), Sync::Now).unwrap());
        let (segment, end) = (log.current.header.number, u64::from(log.current.offset));
        places.push(Placed { segment, start: if before.0 == segment { before.1 } else { 80 }, end });
    }
    drop(log);
    let only = open_from(&disk.crash_image(0, CrashMode::KeepAll), 2, from_seq).unwrap().batches;
    assert_eq!(only, batches);
    assert!(places.last().unwrap().segment > places[0].segment, "several segments");
    (disk, from_seq, batches, places)
}

pub(super) fn copy(disk: &SimDisk) -> SimDisk {
    disk.crash_image(0, CrashMode::KeepAll)
}

/// The log must have come back with exactly the first `count` batches and go on from there.
fn assert_prefix_and_usable(disk: &SimDisk, from_seq: u64, batches: &[Batch], count: usize, context: &str) {
    let mut opened = open_from(disk, 4, from_seq).unwrap_or_else(|error| panic!("{context}: {error}"));
    assert_eq!(opened.batches, batches[..count], "{context}");
    let next = append(&mut opened.log, b"next", Sync::Now).unwrap();
    drop(opened);
    let mut expected = batches[..count].to_vec();
    expected.push(next);
    let again = open_from(&disk.crash_image(1, CrashMode::DropUnsynced), 5, from_seq).unwrap();
    assert_eq!(again.batches, expected, "{context}");
}

#[test]
fn a_segment_cut_to_any_length_is_corrupt() {
    FORMATS.into_iter().for_each(cut_segments);
}

fn cut_segments(format: LogFormat) {
    let (disk, from_seq, _, places) = sample_in(format);
    for number in places[0].segment..=places.last().unwrap().segment {
        for len in 0..disk.file_len(&segment_path(number)).unwrap().unwrap() {
            let image = without_mark(&disk);
            image.cut(&segment_path(number), len).unwrap();
            let ops = image.op_count();
            let found = open_from(&image, 4, from_seq);
            assert!(
                matches!(found, Err(LogError::Corrupt { at, .. }) if at.segment == number),
                "{number} cut to {len}"
            );
            assert_eq!(image.op_count(), ops, "nothing was changed");
        }
    }
}

#[test]
fn without_a_mark_zeros_from_every_byte_of_the_last_two_batches_cut() {
    FORMATS.into_iter().for_each(zero_unmarked);
}

fn zero_unmarked(format: LogFormat) {
    let (disk, from_seq, batches, places) = sample_in(format);
    let last = places.last().unwrap();
    let before = &places[places.len() - 2];
    let path = segment_path(last.segment);
    for from in before.start..last.end {
        let image = without_mark(&disk);
        for (offset, byte) in image.bytes(&path).unwrap().into_iter().enumerate().skip(from as usize) {
            image.corrupt(&path, offset as u64, byte).unwrap();
        }
        let opened = open_from(&image, 4, from_seq).unwrap();
        let count = opened.batches.len();
        assert!(count >= batches.len() - 2 && opened.batches == batches[..count], "zeros from {from}");
        assert!(from >= last.start || count < batches.len(), "zeros from {from}");
        drop(opened);
        assert_prefix_and_usable(&image, from_seq, &batches, count, &format!("zeros from {from}"));
    }
}

/// What a flipped byte hits.
#[derive(Debug, PartialEq)]
enum Hit {
    Header,
    /// A batch the store has; recovery reads it only because it shares the segment.
    Released,
    Batch(usize),
    /// Padding, free space, records of an earlier life.
    Nothing,
}

fn hit(format: LogFormat, number: u64, offset: u64, batches: &[Batch], places: &[Placed]) -> Hit {
    if offset < u64::from(format.segment_header_bytes()) {
        return Hit::Header;
    }
    if number == places[0].segment && offset < places[0].start {
        return Hit::Released;
    }
    let content = |index: &usize| {
        let Placed { segment, start, .. } = places[*index];
        segment == number
            && (start..start + u64::from(format.record_header_bytes()) + batches[*index].1.len() as u64)
                .contains(&offset)
    };
    (0..places.len()).find(content).map_or(Hit::Nothing, Hit::Batch)
}

#[test]
fn every_flipped_byte_is_reported_or_harmless() {
    FORMATS.into_iter().for_each(flip_bytes);
}

fn flip_bytes(format: LogFormat) {
    let (disk, from_seq, batches, places) = sample_in(format);
    for number in places[0].segment..=places.last().unwrap().segment {
        let path = segment_path(number);
        for offset in 0..disk.bytes(&path).unwrap().len() as u64 {
            let image = copy(&disk);
            image.corrupt(&path, offset, 1 << (offset % 8)).unwrap();
            let hit = hit(format, number, offset, &batches, &places);
            let context = format!("{format:?} segment {number} byte {offset}: {hit:?}");
            match open_from(&image, 3, from_seq).map(|opened| opened.batches) {
                Err(LogError::Corrupt { at, .. }) => {
                    assert!(at.segment == number && at.offset <= offset, "{context}: {at}");
                    assert!(hit != Hit::Nothing, "{context}");
                }
                Err(error) => panic!("{context}: {error}"),
                Ok(found) => {
                    assert!(hit == Hit::Nothing || hit == Hit::Released, "{context}");
                    assert_eq!(found, batches, "{context}");
                }
            }
        }
    }
}

#[test]
fn corruption_and_newer_versions_change_nothing_on_disk() {
    let (disk, from_seq, _, places) = sample();
    // A newer build writes a checksum of its own, maybe elsewhere.
    let (damage, newer): (&[u64], &[u64]) = (&[places[0].start], &[8, 79]);
    for (number, offsets) in [(places[0].segment, damage), (places.last().unwrap().segment, newer)] {
        let image = copy(&disk);
        for offset in offsets {
            image.corrupt(&segment_path(number), *offset, 1).unwrap();
        }
        let ops = image.op_count();
        let Err(error) = open_from(&image, 3, from_seq) else { panic!("it opened") };
        assert_eq!(matches!(error, LogError::UnsupportedVersion { found: 3, .. }), offsets == newer, "{error}");
        assert_eq!(image.op_count(), ops);
    }
}

#[test]
fn a_missing_or_foreign_segment_is_corrupt() {
    let (disk, from_seq, _, places) = sample();
    let (first, last) = (places[0].segment, places.last().unwrap().segment);
    assert!(last >= first + 2, "a middle segment exists");
    let gone = copy(&disk);
    gone.remove_file(&segment_path(first + 1)).unwrap();
    assert!(matches!(open_from(&gone, 3, from_seq), Err(LogError::Corrupt { at, .. }) if at.segment == first + 1));
    let swapped = copy(&disk);
    swapped.rename(&segment_path(first), &segment_path(last + 1)).unwrap();
    assert!(matches!(open_from(&swapped, 3, from_seq), Err(LogError::Corrupt { .. })));
    let empty = copy(&disk);
    empty.cut(&segment_path(last), 0).unwrap();
    assert!(matches!(open_from(&empty, 3, from_seq), Err(LogError::Corrupt { .. })));
    let mut foreign = options(&copy(&disk), 3);
    foreign.namespace_id[0] ^= 1;
    assert!(matches!(open(foreign, from_seq, &mut |_| Ok(())), Err(LogError::Corrupt { .. })));
}

#[test]
fn a_remnant_behind_the_cut_never_comes_back() {
    let disk = new_disk();
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    let first = append(&mut log, b"synced", Sync::Now).unwrap();
    let cut = u64::from(log.current.offset);
    let lost = append(&mut log, b"lost", Sync::Later).unwrap();
    append(&mut log, b"remnant", Sync::Later).unwrap();
    drop(log);
    disk.corrupt(&segment_path(1), cut, 1).unwrap();
    let mut opened = open_from(&disk, 2, 0).unwrap();
    assert_eq!(opened.batches, std::slice::from_ref(&first));
    assert_eq!(opened.report.rest, Rest::Torn { bytes: 80 + 80 });
    // The very same batch again ends exactly where the remnant starts.
    let again = append(&mut opened.log, &lost.1, Sync::Now).unwrap();
    assert_eq!(again, lost);
    drop(opened);
    assert_eq!(open_from(&disk, 3, 0).unwrap().batches, [first, lost]);
}

#[test]
fn a_lost_volatile_batch_cuts_and_a_lost_synced_one_is_corrupt() {
    for sync in [Sync::Later, Sync::Now] {
        let disk = new_disk();
        let mut log = open_from(&disk, 1, 0).unwrap().log;
        let first = append(&mut log, b"one", Sync::Now).unwrap();
        let hit = u64::from(log.current.offset);
        append(&mut log, b"two", sync).unwrap();
        append(&mut log, b"three", Sync::Later).unwrap();
        drop(log);
        disk.corrupt(&segment_path(1), hit + 72, 1).unwrap();
        match open_from(&disk, 2, 0) {
            Ok(opened) => assert!(sync == Sync::Later && opened.batches == [first]),
            Err(LogError::Corrupt { at, .. }) => assert!(sync == Sync::Now && at.offset == hit),
            Err(error) => panic!("{error}"),
        }
    }
}

/// Overwrites the record at `offset` of segment 1 with another valid one.
fn forge(disk: &SimDisk, log: &SegmentedLog, offset: u32, header: RecordHeader, payload: &[u8]) {
    let mut bytes = header.encode(log.current.header.place(offset), payload).header().to_vec();
    bytes.extend(payload);
    disk.open(&segment_path(1), OpenMode::Existing).unwrap().write_all_at(u64::from(offset), &bytes).unwrap();
}

#[test]
fn a_synced_record_replaced_by_another_valid_one_is_corrupt() {
    let disk = new_disk();
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    let (seqs, _) = append(&mut log, b"one", Sync::Now).unwrap();
    append(&mut log, b"two", Sync::Now).unwrap();
    let lineage = log.current.header.lineage;
    forge(&disk, &log, 80, RecordHeader { synced_through: 80, seqs, previous: 0, opening: 1, lineage }, b"eno");
    assert!(matches!(open_from(&disk, 2, 0), Err(LogError::Corrupt { at, .. }) if at.offset == 160));
}

#[test]
fn a_gap_between_valid_records_is_corrupt() {
    for (first, last) in [(3, 3), (1, 1), (2, 1), (0, 2)] {
        let disk = new_disk();
        let mut log = open_from(&disk, 1, 0).unwrap().log;
        append(&mut log, b"one", Sync::Now).unwrap();
        let header = RecordHeader {
            synced_through: 160,
            seqs: SeqRange { first, last },
            previous: log.current.checksum,
            opening: 1,
            lineage: Some(log.current.lineage),
        };
        forge(&disk, &log, 160, header, b"two");
        let found = open_from(&disk, 2, 0);
        assert!(matches!(found, Err(LogError::Corrupt { at, .. }) if at.offset == 160), "{first}..={last}");
    }
}

#[test]
fn leftovers_of_preparation_are_removed_and_foreign_files_kept() {
    let disk = new_disk();
    drop(open_from(&disk, 1, 0).unwrap());
    for (name, len) in [
        ("tmp-0000000000000001", 512),
        ("spare-0000000000000001", 512),
        ("spare-0000000000000002", 1024),
        ("spare-0000000000000003", 2048),
        ("spare-0000000000000004", 4096),
        ("spare-0000000000000005", 513),
        ("1.log", 10),
        ("notes", 3),
        ("spare-copy", 512),
        ("tmp-before-upgrade", 3),
    ] {
        let file = disk.open(&log_dir().join(name), OpenMode::CreateNew).unwrap();
        file.set_len(len).unwrap();
    }
    drop(open_from(&disk, 2, 0).unwrap());
    let left = disk.list_dir(&log_dir()).unwrap();
    let kept = ["spare-0000000000000002", "spare-0000000000000003", "spare-copy", "synced", "tmp-before-upgrade"];
    assert_eq!(left, [["00000000000000000001.log", "1.log", "notes"].as_slice(), &kept].concat());
}

/// A directory under a name of ours was not made by a log: it stays, and hinders nothing, as long as no segment is missing.
#[test]
fn directories_with_names_of_ours_stay_and_hinder_nothing() {
    let disk = new_disk();
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    for _ in 0..20 {
        append(&mut log, &[7; 300], Sync::Now).unwrap();
    }
    let first = disk.list_dir(&log_dir()).unwrap().into_iter().find(|name| name.ends_with(".log")).unwrap();
    drop(log);
    let names = ["tmp-0000000000000001", "spare-0000000000000001", "00000000000000000000.log"];
    assert!(names[2] < first.as_str());
    for name in names {
        disk.create_dir_all(&log_dir().join(name)).unwrap();
    }
    for round in 2..4 {
        let mut log = open_from(&disk, round, 20).unwrap().log;
        log.truncate(20).unwrap();
        append(&mut log, b"more", Sync::Now).unwrap();
        let left = disk.list_dir(&log_dir()).unwrap();
        assert!(names.iter().all(|name| left.iter().any(|other| other == name)), "{left:?}");
    }
}

/// Damage below what the store has: the log begins anew if nothing behind it is missed, and is reported if anything is.
#[test]
fn damage_to_what_the_store_has_ends_a_log_only_if_something_behind_it_is_missed() {
    FORMATS.into_iter().for_each(damage_what_the_store_has);
}

fn damage_what_the_store_has(format: LogFormat) {
    let (disk, _, batches, places) = sample_in(format);
    let last = places.last().unwrap();
    let first = places.iter().position(|place| place.segment == last.segment).unwrap();
    let (mut needless, mut reported) = (0, 0);
    for base in first..places.len() {
        let base_seq = batches[base].0.last;
        for offset in places[first].start..last.end {
            let image = copy(&disk);
            image.corrupt(&segment_path(last.segment), offset, 1).unwrap();
            let context = format!("the store has {base_seq}, byte {offset}");
            let what = hit(format, last.segment, offset, &batches, &places);
            match open_from(&image, 4, base_seq) {
                Ok(opened) => {
                    assert_eq!(opened.batches, batches[base + 1..], "{context}");
                    assert_eq!(opened.report.last_seq, batches.last().unwrap().0.last, "{context}");
                    assert!(!matches!(what, Hit::Batch(hit) if hit > base), "{context}: {what:?}");
                    needless += usize::from(opened.report.rest == Rest::Needless);
                    drop(opened);
                    assert_prefix_and_usable(
                        &image,
                        base_seq,
                        &batches[base + 1..],
                        batches.len() - base - 1,
                        &context,
                    );
                }
                Err(LogError::Corrupt { at, .. }) => {
                    assert_eq!(at.segment, last.segment, "{context}");
                    assert!(base + 1 < batches.len(), "{context}: the store has everything");
                    reported += 1;
                }
                Err(error) => panic!("{context}: {error}"),
            }
        }
    }
    assert!(needless > 0 && reported > 0, "{needless} needless, {reported} reported");
}
