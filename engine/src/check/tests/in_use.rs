//! A check of what this process serves says the same as one of a directory at rest, and disturbs nobody.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::api::{Check, ErrorCode, Finding, TakeSnapshot};

fn check_of(namespaces: &[&str]) -> Check {
    Check { namespaces: namespaces.iter().map(|name| (*name).into()).collect(), repair: false }
}

/// The answer of the engine that has the directory open.
fn check_in_use(engine: &Engine, namespaces: &[&str]) -> CheckReport {
    engine.run("", check_of(namespaces)).unwrap()
}

#[test]
fn a_directory_in_use_is_called_sound_and_left_as_it_is() {
    for (disk, what) in [(closed(), "closed"), (killed(), "killed")] {
        let engine = open(&disk).unwrap();
        let right = contents(&engine, "tenant").unwrap();
        // Whatever opening has to write is written by now.
        assert_sound(&check_in_use(&engine, &[]), what);
        let (before, operations) = (files(&disk), disk.op_count());
        let report = check_in_use(&engine, &[]);
        assert!(report.findings.is_empty(), "{what}: {:#?}", report.findings);
        let names: Vec<&str> = report.namespaces.iter().map(|found| found.name.as_str()).collect();
        assert_eq!((names.as_slice(), report.checkpoints), (["default", "tenant"].as_slice(), 1));
        assert!(report.namespaces.iter().all(|found| found.rows > 30 && found.pages > 3 && found.commit_seq.0 > 30));
        assert!(files(&disk) == before && disk.op_count() == operations, "{what}: something was changed");
        let one = check_in_use(&engine, &["tenant"]);
        assert_eq!((one.namespaces.len(), one.checkpoints), (1, 0));
        assert_eq!(contents(&engine, "tenant").unwrap(), right);
    }
}

#[test]
fn what_cannot_be_checked_is_refused_by_name() {
    let engine = open(&closed()).unwrap();
    let code = |name: &str| engine.run("", check_of(&[name])).unwrap_err().code;
    assert_eq!(code("nobody"), ErrorCode::NamespaceNotFound);
    assert_eq!(code(""), ErrorCode::InvalidArgument);
    assert_eq!(code("../x"), ErrorCode::InvalidArgument);
    let too_many = check_of(&vec!["tenant"; crate::limits::CHECK_NAMESPACES_MAX + 1]);
    assert_eq!(engine.run("", too_many).unwrap_err().code, ErrorCode::LimitExceeded);
}

/// Page by page, under an engine that has read everything into its caches before.
#[test]
fn bad_pages_under_an_open_namespace_are_told_and_it_stays_in_service() {
    let disk = closed();
    let engine = open(&disk).unwrap();
    let right = contents(&engine, "tenant").unwrap();
    engine.run("tenant", Flush {}).unwrap();
    let (path, _) = store(&disk);
    let pages = (disk.bytes(&path).unwrap().len() as u64 - 8192) / 4104;
    let (mut used, mut free) = (0, 0);
    for page in 0..pages {
        let place = 8192 + page * 4104;
        let bytes = disk.bytes(&path).unwrap();
        if bytes[place as usize..place as usize + 4104].iter().all(|byte| *byte == 0) {
            continue;
        }
        disk.corrupt(&path, place + 9, 4).unwrap();
        let report = check_in_use(&engine, &["tenant"]);
        disk.corrupt(&path, place + 9, 4).unwrap();
        let told = report.findings.iter().any(|finding| finding.place.ends_with(&format!("page {}", page + 1)));
        assert!(told, "page {}: {:?}", page + 1, report.findings);
        match report.gravest() {
            FindingKind::Damaged => used += 1,
            FindingKind::Notice => free += 1,
            other => panic!("page {}: {other:?}", page + 1),
        }
        assert_eq!(contents(&engine, "tenant").unwrap(), right, "page {}", page + 1);
    }
    assert!(used > 5 && free > 0, "{used} pages in use, {free} free");
    assert_sound(&check_in_use(&engine, &[]), "whole again");
}

/// A namespace that cannot be opened is looked into all the same, and the others are checked.
#[test]
fn files_that_cannot_be_opened_are_findings() {
    for (name, part) in [("store.redb", FindingPart::Store), (".log", FindingPart::Log)] {
        let disk = killed();
        let engine = open(&disk).unwrap();
        let folder = store(&disk).0.parent().unwrap().to_owned();
        let path = files(&disk)
            .into_keys()
            .find(|path| path.starts_with(&folder) && path.to_string_lossy().ends_with(name))
            .unwrap();
        disk.remove_file(&path).unwrap();
        let report = check_in_use(&engine, &[]);
        assert_eq!(report.gravest(), FindingKind::Damaged, "{name}: {:?}", report.findings);
        assert!(report.findings.iter().any(|finding| finding.part == part), "{name}: {:?}", report.findings);
        assert_eq!(report.namespaces.len(), 2, "the other one is checked too");
        assert!(contents(&engine, "default").is_ok());
    }
}

/// What is derived is reported through the open store as well.
#[test]
fn defects_are_reported_in_use() {
    for (index, (table, change)) in DEFECTS.into_iter().enumerate() {
        let disk = closed();
        defect(&disk, change);
        let engine = open(&disk).unwrap();
        let report = check_in_use(&engine, &["tenant"]);
        assert_eq!(report.gravest(), FindingKind::Derived, "defect {index} of {table}: {:#?}", report.findings);
    }
}

/// What is derived is made anew under those who use it.
#[test]
fn what_is_derived_is_repaired_in_use() {
    for (kind, is_replayed) in [(closed as fn() -> SimDisk, false), (killed, true)] {
        for (index, (table, change)) in DEFECTS.into_iter().enumerate() {
            let what = format!("defect {index} of {table}");
            let disk = kind();
            let right = contents(&open(&disk.crash_image(0, CrashMode::KeepAll)).unwrap(), "tenant").unwrap();
            defect(&disk, change);
            let engine = open(&disk).unwrap();
            engine.run("tenant", put("open", None)).unwrap();
            engine.run("tenant", DeleteKey { key: ByteBuf::from("open"), durability: DURABILITY }).unwrap();
            let report = engine.run("", Check { repair: true, ..check_of(&[]) }).unwrap();
            assert_sound(&report, &what);
            assert!(report.repaired.iter().all(|finding| finding.kind == FindingKind::Derived), "{what}");
            // A log that is replayed brings counters of its own along, which were right.
            assert!(!report.repaired.is_empty() || (is_replayed && table == "counters"), "{what}");
            assert_eq!(contents(&engine, "tenant").unwrap(), right, "{what}");
            let again = engine.run("", Check { repair: true, ..check_of(&[]) }).unwrap();
            assert!(again.findings.is_empty() && again.repaired.is_empty(), "{what}: {again:#?}");
            engine.run("tenant", put("after", None)).unwrap();
            engine.close().unwrap();
            assert_sound(&check(&disk, false), &what);
        }
    }
}

/// Where more is wrong than what is derived nothing is repaired, and the opening goes on.
#[test]
fn a_contradiction_forbids_repairs_in_use() {
    let disk = closed();
    defect(&disk, |base, rows, counters| {
        counters.keys += 1;
        rows.insert(Table::Nodes, &keys(base, Table::Nodes)[0], None, 1);
    });
    let engine = open(&disk).unwrap();
    let snapshot = engine.run("tenant", TakeSnapshot {}).unwrap().seq;
    let report = engine.run("", Check { repair: true, ..check_of(&["tenant"]) }).unwrap();
    assert_eq!((report.gravest(), report.repaired.len()), (FindingKind::Contradiction, 0), "{:?}", report.findings);
    let held = engine.run("tenant", Scan { snapshot: Some(snapshot), ..Scan::default() });
    assert!(held.is_ok(), "{held:?}");
}

/// Bytes all over the records that the store does not have yet. What the log holds is in memory too: a flush saves it.
#[test]
fn damage_to_the_log_of_an_open_namespace_is_told_and_a_flush_saves_what_it_held() {
    let disk = closed();
    let engine = open(&disk).unwrap();
    for i in 0..3 {
        engine.run("tenant", Put { value: ByteBuf::from("v"), ..put(&format!("unflushed {i}"), None) }).unwrap();
    }
    let right = contents(&engine, "tenant").unwrap();
    let folder = store(&disk).0.parent().unwrap().join("log");
    let newest = disk.list_dir(&folder).unwrap().into_iter().rfind(|name| name.ends_with(".log")).unwrap();
    let path = folder.join(newest);
    let bytes = disk.bytes(&path).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() as u64 + 1;
    assert_sound(&check_in_use(&engine, &["tenant"]), "as it was written");
    let mut told = 0;
    for place in (0..end).step_by(17) {
        disk.corrupt(&path, place, 1).unwrap();
        let report = check_in_use(&engine, &["tenant"]);
        disk.corrupt(&path, place, 1).unwrap();
        match report.gravest() {
            FindingKind::Damaged => told += 1,
            // Padding behind a record.
            FindingKind::Notice => assert_eq!(bytes[place as usize], 0, "byte {place}"),
            other => panic!("byte {place}: {other:?}"),
        }
        let is_log = |finding: &Finding| finding.part == FindingPart::Log && finding.advice.contains("flush");
        assert!(report.findings.iter().all(is_log), "byte {place}: {:?}", report.findings);
    }
    assert!(told > 0, "{told} of {end} bytes");
    assert_sound(&check_in_use(&engine, &["tenant"]), "whole again");

    // The last record: its payload ends some bytes before.
    disk.corrupt(&path, end - 20, 1).unwrap();
    assert_eq!(check_in_use(&engine, &["tenant"]).gravest(), FindingKind::Damaged);
    engine.run("tenant", Flush {}).unwrap();
    let report = check_in_use(&engine, &["tenant"]);
    assert_sound(&report, "flushed");
    let image = disk.crash_image(0, CrashMode::DropUnsynced);
    assert_sound(&check(&image, false), "after a power loss");
    let again = open(&image).unwrap();
    assert_eq!(contents(&again, "tenant").unwrap(), right);
    again.run("tenant", put("after", None)).unwrap();
}

/// Pages are being written and rows flushed all the while: none of it looks like damage.
#[test]
fn a_check_beside_a_busy_writer_finds_nothing() {
    let disk = closed();
    let engine = open(&disk).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..40 {
                for i in 0..50 {
                    let put = Put { durability: Durability::Volatile, ..put(&format!("{round}/{i}"), Some(9_000_000)) };
                    engine.run("tenant", put).unwrap();
                }
                engine.run("tenant", Flush {}).unwrap();
                engine
                    .run("tenant", DeleteKey { key: ByteBuf::from(format!("{round}/7")), durability: DURABILITY })
                    .unwrap();
            }
            done.store(true, Ordering::Release);
        });
        let mut checks = 0;
        while !done.load(Ordering::Acquire) {
            let report = check_in_use(&engine, &["tenant"]);
            assert_sound(&report, "while somebody writes");
            checks += 1;
        }
        assert!(checks > 0);
    });
}
