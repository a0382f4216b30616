//! What lists, counts, groups and filters make of documents without an embedding, changed in place, or expired.

use toondb_engine::api::{
    AddDocuments, Commit, CountDocuments, DeleteByFilter, Document, DocumentUpdate, EndSnapshot, FacetDocuments, Field,
    Filter, ListDocumentIds, ListDocuments, Metric, MinMaxDocuments, Predicate, Properties, SearchCollection,
    TakeSnapshot, UpdateDocuments, Value, Write,
};
use toondb_tests::Script;
use toondb_tests::requests::{add_documents, create_collection, document_with, search};

fn fields(n: i64) -> Properties {
    Properties::new().with("n", n).with("kind", if n % 2 == 0 { "even" } else { "odd" })
}

fn numbered(id: &str, embedding: &[f32], n: i64) -> Document {
    let embedded = document_with(id, embedding, fields(n));
    if embedding.is_empty() { Document { embedding: None, ..embedded } } else { embedded }
}

fn change(ids: &[&str], set: Properties) -> DocumentUpdate {
    let ids = Some(ids.iter().map(|id| (*id).into()).collect());
    DocumentUpdate { collection: "c".into(), ids, set, ..DocumentUpdate::default() }
}

/// Three documents with an embedding, two without; `b` and `y` are changed, and `gone` and `lost` have expired.
fn fill(s: &mut Script) {
    s.ok("default", create_collection("c", 1, Metric::Euclidean));
    let documents = vec![
        numbered("a", &[0.0], 1),
        numbered("b", &[1.0], 2),
        numbered("c", &[2.0], 3),
        numbered("x", &[], 5),
        numbered("y", &[], 6),
    ];
    s.ok("default", add_documents("c", documents));
    let update = change(&["b", "y"], fields(9));
    s.ok("default", UpdateDocuments { update, ..Default::default() });
    s.expect_housekeeping();
    let brief = vec![numbered("gone", &[0.5], 0), numbered("lost", &[], 100)];
    s.ok("default", AddDocuments { ttl_ms: Some(100), ..add_documents("c", brief) });
    s.db.clock.advance_ms(100);
}

fn listed(s: &mut Script, list: ListDocuments) -> String {
    let page = s.ok("default", list);
    page.documents.iter().map(|document| document.id.as_ref().unwrap().as_str()).collect::<Vec<_>>().join(" ")
}

fn all() -> ListDocuments {
    ListDocuments { collection: "c".into(), ..Default::default() }
}

fn many_are_read_as_they_are_now(s: &mut Script) {
    fill(s);
    for _ in 0..2 {
        assert_eq!(listed(s, all()), "a b c x y");
        assert_eq!(listed(s, ListDocuments { descending: true, limit: Some(2), ..all() }), "y x");
        let by_n = || ListDocuments { order_by: Some("n".to_owned()), ..all() };
        assert_eq!(listed(s, by_n()), "a c x b y", "ties by id");
        let nine = Filter::on("n", Predicate::Gte(Value::Int(9))).unwrap();
        assert_eq!(listed(s, ListDocuments { filter: Some(nine), ..by_n() }), "b y");
        let ids = s.ok("default", ListDocumentIds { collection: "c".into(), ..Default::default() }).ids;
        assert_eq!(ids.len(), 5);
        let columns = Some(vec!["id".to_owned(), "embedding".to_owned()]);
        let page = s.ok("default", ListDocuments { columns, ..all() });
        let embedded = page.documents.iter().filter(|document| document.embedding.is_some()).count();
        assert_eq!(embedded, 3, "documents without an embedding are listed without one");
        let facet = FacetDocuments { collection: "c".into(), field: "kind".to_owned(), ..Default::default() };
        let facets = s.ok("default", facet).facets;
        let counted: Vec<_> = facets.into_iter().map(|facet| (facet.value, facet.count)).collect();
        assert_eq!(counted, [("odd".into(), 5)]);
        let bounds = MinMaxDocuments { collection: "c".into(), field: "n".to_owned(), ..Default::default() };
        let bounds = s.ok("default", bounds).bounds.unwrap();
        assert_eq!((bounds.min, bounds.max), (Value::Int(1), Value::Int(9)));
        s.reopen();
    }
}

fn groups_are_those_of_the_newest_fields(s: &mut Script) {
    fill(s);
    let grouped =
        |size| SearchCollection { group_by: Some("n".to_owned()), group_size: Some(size), ..search("c", &[0.0], 9) };
    let update = change(&["a"], fields(9));
    s.ok("default", UpdateDocuments { update, ..Default::default() });
    for _ in 0..2 {
        let found = s.ok("default", grouped(1)).hits;
        let ids: Vec<_> = found.iter().map(|hit| hit.document.id.as_ref().unwrap().as_str()).collect();
        assert_eq!(ids, ["a", "c"], "a and b have one value now; y has it too and no embedding");
        assert_eq!(s.ok("default", grouped(2)).hits.len(), 3);
        s.reopen();
    }
}

fn filters_know_ids_and_contents_of_all(s: &mut Script) {
    fill(s);
    let id = |predicate| Filter::Field(Field::Id, predicate);
    let counted = |s: &mut Script, filter, snapshot| {
        s.ok("default", CountDocuments { collection: "c".into(), filter: Some(filter), snapshot, missing_ok: false })
            .count
    };
    let among = |ids: &[&str]| id(Predicate::In(ids.iter().map(|id| Value::from(*id)).collect()));
    for _ in 0..2 {
        assert_eq!(counted(s, among(&["b", "x", "lost", "nobody"]), None), 2);
        assert_eq!(counted(s, id(Predicate::Gte("b".into())), None), 4);
        assert_eq!(counted(s, id(Predicate::StartsWith("y".to_owned())), None), 1);
        let content = Filter::Field(Field::Content, Predicate::Contains("y".into()));
        let texts = Filter::Field(Field::Content, Predicate::StartsWith(String::new()));
        assert_eq!(counted(s, texts, None), 5);
        assert!(counted(s, content, None) >= 1);
        s.reopen();
    }
    let seq = s.ok("default", TakeSnapshot {}).seq;
    let snapshot = Some(seq);
    // A change in a commit finds what the commit has written, by id and by content.
    let add = Write::AddDocuments {
        collection: "c".into(),
        documents: vec![Document { content: "quite new".to_owned(), ..numbered("z", &[], 1) }],
        on_conflict: Default::default(),
        ttl_ms: None,
        create_missing: false,
    };
    let by = |filter, set| {
        Write::UpdateDocuments(DocumentUpdate {
            collection: "c".into(),
            filter: Some(filter),
            set,
            ..Default::default()
        })
    };
    let new = || Filter::Field(Field::Content, Predicate::Contains("quite".into()));
    let both = Filter::Or(vec![new(), id(Predicate::Eq("x".into()))]);
    s.ok("default", Commit { writes: vec![add, by(both, fields(77))], ..Commit::default() });
    let n = |n: i64| Filter::on("n", Predicate::Eq(Value::Int(n))).unwrap();
    assert_eq!((counted(s, n(77), None), counted(s, n(77), snapshot)), (2, 0));
    assert_eq!((counted(s, n(5), None), counted(s, n(5), snapshot)), (0, 1));
    s.ok("default", EndSnapshot { seq });
    let delete =
        DeleteByFilter { collection: "c".into(), filter: new(), return_ids: true, durability: Default::default() };
    assert_eq!(s.ok("default", delete).ids.unwrap(), ["z".into()]);
    assert_eq!(listed(s, all()), "a b c x y");
}

scenarios!(many_are_read_as_they_are_now, groups_are_those_of_the_newest_fields, filters_know_ids_and_contents_of_all);
