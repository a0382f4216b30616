//! Numbers of rows: none is taken twice, whatever was deleted, and whoever opens the namespace next.

use std::sync::Arc;

use super::bench::Bench;
use crate::api::{
    AddDocuments, CreateCollection, DeleteDocuments, Document, DropCollection, Durability, Embedding, ErrorCode,
    Metric, Properties,
};
use crate::limits;
use crate::namespace::state::State;
use crate::store::{DocumentRecord, KeyRange, KeyWriter, Read, Table};

fn state(bench: &Bench) -> Arc<State> {
    drop(bench.handle.hold().unwrap());
    Arc::clone(&bench.handle.opening.lock().as_ref().unwrap().actor.state)
}

fn collection(bench: &Bench) {
    let (dimension, metric, metadata) = (2, Metric::Dot, Properties::new());
    bench.run(CreateCollection { collection: "c".into(), dimension, metric, metadata }).unwrap();
}

/// Writes a document and gives the number of its row.
fn add(bench: &Bench, id: &str) -> u32 {
    let document = Document {
        id: Some(id.into()),
        content: String::new(),
        embedding: Some(Embedding(vec![1.0, 2.0])),
        metadata: Properties::new(),
        ..Default::default()
    };
    let documents = vec![document];
    bench
        .run(AddDocuments { collection: "c".into(), documents, durability: Durability::Durable, ..Default::default() })
        .unwrap();
    let state = state(bench);
    let number = state.collections.all()[0].record.id;
    let key = KeyWriter::new().u32(number).raw(id.as_bytes()).finish();
    DocumentRecord::decode(&state.unpublished().get(Table::Documents, &key).unwrap().unwrap()).unwrap().place.row
}

fn delete(bench: &Bench, ids: &[&str]) {
    let ids = ids.iter().map(|id| (*id).into()).collect();
    bench
        .run(DeleteDocuments { collection: "c".into(), ids, durability: Durability::Durable, ..Default::default() })
        .unwrap();
}

/// Ways to open a namespace once more.
const REOPEN: [fn(&mut Bench); 2] = [Bench::reopen, Bench::lose_power];

#[test]
fn the_number_of_a_deleted_row_is_not_taken_again_by_the_next_opening() {
    for reopen in REOPEN {
        let mut bench = Bench::new();
        collection(&bench);
        let mut used = vec![add(&bench, "first")];
        for round in 0..3 {
            used.push(add(&bench, "newest"));
            used.push(add(&bench, "newest"));
            delete(&bench, &["newest"]);
            reopen(&mut bench);
            let fresh = add(&bench, &format!("after {round}"));
            assert!(!used.contains(&fresh), "row {fresh} was taken before: {used:?}");
            used.push(fresh);
            if round == 1 {
                delete(&bench, &["first", "after 0", "after 1"]);
                reopen(&mut bench);
            }
        }
        let mut distinct = used.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), used.len(), "{used:?}");
    }
}

/// Deleting from the old end on, as whoever keeps a window does, moves the bound once for many deletions.
#[test]
fn the_bound_above_deleted_rows_is_seldom_moved_and_goes_with_the_collection() {
    let mut bench = Bench::new();
    collection(&bench);
    let ids: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    for id in &ids {
        add(&bench, id);
    }
    let marks = |bench: &Bench| -> Vec<Vec<u8>> {
        let snapshot = state(bench).unpublished();
        snapshot.scan(Table::Rows, &KeyRange::all(), false).unwrap().map(|row| row.unwrap().value).collect()
    };
    assert!(marks(&bench).is_empty(), "nothing was deleted");
    delete(&bench, &["0"]);
    let first = marks(&bench);
    assert_eq!(first.len(), 1);
    for id in &ids[1..] {
        delete(&bench, &[id]);
        assert_eq!(marks(&bench), first);
    }
    bench.run(DropCollection { collection: "c".into() }).unwrap();
    bench.reopen();
    drop(state(&bench));
    bench.tick();
    assert!(marks(&bench).is_empty(), "a collection that is gone leaves nothing");
}

#[test]
fn a_collection_without_numbers_says_how_to_go_on() {
    let bench = Bench::new();
    collection(&bench);
    add(&bench, "first");
    state(&bench).collections.all()[0].skip_rows_below(limits::ROWS_MAX);
    let documents = vec![Document { id: Some("next".into()), ..Default::default() }];
    let refused = bench.run(AddDocuments { collection: "c".into(), documents, ..Default::default() }).unwrap_err();
    assert_eq!(refused.code, ErrorCode::LimitExceeded);
    assert!(refused.message.contains("restore a checkpoint") && refused.message.contains("new one"), "{refused}");
}
