//! A check of what this process serves says the same as one of a directory at rest, and disturbs nobody.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::api::{Check, ErrorCode};

/// The answer of the engine that has the directory open.
fn check_in_use(engine: &Engine, namespaces: &[&str]) -> CheckReport {
    engine.run("", Check { namespaces: namespaces.iter().map(|name| (*name).into()).collect() }).unwrap()
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
    let code = |name: &str| engine.run("", Check { namespaces: vec![name.into()] }).unwrap_err().code;
    assert_eq!(code("nobody"), ErrorCode::NamespaceNotFound);
    assert_eq!(code(""), ErrorCode::InvalidArgument);
    assert_eq!(code("../x"), ErrorCode::InvalidArgument);
    let namespaces = vec!["tenant".into(); crate::limits::CHECK_NAMESPACES_MAX + 1];
    assert_eq!(engine.run("", Check { namespaces }).unwrap_err().code, ErrorCode::LimitExceeded);
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
