//! Tests of the store: rows against plain models, and files on a disk that loses power and rots.

mod chunks;
mod crashes;
mod damage;
mod full;
mod old_layout;
mod rows;
mod shrinking;
mod verifying;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

use super::{Base, Counters, FlushInput, KeyWriter, Memtable, ReadValue, StoreResult, Table, ValueHead};
use crate::disk::SimDisk;

const ID: [u8; 16] = [7; 16];
const PATH: &str = "/store.redb";
const CACHE_BYTES: usize = 1 << 20;

/// Every row of a store, by table and key.
type Rows = BTreeMap<(u8, Vec<u8>), Vec<u8>>;

fn path() -> &'static Path {
    Path::new(PATH)
}

fn created() -> SimDisk {
    let disk = SimDisk::new();
    Base::create(&disk, path(), ID).unwrap();
    crate::disk::Disk::sync_dir(&disk, Path::new("/")).unwrap();
    disk
}

fn open(disk: &SimDisk) -> StoreResult<Base> {
    Base::open(disk, path(), ID, CACHE_BYTES)
}

/// What commit `seq` leaves: some rows that change with each commit, some that stay, some that go.
fn rows_at(seq: u64) -> Rows {
    let mut rows = Rows::new();
    for number in 0..40_u32 {
        let key = number.to_be_bytes().to_vec();
        if u64::from(number) % 5 != seq % 5 {
            rows.insert((Table::Kv.number(), key.clone()), vec![b'a' + (number % 20) as u8; 150]);
        }
        rows.insert((Table::Nodes.number(), key), format!("{seq}:{number}").into_bytes());
    }
    let big = seq.to_le_bytes().repeat(1500);
    rows.insert((Table::Kv.number(), b"large".to_vec()), big);
    // Cut into chunks: one more of them, one less, none.
    if let Some(bytes) = [None, Some(70_000), Some(140_000), Some(100_000)][(seq % 4) as usize] {
        let huge = (0..bytes / 8).flat_map(|at: u64| (seq << 32 | at).to_le_bytes()).collect();
        rows.insert((Table::Documents.number(), b"huge".to_vec()), huge);
    }
    for row in 0..70_u32 {
        let key = KeyWriter::new().u32(1).u32(row).finish();
        rows.insert((Table::Vectors.number(), key), [seq, u64::from(row)].map(u64::to_le_bytes).concat());
    }
    rows
}

/// Flushes the step from what commit `seq - 1` left to what commit `seq` does.
fn flush(base: &Base, seq: u64) -> StoreResult<()> {
    let memtable = Memtable::default();
    let rows = rows_at(seq);
    for (table, key) in rows_at(seq - 1).keys().filter(|place| !rows.contains_key(place)) {
        memtable.insert(Table::from_number(*table).unwrap(), key, None, seq);
    }
    for ((table, key), value) in &rows {
        memtable.insert(Table::from_number(*table).unwrap(), key, Some(value), seq);
    }
    let counters = Counters { keys: seq, ..Counters::default() };
    base.flush(FlushInput { memtable: &memtable, through_seq: seq, counters })
}

/// Reads everything, upwards, downwards and key by key, and the commit up to which the store says it is complete.
fn read(base: &Base) -> StoreResult<(u64, Rows)> {
    let (seq, counters) = base.flushed()?;
    assert!(seq == 0 || counters.keys == seq, "counters of another commit");
    let snapshot = Arc::new(base.snapshot()?);
    let mut rows = Rows::new();
    for table in Table::ALL.into_iter().filter(|table| *table != Table::Chunks) {
        let up = snapshot
            .rows::<Vec<u8>>(table, Bound::Unbounded, Bound::Unbounded, false)?
            .collect::<StoreResult<Vec<_>>>()?;
        let mut down = snapshot
            .rows::<Vec<u8>>(table, Bound::Unbounded, Bound::Unbounded, true)?
            .collect::<StoreResult<Vec<_>>>()?;
        down.reverse();
        assert_eq!(up.len(), down.len(), "the directions disagree");
        for (up, down) in up.into_iter().zip(down) {
            assert_eq!((&up.key, &up.value), (&down.key, &down.value), "the directions disagree");
            let got = snapshot.get(table, &up.key, <[u8]>::to_vec)?;
            assert_eq!(got.as_ref(), Some(&up.value), "a look-up and a scan disagree");
            let head = snapshot.head(table, &up.key)?;
            assert_eq!(head, Some(ValueHead::of(&up.value)), "a look at its head disagrees");
            rows.insert((table.number(), up.key), up.value);
        }
    }
    Ok((seq, rows))
}

/// A disk with a store of three commits; closed, or as a kill leaves it.
fn filled(closed: bool) -> SimDisk {
    let disk = created();
    let base = open(&disk).unwrap();
    (1..=3).for_each(|seq| flush(&base, seq).unwrap());
    if closed {
        base.close().unwrap();
        return disk;
    }
    let image = disk.crash_image(0, crate::disk::CrashMode::KeepAll);
    drop(base);
    image
}
