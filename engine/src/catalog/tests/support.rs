//! A catalog whose namespaces have one file each, and changes of it.

use std::path::Path;
use std::sync::Arc;

use crate::api::{Properties, Quota, Result};
use crate::catalog::catalog::Catalog;
use crate::catalog::entry::Entry;
use crate::disk::{Disk, OpenMode, SimDisk};

pub const DIR: &str = "/db";

pub fn dir() -> &'static Path {
    Path::new(DIR)
}

pub fn open(disk: &SimDisk) -> Result<Catalog> {
    disk.create_dir_all(dir()).unwrap();
    disk.sync_dir(Path::new("/")).unwrap();
    Catalog::open(Arc::new(disk.clone()), dir())
}

pub fn id(number: u8) -> [u8; 16] {
    [number; 16]
}

pub fn entry(number: u8) -> Entry {
    Entry {
        id: id(number),
        metadata: Properties::new(),
        quota: Quota::default(),
        created_at: i64::from(number),
        floor_seq: 0,
        generation: 0,
    }
}

/// The files of a namespace that is being made: one, that tells which it is.
pub fn make_files(disk: &SimDisk, catalog: &Catalog, number: u8) -> std::io::Result<()> {
    let folder = catalog.new_dir(&id(number));
    disk.create_dir_all(&folder)?;
    let file = disk.open(&folder.join("data"), OpenMode::CreateNew)?;
    file.write_all_at(0, &[number])?;
    file.sync_data()?;
    disk.sync_dir(&folder)
}

pub fn create(disk: &SimDisk, catalog: &Catalog, name: &str, number: u8) -> Result<()> {
    catalog.check_writable()?;
    if let Err(error) = make_files(disk, catalog, number) {
        catalog.remove_files(&id(number));
        return Err(crate::disk::to_error(&error));
    }
    catalog.create(name, entry(number)).map(drop)
}

pub fn replace(disk: &SimDisk, catalog: &Catalog, name: &str, number: u8) -> Result<()> {
    catalog.check_writable()?;
    make_files(disk, catalog, number).map_err(|error| crate::disk::to_error(&error))?;
    let old = catalog.get(name).unwrap().unwrap();
    catalog.replace(name, &old, entry(number))?;
    catalog.remove_files(&old.id);
    Ok(())
}

pub fn set_quota(catalog: &Catalog, name: &str, bytes_max: u64) -> Result<()> {
    let before = catalog.get(name).unwrap().unwrap();
    catalog.update(name, Entry { quota: Quota { bytes_max: Some(bytes_max), ..Quota::default() }, ..before })
}

pub fn remove(catalog: &Catalog, name: &str) -> Result<()> {
    let removed = catalog.remove(name)?;
    if let Some(entry) = removed {
        catalog.remove_files(&entry.id);
    }
    Ok(())
}

/// Names, with the number of the folder and the quota of each.
pub type Seen = Vec<(String, u8, Option<u64>)>;

pub fn seen(catalog: &Catalog) -> Seen {
    catalog.list().unwrap().into_iter().map(|(name, entry)| (name, entry.id[0], entry.quota.bytes_max)).collect()
}

/// Every namespace has the files that belong to it.
pub fn check_files(disk: &SimDisk, catalog: &Catalog, context: &str) {
    for (name, entry) in catalog.list().unwrap() {
        let data = disk.bytes(&catalog.dir(&entry.id).join("data"));
        assert_eq!(data, Some(vec![entry.id[0]]), "{context}: the files of {name}");
    }
}

pub fn names(disk: &SimDisk, folder: &str) -> Vec<String> {
    let path = dir().join(folder);
    if disk.exists(&path).unwrap() { disk.list_dir(&path).unwrap() } else { Vec::new() }
}

pub fn put_bytes(disk: &SimDisk, path: &Path, bytes: &[u8]) {
    if disk.exists(path).unwrap() {
        disk.remove_file(path).unwrap();
    }
    let file = disk.open(path, OpenMode::CreateNew).unwrap();
    file.write_all_at(0, bytes).unwrap();
    file.sync_data().unwrap();
    disk.sync_dir(dir()).unwrap();
}

/// Three namespaces, one with a quota, one of which was restored; a fourth was deleted.
pub fn prepared() -> (SimDisk, Seen) {
    let disk = SimDisk::new();
    let catalog = open(&disk).unwrap();
    for (name, number) in [("a", 1), ("b", 2), ("c", 3), ("d", 4)] {
        create(&disk, &catalog, name, number).unwrap();
    }
    set_quota(&catalog, "a", 77).unwrap();
    replace(&disk, &catalog, "b", 5).unwrap();
    remove(&catalog, "d").unwrap();
    let all = seen(&catalog);
    assert_eq!(all, [("a".to_owned(), 1, Some(77)), ("b".to_owned(), 5, None), ("c".to_owned(), 3, None)]);
    catalog.close();
    (disk, all)
}

/// Namespaces `a` (1) and `b` (2).
pub fn two() -> SimDisk {
    let disk = SimDisk::new();
    let catalog = open(&disk).unwrap();
    create(&disk, &catalog, "a", 1).unwrap();
    create(&disk, &catalog, "b", 2).unwrap();
    catalog.close();
    disk
}
