//! Documents that are changed in place, expire, and have no embedding: an exact twin, at every commit that is still held.

use std::collections::BTreeMap;

use super::bench::Bench;
use crate::api::{
    AddDocuments, Commit, CommitSeq, CountDocuments, CreateCollection, DeleteByFilter, DeleteDocuments,
    DescribeCollection, Document, DocumentId, DocumentUpdate, Durability, Embedding, EndSnapshot, ErrorCode, Filter,
    GetDocuments, Metric, OnConflict, Predicate, Properties, Quota, SearchCollection, TakeSnapshot, TimestampMs,
    TruncateCollection, UpdateCollection, UpdateDocuments, Value, Write, same_fields,
};
use crate::limits;
use crate::rng::{Rng, SeededRng};

const DURABILITY: Durability = Durability::Durable;

#[derive(Debug, Clone, PartialEq)]
struct Twin {
    content: String,
    n: Option<i64>,
    expires_at: Option<i64>,
    embedding: Option<Vec<f32>>,
}

type Model = BTreeMap<String, Twin>;

fn name(number: u64) -> DocumentId {
    DocumentId::new(format!("d{number}"))
}

fn document(rng: &SeededRng, id: DocumentId, now_ms: i64) -> (Document, Twin) {
    let n = i64::try_from(rng.next_u64() % 5).unwrap();
    let embedding = (!rng.next_u64().is_multiple_of(3)).then(|| vec![n as f32, (rng.next_u64() % 7) as f32]);
    let ttl_ms = rng.next_u64().is_multiple_of(3).then(|| 1 + rng.next_u64() % 40);
    let content = format!("{} {}", id, rng.next_u64() % 100);
    let twin = Twin {
        content: content.clone(),
        n: Some(n),
        expires_at: ttl_ms.map(|ttl| now_ms + i64::try_from(ttl).unwrap()),
        embedding: embedding.clone(),
    };
    let metadata = Properties::new().with("n", n).with("kind", "note");
    let embedding = embedding.map(Embedding);
    (Document { id: Some(id), content, embedding, metadata, ttl_ms, expires_at: None }, twin)
}

fn at_least(n: i64) -> Filter {
    Filter::on("n", Predicate::Gte(Value::Int(n))).unwrap()
}

fn without_n() -> Filter {
    Filter::on("n", Predicate::Exists(false)).unwrap()
}

/// Whether a document is among those asked for; the same by its id too.
type Holds<'a> = dyn Fn(&Twin) -> bool + 'a;
type HoldsOf = dyn Fn(&str, &Twin) -> bool;

/// Asks everything there is to be asked, and compares.
fn compare(bench: &Bench, model: &Model, snapshot: Option<CommitSeq>, what: &str) {
    let now_ms = crate::clock::Clock::now_ms(&*bench.clock);
    let open = |twin: &&Twin| twin.expires_at.is_none_or(|end| end > now_ms);
    let ids: Vec<DocumentId> = (0..12).map(name).collect();
    let asked =
        GetDocuments { collection: "c".into(), ids: ids.clone(), include_embedding: true, snapshot, missing_ok: false };
    for (id, found) in ids.iter().zip(bench.run(asked).unwrap().documents) {
        let found = found.map(|found| Twin {
            content: found.content,
            n: found.metadata.get("n").map(|n| if let Value::Int(n) = n { *n } else { panic!("{what}: {n:?}") }),
            expires_at: found.expires_at.map(|TimestampMs(at)| at),
            embedding: found.embedding.map(|Embedding(numbers)| numbers),
        });
        assert_eq!(found.as_ref(), model.get(id.as_str()).filter(open), "{what}: {id}");
    }
    let everything = |twin: &Twin| open(&twin);
    let filters: [(Option<Filter>, &Holds<'_>); 4] = [
        (None, &everything),
        (Some(at_least(3)), &|twin| open(&twin) && twin.n.is_some_and(|n| n >= 3)),
        (Some(without_n()), &|twin| open(&twin) && twin.n.is_none()),
        (Some(Filter::Not(Box::new(at_least(2)))), &|twin| open(&twin) && twin.n.is_none_or(|n| n < 2)),
    ];
    for (filter, holds) in filters {
        let expected: Vec<&String> = model.iter().filter(|(_, twin)| holds(twin)).map(|(id, _)| id).collect();
        let counted = CountDocuments { collection: "c".into(), filter: filter.clone(), snapshot, missing_ok: false };
        assert_eq!(bench.run(counted).unwrap().count, expected.len() as u64, "{what}: count of {filter:?}");
        let search = SearchCollection {
            collection: "c".into(),
            query: Embedding(vec![1.0, 1.0]),
            k: Some(50),
            ef: None,
            filter: filter.clone(),
            include_embedding: false,
            snapshot,
            ..Default::default()
        };
        let mut found: Vec<String> =
            bench.run(search).unwrap().hits.into_iter().map(|hit| hit.document.id.unwrap().into_string()).collect();
        found.sort();
        let expected: Vec<&String> = expected.into_iter().filter(|id| model[*id].embedding.is_some()).collect();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{what}: search with {filter:?}");
    }
    if snapshot.is_none() {
        let info = bench.run(DescribeCollection { collection: "c".into() }).unwrap();
        assert_eq!(info.count, model.values().filter(open).count() as u64, "{what}: described");
    }
}

fn update(rng: &SeededRng, model: &mut Model, now_ms: i64) -> (DocumentUpdate, u64) {
    let (n, persist) = (i64::try_from(rng.next_u64() % 5).unwrap(), rng.next_u64().is_multiple_of(4));
    let ttl_ms = (!persist && rng.next_u64().is_multiple_of(4)).then(|| 1 + rng.next_u64() % 40);
    let (set, unset) = match rng.next_u64() % 3 {
        0 => (Properties::new(), vec!["n".to_owned(), "missing".to_owned()]),
        _ => (Properties::new().with("n", n), Vec::new()),
    };
    let mut update = DocumentUpdate { collection: "c".into(), set, unset, ttl_ms, persist, ..Default::default() };
    let mut holds: Box<HoldsOf> = Box::new(|_, _| true);
    match rng.next_u64() % 4 {
        0 => update.all = true,
        1 => {
            update.filter = Some(at_least(n));
            holds = Box::new(move |_, twin| twin.n.is_some_and(|found| found >= n));
        }
        _ => {
            let ids: Vec<DocumentId> = (0..3).map(|_| name(rng.next_u64() % 12)).collect();
            update.ids = Some(ids.clone());
            holds = Box::new(move |id, _| ids.iter().any(|other| other.as_str() == id));
        }
    }
    let mut updated = 0;
    for (id, twin) in model.iter_mut() {
        if twin.expires_at.is_none_or(|end| end > now_ms) && holds(id, twin) {
            updated += 1;
            twin.n = if update.unset.is_empty() { Some(n) } else { None };
            twin.expires_at = match (persist, ttl_ms) {
                (true, _) => None,
                (false, Some(ttl)) => Some(now_ms + i64::try_from(ttl).unwrap()),
                (false, None) => twin.expires_at,
            };
        }
    }
    (update, updated)
}

fn add(rng: &SeededRng, model: &mut Model, now_ms: i64) -> (Vec<Document>, OnConflict, Option<ErrorCode>) {
    let policy = [OnConflict::Replace, OnConflict::Replace, OnConflict::Skip, OnConflict::Error];
    let on_conflict = policy[usize::try_from(rng.next_u64() % 4).unwrap()];
    let before = model.clone();
    let mut documents = Vec::new();
    for _ in 0..=rng.next_u64() % 3 {
        let (document, twin) = document(rng, name(rng.next_u64() % 12), now_ms);
        let id = document.id.clone().unwrap().into_string();
        documents.push(document);
        let exists = model.get(&id).is_some_and(|twin| twin.expires_at.is_none_or(|end| end > now_ms));
        match on_conflict {
            OnConflict::Error if exists => {
                *model = before;
                return (documents, on_conflict, Some(ErrorCode::AlreadyExists));
            }
            OnConflict::Skip if exists => {}
            OnConflict::Replace | OnConflict::Skip | OnConflict::Error => drop(model.insert(id, twin)),
        }
    }
    (documents, on_conflict, None)
}

/// One random operation on both.
fn step(bench: &Bench, rng: &SeededRng, model: &mut Model) {
    let now_ms = crate::clock::Clock::now_ms(&*bench.clock);
    match rng.next_u64() % 12 {
        0..=3 => {
            let (documents, on_conflict, refused) = add(rng, model, now_ms);
            let request = AddDocuments {
                collection: "c".into(),
                documents,
                on_conflict,
                durability: DURABILITY,
                ..Default::default()
            };
            assert_eq!(bench.run(request).err().map(|error| error.code), refused);
        }
        4..=6 => {
            let (update, updated) = update(rng, model, now_ms);
            let answer = bench.run(UpdateDocuments { update, return_ids: true, durability: DURABILITY }).unwrap();
            assert_eq!((answer.updated, answer.ids.unwrap().len() as u64), (updated, updated));
        }
        7 => {
            let id = name(rng.next_u64() % 12);
            let was = model.remove(id.as_str()).filter(|twin| twin.expires_at.is_none_or(|end| end > now_ms));
            let ids = vec![id.clone(), id];
            let request = DeleteDocuments { collection: "c".into(), ids, return_ids: true, durability: DURABILITY };
            let answer = bench.run(request).unwrap();
            assert_eq!(
                (answer.deleted, answer.ids.unwrap().len()),
                (u64::from(was.is_some()), usize::from(was.is_some()))
            );
        }
        8 => {
            let open: Vec<String> = model
                .iter()
                .filter(|(_, twin)| twin.expires_at.is_none_or(|end| end > now_ms) && twin.n.is_some_and(|n| n >= 4))
                .map(|(id, _)| id.clone())
                .collect();
            open.iter().for_each(|id| drop(model.remove(id)));
            let (collection, filter) = ("c".into(), at_least(4));
            let request = DeleteByFilter { collection, filter, return_ids: true, durability: DURABILITY };
            let mut gone: Vec<String> =
                bench.run(request).unwrap().ids.unwrap().into_iter().map(DocumentId::into_string).collect();
            gone.sort();
            assert_eq!(gone, open);
        }
        9 | 10 => {
            // Everything in one commit: each write sees those before it.
            let mut writes = Vec::new();
            if rng.next_u64().is_multiple_of(8) {
                model.clear();
                writes.push(Write::TruncateCollection { collection: "c".into() });
            }
            for _ in 0..4 {
                let (document, twin) = document(rng, name(rng.next_u64() % 12), now_ms);
                model.insert(document.id.clone().unwrap().into_string(), twin);
                writes.push(Write::AddDocuments {
                    collection: "c".into(),
                    documents: vec![document],
                    on_conflict: OnConflict::Replace,
                    ttl_ms: None,
                    create_missing: false,
                });
                writes.push(Write::UpdateDocuments(update(rng, model, now_ms).0));
                if rng.next_u64().is_multiple_of(3) {
                    let id = name(rng.next_u64() % 12);
                    model.remove(id.as_str());
                    writes.push(Write::DeleteDocuments { collection: "c".into(), ids: vec![id] });
                }
            }
            bench.run(Commit { writes, durability: DURABILITY, ..Commit::default() }).unwrap();
        }
        _ => {
            if rng.next_u64().is_multiple_of(4) {
                let there = model.values().filter(|twin| twin.expires_at.is_none_or(|end| end > now_ms)).count();
                model.clear();
                let answer = bench.run(TruncateCollection { collection: "c".into() }).unwrap();
                assert_eq!(answer.deleted, there as u64);
            }
        }
    }
}

fn created(dimension: u32) -> Bench {
    let bench = Bench::new();
    let (metric, metadata) = (Metric::Euclidean, Properties::new());
    bench.run(CreateCollection { collection: "c".into(), dimension, metric, metadata }).unwrap();
    bench
}

#[test]
fn documents_agree_with_a_twin_at_every_held_commit() {
    let seed = 20_261_130;
    for round in 0..12 {
        let rng = SeededRng::new(seed + round);
        let mut bench = created(if round % 2 == 0 { 2 } else { 0 });
        let mut model = Model::new();
        let mut held: Vec<(CommitSeq, Model)> = Vec::new();
        for at in 0..60 {
            step(&bench, &rng, &mut model);
            let what = format!("seed {}, step {at}", seed + round);
            compare(&bench, &model, None, &what);
            for (seq, then) in &held {
                compare(&bench, then, Some(*seq), &format!("{what}, held {}", seq.0));
            }
            match rng.next_u64() % 8 {
                0 => held.push((bench.run(TakeSnapshot {}).unwrap().seq, model.clone())),
                1 if !held.is_empty() => drop(bench.run(EndSnapshot { seq: held.remove(0).0 }).unwrap()),
                2 => bench.clock.advance_ms(10),
                3 => bench.tick(),
                4 => {
                    // What nobody holds any more is freed.
                    held.drain(..).for_each(|(seq, _)| {
                        bench.run(EndSnapshot { seq }).unwrap();
                    });
                    bench.clock.advance_ms(u64::try_from(limits::RECLAIM_INTERVAL.as_millis()).unwrap());
                    bench.tick();
                }
                5 => {
                    held.drain(..).for_each(|(seq, _)| {
                        bench.run(EndSnapshot { seq }).unwrap();
                    });
                    if rng.next_u64().is_multiple_of(2) { bench.reopen() } else { bench.lose_power() }
                }
                _ => {}
            }
            compare(&bench, &model, None, &format!("{what}, afterwards"));
        }
        // At the end everything is gone, and so is all that was counted for it.
        bench.run(TruncateCollection { collection: "c".into() }).unwrap();
        let stats = bench.stats();
        assert_eq!((stats.documents, stats.vectors, stats.live_bytes), (0, 0, 0), "seed {}", seed + round);
        bench.set_quota(Quota::default());
    }
}

fn text(id: &str, ttl_ms: Option<u64>) -> Document {
    Document { id: Some(id.into()), content: id.to_owned(), ttl_ms, ..Document::default() }
}

fn add_all(bench: &Bench, documents: Vec<Document>) {
    let request = AddDocuments { collection: "c".into(), documents, durability: DURABILITY, ..Default::default() };
    bench.run(request).unwrap();
}

#[test]
fn expired_documents_are_swept_and_their_space_comes_back() {
    let bench = created(0);
    add_all(&bench, vec![text("a", Some(10)), text("b", None)]);
    bench.clock.advance_ms(9);
    bench.tick();
    assert_eq!(bench.stats().documents, 2);
    bench.clock.advance_ms(1);
    let count = CountDocuments { collection: "c".into(), ..Default::default() };
    assert_eq!(
        (bench.run(count.clone()).unwrap().count, bench.stats().documents),
        (1, 2),
        "seen no more, and still there"
    );
    bench.tick();
    assert_eq!((bench.run(count).unwrap().count, bench.stats().documents), (1, 1));
}

#[test]
fn the_first_embedding_decides_the_dimension_for_good() {
    let mut bench = created(0);
    let dimension = |bench: &Bench| bench.run(DescribeCollection { collection: "c".into() }).unwrap().dimension;
    add_all(&bench, vec![text("a", None)]);
    assert_eq!(dimension(&bench), 0);
    bench.reopen();
    let with = |id: &str, numbers: usize| Document { embedding: Some(Embedding(vec![1.0; numbers])), ..text(id, None) };
    add_all(&bench, vec![with("b", 3), text("c", None)]);
    for _ in 0..2 {
        assert_eq!(dimension(&bench), 3);
        let documents = vec![with("d", 2)];
        let add = AddDocuments { collection: "c".into(), documents, durability: DURABILITY, ..Default::default() };
        assert_eq!(bench.run(add).unwrap_err().code, ErrorCode::InvalidArgument);
        bench.reopen();
    }
    let again = |dimension| CreateCollection {
        collection: "c".into(),
        dimension,
        metric: Metric::Euclidean,
        metadata: Properties::new(),
    };
    assert!(!bench.run(again(0)).unwrap().created && !bench.run(again(3)).unwrap().created);
    assert_eq!(bench.run(again(4)).unwrap_err().code, ErrorCode::AlreadyExists);
}

#[test]
fn metadata_of_a_collection_is_replaced_and_a_mismatch_is_an_error() {
    let mut bench = created(2);
    let metadata = Properties::new().with("owner", "ada");
    let changed = bench.run(UpdateCollection { collection: "c".into(), metadata: metadata.clone() }).unwrap();
    assert_eq!((changed.metadata, changed.created), (metadata.clone(), false));
    add_all(&bench, vec![Document { embedding: Some(Embedding(vec![1.0, 2.0])), ..text("a", None) }]);
    bench.reopen();
    let info = bench.run(DescribeCollection { collection: "c".into() }).unwrap();
    assert_eq!((info.metadata, info.count), (metadata.clone(), 1));
    let again =
        |metadata| CreateCollection { collection: "c".into(), dimension: 2, metric: Metric::Euclidean, metadata };
    assert!(bench.run(again(metadata)).is_ok() && bench.run(again(Properties::new())).is_ok());
    let error = bench.run(again(Properties::new().with("owner", "bob"))).unwrap_err();
    assert_eq!(error.code, ErrorCode::AlreadyExists);
}

/// The vector of a document that is changed is neither written again nor taken out of the graph.
#[test]
fn a_change_logs_no_embedding() {
    let bench = created(1_000);
    let documents = (0..20)
        .map(|row| Document { embedding: Some(Embedding(vec![row as f32; 1_000])), ..text(&format!("d{row}"), None) })
        .collect();
    add_all(&bench, documents);
    let update = DocumentUpdate {
        collection: "c".into(),
        all: true,
        set: Properties::new().with("seen", 1),
        ..DocumentUpdate::default()
    };
    bench.run(UpdateDocuments { update, return_ids: false, durability: DURABILITY }).unwrap();
    let records = bench.log_records();
    assert!(*records.last().unwrap() < 4_000, "{records:?}");
    let state = std::sync::Arc::clone(&bench.handle.opening.lock().as_ref().unwrap().actor.state);
    assert_eq!(state.collections.all()[0].vectors.stats().dead, 0);
}

/// Rows are numbered as they are written: the numbers taken say how many documents were met before the refusal.
#[test]
fn an_update_that_outgrows_its_bound_ends_at_the_document_that_does_so() {
    let bench = created(0);
    let long = "x".repeat(limits::PROPERTIES_BYTES_MAX - 100);
    let (documents, fit) = (200, limits::OPERATION_BYTES_MAX / long.len());
    add_all(&bench, (0..documents).map(|row| text(&format!("d{row}"), None)).collect());
    let state = std::sync::Arc::clone(&bench.handle.opening.lock().as_ref().unwrap().actor.state);
    let taken = || state.collections.all()[0].next_row() as usize;
    let ids = Some((0..documents).map(|row| format!("d{row}").as_str().into()).collect());
    for which in [DocumentUpdate { ids, ..Default::default() }, DocumentUpdate { all: true, ..Default::default() }] {
        let before = taken();
        let set = Properties::new().with("long", long.as_str());
        let update = DocumentUpdate { collection: "c".into(), set, ..which };
        let refused = bench.run(UpdateDocuments { update, return_ids: false, durability: DURABILITY }).unwrap_err();
        assert_eq!(refused.code, ErrorCode::LimitExceeded, "{refused}");
        assert!(taken() - before <= fit + 1, "{} documents were met", taken() - before);
    }
    let half = |from: usize| DocumentUpdate {
        collection: "c".into(),
        ids: Some((from..from + documents / 2).map(|row| format!("d{row}").as_str().into()).collect()),
        set: Properties::new().with("long", long.as_str()),
        ..DocumentUpdate::default()
    };
    let writes = vec![Write::UpdateDocuments(half(0)), Write::UpdateDocuments(half(documents / 2))];
    let before = taken();
    let refused = bench.run(Commit { writes, ..Commit::default() }).unwrap_err();
    assert_eq!(refused.code, ErrorCode::LimitExceeded, "{refused}");
    assert!(taken() - before <= fit + 1, "{} documents were met by a commit", taken() - before);
}

#[test]
fn a_change_of_the_kind_of_a_number_is_a_change() {
    let bench = created(0);
    let numbers = [Value::Int(1), Value::Float(1.0), Value::Float(0.0), Value::Float(-0.0)];
    add_all(&bench, vec![text("a", None)]);
    for number in numbers {
        let metadata = Properties::new().with("n", number.clone());
        let update = DocumentUpdate {
            collection: "c".into(),
            ids: Some(vec!["a".into()]),
            set: metadata.clone(),
            ..DocumentUpdate::default()
        };
        bench.run(UpdateDocuments { update, return_ids: false, durability: DURABILITY }).unwrap();
        let get = GetDocuments { collection: "c".into(), ids: vec!["a".into()], ..Default::default() };
        let found = bench.run(get).unwrap().documents.remove(0).unwrap();
        assert!(same_fields(&found.metadata, &metadata), "{number:?}: {found:?}");
        bench.run(UpdateCollection { collection: "c".into(), metadata: metadata.clone() }).unwrap();
        let info = bench.run(DescribeCollection { collection: "c".into() }).unwrap();
        assert!(same_fields(&info.metadata, &metadata), "{number:?}: {info:?}");
    }
}
