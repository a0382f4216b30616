//! Files that are missing, empty, cut, foreign or from the future: refused with a typed error, and left as they are.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use toondb_engine::api::{CreateCheckpoint, ErrorCode, Flush, Metric, Properties, RestoreCheckpoint};
use toondb_engine::{Engine, EngineOptions};
use toondb_tests::TempDir;
use toondb_tests::requests::{add_documents, add_node, create_collection, document, get, put};

/// A database with something in its store and something in its log, closed by a crash.
pub fn prepared(data: &Path) {
    let copy = data.with_extension("live");
    let engine = Engine::open(EngineOptions::new(&copy)).unwrap();
    engine.run("default", put("flushed", "1")).unwrap();
    engine.run("default", create_collection("c", 2, Metric::Cosine)).unwrap();
    engine.run("default", add_documents("c", vec![document("d", &[1.0, 2.0])])).unwrap();
    engine.run("default", add_node("n")).unwrap();
    engine.run("default", Flush {}).unwrap();
    engine.run("default", put("logged", "2")).unwrap();
    copy_tree(&copy, data);
    engine.close().unwrap();
    fs::remove_dir_all(&copy).unwrap();
}

pub fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Every file but the lock, with its bytes.
pub fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else if entry.file_name() != "LOCK" {
                found.insert(entry.path().strip_prefix(root).unwrap().to_owned(), fs::read(entry.path()).unwrap());
            }
        }
    }
    found
}

/// The only namespace's folder.
pub fn namespace(data: &Path) -> PathBuf {
    let mut found = fs::read_dir(data.join("ns")).unwrap().map(|entry| entry.unwrap().path());
    found.find(|path| path.is_dir()).expect("there is a namespace")
}

/// The newest log segment.
pub fn segment(data: &Path) -> PathBuf {
    let mut segments: Vec<PathBuf> =
        fs::read_dir(namespace(data).join("log")).unwrap().map(|entry| entry.unwrap().path()).collect();
    segments.retain(|path| path.extension().is_some_and(|extension| extension == "log"));
    segments.sort();
    segments.pop().expect("there is a segment")
}

/// Opens the database and reads from both sides of it: how many of the two keys are there, or the code of the refusal.
fn open_and_read(data: &Path) -> Result<usize, ErrorCode> {
    let engine = Engine::open(EngineOptions::new(data)).map_err(|error| error.code)?;
    let mut found = 0;
    for (key, value) in [("flushed", b"1"), ("logged", b"2")] {
        let read = engine.run("default", get(key)).map_err(|error| error.code)?;
        found += usize::from(read.found.is_some_and(|found| found.value.as_slice() == value));
    }
    Ok(found)
}

/// What is under a path now: nothing, a file, a folder's names, or where a link points.
fn look(path: &Path) -> Option<Vec<u8>> {
    let kind = fs::symlink_metadata(path).ok()?.file_type();
    if kind.is_symlink() {
        return Some(fs::read_link(path).unwrap().into_os_string().into_encoded_bytes());
    }
    if kind.is_dir() {
        let mut names: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        return Some(format!("{names:?}").into_bytes());
    }
    Some(fs::read(path).unwrap())
}

/// Damages a fresh copy and opens it; it must be refused with one of the codes, again and again, and neither what was
/// damaged nor any log may be touched. (A sound redb file may be: opening recovers it.)
fn refused(name: &str, codes: &[ErrorCode], damage: impl Fn(&Path) -> PathBuf) {
    let dir = TempDir::new();
    let data = dir.join("data");
    prepared(&data);
    let damaged = damage(&data);
    let watched = |files: BTreeMap<PathBuf, Vec<u8>>| {
        files
            .into_iter()
            .filter(|(path, _)| path.extension().is_none_or(|extension| extension != "redb"))
            .collect::<Vec<_>>()
    };
    let (before, logs_before) = (look(&damaged), watched(files(&data)));
    for attempt in 1..=2 {
        match open_and_read(&data) {
            Ok(found) => panic!("{name}: it opens as if nothing were wrong, with {found} of 2 keys"),
            Err(code) => assert!(codes.contains(&code), "{name}: refused with {code:?}"),
        }
        assert!(look(&damaged) == before, "{name}: attempt {attempt} changed {}", damaged.display());
        let logs = watched(files(&data));
        let names = |logs: &[(PathBuf, Vec<u8>)]| logs.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
        assert!(
            logs == logs_before,
            "{name}: attempt {attempt} changed {:?} to {:?}",
            names(&logs_before),
            names(&logs)
        );
    }
}

const REDB_CUTS: &[u64] = &[0, 1, 100, 4_096, 22_528];
const CORRUPT: &[ErrorCode] = &[ErrorCode::Corrupt];
const NEWER: &[ErrorCode] = &[ErrorCode::UnsupportedVersion];

#[test]
fn an_undamaged_copy_opens() {
    let dir = TempDir::new();
    let data = dir.join("data");
    prepared(&data);
    assert_eq!(open_and_read(&data), Ok(2));
    assert_eq!(open_and_read(&data), Ok(2));
}

pub fn catalog(data: &Path) -> PathBuf {
    data.join("catalog.redb")
}

fn store(data: &Path) -> PathBuf {
    namespace(data).join("store.redb")
}

fn cut(path: &Path, len: u64) {
    fs::OpenOptions::new().write(true).open(path).unwrap().set_len(len).unwrap();
}

/// Tries one damage: its name, the codes that may be met, and what it does to the directory.
type Try<'a> = &'a dyn Fn(String, &[ErrorCode], &dyn Fn(&Path));

/// The damages that any file may suffer, and what a refusal of each is called.
fn damages(cuts: &[u64], damage: Try<'_>) {
    let length = |path: &Path| fs::metadata(path).unwrap().len();
    damage("missing".to_owned(), CORRUPT, &|path| fs::remove_file(path).unwrap());
    for len in cuts {
        damage(format!("of {len} bytes"), CORRUPT, &|path| cut(path, *len));
    }
    damage("full of zeros".to_owned(), CORRUPT, &|path| {
        fs::write(path, vec![0; usize::try_from(length(path)).unwrap()]).unwrap();
    });
    damage("foreign".to_owned(), CORRUPT, &|path| fs::write(path, "not a database\n".repeat(10_000)).unwrap());
    let odd = &[ErrorCode::Corrupt, ErrorCode::Unavailable];
    damage("a directory".to_owned(), odd, &|path| {
        fs::remove_file(path).unwrap();
        fs::create_dir(path).unwrap();
    });
    damage("a symbolic link".to_owned(), odd, &|path| {
        let elsewhere = path.with_extension("elsewhere");
        fs::rename(path, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, path).unwrap();
    });
}

fn common(what: &str, file: fn(&Path) -> PathBuf, cuts: &[u64]) {
    damages(cuts, &|case, codes, change| {
        refused(&format!("{what} {case}"), codes, |data| {
            let path = file(data);
            change(&path);
            path
        });
    });
}

/// The folders say what they are, so that no namespace depends on the catalog.
#[test]
fn damaged_catalogs_are_made_again_and_kept() {
    damages(REDB_CUTS, &|case, _, change| {
        let dir = TempDir::new();
        let data = dir.join("data");
        prepared(&data);
        change(&catalog(&data));
        let damaged = look(&catalog(&data));
        for attempt in 1..=2 {
            assert_eq!(open_and_read(&data), Ok(2), "catalog {case}, attempt {attempt}");
        }
        let lost = data.join("lost/catalog.redb.1");
        assert!(damaged.is_none() || look(&lost) == damaged, "catalog {case}: what was there is kept");
    });
}

/// Nobody can say what a link that leads to itself was: it is kept, and keeps nobody out.
#[test]
fn a_looping_link_among_the_folders_is_set_aside() {
    let dir = TempDir::new();
    let data = dir.join("data");
    prepared(&data);
    let name = "0123456789abcdef".repeat(2);
    let link = data.join("ns").join(&name);
    std::os::unix::fs::symlink(&link, &link).unwrap();
    for attempt in 1..=2 {
        assert_eq!(open_and_read(&data), Ok(2), "attempt {attempt}");
        assert!(look(&link).is_none(), "attempt {attempt}");
        assert_eq!(fs::read_link(data.join("lost").join(format!("{name}.1"))).unwrap(), link, "attempt {attempt}");
    }
}

#[test]
fn damaged_stores_are_refused() {
    common("store", store, REDB_CUTS);
}

#[test]
fn damaged_logs_are_refused() {
    common("log segment", segment, &[0, 1, 63, 64, 100, 4_096, 65_528]);
    refused("one bit in the last record", CORRUPT, |data| {
        let path = segment(data);
        let mut bytes = fs::read(&path).unwrap();
        *bytes.iter_mut().rfind(|byte| **byte != 0).unwrap() ^= 1;
        fs::write(&path, bytes).unwrap();
        path
    });
    refused("no last segment", CORRUPT, |data| {
        let path = segment(data);
        fs::remove_file(&path).unwrap();
        path
    });
    refused("no log folder", CORRUPT, |data| {
        let log = namespace(data).join("log");
        fs::remove_dir_all(&log).unwrap();
        log
    });
    refused("no namespace folder", CORRUPT, |data| {
        let folder = namespace(data);
        fs::remove_dir_all(&folder).unwrap();
        folder
    });
}

#[test]
fn files_of_another_database_are_refused() {
    for (what, file) in [("store", store as fn(&Path) -> PathBuf), ("log segment", segment)] {
        refused(&format!("{what} of another database"), CORRUPT, |data| {
            let other = data.with_extension("other");
            prepared(&other);
            fs::copy(file(&other), file(data)).unwrap();
            fs::remove_dir_all(&other).unwrap();
            file(data)
        });
    }
}

/// Changes the format version in heads of a file, and after it what a newer build would have written otherwise.
pub fn renumber(path: &Path, heads: &[usize], is_newer: bool) {
    let mut bytes = fs::read(path).unwrap();
    for head in heads {
        bytes[head + 8..head + 12].copy_from_slice(&99_u32.to_le_bytes());
        bytes[head + 48] ^= u8::from(is_newer);
    }
    fs::write(path, bytes).unwrap();
}

/// Where a store's heads begin, and a segment's.
pub const STORE_HEADS: &[usize] = &[0, 4096];
const SEGMENT_HEADS: &[usize] = &[0];

#[test]
fn newer_stores_are_refused() {
    refused("store of a newer version", NEWER, |data| {
        renumber(&store(data), STORE_HEADS, true);
        store(data)
    });
}

/// Nothing but the version field is wrong with them, so they are ours and damaged, and that can be restored over.
#[test]
fn a_damaged_version_is_damage_and_can_be_restored_over() {
    for (what, file, heads) in
        [("store", store as fn(&Path) -> PathBuf, STORE_HEADS), ("log segment", segment, SEGMENT_HEADS)]
    {
        refused(&format!("{what} with a damaged version"), CORRUPT, |data| {
            renumber(&file(data), heads, false);
            file(data)
        });
        let dir = TempDir::new();
        let data = dir.join("data");
        prepared(&data);
        let engine = Engine::open(EngineOptions::new(&data)).unwrap();
        let create =
            CreateCheckpoint { name: "c".to_owned(), include_patterns: Vec::new(), metadata: Properties::new() };
        let checkpoint_id = engine.run("default", create).unwrap().id;
        engine.close().unwrap();
        renumber(&file(&data), heads, false);
        let engine = Engine::open(EngineOptions::new(&data)).unwrap();
        let error = engine.run("default", get("flushed")).unwrap_err();
        assert_eq!(error.code, ErrorCode::Corrupt, "{what}: {error}");
        assert!(error.message.starts_with("namespace \"default\" cannot be opened: "), "{what}: {error}");
        engine.run("default", RestoreCheckpoint { checkpoint_id, overwrite: true }).unwrap();
        engine.close().unwrap();
        assert_eq!(open_and_read(&data), Ok(2), "{what}");
    }
}

#[test]
fn a_catalog_with_a_damaged_version_is_made_again_and_a_newer_one_refused() {
    for is_newer in [false, true] {
        let dir = TempDir::new();
        let data = dir.join("data");
        prepared(&data);
        renumber(&catalog(&data), STORE_HEADS, is_newer);
        let expected = if is_newer { Err(ErrorCode::UnsupportedVersion) } else { Ok(2) };
        assert_eq!(open_and_read(&data), expected);
    }
}

#[test]
fn newer_logs_are_refused() {
    refused("log segment of a newer version", NEWER, |data| {
        renumber(&segment(data), SEGMENT_HEADS, true);
        segment(data)
    });
}
