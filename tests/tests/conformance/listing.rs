//! Lists of documents, and what their fields hold: orders, columns, counts, bounds; and collections that are not there.

use toondb_engine::api::{
    CountDocuments, DeleteDocuments, DocumentPage, Durability, Embedding, EmbeddingBatch, ErrorCode, FacetDocuments,
    GetDocuments, ListDocumentIds, ListDocuments, Metric, MinMaxDocuments, OutputFormat, Properties, RowsQuery,
    SearchBatchCollection, SearchCollection, Value,
};
use toondb_tests::Script;
use toondb_tests::requests::{
    add_documents, create_collection, document_with, facet, filter, get_documents, list, map, min_max, search,
};

use crate::render::render;

fn values(items: &[Value]) -> Value {
    Value::List(items.to_vec())
}

/// Documents a to h; each lacks some field, and `n` is of every kind.
fn fill(s: &mut Script) {
    s.ok("default", create_collection("c", 1, Metric::Euclidean));
    let fields = [
        Properties::new().with("n", 3).with("tags", values(&["x".into(), "y".into(), "x".into()])),
        Properties::new().with("n", "text").with("tags", values(&["y".into()])),
        Properties::new().with("n", Value::Float(1.5)).with("tags", "y"),
        Properties::new().with("n", 3).with("lang", "en"),
        Properties::new().with("n", Value::Null).with("lang", "en"),
        Properties::new().with("n", Value::Bool(true)).with("lang", "de"),
        Properties::new().with("n", values(&[Value::Int(1)])).with("tags", values(&[])),
        Properties::new().with("lang", "en"),
    ];
    let ids = ["a", "b", "c", "d", "e", "f", "g", "h"];
    // Later ids are written first: the order is not that of the writes.
    let documents = ids.iter().zip(fields).rev().map(|(id, fields)| document_with(id, &[1.0], fields));
    s.ok("default", add_documents("c", documents.collect()));
}

fn ids(page: &DocumentPage) -> String {
    page.documents.iter().map(|document| document.id.as_ref().unwrap().as_str()).collect()
}

fn listed(s: &mut Script, list: ListDocuments) -> String {
    let page = s.ok("default", list);
    assert_eq!(page.cursor, None);
    ids(&page)
}

fn by(field: &str) -> ListDocuments {
    ListDocuments { order_by: Some(field.to_owned()), ..list("c") }
}

fn orders(s: &mut Script) {
    fill(s);
    assert_eq!(listed(s, list("c")), "abcdefgh");
    assert_eq!(listed(s, ListDocuments { descending: true, ..list("c") }), "hgfedcba");
    assert_eq!(listed(s, by("n")), "efcadbgh", "by kind, then by value, then by id; what lacks the field comes last");
    assert_eq!(listed(s, ListDocuments { descending: true, ..by("n") }), "gbadcfeh", "the ties stay by id");
    assert_eq!(listed(s, by("nobody has it")), "abcdefgh");
    let filter_of = |value| Some(filter(value));
    let english = ListDocuments { filter: filter_of(map([("lang", "en".into())])), ..list("c") };
    assert_eq!(listed(s, english.clone()), "deh");
    assert_eq!(listed(s, ListDocuments { descending: true, ..english.clone() }), "hed");
    assert_eq!(listed(s, ListDocuments { order_by: Some("n".to_owned()), ..english.clone() }), "edh");
    assert_eq!(listed(s, ListDocuments { filter: filter_of(map([])), ..list("c") }), "abcdefgh");
    let first = s.ok("default", ListDocuments { limit: Some(2), ..english });
    assert_eq!((ids(&first).as_str(), first.cursor.is_some()), ("de", true));
    let ids = ListDocumentIds { collection: "c".into(), ..ListDocumentIds::default() };
    assert_eq!(s.ok("default", ids.clone()).ids.len(), 8);
    let english = ListDocumentIds { filter: filter_of(map([("lang", "en".into())])), limit: Some(2), ..ids };
    let page = s.ok("default", english.clone());
    assert_eq!(page.ids, ["d".into(), "e".into()]);
    assert_eq!(s.ok("default", ListDocumentIds { cursor: page.cursor, ..english }).ids, ["h".into()]);
    s.reopen();
    assert_eq!(listed(s, by("n")), "efcadbgh");
}

fn columns(s: &mut Script) {
    fill(s);
    let mut first = |columns: Option<&[&str]>, include_embedding| {
        let columns = columns.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        let request = ListDocuments { columns, include_embedding, limit: Some(1), ..list("c") };
        s.ok("default", request).documents.remove(0)
    };
    let whole = first(None, false);
    assert_eq!((whole.content.as_str(), whole.metadata.0.len(), whole.embedding), ("content of a", 2, None));
    assert_eq!(first(None, true).embedding, Some(Embedding(vec![1.0])));
    let bare = first(Some(&["id"]), true);
    assert_eq!((bare.content.as_str(), bare.metadata.0.len(), bare.embedding), ("", 0, None));
    let content = first(Some(&["content"]), false);
    assert_eq!((content.content.as_str(), content.metadata.0.len()), ("content of a", 0));
    let fields = first(Some(&["metadata.n", "metadata.nobody has it"]), false);
    assert_eq!((fields.content.as_str(), fields.metadata), ("", Properties::new().with("n", 3)));
    let both = first(Some(&["embedding", "metadata"]), false);
    assert_eq!((both.metadata.0.len(), both.embedding), (2, Some(Embedding(vec![1.0]))));
    for (columns, code) in [
        (vec![], ErrorCode::InvalidArgument),
        (vec!["score"], ErrorCode::InvalidArgument),
        (vec!["id", "id"], ErrorCode::InvalidArgument),
        (vec!["x"; 2_000], ErrorCode::LimitExceeded),
    ] {
        let columns = Some(columns.into_iter().map(str::to_owned).collect());
        s.fails(code, "default", ListDocuments { columns, ..list("c") });
    }
}

fn counts_and_bounds(s: &mut Script) {
    fill(s);
    let mut counted = |request: FacetDocuments| -> Vec<(Value, u64)> {
        s.ok("default", request).facets.into_iter().map(|facet| (facet.value, facet.count)).collect()
    };
    let pairs =
        |pairs: &[(&str, u64)]| pairs.iter().map(|(text, count)| (Value::from(*text), *count)).collect::<Vec<_>>();
    assert_eq!(counted(facet("c", "lang")), pairs(&[("en", 3), ("de", 1)]));
    assert_eq!(counted(facet("c", "tags")), pairs(&[("y", 3), ("x", 1)]), "an element counts once for each document");
    let n = counted(facet("c", "n"));
    let expected = [Value::Int(3), Value::Null, Value::Bool(true), Value::Int(1), Value::Float(1.5), "text".into()];
    assert_eq!(n.iter().map(|(value, _)| value.clone()).collect::<Vec<_>>(), expected, "ties by value");
    assert_eq!(counted(FacetDocuments { limit: Some(1), ..facet("c", "n") }), [(Value::Int(3), 2)]);
    let english = || Some(filter(map([("lang", "en".into())])));
    assert_eq!(
        counted(FacetDocuments { filter: english(), ..facet("c", "n") }),
        [(Value::Null, 1), (Value::Int(3), 1)]
    );
    assert_eq!(counted(facet("c", "nobody has it")), []);
    let bounds = |s: &mut Script, request: MinMaxDocuments| {
        s.ok("default", request).bounds.map(|bounds| (bounds.min, bounds.max))
    };
    assert_eq!(bounds(s, min_max("c", "n")), Some((Value::Float(1.5), Value::Int(3))), "numbers, if there are any");
    assert_eq!(bounds(s, min_max("c", "lang")), Some(("de".into(), "en".into())));
    assert_eq!(bounds(s, min_max("c", "tags")), Some(("y".into(), "y".into())), "lists have no bounds");
    assert_eq!(bounds(s, min_max("c", "nobody has it")), None);
    let boolean = MinMaxDocuments { filter: Some(filter(map([("lang", "de".into())]))), ..min_max("c", "n") };
    assert_eq!(bounds(s, boolean), None);
    s.ok(
        "default",
        DeleteDocuments {
            collection: "c".into(),
            ids: vec!["a".into(), "c".into(), "d".into()],
            durability: Durability::Durable,
            ..Default::default()
        },
    );
    assert_eq!(bounds(s, min_max("c", "n")), Some(("text".into(), "text".into())), "what is deleted has no value");
    assert_eq!(s.ok("default", facet("c", "tags")).facets.len(), 1);
    for limit in [0, 1_001] {
        s.fails(ErrorCode::LimitExceeded, "default", FacetDocuments { limit: Some(limit), ..facet("c", "n") });
    }
    let long = "x".repeat(300);
    s.fails(ErrorCode::LimitExceeded, "default", facet("c", &long));
    s.fails(ErrorCode::LimitExceeded, "default", min_max("c", &long));
    s.fails(ErrorCode::LimitExceeded, "default", by(&long));
}

fn what_is_not_there(s: &mut Script) {
    let missing_ok = true;
    for namespace in ["default", "never created"] {
        let namespace = &namespace.replace(' ', "-");
        s.fails(ErrorCode::CollectionNotFound, namespace, list("none"));
        s.fails(ErrorCode::CollectionNotFound, namespace, facet("none", "n"));
        s.fails(ErrorCode::CollectionNotFound, namespace, min_max("none", "n"));
        let ids = ListDocumentIds { collection: "none".into(), ..ListDocumentIds::default() };
        s.fails(ErrorCode::CollectionNotFound, namespace, ids.clone());
        assert_eq!(s.ok(namespace, ListDocuments { missing_ok, ..list("none") }), DocumentPage::default());
        assert!(s.ok(namespace, ListDocumentIds { missing_ok, ..ids }).ids.is_empty());
        assert!(s.ok(namespace, FacetDocuments { missing_ok, ..facet("none", "n") }).facets.is_empty());
        assert_eq!(s.ok(namespace, MinMaxDocuments { missing_ok, ..min_max("none", "n") }).bounds, None);
        let get = GetDocuments { missing_ok, ..get_documents("none", &["a", "b"]) };
        assert_eq!(s.ok(namespace, get).documents, [None, None]);
        let count = CountDocuments { collection: "none".into(), missing_ok, ..CountDocuments::default() };
        assert_eq!(s.ok(namespace, count).count, 0);
        assert!(s.ok(namespace, SearchCollection { missing_ok, ..search("none", &[1.0], 3) }).hits.is_empty());
        let queries = EmbeddingBatch(vec![1.0, 2.0]);
        let batch = SearchBatchCollection {
            collection: "none".into(),
            queries,
            missing_ok,
            ..SearchBatchCollection::default()
        };
        assert!(s.ok(namespace, batch).results.is_empty());
    }
}

fn rendered(s: &mut Script) {
    fill(s);
    let mut text = |read, columns: &[&str]| {
        let rendered = s.ok("default", render(read, OutputFormat::Toon, columns));
        (String::from_utf8(rendered.data.into_vec()).unwrap(), rendered.truncated, rendered.cursor)
    };
    let two = || ListDocuments { limit: Some(2), ..list("c") };
    let (page, truncated, cursor) = text(RowsQuery::ListDocuments(two()), &["id", "metadata.n"]);
    assert_eq!((page.as_str(), truncated), ("[2]{id,metadata.n}:\n  a,3\n  b,text", true));
    let (page, ..) = text(RowsQuery::ListDocuments(ListDocuments { cursor, ..two() }), &["id"]);
    assert_eq!(page, "[2]{id}:\n  c\n  d");
    let own = ListDocuments { columns: Some(vec!["content".to_owned()]), ..two() };
    let (page, ..) = text(RowsQuery::ListDocuments(own), &[]);
    assert_eq!(page, "[2]{content}:\n  content of a\n  content of b");
    let (facets, ..) = text(RowsQuery::FacetDocuments(facet("c", "lang")), &[]);
    assert_eq!(facets, "[2]{value,count}:\n  en,3\n  de,1");
    let (values, ..) = text(RowsQuery::FacetDocuments(facet("c", "lang")), &["value"]);
    assert_eq!(values, "[2]{value}:\n  en\n  de");
    let refused = render(RowsQuery::ListDocuments(two()), OutputFormat::Toon, &["score"]);
    s.fails(ErrorCode::InvalidArgument, "default", refused);
}

scenarios!(orders, columns, counts_and_bounds, what_is_not_there, rendered);
