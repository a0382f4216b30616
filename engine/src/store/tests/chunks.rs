//! Large values: cut, put together, replaced, deleted; and what is found where their chunks are not what they were.

use std::collections::BTreeMap;
use std::ops::Bound;

use redb::ReadableTable;

use super::{CACHE_BYTES, ID, created, open, path};
use crate::disk::SimDisk;
use crate::rng::{Rng, SeededRng};
use crate::store::chunks::{ChunkWriter, HEAD_BYTES, WHOLE_BYTES_MAX, owner};
use crate::store::seal::Seal;
use crate::store::tables::definition;
use crate::store::verify::RowReport;
use crate::store::{Base, Counters, FlushInput, KvRecord, Memtable, ReadValue, StoreError, Table, ValueHead};

const SEAL: Seal = Seal { namespace_id: ID };

fn flush(base: &Base, seq: u64, rows: &[(&[u8], Option<Vec<u8>>)]) {
    let memtable = Memtable::default();
    for (key, value) in rows {
        memtable.insert(Table::Kv, key, value.as_deref(), seq);
    }
    base.flush(FlushInput { memtable: &memtable, through_seq: seq, counters: Counters::default() }).unwrap();
}

fn record(seq: u64, bytes: usize) -> Vec<u8> {
    let value: Vec<u8> = (0..bytes).map(|at| (at as u64).wrapping_mul(seq + 3).to_le_bytes()[at % 3]).collect();
    KvRecord { seq, expires_at: 0, value: &value }.encode()
}

fn read(base: &Base, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    base.snapshot().unwrap().get(Table::Kv, key, <[u8]>::to_vec)
}

/// The chunks that the file has: of which key, and how many.
fn chunks(base: &Base) -> BTreeMap<Vec<u8>, u32> {
    let mut found = BTreeMap::new();
    for row in
        base.snapshot().unwrap().rows::<ValueHead>(Table::Chunks, Bound::Unbounded, Bound::Unbounded, false).unwrap()
    {
        let row = row.unwrap();
        let (table, key, number) = owner(&row.key).unwrap();
        assert_eq!((table, number), (Table::Kv, *found.get(key).unwrap_or(&0)));
        *found.entry(key.to_vec()).or_default() += 1;
    }
    found
}

fn verify(base: &Base) -> RowReport {
    base.verify(&mut |_| true).unwrap().unwrap()
}

/// What is wrong beside the counters, which these tests leave at nothing.
fn faults(base: &Base) -> Vec<String> {
    let findings = verify(base).findings.into_iter().filter(|finding| finding.table != "counters");
    findings.map(|finding| format!("{}: {}", finding.table, finding.what)).collect()
}

#[test]
fn values_around_every_boundary_are_read_as_they_were() {
    let base = open(&created()).unwrap();
    let of_key = WHOLE_BYTES_MAX - 1;
    let lengths = [
        16,
        HEAD_BYTES,
        HEAD_BYTES + 1,
        WHOLE_BYTES_MAX - 1,
        WHOLE_BYTES_MAX,
        WHOLE_BYTES_MAX + 1,
        of_key + HEAD_BYTES,
        of_key + HEAD_BYTES + 1,
        2 * of_key + HEAD_BYTES,
        2 * of_key + HEAD_BYTES + 1,
        3 << 20,
    ];
    for (seq, bytes) in (1..).zip(lengths) {
        let value = record(seq, bytes - 16);
        flush(&base, seq, &[(b"k", Some(value.clone()))]);
        assert_eq!(read(&base, b"k").unwrap().unwrap(), value, "{bytes} bytes");
        let snapshot = base.snapshot().unwrap();
        let scanned = snapshot.rows::<Vec<u8>>(Table::Kv, Bound::Unbounded, Bound::Unbounded, false).unwrap();
        assert_eq!(scanned.map(|row| row.unwrap().value).collect::<Vec<_>>(), std::slice::from_ref(&value));
        let heads = snapshot.rows::<ValueHead>(Table::Kv, Bound::Unbounded, Bound::Unbounded, true).unwrap();
        assert_eq!(heads.map(|row| row.unwrap().value).collect::<Vec<_>>(), [ValueHead::of(&value)]);
        let wanted = if bytes > WHOLE_BYTES_MAX { (bytes - HEAD_BYTES).div_ceil(of_key) as u32 } else { 0 };
        assert_eq!(chunks(&base).get(&b"k"[..]).copied().unwrap_or_default(), wanted, "{bytes} bytes");
        assert_eq!(faults(&base), [""; 0]);
    }
}

/// Keys that begin with each other, and look like each other's chunks, grow, shrink and go in any order.
#[test]
fn chunks_follow_their_values_whatever_is_written() {
    let rng = SeededRng::new(7);
    let base = open(&created()).unwrap();
    let long = vec![b'x'; 8 << 10];
    let keys: [&[u8]; 6] = [b"a", b"a\0\0\0\0", b"a\0\0\0\0\0\0\0\x01", b"\0", &long, b"b"];
    let mut model: BTreeMap<&[u8], Vec<u8>> = BTreeMap::new();
    for seq in 1..=60 {
        let mut written = BTreeMap::new();
        for _ in 0..3 {
            let key = keys[(rng.next_u64() % 6) as usize];
            let bytes = [None, Some(100), Some(66_000), Some(200_000), Some(500_000)][(rng.next_u64() % 5) as usize];
            written.insert(key, bytes.map(|bytes| record(seq, bytes)));
        }
        let rows: Vec<_> = written.into_iter().collect();
        flush(&base, seq, &rows);
        for (key, value) in rows {
            match value {
                Some(value) => drop(model.insert(key, value)),
                None => drop(model.remove(key)),
            }
        }
        for key in keys {
            assert_eq!(read(&base, key).unwrap().as_ref(), model.get(key), "commit {seq}");
        }
        let cut = |value: &&Vec<u8>| value.len() > WHOLE_BYTES_MAX;
        assert_eq!(chunks(&base).len(), model.values().filter(cut).count(), "commit {seq}");
        assert_eq!(faults(&base), [""; 0], "commit {seq}");
    }
}

/// A store with one large value, in which `change` does what no flush does.
fn tampered(change: impl FnOnce(&redb::WriteTransaction)) -> (SimDisk, Base) {
    let disk = created();
    let base = open(&disk).unwrap();
    let large = |seq| Some(record(seq, 200_000));
    flush(&base, 1, &[(b"k", large(1)), (b"other", large(2)), (b"short", Some(record(3, 1)))]);
    base.transact(|tx| {
        change(tx);
        Ok(())
    })
    .unwrap();
    (disk, base)
}

fn chunk_keys(tx: &redb::WriteTransaction) -> Vec<Vec<u8>> {
    let chunks = tx.open_table(definition(Table::Chunks)).unwrap();
    chunks.iter().unwrap().map(|row| row.unwrap().0.value().to_vec()).collect()
}

#[test]
fn a_chunk_that_is_gone_is_reported_by_a_read_and_by_a_check_and_nothing_else_is_lost() {
    for gone in 0..4 {
        let (_disk, base) = tampered(|tx| {
            let key = chunk_keys(tx).swap_remove(gone);
            tx.open_table(definition(Table::Chunks)).unwrap().remove(key.as_slice()).unwrap().unwrap();
        });
        let of = |key: &[u8]| read(&base, key);
        assert!(matches!(of(b"k"), Err(StoreError::Corrupt { table: "kv.v1", .. })), "chunk {gone}");
        assert_eq!(of(b"other").unwrap().unwrap(), record(2, 200_000));
        let report = verify(&base);
        assert!(!report.is_repairable(), "{report:?}");
        // What needs no chunk is still known, and writing the value anew makes everything well.
        let head = base.snapshot().unwrap().head(Table::Kv, b"k").unwrap().unwrap();
        assert_eq!(head.bytes, 200_016);
        flush(&base, 2, &[(b"k", Some(record(3, 300_000)))]);
        assert_eq!(of(b"k").unwrap().unwrap(), record(3, 300_000));
        assert_eq!(faults(&base), [""; 0]);
    }
}

#[test]
fn chunks_that_belong_to_nobody_are_found_and_taken_away() {
    let (_disk, base) = tampered(|tx| {
        let mut chunks = tx.open_table(definition(Table::Chunks)).unwrap();
        let last = chunks.last().unwrap().unwrap().0.value().to_vec();
        let (_, key, number) = owner(&last).unwrap();
        for (key, number) in [(key, number + 1), (b"short", 0)] {
            let mut stray = vec![Table::Kv.number()];
            stray.extend((key.len() as u32).to_be_bytes());
            stray.extend(key);
            stray.extend(number.to_be_bytes());
            let mut sealed = Vec::new();
            SEAL.close(Table::Chunks, &stray, b"chunk", &mut sealed);
            chunks.insert(stray.as_slice(), sealed.as_slice()).unwrap();
        }
    });
    let found = faults(&base);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(
        found[..2].iter().all(|fault| fault.starts_with("chunks.v1: the value there does not have this chunk")),
        "{found:?}"
    );
    assert!(verify(&base).is_repairable());
    assert_eq!(read(&base, b"other").unwrap().unwrap(), record(2, 200_000), "a value has what is its own");
    base.rebuild().unwrap();
    assert!(verify(&base).is_sound(), "{:?}", verify(&base));
    assert_eq!(read(&base, b"k").unwrap().unwrap(), record(1, 200_000));
}

/// They may be all that is left of a value: nobody takes them away.
#[test]
fn chunks_whose_row_is_gone_are_reported_and_kept() {
    let (_disk, base) = tampered(|tx| {
        tx.open_table(definition(Table::Kv)).unwrap().remove(&b"k"[..]).unwrap().unwrap();
    });
    let found = faults(&base);
    assert_eq!(found.len(), 2, "the value, once, and how many chunks there are: {found:?}");
    assert!(found[0].starts_with("chunks.v1: there are chunks of a value whose row is not there"), "{found:?}");
    assert!(!verify(&base).is_repairable());
    base.rebuild().unwrap();
    assert_eq!(chunks(&base).len(), 2);
    flush(&base, 2, &[(b"k", Some(record(3, 100)))]);
    assert_eq!(read(&base, b"k").unwrap().unwrap(), record(3, 100));
    assert!(verify(&base).is_repairable(), "the value there does not have them");
}

/// A page that verifies with a row on it that does not.
#[test]
fn a_head_that_does_not_verify_is_reported_once_and_can_be_written_over() {
    let (_disk, base) = tampered(|tx| {
        let mut rows = tx.open_table(definition(Table::Kv)).unwrap();
        let mut head = rows.get(&b"k"[..]).unwrap().unwrap().value().to_vec();
        head[20] ^= 1;
        rows.insert(&b"k"[..], head.as_slice()).unwrap();
    });
    assert!(matches!(read(&base, b"k"), Err(StoreError::Corrupt { .. })));
    assert!(base.snapshot().unwrap().head(Table::Kv, b"k").is_err());
    let found = faults(&base);
    assert_eq!(found.len(), 2, "by the walk over keys and by the walk over chunks: {found:?}");
    assert!(!verify(&base).is_repairable());
    flush(&base, 2, &[(b"k", Some(record(3, 150_000)))]);
    assert_eq!(read(&base, b"k").unwrap().unwrap(), record(3, 150_000));
    // Chunks of the old value behind those of the new one are known to be nobody's.
    assert!(faults(&base).iter().all(|fault| fault.starts_with("chunks.v1: ")), "{:?}", faults(&base));
    base.rebuild().unwrap();
    assert!(verify(&base).is_sound());
    assert_eq!(read(&base, b"k").unwrap().unwrap(), record(3, 150_000));
}

/// Of these bytes follows where a value is: they must not change without another version of the format.
#[test]
fn heads_and_chunks_stand_where_the_format_says() {
    let base = open(&created()).unwrap();
    let value = record(5, 65_400);
    flush(&base, 1, &[(b"key", Some(value.clone()))]);
    base.transact(|tx| {
        let rows = tx.open_table(definition(Table::Kv))?;
        let head = rows.get(&b"key"[..])?.unwrap().value()[8..].to_vec();
        assert_eq!((head.len(), &head[..4], &head[12..]), (76, &65_416_u32.to_le_bytes()[..], &value[..64]));
        let chunks = tx.open_table(definition(Table::Chunks))?;
        let stored: Vec<_> = chunks
            .iter()?
            .map(|row| row.map(|(key, value)| (key.value().to_vec(), value.value().len())))
            .collect::<Result<_, _>>()?;
        let key = |number: u8| vec![0, 0, 0, 0, 3, b'k', b'e', b'y', 0, 0, 0, number];
        assert_eq!(stored, [(key(0), 65_277 + 8), (key(1), 65_416 - 64 - 65_277 + 8)]);
        Ok(())
    })
    .unwrap();
}

/// A shrink goes on while somebody walks over large values, or gives up; the walk sees what it saw.
#[test]
fn a_walk_over_large_values_outlives_a_shrink() {
    let base = open(&created()).unwrap();
    let keys: Vec<Vec<u8>> = (0..40_u8).map(|number| vec![number]).collect();
    let rows: Vec<(&[u8], _)> = keys.iter().map(|key| (key.as_slice(), Some(record(key[0].into(), 200_000)))).collect();
    flush(&base, 1, &rows);
    let gone: Vec<(&[u8], _)> = keys[4..].iter().map(|key| (key.as_slice(), None)).collect();
    flush(&base, 2, &gone);
    let newest = base.snapshot().unwrap();
    let mut walk = newest.rows::<Vec<u8>>(Table::Kv, Bound::Unbounded, Bound::Unbounded, false).unwrap();
    assert_eq!(walk.next().unwrap().unwrap().value, record(0, 200_000));
    let _ = base.shrink(&newest, 2).unwrap();
    for number in 1..4_u8 {
        assert_eq!(walk.next().unwrap().unwrap().value, record(number.into(), 200_000));
    }
    assert!(walk.next().is_none());
}

/// Each chunk verifies where it stands, and they are still not those of one value.
#[test]
fn a_value_of_chunks_of_several_versions_is_never_given() {
    let (_disk, base) = tampered(|tx| {
        let key = chunk_keys(tx).swap_remove(1);
        let mut chunks = tx.open_table(definition(Table::Chunks)).unwrap();
        let old =
            SEAL.open(Table::Chunks, &key, chunks.get(key.as_slice()).unwrap().unwrap().value()).unwrap().to_vec();
        let mut sealed = Vec::new();
        SEAL.close(Table::Chunks, &key, &old.iter().map(|byte| byte ^ 1).collect::<Vec<_>>(), &mut sealed);
        chunks.insert(key.as_slice(), sealed.as_slice()).unwrap();
    });
    let Err(StoreError::Corrupt { what, .. }) = read(&base, b"k") else { panic!("it was read") };
    assert_eq!(what, "a large value is made of chunks of several");
    let walked =
        base.snapshot().unwrap().rows::<Vec<u8>>(Table::Kv, Bound::Unbounded, Bound::Unbounded, false).unwrap();
    assert!(walked.collect::<Result<Vec<_>, _>>().is_err());
    assert!(!verify(&base).is_repairable());
}

/// Whatever bytes a value has, it is never taken for the head of another.
#[test]
fn a_value_as_long_as_a_head_is_a_value() {
    let disk = created();
    let base = open(&disk).unwrap();
    flush(&base, 1, &[(b"k", Some(record(1, 200_000)))]);
    let mut head = Vec::new();
    base.transact(|tx| {
        let rows = tx.open_table(definition(Table::Kv)).unwrap();
        head = rows.get(&b"k"[..]).unwrap().unwrap().value()[8..].to_vec();
        Ok(())
    })
    .unwrap();
    flush(&base, 2, &[(b"k", Some(head.clone()))]);
    assert_eq!(read(&base, b"k").unwrap().unwrap(), head);
    assert!(chunks(&base).is_empty());
}

/// Earlier versions must refuse a file with chunks in it, and read one without.
#[test]
fn a_file_says_whether_it_has_chunks() {
    let disk = created();
    let base = open(&disk).unwrap();
    let format = |base: &Base| {
        let mut format = Vec::new();
        base.transact(|tx| {
            let meta = tx.open_table(redb::TableDefinition::<&[u8], &[u8]>::new("meta.v2")).unwrap();
            format = meta.get(&b"format"[..]).unwrap().unwrap().value()[8..].to_vec();
            Ok(())
        })
        .unwrap();
        format
    };
    flush(&base, 1, &[(b"k", Some(record(1, WHOLE_BYTES_MAX - 16)))]);
    assert_eq!(format(&base), [2, 0, 0, 0]);
    flush(&base, 2, &[(b"k", Some(record(1, WHOLE_BYTES_MAX - 15)))]);
    assert_eq!(format(&base), [3, 0, 0, 0]);
    flush(&base, 3, &[(b"k", None)]);
    base.close().unwrap();
    let again = Base::open(&disk, path(), ID, CACHE_BYTES).unwrap();
    assert_eq!(format(&again), [3, 0, 0, 0], "it may have had some at a commit that somebody reads");
}

/// Values that earlier versions wrote whole.
#[test]
fn a_large_value_that_was_written_whole_is_read_replaced_and_deleted() {
    let base = open(&created()).unwrap();
    flush(&base, 1, &[]);
    let value = record(1, 300_000);
    base.transact(|tx| {
        let mut sealed = Vec::new();
        SEAL.close(Table::Kv, b"k", &value, &mut sealed);
        tx.open_table(definition(Table::Kv)).unwrap().insert(&b"k"[..], sealed.as_slice()).unwrap();
        Ok(())
    })
    .unwrap();
    assert_eq!(read(&base, b"k").unwrap().unwrap(), value);
    assert_eq!(base.snapshot().unwrap().head(Table::Kv, b"k").unwrap().unwrap(), ValueHead::of(&value));
    assert_eq!(faults(&base), [""; 0]);
    flush(&base, 2, &[(b"k", Some(record(2, 300_000)))]);
    assert_eq!((read(&base, b"k").unwrap().unwrap(), chunks(&base).len()), (record(2, 300_000), 1));
    flush(&base, 3, &[(b"k", None)]);
    assert!(read(&base, b"k").unwrap().is_none() && chunks(&base).is_empty());
}

/// A flush whose cut value finds no space ends there.
#[test]
fn a_flush_looks_for_space_while_it_cuts() {
    let base = open(&created()).unwrap();
    let looks = std::cell::Cell::new(0);
    let look = || {
        looks.set(looks.get() + 1);
        if looks.get() > 1 { Err(StoreError::NoSpace) } else { Ok(()) }
    };
    let cut = base.transact(|tx| {
        let mut rows = tx.open_table(definition(Table::Kv))?;
        ChunkWriter::new(SEAL, tx, &look).put(Table::Kv, &mut rows, b"k", &record(1, 8 << 20))
    });
    assert!(matches!(cut, Err(StoreError::NoSpace)) && looks.get() == 2);
    assert!(read(&base, b"k").unwrap().is_none() && chunks(&base).is_empty());
}
