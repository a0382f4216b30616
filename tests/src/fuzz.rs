//! What the fuzz targets do with their bytes. `fuzz/` gives them to libFuzzer; a test of this crate runs each over its corpus and
//! seeded changes of it, so that none can rot.
//!
//! Bytes from outside may be refused, and nothing else may go wrong with them: no panic, no hang, and what is accepted is written
//! and read again as the same.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use toondb_engine::api::{
    ByteBuf, ConvertText, CreateCheckpoint, ExportCheckpoint, ExportFormat, Filter, FilterOn, FilterRow, Flush,
    ImportCheckpoint, Metric, NamespaceStatsRequest, OutputFormat, Properties, RestoreCheckpoint, Scan, Tokenizer,
    ToonOptions, Value,
};
use toondb_engine::clock::ManualClock;
use toondb_engine::disk::{CrashMode, Disk, SimDisk};
use toondb_engine::format::convert;
use toondb_engine::rng::SeededRng;
use toondb_engine::{Engine, EngineOptions};

use crate::CLOCK_START_MS;
use crate::requests::{add_documents, add_edge, add_node, create_collection, document, put, search};

/// What a target does with bytes.
pub type Target = fn(&[u8]);

/// All targets; each has a file in `fuzz/fuzz_targets` and a folder in `fuzz/corpus`.
pub const TARGETS: [(&str, Target); 7] = [
    ("frames", frames),
    ("arguments", arguments),
    ("log", log),
    ("pages", pages),
    ("checkpoints", checkpoints),
    ("toon", toon),
    ("filters", filters),
];

/// A request as the socket takes it.
pub fn frames(data: &[u8]) {
    let Ok(head) = toondb_ipc::read_request(data) else { return };
    let Ok(request) = toondb_ipc::read_args(&head) else { return };
    // Whether its bounds hold or not: nothing but an answer may come of asking.
    let _ = request.validate();
}

/// The arguments of an operation whose number is in the first byte.
pub fn arguments(data: &[u8]) {
    let Some((op, args)) = data.split_first() else { return };
    // [id, op, namespace, args]
    let mut frame = vec![0x94, 1, 0xcd, 0, *op, 0xa0];
    frame.extend_from_slice(args);
    frames(&frame);
}

/// A text in TOON; what is read as data comes back as the same data.
pub fn toon(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let lenient = ToonOptions { strict: false, ..ToonOptions::default() };
    let _ = toondb_engine::format::toon::decode_with(text, &lenient);
    let change = |text: &str, from, to| {
        let (tokenizer, toon) = (Tokenizer::default(), ToonOptions::default());
        convert(&ConvertText { text: text.to_owned(), from: Some(from), to, tokenizer, toon }, &mut || Ok(()))
            .map(|converted| String::from_utf8(converted.data.to_vec()).expect("a text"))
    };
    let Ok(json) = change(text, OutputFormat::Toon, OutputFormat::Json) else { return };
    let Ok(again) = change(&json, OutputFormat::Json, OutputFormat::Toon) else { return };
    let back = change(&again, OutputFormat::Toon, OutputFormat::Json).expect("what was written is read");
    assert_eq!(back, json, "through {again:?}");
}

/// A filter in JSON; what is accepted is told as the same, and tests rows.
pub fn filters(data: &[u8]) {
    let Ok(filter) = serde_json::from_slice::<Filter>(data) else { return };
    let told = Value::from(filter.clone());
    assert_eq!(Filter::try_from(told).expect("what was told is a filter"), filter);
    let inside = Value::Map([("b".to_owned(), Value::List(vec!["Text".into()]))].into_iter().collect());
    for fields in
        [Properties::new(), Properties::new().with("a", 1_i64).with("b", "text"), Properties::new().with("a", inside)]
    {
        let _ = (filter.matches(&fields), filter.validate_on(FilterOn::Properties).is_ok());
        let document = FilterRow::document("id", "Some content", &fields);
        assert!(!filter.is_always_true() || filter.matches(document), "always true, and not of {fields:?}: {filter:?}");
    }
}

/// A small database after a kill, with rows in its store, its log and a checkpoint.
struct Sample {
    disk: SimDisk,
    segment: PathBuf,
    store: PathBuf,
    checkpoint: Vec<u8>,
}

fn open(disk: &SimDisk) -> toondb_engine::api::Result<Engine> {
    let mut options = EngineOptions::new("/db").on_disk(Arc::new(disk.clone()));
    options.clock = Arc::new(ManualClock::new(CLOCK_START_MS));
    options.rng = Some(Arc::new(SeededRng::new(disk.op_count() + 7)));
    Engine::open(options)
}

fn sample() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let disk = SimDisk::new();
        let engine = open(&disk).unwrap();
        engine.run("", put("stored", "1")).unwrap();
        engine.run("", create_collection("c", 2, Metric::Cosine)).unwrap();
        engine.run("", add_documents("c", vec![document("d", &[1.0, 2.0])])).unwrap();
        engine.run("", Flush {}).unwrap();
        engine.run("", put("logged", "2")).unwrap();
        for node in ["a", "b"] {
            engine.run("", add_node(node)).unwrap();
        }
        engine.run("", add_edge("a", "r", "b")).unwrap();
        let id = engine.run("", CreateCheckpoint::default()).unwrap().id;
        let format = ExportFormat::Binary;
        let whole = ExportCheckpoint { checkpoint_id: id, format, offset: 0, bytes_max: None };
        let checkpoint = engine.run("", whole).unwrap().data.into_vec();
        let disk = disk.crash_image(1, CrashMode::KeepAll);
        let folder = PathBuf::from("/db/ns")
            .join(disk.list_dir("/db/ns".as_ref()).unwrap().iter().find(|name| name.len() == 32).unwrap());
        let names = disk.list_dir(&folder.join("log")).unwrap();
        let segment = folder.join("log").join(names.iter().find(|name| name.ends_with(".log")).unwrap());
        Sample { disk, segment, store: folder.join("store.redb"), checkpoint }
    })
}

/// The places and changes that the bytes stand for: three of place, one of change.
fn changes(data: &[u8], len: usize) -> impl Iterator<Item = (usize, u8)> {
    data.chunks_exact(4).map(move |chunk| {
        let place = usize::from(chunk[0]) << 16 | usize::from(chunk[1]) << 8 | usize::from(chunk[2]);
        (place % len.max(1), chunk[3])
    })
}

/// Opens a disk and reads from it what can be read.
fn look(disk: &SimDisk) {
    let Ok(engine) = open(disk) else { return };
    let _ = engine.run("", Scan::default());
    let _ = engine.run("", search("c", &[1.0, 1.0], 10));
    let _ = engine.run("", NamespaceStatsRequest {});
    let _ = engine.close();
}

fn damaged(path: &Path, data: &[u8]) {
    let disk = sample().disk.crash_image(1, CrashMode::KeepAll);
    for (place, xor) in changes(data, disk.bytes(path).unwrap().len()) {
        disk.corrupt(path, place as u64, xor).unwrap();
    }
    look(&disk);
}

/// Changes in a segment of the log.
pub fn log(data: &[u8]) {
    damaged(&sample().segment, data);
}

/// Changes in a store.
pub fn pages(data: &[u8]) {
    damaged(&sample().store, data);
}

/// A checkpoint from outside: changes of a good one, or with a first byte of 0 the bytes themselves.
pub fn checkpoints(data: &[u8]) {
    let mut bytes = sample().checkpoint.clone();
    match data.split_first() {
        Some((0, whole)) => bytes = whole.to_vec(),
        _ => changes(data, bytes.len()).for_each(|(place, xor)| bytes[place] ^= xor),
    }
    let engine = open(&SimDisk::new()).unwrap();
    for format in [ExportFormat::Binary, ExportFormat::Json] {
        let data = ByteBuf::from(bytes.clone());
        let request = ImportCheckpoint { format, name: String::new(), data, continues: None, more: false };
        let Ok(imported) = engine.run("", request) else { continue };
        let Some(info) = imported.checkpoint else { continue };
        let restored = engine.run("copy", RestoreCheckpoint { checkpoint_id: info.id, overwrite: true });
        if restored.is_ok() {
            engine.run("copy", Scan::default()).expect("what was restored is read");
            engine.run("copy", put("after", "it")).expect("what was restored is written to");
        }
    }
    engine.close().expect("it closes");
}
