//! Crashes and failures at every operation of a change, and what the next ones make of them.

use super::support::{Seen, check_files, create, names, open, remove, replace, seen, set_quota, two};
use crate::api::{ErrorCode, Quota, Result};
use crate::catalog::about::About;
use crate::catalog::catalog::Catalog;
use crate::catalog::entry::Entry;
use crate::disk::{CrashMode, SimDisk};

/// The changes under test, each from a state with namespaces `a` (1) and `b` (2).
const CHANGES: [&str; 4] = ["create", "remove", "quota", "replace"];

fn change(disk: &SimDisk, catalog: &Catalog, which: &str) -> Result<()> {
    match which {
        "create" => create(disk, catalog, "c", 3),
        "remove" => remove(catalog, "a"),
        "quota" => set_quota(catalog, "a", 5),
        _ => replace(disk, catalog, "a", 3),
    }
}

fn after(which: &str) -> (Seen, Seen) {
    let before = vec![("a".to_owned(), 1, None), ("b".to_owned(), 2, None)];
    let mut after = before.clone();
    match which {
        "create" => after.push(("c".to_owned(), 3, None)),
        "remove" => drop(after.remove(0)),
        "quota" => after[0].2 = Some(5),
        _ => after[0].1 = 3,
    }
    (before, after)
}

#[test]
fn a_crash_at_every_operation_leaves_the_old_state_or_the_new_one() {
    for which in CHANGES {
        let (before, after) = after(which);
        let mut acknowledged = false;
        for step in 1.. {
            let disk = two();
            let catalog = open(&disk).unwrap();
            disk.crash_at(disk.op_count() + step);
            acknowledged = change(&disk, &catalog, which).is_ok();
            drop(catalog);
            for (seed, mode) in [
                (0, CrashMode::KeepAll),
                (0, CrashMode::DropUnsynced),
                (step, CrashMode::Random),
                (step + 1, CrashMode::Random),
            ] {
                let left = disk.crash_image(seed, mode);
                let context = format!("{which}, operation {step}, {mode:?}, seed {seed}");
                let catalog = open(&left).unwrap_or_else(|error| panic!("{context}: {error}"));
                let now = seen(&catalog);
                assert!(now == after || (now == before && !acknowledged), "{context}: {now:?}");
                check_files(&left, &catalog, &context);
                assert!(names(&left, "lost").is_empty(), "{context}: {:?}", names(&left, "lost"));
                let folders = names(&left, "ns");
                let count = folders.iter().filter(|name| !name.ends_with(".generation")).count();
                assert_eq!(count, now.len(), "{context}: {folders:?}");
            }
            if acknowledged {
                break;
            }
        }
        assert!(acknowledged);
    }
}

/// Carries a change out on a copy of `disk` while its operations at these places fail. False if it had none at the last.
fn fails(disk: &SimDisk, which: &str, places: &[u64]) -> bool {
    let (before, after) = after(which);
    let disk = disk.crash_image(0, CrashMode::KeepAll);
    let catalog = open(&disk).unwrap();
    let failing: Vec<u64> = places.iter().map(|place| disk.op_count() + place).collect();
    disk.fail_at_each(&failing);
    let result = change(&disk, &catalog, which);
    if failing.iter().any(|op| disk.op_count() < *op) {
        assert!(result.is_ok() || places.len() > 1, "{which} without a fault: {result:?}");
        return false;
    }
    let context = format!("{which}, operations {places:?}: {result:?}");
    let check = || {
        let now = seen(&catalog);
        match &result {
            Ok(()) => assert_eq!(now, after, "{context}"),
            Err(error) if error.code == ErrorCode::OutcomeUnknown => {
                assert!(now == before || now == after, "{context}");
            }
            Err(_) => assert_eq!(now, before, "{context}"),
        }
        now
    };
    check();
    // In doubt a folder may have the role of what was not to be.
    if !result.as_ref().is_err_and(|error| error.code == ErrorCode::OutcomeUnknown) {
        check_files(&disk, &catalog, &context);
    }
    // The fault is over: everything works, without a restart.
    catalog.check_writable().unwrap_or_else(|error| panic!("{context}: {error}"));
    let now = check();
    check_files(&disk, &catalog, &context);
    // What is told now is what a crash leaves.
    for mode in [CrashMode::KeepAll, CrashMode::DropUnsynced] {
        let left = disk.crash_image(0, mode);
        let again = open(&left).unwrap_or_else(|error| panic!("{context}, {mode:?}: {error}"));
        assert_eq!(seen(&again), now, "{context}, {mode:?}");
        check_files(&left, &again, &context);
    }
    create(&disk, &catalog, "z", 9).unwrap_or_else(|error| panic!("{context}: {error}"));
    set_quota(&catalog, "b", 8).unwrap_or_else(|error| panic!("{context}: {error}"));
    let now = seen(&catalog);
    catalog.close();
    let again = open(&disk).unwrap_or_else(|error| panic!("{context}: {error}"));
    assert_eq!(seen(&again), now, "{context}");
    check_files(&disk, &again, &context);
    assert!(names(&disk, "lost").is_empty(), "{context}");
    true
}

#[test]
fn a_failure_at_every_operation_is_told_and_the_catalog_goes_on() {
    let disk = two();
    for which in CHANGES {
        assert!((1..).take_while(|place| fails(&disk, which, &[*place])).count() > 5, "{which}");
    }
}

/// The second one meets what is done about the first. In the normal run a part of all pairs, another for each change.
#[test]
fn two_failures_at_any_operations_are_told_and_the_catalog_goes_on() {
    let disk = two();
    let stride = if std::env::var_os("TOONDB_LONG").is_some() { 1 } else { 11 };
    for (number, which) in (0..).zip(CHANGES) {
        let mut cases = 0;
        for first in (1..).take_while(|first| fails(&disk, which, &[*first])) {
            let seconds = (first + 1..).skip((first + number) as usize % stride).step_by(stride);
            cases += seconds.take_while(|second| fails(&disk, which, &[first, *second])).count();
        }
        assert!(cases > 10, "{which}");
    }
}

/// A number is given to one change alone: the account of a change that was never made must not be taken for that of the
/// next one.
#[test]
fn a_quota_that_a_crash_took_back_does_not_return_with_the_next_crash() {
    let whole = two();
    for step in 1.. {
        let disk = whole.crash_image(0, CrashMode::KeepAll);
        let catalog = open(&disk).unwrap();
        disk.crash_at(disk.op_count() + step);
        let done = set_quota(&catalog, "a", 5).is_ok();
        drop(catalog);
        for (seed, mode) in [(0, CrashMode::DropUnsynced), (step, CrashMode::Random)] {
            let left = disk.crash_image(seed, mode);
            let told = seen(&open(&left).unwrap());
            for next in (1..).step_by(3) {
                let disk = left.crash_image(0, CrashMode::KeepAll);
                let catalog = open(&disk).unwrap();
                disk.crash_at(disk.op_count() + next);
                let created = create(&disk, &catalog, "c", 3).is_ok();
                drop(catalog);
                let now = seen(&open(&disk.crash_image(0, CrashMode::KeepAll)).unwrap());
                let context = format!("step {step}, {mode:?}, then {next}");
                assert_eq!(now[..told.len()], told[..], "{context}");
                if created {
                    break;
                }
            }
        }
        if done {
            break;
        }
    }
}

/// A folder's account counts if it is newer than the catalog, not if it is only newer than its entry: the catalog knows
/// every change up to its own.
#[test]
fn an_account_of_a_change_that_the_catalog_knows_of_is_not_believed() {
    let disk = two();
    let catalog = open(&disk).unwrap();
    let entry = catalog.get("a").unwrap().unwrap();
    let folder = catalog.dir(&entry.id);
    create(&disk, &catalog, "c", 3).unwrap();
    let generation = catalog.get("c").unwrap().unwrap().generation;
    let stale = Entry { quota: Quota { bytes_max: Some(5), ..Quota::default() }, generation, ..entry };
    About { name: "a".to_owned(), entry: stale }.write(&disk, &folder).unwrap();
    let before = seen(&catalog);
    catalog.close();
    // The next change is interrupted, so that the catalog is old.
    for step in 1.. {
        let disk = disk.crash_image(0, CrashMode::KeepAll);
        let catalog = open(&disk).unwrap();
        disk.crash_at(disk.op_count() + step);
        let done = set_quota(&catalog, "b", 8).is_ok();
        drop(catalog);
        let now = seen(&open(&disk.crash_image(0, CrashMode::KeepAll)).unwrap());
        assert_eq!(now[0], before[0], "step {step}");
        if done {
            break;
        }
    }
}

#[test]
fn a_full_disk_is_called_so_and_leaves_no_folder() {
    let disk = two();
    let catalog = open(&disk).unwrap();
    for free in [0, 10] {
        disk.set_free_bytes(Some(free));
        for _ in 0..3 {
            let error = create(&disk, &catalog, "c", 3).unwrap_err();
            assert!(
                matches!(error.code, ErrorCode::DiskFull | ErrorCode::Unavailable | ErrorCode::OutcomeUnknown),
                "{error:?}"
            );
            let folders = names(&disk, "ns");
            assert!(folders.len() <= 4, "{free} bytes: {folders:?}");
        }
    }
    disk.set_free_bytes(None);
    create(&disk, &catalog, "c", 3).unwrap();
    assert_eq!(seen(&catalog).len(), 3);
    catalog.close();
    let again = open(&disk).unwrap();
    assert_eq!(seen(&again).len(), 3);
    check_files(&disk, &again, "after a full disk");
    assert_eq!(names(&disk, "ns").len(), 4);
}
