//! What writes leave in the indexes is what the next opening makes of the rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bench::Bench;
use crate::api::{
    AddDocuments, CachePut, Commit, CreateCollection, CreateIndex, DeleteDocuments, DeleteVectors, Document,
    DocumentId, DropCollection, Durability, Embedding, EmbeddingBatch, Field, Filter, IdBatch, InsertVectors, Metric,
    Predicate, Properties, Value, Write,
};
use crate::namespace::matching::Matching;
use crate::store::RowSnapshot;
use crate::work::Wanted;

/// What is in memory of one collection, as far as a reader of the newest commit can tell.
#[derive(Debug, PartialEq)]
struct Indexed {
    /// Id and vector of each row.
    rows: BTreeMap<u32, (Vec<u8>, Vec<f32>)>,
    /// Of those, the ones that a filter finds, and the ones that have not expired.
    found: Vec<u32>,
    open: Vec<u32>,
    count: u64,
    bytes: u64,
    next_row: u32,
}

fn indexed(bench: &Bench) -> BTreeMap<u32, Indexed> {
    drop(bench.handle.hold().unwrap());
    let state = Arc::clone(&bench.handle.opening.lock().as_ref().unwrap().actor.state);
    let seq = state.view.load().published();
    let two = || Predicate::Gte(Value::Int(2));
    let id = Filter::Field(Field::Id, Predicate::Ne("absent".into()));
    let filter = Filter::And(vec![Filter::on("n", two()).unwrap(), Filter::on("m.n", two()).unwrap(), id]);
    let snapshot = RowSnapshot::newest(state.view.load_full());
    let living = state.collections.all().into_iter().filter(|one| state.collections.living(one.record.id).is_some());
    let look = living.map(|one| {
        let mut rows = BTreeMap::new();
        one.vectors.for_each(seq, None, |row, id| drop(rows.insert(row, (id.to_vec(), Vec::new()))));
        for (row, (_, vector)) in &mut rows {
            *vector = one.vectors.vector(*row).unwrap();
        }
        let matching = Matching::new(&one, &snapshot, &Wanted::always()).rows(&filter).unwrap();
        let found = rows.keys().copied().filter(|row| matching.contains(*row)).collect();
        let open = one.lifetimes.open(5_000);
        let open = rows.keys().copied().filter(|row| open.as_ref().is_none_or(|open| open.contains(*row))).collect();
        let (count, bytes, next_row) = (state.count(&one), one.bytes(), one.next_row());
        (one.record.id, Indexed { rows, found, open, count, bytes, next_row })
    });
    look.collect()
}

fn document(id: &str, n: i64) -> Document {
    let embedding = Some(Embedding(vec![n as f32, 1.0]));
    let inside = Value::Map([("n".to_owned(), Value::Int(n))].into_iter().collect());
    let metadata = Properties::new().with("n", n).with("m", inside);
    Document { id: Some(id.into()), content: format!("{id} {n}"), embedding, metadata, ..Default::default() }
}

fn add(bench: &Bench, collection: &str, documents: Vec<Document>) {
    bench
        .run(AddDocuments {
            collection: collection.into(),
            documents,
            durability: Durability::Durable,
            ..Default::default()
        })
        .unwrap();
}

fn write_all(bench: &Bench) {
    let durability = Durability::Durable;
    for collection in ["kept", "dropped"] {
        let (dimension, metric, metadata) = (2, Metric::Dot, Properties::new());
        bench.run(CreateCollection { collection: collection.into(), dimension, metric, metadata }).unwrap();
        add(bench, collection, vec![document("a", 1), document("b", 2), document("a", 3)]);
    }
    add(bench, "kept", vec![document("c", 4), document("b", 5)]);
    let ids: Vec<DocumentId> = vec!["c".into(), "missing".into()];
    bench.run(DeleteDocuments { collection: "kept".into(), ids, durability, ..Default::default() }).unwrap();
    // Written and gone in one commit, and replaced and gone in one.
    let writes = vec![
        Write::AddDocuments {
            collection: "kept".into(),
            documents: vec![document("x", 6), document("b", 7)],
            on_conflict: Default::default(),
            ttl_ms: None,
            create_missing: false,
        },
        Write::DeleteDocuments { collection: "kept".into(), ids: vec!["x".into(), "b".into()] },
    ];
    bench.run(Commit { preconditions: Vec::new(), writes, snapshot: None, durability }).unwrap();
    bench.run(DropCollection { collection: "dropped".into() }).unwrap();
    bench.run(CreateIndex { index: "bare".into(), dimension: 2, metric: Metric::Cosine }).unwrap();
    let (ids, vectors) = (IdBatch(vec![7, 8, 7]), EmbeddingBatch(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    bench.run(InsertVectors { index: "bare".into(), ids, vectors, durability }).unwrap();
    bench.run(DeleteVectors { index: "bare".into(), ids: vec![8], durability }).unwrap();
    for (key, ttl_ms) in [("first", Some(100)), ("second", None), ("first", Some(9_000))] {
        let (embedding, value) = (Embedding(vec![1.0, 0.0]), key.to_owned());
        let put = CachePut { cache: "answers".into(), key: key.to_owned(), value, embedding, ttl_ms, durability };
        bench.run(put).unwrap();
    }
}

#[test]
fn the_next_opening_has_the_same_indexes() {
    for reopen in [Bench::reopen, Bench::lose_power] {
        let mut bench = Bench::new();
        write_all(&bench);
        let written = indexed(&bench);
        let brief: Vec<_> = written.values().map(|one| (one.count, one.rows.len(), one.found.len())).collect();
        assert_eq!(brief, [(1, 1, 1), (1, 1, 0), (2, 2, 0)], "documents, vectors, answers");
        reopen(&mut bench);
        assert_eq!(indexed(&bench), written);
        // What was dropped is purged meanwhile, which changes nothing that is left.
        bench.tick();
        assert_eq!(indexed(&bench), written);
    }
}
