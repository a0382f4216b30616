//! What deletes give back to the file system.

use super::*;
use crate::disk::{CrashMode, Disk, ProbeDisk, Touch};

const ROWS: u32 = 8_000;
const ENOSPC: i32 = 28;

fn write(base: &Base, seq: u64, rows: impl Iterator<Item = u32>, value: Option<&[u8]>) {
    let memtable = Memtable::default();
    rows.for_each(|row| memtable.insert(Table::Kv, &row.to_be_bytes(), value, seq));
    base.flush(FlushInput { memtable: &memtable, through_seq: seq, counters: Counters::default() }).unwrap();
}

fn len(disk: &SimDisk) -> u64 {
    disk.file_len(path()).unwrap().unwrap()
}

fn filled_with_rows(disk: &SimDisk) -> Base {
    let base = open(disk).unwrap();
    for (seq, first) in (1..).zip((0..ROWS).step_by(2_000)) {
        write(&base, seq, first..first + 2_000, Some(&[7; 500]));
    }
    base
}

fn rows(base: &Base) -> Vec<u32> {
    let rows = base.snapshot().unwrap().rows::<Vec<u8>>(Table::Kv, Bound::Unbounded, Bound::Unbounded, false).unwrap();
    rows.map(|row| u32::from_be_bytes(row.unwrap().key.try_into().unwrap())).collect()
}

/// Shrinks as the actor does: with the snapshot that readers use.
fn shrink(base: &Base) -> bool {
    let newest = base.snapshot().unwrap();
    base.shrink(&newest, 100).unwrap()
}

#[test]
fn deleting_everything_gives_the_bytes_back() {
    let disk = created();
    let base = filled_with_rows(&disk);
    let full = len(&disk);
    assert!(full > 4 << 20, "{full}");
    let reader = base.snapshot().unwrap();
    write(&base, 100, 0..ROWS, None);
    assert!(!shrink(&base), "somebody reads what was there before");
    assert_eq!(reader.get(Table::Kv, &5_u32.to_be_bytes(), <[u8]>::len).unwrap(), Some(500));
    drop(reader);
    assert!(shrink(&base));
    println!("full {full} bytes, shrunk {}", len(&disk));
    assert!(len(&disk) < 1 << 20, "{} bytes are left of {full}", len(&disk));
    assert!(rows(&base).is_empty());
    write(&base, 101, 0..10, Some(b"again"));
    assert!(!base.shrink(&base.snapshot().unwrap(), 100).unwrap(), "more was flushed than its readers may see");
    base.close().unwrap();
    assert_eq!(rows(&open(&disk).unwrap()), (0..10).collect::<Vec<_>>());
}

/// What can be read of it can be read afterwards.
#[test]
fn a_store_with_a_damaged_page_is_not_shrunk() {
    let disk = created();
    let base = filled_with_rows(&disk);
    let mark = b"this is at one place in the file";
    write(&base, 50, 1_000..1_001, Some(mark));
    write(&base, 100, 2_000..ROWS, None);
    base.close().unwrap();
    let bytes = disk.bytes(path()).unwrap();
    for at in bytes.windows(mark.len()).enumerate().filter(|(_, part)| part == mark).map(|(at, _)| at) {
        disk.corrupt(path(), at as u64, 0x01).unwrap();
    }
    let base = open(&disk).unwrap();
    let newest = base.snapshot().unwrap();
    assert!(base.shrink(&newest, 100).is_err());
    let killed = disk.crash_image(1, CrashMode::KeepAll);
    drop((newest, base));
    for disk in [killed, disk] {
        let base = open(&disk).unwrap();
        let get = |row: u32| base.snapshot().unwrap().get(Table::Kv, &row.to_be_bytes(), <[u8]>::len);
        assert_eq!(get(5).unwrap(), Some(500));
        assert!(get(1_000).is_err(), "that one is damaged");
    }
}

#[test]
fn what_is_left_is_moved_together() {
    for (name, left) in
        [("scattered", (0..ROWS).step_by(50).collect::<Vec<_>>()), ("last", (ROWS - 400..ROWS).collect())]
    {
        let disk = created();
        let base = filled_with_rows(&disk);
        let full = len(&disk);
        write(&base, 100, (0..ROWS).filter(|row| left.binary_search(row).is_err()), None);
        assert!(shrink(&base));
        println!("{name}: {} bytes of {full}", len(&disk));
        assert!(len(&disk) < 2 << 20, "{name}: {} bytes are left of {full}", len(&disk));
        assert_eq!(rows(&base), left, "{name}");
        let image = disk.crash_image(0, CrashMode::DropUnsynced);
        assert_eq!(rows(&open(&image).unwrap()), left, "{name}");
    }
}

/// Readers of the newest state wait for a moment, and see the same rows before and after.
#[test]
fn who_reads_while_a_store_is_shrunk_sees_what_is_there() {
    let disk = created();
    let base = filled_with_rows(&disk);
    let left: Vec<u32> = (0..ROWS).step_by(50).collect();
    write(&base, 100, (0..ROWS).filter(|row| row % 50 != 0), None);
    let newest = base.snapshot().unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..3_u32)
            .map(|reader| {
                let (newest, done, left) = (&newest, &done, &left);
                scope.spawn(move || {
                    let mut reads = 0;
                    while !done.load(std::sync::atomic::Ordering::Relaxed) || reads == 0 {
                        for row in left.iter().skip(reader as usize).step_by(7) {
                            let found = newest.get(Table::Kv, &row.to_be_bytes(), <[u8]>::len).unwrap();
                            assert_eq!(found, Some(500), "row {row}");
                            assert_eq!(newest.get(Table::Kv, &(row + 1).to_be_bytes(), <[u8]>::len).unwrap(), None);
                            reads += 1;
                        }
                    }
                })
            })
            .collect();
        for _ in 0..20 {
            base.shrink(&newest, 100).unwrap();
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    });
    assert!(base.shrink(&newest, 100).unwrap());
    assert!(len(&disk) < 2 << 20, "{}", len(&disk));
}

/// The power may go at any moment of it, and the disk may be full.
#[test]
fn a_crash_or_a_full_disk_while_a_store_is_shrunk_loses_nothing() {
    let left: Vec<u32> = (0..ROWS).step_by(100).collect();
    let disk = created();
    let base = filled_with_rows(&disk);
    write(&base, 100, (0..ROWS).filter(|row| row % 100 != 0), None);
    base.close().unwrap();
    let before = disk.crash_image(0, CrashMode::KeepAll);
    let whole = {
        let disk = before.crash_image(0, CrashMode::KeepAll);
        let base = open(&disk).unwrap();
        let first = disk.op_count();
        shrink(&base);
        disk.op_count() - first
    };
    for step in (1..=whole).step_by((whole as usize / 24).max(1)) {
        let disk = before.crash_image(0, CrashMode::KeepAll);
        let base = open(&disk).unwrap();
        disk.crash_at(disk.op_count() + step);
        let newest = base.snapshot().unwrap();
        let _ = base.shrink(&newest, 100);
        let image = disk.crash_image(step, CrashMode::Random);
        drop((newest, base));
        assert_eq!(rows(&open(&image).unwrap()), left, "step {step} of {whole}");
    }
    let disk = before.crash_image(0, CrashMode::KeepAll);
    let base = open(&disk).unwrap();
    disk.set_free_bytes(Some(0));
    assert!(shrink(&base), "it takes no space");
    assert_eq!(rows(&base), left);
    assert!(disk.free_bytes(path()).unwrap() > 3 << 20);
}

/// A file that has grown holes, is shared or is copied on write takes space even where bytes are overwritten: the disk may be
/// full at every single write of it. What redb has committed by then must reach the file before anything else does.
#[test]
fn a_shrink_that_finds_no_space_at_any_write_loses_nothing() {
    let left: Vec<u32> = (0..ROWS).step_by(100).collect();
    let sim = created();
    let base = filled_with_rows(&sim);
    write(&base, 100, (0..ROWS).filter(|row| row % 100 != 0), None);
    base.close().unwrap();
    let before = sim.crash_image(0, CrashMode::KeepAll);
    let mut met = 0;
    for skip in (0..).step_by(3) {
        let sim = before.crash_image(0, CrashMode::KeepAll);
        let probe = ProbeDisk::new(Arc::new(sim.clone()));
        let base = Base::open(&probe, path(), ID, CACHE_BYTES).unwrap();
        let newest = base.snapshot().unwrap();
        probe.fail_after(skip, Touch::Write, PATH, ENOSPC);
        if base.shrink(&newest, 100).is_ok() {
            break;
        }
        met += 1;
        assert!(!base.has_failed(), "skip {skip}");
        drop(newest);
        assert_eq!(rows(&base), left, "skip {skip}: who reads goes on reading");
        let image = sim.crash_image(skip as u64, CrashMode::Random);
        assert_eq!(rows(&open(&image).unwrap()), left, "skip {skip}: killed");
        probe.heal();
        write(&base, 101, [ROWS].into_iter(), Some(b"new"));
        let with_new: Vec<u32> = left.iter().copied().chain([ROWS]).collect();
        assert_eq!(rows(&base), with_new, "skip {skip}");
        base.close().unwrap();
        assert_eq!(rows(&open(&sim).unwrap()), with_new, "skip {skip}");
    }
    assert!(met > 10, "the shrink was met in only {met} places");
}
