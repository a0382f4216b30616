//! What the mark proves: after the end of the process, that no synced record is gone, changed or replaced. And that it is
//! never more than a witness.

use super::damage::{FORMATS, Placed, copy, sample, sample_in};
use super::*;
use crate::disk::CrashMode;

fn is_corrupt(disk: &SimDisk, from_seq: u64) -> bool {
    let ops = disk.op_count();
    let refused = matches!(open_from(disk, 9, from_seq), Err(LogError::Corrupt { .. }));
    assert!(!refused || disk.op_count() == ops, "what is refused is not changed");
    refused
}

fn zero_from(disk: &SimDisk, path: &Path, from: u64) {
    for (offset, byte) in disk.bytes(path).unwrap().into_iter().enumerate().skip(from as usize) {
        disk.corrupt(path, offset as u64, byte).unwrap();
    }
}

#[test]
fn every_bit_of_the_last_record_is_reported() {
    FORMATS.into_iter().for_each(flip_last_bits);
}

fn flip_last_bits(format: LogFormat) {
    let (disk, from_seq, batches, places) = sample_in(format);
    let Placed { segment, start, end } = *places.last().unwrap();
    let content_end = start + u64::from(format.record_header_bytes()) + batches.last().unwrap().1.len() as u64;
    for bit in start * 8..end * 8 {
        let (offset, xor) = (bit / 8, 1 << (bit % 8));
        let image = copy(&disk);
        image.corrupt(&segment_path(segment), offset, xor).unwrap();
        if offset < content_end {
            assert!(is_corrupt(&image, from_seq), "bit {bit}");
        } else {
            // Padding says nothing, so nothing is lost with it.
            assert_eq!(open_from(&image, 9, from_seq).unwrap().batches, batches, "bit {bit}");
        }
    }
}

#[test]
fn zeros_from_every_byte_on_are_reported() {
    FORMATS.into_iter().for_each(zero_marked);
}

fn zero_marked(format: LogFormat) {
    let (disk, from_seq, batches, places) = sample_in(format);
    let Placed { segment, .. } = *places.last().unwrap();
    let path = segment_path(segment);
    for from in 0..disk.bytes(&path).unwrap().len() as u64 {
        let image = copy(&disk);
        zero_from(&image, &path, from);
        let last = places.last().unwrap();
        let before = disk.bytes(&path).unwrap();
        let lossless = from >= last.end || before[from as usize..last.end as usize].iter().all(|byte| *byte == 0);
        if lossless {
            assert_eq!(open_from(&image, 9, from_seq).unwrap().batches, batches, "zeros from {from}");
        } else {
            assert!(is_corrupt(&image, from_seq), "zeros from {from}");
        }
    }
}

#[test]
fn a_missing_last_segment_is_reported() {
    let (disk, from_seq, _, places) = sample();
    let (first, last) = (places[0].segment, places.last().unwrap().segment);
    let gone = copy(&disk);
    gone.remove_file(&segment_path(last)).unwrap();
    assert!(matches!(open_from(&gone, 9, from_seq), Err(LogError::Corrupt { at, .. }) if at.segment == last));
    // Without the mark the log is one that ended earlier: this is what only the mark can tell.
    let shorter = without_mark(&disk);
    shorter.remove_file(&segment_path(last)).unwrap();
    open_from(&shorter, 9, from_seq).unwrap();
    // All of them gone is damage in either case, also to a store that has nothing yet.
    for number in first - 1..=last {
        let _ = gone.remove_file(&segment_path(number));
    }
    assert!(is_corrupt(&gone, from_seq) && is_corrupt(&gone, 0));
}

#[test]
fn what_the_store_has_is_not_missed() {
    let (disk, _, batches, places) = sample();
    let Placed { segment, start, .. } = *places.last().unwrap();
    let image = copy(&disk);
    image.corrupt(&segment_path(segment), start, 1).unwrap();
    let last_seq = batches.last().unwrap().0.last;
    let mut opened = open_from(&image, 9, last_seq).unwrap();
    assert!(opened.batches.is_empty());
    let next = append(&mut opened.log, b"next", Sync::Now).unwrap();
    drop(opened);
    assert_eq!(open_from(&image, 10, last_seq).unwrap().batches, [next]);
}

#[test]
fn another_valid_record_in_the_place_of_a_synced_one_is_reported() {
    let disk = new_disk();
    drop(open_from(&disk, 1, 0).unwrap());
    // Two histories of one log: the same batch, written by two openings.
    let (ours, theirs) = (copy(&disk), copy(&disk));
    for (disk, seed) in [(&ours, 2), (&theirs, 3)] {
        append(&mut open_from(disk, seed, 0).unwrap().log, b"one", Sync::Now).unwrap();
    }
    let mark = ours.bytes(&mark_path()).unwrap();
    let file = theirs.open(&mark_path(), crate::disk::OpenMode::Existing).unwrap();
    file.write_all_at(0, &mark).unwrap();
    assert!(is_corrupt(&theirs, 0));
}

#[test]
fn a_log_without_a_mark_opens_and_gets_one() {
    let (disk, from_seq, batches, places) = sample();
    let old = without_mark(&disk);
    assert_eq!(open_from(&old, 9, from_seq).unwrap().batches, batches);
    assert!(old.bytes(&mark_path()).is_some());
    old.corrupt(&segment_path(places.last().unwrap().segment), places.last().unwrap().start, 1).unwrap();
    assert!(is_corrupt(&old, from_seq));
}

/// The other slot is older and still true: the record before the last one stays proven.
#[test]
fn a_damaged_mark_costs_no_data_and_no_more_than_the_newest_proof() {
    let (disk, from_seq, batches, places) = sample();
    for offset in (0..72).chain(4096..4096 + 72) {
        let image = copy(&disk);
        image.corrupt(&mark_path(), offset, 1 << (offset % 8)).unwrap();
        assert_eq!(open_from(&image, 9, from_seq).unwrap().batches, batches, "byte {offset}");
        let image = copy(&disk);
        image.corrupt(&mark_path(), offset, 1 << (offset % 8)).unwrap();
        let Placed { segment, start, .. } = places[places.len() - 2];
        zero_from(&image, &segment_path(segment), start);
        assert!(is_corrupt(&image, from_seq), "byte {offset}");
    }
    for len in [0, 1, 71, 72, 4096, 8191, 8192] {
        let image = copy(&disk);
        image.cut(&mark_path(), len).unwrap();
        assert_eq!(open_from(&image, 9, from_seq).unwrap().batches, batches, "cut to {len}");
        assert_eq!(image.file_len(&mark_path()).unwrap(), Some(8192));
    }
}

#[test]
fn a_mark_that_cannot_be_written_fails_nothing() {
    let disk = new_disk();
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    let mut expected = vec![append(&mut log, b"one", Sync::Now).unwrap()];
    disk.fail_at(disk.op_count() + 3);
    expected.push(append(&mut log, b"two", Sync::Now).unwrap());
    let lagging = copy(&disk);
    expected.push(append(&mut log, b"three", Sync::Now).unwrap());
    let cut = u64::from(log.current.offset) - 80;
    drop(log);
    assert_eq!(open_from(&lagging, 2, 0).unwrap().batches, expected[..2]);
    disk.corrupt(&segment_path(1), cut, 1).unwrap();
    assert!(is_corrupt(&disk, 0), "the next mark was written");
}

/// At each operation of a short life: whatever of the mark and of the log survives, the mark is not ahead.
#[test]
fn the_mark_is_never_ahead_of_the_log() {
    for seed in 0..200 {
        let disk = new_disk();
        let rng = SeededRng::new(seed);
        disk.crash_at(disk.op_count() + 5 + rng.next_u64() % 60);
        let mut acknowledged = 0;
        if let Ok(mut opened) = open_from(&disk, seed, 0) {
            for round in 0..40 {
                let sync = if round % 3 == 0 { Sync::Later } else { Sync::Now };
                match append(&mut opened.log, &random_payload(&rng, 200), sync) {
                    Ok((seqs, _)) if sync == Sync::Now => acknowledged = seqs.last,
                    Ok(_) => {}
                    Err(_) => break,
                }
            }
        }
        for image_seed in 0..8 {
            let image = disk.crash_image(image_seed, CrashMode::Random);
            let opened = open_from(&image, seed, 0).unwrap_or_else(|error| panic!("seed {seed} {image_seed}: {error}"));
            assert!(opened.log.last_seq() >= acknowledged, "seed {seed} {image_seed}");
        }
    }
}

/// Each log is opened for the first time by what made it, and by the namespace after that: nothing is lost by then.
#[test]
fn a_new_log_has_a_mark_also_after_a_crash() {
    let disk = new_disk();
    drop(open_from(&disk, 1, 0).unwrap());
    let made = disk.op_count();
    let marked = |disk: &SimDisk| {
        let options = options(disk, 9);
        super::super::mark::MarkFile::find(&options, crate::disk::OpenMode::ReadOnly).newest()
    };
    for mode in [CrashMode::KeepAll, CrashMode::DropUnsynced] {
        let image = disk.crash_image(1, mode);
        assert_eq!(marked(&image).map(|mark| (mark.seq, mark.segment)), Some((0, 1)), "{mode:?}");
        assert_eq!(open_from(&image, 2, 0).unwrap().report.last_seq, 0, "it says that nothing is missing");
    }
    // Wherever making it ended, whoever goes on leaves one.
    for crash in 1..=made {
        let disk = new_disk();
        let before = disk.op_count();
        disk.crash_at(before + crash);
        let _ = open_from(&disk, 1, 0);
        let image = disk.crash_image(crash, CrashMode::KeepAll);
        drop(open_from(&image, 2, 0).unwrap());
        assert!(marked(&image).is_some(), "ended at operation {crash}");
    }
}
