//! A check of what this process serves says the same as one of a directory at rest, and disturbs nobody.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::api::{Check, CreateCheckpoint, ErrorCode, Finding, RestoreCheckpoint, TakeSnapshot};

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

/// Three records that the store does not have yet, where they stand, and what the namespace holds.
fn unflushed(start: &SimDisk) -> (SimDisk, Engine, PathBuf, String) {
    let disk = start.crash_image(0, CrashMode::KeepAll);
    let engine = open(&disk).unwrap();
    for i in 0..3 {
        engine.run("tenant", Put { value: ByteBuf::from("v"), ..put(&format!("unflushed {i}"), None) }).unwrap();
    }
    let right = contents(&engine, "tenant").unwrap();
    let folder = store(&disk).0.parent().unwrap().join("log");
    let newest = disk.list_dir(&folder).unwrap().into_iter().rfind(|name| name.ends_with(".log")).unwrap();
    (disk, engine, folder.join(newest), right)
}

/// Bytes all over a log, some of which the store has: what it held is in memory too, so it is told, and saved at once. What is
/// written later stands in a log of its own, which no damage precedes.
#[test]
fn damage_to_the_log_of_an_open_namespace_is_told_and_what_it_held_is_saved() {
    let start = closed();
    let (disk, engine, path, _) = unflushed(&start);
    assert_sound(&check_in_use(&engine, &["tenant"]), "as it was written");
    let bytes = disk.bytes(&path).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() as u64 + 1;
    let mut told = 0;
    for place in (0..end).step_by(211).chain([end - 20, end - 90]) {
        let (disk, engine, path, right) = unflushed(&start);
        disk.corrupt(&path, place, 1).unwrap();
        let report = check_in_use(&engine, &["tenant"]);
        match report.gravest() {
            FindingKind::Damaged => {
                told += 1;
                let is_saved = |finding: &Finding| finding.advice.contains("nothing is lost");
                assert!(report.findings.iter().all(is_saved), "byte {place}: {:?}", report.findings);
            }
            // Padding behind a record, or what the store has had for long.
            FindingKind::Notice => {}
            other => panic!("byte {place}: {other:?}"),
        }
        assert!(report.findings.iter().all(|finding| finding.part == FindingPart::Log), "byte {place}");
        assert_sound(&check_in_use(&engine, &["tenant"]), "saved");
        engine.run("tenant", put("later", None)).unwrap();
        let right_later = contents(&engine, "tenant").unwrap();
        assert!(right_later.len() > right.len());
        for mode in [CrashMode::DropUnsynced, CrashMode::KeepAll] {
            let image = disk.crash_image(0, mode);
            if report.gravest() == FindingKind::Damaged {
                assert_sound(&check(&image, false), &format!("byte {place}, a power loss, {mode:?}"));
                let again = open(&image).unwrap();
                assert_eq!(contents(&again, "tenant").unwrap(), right_later, "byte {place}, {mode:?}");
                again.run("tenant", put("after", None)).unwrap();
            }
        }
    }
    assert!(told > 1, "{told} of {end} bytes");
}

/// The engine has read everything before, and answers from its caches; the file says what a restart would find.
#[test]
fn a_store_that_is_gone_cut_or_wiped_under_an_open_namespace_is_told() {
    let all = |disk: &SimDisk| {
        let engine = open(disk).unwrap();
        contents(&engine, "tenant").unwrap();
        assert_sound(&check_in_use(&engine, &["tenant"]), "as it was");
        engine
    };
    let (disk, whole) = (closed(), closed());
    let len = whole.bytes(&store(&whole).0).unwrap().len() as u64;
    {
        let engine = all(&disk);
        disk.remove_file(&store(&disk).0).unwrap();
        assert_eq!(check_in_use(&engine, &["tenant"]).gravest(), FindingKind::Damaged, "removed");
    }
    for cut in [0, 4096, 8192, len / 2, len - 1] {
        let disk = closed();
        let engine = all(&disk);
        disk.cut(&store(&disk).0, cut).unwrap();
        assert_eq!(check_in_use(&engine, &["tenant"]).gravest(), FindingKind::Damaged, "cut to {cut} of {len}");
    }
    let (mut told, mut free) = (0, 0);
    for page in 0..(len - 8192) / 4104 {
        let disk = closed();
        let engine = all(&disk);
        let (path, _) = store(&disk);
        let place = 8192 + page * 4104;
        let bytes = disk.bytes(&path).unwrap();
        for (offset, byte) in (place..).zip(&bytes[place as usize..place as usize + 4104]) {
            disk.corrupt(&path, offset, *byte).unwrap();
        }
        let report = check_in_use(&engine, &["tenant"]);
        let image = disk.crash_image(0, CrashMode::KeepAll);
        assert_eq!(report.gravest(), check(&image, false).gravest(), "page {page}: {:?}", report.findings);
        if report.gravest() == FindingKind::Damaged { told += 1 } else { free += 1 }
    }
    assert!(told > 5, "{told} pages in use, {free} free");
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

/// A namespace whose files change while it is checked is checked again; should they change once more, the check says which one
/// it left out and goes on.
#[test]
fn a_check_of_everything_goes_on_beside_restores() {
    let disk = closed();
    let engine = open(&disk).unwrap();
    let made = CreateCheckpoint { name: "again".to_owned(), ..CreateCheckpoint::default() };
    let id = engine.run("tenant", made).unwrap().id;
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..30 {
                engine.run("tenant", RestoreCheckpoint { checkpoint_id: id.clone(), overwrite: true }).unwrap();
            }
            done.store(true, Ordering::Release);
        });
        let mut checks = 0;
        while !done.load(Ordering::Acquire) || checks == 0 {
            let report = check_in_use(&engine, &[]);
            let left_out = |finding: &Finding| {
                finding.kind == FindingKind::Unreadable && finding.what.contains("\"tenant\" was not checked")
            };
            let others =
                report.findings.iter().filter(|finding| !left_out(finding) && finding.kind != FindingKind::Notice);
            assert_eq!(others.count(), 0, "{:#?}", report.findings);
            let names: Vec<&str> = report.namespaces.iter().map(|found| found.name.as_str()).collect();
            let is_left_out = report.findings.iter().any(left_out);
            assert_eq!(names, if is_left_out { vec!["default"] } else { vec!["default", "tenant"] });
            checks += 1;
        }
    });
    assert_sound(&check_in_use(&engine, &[]), "afterwards");
}
