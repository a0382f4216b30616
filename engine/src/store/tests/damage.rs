//! Damage to every place of a small store: reported or harmless, and never a row missing or wrong.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{ID, filled, open, path, read, rows_at};
use crate::disk::{CrashMode, Disk, OpenMode, SimDisk};
use crate::rng::{Rng, SeededRng};
use crate::store::backend::Backend;
use crate::store::pages::PageState;
use crate::store::{
    Base, Counters, FlushInput, Memtable, StoreError, StoreFile, StoreResult, Table, guarded, verify_file,
};

const HEAD_BYTES: usize = 8192;
const STRIDE_BYTES: usize = 4104;

/// What became of a damage.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Harmless,
    Reported,
}

/// Opens a copy of the disk and reads all of it, twice.
fn outcome(disk: &SimDisk, what: &str) -> Outcome {
    let disk = disk.crash_image(0, CrashMode::KeepAll);
    let read_all = || -> StoreResult<_> { read(&open(&disk)?) };
    let told = |result: StoreResult<_>| match result {
        Ok((seq, rows)) => {
            assert!(seq == 3 && rows == rows_at(3), "{what}: rows are missing or wrong");
            Outcome::Harmless
        }
        Err(StoreError::Damaged(_) | StoreError::NotAStore(_) | StoreError::Corrupt { .. }) => Outcome::Reported,
        Err(error) => panic!("{what}: {error}"),
    };
    let first = told(read_all());
    // Opening and closing after the damage must not make it worse.
    assert_eq!(told(read_all()), first, "{what}: the second opening differs");
    first
}

fn write(disk: &SimDisk, offset: usize, bytes: &[u8]) {
    let file = disk.open(path(), OpenMode::Existing).unwrap();
    file.write_all_at(offset as u64, bytes).unwrap();
    file.sync_data().unwrap();
}

fn states(disk: &SimDisk) -> Vec<PageState> {
    let backend = Backend::open(disk, path(), ID).unwrap();
    (0..backend.page_count().unwrap()).map(|page| backend.verify_page(page).unwrap()).collect()
}

/// Bytes of a page, by its number.
fn stride(page: usize) -> std::ops::Range<usize> {
    let start = HEAD_BYTES + (page - 1) * STRIDE_BYTES;
    start..start + STRIDE_BYTES
}

#[test]
fn flips_are_reported_or_harmless() {
    let step = if std::env::var_os("TOONDB_LONG").is_some() { 1 } else { 1_009 };
    for closed in [true, false] {
        let disk = filled(closed);
        let len = disk.bytes(path()).unwrap().len();
        assert_eq!(outcome(&disk, "nothing"), Outcome::Harmless);
        let heads = (0..368).chain(4096..4464).step_by(step.min(41));
        let mut reported = 0;
        for place in heads.chain((HEAD_BYTES..len).step_by(step)) {
            disk.corrupt(path(), place as u64, 1 << (place % 8)).unwrap();
            let outcome = outcome(&disk, &format!("closed {closed}, byte {place}"));
            assert!(place >= HEAD_BYTES || outcome == Outcome::Harmless, "one copy of the head is enough");
            reported += u32::from(outcome == Outcome::Reported);
            disk.corrupt(path(), place as u64, 1 << (place % 8)).unwrap();
        }
        assert!(reported > 10, "no damage was ever met");
    }
}

/// Past redb, every single byte of every written page is covered.
#[test]
fn every_flipped_byte_of_a_page_is_seen_by_a_check() {
    let disk = filled(true);
    let before = states(&disk);
    assert!(before.iter().all(|state| *state != PageState::Bad));
    let step = if std::env::var_os("TOONDB_LONG").is_some() { 1 } else { 23 };
    let backend = Backend::open(&disk, path(), ID).unwrap();
    for (page, state) in before.iter().enumerate().skip(1) {
        for place in stride(page).step_by(step) {
            disk.corrupt(path(), place as u64, 1 << (place % 8)).unwrap();
            assert_eq!(backend.verify_page(page as u64).unwrap(), PageState::Bad, "byte {place} of a page {state:?}");
            disk.corrupt(path(), place as u64, 1 << (place % 8)).unwrap();
        }
    }
    for place in (0..368).chain(4096..4464) {
        disk.corrupt(path(), place, 1 << (place % 8)).unwrap();
        assert_eq!(backend.verify_page(0).unwrap(), PageState::Bad, "byte {place} of the head");
        disk.corrupt(path(), place, 1 << (place % 8)).unwrap();
    }
    assert_eq!(states(&disk), before);
}

#[test]
fn pages_that_changed_places_or_were_wiped_out_are_reported() {
    for closed in [true, false] {
        let disk = filled(closed);
        let bytes = disk.bytes(path()).unwrap();
        let written: Vec<usize> = states(&disk)
            .iter()
            .enumerate()
            .skip(1)
            .filter(|(_, state)| **state == PageState::Good)
            .map(|(n, _)| n)
            .collect();
        let mut reported = 0;
        for (turn, page) in written.iter().enumerate() {
            let other = written[(turn + 1) % written.len()];
            for (what, with) in [("zeroed", vec![0; STRIDE_BYTES]), ("misdirected", bytes[stride(other)].to_vec())] {
                write(&disk, stride(*page).start, &with);
                reported += u32::from(outcome(&disk, &format!("page {page} {what}")) == Outcome::Reported);
                write(&disk, stride(*page).start, &bytes[stride(*page)]);
            }
            write(&disk, stride(*page).start, &bytes[stride(other)]);
            write(&disk, stride(other).start, &bytes[stride(*page)]);
            let swapped =
                [*page, other].map(|page| Backend::open(&disk, path(), ID).unwrap().verify_page(page as u64).unwrap());
            assert_eq!(swapped, [PageState::Bad; 2]);
            reported += u32::from(outcome(&disk, &format!("page {page} swapped with {other}")) == Outcome::Reported);
            write(&disk, stride(*page).start, &bytes[stride(*page)]);
            write(&disk, stride(other).start, &bytes[stride(other)]);
        }
        assert!(reported > 5, "no damage was ever met");
    }
}

/// A page of another namespace is no page of this one, though it stands at the same place.
#[test]
fn a_page_of_another_store_is_reported() {
    let disk = filled(true);
    let other = SimDisk::new();
    Base::create(&other, path(), [8; 16]).unwrap();
    let foreign = other.bytes(path()).unwrap();
    write(&disk, stride(1).start, &foreign[stride(1)]);
    assert_eq!(states(&disk)[1], PageState::Bad);
    assert!(matches!(open(&other), Err(StoreError::NotAStore(_))), "a store of another namespace was opened");
}

#[test]
fn a_file_that_was_cut_is_reported_and_one_that_was_padded_is_not_misread() {
    let rng = SeededRng::new(1);
    for closed in [true, false] {
        let disk = filled(closed);
        let len = disk.bytes(path()).unwrap().len() as u64;
        let cuts = [0, 1, 367, 368, 4096, 4464, 8191, 8192, 8193, len - STRIDE_BYTES as u64, len - 1];
        for cut in cuts.into_iter().chain((0..40).map(|_| rng.next_u64() % len)) {
            let disk = disk.crash_image(0, CrashMode::KeepAll);
            disk.cut(path(), cut).unwrap();
            assert_eq!(outcome(&disk, &format!("closed {closed}, cut to {cut}")), Outcome::Reported);
        }
        for more in [1, 7, 4096, 4104, 8208, 41_040, 1 << 20] {
            for byte in [0, 0xA5] {
                let disk = disk.crash_image(0, CrashMode::KeepAll);
                write(&disk, usize::try_from(len).unwrap(), &vec![byte; more]);
                outcome(&disk, &format!("closed {closed}, {more} bytes more"));
            }
        }
    }
}

/// The first error ends redb's handle; what is asked of it then still says why, and a fresh opening reads what is whole.
/// (redb built with debug assertions walks the whole file when it opens it, so the damage comes later, and without a cache.)
#[test]
fn damage_is_named_however_late_it_is_asked_for() {
    let disk = filled(true);
    let pages = (disk.bytes(path()).unwrap().len() - HEAD_BYTES) / STRIDE_BYTES;
    let mut named = 0;
    for page in 1..=pages {
        let disk = disk.crash_image(0, CrashMode::KeepAll);
        let base = Base::open(&disk, path(), ID, 0).unwrap();
        disk.corrupt(path(), stride(page).start as u64 + 2000, 4).unwrap();
        for _ in 0..3 {
            match read(&base) {
                Ok(found) => assert_eq!(found, (3, rows_at(3)), "page {page}: rows are missing or wrong"),
                Err(StoreError::Damaged(_) | StoreError::Corrupt { .. }) => named += 1,
                Err(error) => panic!("page {page}: {error}"),
            }
        }
    }
    assert!(named > 20 && named % 3 == 0, "named {named} times");
}

/// Writes that the disk has acknowledged and lost: each page there verifies, and is older than those that lead to it. redb may
/// panic over them.
#[test]
fn a_part_in_an_older_state_is_reported_by_a_check_or_harmless() {
    let disk = super::created();
    let value = |seq: u64, key: u64| -> Vec<u8> {
        let record = crate::store::KvRecord { seq, expires_at: 0, value: &[] }.encode();
        // Of bytes that a page's own may be: large values fill pages from end to end, and where an older page lies on a part of
        // one it looks like anything.
        let rng = SeededRng::new(seq * 100 + key);
        let rest = (0..10_000 + seq * key * 3_000).flat_map(|_| rng.next_u64().to_le_bytes());
        record.into_iter().chain(rest).collect()
    };
    let mut images = Vec::new();
    for seq in 1..=4 {
        let base = open(&disk).unwrap();
        let memtable = Memtable::default();
        for key in 100..150_u64 {
            memtable.insert(Table::Kv, &key.to_be_bytes(), Some(&value(seq, 0)[..116]), seq);
        }
        for key in 0..12_u64 {
            memtable.insert(Table::Kv, &key.to_be_bytes(), Some(&value(seq, key)), seq);
        }
        base.flush(FlushInput { memtable: &memtable, through_seq: seq, counters: Counters::default() }).unwrap();
        base.close().unwrap();
        images.push(disk.bytes(path()).unwrap());
    }
    let newest = images.pop().unwrap();
    let rng = SeededRng::new(8);
    let (mut reported, rounds) = (0, if std::env::var_os("TOONDB_LONG").is_some() { 400 } else { 120 });
    for round in 0..rounds {
        let older = &images[(rng.next_u64() % 3) as usize];
        let pages = (older.len().min(newest.len()) - HEAD_BYTES) / STRIDE_BYTES;
        let from = 1 + (rng.next_u64() % (pages as u64 - 1)) as usize;
        let disk = disk.crash_image(0, CrashMode::KeepAll);
        write(&disk, stride(from).start, &older[stride(from).start..stride(pages).end]);
        let file = StoreFile { disk: &disk, path: path(), id: ID };
        let report = verify_file(file, &mut |_| true).unwrap().unwrap();
        let complete = report.damage.is_none() && report.rows.as_ref().is_some_and(|rows| rows.complete);
        reported += u32::from(!complete);
        // One that is complete up to an earlier commit says so, and the log has to begin there.
        if guarded(|| open(&disk)?.flushed()).is_ok_and(|(seq, _)| seq < 4) {
            continue;
        }
        let get = |key: u64| {
            let base = open(&disk)?;
            base.snapshot()?.get(Table::Kv, &key.to_be_bytes(), |found| *found == *value(4, key))
        };
        for key in 0..12 {
            // What a read panics over, the engine contains.
            match catch_unwind(AssertUnwindSafe(|| get(key))) {
                Ok(Ok(Some(is_right))) => assert!(is_right, "round {round}: an old value was read"),
                other => assert!(
                    !complete,
                    "round {round} key {key} from {from}: {other:?} {:?} {:?}",
                    report.damage, report.rows
                ),
            }
        }
    }
    assert!(reported > rounds / 4, "{reported} of {rounds}");
}
