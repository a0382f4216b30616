//! `toondb check`: what it tells, how it ends, and that it leaves everything as it was.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use toondb_engine::api::{CreateCheckpoint, Flush, Properties};
use toondb_engine::{Engine, EngineOptions};
use toondb_tests::requests::{get, put};
use toondb_tests::{Served, TempDir, server_binary};

use crate::damage::{copy_tree, files, namespace, prepared, segment};

/// How a check ended, and what it printed and complained of.
fn check(arguments: &[&Path]) -> (Option<i32>, String, String) {
    let output = Command::new(server_binary()).arg("check").args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Something in the store, in the log, and in a checkpoint.
fn directory(data: &Path) {
    prepared(data);
    let copy = data.with_extension("with-checkpoint");
    copy_tree(data, &copy);
    let engine = Engine::open(EngineOptions::new(&copy)).unwrap();
    let create = CreateCheckpoint { name: "c".to_owned(), include_patterns: Vec::new(), metadata: Properties::new() };
    engine.run("default", create).unwrap();
    engine.close().unwrap();
    copy_tree(&copy.join("checkpoints"), &data.join("checkpoints"));
}

fn first_below(dir: &Path) -> PathBuf {
    let path =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).find(|path| !path.ends_with(".tmp")).unwrap();
    if path.is_dir() { first_below(&path) } else { path }
}

fn flip(path: &Path, place: impl FnOnce(&[u8]) -> usize) {
    let mut bytes = fs::read(path).unwrap();
    let at = place(&bytes);
    bytes[at] ^= 0x10;
    fs::write(path, bytes).unwrap();
}

/// As [`check`], of what a server serves.
fn check_served(socket: &Path, rest: &[&str]) -> (Option<i32>, String, String) {
    let rest = rest.iter().map(Path::new);
    check(&[Path::new("--socket"), socket].into_iter().chain(rest).collect::<Vec<_>>())
}

/// Changes a text wherever a file has it, in place: somebody has the file open.
fn change(path: &Path, text: &[u8]) {
    let bytes = fs::read(path).unwrap();
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    let places: Vec<usize> =
        bytes.windows(text.len()).enumerate().filter(|(_, part)| *part == text).map(|(place, _)| place).collect();
    assert!(!places.is_empty(), "{} has it", path.display());
    for place in places {
        file.write_all_at(&[bytes[place] ^ 0x10], u64::try_from(place).unwrap()).unwrap();
    }
}

#[test]
fn a_sound_directory_is_sound_and_stays_as_it_is() {
    let dir = TempDir::new();
    let data = dir.join("data");
    directory(&data);
    fs::remove_file(data.join("LOCK")).unwrap();
    let before = files(&data);
    let (code, told, complaints) = check(&[&data]);
    assert_eq!((code, complaints.as_str()), (Some(0), ""), "{told}");
    assert!(told.starts_with("sound: checked 1 namespaces"), "{told}");
    let (code, told, _) = check(&[&data, Path::new("--json")]);
    let json: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((code, &json["summary"][0]["outcome"]), (Some(0), &"sound".into()), "{told}");
    assert_eq!(json["summary"][0]["checkpoints"], 1, "{told}");
    assert_eq!(json["summary"][0]["more_findings"], 0, "{told}");
    assert!(files(&data) == before, "something was changed");
    assert!(!data.join("LOCK").exists(), "not even a lock file is made");
}

#[test]
fn a_flipped_byte_is_reported_with_its_place_and_nothing_is_changed() {
    type Case = (&'static str, fn(&Path) -> PathBuf, fn(&[u8]) -> usize);
    let cases: [Case; 5] = [
        (
            "store.redb, page",
            |data| namespace(data).join("store.redb"),
            |bytes| bytes.windows(7).rposition(|part| part == b"flushed").unwrap(),
        ),
        ("/log", segment, |bytes| bytes.windows(6).position(|part| part == b"logged").unwrap()),
        (".toondb", |data| first_below(&data.join("checkpoints")), |bytes| bytes.len() - 3),
        (
            "catalog.redb",
            |data| data.join("catalog.redb"),
            |bytes| bytes.windows(7).rposition(|part| part == b"default").unwrap(),
        ),
        ("namespace.meta", |data| namespace(data).join("namespace.meta"), |bytes| bytes.len() - 3),
    ];
    for (place, file, byte) in cases {
        let dir = TempDir::new();
        let data = dir.join("data");
        directory(&data);
        flip(&file(&data), byte);
        let before = files(&data);
        for arguments in [vec![data.as_path()], vec![data.as_path(), Path::new("--repair")]] {
            let (code, told, _) = check(&arguments);
            assert_eq!(code, Some(4), "{place}: {told}");
            let line = told.lines().find(|line| line.starts_with("damaged: ") && line.contains(place));
            assert!(line.is_some(), "{place}: {told}");
            assert!(files(&data) == before, "{place}: something was changed");
        }
    }
}

#[test]
fn lost_tokens_and_what_was_set_aside_are_told() {
    let dir = TempDir::new();
    let data = dir.join("data");
    directory(&data);
    fs::create_dir(data.join("lost")).unwrap();
    fs::write(data.join("lost/catalog.redb.1"), "old").unwrap();
    let (code, told, _) = check(&[&data]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("notice: lost/catalog.redb.1"), "{told}");
    fs::write(data.join("tokens.lock"), "").unwrap();
    let (code, told, _) = check(&[&data]);
    assert_eq!(code, Some(4), "{told}");
    assert!(told.contains("damaged: tokens.json"), "{told}");
}

#[test]
fn what_cannot_be_checked_is_told_apart() {
    let dir = TempDir::new();
    let data = dir.join("data");
    let (code, _, complaints) = check(&[&data]);
    assert_eq!(code, Some(1), "{complaints}");
    assert!(!data.exists(), "nothing is made");
    fs::create_dir(&data).unwrap();
    let (code, _, complaints) = check(&[&data]);
    assert_eq!(code, Some(1), "{complaints}");
    assert!(complaints.contains("no data directory") && fs::read_dir(&data).unwrap().next().is_none(), "{complaints}");
    let engine = Engine::open(EngineOptions::new(&data)).unwrap();
    let (code, _, complaints) = check(&[&data]);
    assert_eq!(code, Some(1), "{complaints}");
    assert!(complaints.contains("--socket"), "{complaints}");
    engine.close().unwrap();
    assert_eq!(check(&[]).0, Some(2));
}

#[test]
fn a_server_checks_itself_while_it_serves() {
    let dir = TempDir::new();
    let (socket, data) = (dir.join("s"), dir.join("data"));
    directory(&data);
    let served = Served::start(&socket, &data).unwrap();
    let client = served.client();
    client.call_op("other", put("k", "v")).unwrap();
    let (code, told, complaints) = check_served(&socket, &[]);
    assert_eq!((code, complaints.as_str()), (Some(0), ""), "{told}");
    let line = told.lines().next_back().unwrap();
    assert!(line.starts_with("sound: checked 2 namespaces") && line.ends_with("and 1 checkpoints"), "{told}");
    for (key, value) in [("flushed", b"1"), ("logged", b"2")] {
        let found = client.call_op("default", get(key)).unwrap().found;
        assert_eq!(found.unwrap().value.as_slice(), value, "{key}");
    }
    let (code, told, _) = check_served(&socket, &["--repair"]);
    assert_eq!((code, told.contains("repaired:")), (Some(0), false), "there is nothing to repair: {told}");
    let (code, told, _) = check_served(&socket, &["--namespace", "other", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((code, &json["summary"][0]["outcome"]), (Some(0), &"sound".into()), "{told}");
    assert_eq!(json["namespaces"].as_array().map(Vec::len), Some(1), "{told}");
    assert_eq!(json["namespaces"][0]["namespace"], "other", "{told}");
    let (code, told, complaints) = check_served(&socket, &["--namespace", "missing"]);
    assert_eq!((code, told.as_str()), (Some(1), ""), "{complaints}");
    assert!(complaints.contains("missing"), "{complaints}");
}

/// The server has read the page before, and answers from its caches: only the file tells.
#[test]
fn a_server_finds_a_page_that_is_damaged_under_it() {
    let dir = TempDir::new();
    let (socket, data) = (dir.join("s"), dir.join("data"));
    directory(&data);
    let served = Served::start(&socket, &data).unwrap();
    let client = served.client();
    client.call_op("default", Flush {}).unwrap();
    client.call_op("other", put("k", "v")).unwrap();
    let store = fs::read_dir(data.join("ns")).unwrap().map(|entry| entry.unwrap().path().join("store.redb"));
    let store = store
        .filter(|path| path.exists())
        .find(|path| fs::read(path).unwrap().windows(7).any(|part| part == b"flushed"))
        .unwrap();
    assert!(client.call_op("default", get("flushed")).unwrap().found.is_some());
    assert_eq!(check_served(&socket, &[]).0, Some(0), "nothing is damaged yet");
    change(&store, b"flushed");
    let place = format!("{}, page", store.strip_prefix(&data).unwrap().display());
    let asked: [&[&str]; 2] = [&[], &["--namespace", "default"]];
    for rest in asked {
        let (code, told, complaints) = check_served(&socket, rest);
        assert_eq!((code, complaints.as_str()), (Some(4), ""), "{told}");
        let line = told.lines().find(|line| line.starts_with("damaged: ") && line.contains(&place));
        assert!(line.is_some(), "{place}: {told}");
    }
    let (code, told, _) = check_served(&socket, &["--namespace", "other"]);
    assert_eq!(code, Some(0), "another namespace is not concerned: {told}");
}

#[test]
fn what_belongs_to_one_way_of_checking_is_refused_on_the_other() {
    let dir = TempDir::new();
    let (socket, data) = (dir.join("s"), dir.join("data"));
    let (socket, data) = (socket.as_path(), data.as_path());
    let (by_socket, namespace) = (Path::new("--socket"), Path::new("--namespace"));
    let cases: [&[&Path]; 4] = [
        &[by_socket, socket, data],
        &[by_socket, socket, data, Path::new("--repair")],
        &[data, namespace, Path::new("default")],
        &[namespace, Path::new("default")],
    ];
    for arguments in cases {
        let (code, told, complaints) = check(arguments);
        assert_eq!((code, told.as_str()), (Some(2), ""), "{arguments:?}: {complaints}");
    }
    let (code, told, complaints) = check(&[by_socket, socket]);
    assert_eq!((code, told.as_str()), (Some(1), ""), "{complaints}");
    assert!(complaints.contains("no ToonDB server answers"), "{complaints}");
}
