//! Files of the first layout open, whole, wherever a crash ends the upgrade.

use std::io;
use std::path::Path;
use std::sync::Arc;

use redb::{Builder, StorageBackend, TableDefinition};

use super::{ID, Rows, open, path, read};
use crate::disk::{CrashMode, Disk, DiskFile, OpenMode, SimDisk};
use crate::store::seal::Seal;
use crate::store::{Base, Counters, StoreError, Table};

/// redb's file as it was: pages without checksums.
#[derive(Debug)]
struct Plain(Arc<dyn DiskFile>);

impl StorageBackend for Plain {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read_exact_at(offset, out)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write_all_at(offset, data)
    }
}

fn rows() -> Rows {
    let key = |number: u32| (Table::Kv.number(), number.to_be_bytes().to_vec());
    (0..120).map(|number| (key(number), vec![number as u8; 1 + number as usize * 13 % 6000])).collect()
}

/// A store as the first layout had it; closed, or as a kill leaves it.
fn old_store(closed: bool) -> SimDisk {
    let disk = SimDisk::new();
    let file = disk.open(path(), OpenMode::CreateNew).unwrap();
    let db = Builder::new().create_with_backend(Plain(file)).unwrap();
    let mut tx = db.begin_write().unwrap();
    tx.set_two_phase_commit(true);
    {
        let mut meta = tx.open_table(TableDefinition::<&[u8], &[u8]>::new("meta.v1")).unwrap();
        let mut counters = Vec::new();
        Counters { keys: 9, ..Counters::default() }.encode(&mut counters);
        for (key, value) in [
            ("format", 1_u32.to_le_bytes().to_vec()),
            ("namespace", ID.to_vec()),
            ("checkpoint_seq", 9_u64.to_le_bytes().to_vec()),
            ("counters", counters),
        ] {
            meta.insert(key.as_bytes(), value.as_slice()).unwrap();
        }
        for table in Table::ALL.into_iter().filter(|table| !table.came_later()) {
            let mut stored = tx.open_table(TableDefinition::<&[u8], &[u8]>::new(table.name())).unwrap();
            for ((_, key), value) in rows().iter().filter(|((number, _), _)| *number == table.number()) {
                let mut sealed = Vec::new();
                Seal { namespace_id: ID }.close(table, key, value, &mut sealed);
                stored.insert(key.as_slice(), sealed.as_slice()).unwrap();
            }
        }
    }
    tx.commit().unwrap();
    disk.sync_dir(Path::new("/")).unwrap();
    if closed {
        db.close().unwrap();
        return disk;
    }
    let image = disk.crash_image(0, CrashMode::KeepAll);
    drop(db);
    image
}

#[test]
fn a_plain_file_is_upgraded_and_keeps_every_row() {
    for closed in [true, false] {
        let disk = old_store(closed);
        for _ in 0..2 {
            assert_eq!(read(&open(&disk).unwrap()).unwrap(), (9, rows()));
        }
        assert_eq!(disk.list_dir(Path::new("/")).unwrap(), ["store.redb"]);
    }
}

#[test]
fn a_crash_at_every_operation_of_an_upgrade_leaves_a_store_that_opens() {
    let old = old_store(true);
    let whole = old.crash_image(0, CrashMode::KeepAll);
    open(&whole).unwrap();
    let step = if std::env::var_os("TOONDB_LONG").is_some() { 1 } else { 3 };
    for op in (1..=whole.op_count()).step_by(step) {
        let disk = old.crash_image(0, CrashMode::KeepAll);
        disk.crash_at(op);
        let _ = open(&disk);
        for mode in [CrashMode::DropUnsynced, CrashMode::KeepAll, CrashMode::Random] {
            let image = disk.crash_image(op, mode);
            assert_eq!(read(&open(&image).unwrap()).unwrap(), (9, rows()), "crash at {op}, {mode:?}");
            assert_eq!(image.list_dir(Path::new("/")).unwrap(), ["store.redb"]);
        }
    }
}

#[test]
fn damage_to_a_plain_file_is_reported_and_leaves_it_untouched() {
    for closed in [true, false] {
        let disk = old_store(closed);
        let len = disk.bytes(path()).unwrap().len();
        let mut reported = 0;
        for place in (0..320).step_by(23).chain((4096..len).step_by(9001)) {
            disk.corrupt(path(), place as u64, 1 << (place % 8)).unwrap();
            let damaged = disk.crash_image(0, CrashMode::KeepAll);
            match open(&damaged).and_then(|base| read(&base)) {
                Ok(found) => assert_eq!(found, (9, rows()), "byte {place}: rows are missing or wrong"),
                Err(error) => {
                    assert!(!matches!(error, StoreError::Engine(_)), "byte {place}: {error}");
                    assert_eq!(damaged.bytes(path()), disk.bytes(path()), "byte {place}");
                    assert_eq!(damaged.list_dir(Path::new("/")).unwrap(), ["store.redb"]);
                    reported += 1;
                }
            }
            disk.corrupt(path(), place as u64, 1 << (place % 8)).unwrap();
        }
        assert!(reported > 10, "no damage was ever met");
    }
}

#[test]
fn a_plain_file_of_another_namespace_is_refused_untouched() {
    let disk = old_store(true);
    let before = disk.bytes(path());
    assert!(matches!(Base::open(&disk, path(), [9; 16], 1 << 20), Err(StoreError::NotAStore(_))));
    assert_eq!(disk.bytes(path()), before);
}

/// It is no damage: nothing but the file system is in the way.
#[test]
fn a_plain_file_that_can_only_be_read_is_told_from_damage() {
    for closed in [false, true] {
        let disk = old_store(closed);
        let before = disk.bytes(path());
        let Err(StoreError::System(error)) = Base::open_read_only(&disk, path(), ID, 1 << 20) else {
            panic!("an old store was opened to be read")
        };
        assert_eq!(error.code, crate::api::ErrorCode::Unavailable);
        assert_eq!(disk.bytes(path()), before);
    }
}
