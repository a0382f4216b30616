//! What appending, rotating and releasing do when nothing goes wrong, and what the caller sees when it does.

use super::*;
use crate::disk::{CrashMode, ProbeDisk, RealDisk};
use crate::rng::OsRng;

fn total_file_bytes(disk: &SimDisk) -> u64 {
    let dir = log_dir();
    disk.list_dir(&dir).unwrap().iter().map(|name| disk.file_len(&dir.join(name)).unwrap().unwrap()).sum()
}

#[test]
fn an_append_is_one_write_one_sync_and_a_mark_and_never_grows_a_file() {
    let disk = new_disk();
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    let before = (disk.op_count(), disk.sync_count(), total_file_bytes(&disk));
    append(&mut log, b"value", Sync::Now).unwrap();
    assert_eq!((disk.op_count(), disk.sync_count(), total_file_bytes(&disk)), (before.0 + 3, before.1 + 1, before.2));
    append(&mut log, b"", Sync::Later).unwrap();
    assert_eq!((disk.op_count(), disk.sync_count()), (before.0 + 4, before.1 + 1));
    assert!(log.has_unsynced());
    log.sync().unwrap();
    log.sync().unwrap();
    assert_eq!((disk.op_count(), disk.sync_count()), (before.0 + 6, before.1 + 2));
    assert!(!log.has_unsynced());
}

#[test]
fn batches_come_back_in_order_across_segments() {
    let disk = new_disk();
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    let rng = SeededRng::new(7);
    let mut expected = Vec::new();
    for round in 0..60 {
        let first = log.last_seq() + 1;
        let seqs = SeqRange { first, last: first + round % 3 };
        let max_bytes = if round % 20 == 19 { 4000 } else { 300 };
        expected.push(append_batch(&mut log, seqs, &random_payload(&rng, max_bytes), Sync::Now).unwrap());
    }
    assert_eq!(log.bytes_on_disk(), total_file_bytes(&disk));
    drop(log);
    let opened = open_from(&disk, 2, 0).unwrap();
    assert_eq!(opened.batches, expected);
    assert_eq!(opened.report.rest, Rest::Torn { bytes: 0 });
    let (seqs, _) = expected[20];
    assert_eq!(open_from(&disk, 3, seqs.last).unwrap().batches, expected[21..]);
}

#[test]
fn released_segments_are_recycled_and_bounded() {
    let disk = new_disk();
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    let mut largest = 0;
    for round in 0..300 {
        append(&mut log, &[round as u8; 200], Sync::Now).unwrap();
        if let Some(work) = log.take_background_work() {
            work();
        }
        if round % 10 == 9 {
            log.truncate(log.last_seq()).unwrap();
            assert_eq!(log.bytes_used(), 0);
        }
        largest = largest.max(log.bytes_on_disk());
        assert_eq!(log.bytes_on_disk(), total_file_bytes(&disk));
    }
    assert!(largest <= 5 * 2048 + super::super::mark::MARK_FILE_BYTES, "{largest}");
    let last = log.last_seq();
    append(&mut log, b"tail", Sync::Now).unwrap();
    drop(log);
    let opened = open_from(&disk, 2, last).unwrap();
    assert_eq!(opened.batches, [(SeqRange { first: last + 1, last: last + 1 }, b"tail".to_vec())]);
}

#[test]
fn a_prepared_segment_makes_rotation_cheap() {
    let disk = new_disk();
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    append(&mut log, &[1; 100], Sync::Now).unwrap();
    assert!(log.take_background_work().is_none(), "not half full yet");
    append(&mut log, &[2; 100], Sync::Now).unwrap();
    drop(log.take_background_work().expect("half full"));
    let work = log.take_background_work().expect("dropped work is offered again");
    assert!(log.take_background_work().is_none(), "one at a time");
    std::thread::spawn(work).join().unwrap();
    assert!(log.take_background_work().is_none(), "one at hand");
    let before = disk.op_count();
    append(&mut log, &[3; 200], Sync::Now).unwrap();
    assert_eq!(disk.op_count() - before, 7, "header, sync, rename, directory sync, record, sync, mark");
    assert_eq!(disk.file_len(&segment_path(2)).unwrap(), Some(1024));
}

#[test]
fn releasing_syncs_nothing_and_leaves_that_to_background_work() {
    let disk = new_disk();
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    while log.current.header.number < 5 {
        append(&mut log, &[1; 200], Sync::Now).unwrap();
    }
    let syncs = disk.sync_count();
    log.truncate(log.last_seq()).unwrap();
    assert_eq!(disk.sync_count(), syncs);
    drop(log.take_background_work().expect("a recycled name to settle"));
    let work = log.take_background_work().expect("dropped work is offered again");
    assert!(log.take_background_work().is_none(), "one at a time");
    work();
    assert_eq!(disk.sync_count(), syncs + 1);
    assert!(log.take_background_work().is_none());
}

#[test]
fn a_failed_directory_sync_in_the_background_fences_before_reuse() {
    let disk = new_disk();
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    while log.current.header.number < 5 {
        append(&mut log, &[1; 200], Sync::Now).unwrap();
    }
    log.truncate(log.last_seq()).unwrap();
    disk.fail_sync_at(disk.sync_count() + 1);
    log.take_background_work().expect("a recycled name to settle")();
    let failed = (0..20).find_map(|_| append(&mut log, &[1; 200], Sync::Now).err()).expect("an error before reuse");
    assert!(matches!(failed, LogError::Io { .. }), "{failed}");
    assert!(matches!(append(&mut log, b"x", Sync::Now), Err(LogError::Fenced)));
}

#[test]
fn work_outliving_its_log_leaves_nothing() {
    let disk = new_disk();
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    append(&mut log, &[1; 300], Sync::Now).unwrap();
    let work = log.take_background_work().unwrap();
    drop(log);
    work();
    assert_eq!(disk.list_dir(&log_dir()).unwrap(), ["00000000000000000001.log", "synced"]);
}

#[test]
fn wrong_batches_are_refused_without_effect() {
    let disk = new_disk();
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    append(&mut log, b"a", Sync::Now).unwrap();
    let before = disk.op_count();
    for (first, last) in [(1, 1), (3, 3), (2, 1), (0, 5)] {
        let refused = append_batch(&mut log, SeqRange { first, last }, b"x", Sync::Now);
        assert!(matches!(refused, Err(LogError::OutOfOrder { expected: 2, .. })), "{first}..{last}");
    }
    let refused = append(&mut log, &[0; 4001], Sync::Now);
    assert!(matches!(refused, Err(LogError::TooLarge { payload_bytes: 4001, max_bytes: 4000 })));
    assert_eq!(disk.op_count(), before);
    append(&mut log, &[0; 4000], Sync::Now).unwrap();
}

#[test]
fn a_full_disk_refuses_and_recovers_without_reopening() {
    let disk = new_disk();
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    disk.set_free_bytes(Some(700));
    let mut expected = Vec::new();
    let refused = loop {
        match append(&mut log, &[9; 100], Sync::Now) {
            Ok(batch) => expected.push(batch),
            Err(error) => break error,
        }
        assert!(expected.len() < 20);
    };
    assert!(matches!(refused, LogError::DiskFull { .. }), "{refused}");
    assert_eq!(disk.free_bytes(&log_dir()).unwrap(), 700, "the unfinished file was removed");
    if let Some(work) = log.take_background_work() {
        work();
    }
    assert!(matches!(append(&mut log, &[9; 100], Sync::Now), Err(LogError::DiskFull { .. })));
    assert!(log.take_background_work().is_none(), "not tried again in the same segment");
    disk.set_free_bytes(None);
    expected.push(append(&mut log, &[9; 100], Sync::Now).unwrap());
    drop(log);
    assert_eq!(open_from(&disk, 2, 0).unwrap().batches, expected);
}

#[test]
fn a_failed_sync_fences_and_reopening_tells_the_truth() {
    let disk = new_disk();
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    let first = append(&mut log, b"first", Sync::Now).unwrap();
    disk.fail_sync_at(disk.sync_count() + 1);
    let failed = append(&mut log, b"second", Sync::Now);
    assert!(matches!(failed, Err(LogError::OutcomeUnknown { .. })));
    let ops = disk.op_count();
    assert!(matches!(append(&mut log, b"x", Sync::Now), Err(LogError::Fenced)));
    assert!(matches!(log.sync(), Err(LogError::Fenced)));
    assert!(matches!(log.truncate(1), Err(LogError::Fenced)));
    assert!(log.take_background_work().is_none());
    assert_eq!(disk.op_count(), ops, "a fenced log touches nothing");
    drop(log);

    // The kernel now shows the second batch although the device never got it. What reopening reports must hold.
    let reopened = open_from(&disk, 2, 0).unwrap();
    let second = (SeqRange { first: 2, last: 2 }, b"second".to_vec());
    assert_eq!(reopened.batches, [first.clone(), second.clone()]);
    let after = disk.crash_image(1, CrashMode::DropUnsynced);
    assert_eq!(open_from(&after, 3, 0).unwrap().batches, [first, second]);
}

#[test]
fn a_failed_later_sync_is_unknown_too() {
    let disk = new_disk();
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    append(&mut log, b"volatile", Sync::Later).unwrap();
    disk.fail_sync_at(disk.sync_count() + 1);
    assert!(matches!(log.sync(), Err(LogError::OutcomeUnknown { .. })));
    assert!(matches!(log.sync(), Err(LogError::Fenced)));
}

#[test]
fn a_store_ahead_of_the_log_starts_a_new_segment() {
    let disk = new_disk();
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    for _ in 0..3 {
        append(&mut log, b"old", Sync::Now).unwrap();
    }
    drop(log);
    let mut ahead = open_from(&disk, 2, 10).unwrap();
    assert!(ahead.batches.is_empty());
    assert_eq!(ahead.report.last_seq, 10);
    let batch = append(&mut ahead.log, b"new", Sync::Now).unwrap();
    assert_eq!(batch.0.first, 11);
    assert_eq!(open_from(&disk, 3, 10).unwrap().batches, [batch]);
    assert!(disk.bytes(&segment_path(1)).is_none());
}

#[test]
fn a_log_that_does_not_reach_the_store_is_corrupt() {
    let disk = new_disk();
    assert!(matches!(open_from(&disk, 1, 5), Err(LogError::Corrupt { .. })), "no log at all");
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    for _ in 0..20 {
        append(&mut log, &[1; 100], Sync::Now).unwrap();
    }
    log.truncate(12).unwrap();
    drop(log);
    assert!(matches!(open_from(&disk, 2, 0), Err(LogError::Corrupt { .. })));
    assert_eq!(open_from(&disk, 2, 12).unwrap().log.last_seq(), 20);
}

#[test]
fn replay_errors_are_passed_on() {
    let disk = new_disk();
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    append(&mut log, b"a", Sync::Now).unwrap();
    let refused = open(options(&disk, 2), 0, &mut |_| Err(LogError::Replay("no".into())));
    assert!(matches!(refused, Err(LogError::Replay(_))));
}

#[test]
fn works_on_a_real_file_system() {
    let root = std::env::temp_dir().join(format!("toondb-log-{}", std::process::id()));
    std::fs::create_dir(&root).unwrap();
    let disk = RealDisk::open(&root).unwrap();
    let rng = Arc::new(OsRng::open().unwrap());
    let mut options = LogOptions::new(Arc::new(disk.clone()), rng, root.join("log"), NAMESPACE, 1 << 20);
    (options.min_segment_bytes, options.max_segment_bytes) = (4096, 16384);
    let (mut log, _) = open(options.clone(), 0, &mut |_| Ok(())).unwrap();
    let mut expected = Vec::new();
    for round in 0..40_u8 {
        let payload = vec![round; usize::from(round) * 40];
        expected.push(append(&mut log, &payload, if round % 2 == 0 { Sync::Now } else { Sync::Later }).unwrap());
        if let Some(work) = log.take_background_work() {
            work();
        }
        if round == 20 {
            log.truncate(10).unwrap();
        }
    }
    drop(log);
    let mut batches = Vec::new();
    let (_, report) = open(options, 10, &mut |batch| {
        batches.push((batch.seqs, batch.payload.to_vec()));
        Ok(())
    })
    .unwrap();
    std::fs::remove_dir_all(&root).unwrap();
    assert_eq!(batches, expected[10..]);
    assert_eq!(report.rest, Rest::Torn { bytes: 0 });
}

/// There may be more segments than a process may have files open.
#[test]
fn a_log_of_many_segments_opens_one_at_a_time() {
    let disk = new_disk();
    let mut small = options(&disk, 1);
    small.max_segment_bytes = 512;
    let (mut log, _) = open(small, 0, &mut |_| Ok(())).unwrap();
    let batches: Vec<Batch> = (0..60).map(|_| append(&mut log, &[7; 200], Sync::Now).unwrap()).collect();
    drop(log);
    let segments = disk.list_dir(&log_dir()).unwrap().into_iter().filter(|name| name.ends_with(".log")).count();
    assert!(segments > 20, "{segments} segments");
    for may_write in [false, true] {
        let probe = ProbeDisk::new(Arc::new(disk.clone()));
        let options = LogOptions { disk: Arc::new(probe.clone()), ..options(&disk, 2) };
        let mut found = Vec::new();
        let mut take = |batch: super::super::Batch<'_>| {
            found.push((batch.seqs, batch.payload.to_vec()));
            Ok(())
        };
        if may_write {
            drop(open(options, 0, &mut take).unwrap());
        } else {
            drop(super::super::read(&options, 0, &mut take).unwrap());
        }
        assert!(found == batches);
        // The mark, the last segment, and one of those before it.
        assert!(probe.most_at_once() <= 3, "{} files at once", probe.most_at_once());
    }
}
