//! A real file system that is full: a small tmpfs, where this process may mount one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "whatever fails here fails the test"
)]

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use toondb_engine::api::{
    ByteBuf, CreateNamespace, DeleteKey, Durability, Error, ErrorCode, ListNamespaces, NamespaceStatsRequest, Put,
};
use toondb_engine::{Engine, EngineOptions};
use toondb_tests::TempDir;
use toondb_tests::requests::{get, put};

/// The file system takes 64 MiB that writes keep free, and so much besides.
const SIZE_BYTES: usize = 160 << 20;
const VALUE_BYTES: usize = 64 << 10;
/// What somebody else keeps.
const OTHER_BYTES: u64 = 32 << 20;

/// A mounted tmpfs; it is unmounted when this goes.
struct Mounted<'a>(&'a Path);

impl<'a> Mounted<'a> {
    fn new(dir: &'a Path) -> Option<Self> {
        let options = format!("size={SIZE_BYTES},mode=0700");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "toondb-test"]).arg(dir).output();
        mounted.is_ok_and(|mounted| mounted.status.success()).then_some(Self(dir))
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}

/// Asks again and again what may be refused for a while: until flushes have made room, which give way to requests and so
/// take long on a machine that has other work.
fn within<T>(what: &str, mut ask: impl FnMut() -> Result<T, Error>) -> T {
    let mut last = None;
    for _ in 0..200_000 {
        match ask() {
            Ok(answer) => return answer,
            Err(error) => last = Some(error),
        }
        std::thread::park_timeout(Duration::from_millis(1));
    }
    panic!("{what}: {last:?}");
}

fn large(number: usize) -> Put {
    let value = ByteBuf::from(vec![u8::try_from(number % 251).unwrap(); VALUE_BYTES]);
    let key = ByteBuf::from(format!("large{number:05}"));
    Put { key, value, ttl_ms: None, durability: Durability::Volatile }
}

/// Takes every byte that is left, and tells how many there were, about.
fn fill_up(path: &Path) -> u64 {
    let mut file = File::create(path).unwrap();
    let mut taken = 0;
    for size in [1 << 20, 4096, 1] {
        let bytes = vec![1; size];
        while file.write_all(&bytes).is_ok() {
            taken += size as u64;
        }
    }
    taken
}

#[test]
fn deleting_brings_writes_back_and_nothing_leaks() {
    let dir = TempDir::new();
    let Some(_mounted) = Mounted::new(dir.path()) else {
        println!("skipped: this process may not mount a tmpfs");
        return;
    };
    let data = dir.path().join("data");
    let engine = Engine::open(EngineOptions::new(&data)).unwrap();
    engine.run("default", put("first", "value")).unwrap();
    let mut written = 0;
    let refused = loop {
        match engine.run("default", large(written)) {
            Ok(_) => written += 1,
            Err(error) => break error,
        }
        assert!(written * VALUE_BYTES < SIZE_BYTES, "the disk is never full");
    };
    assert_eq!(refused.code, ErrorCode::DiskFull, "{refused}");
    // Somebody else takes the rest, to the last byte.
    let other = dir.path().join("other");
    let left = fill_up(&other);
    assert!(left > OTHER_BYTES, "writes have left {left} bytes");
    let folders = || std::fs::read_dir(data.join("ns")).unwrap().count();
    let before = folders();
    for name in ["a", "b"] {
        let refused = engine.run(name, CreateNamespace::default()).unwrap_err();
        assert_eq!(refused.code, ErrorCode::DiskFull, "{refused}");
        assert_eq!(engine.run(name, put("key", "value")).unwrap_err().code, ErrorCode::DiskFull);
    }
    assert_eq!(folders(), before);
    assert_eq!(engine.run("default", ListNamespaces {}).unwrap().namespaces.len(), 1);
    // Half of what writes leave is enough for deletes, however many.
    File::options().write(true).open(&other).unwrap().set_len(OTHER_BYTES).unwrap();
    for number in 0..written {
        let key = ByteBuf::from(format!("large{number:05}"));
        let delete = DeleteKey { key, durability: Durability::Durable };
        let deleted = within("a delete", || engine.run("default", delete.clone()));
        assert_eq!(deleted.deleted, 1, "{number} of {written}");
    }
    within("a write after everything was deleted", || engine.run("default", put("again", "value")));
    within("a namespace after everything was deleted", || engine.run("a", CreateNamespace::default()));
    let small = |stats: u64| match stats < 24 << 20 {
        true => Ok(()),
        false => Err(Error::new(ErrorCode::Busy, format!("{stats} bytes on disk"))),
    };
    within("files that shrink", || small(engine.run("default", NamespaceStatsRequest {})?.disk_bytes));
    engine.close().unwrap();
    let engine = Engine::open(EngineOptions::new(&data)).unwrap();
    for key in ["first", "again"] {
        assert!(engine.run("default", get(key)).unwrap().found.is_some(), "{key}");
    }
    assert!(engine.run("default", get("large00000")).unwrap().found.is_none());
    engine.close().unwrap();
}
