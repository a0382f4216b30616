//! Damage to the catalog's file, old copies of it, and folders that nobody knows.

use std::sync::Arc;

use super::support::{
    check_files, create, dir, entry, make_files, names, open, prepared, put_bytes, remove, replace, seen, set_quota,
    two,
};
use crate::api::{ErrorCode, Properties, Quota};
use crate::catalog::catalog::Catalog;
use crate::catalog::entry::{Entries, Entry};
use crate::catalog::file::{CatalogFile, NAME};
use crate::disk::{CrashMode, Disk, ProbeDisk, SimDisk, Touch};

const EIO: i32 = 5;

#[test]
fn a_catalog_reads_what_was_changed() {
    let (disk, all) = prepared();
    let catalog = open(&disk).unwrap();
    assert_eq!(seen(&catalog), all);
    check_files(&disk, &catalog, "reopened");
    let folders = names(&disk, "ns");
    assert_eq!(folders.iter().filter(|name| !name.ends_with(".generation")).count(), 3, "{folders:?}");
    assert!(names(&disk, "lost").is_empty());
}

#[test]
fn a_lost_catalog_is_made_of_the_folders() {
    let (disk, all) = prepared();
    disk.remove_file(&dir().join(NAME)).unwrap();
    for attempt in 0..2 {
        let catalog = open(&disk).unwrap();
        assert_eq!(seen(&catalog), all, "attempt {attempt}");
        check_files(&disk, &catalog, "lost");
    }
}

/// What a folder says of itself is as durable as the catalog's word.
#[test]
fn a_catalog_lost_with_the_power_is_made_of_the_folders() {
    let disk = two();
    disk.remove_file(&dir().join(NAME)).unwrap();
    disk.sync_dir(dir()).unwrap();
    let left = disk.crash_image(0, CrashMode::DropUnsynced);
    let catalog = open(&left).unwrap();
    assert_eq!(seen(&catalog), [("a".to_owned(), 1, None), ("b".to_owned(), 2, None)]);
    check_files(&left, &catalog, "lost with the power");
}

#[test]
fn an_old_copy_of_the_catalog_loses_no_namespace() {
    let disk = SimDisk::new();
    let mut copies = Vec::new();
    let steps: [&dyn Fn(&Catalog); 7] = [
        &|catalog| create(&disk, catalog, "a", 1).unwrap(),
        &|catalog| create(&disk, catalog, "b", 2).unwrap(),
        &|catalog| set_quota(catalog, "a", 77).unwrap(),
        &|catalog| replace(&disk, catalog, "b", 3).unwrap(),
        &|catalog| create(&disk, catalog, "c", 4).unwrap(),
        &|catalog| remove(catalog, "c").unwrap(),
        &|catalog| create(&disk, catalog, "c", 5).unwrap(),
    ];
    for step in steps {
        let catalog = open(&disk).unwrap();
        step(&catalog);
        catalog.close();
        copies.push(disk.bytes(&dir().join(NAME)).unwrap());
    }
    let all = seen(&open(&disk).unwrap());
    assert_eq!(all, [("a".to_owned(), 1, Some(77)), ("b".to_owned(), 3, None), ("c".to_owned(), 5, None)]);
    for (step, copy) in copies.iter().enumerate() {
        put_bytes(&disk, &dir().join(NAME), copy);
        let catalog = open(&disk).unwrap();
        assert_eq!(seen(&catalog), all, "the copy after step {step}");
        check_files(&disk, &catalog, "an old copy");
        assert!(names(&disk, "lost").is_empty(), "nothing is set aside");
        // It goes on from there.
        set_quota(&catalog, "c", 9).unwrap();
        let quota = catalog.get("c").unwrap().unwrap().quota;
        catalog.update("c", Entry { quota: Quota::default(), ..catalog.get("c").unwrap().unwrap() }).unwrap();
        assert_eq!(quota.bytes_max, Some(9));
        catalog.close();
    }
}

#[test]
fn a_deleted_namespace_of_an_old_copy_is_reported_and_can_be_deleted() {
    let disk = SimDisk::new();
    let catalog = open(&disk).unwrap();
    create(&disk, &catalog, "a", 1).unwrap();
    catalog.close();
    let copy = disk.bytes(&dir().join(NAME)).unwrap();
    let catalog = open(&disk).unwrap();
    remove(&catalog, "a").unwrap();
    catalog.close();
    put_bytes(&disk, &dir().join(NAME), &copy);
    let catalog = open(&disk).unwrap();
    assert_eq!(set_quota(&catalog, "a", 1).unwrap_err().code, ErrorCode::Corrupt, "its files are missing");
    remove(&catalog, "a").unwrap();
    assert!(seen(&catalog).is_empty());
    catalog.close();
    assert!(seen(&open(&disk).unwrap()).is_empty());
}

/// Flips one bit in each chosen byte, cuts, zeroes and swaps pages: nothing is lost, and nothing panics.
#[test]
fn damage_to_the_catalog_loses_no_namespace() {
    let (disk, all) = prepared();
    let path = dir().join(NAME);
    let whole = disk.bytes(&path).unwrap();
    let page = 4096;
    let used: Vec<usize> = (0..whole.len())
        .filter(|at| whole[at - at % page..(at - at % page + page).min(whole.len())].iter().any(|byte| *byte != 0))
        .collect();
    let mut cases: Vec<(String, Vec<u8>)> = Vec::new();
    for (count, at) in used.iter().enumerate() {
        // Heads of pages and bytes that are not zero hold meaning; of the rest a sample.
        if at % page < 64 || whole[*at] != 0 || count % 97 == 0 {
            let mut bytes = whole.clone();
            bytes[*at] ^= 1 << (at % 8);
            cases.push((format!("byte {at}"), bytes));
        }
    }
    let stride = cases.len() / 150 + 1;
    let mut cases: Vec<_> =
        cases.into_iter().step_by(if std::env::var_os("TOONDB_LONG").is_some() { 1 } else { stride }).collect();
    for len in (0..=used.last().copied().unwrap_or_default()).step_by(page) {
        cases.push((format!("cut to {len}"), whole[..len].to_vec()));
        let mut zeroed = whole.clone();
        zeroed[len..(len + page).min(whole.len())].fill(0);
        cases.push((format!("zeroed page at {len}"), zeroed));
        if len >= page {
            let mut swapped = whole.clone();
            let (head, tail) = swapped.split_at_mut(len);
            let n = page.min(tail.len());
            head[len - page..len - page + n].swap_with_slice(&mut tail[..n]);
            cases.push((format!("swapped pages at {len}"), swapped));
        }
    }
    for (case, bytes) in cases {
        let disk = disk.crash_image(0, CrashMode::KeepAll);
        put_bytes(&disk, &path, &bytes);
        let catalog = open(&disk).unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(seen(&catalog), all, "{case}");
        check_files(&disk, &catalog, &case);
        // What was damaged is kept, and the new catalog is whole.
        create(&disk, &catalog, "e", 9).unwrap_or_else(|error| panic!("{case}: {error}"));
        catalog.close();
        assert_eq!(seen(&open(&disk).unwrap()).len(), all.len() + 1, "{case}");
    }
}

#[test]
fn what_cannot_be_understood_is_set_aside_or_refused() {
    let (disk, all) = prepared();
    let unknown = dir().join("ns").join("ee".repeat(16));
    disk.create_dir_all(&unknown).unwrap();
    put_bytes(&disk, &unknown.join("data"), b"precious");
    // With a catalog: nothing names it, so it is moved away.
    let one = disk.crash_image(0, CrashMode::KeepAll);
    let catalog = open(&one).unwrap();
    assert_eq!(seen(&catalog), all);
    assert_eq!(names(&one, "lost").len(), 1);
    let kept = dir().join("lost").join(&names(&one, "lost")[0]).join("data");
    assert_eq!(one.bytes(&kept).as_deref(), Some(b"precious".as_slice()));
    // Without one: nobody can tell what it is, and nothing is changed.
    let two = disk.crash_image(0, CrashMode::KeepAll);
    put_bytes(&two, &dir().join(NAME), b"nonsense");
    let before = two.op_count();
    let error = open(&two).map(drop).unwrap_err();
    assert_eq!(error.code, ErrorCode::Corrupt);
    assert!(error.message.contains(&"ee".repeat(16)), "{error}");
    assert!(two.op_count() <= before + 3, "directories are synced, and nothing is written");
    assert_eq!(two.bytes(&dir().join(NAME)).as_deref(), Some(b"nonsense".as_slice()));
    // The advice of the message is right: an old copy, or the folder moved away.
    let three = two.crash_image(0, CrashMode::KeepAll);
    put_bytes(&three, &dir().join(NAME), &disk.bytes(&dir().join(NAME)).unwrap());
    assert_eq!(seen(&open(&three).unwrap()), all);
    two.rename(&unknown, &dir().join("elsewhere")).unwrap();
    assert_eq!(seen(&open(&two).unwrap()), all);
    // A file of somebody else, in a directory that was never ours, is left alone.
    let four = SimDisk::new();
    four.create_dir_all(dir()).unwrap();
    put_bytes(&four, &dir().join(NAME), b"redb of another program");
    assert_eq!(open(&four).map(drop).unwrap_err().code, ErrorCode::Corrupt);
    assert_eq!(four.list_dir(dir()).unwrap(), [NAME]);
}

#[test]
fn folders_of_an_earlier_version_learn_to_say_what_they_are() {
    let (disk, all) = prepared();
    for folder in names(&disk, "ns") {
        let path = dir().join("ns").join(&folder);
        match folder.ends_with(".generation") {
            true => disk.remove_file(&path).unwrap(),
            false => disk.remove_file(&path.join("namespace.meta")).unwrap(),
        }
    }
    // A catalog without a state.
    let entries: Entries = open_entries(&disk);
    CatalogFile::create_as_before(&disk, dir(), &entries).unwrap();
    assert_eq!(seen(&open(&disk).unwrap()), all);
    disk.remove_file(&dir().join(NAME)).unwrap();
    assert_eq!(seen(&open(&disk).unwrap()), all, "from the folders alone");
}

fn open_entries(disk: &SimDisk) -> Entries {
    CatalogFile::open(disk, dir()).map(|(_, entries)| entries).unwrap()
}

/// Earlier versions took metadata of any size.
#[test]
fn large_metadata_survives_the_loss_of_the_catalog() {
    let disk = SimDisk::new();
    let catalog = open(&disk).unwrap();
    make_files(&disk, &catalog, 1).unwrap();
    let metadata = Properties::new().with("much", "x".repeat(6 << 20).as_str());
    catalog.create("a", Entry { metadata, ..entry(1) }).unwrap();
    let before = catalog.get("a").unwrap();
    catalog.close();
    disk.remove_file(&dir().join(NAME)).unwrap();
    assert_eq!(open(&disk).unwrap().get("a").unwrap(), before);
}

#[test]
fn of_two_deleted_folders_of_one_name_the_newer_one_is_taken_over() {
    let disk = SimDisk::new();
    let catalog = open(&disk).unwrap();
    for number in [1, 2] {
        create(&disk, &catalog, "a", number).unwrap();
        catalog.remove("a").unwrap();
    }
    catalog.close();
    disk.remove_file(&dir().join(NAME)).unwrap();
    let catalog = open(&disk).unwrap();
    assert_eq!(seen(&catalog), [("a".to_owned(), 2, None)]);
    check_files(&disk, &catalog, "taken over");
    assert_eq!(names(&disk, "lost").len(), 1);
}

#[test]
fn a_leftover_that_cannot_be_removed_keeps_nobody_out() {
    let disk = SimDisk::new();
    let catalog = open(&disk).unwrap();
    create(&disk, &catalog, "a", 1).unwrap();
    create(&disk, &catalog, "b", 2).unwrap();
    catalog.remove("a").unwrap();
    catalog.close();
    let probe = ProbeDisk::new(Arc::new(disk.clone()));
    probe.fail(Touch::Name, ".deleted", EIO, usize::MAX);
    let catalog = Catalog::open(Arc::new(probe), dir()).unwrap();
    assert_eq!(seen(&catalog), [("b".to_owned(), 2, None)]);
    catalog.close();
    assert!(names(&disk, "ns").iter().any(|name| name.ends_with(".deleted")), "it waits");
    assert_eq!(seen(&open(&disk).unwrap()), [("b".to_owned(), 2, None)]);
    assert!(!names(&disk, "ns").iter().any(|name| name.ends_with(".deleted")));
}
