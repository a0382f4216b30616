//! A check says of a sound directory that it is, and of any other what is wrong with it; it changes nothing but what it is
//! told to repair.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "whatever fails here fails the test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::directory::check_on;
use crate::api::{
    AddDocuments, AddEdge, AddNode, AddTemporalEdge, ByteBuf, CheckReport, CloseTemporalEdge, CreateCheckpoint,
    CreateCollection, DeleteDocuments, DeleteKey, Direction, Document, Durability, Edge, Embedding, FindingKind,
    FindingPart, Flush, GetEdges, Metric, Node, Properties, Put, Scan, TemporalFact, TimestampMs,
};
use crate::clock::ManualClock;
use crate::disk::{CrashMode, Disk, SimDisk};
use crate::rng::{Rng, SeededRng};
use crate::store::{Base, Counters, FlushInput, KeyWriter, Memtable, Table, node_type_key};
use crate::{Engine, EngineOptions};

mod in_use;

const ROOT: &str = "/db";
const DURABILITY: Durability = Durability::Durable;

fn open(disk: &SimDisk) -> crate::api::Result<Engine> {
    let mut options = EngineOptions::new(ROOT).on_disk(Arc::new(disk.clone()));
    options.clock = Arc::new(ManualClock::new(1_000));
    options.rng = Some(Arc::new(SeededRng::new(disk.op_count())));
    Engine::open(options)
}

fn put(key: &str, ttl_ms: Option<u64>) -> Put {
    Put { key: ByteBuf::from(key), value: ByteBuf::from(vec![b'v'; 700]), ttl_ms, durability: DURABILITY }
}

/// Something of everything, and some of it replaced and deleted.
fn fill(engine: &Engine, namespace: &str) {
    for i in 0..30 {
        engine.run(namespace, put(&format!("key{i}"), (i % 3 == 0).then_some(1_000_000))).unwrap();
    }
    let create =
        CreateCollection { collection: "c".into(), dimension: 2, metric: Metric::Dot, metadata: Properties::new() };
    engine.run(namespace, create).unwrap();
    let document = |id: &str| Document {
        id: Some(id.into()),
        content: "text".to_owned(),
        embedding: Some(Embedding(vec![1.0, 2.0])),
        metadata: Properties::new(),
        ..Default::default()
    };
    let documents = vec![document("x"), document("y")];
    engine
        .run(
            namespace,
            AddDocuments { collection: "c".into(), documents, durability: DURABILITY, ..Default::default() },
        )
        .unwrap();
    let ids = vec!["y".into()];
    engine
        .run(namespace, DeleteDocuments { collection: "c".into(), ids, durability: DURABILITY, ..Default::default() })
        .unwrap();
    for id in ["a", "b"] {
        let node = Node { id: id.into(), node_type: "t".into(), properties: Properties::new() };
        engine.run(namespace, AddNode { node, durability: DURABILITY }).unwrap();
    }
    let edge = Edge { from_id: "a".into(), edge_type: "r".into(), to_id: "b".into(), properties: Properties::new() };
    engine.run(namespace, AddEdge { edge, durability: DURABILITY }).unwrap();
    for to in ["b", "c"] {
        let fact = TemporalFact {
            from_id: "a".into(),
            edge_type: "r".into(),
            to_id: to.into(),
            valid_from: TimestampMs(5),
            valid_until: None,
            properties: Properties::new(),
        };
        engine.run(namespace, AddTemporalEdge { fact, durability: DURABILITY }).unwrap();
    }
    let (from_id, edge_type, to_id) = ("a".into(), "r".into(), "c".into());
    let close = CloseTemporalEdge { from_id, edge_type, to_id, at: Some(TimestampMs(9)), durability: DURABILITY };
    engine.run(namespace, close).unwrap();
}

/// A directory as an orderly end leaves it; everything is in the stores.
fn closed() -> SimDisk {
    let disk = SimDisk::new();
    let engine = open(&disk).unwrap();
    for namespace in ["default", "tenant"] {
        fill(&engine, namespace);
        engine.run(namespace, Flush {}).unwrap();
        engine.run(namespace, DeleteKey { key: ByteBuf::from("key1"), durability: DURABILITY }).unwrap();
        engine.run(namespace, put("late", Some(5_000))).unwrap();
    }
    let create = CreateCheckpoint { name: "one".to_owned(), include_patterns: Vec::new(), metadata: Properties::new() };
    engine.run("tenant", create).unwrap();
    engine.close().unwrap();
    disk
}

/// As a kill leaves it: the log has what the stores have not.
fn killed() -> SimDisk {
    let disk = closed();
    let engine = open(&disk).unwrap();
    engine.run("tenant", put("in the log", Some(7_000))).unwrap();
    let image = disk.crash_image(0, CrashMode::KeepAll);
    engine.close().unwrap();
    image
}

fn check(disk: &SimDisk, repair: bool) -> CheckReport {
    let rng: Arc<dyn Rng> = Arc::new(SeededRng::new(1));
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    check_on(&disk, Path::new(ROOT), &rng, repair).unwrap()
}

fn files(disk: &SimDisk) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut files, mut folders) = (BTreeMap::new(), vec![PathBuf::from(ROOT)]);
    while let Some(folder) = folders.pop() {
        for name in disk.list_dir(&folder).unwrap() {
            let path = folder.join(name);
            match disk.bytes(&path) {
                Some(bytes) => drop(files.insert(path, bytes)),
                None => folders.push(path),
            }
        }
    }
    files
}

/// The store of the tenant and its id.
fn store(disk: &SimDisk) -> (PathBuf, [u8; 16]) {
    let checked = |path: &PathBuf| {
        let about = crate::catalog::look(disk, Path::new(ROOT)).unwrap().places;
        about.iter().any(|place| place.name == "tenant" && path.starts_with(place.dir.as_ref().unwrap()))
    };
    let path = files(disk).into_keys().find(|path| path.ends_with("store.redb") && checked(path)).unwrap();
    let digits = path.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
    (path, u128::from_str_radix(&digits, 16).unwrap().to_be_bytes())
}

/// Everything that is in a namespace, as far as it can be told shortly.
fn contents(engine: &Engine, namespace: &str) -> crate::api::Result<String> {
    let keys = engine.run(namespace, Scan::default())?;
    let edges = GetEdges {
        node_id: "b".into(),
        edge_types: None,
        direction: Direction::Incoming,
        filter: Default::default(),
        limit: None,
        cursor: None,
        snapshot: None,
    };
    let edges = engine.run(namespace, edges)?;
    Ok(format!("{keys:?} {edges:?}"))
}

fn assert_sound(report: &CheckReport, what: &str) {
    assert_eq!(report.gravest(), FindingKind::Notice, "{what}: {:#?}", report.findings);
}

#[test]
fn a_sound_directory_is_called_sound_and_left_as_it_is() {
    for (disk, what) in [(closed(), "closed"), (killed(), "killed")] {
        let before = files(&disk);
        let operations = disk.op_count();
        let report = check(&disk, false);
        assert_sound(&report, what);
        assert!(report.findings.is_empty(), "{what}: {:#?}", report.findings);
        assert_eq!(
            report.namespaces.iter().map(|found| found.name.as_str()).collect::<Vec<_>>(),
            ["default", "tenant"]
        );
        assert!(report.namespaces.iter().all(|found| found.rows > 30 && found.pages > 3 && found.commit_seq.0 > 30));
        assert_eq!(report.checkpoints, 1);
        assert_sound(&check(&disk, true), what);
        assert!(files(&disk) == before && disk.op_count() == operations, "{what}: something was changed");
    }
}

/// A crash is no damage, whatever it tore.
#[test]
fn what_a_power_loss_leaves_is_sound() {
    let disk = SimDisk::new();
    let engine = open(&disk).unwrap();
    let images: Vec<SimDisk> = (0..12_u64)
        .map(|round| {
            for i in 0..20 {
                let put = Put { durability: Durability::Volatile, ..put(&format!("{round}/{i}"), Some(9_000)) };
                engine.run("default", put).unwrap();
            }
            engine.run("default", Flush {}).unwrap();
            engine.run("default", Put { durability: Durability::Volatile, ..put("more", None) }).unwrap();
            disk.crash_image(round, CrashMode::Random)
        })
        .collect();
    let total = disk.op_count();
    drop(engine);
    for (round, image) in images.iter().enumerate() {
        assert_sound(&check(image, false), &format!("round {round}"));
    }
    for op in (20..total).step_by(7) {
        let disk = SimDisk::new();
        disk.crash_at(op);
        let _ = open(&disk).map(|engine| {
            for round in 0..3 {
                for i in 0..20 {
                    let _ = engine.run("default", put(&format!("{round}/{i}"), Some(9_000)));
                }
                let _ = engine.run("default", Flush {});
            }
        });
        let image = disk.crash_image(op, CrashMode::Random);
        let rng: Arc<dyn Rng> = Arc::new(SeededRng::new(1));
        let looked: Arc<dyn Disk> = Arc::new(image.clone());
        // Before the directory is made there is nothing to check.
        if let Ok(report) = check_on(&looked, Path::new(ROOT), &rng, false) {
            let findings = report.findings.iter().filter(|finding| finding.part != FindingPart::Catalog);
            let worst = findings.map(|finding| finding.kind).max().unwrap_or(FindingKind::Notice);
            assert_eq!(worst, FindingKind::Notice, "operation {op}: {:#?}", report.findings);
        }
    }
}

/// What a check calls sound can be read, whole and right.
#[test]
fn a_flipped_byte_is_reported_or_does_no_harm() {
    let seed = 20_261_128;
    println!("seed {seed}");
    let rng = SeededRng::new(seed);
    let sound = killed();
    let right: Vec<String> = {
        let engine = open(&sound.crash_image(0, CrashMode::KeepAll)).unwrap();
        ["default", "tenant"].map(|namespace| contents(&engine, namespace).unwrap()).to_vec()
    };
    let all: Vec<(PathBuf, Vec<u8>)> = files(&sound).into_iter().filter(|(_, bytes)| !bytes.is_empty()).collect();
    let mut reported = BTreeMap::<String, u32>::new();
    for case in 0..200 {
        let (path, bytes) = &all[case % all.len()];
        let mut offset = rng.next_u64() as usize % bytes.len();
        if case % 3 != 0 {
            offset = (offset..bytes.len()).find(|at| bytes[*at] != 0).unwrap_or(0);
        }
        let disk = sound.crash_image(0, CrashMode::KeepAll);
        disk.corrupt(path, offset as u64, 1 << (rng.next_u64() % 8)).unwrap();
        let (before, report) = (files(&disk), check(&disk, true));
        assert!(files(&disk) == before, "{} at {offset}: damage is not touched", path.display());
        if report.gravest() > FindingKind::Notice {
            let name = path.extension().unwrap_or_default().to_string_lossy().into_owned();
            *reported.entry(name).or_default() += 1;
            continue;
        }
        let engine = open(&disk).unwrap();
        for (namespace, right) in ["default", "tenant"].into_iter().zip(&right) {
            let found = contents(&engine, namespace);
            assert_eq!(found.as_ref(), Ok(right), "{} at {offset} was called sound", path.display());
        }
    }
    println!("reported: {reported:?}");
    for kind in ["redb", "log", "toondb", "meta"] {
        assert!(reported.contains_key(kind), "no damage to {kind} was reported: {reported:?}");
    }
}

/// Each page of a store, one at a time: a page in use is damage; one that is not is told apart, and the store goes on.
#[test]
fn bad_pages_in_use_are_told_from_free_ones() {
    let sound = closed();
    let (path, _) = store(&sound);
    let pages = (sound.bytes(&path).unwrap().len() as u64 - 8192) / 4104;
    let (mut used, mut free) = (0, 0);
    for page in 0..pages {
        let disk = sound.crash_image(0, CrashMode::KeepAll);
        let place = 8192 + page * 4104;
        let bytes = disk.bytes(&path).unwrap();
        if bytes[place as usize..place as usize + 4104].iter().all(|byte| *byte == 0) {
            continue;
        }
        disk.corrupt(&path, place + 9, 4).unwrap();
        let report = check(&disk, false);
        let told = report.findings.iter().any(|finding| finding.place.ends_with(&format!("page {}", page + 1)));
        assert!(told, "page {}: {:?}", page + 1, report.findings);
        if report.gravest() == FindingKind::Damaged {
            used += 1;
            continue;
        }
        assert_sound(&report, "a free page");
        free += 1;
        let engine = open(&disk).unwrap();
        for i in 0..10 {
            engine.run("tenant", put(&format!("new{i}"), None)).unwrap();
            engine.run("tenant", Flush {}).unwrap();
        }
        assert!(contents(&engine, "tenant").is_ok());
        engine.close().unwrap();
        let after = check(&disk, false);
        assert_sound(&after, "after more writes");
    }
    assert!(used > 5 && free > 0, "{used} pages in use, {free} free");
}

#[test]
fn what_is_missing_is_reported() {
    for (name, part) in [
        ("catalog.redb", FindingPart::Catalog),
        ("store.redb", FindingPart::Store),
        ("namespace.meta", FindingPart::About),
        (".log", FindingPart::Log),
    ] {
        let disk = killed();
        let path = files(&disk).into_keys().find(|path| path.to_string_lossy().ends_with(name)).unwrap();
        disk.remove_file(&path).unwrap();
        let report = check(&disk, false);
        assert_eq!(report.gravest(), FindingKind::Damaged, "{name}: {:?}", report.findings);
        assert!(report.findings.iter().any(|finding| finding.part == part), "{name}: {:?}", report.findings);
    }
}

/// A name with something else behind it than there must be: the check tells, and a start refuses and changes nothing.
#[test]
fn names_with_something_else_behind_them_are_told_and_refused() {
    let closed = closed();
    for name in ["ns", "lost", "checkpoints", "checkpoints/.tmp"] {
        let disk = closed.crash_image(0, CrashMode::KeepAll);
        let path = Path::new(ROOT).join(name);
        if disk.exists(&path).unwrap() {
            disk.rename(&path, &path.with_extension("aside")).unwrap();
        }
        drop(disk.open(&path, crate::disk::OpenMode::CreateNew).unwrap());
        let before = files(&disk);
        let report = check(&disk, false);
        let told = report.findings.iter().any(|finding| {
            (finding.kind, finding.part, finding.place.as_str())
                == (FindingKind::Unreadable, FindingPart::Directory, name)
        });
        assert!(told, "{name}: {:?}", report.findings);
        let error = open(&disk).map(drop).unwrap_err();
        assert_eq!(error.code, crate::api::ErrorCode::Unavailable, "{name}: {error}");
        assert!(error.message.contains(name), "{name}: {error}");
        assert!(files(&disk) == before, "{name}: something was changed");
    }
}

/// A file that has a folder's name is set aside like a folder that nobody knows, and everything else is served.
#[test]
fn a_file_in_the_place_of_a_folder_is_set_aside() {
    let disk = closed();
    let name = "ab".repeat(16);
    drop(disk.open(&Path::new(ROOT).join("ns").join(&name), crate::disk::OpenMode::CreateNew).unwrap());
    assert_eq!(check(&disk, false).gravest(), FindingKind::Contradiction);
    let engine = open(&disk).unwrap();
    assert!(contents(&engine, "tenant").is_ok());
    engine.close().unwrap();
    assert_eq!(disk.list_dir(&Path::new(ROOT).join("lost")).unwrap().len(), 1);
    assert_sound(&check(&disk, false), "set aside");
}

/// Writes rows and counters into the store of the tenant as nothing but a defect would.
fn defect(disk: &SimDisk, change: impl FnOnce(&Base, &Memtable, &mut Counters)) {
    let (path, id) = store(disk);
    let base = Base::open(disk, &path, id, 1 << 20).unwrap();
    let (through_seq, mut counters) = base.flushed().unwrap();
    let memtable = Memtable::default();
    change(&base, &memtable, &mut counters);
    base.flush(FlushInput { memtable: &memtable, through_seq, counters }).unwrap();
    base.close().unwrap();
}

/// The keys of a table.
fn keys(base: &Base, table: Table) -> Vec<Vec<u8>> {
    use std::ops::Bound::Unbounded;
    base.snapshot()
        .unwrap()
        .rows::<Vec<u8>>(table, Unbounded, Unbounded, false)
        .unwrap()
        .map(|row| row.unwrap().key)
        .collect()
}

type Defect = fn(&Base, &Memtable, &mut Counters);

/// One defect of each derived table, missing and surplus, and of the counters.
const DEFECTS: [(&str, Defect); 17] = [
    ("kv_expiry", |base, rows, _| rows.insert(Table::KvExpiry, &keys(base, Table::KvExpiry)[0], None, 1)),
    ("kv_expiry", |_, rows, _| {
        rows.insert(Table::KvExpiry, &KeyWriter::new().time(3).raw(b"key1").finish(), Some(b""), 1);
    }),
    ("kv_expiry", |_, rows, _| rows.insert(Table::KvExpiry, b"?", Some(b""), 1)),
    ("edges_in", |base, rows, _| rows.insert(Table::EdgesIn, &keys(base, Table::EdgesIn)[0], None, 1)),
    ("edges_in", |_, rows, _| {
        rows.insert(Table::EdgesIn, &KeyWriter::new().text("x").text("r").text("y").finish(), Some(b""), 1);
    }),
    ("temporal_in", |base, rows, _| rows.insert(Table::TemporalIn, &keys(base, Table::TemporalIn)[0], None, 1)),
    ("temporal_in", |_, rows, _| rows.insert(Table::TemporalIn, b"x", Some(b""), 1)),
    ("commit_times", |base, rows, _| rows.insert(Table::CommitTimes, &keys(base, Table::CommitTimes)[0], None, 1)),
    ("commit_times", |_, rows, _| {
        rows.insert(Table::CommitTimes, &KeyWriter::new().time(7).finish(), Some(&9_999_u64.to_le_bytes()), 1);
    }),
    // The first row says how far the list reaches.
    ("node_types", |base, rows, _| rows.insert(Table::NodeTypes, &keys(base, Table::NodeTypes)[1], None, 1)),
    ("node_types", |_, rows, _| rows.insert(Table::NodeTypes, &node_type_key("thing", "nobody"), Some(b""), 1)),
    ("temporal_types", |base, rows, _| {
        let listed = keys(base, Table::TemporalTypes);
        rows.insert(Table::TemporalTypes, listed.last().unwrap(), None, 1);
    }),
    ("temporal_types", |_, rows, _| rows.insert(Table::TemporalTypes, b"x", Some(b""), 1)),
    ("temporal_changes", |base, rows, _| {
        rows.insert(Table::TemporalChanges, &keys(base, Table::TemporalChanges)[0], None, 1);
    }),
    ("temporal_changes", |base, rows, _| {
        let fact = &keys(base, Table::TemporalOut)[0];
        rows.insert(Table::TemporalChanges, &KeyWriter::new().u64(7_777).raw(fact).finish(), Some(b""), 1);
    }),
    ("counters", |_, _, counters| counters.keys += 3),
    ("counters", |_, _, counters| {
        counters.live_bytes -= 1;
        counters.next_collection_id = 0;
        counters.last_commit_at = 0;
    }),
];

#[test]
fn what_is_derived_is_reported_repaired_and_sound_afterwards() {
    for kind in [closed as fn() -> SimDisk, killed] {
        for (index, (table, change)) in DEFECTS.into_iter().enumerate() {
            let what = format!("defect {index} of {table}");
            let disk = kind();
            let right = {
                let engine = open(&disk.crash_image(0, CrashMode::KeepAll)).unwrap();
                contents(&engine, "tenant").unwrap()
            };
            defect(&disk, change);
            let before = files(&disk);
            let report = check(&disk, false);
            assert_eq!(report.gravest(), FindingKind::Derived, "{what}: {:#?}", report.findings);
            assert!(files(&disk) == before, "{what}: looking changed something");
            let repaired = check(&disk, true);
            assert_sound(&repaired, &what);
            assert!(!repaired.repaired.is_empty());
            assert_sound(&check(&disk, false), &what);
            let engine = open(&disk).unwrap();
            assert_eq!(contents(&engine, "tenant").unwrap(), right, "{what}");
            engine.run("tenant", put("after", None)).unwrap();
            engine.close().unwrap();
            assert_sound(&check(&disk, false), &what);
        }
    }
}

/// Where more is wrong than what is derived, nothing is repaired.
#[test]
fn a_contradiction_forbids_repairs() {
    let disk = closed();
    defect(&disk, |base, rows, counters| {
        counters.keys += 1;
        rows.insert(Table::Nodes, &keys(base, Table::Nodes)[0], None, 1);
    });
    let (before, report) = (files(&disk), check(&disk, true));
    assert_eq!(report.gravest(), FindingKind::Contradiction, "{:?}", report.findings);
    assert!(report.repaired.is_empty() && files(&disk) == before);
}
