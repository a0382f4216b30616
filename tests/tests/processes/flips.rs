//! One byte of a file changes: the data is right or the damage is named, never wrong data.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use toondb_engine::api::{ByteBuf, Error, ErrorCode, Flush, KvPage, Metric, Put, Scan};
use toondb_engine::clock::ManualClock;
use toondb_engine::rng::SeededRng;
use toondb_engine::{Engine, EngineOptions};
use toondb_tests::requests::{add_documents, bytes, create_collection, document, get, get_documents, put};
use toondb_tests::{CLOCK_START_MS, Dice, TempDir, is_long, seed};

use crate::damage::{copy_tree, namespace};

const KEYS: u64 = 40;

/// A value that is found in the file by its text.
fn value(i: u64) -> Vec<u8> {
    format!("<value {i:04}>").repeat(20).into_bytes()
}

/// Everything in the store, nothing that the log would have to repeat.
fn prepared(data: &Path) {
    let mut options = EngineOptions::new(data);
    // The file must be the same each time for a seed to mean the same.
    options.clock = Arc::new(ManualClock::new(CLOCK_START_MS));
    options.rng = Some(Arc::new(SeededRng::new(1)));
    let engine = Engine::open(options).unwrap();
    for i in 0..KEYS {
        engine.run("default", Put { value: ByteBuf::from(value(i)), ..put(&format!("key{i:04}"), "") }).unwrap();
    }
    engine.run("default", create_collection("c", 4, Metric::Euclidean)).unwrap();
    let documents = (0..KEYS).map(|i| document(&format!("doc{i:04}"), &[i as f32, 1.0, 2.0, 3.0])).collect();
    engine.run("default", add_documents("c", documents)).unwrap();
    engine.run("default", Flush {}).unwrap();
    engine.close().unwrap();
}

/// How reading went.
#[derive(Debug, Default)]
struct Tally {
    /// True if some read named the damage.
    is_refused: bool,
    /// Reads that found nothing and said nothing.
    missing: Vec<String>,
}

impl Tally {
    fn note<T>(&mut self, what: &str, found: Result<Option<T>, Error>, is_right: impl Fn(&T) -> bool) {
        match found {
            Ok(Some(found)) if is_right(&found) => {}
            Ok(Some(_)) => panic!("{what}: WRONG DATA"),
            Ok(None) => self.missing.push(what.to_owned()),
            Err(error) => {
                let known = matches!(
                    error.code,
                    ErrorCode::Corrupt
                        | ErrorCode::Internal
                        | ErrorCode::Fenced
                        | ErrorCode::Busy
                        | ErrorCode::CollectionNotFound
                );
                assert!(known, "{what}: {error:?}");
                self.is_refused = true;
            }
        }
    }
}

/// Reads everything and compares it.
fn read_all(data: &Path, what: &str) -> Tally {
    let mut tally = Tally::default();
    let engine = match Engine::open(EngineOptions::new(data)) {
        Ok(engine) => engine,
        Err(error) => {
            tally.note::<()>(what, Err(error), |()| true);
            return tally;
        }
    };
    for i in 0..KEYS {
        let key = format!("key{i:04}");
        let found = engine.run("default", get(&key)).map(|found| found.found);
        tally.note(&format!("{what}: {key}"), found, |found| found.value.as_slice() == value(i));
        let id = format!("doc{i:04}");
        let found = engine.run("default", get_documents("c", &[&id])).map(|mut found| found.documents.remove(0));
        tally.note(&format!("{what}: {id}"), found, |found| *found == document(&id, &[i as f32, 1.0, 2.0, 3.0]));
    }
    let scan = engine.run("default", Scan { prefix: Some(bytes("key")), limit: Some(10_000), ..Scan::default() });
    match scan {
        Err(error) => tally.note::<()>(what, Err(error), |()| true),
        Ok(page) => check_page(&page, what, &mut tally),
    }
    tally
}

/// Checks a whole scan that reported no damage.
fn check_page(page: &KvPage, what: &str, tally: &mut Tally) {
    for entry in &page.entries {
        let i: u64 = String::from_utf8_lossy(&entry.key[3..]).parse().unwrap_or(u64::MAX);
        assert!(entry.value.as_slice() == value(i), "{what}: a scan gives WRONG DATA for {:?}", entry.key);
    }
    if page.entries.len() != usize::try_from(KEYS).unwrap() {
        tally.missing.push(format!("{what}: a scan gives {} of {KEYS} keys without an error", page.entries.len()));
    }
}

fn flipped(original: &Path, copy: &Path, file: &Path, offset: usize, xor: u8) {
    let _ = fs::remove_dir_all(copy);
    copy_tree(original, copy);
    let path = copy.join(file);
    let mut bytes = fs::read(&path).unwrap();
    bytes[offset] ^= xor;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_changed_byte_in_a_row_is_reported() {
    let dir = TempDir::new();
    let (original, copy) = (dir.join("a"), dir.join("b"));
    prepared(&original);
    let store = namespace(&original).join("store.redb");
    let content = fs::read(&store).unwrap();
    let file = store.strip_prefix(&original).unwrap();
    for i in [0, KEYS / 2, KEYS - 1] {
        let wanted = value(i);
        let places: Vec<usize> = content
            .windows(wanted.len())
            .enumerate()
            .filter(|(_, bytes)| *bytes == wanted)
            .map(|(place, _)| place)
            .collect();
        assert!(!places.is_empty(), "value {i} lies in the file");
        for within in [0, wanted.len() / 2, wanted.len() - 1] {
            let _ = fs::remove_dir_all(&copy);
            copy_tree(&original, &copy);
            let path = copy.join(file);
            let mut bytes = content.clone();
            places.iter().for_each(|place| bytes[place + within] ^= 0x20);
            fs::write(path, bytes).unwrap();
            let engine = Engine::open(EngineOptions::new(&copy)).unwrap();
            let key = format!("key{i:04}");
            let error = engine.run("default", get(&key)).expect_err("the value is damaged");
            assert_eq!(error.code, ErrorCode::Corrupt, "{error}");
            let error = engine.run("default", Scan::default()).expect_err("the value is damaged");
            assert_eq!(error.code, ErrorCode::Corrupt, "{error}");
            if cfg!(debug_assertions) {
                // redb then reads the whole file when it opens it again.
                continue;
            }
            // Far away in the order of keys, and so on another page: damage takes a page. redb's handle takes no more
            // orders after it, so there is an answer once the namespace is open again.
            let far = (i + KEYS / 2) % KEYS;
            let other = (0..20_000).find_map(|_| {
                let found = engine.run("default", get(&format!("key{far:04}"))).ok();
                if found.is_none() {
                    std::thread::park_timeout(std::time::Duration::from_millis(1));
                }
                found
            });
            let other = other.expect("other pages are not affected").found;
            assert_eq!(other.unwrap().value.as_slice(), value(far));
        }
    }
}

#[test]
fn a_changed_byte_anywhere_never_gives_wrong_data() {
    let seed = seed(51);
    let dice = Dice::new(seed);
    let dir = TempDir::new();
    let (original, copy) = (dir.join("a"), dir.join("b"));
    prepared(&original);
    let store = namespace(&original).join("store.redb");
    let content = fs::read(&store).unwrap();
    let used: Vec<usize> =
        content.iter().enumerate().filter(|(_, byte)| **byte != 0).map(|(offset, _)| offset).collect();
    let file = store.strip_prefix(&original).unwrap();
    let (mut refusals, mut silent, mut panics) = (0, Vec::new(), Vec::new());
    let changes = if is_long() { 5_000 } else { 150 };
    for _ in 0..changes {
        let (offset, xor) = (*dice.pick(&used), 1 << dice.below(8));
        flipped(&original, &copy, file, offset, xor);
        let what = format!("seed {seed}, byte {offset} of {} changed by {xor:#x}", content.len());
        let Ok(tally) = std::panic::catch_unwind(|| read_all(&copy, &what)) else {
            panics.push(what);
            continue;
        };
        refusals += usize::from(tally.is_refused);
        silent.extend(tally.missing.first().cloned());
    }
    assert!(panics.is_empty(), "{} changes made the engine panic, the first: {}", panics.len(), panics[0]);
    assert!(refusals > 0, "no change was noticed at all");
    println!("{changes} changes: {refusals} reported");
    assert!(silent.is_empty(), "rows were hidden without a word:\n{}", silent.join("\n"));
}
