//! Orders, facets, bounds and groups by fields inside others: the values that filters find.

use super::bench::Bench;
use crate::api::{
    AddDocuments, CreateCollection, Document, Durability, Embedding, ErrorCode, Facet, FacetDocuments, FieldPath,
    Filter, ListDocuments, Map, Metric, MinMaxDocuments, Operation, Predicate, Properties, SearchCollection, Value,
    ValueBounds,
};
use crate::limits;

fn map(entries: &[(&str, Value)]) -> Value {
    Value::Map(entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

/// Each with what it has at `a.b`, whichever way.
fn fields() -> Vec<Properties> {
    let inside = |value: Value| Properties::new().with("a", map(&[("b", value)]));
    vec![
        inside(3.into()),
        inside(1.into()),
        Properties::new().with("a.b", 2),
        inside(5.into()).with("a.b", 0),
        Properties::new().with("a", 7),
        inside("text".into()),
        inside(Value::Map(Map::new())),
        inside(map(&[("c", 1.into())])),
        inside(Value::List(vec![1.into(), 8.into()])),
        inside(3.into()).with("z", 1),
        Properties::new(),
    ]
}

fn bench(others: usize) -> Bench {
    let bench = Bench::new();
    let (metric, metadata) = (Metric::Euclidean, Properties::new());
    bench.run(CreateCollection { collection: "c".into(), dimension: 1, metric, metadata }).unwrap();
    let document = |(row, metadata): (usize, Properties)| Document {
        id: Some(format!("d{row:02}").as_str().into()),
        embedding: Some(Embedding(vec![row as f32])),
        metadata,
        ..Document::default()
    };
    let other = |row: usize| Properties::new().with("a", map(&[(&format!("other {row}"), 1.into())]));
    let documents = (0..others).map(other).map(|metadata| Document { metadata, ..Document::default() });
    let documents = documents.chain(fields().into_iter().enumerate().map(document)).collect();
    let durability = Durability::Durable;
    bench.run(AddDocuments { collection: "c".into(), documents, durability, ..Default::default() }).unwrap();
    bench
}

/// The ids page by page, of those that are no others.
fn listed(bench: &Bench, order_by: &str, descending: bool) -> Vec<String> {
    let request = || ListDocuments {
        collection: "c".into(),
        order_by: Some(order_by.to_owned()),
        descending,
        limit: Some(2),
        ..ListDocuments::default()
    };
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = bench.run(ListDocuments { cursor, ..request() }).unwrap();
        found.extend(page.documents.into_iter().filter_map(|document| document.id).map(|id| id.as_str().to_owned()));
        cursor = page.cursor;
        if cursor.is_none() {
            return found.into_iter().filter(|id| id.len() == 3).collect();
        }
    }
}

fn expected(descending: bool) -> Vec<String> {
    let path = FieldPath::of_name("a.b");
    let mut rows: Vec<(Option<Value>, usize)> =
        fields().iter().enumerate().map(|(row, fields)| (path.of(fields).cloned(), row)).collect();
    rows.sort_by(|(a, _), (b, _)| match (a, b) {
        (Some(a), Some(b)) if descending => b.cmp(a),
        (Some(a), Some(b)) => a.cmp(b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    rows.into_iter().map(|(_, row)| format!("d{row:02}")).collect()
}

/// With more names than have lists the values are found by walking the maps.
#[test]
fn fields_inside_others_are_ordered_counted_and_bounded_as_filters_find_them() {
    for others in [0, limits::METADATA_NAMES_MAX + 5] {
        let bench = bench(others);
        for descending in [false, true] {
            assert_eq!(listed(&bench, "a.b", descending), expected(descending), "{others} {descending}");
        }
        let field = || "a.b".to_owned();
        let facets = FacetDocuments { collection: "c".into(), field: field(), limit: Some(2), ..Default::default() };
        let expected = [(1, 2), (3, 2)].map(|(value, count): (i64, _)| Facet { value: value.into(), count });
        assert_eq!(bench.run(facets).unwrap().facets, expected);
        let bounds = MinMaxDocuments { collection: "c".into(), field: field(), ..Default::default() };
        let expected = ValueBounds { min: 0.into(), max: 3.into() };
        assert_eq!(bench.run(bounds).unwrap().bounds, Some(expected));
        let filter = Some(Filter::on("a.b", Predicate::Gte(1.into())).unwrap());
        let search = SearchCollection {
            collection: "c".into(),
            query: Embedding(vec![0.0]),
            group_by: Some(field()),
            filter,
            ..SearchCollection::default()
        };
        let hits = bench.run(search).unwrap().hits;
        let ids: Vec<_> = hits.iter().filter_map(|hit| hit.document.id.as_ref()).map(|id| id.as_str()).collect();
        assert_eq!(ids, ["d00", "d01", "d02"], "the second 3 is of a group that is full");
    }
}

#[test]
fn id_is_an_order_and_content_none() {
    let bench = bench(0);
    let mut ids: Vec<_> = (0..fields().len()).map(|row| format!("d{row:02}")).collect();
    for order_by in ["id", "$id"] {
        assert_eq!(listed(&bench, order_by, false), ids, "{order_by}");
    }
    ids.reverse();
    for order_by in ["id", "$id"] {
        assert_eq!(listed(&bench, order_by, true), ids, "{order_by}");
    }
    let refused = |request: ListDocuments| bench.run(request).unwrap_err().code;
    let list = |order_by: Option<&str>, descending| ListDocuments {
        collection: "c".into(),
        order_by: order_by.map(str::to_owned),
        descending,
        limit: Some(2),
        ..ListDocuments::default()
    };
    for field in ["$content", "$id"] {
        let (collection, field) = ("c".into(), field.to_owned());
        let request = FacetDocuments { collection, field, ..Default::default() };
        assert_eq!(request.into_request().validate().unwrap_err().code, ErrorCode::InvalidArgument);
    }
    let by_text = list(Some("$content"), false).into_request();
    assert_eq!(by_text.validate().unwrap_err().code, ErrorCode::InvalidArgument);
    let cursor = bench.run(list(Some("a.b"), false)).unwrap().cursor;
    for other in [list(Some("a.b"), true), list(Some("z"), false), list(None, false), list(Some("id"), true)] {
        assert_eq!(refused(ListDocuments { cursor: cursor.clone(), ..other }), ErrorCode::InvalidArgument);
    }
    let cursor = bench.run(list(None, false)).unwrap().cursor;
    assert_eq!(refused(ListDocuments { cursor, ..list(None, true) }), ErrorCode::InvalidArgument);
}
