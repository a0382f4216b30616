//! The store against plain models: versions, ranges in both directions, blocks, seals.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

use super::{ID, PATH};
use crate::disk::SimDisk;
use crate::rng::{Rng, SeededRng};
use crate::store::block::{ROWS, VectorBlock};
use crate::store::{
    Author, Base, BatchFormat, BatchReader, BatchWriter, CollectionKind, Counters, DocumentBody, DocumentRecord,
    FlushInput, KeyRange, KeyReader, KeyWriter, Memtable, OperationHead, Origin, Read, RowEffect, RowPlace,
    RowSnapshot, Table, Txn, View,
};

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

fn disk_with_base() -> (SimDisk, Base) {
    let disk = SimDisk::new();
    let path = Path::new(PATH);
    Base::create(&disk, path, ID).unwrap();
    let base = Base::open(&disk, path, ID, 1 << 20).unwrap();
    (disk, base)
}

fn rows(reader: &impl Read, table: Table, range: &KeyRange, reverse: bool) -> Vec<(Vec<u8>, Vec<u8>)> {
    reader.scan(table, range, reverse).unwrap().map(|row| row.map(|row| (row.key, row.value)).unwrap()).collect()
}

fn inside(model: &Model, range: &KeyRange, reverse: bool) -> Vec<(Vec<u8>, Vec<u8>)> {
    if range.is_empty() {
        return Vec::new();
    }
    let bounds = (range.start.clone(), range.end.clone());
    let mut found: Vec<_> = model.range(bounds).map(|(key, value)| (key.clone(), value.clone())).collect();
    if reverse {
        found.reverse();
    }
    found
}

fn random_range(rng: &SeededRng, key: &dyn Fn() -> Vec<u8>) -> KeyRange {
    let bound = || match rng.next_u64() % 3 {
        0 => Bound::Included(key()),
        1 => Bound::Excluded(key()),
        _ => Bound::Unbounded,
    };
    KeyRange { start: bound(), end: bound() }
}

/// Documents written before there were caches have two fields, and still have.
#[test]
fn only_what_expires_has_a_third_field() {
    let metadata = crate::api::Properties::new().with("n", 1);
    let mut body = DocumentBody { content: "text".to_owned(), metadata: metadata.clone(), expires_at: None };
    let without = DocumentRecord::encode(1, RowPlace::of(2), Some(&body));
    assert_eq!(without.get(12..).unwrap(), rmp_serde::to_vec(&("text", metadata)).unwrap());
    assert_eq!(DocumentRecord::decode(&without).unwrap().body().unwrap(), body);
    body.expires_at = Some(-7);
    let with = DocumentRecord::encode(1, RowPlace::of(2), Some(&body));
    assert_eq!(DocumentRecord::decode(&with).unwrap().body().unwrap(), body);
}

/// A record whose vector has the number of its row is as it always was. Any other cannot be taken for one: no MessagePack begins
/// as its number does.
#[test]
fn only_what_stands_apart_from_its_vector_says_so() {
    let body = DocumentBody { content: "text".to_owned(), metadata: crate::api::Properties::new(), expires_at: None };
    let old = [&7_u64.to_le_bytes()[..], &9_u32.to_le_bytes()[..], b"\x92\xa4text\x80"].concat();
    assert_eq!(DocumentRecord::encode(7, RowPlace::of(9), Some(&body)), old);
    let read = DocumentRecord::decode(&old).unwrap();
    assert_eq!((read.seq, read.place, read.body().unwrap()), (7, RowPlace::of(9), body.clone()));
    for vector in [None, Some(3)] {
        let place = RowPlace { row: 9, vector };
        let stored = DocumentRecord::encode(7, place, Some(&body));
        assert_eq!((stored[12], stored.len() as u64), (0xc1, old.len() as u64 + place.apart_bytes()));
        let read = DocumentRecord::decode(&stored).unwrap();
        assert_eq!((read.seq, read.place, read.body().unwrap()), (7, place, body.clone()));
        assert_eq!(read.placed(RowPlace::of(9)), old);
    }
    assert!(DocumentRecord::decode(&[0; 11]).is_err() && DocumentRecord::decode(&[0xc1; 15]).is_err());
}

#[test]
fn caches_have_keys_that_no_name_has() {
    assert_eq!(*CollectionKind::Documents.key("a"), *CollectionKind::Vectors.key("a"));
    let cache = CollectionKind::Cache.key("a");
    assert_ne!(*cache, *CollectionKind::Documents.key("a"));
    let as_name = crate::api::CollectionName::new(String::from_utf8(cache.into_owned()).unwrap());
    assert!(as_name.validate().is_err());
}

/// Random writes, flushes and reads at every past commit since the last flush, against one map for each commit.
fn versions_agree(table: Table, seed: u64) {
    let rng = SeededRng::new(seed);
    let key = || match table {
        Table::Vectors => KeyWriter::new().u32((rng.next_u64() % 2) as u32).u32((rng.next_u64() % 200) as u32).finish(),
        _ => format!("{:02}", rng.next_u64() % 40).into_bytes(),
    };
    let (_disk, base) = disk_with_base();
    let mut active = Arc::new(Memtable::default());
    let mut frozen: Option<Arc<Memtable>> = None;
    let mut history: Vec<(u64, Model)> = vec![(0, Model::new())];
    for seq in 1..400_u64 {
        let mut model = history.last().unwrap().1.clone();
        for _ in 0..rng.next_u64() % 4 {
            let key = key();
            if rng.next_u64().is_multiple_of(3) {
                active.insert(table, &key, None, seq);
                model.remove(&key);
            } else {
                let value = seq.to_le_bytes();
                active.insert(table, &key, Some(&value), seq);
                model.insert(key, value.to_vec());
            }
        }
        history.push((seq, model));
        match rng.next_u64() % 40 {
            0 if frozen.is_none() => frozen = Some(std::mem::take(&mut active)),
            1 => {
                if let Some(memtable) = frozen.take() {
                    let input = FlushInput { memtable: &memtable, through_seq: seq, counters: Counters::default() };
                    base.flush(input).unwrap();
                    // Versions before the flush are gone for views made from now on.
                    history.drain(..history.len() - 1);
                    if !active.is_empty() {
                        let input = FlushInput { memtable: &active, through_seq: seq, counters: Counters::default() };
                        base.flush(input).unwrap();
                        active = Arc::default();
                    }
                }
            }
            _ => {}
        }
        let snapshot = Some(Arc::new(base.snapshot().unwrap()));
        let (at, model) = &history[(rng.next_u64() % history.len() as u64) as usize];
        let view = Arc::new(View::new(Arc::clone(&active), frozen.clone(), snapshot, 0, *at));
        let reader = RowSnapshot::newest(view);
        let probe = key();
        assert_eq!(reader.get(table, &probe).unwrap(), model.get(&probe).cloned(), "seed {seed} seq {seq} at {at}");
        let range = random_range(&rng, &key);
        for reverse in [false, true] {
            let found = rows(&reader, table, &range, reverse);
            assert_eq!(found, inside(model, &range, reverse), "seed {seed} seq {seq} at {at} {range:?} {reverse}");
        }
    }
}

#[test]
fn every_version_since_the_last_flush_is_readable_in_both_directions() {
    for seed in 0..20 {
        versions_agree(Table::Kv, seed);
        versions_agree(Table::Nodes, seed);
        versions_agree(Table::Vectors, seed);
    }
}

#[test]
fn a_transaction_sees_its_own_writes_over_the_snapshot() {
    let rng = SeededRng::new(5);
    let key = || format!("{:02}", rng.next_u64() % 30).into_bytes();
    for round in 0..200 {
        let memtable = Memtable::default();
        let mut model = Model::new();
        for _ in 0..20 {
            let key = key();
            memtable.insert(Table::Nodes, &key, Some(b"old"), 1);
            model.insert(key, b"old".to_vec());
        }
        let view = View::new(Arc::new(memtable), None, None, 0, 1);
        let mut txn = Txn::new(RowSnapshot::newest(Arc::new(view)));
        for _ in 0..10 {
            let key = key();
            if rng.next_u64().is_multiple_of(2) {
                txn.delete(Table::Nodes, key.clone());
                model.remove(&key);
            } else {
                txn.put(Table::Nodes, key.clone(), b"new".to_vec());
                model.insert(key, b"new".to_vec());
            }
        }
        let range = random_range(&rng, &key);
        for reverse in [false, true] {
            assert_eq!(rows(&txn, Table::Nodes, &range, reverse), inside(&model, &range, reverse), "round {round}");
        }
    }
}

/// No operation writes chunks of values: a record that says so is none of ours.
#[test]
fn a_batch_with_rows_that_only_flushes_write_is_refused() {
    let mut payload = Vec::new();
    let mut writer = BatchWriter::begin(&mut payload);
    let effect = RowEffect { table: Table::Chunks, key: b"key", value: Some(b"value") };
    writer.operation(Author { kind: 21, origin: Origin::Client }, 0, None, 1, std::iter::once(effect));
    writer.finish(0, &Counters::default());
    let mut reader = BatchReader::new(BatchFormat::Headed, &payload).unwrap();
    let mut effects = reader.operation().unwrap().effects;
    assert!(effects.next().unwrap().is_none());
}

#[test]
fn a_batch_reads_back_as_it_was_written() {
    let mut txn = Txn::new(RowSnapshot::newest(Arc::new(View::new(Arc::default(), None, None, 0, 0))));
    txn.put(Table::Kv, b"key".to_vec(), b"value".to_vec());
    txn.put(Table::Nodes, b"empty".to_vec(), Vec::new());
    txn.delete(Table::EdgesIn, b"gone".to_vec());
    let counters = Counters { keys: 1, last_commit_at: -5, next_collection_id: 9, ..Counters::default() };
    let mut payload = Vec::new();
    let mut writer = BatchWriter::begin(&mut payload);
    writer.operation(Author { kind: 21, origin: Origin::Client }, -5, None, txn.len(), txn.effects());
    writer.finish(0, &counters);
    // Without its head, but for the number of effects, it is one of format 1.
    let mut counted = payload.clone();
    drop(counted.drain(Counters::BYTES..Counters::BYTES + 12));
    drop(counted.drain(Counters::BYTES + 4..Counters::BYTES + 8));
    let head = OperationHead { kind: 21, origin: Some(Origin::Client), time_ms: -5 };
    for (format, payload, head) in [(BatchFormat::Headed, payload, Some(head)), (BatchFormat::Counted, counted, None)] {
        for cut in 0..payload.len() {
            let mut reader = BatchReader::new(format, &payload[..cut]);
            let operation = reader.as_mut().and_then(BatchReader::operation);
            let is_read =
                operation.is_some_and(|operation| operation.effects.into_iter().all(|effect| effect.is_some()));
            assert!(!is_read, "a batch cut at {cut} was read");
        }
        let mut reader = BatchReader::new(format, &payload).unwrap();
        assert_eq!(reader.counters, counters);
        let operation = reader.operation().unwrap();
        assert_eq!(operation.head, head);
        assert!(operation.effects.map(Option::unwrap).eq(txn.effects()) && reader.is_empty());
    }
}

#[test]
fn composite_keys_order_as_their_components() {
    let times = [i64::MIN, -1, 0, 1, i64::MAX];
    for pair in times.windows(2) {
        assert!(KeyWriter::new().time(pair[0]).finish() < KeyWriter::new().time(pair[1]).finish());
    }
    // A text that begins another comes first, whatever follows it.
    assert!(KeyWriter::new().text("a").u64(u64::MAX).finish() < KeyWriter::new().text("ab").u64(0).finish());
    let key = KeyWriter::new().text("from").text("type").time(-7).u32(3).u64(9).raw(b"rest").finish();
    let mut reader = KeyReader::new(&key);
    assert_eq!((reader.text(), reader.text()), (Some("from"), Some("type")));
    assert_eq!((reader.time(), reader.u32(), reader.u64()), (Some(-7), Some(3), Some(9)));
    assert_eq!((reader.rest(), reader.clone().text()), (&b"rest"[..], None));
}

#[test]
fn a_block_holds_any_subset_of_its_rows() {
    let rng = SeededRng::new(3);
    for _ in 0..100 {
        let vectors: Vec<(u32, [u8; 8])> = (0..ROWS)
            .filter(|_| rng.next_u64().is_multiple_of(2))
            .map(|row| (row, rng.next_u64().to_le_bytes()))
            .collect();
        let mut block = VectorBlock::default();
        vectors.iter().for_each(|(row, vector)| block.set(*row, Some(vector)));
        let mut stored = Vec::new();
        assert_eq!(block.encode(&mut stored), !vectors.is_empty());
        let read: Vec<(u32, Vec<u8>)> =
            VectorBlock::decode(&stored).unwrap().rows(2).map(|(row, vector)| (row, vector.to_vec())).collect();
        let wanted: Vec<(u32, Vec<u8>)> =
            vectors.iter().map(|(row, vector)| (2 * ROWS + row, vector.to_vec())).collect();
        assert_eq!(read, wanted);
    }
    assert!(VectorBlock::decode(&[1, 2, 3]).is_none());
    assert!(VectorBlock::decode(&3_u64.to_le_bytes()).is_none(), "two rows without bytes");
}
