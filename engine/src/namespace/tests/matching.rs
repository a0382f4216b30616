//! Which rows match: the bounds of reading documents, and the two ways to ids of one beginning.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::bench::Bench;
use crate::api::{
    AddDocuments, CreateCollection, DeleteDocuments, Document, DocumentUpdate, Durability, Embedding, ErrorCode, Field,
    Filter, Metric, Predicate, Properties, UpdateDocuments,
};
use crate::namespace::collection::Collection;
use crate::namespace::filter_budget::FilterBudget;
use crate::namespace::matching::Matching;
use crate::namespace::state::State;
use crate::store::RowSnapshot;
use crate::work::Wanted;

const DOCUMENTS: i64 = 2_500;

/// `DOCUMENTS` documents `x0000`, ..., each with its number as a field and in its text.
fn bench() -> Bench {
    let bench = Bench::new();
    let (collection, metric) = (|| "c".into(), Metric::Dot);
    let create = CreateCollection { collection: collection(), dimension: 1, metric, metadata: Properties::new() };
    bench.run(create).unwrap();
    let documents = (0..DOCUMENTS).map(|n| Document {
        id: Some(format!("x{n:04}").as_str().into()),
        content: format!("text {n}"),
        embedding: Some(Embedding(vec![1.0])),
        metadata: Properties::new().with("n", n),
        ..Default::default()
    });
    let documents = documents.collect();
    bench
        .run(AddDocuments {
            collection: collection(),
            documents,
            durability: Durability::Durable,
            ..Default::default()
        })
        .unwrap();
    bench
}

fn parts(bench: &Bench) -> (Arc<State>, Arc<Collection>, RowSnapshot) {
    drop(bench.handle.hold().unwrap());
    let state = Arc::clone(&bench.handle.opening.lock().as_ref().unwrap().actor.state);
    let collection = state.collections.all().into_iter().next().unwrap();
    let snapshot = RowSnapshot::newest(state.view.load_full());
    (state, collection, snapshot)
}

fn content(part: &str) -> Filter {
    Filter::Field(Field::Content, Predicate::Contains(part.into()))
}

fn number_below(bound: i64) -> Filter {
    Filter::on("n", Predicate::Lt(bound.into())).unwrap()
}

#[test]
fn few_ids_of_one_beginning_are_read_and_many_are_walked_alike() {
    let bench = bench();
    let (_state, collection, snapshot) = parts(&bench);
    for (start, expected) in
        [("", 2_500), ("x", 2_500), ("x1", 1_000), ("x24", 100), ("x0007", 1), ("y", 0), ("x00070", 0)]
    {
        let filter = Filter::Field(Field::Id, Predicate::StartsWith(start.to_owned()));
        let rows = Matching::new(&collection, &snapshot, &Wanted::always()).rows(&filter).unwrap();
        assert_eq!(rows.len(), expected, "{start:?}");
    }
}

#[test]
fn documents_are_read_within_a_bound_and_after_the_rest_of_the_filter() {
    let bench = bench();
    let (_state, collection, snapshot) = parts(&bench);
    let rows = |filter: &Filter, bytes| {
        let budget = FilterBudget::new(bytes, u64::MAX);
        Matching::new(&collection, &snapshot, &Wanted::always()).within(&budget).rows(filter)
    };
    assert_eq!(rows(&content("text 9"), 10_000).unwrap_err().code, ErrorCode::LimitExceeded);
    let narrow = Filter::And(vec![content("text 9"), number_below(100)]);
    assert_eq!(rows(&narrow, 10_000).unwrap().len(), 11);
    assert_eq!(rows(&number_below(100), 0).unwrap().len(), 100, "nothing is read for fields");
    let decided = Filter::And(vec![content("text 9"), number_below(0)]);
    assert_eq!(rows(&decided, 0).unwrap().len(), 0);
}

/// What each condition takes counts, whether it is about a text, an id or a field.
#[test]
fn a_filter_takes_no_more_steps_than_it_may() {
    let bench = bench();
    let (_state, collection, snapshot) = parts(&bench);
    let refused = |filter: Filter, steps| {
        let budget = FilterBudget::new(u64::MAX, steps);
        let found = Matching::new(&collection, &snapshot, &Wanted::always()).within(&budget).rows(&filter);
        found.is_err_and(|error| error.code == ErrorCode::LimitExceeded && error.message.contains("narrow the filter"))
    };
    let of_id = || Filter::Field(Field::Id, Predicate::Contains("no".into()));
    let ten = |one: &dyn Fn() -> Filter| Filter::Or((0..10).map(|_| one()).collect());
    let steps = 2 * u64::try_from(DOCUMENTS).unwrap();
    assert!(!refused(of_id(), steps) && refused(ten(&of_id), steps));
    assert!(!refused(content("no"), steps) && refused(ten(&|| content("no")), steps));
    let of_field = || Filter::on("n", Predicate::IContains("no".to_owned().into())).unwrap();
    assert!(!refused(of_field(), 2 * steps) && refused(ten(&of_field), 2 * steps));
}

#[test]
fn a_search_through_contents_ends_when_the_engine_closes() {
    let bench = bench();
    let (_state, collection, snapshot) = parts(&bench);
    let closing = AtomicBool::new(false);
    for filter in [content("text"), Filter::Field(Field::Id, Predicate::Contains("x".into()))] {
        closing.store(false, Ordering::Relaxed);
        let wanted = Wanted::by(None, &closing);
        assert_eq!(Matching::new(&collection, &snapshot, &wanted).rows(&filter).unwrap().len(), DOCUMENTS as u64);
        closing.store(true, Ordering::Relaxed);
        let wanted = Wanted::by(None, &closing);
        let ended = Matching::new(&collection, &snapshot, &wanted).rows(&filter).unwrap_err();
        assert_eq!(ended.code, ErrorCode::ShuttingDown, "{filter:?}");
    }
}

fn updated(bench: &Bench, update: DocumentUpdate) {
    let update = DocumentUpdate { collection: "c".into(), ..update };
    bench.run(UpdateDocuments { update, durability: Durability::Durable, ..Default::default() }).unwrap();
}

/// A reader takes rows from the index, which still holds them as they were before the last commit, and looks at them after the
/// index has let them go.
#[test]
fn a_superseded_row_stays_unseen_by_who_holds_its_number_over_a_reclaim() {
    let bench = bench();
    let set = Properties::new().with("n", -1);
    updated(&bench, DocumentUpdate { filter: Some(number_below(10)), set, ..DocumentUpdate::default() });
    let (state, collection, snapshot) = parts(&bench);
    let wanted = Wanted::always();
    let was_seven = || {
        let filter = Filter::on("n", Predicate::Eq(7.into())).unwrap();
        Matching::new(&collection, &snapshot, &wanted).rows(&filter).unwrap()
    };
    let held = was_seven();
    assert_eq!(held.len(), 1, "older readers find it");
    let is_seen = || held.iter().any(|row| collection.is_visible(row, state.view.load().published()));
    let has_vectors = || !collection.vectors_of(held.clone(), snapshot.seq(), &wanted).unwrap().is_empty();
    assert!(!is_seen() && !has_vectors(), "before it is reclaimed");
    collection.reclaim(state.oldest_seen());
    assert!(was_seven().is_empty(), "the index has let it go");
    assert!(!is_seen() && !has_vectors(), "after it was reclaimed");
    let ids = vec!["x0007".into()];
    bench
        .run(DeleteDocuments { collection: "c".into(), ids, durability: Durability::Durable, ..Default::default() })
        .unwrap();
    collection.reclaim(state.oldest_seen());
    assert!(!is_seen(), "after its vector was deleted and reclaimed");
}
