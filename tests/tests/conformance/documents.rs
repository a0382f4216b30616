//! Documents that are written otherwise than by replacing them: without an embedding, changed in place, where something is
//! already, or for a time.

use toondb_engine::api::{
    AddDocuments, Commit, CountDocuments, CreateCollection, DeleteByFilter, DeleteDocuments, DescribeCollection,
    Document, DocumentUpdate, EndSnapshot, ErrorCode, Filter, GetDocuments, Metric, OnConflict, Predicate, Properties,
    SearchCollection, TakeSnapshot, TimestampMs, TruncateCollection, UpdateCollection, UpdateDocuments, Value, Write,
};
use toondb_tests::Script;
use toondb_tests::requests::{add_documents, create_collection, document, document_with, get_documents, search};

fn bare(id: &str) -> Document {
    Document { embedding: None, ..document(id, &[]) }
}

fn count(s: &mut Script, filter: Option<Filter>) -> u64 {
    s.ok("default", CountDocuments { collection: "c".into(), filter, ..Default::default() }).count
}

fn number(n: i64) -> Filter {
    Filter::on("n", Predicate::Eq(Value::Int(n))).unwrap()
}

fn numbered(id: &str, embedding: &[f32], n: i64) -> Document {
    document_with(id, embedding, Properties::new().with("n", n))
}

fn update(ids: &[&str], set: Properties) -> DocumentUpdate {
    let ids = Some(ids.iter().map(|id| (*id).into()).collect());
    DocumentUpdate { collection: "c".into(), ids, set, ..DocumentUpdate::default() }
}

fn texts(ids: &[toondb_engine::api::DocumentId]) -> Vec<&str> {
    ids.iter().map(|id| id.as_str()).collect()
}

fn found(s: &mut Script, request: SearchCollection) -> Vec<String> {
    let hits = s.ok("default", request).hits;
    hits.into_iter().map(|hit| hit.document.id.unwrap().into_string()).collect()
}

fn a_document_needs_no_embedding(s: &mut Script) {
    s.ok("default", create_collection("c", 0, Metric::Cosine));
    let fields = Properties::new().with("n", 1);
    s.ok("default", add_documents("c", vec![Document { metadata: fields, ..bare("a") }, bare("b")]));
    assert_eq!(s.ok("default", DescribeCollection { collection: "c".into() }).dimension, 0);
    assert!(found(s, search("c", &[1.0, 2.0, 3.0], 5)).is_empty(), "there is nothing to be near to");
    s.ok("default", add_documents("c", vec![numbered("d", &[1.0, 0.0], 1)]));
    s.fails(ErrorCode::InvalidArgument, "default", add_documents("c", vec![document("e", &[1.0])]));
    for _ in 0..2 {
        assert_eq!(s.ok("default", DescribeCollection { collection: "c".into() }).dimension, 2);
        assert_eq!((count(s, None), count(s, Some(number(1)))), (3, 2));
        assert_eq!(found(s, search("c", &[1.0, 1.0], 9)), ["d"]);
        let read = s.ok("default", get_documents("c", &["a", "d"])).documents;
        assert_eq!(read[0].as_ref().unwrap().embedding, None);
        assert!(read[1].as_ref().unwrap().embedding.is_some());
        s.reopen();
    }
    s.ok("default", add_documents("c", vec![document("a", &[0.0, 1.0])]));
    assert_eq!(found(s, search("c", &[0.0, 1.0], 9)), ["a", "d"], "an embedding comes later");
    s.ok("default", add_documents("c", vec![bare("d")]));
    assert_eq!(found(s, search("c", &[0.0, 1.0], 9)), ["a"], "and goes again");
}

fn a_change_leaves_text_and_embedding_alone(s: &mut Script) {
    s.ok("default", create_collection("c", 2, Metric::Euclidean));
    let fields = || Properties::new().with("n", 1).with("old", "yes");
    let documents = vec![document_with("a", &[1.0, 2.0], fields()), document_with("b", &[3.0, 4.0], fields())];
    s.ok("default", add_documents("c", documents));
    let snapshot = s.ok("default", TakeSnapshot {}).seq;
    let change = DocumentUpdate {
        unset: vec!["old".to_owned(), "never".to_owned()],
        ..update(&["a", "missing", "a"], Properties::new().with("n", 2))
    };
    let answer = s.ok("default", UpdateDocuments { update: change, return_ids: true, ..Default::default() });
    assert_eq!((answer.updated, texts(&answer.ids.unwrap())), (1, vec!["a"]));
    let filtered = |filter, snapshot| SearchCollection { filter, snapshot, ..search("c", &[0.0, 0.0], 9) };
    assert_eq!(found(s, filtered(Some(number(1)), None)), ["b"]);
    assert_eq!(found(s, filtered(Some(number(2)), None)), ["a"]);
    assert_eq!(found(s, filtered(Some(number(1)), Some(snapshot))), ["a", "b"], "as it was");
    assert!(found(s, filtered(Some(number(2)), Some(snapshot))).is_empty());
    s.ok("default", EndSnapshot { seq: snapshot });
    for _ in 0..2 {
        let read = s.ok("default", get_documents("c", &["a"])).documents.remove(0).unwrap();
        let changed = document_with("a", &[1.0, 2.0], Properties::new().with("n", 2));
        assert_eq!(read, changed);
        s.reopen();
    }
    // Everything that was not asked for, or contradicts itself.
    let refuse = |s: &mut Script, update: DocumentUpdate| {
        let request = UpdateDocuments { update, ..UpdateDocuments::default() };
        s.fails(ErrorCode::InvalidArgument, "default", request)
    };
    let set = || Properties::new().with("n", 3);
    refuse(s, DocumentUpdate { collection: "c".into(), set: set(), ..Default::default() });
    refuse(s, DocumentUpdate { all: true, ..update(&["a"], set()) });
    refuse(s, DocumentUpdate { unset: vec!["n".to_owned()], ..update(&["a"], set()) });
    refuse(s, DocumentUpdate { persist: true, ttl_ms: Some(5), ..update(&["a"], set()) });
    refuse(s, update(&["a"], Properties::new()));
    let everything = Some(Filter::And(Vec::new()));
    let error = refuse(s, DocumentUpdate { ids: None, filter: everything, ..update(&[], set()) });
    assert!(error.message.contains("all"), "{error}");
    let all = DocumentUpdate { ids: None, all: true, ..update(&[], set()) };
    let request = UpdateDocuments { update: all, ..UpdateDocuments::default() };
    assert_eq!(s.ok("default", request.clone()).updated, 2);
    assert_eq!(count(s, Some(number(3))), 2);
    let again = s.ok("default", request);
    assert_eq!(again.updated, 2, "those that are as asked already count");
    let missing = DocumentUpdate { collection: "x".into(), ..update(&["a"], set()) };
    s.fails(ErrorCode::CollectionNotFound, "default", UpdateDocuments { update: missing, ..Default::default() });
}

fn bounds_hold_after_the_merge(s: &mut Script) {
    s.ok("default", create_collection("c", 0, Metric::Cosine));
    let many =
        |from: usize, n: usize| Properties::from_iter((from..from + n).map(|i| (format!("f{i}"), Value::Int(1))));
    let max = toondb_engine::limits::PROPERTIES_MAX;
    s.ok("default", add_documents("c", vec![bare("a"), Document { metadata: many(0, max), ..bare("b") }]));
    let change = UpdateDocuments { update: update(&["a", "b"], many(max, 1)), ..Default::default() };
    let error = s.fails(ErrorCode::LimitExceeded, "default", change);
    assert!(error.message.contains("\"b\""), "{error}");
    let read = s.ok("default", get_documents("c", &["a"])).documents.remove(0).unwrap();
    assert!(read.metadata.0.is_empty(), "nothing was written");
}

fn what_exists_is_replaced_kept_or_an_error(s: &mut Script) {
    s.ok("default", create_collection("c", 0, Metric::Cosine));
    let add = |ids: &[(&str, i64)], on_conflict| AddDocuments {
        on_conflict,
        ..add_documents("c", ids.iter().map(|(id, n)| numbered(id, &[], *n)).collect())
    };
    s.ok("default", add(&[("a", 1)], OnConflict::Error));
    let error = s.fails(ErrorCode::AlreadyExists, "default", add(&[("b", 1), ("a", 2)], OnConflict::Error));
    assert!(error.message.contains("\"a\""), "{error}");
    assert_eq!(count(s, None), 1, "nothing was written");
    let answer = s.ok("default", add(&[("a", 2), ("b", 2), ("b", 3)], OnConflict::Skip));
    assert_eq!((texts(&answer.ids), texts(&answer.skipped)), (vec!["a", "b", "b"], vec!["a", "b"]));
    assert_eq!((count(s, Some(number(1))), count(s, Some(number(2)))), (1, 1));
    let answer = s.ok("default", add(&[("a", 4)], OnConflict::Replace));
    assert_eq!((texts(&answer.ids), answer.skipped.len(), count(s, Some(number(4)))), (vec!["a"], 0, 1));
}

fn what_has_expired_is_not_there(s: &mut Script) {
    s.ok("default", create_collection("c", 2, Metric::Cosine));
    let past = Some(TimestampMs(1));
    let (gone, later) = (document("gone", &[1.0, 0.0]), document("later", &[1.0, 1.0]));
    let documents = vec![gone, Document { ttl_ms: Some(200), ..later }];
    s.expect_housekeeping();
    s.ok("default", AddDocuments { ttl_ms: Some(100), ..add_documents("c", documents) });
    s.ok("default", add_documents("c", vec![bare("stays")]));
    s.db.clock.advance_ms(99);
    assert_eq!(count(s, None), 3);
    s.db.clock.advance_ms(1);
    assert_eq!((count(s, None), count(s, Some(Filter::Not(Box::new(number(1)))))), (2, 2));
    assert_eq!(found(s, search("c", &[1.0, 0.0], 9)), ["later"]);
    let read = s.ok("default", get_documents("c", &["gone", "later", "stays"])).documents;
    assert_eq!(read[0], None);
    assert!(read[1].as_ref().unwrap().expires_at.is_some() && read[2].as_ref().unwrap().expires_at.is_none());
    let persist = DocumentUpdate { persist: true, ..update(&["gone", "later"], Properties::new()) };
    assert_eq!(s.ok("default", UpdateDocuments { update: persist, ..Default::default() }).updated, 1);
    let read = s.ok("default", get_documents("c", &["later"])).documents.remove(0).unwrap();
    assert_eq!(read.expires_at, None);
    let delete =
        DeleteDocuments { collection: "c".into(), ids: vec!["gone".into(), "later".into()], ..Default::default() };
    let answer = s.ok("default", DeleteDocuments { return_ids: true, ..delete });
    assert_eq!((answer.deleted, texts(&answer.ids.unwrap())), (1, vec!["later"]));
    let both = Document { ttl_ms: Some(1), expires_at: past, ..bare("x") };
    s.fails(ErrorCode::InvalidArgument, "default", add_documents("c", vec![both]));
    s.fails(ErrorCode::InvalidArgument, "default", add_documents("c", vec![Document { ttl_ms: Some(0), ..bare("x") }]));
}

fn a_collection_is_created_by_the_first_document_if_asked(s: &mut Script) {
    let add = AddDocuments { create_missing: true, ..add_documents("c", vec![bare("a"), document("b", &[3.0, 4.0])]) };
    s.fails(ErrorCode::CollectionNotFound, "default", AddDocuments { create_missing: false, ..add.clone() });
    s.ok("default", add.clone());
    let info = s.ok("default", DescribeCollection { collection: "c".into() });
    assert_eq!((info.dimension, info.metric, info.count), (2, Metric::Cosine, 2));
    s.ok("default", add);
    // Twice in one commit: the second write finds what the first has created.
    let write = |id: &str| Write::AddDocuments {
        collection: "new".into(),
        documents: vec![document(id, &[1.0])],
        on_conflict: OnConflict::Error,
        ttl_ms: None,
        create_missing: true,
    };
    s.ok("default", Commit { writes: vec![write("a"), write("b")], ..Commit::default() });
    let info = s.ok("default", DescribeCollection { collection: "new".into() });
    assert_eq!((info.dimension, info.count), (1, 2));
}

fn a_collection_is_emptied_in_one_commit(s: &mut Script) {
    s.ok("default", create_collection("c", 2, Metric::Cosine));
    s.ok("default", add_documents("c", vec![document("a", &[1.0, 0.0]), bare("b")]));
    let snapshot = s.ok("default", TakeSnapshot {}).seq;
    s.expect_housekeeping();
    assert_eq!(s.ok("default", TruncateCollection { collection: "c".into() }).deleted, 2);
    assert_eq!((count(s, None), found(s, search("c", &[1.0, 0.0], 9)).len()), (0, 0));
    let held = GetDocuments { snapshot: Some(snapshot), ..get_documents("c", &["a", "b"]) };
    assert!(s.ok("default", held).documents.iter().all(Option::is_some), "who came before still sees them");
    s.ok("default", EndSnapshot { seq: snapshot });
    assert_eq!(s.ok("default", DescribeCollection { collection: "c".into() }).dimension, 2);
    s.fails(ErrorCode::CollectionNotFound, "default", TruncateCollection { collection: "x".into() });
    // Everything is replaced at once.
    let writes = vec![
        Write::AddDocuments {
            collection: "c".into(),
            documents: vec![document("lost", &[1.0, 0.0])],
            on_conflict: OnConflict::Replace,
            ttl_ms: None,
            create_missing: false,
        },
        Write::TruncateCollection { collection: "c".into() },
        Write::AddDocuments {
            collection: "c".into(),
            documents: vec![document("kept", &[0.0, 1.0])],
            on_conflict: OnConflict::Replace,
            ttl_ms: None,
            create_missing: false,
        },
        Write::UpdateDocuments(update(&["kept", "lost"], Properties::new().with("n", 1))),
    ];
    s.ok("default", Commit { writes, ..Commit::default() });
    for _ in 0..2 {
        assert_eq!((count(s, None), count(s, Some(number(1)))), (1, 1));
        assert_eq!(found(s, search("c", &[1.0, 0.0], 9)), ["kept"]);
        s.reopen();
    }
}

fn metadata_of_a_collection_can_be_changed(s: &mut Script) {
    let about = |text: &str| Properties::new().with("about", text);
    let create = CreateCollection { metadata: about("birds"), ..create_collection("c", 2, Metric::Cosine) };
    s.ok("default", create.clone());
    s.fails(ErrorCode::AlreadyExists, "default", CreateCollection { metadata: about("fish"), ..create.clone() });
    assert!(!s.ok("default", CreateCollection { metadata: Properties::new(), dimension: 0, ..create }).created);
    let changed = s.ok("default", UpdateCollection { collection: "c".into(), metadata: about("fish") });
    assert_eq!((changed.metadata, changed.dimension), (about("fish"), 2));
    s.reopen();
    assert_eq!(s.ok("default", DescribeCollection { collection: "c".into() }).metadata, about("fish"));
    s.fails(ErrorCode::CollectionNotFound, "default", UpdateCollection { collection: "x".into(), metadata: about("") });
}

fn deletions_tell_what_was_there(s: &mut Script) {
    s.ok("default", create_collection("c", 0, Metric::Cosine));
    s.ok("default", add_documents("c", (0..4).map(|i| numbered(&format!("d{i}"), &[], i % 2)).collect()));
    let delete = DeleteDocuments { collection: "c".into(), ids: vec!["d0".into(), "x".into()], ..Default::default() };
    let answer = s.ok("default", DeleteDocuments { return_ids: true, ..delete.clone() });
    assert_eq!((answer.deleted, texts(&answer.ids.unwrap())), (1, vec!["d0"]));
    assert_eq!(s.ok("default", delete).ids, None);
    let by_filter =
        DeleteByFilter { collection: "c".into(), filter: number(1), return_ids: true, durability: Default::default() };
    let answer = s.ok("default", by_filter);
    let mut ids = answer.ids.unwrap();
    ids.sort();
    assert_eq!((answer.deleted, texts(&ids)), (2, vec!["d1", "d3"]));
}

scenarios![
    a_document_needs_no_embedding,
    a_change_leaves_text_and_embedding_alone,
    bounds_hold_after_the_merge,
    what_exists_is_replaced_kept_or_an_error,
    what_has_expired_is_not_there,
    a_collection_is_created_by_the_first_document_if_asked,
    a_collection_is_emptied_in_one_commit,
    metadata_of_a_collection_can_be_changed,
    deletions_tell_what_was_there,
];
