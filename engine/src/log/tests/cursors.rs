//! Reading a log while it is written: everything, once, in order, and nothing too early.

use super::*;
use crate::disk::CrashMode;
use crate::log::{LogCursor, LoggedBatch};

fn publish(log: &mut SegmentedLog, payload: &[u8]) -> Batch {
    let batch = append(log, payload, Sync::Now).unwrap();
    log.publish(log.last_seq());
    batch
}

fn drain(cursor: &mut LogCursor) -> Vec<Batch> {
    let next = || cursor.next_batch().unwrap().map(|LoggedBatch { seqs, payload, .. }| (seqs, payload.to_vec()));
    std::iter::from_fn(next).collect()
}

#[test]
fn nothing_is_read_before_it_is_durable_and_published() {
    let disk = new_disk();
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    let mut cursor = log.reader().unwrap().cursor(0).unwrap();
    assert!(drain(&mut cursor).is_empty());
    let one = append(&mut log, b"one", Sync::Now).unwrap();
    assert!(drain(&mut cursor).is_empty(), "durable, and nobody sees it yet");
    log.publish(1);
    assert_eq!(drain(&mut cursor), [one]);
    let two = append(&mut log, b"two", Sync::Later).unwrap();
    log.publish(2);
    assert!(drain(&mut cursor).is_empty(), "seen, and a power loss may take it back");
    let three = append(&mut log, b"three", Sync::Now).unwrap();
    assert_eq!(drain(&mut cursor), [two]);
    log.publish(3);
    assert_eq!(drain(&mut cursor), [three]);
}

/// Cursors that begin anywhere, from memory and from files, over rotation, release and new openings.
#[test]
fn a_cursor_gives_every_batch_once_and_in_order() {
    for seed in 0..20 {
        let (rng, mut disk) = (SeededRng::new(seed), new_disk());
        let mut log = open_from(&disk, seed, 0).unwrap().log;
        let mut expected: Vec<Batch> = Vec::new();
        let mut follower = log.reader().unwrap().cursor(0).unwrap();
        let mut followed = 0;
        for round in 0..80 {
            let first = log.last_seq() + 1;
            let seqs = SeqRange { first, last: first + rng.next_u64() % 3 };
            let max_bytes = if round % 20 == 19 { 4000 } else { 300 };
            let sync = if rng.next_u64() % 3 == 0 { Sync::Later } else { Sync::Now };
            expected.push(append_batch(&mut log, seqs, &random_payload(&rng, max_bytes), sync).unwrap());
            log.publish(seqs.last);
            match rng.next_u64() % 12 {
                0..4 => {
                    let found = drain(&mut follower);
                    assert_eq!(found, expected[followed..followed + found.len()], "seed {seed} round {round}");
                    followed += found.len();
                }
                4 => {
                    log.sync().unwrap();
                    disk = disk.crash_image(1, CrashMode::KeepAll);
                    log = open_from(&disk, seed + round, 0).unwrap().log;
                    assert!(matches!(follower.next_batch(), Err(LogError::Closed)), "seed {seed} round {round}");
                    follower = log.reader().unwrap().cursor(follower.after()).unwrap();
                }
                5 => {
                    log.sync().unwrap();
                    let after = rng.next_u64() % (log.last_seq() + 1);
                    let from = expected.iter().position(|(seqs, _)| seqs.last > after).unwrap_or(expected.len());
                    let mut cursor = log.reader().unwrap().cursor(after).unwrap();
                    assert_eq!(drain(&mut cursor), expected[from..], "seed {seed} round {round} after {after}");
                }
                _ => {}
            }
        }
        log.sync().unwrap();
        assert_eq!(drain(&mut follower), expected[followed..], "seed {seed}");
    }
}

#[test]
fn who_keeps_up_is_handed_the_buffer_that_was_written() {
    let disk = new_disk();
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    publish(&mut log, b"before anybody followed");
    let (mut one, mut two) = (log.reader().unwrap().cursor(0).unwrap(), log.reader().unwrap().cursor(1).unwrap());
    publish(&mut log, b"together");
    let first = one.next_batch().unwrap().unwrap();
    assert_eq!((first.seqs.last, first.payload.as_slice()), (1, &b"before anybody followed"[..]), "from the file");
    let [one, two] = [&mut one, &mut two].map(|cursor| cursor.next_batch().unwrap().unwrap().payload);
    assert!(Arc::ptr_eq(&one, &two));
    // Whoever has it keeps it as it is.
    publish(&mut log, b"another");
    assert_eq!(one.as_slice(), b"together");
}

#[test]
fn without_followers_one_buffer_is_written_again_and_again() {
    let disk = new_disk();
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    let places: Vec<usize> = (0..4)
        .map(|_| {
            publish(&mut log, &[7; 100]);
            log.buffer().as_ptr().addr()
        })
        .collect();
    assert_eq!(places, [places[0]; 4]);
}

#[test]
fn who_falls_behind_is_told_so_and_may_begin_where_the_log_does() {
    let disk = new_disk();
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    for _ in 0..8 {
        publish(&mut log, &[1; 200]);
    }
    let reader = log.reader().unwrap();
    let mut cursor = reader.cursor(0).unwrap();
    assert_eq!(cursor.next_batch().unwrap().unwrap().seqs.last, 1);
    log.truncate(5).unwrap();
    for _ in 0..2 {
        let Err(LogError::FallenBehind { after: 1, oldest }) = cursor.next_batch() else { panic!("it has not") };
        assert!((3..=6).contains(&oldest), "{oldest}");
        assert_eq!(drain(&mut reader.cursor(oldest - 1).unwrap()).len() as u64, 8 - oldest + 1);
    }
}

/// A released segment is written over by the next one while a cursor has it open.
#[test]
fn a_recycled_file_is_never_taken_for_the_segment_it_was() {
    let disk = new_disk();
    let mut small = options(&disk, 1);
    small.max_segment_bytes = 512;
    let (mut log, _) = open(small, 0, &mut |_| Ok(())).unwrap();
    while log.current.header.number < 3 {
        publish(&mut log, &[1; 100]);
    }
    let mut cursor = log.reader().unwrap().cursor(0).unwrap();
    let first = cursor.next_batch().unwrap().unwrap();
    assert_eq!(first.seqs.first, 1);
    log.truncate(log.last_seq()).unwrap();
    while log.current.header.number < 6 {
        // Not published, so that nothing of it is there to be read.
        append(&mut log, &[2; 100], Sync::Now).unwrap();
    }
    let found = cursor.next_batch();
    assert!(matches!(found, Err(LogError::FallenBehind { after: 1, .. })), "{found:?}");
}

#[test]
fn damage_under_a_cursor_is_reported_and_never_read() {
    let disk = new_disk();
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    let ends: Vec<u64> = (0..3)
        .map(|round| {
            publish(&mut log, &[round; 20]);
            u64::from(log.current.offset)
        })
        .collect();
    let content_end = ends[0] + 72 + 20;
    for offset in ends[0]..ends[1] {
        disk.corrupt(&segment_path(1), offset, 1 << (offset % 8)).unwrap();
        let mut cursor = log.reader().unwrap().cursor(0).unwrap();
        assert_eq!(cursor.next_batch().unwrap().unwrap().seqs.last, 1);
        let found = cursor.next_batch();
        let is_exact = matches!(&found, Ok(Some(batch)) if batch.payload.as_slice() == [1; 20]);
        let is_reported = matches!(&found, Err(LogError::Corrupt { at, .. }) if at.offset == ends[0]);
        assert!(if offset < content_end { is_reported } else { is_exact }, "byte {offset}: {found:?}");
        disk.corrupt(&segment_path(1), offset, 1 << (offset % 8)).unwrap();
    }
}

#[test]
fn a_closed_log_says_so_and_there_are_so_many_cursors() {
    let disk = new_disk();
    let log = open_from(&disk, 1, 0).unwrap().log;
    let reader = log.reader().unwrap();
    let mut cursors: Vec<LogCursor> = (0..crate::limits::LOG_CURSORS_MAX).map(|_| reader.cursor(0).unwrap()).collect();
    assert!(matches!(reader.cursor(0), Err(LogError::TooMany { what: "cursors", .. })));
    cursors.pop();
    let mut last = reader.cursor(0).unwrap();
    drop(log);
    assert!(matches!(last.next_batch(), Err(LogError::Closed)));
    assert!(matches!(reader.cursor(0), Err(LogError::Closed)));
}

/// Readers on other threads while the log is appended to, rotated and released.
#[test]
fn readers_and_the_writer_do_not_meet() {
    let disk = new_disk();
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    let reader = log.reader().unwrap();
    std::thread::scope(|scope| {
        let ends: Vec<_> = (0..3)
            .map(|_| {
                let (reader, mut cursor, mut after) = (reader.clone(), reader.cursor(0).unwrap(), 0);
                scope.spawn(move || {
                    loop {
                        match cursor.next_batch() {
                            Ok(Some(batch)) => {
                                assert_eq!(batch.seqs.first, after + 1);
                                after = batch.seqs.last;
                                assert_eq!(batch.payload.as_slice(), after.to_le_bytes().repeat(5));
                            }
                            Ok(None) => std::thread::yield_now(),
                            Err(LogError::FallenBehind { oldest, .. }) => {
                                after = oldest - 1;
                                let Ok(anew) = reader.cursor(after) else { return after };
                                cursor = anew;
                            }
                            Err(LogError::Closed) => return after,
                            Err(error) => panic!("after {after}: {error}"),
                        }
                    }
                })
            })
            .collect();
        for seq in 1..=600_u64 {
            publish(&mut log, &seq.to_le_bytes().repeat(5));
            if seq % 25 == 0 {
                log.truncate(seq - 10).unwrap();
                if let Some(work) = log.take_background_work() {
                    work();
                }
            }
        }
        drop(log);
        for end in ends {
            assert!(end.join().unwrap() <= 600);
        }
    });
}
