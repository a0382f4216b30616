//! The power goes at every operation of the disk while checkpoints are taken, restored, imported and deleted.

use super::support::{Db, answers, fill, put};
use crate::api::{
    CheckpointInfo, CreateCheckpoint, DeleteCheckpoint, ErrorCode, ExportFormat, NamespaceStatsRequest, Result,
};
use crate::disk::{CrashMode, SimDisk};

/// What there was before, and what each state of namespace `n` answers.
struct Scene {
    disk: SimDisk,
    info: CheckpointInfo,
    exported: Vec<u8>,
    old: String,
    new: String,
}

fn versionless(text: &str) -> String {
    text.lines().skip(1).collect::<Vec<_>>().join("\n")
}

fn scene() -> Scene {
    let db = Db::new();
    fill(&db, "source");
    let (info, new) = (db.checkpoint("source"), versionless(&answers(&db, "source")));
    let exported = db.export("source", &info.id, ExportFormat::Json, 1 << 20);
    db.engine.run("n", put(b"old", b"1", None)).unwrap();
    let old = versionless(&answers(&db, "n"));
    db.engine.close().unwrap();
    Scene { disk: db.disk.clone(), info, exported, old, new }
}

/// How far the workload came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Done {
    Nothing,
    Created,
    Restored,
    Imported,
    Deleted,
}

fn work(db: &Db, scene: &Scene, done: &mut Done) -> Result<()> {
    db.engine.run("source", CreateCheckpoint { name: "second".to_owned(), ..CreateCheckpoint::default() })?;
    *done = Done::Created;
    db.restore("n", &scene.info.id, true)?;
    *done = Done::Restored;
    db.import("inbox", ExportFormat::Json, &scene.exported)?;
    *done = Done::Imported;
    db.engine.run("source", DeleteCheckpoint { checkpoint_id: scene.info.id.clone() })?;
    *done = Done::Deleted;
    Ok(())
}

fn check(disk: &SimDisk, scene: &Scene, done: Done, what: &str) {
    let db = Db::with_seed(disk, 77).unwrap_or_else(|error| panic!("{what}: it does not open: {error:?}"));
    db.check_no_leftovers(what);
    let found = versionless(&answers(&db, "n"));
    assert!(found == scene.old || found == scene.new, "{what}: neither old nor new:\n{found}");
    assert!(done < Done::Restored || found == scene.new, "{what}: the restore was acknowledged and is gone");
    assert!(done >= Done::Created || found == scene.old, "{what}: restored before it was asked for");
    db.engine.run("n", put(b"~after", b"1", None)).unwrap();
    let (source, inbox) = (db.list("source"), db.list("inbox"));
    let first_is_there = source.iter().any(|info| info.id == scene.info.id);
    assert!(first_is_there || done >= Done::Imported, "{what}: the checkpoint is gone");
    assert!(!first_is_there || done < Done::Deleted, "{what}: the deleted checkpoint is back");
    assert!(done < Done::Created || source.iter().any(|info| info.name == "second"), "{what}: a checkpoint is gone");
    assert!(done < Done::Imported || inbox.len() == 1, "{what}: the import is gone");
    for (index, info) in source.iter().chain(&inbox).enumerate() {
        let target = format!("t{index}");
        db.restore(&target, &info.id, false).unwrap_or_else(|error| panic!("{what}: {} is broken: {error:?}", info.id));
        assert_eq!(versionless(&answers(&db, &target)), scene.new, "{what}: {}", info.id);
    }
    db.engine.close().unwrap();
    let mut folders = crate::disk::Disk::list_dir(disk, std::path::Path::new("/db/ns")).unwrap();
    folders.retain(|name| !name.ends_with(".generation"));
    assert_eq!(folders.len(), 3 + source.len() + inbox.len(), "{what}: a folder that nobody names is left");
}

fn run(disk: &SimDisk, scene: &Scene) -> Done {
    let mut done = Done::Nothing;
    if let Ok(db) = Db::with_seed(disk, 5) {
        // Whatever fails, the rest is found by looking.
        let _ = work(&db, scene, &mut done);
        let _ = db.engine.close();
    }
    done
}

#[test]
fn every_operation_may_be_the_last() {
    let scene = scene();
    let whole = scene.disk.crash_image(0, CrashMode::KeepAll);
    assert_eq!(run(&whole, &scene), Done::Deleted);
    let all = whole.op_count();
    let long = std::env::var_os("TOONDB_LONG").is_some();
    for op in 1..=all {
        let disk = scene.disk.crash_image(0, CrashMode::KeepAll);
        disk.crash_at(op);
        let done = run(&disk, &scene);
        let modes = [CrashMode::DropUnsynced, CrashMode::KeepAll, CrashMode::Random];
        // Each operation is tried with one of the ways to lose what was not synced, in turn; at length with all.
        for (index, mode) in modes.into_iter().enumerate() {
            if long || op % 3 == index as u64 {
                let what = format!("power loss at operation {op} of {all}, {mode:?}, after {done:?}");
                check(&disk.crash_image(op, mode), &scene, done, &what);
            }
        }
    }
}

/// An operation that fails once, without effect: an error, and everything as before or done.
#[test]
fn every_operation_may_fail_once() {
    let scene = scene();
    let whole = scene.disk.crash_image(0, CrashMode::KeepAll);
    run(&whole, &scene);
    let all = whole.op_count();
    for op in (1..=all).step_by(2) {
        let disk = scene.disk.crash_image(0, CrashMode::KeepAll);
        disk.fail_at(op);
        let done = run(&disk, &scene);
        disk.fail_at(0);
        check(&disk, &scene, done, &format!("EIO at operation {op} of {all}, after {done:?}"));
    }
}

#[test]
fn a_full_disk_leaves_everything_as_it_was() {
    let scene = scene();
    for free in [0, 50_000, 63 << 20, 65 << 20, (64 << 20) + 100_000] {
        let disk = scene.disk.crash_image(0, CrashMode::KeepAll);
        let db = Db::with_seed(&disk, 5).unwrap();
        disk.set_free_bytes(Some(free));
        let mut done = Done::Nothing;
        let result = work(&db, &scene, &mut done);
        if let Err(error) = result {
            assert_eq!(error.code, ErrorCode::DiskFull, "{free} bytes free: {error:?}");
        } else {
            assert_eq!(done, Done::Deleted);
        }
        db.check_no_leftovers("a full disk");
        disk.set_free_bytes(None);
        assert!(db.engine.run("n", NamespaceStatsRequest {}).is_ok());
        db.engine.close().unwrap();
        check(&disk, &scene, done, &format!("{free} bytes free"));
    }
}
