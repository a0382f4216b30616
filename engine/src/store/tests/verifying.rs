//! A check finds what is wrong, and nothing where nothing is.

use super::{CACHE_BYTES, ID, created, filled, flush, open, path};
use crate::api::{Metric, Properties};
use crate::disk::SimDisk;
use crate::store::tables::definition;
use crate::store::{
    Base, CollectionKind, CollectionRecord, Counters, DocumentRecord, EdgeRecord, FACTS_LISTED, FaultKind, FlushInput,
    KeyWriter, KvRecord, LogEntryRow, LogHead, LogMark, Memtable, NODES_LISTED, NodeRecord, RowMark, RowPlace,
    RowReport, StoreFile, Table, TemporalRecord, change_key, node_type_key, type_key, verify_file,
};

type Rows = Vec<(Table, Vec<u8>, Vec<u8>)>;

/// Whoever closes or evicts a namespace must not wait for a check that holds flushes up.
#[test]
fn a_flush_that_may_not_wait_does_not_wait_for_whoever_judges_the_file() {
    let base = open(&created()).unwrap();
    let memtable = Memtable::default();
    memtable.insert(Table::Kv, b"key", Some(b"value"), 1);
    let input = FlushInput { memtable: &memtable, through_seq: 1, counters: Counters::default() };
    let judging = base.writing.lock();
    assert!(!base.flush_unless_busy(input, None).unwrap());
    drop(judging);
    assert_eq!(base.flushed().unwrap().0, 0, "nothing was written");
    assert!(base.flush_unless_busy(input, None).unwrap());
    assert_eq!(base.flushed().unwrap().0, 1);
}

/// Also one that is judged, whatever is wrong with it: flushes wait for its end.
#[test]
fn a_check_of_a_file_ends_when_nobody_wants_it() {
    let disk = created();
    let base = open(&disk).unwrap();
    let memtable = Memtable::default();
    let value = KvRecord { seq: 1, expires_at: 0, value: &[7; 500] }.encode();
    (0..2_000_u32).for_each(|row| memtable.insert(Table::Kv, &row.to_be_bytes(), Some(&value), 1));
    base.flush(FlushInput { memtable: &memtable, through_seq: 1, counters: Counters::default() }).unwrap();
    base.close().unwrap();
    let file = StoreFile { disk: &disk, path: path(), id: ID };
    let mut steps = 0;
    assert!(
        verify_file(file, &mut |_| {
            steps += 1;
            true
        })
        .unwrap()
        .is_some()
    );
    assert!(steps > 1, "it asks {steps} times");
    for end in 1..=steps {
        let mut asked = 0;
        let found = verify_file(file, &mut |_| {
            asked += 1;
            asked < end
        })
        .unwrap();
        assert!(found.is_none() && asked == end, "asked {asked} times, to end at {end}");
    }
}

/// Rows of every kind that agree with each other, with their counters.
fn sound() -> (Rows, Counters) {
    let edge_key = |near: &str, far: &str| KeyWriter::new().text(near).text("knows").text(far).finish();
    let fact_key = |near: &str, far: &str| KeyWriter::new().text(near).text("likes").time(-5).text(far).u64(1).finish();
    let collection = CollectionRecord {
        seq: 1,
        id: 1,
        kind: CollectionKind::Vectors,
        dimension: 2,
        metric: Metric::Dot,
        metadata: Properties::new(),
        created_at: 0,
    };
    let node = NodeRecord { seq: 1, node_type: String::new(), properties: Properties::new() }.encode();
    let fact =
        TemporalRecord { valid_until: None, asserted_at: 3, retracted: None, properties: Properties::new() }.encode();
    let pair = KvRecord { seq: 1, expires_at: 77, value: b"value" }.encode();
    let rows = vec![
        (Table::Kv, b"key".to_vec(), pair),
        (Table::KvExpiry, KeyWriter::new().time(77).raw(b"key").finish(), Vec::new()),
        (Table::Collections, b"c".to_vec(), collection.encode()),
        (Table::Documents, KeyWriter::new().u32(1).u64(5).finish(), DocumentRecord::encode(1, RowPlace::of(0), None)),
        (Table::Vectors, KeyWriter::new().u32(1).u32(0).finish(), vec![0; 8]),
        (Table::Nodes, b"a".to_vec(), node.clone()),
        (Table::Nodes, b"b".to_vec(), node.clone()),
        (Table::NodeTypes, NODES_LISTED.to_vec(), Vec::new()),
        (Table::NodeTypes, node_type_key("", "a"), Vec::new()),
        (Table::NodeTypes, node_type_key("", "b"), Vec::new()),
        (Table::EdgesOut, edge_key("a", "b"), EdgeRecord { seq: 1, properties: Properties::new() }.encode()),
        (Table::EdgesIn, edge_key("b", "a"), Vec::new()),
        (Table::TemporalOut, fact_key("a", "z"), fact),
        (Table::TemporalIn, fact_key("z", "a"), Vec::new()),
        (Table::CommitTimes, KeyWriter::new().time(3).finish(), 1_u64.to_le_bytes().to_vec()),
        (Table::TemporalTypes, FACTS_LISTED.to_vec(), Vec::new()),
        (Table::TemporalTypes, type_key(&fact_key("a", "z")).unwrap(), Vec::new()),
        (Table::TemporalChanges, change_key(1, &fact_key("a", "z")), Vec::new()),
        // A dropped collection may leave anything.
        (Table::Purges, KeyWriter::new().u32(9).finish(), Vec::new()),
        (Table::Vectors, KeyWriter::new().u32(9).u32(4).finish(), vec![0; 8]),
        (Table::Rows, KeyWriter::new().u32(1).finish(), RowMark(5).encode()),
        (Table::Logs, LogMark::KEY.to_vec(), LogMark { next_number: 8, first: 3 }.encode()),
        (Table::Logs, b"log".to_vec(), LogHead { number: 7, first: 2, next: 4, total: 95, gone: 40 }.encode()),
        (
            Table::LogEntries,
            KeyWriter::new().u64(7).u64(2).finish(),
            LogEntryRow { before: 40, value: b"abc" }.encode(),
        ),
        (
            Table::LogEntries,
            KeyWriter::new().u64(7).u64(3).finish(),
            LogEntryRow { before: 67, value: b"wxyz" }.encode(),
        ),
    ];
    let bytes =
        |table: Table| rows.iter().filter(|row| row.0 == table).map(|row| row.1.len() + row.2.len()).sum::<usize>();
    let graph = bytes(Table::Nodes) + bytes(Table::EdgesOut) + bytes(Table::TemporalOut);
    let counters = Counters {
        keys: 1,
        vectors: 1,
        documents: 0,
        collections: 1,
        nodes: 2,
        edges: 1,
        temporal_versions: 1,
        live_bytes: (graph + 3 + 5 + bytes(Table::Documents) - 4 + 2 * 4 + 3 + 40 + bytes(Table::LogEntries)) as u64,
        next_collection_id: 10,
        last_commit_at: 3,
    };
    (rows, counters)
}

fn report(rows: &[(Table, Vec<u8>, Vec<u8>)], counters: Counters) -> RowReport {
    let disk = created();
    let base = open(&disk).unwrap();
    let memtable = Memtable::default();
    rows.iter().for_each(|(table, key, value)| memtable.insert(*table, key, Some(value), 1));
    base.flush(FlushInput { memtable: &memtable, through_seq: 1, counters }).unwrap();
    base.verify(&mut |_| true).unwrap().unwrap()
}

#[test]
fn a_sound_store_has_no_findings() {
    let (rows, counters) = sound();
    let report = report(&rows, counters);
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.rows, report.flushed_seq), (rows.len() as u64, 1));
}

/// Where [`sound`] has the vector of a dropped collection.
const DROPPED_VECTOR: usize = 19;

/// Each row that is taken away leaves a contradiction, or an index that does not fit; so does each counter.
#[test]
fn every_missing_row_and_every_wrong_counter_is_found() {
    let (rows, counters) = sound();
    for (index, (table, ..)) in rows.iter().enumerate() {
        let mut fewer = rows.clone();
        fewer.remove(index);
        let report = report(&fewer, counters);
        match table {
            // What these say is said nowhere else.
            Table::Rows => assert!(report.is_sound()),
            // Without it nothing is said to be listed.
            Table::NodeTypes if rows[index].1 == NODES_LISTED => assert!(report.is_sound()),
            Table::TemporalTypes if rows[index].1 == FACTS_LISTED => assert!(report.is_sound()),
            _ if index == DROPPED_VECTOR => assert!(report.is_sound()),
            _ => assert!(!report.is_sound() && report.complete, "without {table:?}: {report:?}"),
        }
        let of_nodes = [Table::KvExpiry, Table::EdgesIn, Table::NodeTypes];
        let of_facts = [Table::TemporalIn, Table::CommitTimes, Table::TemporalTypes, Table::TemporalChanges];
        if of_nodes.contains(table) || of_facts.contains(table) {
            assert!(report.findings.iter().all(|finding| finding.kind == FaultKind::Derived), "{report:?}");
        }
    }
    let wrong = [
        Counters { keys: 2, ..counters },
        Counters { vectors: 0, ..counters },
        Counters { documents: 1, ..counters },
        Counters { collections: 0, ..counters },
        Counters { nodes: 3, ..counters },
        Counters { edges: 0, ..counters },
        Counters { temporal_versions: 2, ..counters },
        Counters { live_bytes: 1, ..counters },
        Counters { next_collection_id: 1, ..counters },
    ];
    for counters in wrong {
        let report = report(&rows, counters);
        assert_eq!(report.findings.len(), 1, "{report:?}");
    }
}

/// Whatever it is held against: the report tells of it, and nothing is made anew from rows that nobody can trust.
#[test]
fn a_row_with_a_wrong_seal_is_told_wherever_it_is() {
    let (rows, counters) = sound();
    for (table, key, _) in rows.iter().filter(|(table, ..)| *table != Table::Vectors) {
        let disk = created();
        let base = open(&disk).unwrap();
        let memtable = Memtable::default();
        rows.iter().for_each(|(table, key, value)| memtable.insert(*table, key, Some(value), 1));
        base.flush(FlushInput { memtable: &memtable, through_seq: 1, counters }).unwrap();
        let mut tx = base.db.read().begin_write().unwrap();
        tx.set_two_phase_commit(true);
        {
            let mut stored = tx.open_table(definition(*table)).unwrap();
            stored.insert(key.as_slice(), &b"not what was sealed"[..]).unwrap();
        }
        tx.commit().unwrap();
        for report in [base.verify(&mut |_| true).unwrap().unwrap(), base.rebuild().unwrap()] {
            assert!(!report.is_repairable(), "{table:?}: {report:?}");
            let is_told = report.findings.iter().any(|finding| finding.kind == FaultKind::Damaged);
            assert!(is_told, "{table:?}: {report:?}");
        }
        assert!(!base.has_failed(), "{table:?}");
    }
}

#[test]
fn a_walk_ends_when_it_is_told_to() {
    let disk = created();
    let base = open(&disk).unwrap();
    let memtable = Memtable::default();
    for number in 0..200_u32 {
        memtable.insert(
            Table::Kv,
            &number.to_be_bytes(),
            Some(&KvRecord { seq: 1, expires_at: 0, value: &[0; 1000] }.encode()),
            1,
        );
    }
    base.flush(FlushInput { memtable: &memtable, through_seq: 1, counters: Counters::default() }).unwrap();
    let mut asked = 0;
    let told = base.verify(&mut |bytes| {
        assert!(bytes > 0);
        asked += 1;
        asked < 2
    });
    assert_eq!((told.unwrap(), asked), (None, 2));
}

fn bad_pages(base: &Base) -> Vec<u64> {
    let (mut bad, mut from) = (Vec::new(), Some(0));
    while let Some(next) = from {
        let report = base.verify_pages(next, 7).unwrap();
        bad.extend(report.bad);
        from = report.next;
    }
    bad
}

/// A check of pages finds damage that caches hide, tells where it is, and does not disturb who reads.
#[test]
fn a_check_of_pages_finds_damage_without_ending_the_handle() {
    let disk: SimDisk = filled(true);
    let base = Base::open(&disk, path(), ID, CACHE_BYTES).unwrap();
    assert_eq!(bad_pages(&base), Vec::<u64>::new());
    for (place, page) in [(8192 + 2 * 4104 + 99, 3), (100, 0), (4096 + 50, 0)] {
        disk.corrupt(path(), place, 0x10).unwrap();
        assert_eq!(bad_pages(&base), [page], "byte {place}");
        disk.corrupt(path(), place, 0x10).unwrap();
    }
    assert!(!base.has_failed());
    flush(&base, 4).unwrap();
    assert_eq!(bad_pages(&base), Vec::<u64>::new());
}

#[test]
fn a_walk_over_damage_says_so() {
    let disk = filled(true);
    let base = Base::open(&disk, path(), ID, 0).unwrap();
    let pages = base.verify_pages(0, u64::MAX).unwrap();
    assert_eq!((pages.bad, pages.next), (Vec::new(), None));
    let len = disk.bytes(path()).unwrap().len() as u64;
    for page in 0..(len - 8192) / 4104 {
        disk.corrupt(path(), 8192 + page * 4104 + 9, 1).unwrap();
    }
    let report = base.verify(&mut |_| true);
    let told = match &report {
        Ok(Some(report)) => {
            !report.complete && report.findings.iter().any(|finding| finding.kind == FaultKind::Damaged)
        }
        Ok(None) => false,
        Err(error) => matches!(error, crate::store::StoreError::Damaged(_)),
    };
    assert!(told && base.has_failed(), "{report:?}");
}
