//! Filters: every operator, absent fields, mixed types, and exactly k results however selective the filter.

use toondb_engine::api::{
    CountDocuments, DeleteByFilter, Document, Durability, ErrorCode, Filter, Metric, NamespaceStatsRequest, Properties,
    SearchCollection, TakeSnapshot, Value,
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
    assert_eq!(counted.count as usize, found.hits.len(), "{filter:?}");
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

fn texts_and_lists(s: &mut Script) {
    fill(s);
    assert_eq!(matching(s, on("t", "$startswith", "app")), "1");
    assert_eq!(matching(s, on("t", "$startswith", "")), "1236", "any text begins with nothing");
    assert_eq!(matching(s, on("t", "$icontains", "APP")), "16");
    assert_eq!(matching(s, on("l", "$icontains", "X")), "1", "an element without regard to case");
    assert_eq!(matching(s, on("n", "$startswith", "2")), "5", "a number is no text");
    assert_eq!(matching(s, on("l", "$all", list(&[Value::Float(1.0), "x".into()]))), "1");
    assert_eq!(matching(s, on("l", "$all", list(&["x".into(), "y".into()]))), "");
    assert_eq!(matching(s, on("l", "$all", list(&[]))), "15");
    assert_eq!(matching(s, on("l", "$any", list(&["x".into(), "y".into()]))), "1");
    assert_eq!(matching(s, on("l", "$any", list(&[]))), "");
    assert_eq!(matching(s, on("t", "$any", list(&["apple".into()]))), "", "a text is no list");
    let neither = map([("t", map([("$not", map([("$startswith", "b".into())]))]))]);
    assert_eq!(matching(s, neither), "13456");
}

/// The condition on the field of these names as they stand.
fn at(names: &[&str], condition: Value) -> Value {
    let names = names.iter().map(|name| Value::from(*name)).collect();
    map([("$field", Value::List(vec![Value::List(names), condition]))])
}

fn paths(s: &mut Script) {
    s.ok("default", create_collection("c", 1, Metric::Euclidean));
    let city = |name: &str, zip: i64| map([("city", name.into()), ("zip", Value::Int(zip))]);
    let fields: [Properties; 6] = [
        Properties::new().with("home", city("Bonn", 5)).with("tags", list(&[city("Ulm", 1)])),
        Properties::new().with("home", city("Ulm", 8)).with("home.city", "Bonn"),
        Properties::new().with("home", map([("city", map([("name", "Bonn".into())]))])),
        Properties::new().with("home", "Bonn").with("$price", 3),
        Properties::new().with("home", map([("city", list(&["Bonn".into()])), ("a.b", Value::Int(1))])),
        Properties::new().with("$and", 1).with("home", map([])),
    ];
    let documents =
        fields.into_iter().zip(1_u8..).map(|(fields, i)| document_with(&i.to_string(), &[f32::from(i)], fields));
    s.ok("default", add_documents("c", documents.collect()));
    for _ in 0..2 {
        assert_eq!(matching(s, map([("home.city", "Bonn".into())])), "12", "a field of the very name comes first");
        assert_eq!(matching(s, map([("home.city", "Ulm".into())])), "");
        assert_eq!(matching(s, at(&["home", "city"], "Ulm".into())), "2");
        assert_eq!(matching(s, at(&["home.city"], map([("$exists", Value::Bool(true))]))), "2");
        assert_eq!(matching(s, on("home.city", "$exists", Value::Bool(false))), "46");
        assert_eq!(matching(s, on("home.city", "$ne", "Bonn")), "35");
        assert_eq!(matching(s, on("home.city", "$contains", "Bonn")), "125");
        assert_eq!(matching(s, map([("home.city.name", "Bonn".into())])), "3");
        assert_eq!(matching(s, map([("home.city", map([("name", "Bonn".into())]))])), "3", "a map equals a map");
        assert_eq!(matching(s, map([("home.zip", map([("$gt", Value::Int(5)), ("$lte", Value::Int(8))]))])), "2");
        assert_eq!(matching(s, on("tags.city", "$exists", Value::Bool(true))), "", "lists are not entered");
        assert_eq!(matching(s, on("tags", "$contains", city("Ulm", 1))), "1");
        assert_eq!(matching(s, at(&["$price"], map([("$gte", Value::Int(3))]))), "4");
        assert_eq!(matching(s, at(&["$and"], Value::Int(1))), "6");
        assert_eq!(matching(s, at(&["home", "a.b"], Value::Int(1))), "5");
        assert_eq!(matching(s, at(&["home", "a", "b"], Value::Int(1))), "");
        assert_eq!(matching(s, map([("home", map([]))])), "6");
        s.reopen();
    }
    let moved = document_with("1", &[1.0], Properties::new().with("home", city("Ulm", 9)));
    s.ok("default", add_documents("c", vec![moved]));
    assert_eq!(matching(s, map([("home.city", "Bonn".into())])), "2", "what a replaced document held inside is gone");
    assert_eq!(matching(s, on("home.zip", "$gte", 8)), "12");
    let filter = filter(on("home.zip", "$gte", 8));
    let delete = DeleteByFilter { collection: "c".into(), filter, durability: Durability::Durable, return_ids: false };
    assert_eq!(s.ok("default", delete).deleted, 2);
    assert_eq!(matching(s, on("home", "$exists", Value::Bool(true))), "3456");
    s.lose_power();
    assert_eq!(matching(s, on("home.city", "$exists", Value::Bool(true))), "35");
}

/// A dictionary with more keys than have lists of rows.
fn more_paths_than_are_indexed(s: &mut Script) {
    s.ok("default", create_collection("c", 1, Metric::Euclidean));
    let document = |i: u16| {
        let scores = map([(&*format!("user{i}"), Value::Int(i64::from(i % 3))), ("all", Value::Int(i64::from(i)))]);
        document_with(&format!("{i:03}"), &[f32::from(i)], Properties::new().with("scores", scores))
    };
    s.ok("default", add_documents("c", (0..300).map(document).collect()));
    for _ in 0..2 {
        for i in [0_u16, 100, 200, 299] {
            let name = format!("scores.user{i}");
            assert_eq!(matching(s, map([(&*name, Value::Int(i64::from(i % 3)))])), format!("{i:03}"));
            assert_eq!(matching(s, on(&name, "$gt", 2)), "");
        }
        assert_eq!(matching(s, on("scores.all", "$lt", 2)), "000001");
        s.reopen();
    }
}

fn ids_and_contents(s: &mut Script) {
    s.ok("default", create_collection("c", 1, Metric::Euclidean));
    let document = |id: &str, content: &str, year: i64| Document {
        content: content.to_owned(),
        ..document_with(id, &[0.5], Properties::new().with("year", year))
    };
    let documents = vec![
        document("a/1", "Straße one", 1),
        document("a/2", "two", 2),
        document("b/1", "", 1),
        document("b/2", "Two and ONE", 2),
    ];
    s.ok("default", add_documents("c", documents.clone()));
    for _ in 0..2 {
        assert_eq!(matching(s, map([("$id", "a/2".into())])), "a/2");
        assert_eq!(matching(s, on("$id", "$in", list(&["b/1".into(), "a/1".into(), "c".into()]))), "a/1b/1");
        assert_eq!(matching(s, on("$id", "$nin", list(&["b/1".into(), "a/1".into(), "c".into()]))), "a/2b/2");
        assert_eq!(matching(s, on("$id", "$ne", "a/1")), "a/2b/1b/2");
        assert_eq!(matching(s, on("$id", "$startswith", "a/")), "a/1a/2");
        assert_eq!(matching(s, map([("$id", map([("$gt", "a/1".into()), ("$lte", "b/1".into())]))])), "a/2b/1");
        assert_eq!(matching(s, on("$id", "$contains", "/2")), "a/2b/2");
        assert_eq!(matching(s, on("$id", "$icontains", "B/")), "b/1b/2");
        assert_eq!(matching(s, map([("$id", map([("$not", map([("$startswith", "a".into())]))]))])), "b/1b/2");
        assert_eq!(matching(s, on("$content", "$contains", "one")), "a/1");
        assert_eq!(matching(s, on("$content", "$icontains", "ONE")), "a/1b/2");
        assert_eq!(matching(s, on("$content", "$icontains", "strasse")), "a/1");
        assert_eq!(matching(s, on("$content", "$startswith", "t")), "a/2");
        assert_eq!(matching(s, map([("$content", "".into())])), "b/1");
        assert_eq!(matching(s, on("$content", "$ne", "")), "a/1a/2b/2");
        assert_eq!(matching(s, map([("$not", on("$content", "$icontains", "two"))])), "a/1b/1");
        let both = map([("$content", map([("$icontains", "one".into())])), ("year", Value::Int(2))]);
        assert_eq!(matching(s, both), "b/2");
        let either = list(&[on("$content", "$contains", "two"), on("year", "$eq", 1), on("$id", "$eq", "b/2")]);
        assert_eq!(matching(s, map([("$or", either)])), "a/1a/2b/1b/2");
        s.reopen();
    }
    s.ok("default", add_documents("c", vec![document("a/2", "three", 2)]));
    assert_eq!(matching(s, on("$content", "$icontains", "two")), "b/2", "the old text of a replaced document is gone");
    assert_eq!(matching(s, on("$id", "$startswith", "a/")), "a/1a/2");
    let delete = |value| DeleteByFilter {
        collection: "c".into(),
        filter: filter(value),
        durability: Durability::Durable,
        return_ids: false,
    };
    for always in [
        on("$id", "$startswith", ""),
        on("$id", "$nin", list(&[])),
        on("$content", "$contains", ""),
        on("$content", "$gte", ""),
        map([("$not", on("$id", "$in", list(&[])))]),
    ] {
        assert_eq!(matching(s, always.clone()), "a/1a/2b/1b/2");
        s.fails(ErrorCode::InvalidArgument, "default", delete(always));
    }
    assert_eq!(s.ok("default", delete(on("$content", "$icontains", "one"))).deleted, 2);
    assert_eq!(matching(s, map([])), "a/2b/1");
    assert_eq!(s.ok("default", delete(on("$id", "$startswith", "a/"))).deleted, 1);
    assert_eq!(matching(s, on("$id", "$gte", "")), "b/1");
}

/// A snapshot is asked for what it sees: ids and contents as they were.
fn a_snapshot_filters_what_it_sees(s: &mut Script) {
    s.ok("default", create_collection("c", 1, Metric::Euclidean));
    let document = |id: &str, content: &str| Document {
        content: content.to_owned(),
        ..document_with(id, &[0.5], Properties::new().with("text", content))
    };
    s.ok("default", add_documents("c", vec![document("a", "old"), document("b", "old")]));
    let snapshot = Some(s.ok("default", TakeSnapshot {}).seq);
    s.ok("default", add_documents("c", vec![document("a", "new"), document("c", "old")]));
    for (value, then, now) in [
        (on("$content", "$eq", "old"), 2, 2),
        (on("$content", "$eq", "new"), 0, 1),
        (on("$id", "$in", list(&["a".into(), "c".into()])), 1, 2),
        (on("$id", "$ne", "a"), 1, 2),
        (on("$id", "$startswith", ""), 2, 3),
        (map([("$not", on("$content", "$eq", "old"))]), 0, 1),
    ] {
        let mut count = |snapshot| {
            let filter = Some(filter(value.clone()));
            s.ok("default", CountDocuments { collection: "c".into(), filter, snapshot, missing_ok: false }).count
        };
        assert_eq!((count(snapshot), count(None)), (then, now), "{value:?}");
    }
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
        map([("n", map([("$not", map([("$any", list(&[]))]))]))]),
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
        on("a", "$gt", list(&[])),
        on("a", "$gt", Value::Null),
        on("a", "gte", 1),
        on("a", "$Gte", 1),
        on("$id", "$eq", 1),
        on("$content", "$exists", Value::Bool(true)),
        map([("$price", Value::Int(1))]),
        map([("or", list(&[map([])]))]),
        at(&[], Value::Int(1)),
        map([("$and", Value::Int(1))]),
        on("a", "$eq", Value::Float(f64::NAN)),
        nested(17),
        map([("a", map([("$gt", Value::Int(1)), ("plain", Value::Int(1))]))]),
        map([("$and", list(&vec![map([("a", Value::Int(1))]); 1_025]))]),
    ] {
        assert!(Filter::try_from(bad.clone()).is_err(), "{bad:?}");
    }
}

scenarios!(
    comparisons,
    sets_and_presence,
    texts_and_lists,
    paths,
    more_paths_than_are_indexed,
    ids_and_contents,
    a_snapshot_filters_what_it_sees,
    combinations,
    filters_follow_changes,
    exactly_k_under_any_filter
);
