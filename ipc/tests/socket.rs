//! How the socket comes to be, and whom it is left alone for.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failure fails the test")]

mod common;

use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::sync::Arc;

use common::stub::Stub;
use common::{Fixture, TempDir, get};
use toondb_engine::api::ErrorCode;
use toondb_ipc::{BindError, BlockingClient, ClientOptions, Server, ServerOptions};

fn bind(path: &std::path::Path) -> Result<Server, BindError> {
    Server::bind(path, ServerOptions::default(), Stub::new())
}

#[test]
fn sec_s01_the_socket_is_private_from_its_first_moment() {
    let dir = TempDir::new();
    let _server = bind(&dir.socket()).unwrap();
    let metadata = std::fs::symlink_metadata(dir.socket()).unwrap();
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.mode() & 0o7777, 0o600);
    let lock = std::fs::metadata(dir.0.join("t.sock.lock")).unwrap();
    assert_eq!(lock.mode() & 0o077, 0);
}

#[test]
fn sec_s01_no_wider_mode_is_ever_seen() {
    let dir = TempDir::new();
    let path = dir.socket();
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (watched, ended) = (path.clone(), Arc::clone(&stop));
    let watcher = std::thread::spawn(move || {
        let mut seen = 0_u32;
        while !ended.load(std::sync::atomic::Ordering::Relaxed) {
            if let Ok(metadata) = std::fs::symlink_metadata(&watched) {
                assert_eq!(metadata.mode() & 0o077, 0);
                seen += 1;
            }
        }
        seen
    });
    for _ in 0..200 {
        drop(bind(&path).unwrap());
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    watcher.join().unwrap();
}

#[test]
fn sec_s01_an_open_directory_is_refused_and_a_sticky_one_is_not() {
    let dir = TempDir::new();
    let set = |mode| std::fs::set_permissions(&dir.0, std::fs::Permissions::from_mode(mode)).unwrap();
    set(0o777);
    assert!(matches!(bind(&dir.socket()), Err(BindError::UnsafeDirectory(_))));
    assert!(!dir.socket().exists());
    set(0o1777);
    bind(&dir.socket()).unwrap();
}

#[test]
fn sec_s02_a_live_server_is_never_displaced() {
    let fixture = Fixture::new();
    let inode = std::fs::symlink_metadata(fixture.path()).unwrap().ino();
    for _ in 0..20 {
        let Err(BindError::AlreadyServed { pid, .. }) = bind(&fixture.path()) else {
            panic!("a second server started");
        };
        assert_eq!(pid, std::process::id().to_string());
    }
    assert_eq!(std::fs::symlink_metadata(fixture.path()).unwrap().ino(), inode);
    let client = BlockingClient::connect(fixture.path(), ClientOptions::default()).unwrap();
    client.call("default", &get(b"k")).unwrap();
}

#[test]
fn sec_s02_a_socket_that_somebody_serves_without_a_lock_is_left_alone() {
    let dir = TempDir::new();
    let _foreign = UnixListener::bind(dir.socket()).unwrap();
    assert!(matches!(bind(&dir.socket()), Err(BindError::AlreadyServed { .. })));
    assert!(dir.socket().exists());
}

#[test]
fn sec_s02_a_stale_socket_is_replaced() {
    let dir = TempDir::new();
    // Dropping a listener leaves its file behind, as a crash does.
    drop(UnixListener::bind(dir.socket()).unwrap());
    assert!(dir.socket().exists());
    let _server = bind(&dir.socket()).unwrap();
    BlockingClient::connect(dir.socket(), ClientOptions::default()).unwrap();
}

#[test]
fn sec_s02_what_is_no_socket_is_left_alone() {
    let dir = TempDir::new();
    std::fs::write(dir.socket(), "precious").unwrap();
    assert!(matches!(bind(&dir.socket()), Err(BindError::Occupied { .. })));
    assert_eq!(std::fs::read(dir.socket()).unwrap(), b"precious");

    let link = dir.0.join("link.sock");
    drop(UnixListener::bind(dir.0.join("target.sock")).unwrap());
    symlink(dir.0.join("target.sock"), &link).unwrap();
    assert!(matches!(bind(&link), Err(BindError::Occupied { .. })));
    assert!(link.is_symlink() && dir.0.join("target.sock").exists());

    let locked = dir.0.join("other.sock");
    symlink(dir.socket(), dir.0.join("other.sock.lock")).unwrap();
    assert!(bind(&locked).is_err());
    assert_eq!(std::fs::read(dir.socket()).unwrap(), b"precious");
}

#[test]
fn sec_s02_two_starts_race_and_one_wins() {
    let dir = TempDir::new();
    for _ in 0..50 {
        drop(UnixListener::bind(dir.socket()).unwrap());
        let (left, right) = std::thread::scope(|scope| {
            let left = scope.spawn(|| bind(&dir.socket()));
            let right = scope.spawn(|| bind(&dir.socket()));
            (left.join().unwrap(), right.join().unwrap())
        });
        assert!(left.is_ok() != right.is_ok(), "{left:?} {right:?}");
        BlockingClient::connect(dir.socket(), ClientOptions::default()).unwrap();
    }
}

/// Other programs have lock files of the same name, and people have files of any name.
#[test]
fn a_lock_file_that_is_not_ours_is_left_alone() {
    let dir = TempDir::new();
    let path = dir.0.join("t.sock.lock");
    let own_pid = std::process::id().to_string();
    for text in ["somebody's notes", "toondb socket lock, pid x\n", "4711\nmore", &own_pid] {
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let refused = bind(&dir.socket()).unwrap_err();
        assert!(matches!(&refused, BindError::Occupied { path: found, .. } if *found == path), "{text:?}: {refused}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        assert!(!dir.socket().exists());
    }
    std::fs::remove_file(&path).unwrap();
    // Another name of a file that somebody else relies on.
    std::fs::write(dir.0.join("precious"), "").unwrap();
    std::fs::hard_link(dir.0.join("precious"), &path).unwrap();
    assert!(matches!(bind(&dir.socket()), Err(BindError::Occupied { .. })));
    std::fs::remove_file(&path).unwrap();
    // Ours: the line, nothing after a power loss, and what versions before wrote, when its process is gone.
    for text in ["toondb socket lock, pid 4711\n", "", "2147483646\n"] {
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        drop(bind(&dir.socket()).unwrap());
        let line = format!("toondb socket lock, pid {own_pid}\n");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), line);
    }
}

#[test]
fn sec_s02_at_the_end_only_our_own_socket_is_removed() {
    let dir = TempDir::new();
    let server = bind(&dir.socket()).unwrap();
    assert!(server.shutdown());
    assert!(!dir.socket().exists());

    let server = bind(&dir.socket()).unwrap();
    std::fs::remove_file(dir.socket()).unwrap();
    let _other = UnixListener::bind(dir.socket()).unwrap();
    assert!(server.shutdown());
    assert!(dir.socket().exists());
}

#[test]
fn paths_that_cannot_be_are_refused_in_words() {
    let dir = TempDir::new();
    let long = dir.0.join("x".repeat(108));
    let message = bind(&long).unwrap_err().to_string();
    assert!(message.contains("107"), "{message}");
    assert!(matches!(bind("a\0b".as_ref()), Err(BindError::BadPath { .. })));
    assert!(matches!(bind("".as_ref()), Err(BindError::BadPath { .. })));
    assert!(matches!(bind(&dir.0.join("missing/t.sock")), Err(BindError::Io { .. })));
}

#[test]
fn sec_s03_a_user_who_is_not_listed_is_refused_unread() {
    let own = std::fs::metadata("/proc/self").unwrap().uid();
    let fixture = Fixture::with(ServerOptions { uids: vec![own + 1], ..ServerOptions::default() });
    let mut raw = fixture.raw();
    raw.expect_error(0, ErrorCode::PermissionDenied);
    raw.expect_end();
    let error = BlockingClient::connect(fixture.path(), ClientOptions::default()).unwrap_err();
    assert_eq!(error.code, ErrorCode::PermissionDenied);
}

#[test]
fn sec_s04_a_server_of_another_user_is_refused_by_the_client() {
    let own = std::fs::metadata("/proc/self").unwrap().uid();
    let fixture = Fixture::new();
    let options = ClientOptions { server_uids: vec![own + 1], ..ClientOptions::default() };
    let error = BlockingClient::connect(fixture.path(), options).unwrap_err();
    assert_eq!(error.code, ErrorCode::PermissionDenied);
}
