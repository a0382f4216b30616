//! The data directory: found once, owned by one process, and missed when it is gone.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use toondb_engine::api::{CreateNamespace, DeleteNamespace, Durability, Error, ErrorCode, Flush, Put, Quota, SetQuota};
use toondb_engine::{Engine, EngineOptions};
use toondb_tests::TempDir;
use toondb_tests::requests::{bytes, get, put};

use super::sharing::{first_line, path, worker};

fn open(path: &Path) -> Engine {
    Engine::open(EngineOptions::new(path)).expect("the directory opens")
}

fn has(engine: &Engine, namespace: &str, key: &str) -> bool {
    engine.run(namespace, get(key)).unwrap().found.is_some()
}

/// The only test that changes the working directory: it belongs to the whole process.
#[test]
fn a_relative_path_is_resolved_once_and_parents_may_be_renamed() {
    let dir = TempDir::new();
    let (parent, elsewhere, renamed) = (dir.join("parent"), dir.join("elsewhere"), dir.join("renamed"));
    fs::create_dir_all(&parent).unwrap();
    fs::create_dir_all(&elsewhere).unwrap();
    std::env::set_current_dir(&parent).unwrap();
    let engine = open(Path::new("data"));
    engine.run("before", put("k", "1")).unwrap();
    std::env::set_current_dir(&elsewhere).unwrap();
    engine.run("after", CreateNamespace::default()).unwrap();
    engine.run("after", put("k", "2")).unwrap();
    engine.run("before", put("l", "3")).unwrap();
    fs::rename(&parent, &renamed).unwrap();
    engine.run("moved", put("k", "4")).unwrap();
    engine.run("moved", Flush {}).unwrap();
    engine.close().unwrap();
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0, "nothing was made in the new working directory");
    std::env::set_current_dir("/").unwrap();
    let again = open(&renamed.join("data"));
    for (namespace, key) in [("before", "k"), ("before", "l"), ("after", "k"), ("moved", "k")] {
        assert!(has(&again, namespace, key), "{namespace}/{key} is lost");
    }
}

#[test]
fn a_removed_lock_file_lets_nobody_in() {
    let dir = TempDir::new();
    let data = dir.join("data");
    let engine = open(&data);
    fs::remove_file(data.join("LOCK")).unwrap();
    for _ in 0..2 {
        let refused = first_line(&mut worker(&["open", path(&data)]));
        assert!(refused.starts_with("refused Locked "), "{refused}");
    }
    engine.run("", put("k", "v")).unwrap();
    engine.close().unwrap();
    assert!(has(&open(&data), "", "k"));
}

#[test]
fn a_fork_of_a_killed_process_does_not_keep_the_directory() {
    let dir = TempDir::new();
    let data = dir.join("data");
    let mut parent = worker(&["fork", path(&data)]);
    assert!(first_line(&mut parent).starts_with("forked "));
    assert!(!parent.wait().unwrap().success(), "the parent was killed");
    // The child lives on, as its input does.
    let engine = open(&data);
    engine.run("", put("k", "v")).unwrap();
}

#[test]
fn a_write_into_a_removed_directory_is_not_acknowledged() {
    let dir = TempDir::new();
    let data = dir.join("data");
    let engine = open(&data);
    engine.run("", put("k", "1")).unwrap();
    engine.run("other", put("k", "1")).unwrap();
    fs::remove_dir_all(&data).unwrap();
    for namespace in ["", "other", "new", ""] {
        let error = engine.run(namespace, put("k", "2")).expect_err("nothing is durable in a removed directory");
        assert_eq!(error.code, ErrorCode::Fenced, "{namespace}: {error}");
        assert!(error.message.contains("removed"), "{error}");
    }
    let error = engine.run("made", CreateNamespace::default()).expect_err("there is no directory");
    assert_eq!(error.code, ErrorCode::Fenced, "{error}");
    assert!(!data.exists(), "it is not made again behind the user's back");
    engine.close().unwrap();
    let fresh = open(&data);
    assert!(!has(&fresh, "", "k"), "what was removed is removed");
    fresh.run("", put("k", "3")).unwrap();
}

#[test]
fn a_removed_directory_of_namespaces_is_not_made_again() {
    let dir = TempDir::new();
    let data = dir.join("data");
    let engine = open(&data);
    engine.run("", put("k", "1")).unwrap();
    engine.run("cold", CreateNamespace::default()).unwrap();
    fs::remove_dir_all(data.join("ns")).unwrap();
    let fenced = |what: &str, result: Result<(), Error>| {
        let error = result.expect_err(what);
        assert_eq!(error.code, ErrorCode::Fenced, "{what}: {error}");
        assert!(error.message.contains("removed") && error.message.contains("restart the server"), "{what}: {error}");
    };
    for _ in 0..2 {
        fenced("write", engine.run("", put("k", "2")).map(drop));
        fenced("read", engine.run("", get("k")).map(drop));
        fenced("read of a cold one", engine.run("cold", get("k")).map(drop));
        fenced("write to a cold one", engine.run("cold", put("k", "2")).map(drop));
        fenced("first write", engine.run("zz", put("k", "2")).map(drop));
        fenced("creation", engine.run("made", CreateNamespace::default()).map(drop));
        fenced("quota", engine.run("cold", SetQuota { quota: Quota::default() }).map(drop));
        fenced("deletion", engine.run("cold", DeleteNamespace {}).map(drop));
        assert!(!data.join("ns").exists(), "it is not made again behind the user's back");
    }
    engine.close().unwrap();
}

#[test]
fn a_removed_log_or_store_ends_the_acknowledgements() {
    let dir = TempDir::new();
    for suffix in ["log", "redb"] {
        let data = dir.join(suffix);
        let engine = open(&data);
        engine.run("", put("k", "1")).unwrap();
        let mut folders = vec![data.join("ns")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if entry.is_dir() {
                    folders.push(entry);
                } else if entry.extension().is_some_and(|extension| extension == suffix) {
                    fs::remove_file(entry).unwrap();
                }
            }
        }
        let volatile = Put { key: bytes("v"), value: bytes("2"), ttl_ms: None, durability: Durability::Volatile };
        let _ = engine.run("", volatile);
        let error = engine.run("", Flush {}).expect_err("nothing reaches a file without a name");
        assert_ne!(error.code, ErrorCode::Internal, "{suffix}: {error}");
        let error = engine.run("", put("k", "3")).expect_err("the file is gone");
        assert!(matches!(error.code, ErrorCode::Fenced | ErrorCode::Corrupt | ErrorCode::Busy), "{suffix}: {error:?}");
        engine.close().unwrap();
    }
}

#[test]
fn a_directory_that_others_may_write_is_made_private_or_refused() {
    let dir = TempDir::new();
    let (fresh, foreign) = (dir.join("fresh"), dir.join("foreign"));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for path in [&fresh, &foreign] {
        fs::create_dir(path).unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o777)).unwrap();
    }
    open(&fresh).close().unwrap();
    assert_eq!(mode(&fresh), 0o755);
    fs::set_permissions(&fresh, Permissions::from_mode(0o775)).unwrap();
    open(&fresh).close().unwrap();
    assert_eq!(mode(&fresh), 0o755, "a database is made private too");
    fs::write(foreign.join("letter"), "dear").unwrap();
    let error = Engine::open(EngineOptions::new(&foreign)).expect_err("it was meant for something else");
    assert_eq!(error.code, ErrorCode::PermissionDenied, "{error}");
    assert_eq!(mode(&foreign), 0o777, "nothing was changed");
    assert_eq!(fs::read_dir(&foreign).unwrap().count(), 1);
    // Another user's: only root can try, as only root can give a directory away.
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&fresh, Some(12_345), None).unwrap();
        let error = Engine::open(EngineOptions::new(&fresh)).expect_err("it belongs to somebody else");
        assert_eq!(error.code, ErrorCode::PermissionDenied, "{error}");
        assert!(error.message.contains("12345"), "{error}");
    }
}
