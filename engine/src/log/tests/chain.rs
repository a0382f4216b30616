//! The chain is a property of the history, holds for as long as the log lives, and is verified.

use super::damage::copy;
use super::*;
use crate::disk::OpenMode;
use crate::log::lineage::Lineage;
use crate::log::record::{FoundRecord, find};
use crate::log::segment::{HEADER_BYTES, SegmentHeader};

/// What a cursor from the beginning gives of each batch.
fn lineages(log: &SegmentedLog, after: u64) -> Vec<(u64, Lineage)> {
    let mut cursor = log.reader().unwrap().cursor(after).unwrap();
    let next = || cursor.next_batch().unwrap().map(|batch| (batch.seqs.last, batch.lineage.unwrap()));
    std::iter::from_fn(next).collect()
}

fn write(log: &mut SegmentedLog, payload: &[u8]) {
    append(log, payload, Sync::Now).unwrap();
    log.publish(log.last_seq());
}

#[test]
fn logs_of_one_history_have_one_chain_however_they_are_laid_out() {
    let rng = SeededRng::new(5);
    let payloads: Vec<Vec<u8>> = (0..40).map(|_| random_payload(&rng, 200)).collect();
    let (one, mut other) = (new_disk(), new_disk());
    let mut logs = [&one, &other].map(|disk| open_from(disk, 1, 0).unwrap().log);
    for (seed, payload) in (1..).zip(&payloads) {
        logs.iter_mut().for_each(|log| write(log, payload));
        let last_seq = logs[1].last_seq();
        // The one goes on where the other is released, begun anew and opened again.
        match seed % 8 {
            3 => logs[1].truncate(last_seq).unwrap(),
            5 => logs[1].begin_anew().unwrap(),
            7 => {
                other = copy(&other);
                logs[1] = open_from(&other, seed, last_seq).unwrap().log;
            }
            _ => {}
        }
        assert_eq!(logs[0].current.lineage, logs[1].current.lineage, "after {seed} batches");
    }
    let all = lineages(&logs[0], 0);
    assert_eq!(all.len(), payloads.len());
    assert!(all.windows(2).all(|pair| pair[0].1.chain != pair[1].1.chain));
}

#[test]
fn another_history_has_another_chain() {
    let chain = |batches: &[(u64, &[u8])], namespace: [u8; 16], epoch: u64| {
        let disk = new_disk();
        let options = LogOptions { namespace_id: namespace, epoch, ..options(&disk, 1) };
        let (mut log, _) = open(options, 0, &mut |_| Ok(())).unwrap();
        for (count, payload) in batches {
            let first = log.last_seq() + 1;
            append_batch(&mut log, SeqRange { first, last: first + count - 1 }, payload, Sync::Now).unwrap();
        }
        log.current.lineage.chain
    };
    let ours = chain(&[(1, b"a"), (2, b"b")], NAMESPACE, 0);
    assert_eq!(ours, chain(&[(1, b"a"), (2, b"b")], NAMESPACE, 0));
    for other in [
        chain(&[(1, b"A"), (2, b"b")], NAMESPACE, 0),
        chain(&[(1, b"a"), (2, b"B")], NAMESPACE, 0),
        chain(&[(2, b"a"), (1, b"b")], NAMESPACE, 0),
        chain(&[(3, b"ab")], NAMESPACE, 0),
        chain(&[(1, b"a"), (2, b"b")], [1; 16], 0),
        chain(&[(1, b"a"), (2, b"b")], NAMESPACE, 1),
    ] {
        assert_ne!(ours, other);
    }
}

/// Two logs with one beginning: a segment of the one fits into the other by its number, its namespace and its seqs.
#[test]
fn a_segment_of_another_history_is_reported() {
    let disk = new_disk();
    drop(open_from(&disk, 1, 0).unwrap());
    let (ours, theirs) = (copy(&disk), copy(&disk));
    for (disk, byte) in [(&ours, 1), (&theirs, 2)] {
        let mut log = open_from(disk, 2, 0).unwrap().log;
        while log.current.header.number < 4 {
            append(&mut log, &[byte; 150], Sync::Now).unwrap();
        }
    }
    let stolen = theirs.bytes(&segment_path(2)).unwrap();
    ours.open(&segment_path(2), OpenMode::Existing).unwrap().write_all_at(0, &stolen).unwrap();
    let ops = ours.op_count();
    assert!(matches!(open_from(&ours, 3, 0), Err(LogError::Corrupt { at, .. }) if at.segment == 2));
    let looked = super::super::read(&options(&ours, 4), 0, &mut |_| Ok(()));
    assert!(matches!(looked, Err(LogError::Corrupt { at, .. }) if at.segment == 2), "a check says so too");
    assert_eq!(ours.op_count(), ops, "nothing was changed");
}

/// Writes a segment's header anew.
fn reframe(disk: &SimDisk, number: u64, change: impl FnOnce(&mut SegmentHeader)) {
    let bytes = disk.bytes(&segment_path(number)).unwrap();
    let mut header = SegmentHeader::decode(bytes[..HEADER_BYTES as usize].try_into().unwrap()).unwrap();
    change(&mut header);
    disk.open(&segment_path(number), OpenMode::Existing).unwrap().write_all_at(0, &header.encode()).unwrap();
}

#[test]
fn an_epoch_that_goes_back_is_reported() {
    let disk = new_disk();
    drop(open_from(&disk, 1, 0).unwrap());
    for epoch in [0, 3, 7] {
        let options = LogOptions { epoch, ..options(&disk, 2 + epoch) };
        let (mut log, _) = open(options, 0, &mut |_| Ok(())).unwrap();
        write(&mut log, b"batch");
        assert_eq!(lineages(&log, log.last_seq() - 1)[0].1.epoch, epoch);
    }
    let mut log = open_from(&disk, 9, 0).unwrap().log;
    write(&mut log, b"batch");
    assert_eq!(lineages(&log, 0).iter().map(|(_, lineage)| lineage.epoch).collect::<Vec<_>>(), [0, 3, 7, 7]);
    drop(log);
    let back = copy(&disk);
    reframe(&back, 1, |header| header.lineage.as_mut().unwrap().epoch = 1);
    assert!(
        matches!(open_from(&back, 10, 0), Err(LogError::Corrupt { .. })),
        "its first record was written under epoch 0"
    );
}

/// The store has more than the log: what is between is unknown, so no other log may look the same.
#[test]
fn a_log_that_was_left_behind_begins_another_chain() {
    let disk = new_disk();
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    write(&mut log, b"one");
    drop(log);
    let ahead = [2, 3].map(|seed| open_from(&copy(&disk), seed, 5).unwrap().log.current.lineage.chain);
    assert_ne!(ahead[0], ahead[1]);
    let kept = open_from(&copy(&disk), 2, 1).unwrap().log.current.lineage.chain;
    assert!(!ahead.contains(&kept));
}

/// Whatever is in front of a record is in its header, so that a follower can tell where it leaves the history it knows.
#[test]
fn each_record_says_what_is_in_front_of_it() {
    let disk = new_disk();
    let mut log = open_from(&disk, 1, 0).unwrap().log;
    write(&mut log, b"one");
    write(&mut log, b"two");
    let header = log.current.header;
    drop(log);
    let bytes = disk.bytes(&segment_path(1)).unwrap();
    let FoundRecord::Record(first) = find(&bytes, header.place(header.first_offset())) else { panic!("no record") };
    let FoundRecord::Record(second) = find(&bytes, header.place(first.end)) else { panic!("no record") };
    assert_eq!(first.header.lineage, header.lineage);
    assert_eq!(second.header.lineage, first.lineage);
}
