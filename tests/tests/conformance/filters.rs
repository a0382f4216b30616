//! Filters: every operator, absent fields, mixed types, and exactly k results however selective the filter.

use toondb_engine::api::{
    CountDocuments, DeleteByFilter, Durability, ErrorCode, Filter, Metric, NamespaceStatsRequest, Properties,
    SearchCollection, Value,
};
use toondb_tests::Script;
use toondb_tests::requests::{add_documents, create_collection, document_with, filter, map, search};

fn list(items: &[Value]) -> Value {
    Value::List(items.to_vec())
}

/// Documents 1 to 6; each lacks some field, and `n` is an integer, a float or a text.
fn fill(s: &mut Script) {
    s.ok("default", create_collection("c", 1, Metric::Euclidean));
    let fields: [Properties; 6] = [
        Properties::new().with("n", 1).with("t", "apple").with("l", list(&["x".into(), Value::Int(1)])),
        Properties::new().with("n", 2).with("t", "banana").with("b", Value::Bool(true)),
        Properties::new().with("n", Value::Float(2.5)).with("t", "cherry").with("b", Value::Bool(false)),
        Properties::new().with("n", Value::Float(2.0)).with("z", Value::Null),
        Properties::new().with("n", "2").with("l", list(&[])),
        Properties::new().with("t", "Apple"),
    ];
    let documents =
        fields.into_iter().zip(1_u8..).map(|(fields, i)| document_with(&i.to_string(), &[f32::from(i)], fields));
    s.ok("default", add_documents("c", documents.collect()));
}

/// The documents a filter matches, by id; asked three ways that must agree.
fn matching(s: &mut Script, value: Value) -> String {
    let filter: Filter = filter(value);
    let found = s.ok("default", SearchCollection { filter: Some(filter.clone()), ..search("c", &[0.0], 10) });
    let ids: String = found.hits.iter().map(|hit| hit.document.id.as_ref().unwrap().as_str()).collect();
    let counted = s.ok(
        "default",
        CountDocuments { collection: "c".into(), filter: Some(filter.clone()), ..CountDocuments::default() },
    );
    assert_eq!(counted.count as usize, ids.len(), "{filter:?}");
    ids
}

fn on(field: &str, operator: &str, operand: impl Into<Value>) -> Value {
    map([(field, map([(operator, operand.into())]))])
}

fn comparisons(s: &mut Script) {
    fill(s);
    assert_eq!(matching(s, map([("n", Value::Int(2))])), "24", "an integer equals the float of its value");
    assert_eq!(matching(s, on("n", "$eq", 2)), "24");
    assert_eq!(matching(s, on("n", "$eq", "2")), "5");
    assert_eq!(matching(s, on("t", "$eq", "apple")), "1", "texts compare by their bytes");
    assert_eq!(matching(s, on("n", "$ne", 2)), "135", "a missing field is not unequal");
    assert_eq!(matching(s, on("n", "$gt", 1)), "234", "numbers compare with numbers only");
    assert_eq!(matching(s, on("n", "$gte", 2)), "234");
    assert_eq!(matching(s, on("n", "$lt", Value::Float(2.5))), "124");
    assert_eq!(matching(s, on("n", "$lte", Value::Float(2.5))), "1234");
    assert_eq!(matching(s, on("n", "$gt", "1")), "5");
    assert_eq!(matching(s, on("t", "$lt", "b")), "16");
    assert_eq!(matching(s, on("b", "$eq", Value::Bool(false))), "3");
    assert_eq!(matching(s, on("b", "$gt", Value::Bool(false))), "2");
    assert_eq!(matching(s, on("z", "$eq", Value::Null)), "4", "null is a value, absence is not");
    assert_eq!(matching(s, on("n", "$gt", Value::Null)), "");
    assert_eq!(matching(s, on("x", "$eq", 1)), "");
}

fn sets_and_presence(s: &mut Script) {
    fill(s);
    assert_eq!(matching(s, on("n", "$in", list(&[Value::Int(1), "2".into(), Value::Float(2.5)]))), "135");
    assert_eq!(matching(s, on("n", "$in", list(&[]))), "");
    assert_eq!(matching(s, on("n", "$nin", list(&[Value::Int(1), Value::Int(2)]))), "35");
    assert_eq!(matching(s, on("n", "$nin", list(&[]))), "12345");
    assert_eq!(matching(s, on("l", "$exists", Value::Bool(true))), "15");
    assert_eq!(matching(s, on("l", "$exists", Value::Bool(false))), "2346");
    assert_eq!(matching(s, on("z", "$exists", Value::Bool(true))), "4");
    assert_eq!(matching(s, on("l", "$contains", "x")), "1");
    assert_eq!(matching(s, on("l", "$contains", Value::Float(1.0))), "1");
    assert_eq!(matching(s, on("t", "$contains", "an")), "2");
    assert_eq!(matching(s, on("t", "$contains", "pple")), "16");
    assert_eq!(matching(s, on("n", "$contains", 1)), "");
    assert_eq!(matching(s, on("l", "$eq", list(&["x".into(), Value::Int(1)]))), "1");
    assert_eq!(matching(s, on("l", "$eq", list(&[]))), "5");
}

fn combinations(s: &mut Script) {
    fill(s);
    let both = map([("n", Value::Int(2)), ("t", "banana".into())]);
    assert_eq!(matching(s, both), "2", "several fields are joined by and");
    let range = map([("n", map([("$gt", Value::Int(1)), ("$lt", Value::Float(2.5))]))]);
    assert_eq!(matching(s, range), "24");
    let or = map([("$or", list(&[on("n", "$eq", 1), on("t", "$eq", "Apple")]))]);
    assert_eq!(matching(s, or.clone()), "16");
    assert_eq!(matching(s, map([("$not", or.clone())])), "2345", "not is plain negation");
    let and = map([("$and", list(&[or, on("n", "$exists", Value::Bool(true))]))]);
    assert_eq!(matching(s, and), "1");
    let not_in_field = map([("n", map([("$not", map([("$gt", Value::Int(1))]))]))]);
    assert_eq!(matching(s, not_in_field), "156");
    assert_eq!(matching(s, map([])), "123456", "no condition matches everything");
    assert_eq!(matching(s, map([("$and", list(&[]))])), "123456");
    assert_eq!(matching(s, map([("$or", list(&[]))])), "");
}

fn filters_follow_changes(s: &mut Script) {
    fill(s);
    s.ok("default", add_documents("c", vec![document_with("1", &[1.0], Properties::new().with("n", 9))]));
    assert_eq!(matching(s, on("n", "$eq", 1)), "", "the old fields of a replaced document are gone");
    assert_eq!(matching(s, on("n", "$eq", 9)), "1");
    s.reopen();
    assert_eq!(matching(s, on("n", "$gte", 2)), "1234");
    let delete = |value| DeleteByFilter {
        collection: "c".into(),
        filter: filter(value),
        durability: Durability::Durable,
        return_ids: false,
    };
    let deleted = s.ok("default", delete(on("n", "$gte", 2)));
    assert_eq!(deleted.deleted, 4);
    assert_eq!(matching(s, map([])), "56");
    let nothing = s.ok("default", delete(on("n", "$gte", 2)));
    assert_eq!((nothing.deleted, nothing.commit_seq), (0, deleted.commit_seq), "one commit for all, none for nothing");
    s.lose_power();
    assert_eq!(matching(s, map([])), "56");
    let always = [
        map([]),
        map([("$and", list(&[]))]),
        map([("$and", list(&[map([])]))]),
        map([("$or", list(&[map([]), on("n", "$gte", 2)]))]),
        map([("$not", map([("$or", list(&[]))]))]),
        map([("n", map([("$not", map([("$in", list(&[]))]))]))]),
    ];
    for value in always {
        assert_eq!(matching(s, value.clone()), "56", "a search may ask for everything");
        s.fails(ErrorCode::InvalidArgument, "default", delete(value));
    }
    assert_eq!(matching(s, map([])), "56", "no deletion may be asked for by a filter without a condition");
    assert_eq!(s.ok("default", delete(map([("$not", on("n", "$eq", 9))]))).deleted, 2);
    let stats = s.ok("default", NamespaceStatsRequest {});
    assert_eq!((stats.documents, stats.vectors, stats.live_bytes), (0, 0, 0));
    s.fails(
        ErrorCode::CollectionNotFound,
        "default",
        DeleteByFilter { collection: "x".into(), ..delete(on("n", "$eq", 1)) },
    );
}

fn exactly_k_under_any_filter(s: &mut Script) {
    s.ok("default", create_collection("c", 2, Metric::Cosine));
    let document = |i: i64| {
        let angle = i as f32 / 1_000.0;
        let fields = Properties::new().with("even", Value::Bool(i % 2 == 0)).with("hundred", i / 100).with("i", i);
        document_with(&format!("{i:04}"), &[angle.cos(), angle.sin()], fields)
    };
    s.ok("default", add_documents("c", (0..2_000).map(document).collect()));
    let mut found = |value, k| {
        let request = SearchCollection { filter: Some(filter(value)), ..search("c", &[1.0, 0.0], k) };
        let hits = s.ok("default", request).hits;
        hits.iter().map(|hit| hit.document.id.as_ref().unwrap().as_str().to_owned()).collect::<Vec<_>>()
    };
    let even: Vec<String> = (0..10).map(|i| format!("{:04}", i * 2)).collect();
    assert_eq!(found(map([("even", Value::Bool(true))]), 10), even);
    let far: Vec<String> = (1_900..2_000).map(|i| format!("{i:04}")).collect();
    assert_eq!(found(map([("hundred", Value::Int(19))]), 100), far, "the farthest hundred, all of them");
    assert_eq!(found(map([("hundred", Value::Int(19))]), 1_000), far, "and no more");
    assert_eq!(found(map([("i", Value::Int(1_999))]), 10), ["1999"]);
    assert_eq!(found(on("i", "$gt", 5_000), 10), [""; 0]);
}

#[test]
fn malformed_filters_are_refused() {
    let nested = |depth| (0..depth).fold(map([("a", Value::Int(1))]), |inner, _| map([("$not", inner)]));
    assert!(Filter::try_from(nested(16)).is_ok());
    for bad in [
        Value::Int(1),
        map([("$nor", list(&[]))]),
        on("a", "$like", "x"),
        on("a", "$in", 1),
        on("a", "$exists", 1),
        map([("$and", Value::Int(1))]),
        on("a", "$eq", Value::Float(f64::NAN)),
        nested(17),
        map([("a", map([("$gt", Value::Int(1)), ("plain", Value::Int(1))]))]),
        map([("$and", list(&vec![map([("a", Value::Int(1))]); 1_025]))]),
    ] {
        assert!(Filter::try_from(bad.clone()).is_err(), "{bad:?}");
    }
}

scenarios!(comparisons, sets_and_presence, combinations, filters_follow_changes, exactly_k_under_any_filter);
