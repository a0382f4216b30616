//! The database that is damaged.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use toondb_engine::api::{
    ByteBuf, CheckpointId, CreateCheckpoint, CreateNamespace, Document, DocumentUpdate, ErrorCode, Flush, Metric,
    Properties, Put, Result, UpdateDocuments,
};
use toondb_engine::clock::ManualClock;
use toondb_engine::disk::{CrashMode, Disk, SimDisk};
use toondb_engine::rng::SeededRng;
use toondb_engine::{Engine, EngineOptions};
use toondb_tests::CLOCK_START_MS;
use toondb_tests::requests::{
    add_documents, add_edge, add_fact, add_node, append, cache_put, create_collection, document, document_with, pop,
    put, put_ttl,
};

use crate::questions::{NAMESPACES, Question, answers, questions};

/// The nodes that are asked for; the last is not there.
pub const NODES: [&str; 4] = ["a", "b", "c", "nobody"];

/// Keys of a namespace, and one that is not there.
pub fn keys(namespace: &str) -> Vec<String> {
    let count = if namespace == "big" { 60 } else { 12 };
    let mut keys: Vec<String> = (0..count).map(|i| format!("key{i:04}")).collect();
    keys.extend(["logged", "last", "nothing"].map(str::to_owned));
    keys
}

/// Documents of a collection, and one that is not there.
pub fn documents() -> Vec<String> {
    (0..10).map(|i| format!("doc{i}")).collect()
}

/// How the last process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Orderly,
    Killed,
    /// What was not synced is gone, and with it whatever else could tell of the end of a log.
    PowerLost,
}

/// A database, and what it answers.
pub struct Sample {
    pub ending: Ending,
    pub disk: SimDisk,
    pub questions: Vec<Question>,
    pub right: Vec<Result<String, ErrorCode>>,
    /// The answers before the last commit of each namespace.
    pub before_last: Vec<Result<String, ErrorCode>>,
}

/// Opens a database whose randomness differs from opening to opening.
pub fn open(disk: &SimDisk, seed: u64) -> Result<Engine> {
    let mut options = EngineOptions::new("/db").on_disk(Arc::new(disk.clone()));
    options.clock = Arc::new(ManualClock::new(CLOCK_START_MS));
    options.rng = Some(Arc::new(SeededRng::new(seed)));
    Engine::open(options)
}

fn fill(engine: &Engine, namespace: &str) {
    for (i, key) in keys(namespace).iter().rev().skip(3).enumerate() {
        let value = ByteBuf::from(format!("<{namespace} {key}>").repeat(1 + i % 40).into_bytes());
        engine.run(namespace, Put { value, ..put(key, "") }).unwrap();
    }
    engine.run(namespace, put_ttl("key0003", "ends", 1_000_000)).unwrap();
    for (name, metric) in [("notes", Metric::Cosine), ("other", Metric::Euclidean)] {
        engine.run(namespace, create_collection(name, 2, metric)).unwrap();
        let ids = documents().into_iter().take(8).zip(1_u8..);
        let fields = |i: u8| Properties::new().with("n", i64::from(i % 3));
        let embedding = |i: u8| [f32::from(i), 1.0 - f32::from(i) / 4.0];
        let documents = ids.map(|(id, i)| document_with(&id, &embedding(i), fields(i))).collect();
        engine.run(namespace, add_documents(name, documents)).unwrap();
        let bare = Document { embedding: None, ..document("doc8", &[]) };
        engine.run(namespace, add_documents(name, vec![bare])).unwrap();
        let update = DocumentUpdate { collection: name.into(), ..touch(&["doc1", "doc8"], "store") };
        engine.run(namespace, UpdateDocuments { update, ..UpdateDocuments::default() }).unwrap();
    }
    for i in 0..20 {
        engine.run(namespace, append("log", &[&format!("<entry {i}>").repeat(1 + i * 7)])).unwrap();
    }
    engine.run(namespace, pop("log", 3)).unwrap();
    engine.run(namespace, cache_put("answers", "q", &[1.0, 2.0])).unwrap();
    for node in ["a", "b", "c"] {
        engine.run(namespace, add_node(node)).unwrap();
    }
    engine.run(namespace, add_edge("a", "r", "b")).unwrap();
    engine.run(namespace, add_edge("b", "r", "c")).unwrap();
    engine.run(namespace, add_fact(("a", "at", "b"), 10, Some(20))).unwrap();
    engine.run(namespace, add_fact(("a", "at", "c"), 20, None)).unwrap();
}

/// A change of documents of the notes.
fn touch(ids: &[&str], by: &str) -> DocumentUpdate {
    let ids = Some(ids.iter().map(|id| (*id).into()).collect());
    let set = Properties::new().with("touched", by);
    DocumentUpdate { collection: "notes".into(), ids, set, ..DocumentUpdate::default() }
}

/// Everything in the store, and some of it in the log alone.
pub fn sample(ending: Ending) -> Sample {
    let disk = SimDisk::new();
    let engine = open(&disk, 1).unwrap();
    let mut checkpoints: Vec<CheckpointId> = Vec::new();
    for namespace in NAMESPACES {
        if namespace != "default" {
            engine.run(namespace, CreateNamespace { must_be_new: true, ..CreateNamespace::default() }).unwrap();
        }
        fill(&engine, namespace);
        if namespace != "big" {
            let taken = engine.run(namespace, CreateCheckpoint { name: "kept".to_owned(), ..Default::default() });
            checkpoints.push(taken.unwrap().id);
        }
        engine.run(namespace, Flush {}).unwrap();
        engine.run(namespace, put("logged", "only in the log")).unwrap();
        engine.run(namespace, add_documents("notes", vec![document("doc2", &[7.0, 7.0])])).unwrap();
        engine.run(namespace, add_fact(("b", "at", "c"), 5, None)).unwrap();
        engine.run(namespace, append("log", &["only in the log"])).unwrap();
        let update = touch(&["doc3", "doc8"], "log");
        engine.run(namespace, UpdateDocuments { update, ..UpdateDocuments::default() }).unwrap();
    }
    let questions = questions(&checkpoints);
    let copy = disk.crash_image(1, CrashMode::KeepAll);
    for namespace in NAMESPACES {
        engine.run(namespace, put("last", "of all")).unwrap();
    }
    let disk = match ending {
        Ending::Orderly => {
            engine.close().unwrap();
            drop(engine);
            disk
        }
        Ending::Killed => disk.crash_image(1, CrashMode::KeepAll),
        Ending::PowerLost => disk.crash_image(1, CrashMode::DropUnsynced),
    };
    // Asking restores checkpoints, which must not be on the disk that is damaged.
    let told = |disk: &SimDisk| answers(&open(&disk.crash_image(1, CrashMode::KeepAll), 2).unwrap(), &questions);
    let (right, before_last) = (told(&disk), told(&copy));
    Sample { ending, disk, questions, right, before_last }
}

/// Every file with bytes in it, but spare segments, whose bytes mean nothing.
pub fn files(disk: &SimDisk) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from("/db")];
    while let Some(folder) = folders.pop() {
        for name in disk.list_dir(&folder).unwrap() {
            let path = folder.join(&name);
            match disk.file_len(&path) {
                Ok(Some(len)) if len > 0 && !is_spare(&path) => found.push((path, len)),
                Ok(_) => {}
                Err(_) => folders.push(path),
            }
        }
    }
    found.sort();
    found
}

fn is_spare(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("spare-"))
}
