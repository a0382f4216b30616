//! Imports made to hurt: well-formed on the outside, their checksums right, anything inside.
//!
//! Whatever is imported, the engine must not panic, and what it accepts must be as sound as what it made itself: it can be
//! restored, opened, read in every way, written to, and exported again.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::support::{Db, answers, fill, put, without_counters};
use crate::api::{
    CommitSeq, CountDocuments, DeleteNamespace, Embedding, ErrorCode, ExportFormat, Properties, ServerStatsRequest,
    TimestampMs,
};
use crate::checkpoints::item::Item;
use crate::checkpoints::reader::CheckpointReader;
use crate::rng::{Rng, SeededRng};
use crate::store::{CollectionKind, Table};

/// Makes a file of rows, with every checksum right.
fn pack(rows: &[(u8, Vec<u8>, Vec<u8>)], commit_seq: u64, last_commit_at: i64) -> Vec<u8> {
    let keys = rows.iter().filter(|(table, ..)| *table == Table::Kv.number()).count() as u64;
    let mut blocks = Vec::new();
    let mut chain = 0;
    for rows in rows.chunks(7) {
        let mut payload = Vec::new();
        for (table, key, value) in rows {
            payload.push(*table);
            payload.extend_from_slice(&u32::try_from(key.len()).unwrap().to_le_bytes());
            payload.extend_from_slice(&u32::try_from(value.len()).unwrap().to_le_bytes());
            payload.extend_from_slice(key);
            payload.extend_from_slice(value);
        }
        let mut block = u32::try_from(payload.len()).unwrap().to_le_bytes().to_vec();
        block.extend_from_slice(&u32::try_from(rows.len()).unwrap().to_le_bytes());
        block.extend_from_slice(&payload);
        chain = xxh3_64_with_seed(&block, chain);
        block.extend_from_slice(&chain.to_le_bytes());
        blocks.extend_from_slice(&block);
    }
    let texts = rmp_serde::to_vec(&("name", "n", Properties::new())).unwrap();
    let mut file = b"TOONCKP\0".to_vec();
    file.extend_from_slice(&1_u32.to_le_bytes());
    file.extend_from_slice(&u32::try_from(texts.len()).unwrap().to_le_bytes());
    let len = 72 + texts.len() + 8 + blocks.len();
    for number in [chain, len as u64, rows.len() as u64, keys, commit_seq] {
        file.extend_from_slice(&number.to_le_bytes());
    }
    file.extend_from_slice(&last_commit_at.to_le_bytes());
    file.extend_from_slice(&0_i64.to_le_bytes());
    file.extend_from_slice(&texts);
    file.extend_from_slice(&xxh3_64(&file).to_le_bytes());
    file.extend_from_slice(&blocks);
    file
}

/// The rows of a namespace with something of everything, and its newest commit with its time.
fn honest(db: &Db) -> (Vec<Item>, u64, i64) {
    fill(db, "source");
    let info = db.checkpoint("source");
    let path = super::support::file_of(&info.id);
    let file = crate::disk::Disk::open(&db.disk, &path, crate::disk::OpenMode::Existing).unwrap();
    let mut reader = CheckpointReader::open(file).unwrap();
    let mut items = Vec::new();
    while let Some(item) = reader.next().unwrap() {
        items.push(item);
    }
    (items, reader.head.commit_seq, reader.head.last_commit_at)
}

fn rows_of(items: &[Item]) -> Vec<(u8, Vec<u8>, Vec<u8>)> {
    items
        .iter()
        .map(|item| {
            let (key, value) = item.encode();
            (item.table().number(), key, value)
        })
        .collect()
}

/// Imports, and if that is accepted uses it in every way.
fn try_one(db: &Db, format: ExportFormat, bytes: &[u8], what: &str) -> bool {
    let info = match db.import("inbox", format, bytes) {
        Ok(info) => info,
        Err(error) => {
            let expected = matches!(error.code, ErrorCode::InvalidArgument | ErrorCode::UnsupportedVersion);
            assert!(expected, "{what}: {error:?}");
            return false;
        }
    };
    db.restore("target", &info.id, true).unwrap_or_else(|error| panic!("{what}: {error:?}"));
    let before = without_counters(&answers(db, "target"));
    db.engine.run("target", put(b"~written", b"1", None)).unwrap();
    let again = db.export("inbox", &info.id, ExportFormat::Json, 1 << 20);
    let again = db.import("inbox", ExportFormat::Json, &again).unwrap_or_else(|error| panic!("{what}: {error:?}"));
    db.restore("second", &again.id, true).unwrap();
    assert_eq!(before, without_counters(&answers(db, "second")), "{what}");
    for namespace in ["target", "second"] {
        db.engine.run(namespace, DeleteNamespace {}).unwrap();
    }
    for info in db.list("inbox") {
        db.engine.run("inbox", crate::api::DeleteCheckpoint { checkpoint_id: info.id }).unwrap();
    }
    true
}

#[test]
fn the_helper_packs_what_the_writer_writes() {
    let db = Db::new();
    let (items, seq, at) = honest(&db);
    assert!(try_one(&db, ExportFormat::Binary, &pack(&rows_of(&items), seq, at), "nothing changed"));
}

type Change = fn(&mut Vec<Item>);

/// Each breaks one rule between rows that are fine by themselves.
const BREAKS: &[(&str, Change)] = &[
    ("a vector is missing", |items| {
        let place = items.iter().rposition(|item| matches!(item, Item::Vector { .. })).unwrap();
        items.remove(place);
    }),
    ("a vector has another dimension", |items| {
        for item in items.iter_mut() {
            if let Item::Vector { vector, .. } = item {
                vector.0.push(1.0);
                return;
            }
        }
    }),
    ("a vector is not a number", |items| {
        for item in items.iter_mut() {
            if let Item::Vector { vector, .. } = item {
                *vector = Embedding(vec![f32::NAN; vector.0.len()]);
                return;
            }
        }
    }),
    ("two documents share a vector", |items| {
        for item in items.iter_mut() {
            if let Item::Document { row, .. } = item {
                *row = Some(0);
            }
        }
    }),
    ("a document's row is far away", |items| {
        for item in items.iter_mut() {
            if let Item::Document { row, .. } = item {
                *row = Some(u32::MAX);
                return;
            }
        }
    }),
    ("a document has lost its text", |items| {
        for item in items.iter_mut() {
            if let Item::Document { body, .. } = item {
                *body = None;
                return;
            }
        }
    }),
    ("an entry of a cache has no embedding", |items| {
        if let Some(Item::Document { row, .. }) =
            items.iter_mut().rev().find(|item| matches!(item, Item::Document { .. }))
        {
            *row = None;
        }
    }),
    ("a cache is a collection", |items| {
        for item in items.iter_mut() {
            if let Item::Collection { record, .. } = item {
                record.kind = CollectionKind::Documents;
            }
        }
    }),
    ("a collection is missing", |items| {
        let place = items.iter().position(|item| matches!(item, Item::Collection { .. })).unwrap();
        items.remove(place);
    }),
    ("two collections have one number", |items| {
        for item in items.iter_mut() {
            if let Item::Collection { record, .. } = item {
                record.id = 1;
            }
        }
    }),
    ("a collection has no dimension", |items| {
        for item in items.iter_mut() {
            if let Item::Collection { record, .. } = item {
                record.dimension = 0;
            }
        }
    }),
    ("an edge leads to no node", |items| {
        let place = items.iter().position(|item| matches!(item, Item::Node { .. })).unwrap();
        items.remove(place);
    }),
    ("a row comes twice", |items| items.insert(0, items[0].clone())),
    ("rows are out of order", |items| items.swap(0, 1)),
    ("a commit is too new", |items| {
        if let Item::Kv { seq, .. } = &mut items[0] {
            *seq = 1_000_000;
        }
    }),
    ("a row was written by no commit", |items| {
        if let Item::Kv { seq, .. } = &mut items[0] {
            *seq = 0;
        }
    }),
    ("a key is empty", |items| {
        if let Item::Kv { key, .. } = &mut items[0] {
            key.clear();
        }
    }),
    ("beliefs overlap", |items| {
        for item in items.iter_mut() {
            if let Item::Fact(edge) = item {
                (edge.retracted_seq, edge.retracted_at) = (None, None);
            }
        }
    }),
    ("a fact ends before it begins", |items| {
        for item in items.iter_mut() {
            if let Item::Fact(edge) = item {
                edge.valid_until = Some(TimestampMs(i64::MIN));
            }
        }
    }),
    ("commit times go back", |items| {
        for item in items.iter_mut() {
            if let Item::Fact(edge) = item {
                edge.asserted_at = TimestampMs(2_000_000 - i64::try_from(edge.asserted_seq.0).unwrap());
                edge.retracted_at = edge.retracted_at.map(|_| TimestampMs(3_000_000));
            }
        }
    }),
    ("a fact is retracted before it was asserted", |items| {
        for item in items.iter_mut() {
            if let Item::Fact(edge) = item {
                edge.retracted_seq = Some(CommitSeq(1));
                edge.retracted_at = Some(edge.asserted_at);
            }
        }
    }),
];

#[test]
fn every_broken_rule_is_refused() {
    let db = Db::new();
    let (items, seq, at) = honest(&db);
    for (what, change) in BREAKS {
        let mut broken = items.clone();
        change(&mut broken);
        assert_ne!(broken, items, "{what}: the change changed nothing");
        assert!(!try_one(&db, ExportFormat::Binary, &pack(&rows_of(&broken), seq, at), what), "{what} was accepted");
    }
    let (rows, none) = (rows_of(&items), Vec::new());
    for (what, bytes) in [
        ("an impossible commit", pack(&rows, u64::MAX, at)),
        ("a commit before the rows'", pack(&rows, 3, at)),
        ("a time before the rows'", pack(&rows, seq, i64::MIN)),
        ("an unknown table", pack(&[(99, vec![1], vec![])], seq, at)),
        ("a derived table", pack(&[(Table::EdgesIn.number(), vec![1], vec![])], seq, at)),
        (
            "deep nesting",
            pack(
                &[(Table::Nodes.number(), vec![b'n'], [vec![0x93, 1, 0xa1, b't'], vec![0x91; 1 << 20]].concat())],
                seq,
                at,
            ),
        ),
    ] {
        assert!(!try_one(&db, ExportFormat::Binary, &bytes, what), "{what} was accepted");
    }
    assert!(try_one(&db, ExportFormat::Binary, &pack(&none, 0, 0), "nothing at all"));
    let day = 24 * 3600 * 1000;
    let now = crate::clock::Clock::now_ms(&*db.clock);
    assert!(try_one(&db, ExportFormat::Binary, &pack(&none, 1 << 53, now + day), "a day ahead"));
    for at in [now + day + 1, crate::limits::TIME_MS_MAX, i64::MAX] {
        assert!(!try_one(&db, ExportFormat::Binary, &pack(&none, 1 << 53, at), "a poisoned time"), "{at}");
    }
    db.check_no_leftovers("refusing");
}

/// Whatever a file calls its collections, the next one made after a restore is a new one.
#[test]
fn numbers_of_collections_are_ours() {
    for number in [7, u32::MAX - 2, u32::MAX - 1, u32::MAX] {
        let db = Db::new();
        let (mut items, seq, at) = honest(&db);
        let mut highest = 0;
        for item in &items {
            if let Item::Collection { record, .. } = item {
                highest = highest.max(record.id);
            }
        }
        // The highest, so that the order of the rows stays right.
        for item in &mut items {
            match item {
                Item::Collection { record, .. } if record.id == highest => record.id = number,
                Item::Vector { collection, .. } | Item::Document { collection, .. } if *collection == highest => {
                    *collection = number;
                }
                _ => {}
            }
        }
        let info = db.import("inbox", ExportFormat::Binary, &pack(&rows_of(&items), seq, at)).unwrap();
        db.restore("target", &info.id, true).unwrap();
        for i in 0..4 {
            let name = format!("new {i}");
            let (collection, metric) = (name.as_str().into(), crate::api::Metric::Cosine);
            let create = crate::api::CreateCollection { collection, dimension: 2, metric, metadata: Properties::new() };
            assert_eq!(db.engine.run("target", create).unwrap().count, 0, "{name} after number {number}");
            let collection = name.as_str().into();
            let count = CountDocuments { collection, ..CountDocuments::default() };
            assert_eq!(db.engine.run("target", count).unwrap().count, 0, "{name} after number {number}");
        }
    }
}

/// Flips, cuts, repeats and moves parts of rows.
fn mutate(rows: &mut Vec<(u8, Vec<u8>, Vec<u8>)>, rng: &SeededRng) {
    let below = |max: usize| usize::try_from(rng.next_u64() % max.max(1) as u64).unwrap();
    for _ in 0..=below(3) {
        let at = below(rows.len());
        let (other, byte) = (rows[below(rows.len())].clone(), rng.next_u64().to_le_bytes()[0]);
        match below(8) {
            0 => drop(rows.remove(at)),
            1 => rows.insert(at, other),
            2 => rows[at].0 = byte % 13,
            3 => rows[at].2 = other.2,
            4 => rows[at].1 = other.1,
            choice => {
                let bytes = if choice == 5 { &mut rows[at].1 } else { &mut rows[at].2 };
                let place = below(bytes.len());
                match bytes.get_mut(place) {
                    Some(target) if choice < 7 => *target ^= 1 << (byte % 8),
                    Some(_) => bytes.truncate(place),
                    None => bytes.push(byte),
                }
            }
        }
        if rows.is_empty() {
            return;
        }
    }
}

#[test]
fn mutated_rows_never_break_anything() {
    let rounds: u64 = if std::env::var_os("TOONDB_LONG").is_some() { 100_000 } else { 2_000 };
    let seed = 20_260_700;
    let db = Db::new();
    let (items, seq, at) = honest(&db);
    let honest_rows = rows_of(&items);
    let mut accepted = 0;
    for round in 0..rounds {
        let rng = SeededRng::new(seed + round);
        let mut rows = honest_rows.clone();
        mutate(&mut rows, &rng);
        let what = format!("mutation with seed {}", seed + round);
        accepted += u64::from(try_one(&db, ExportFormat::Binary, &pack(&rows, seq, at), &what));
    }
    assert!(accepted > rounds / 100, "some mutations are harmless, and those must be tried: {accepted} of {rounds}");
    let stats = db.engine.run("", ServerStatsRequest {}).unwrap();
    assert_eq!(stats.panics, 0);
    db.check_no_leftovers("mutating");
}

#[test]
fn mutated_json_never_breaks_anything() {
    let seed = 20_260_800;
    let db = Db::new();
    fill(&db, "source");
    let info = db.checkpoint("source");
    let honest = db.export("source", &info.id, ExportFormat::Json, 1 << 20);
    for round in 0..500 {
        let rng = SeededRng::new(seed + round);
        let mut bytes = honest.clone();
        for _ in 0..=rng.next_u64() % 3 {
            let at = usize::try_from(rng.next_u64() % bytes.len() as u64).unwrap();
            match rng.next_u64() % 4 {
                0 => bytes[at] ^= 1 << (rng.next_u64() % 8),
                1 => drop(bytes.remove(at)),
                2 => bytes[at] = b"0123456789{}[]\",:-"[usize::try_from(rng.next_u64() % 18).unwrap()],
                _ => bytes.truncate(at.max(1)),
            }
        }
        try_one(&db, ExportFormat::Json, &bytes, &format!("JSON mutation with seed {}", seed + round));
    }
    for hostile in
        ["", "{", "[]", "null", "{\"rows\":[]}", "{\"format\":\"toondb-checkpoint\",\"version\":3,\"rows\":[]}"]
    {
        assert!(!try_one(&db, ExportFormat::Json, hostile.as_bytes(), hostile), "{hostile}");
    }
    let deep = format!("{{\"format\":{}", "[".repeat(1 << 20));
    assert!(!try_one(&db, ExportFormat::Json, deep.as_bytes(), "deep nesting"));
    let endless = format!("{{\"name\":\"{}", "x".repeat(65 << 20));
    assert!(!try_one(&db, ExportFormat::Json, endless.as_bytes(), "an endless text"));
    db.check_no_leftovers("mutating");
}
