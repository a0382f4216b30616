//! A store on a disk that has no space for a while.

use std::sync::Arc;

use super::*;
use crate::disk::{CrashMode, Disk, OpenMode, ProbeDisk, Touch};
use crate::store::StoreError;

const ENOSPC: i32 = 28;

/// The disk fills up before every single write of a flush in turn.
#[test]
fn a_flush_without_space_loses_nothing_and_is_made_good_later() {
    for skip in 0.. {
        let sim = created();
        let probe = ProbeDisk::new(Arc::new(sim.clone()));
        let base = Base::open(&probe, path(), ID, CACHE_BYTES).unwrap();
        (1..=2).for_each(|seq| flush(&base, seq).unwrap());
        let before = base.snapshot().unwrap();
        probe.fail_after(skip, Touch::Write, PATH, ENOSPC);
        let Err(error) = flush(&base, 3) else {
            assert!(skip > 10, "the flush was met in only {skip} places");
            return;
        };
        for mode in [CrashMode::DropUnsynced, CrashMode::KeepAll, CrashMode::Random] {
            let (seq, rows) = read(&open(&sim.crash_image(skip as u64, mode)).unwrap()).unwrap();
            assert!(rows == rows_at(seq) && (seq == 2 || seq == 3), "skip {skip} {mode:?}");
        }
        assert!(!base.has_failed(), "skip {skip}");
        assert!(matches!(error, StoreError::NoSpace), "skip {skip}: {error}");
        assert!(matches!(flush(&base, 3), Err(StoreError::NoSpace)), "skip {skip}: there is still none");
        let found = before.get(Table::Nodes, &7_u32.to_be_bytes(), <[u8]>::to_vec).unwrap();
        assert_eq!(found, Some(b"2:7".to_vec()), "skip {skip}: who reads goes on reading");
        probe.heal();
        flush(&base, 3).unwrap();
        assert_eq!(read(&base).unwrap(), (3, rows_at(3)), "skip {skip}");
        // Durable, not only in memory.
        let image = sim.crash_image(0, CrashMode::DropUnsynced);
        assert_eq!(read(&open(&image).unwrap()).unwrap(), (3, rows_at(3)), "skip {skip}");
        flush(&base, 4).unwrap();
        drop(before);
        base.close().unwrap();
        assert_eq!(read(&open(&sim).unwrap()).unwrap(), (4, rows_at(4)), "skip {skip}");
    }
}

/// A flush grows the file before it has space for what it writes: given up, it gives that back, or the disk stays full of
/// nothing. The handle then writes no more, whatever redb does when it is closed.
#[test]
fn what_a_flush_that_is_given_up_has_taken_is_given_back() {
    let mut given_back = 0;
    for skip in (0..).step_by(3) {
        let sim = created();
        let probe = ProbeDisk::new(Arc::new(sim.clone()));
        let base = Base::open(&probe, path(), ID, CACHE_BYTES).unwrap();
        flush(&base, 1).unwrap();
        let len = sim.bytes(path()).unwrap().len();
        probe.fail_after(skip, Touch::Write, PATH, ENOSPC);
        let large = Memtable::default();
        (0..100_u32).for_each(|key| large.insert(Table::Nodes, &key.to_be_bytes(), Some(&[1; 4000]), 2));
        let input =
            FlushInput { memtable: &large, through_seq: 2, counters: Counters { keys: 2, ..Counters::default() } };
        if base.flush(input).is_ok() {
            break;
        }
        let grown = sim.bytes(path()).unwrap().len();
        // Shrinking takes no space.
        probe.heal();
        base.abandon_flush().unwrap();
        let left = sim.bytes(path()).unwrap();
        given_back += u32::from(grown > len && left.len() == len);
        if base.is_behind() {
            assert!(matches!(base.flush(input), Err(StoreError::NoSpace)), "skip {skip}");
            drop(base);
            assert!(sim.bytes(path()).unwrap() == left, "skip {skip}: something was written");
        }
        let base = open(&sim).unwrap();
        let (seq, rows) = read(&base).unwrap();
        assert!(seq == 2 || (seq == 1 && rows == rows_at(1)), "skip {skip}: {seq}");
        flush(&base, 3).unwrap();
    }
    assert!(given_back > 5, "{given_back} times");
}

#[test]
fn a_store_is_read_where_there_is_no_space_to_open_it() {
    for closed in [false, true] {
        let sim = filled(closed);
        let probe = ProbeDisk::new(Arc::new(sim));
        probe.fail(Touch::Write, PATH, ENOSPC, usize::MAX);
        let base = Base::open(&probe, path(), ID, CACHE_BYTES).unwrap();
        assert_eq!(read(&base).unwrap(), (3, rows_at(3)));
        assert!(matches!(flush(&base, 4), Err(StoreError::NoSpace)));
        assert!(!base.has_failed());
        probe.heal();
        flush(&base, 4).unwrap();
        assert_eq!(read(&base).unwrap(), (4, rows_at(4)));
    }
}

/// A kill may have left in the page cache alone what the log is about to let go of, and redb may find nothing to write.
#[test]
fn what_a_store_has_is_durable_once_it_is_open_with_space_and_without() {
    for (closed, is_full) in [(false, false), (false, true), (true, false), (true, true)] {
        let sim = SimDisk::new();
        let bytes = filled(closed).bytes(path()).unwrap();
        sim.open(path(), OpenMode::CreateNew).unwrap().write_all_at(0, &bytes).unwrap();
        sim.sync_dir(Path::new("/")).unwrap();
        let probe = ProbeDisk::new(Arc::new(sim.clone()));
        if is_full {
            probe.fail(Touch::Write, PATH, ENOSPC, usize::MAX);
        }
        let base = Base::open(&probe, path(), ID, CACHE_BYTES).unwrap();
        assert_eq!(read(&base).unwrap(), (3, rows_at(3)));
        let image = sim.crash_image(0, CrashMode::DropUnsynced);
        assert_eq!(read(&open(&image).unwrap()).unwrap(), (3, rows_at(3)), "closed {closed}, full {is_full}");
    }
}

/// What a store is made of must be there before anybody hears of it.
#[test]
fn a_new_store_is_made_whole_or_refused() {
    for skip in 0.. {
        let sim = SimDisk::new();
        let probe = ProbeDisk::new(Arc::new(sim.clone()));
        probe.fail_after(skip, Touch::Write, PATH, ENOSPC);
        let made = Base::create(&probe, path(), ID);
        if made.is_ok() {
            assert!(skip > 3);
            assert_eq!(read(&open(&sim).unwrap()).unwrap(), (0, Rows::new()));
            return;
        }
    }
}
