//! Lists of documents page by page: against looking at every document, while others write, and with cursors from anywhere.

use std::collections::{BTreeMap, BTreeSet};

use toondb_engine::api::{
    ByteBuf, DeleteDocuments, Document, DocumentId, Durability, ErrorCode, FacetDocuments, Filter, Flush,
    ListDocumentIds, ListDocuments, Metric, MinMaxDocuments, Properties, Value,
};
use toondb_engine::limits;
use toondb_tests::requests::{add_documents, create_collection, document_with, facet, filter, list, map, min_max};
use toondb_tests::{Collection, Dice, Script, bounds, facets, listed, seed};

/// Reads a list to its end in pages, doing something after each.
fn in_pages(s: &mut Script, base: &ListDocuments, mut between: impl FnMut(&mut Script, &[Document])) -> Vec<Document> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = s.ok("default", ListDocuments { cursor, ..base.clone() });
        assert!(base.limit.is_none_or(|limit| page.documents.len() <= limit as usize));
        found.extend(page.documents);
        cursor = page.cursor;
        if cursor.is_none() {
            return found;
        }
        between(s, &found);
    }
}

fn names(documents: &[Document]) -> Vec<&str> {
    documents.iter().map(|document| document.id.as_ref().unwrap().as_str()).collect()
}

fn value(dice: &Dice) -> Value {
    let small = dice.below(4) as i64;
    match dice.below(7) {
        0 => Value::Null,
        1 => Value::Bool(small > 1),
        2 | 3 => Value::Int(small),
        4 => Value::Float(small as f64 / 2.0),
        5 => Value::String(["", "a", "ab", "b"][small as usize].to_owned()),
        _ => Value::List((0..small).map(|_| Value::Int(dice.below(3) as i64)).collect()),
    }
}

/// A collection and its twin: half of it in the store, some of it replaced and deleted since.
fn fill(s: &mut Script, dice: &Dice, documents: u64) -> Collection {
    s.ok("default", create_collection("c", 1, Metric::Euclidean));
    let mut twin = Collection { dimension: 1, metric: Metric::Euclidean, documents: BTreeMap::new() };
    for round in 0..2 {
        let batch: Vec<Document> = (0..documents)
            .filter(|_| dice.below(2) == 0)
            .map(|number| {
                let mut fields = Properties::new().with("unique", (number * 7 % documents) as i64);
                for field in ["few", "other"] {
                    if dice.below(5) > 0 {
                        fields = fields.with(field, value(dice));
                    }
                }
                document_with(&format!("d{number:05}"), &[number as f32], fields)
            })
            .collect();
        for document in &batch {
            twin.documents.insert(document.id.as_ref().unwrap().to_string(), (0, document.clone()));
        }
        s.db.run("default", add_documents("c", batch)).unwrap();
        if round == 0 {
            s.ok("default", Flush {});
        }
    }
    let gone: Vec<DocumentId> =
        twin.documents.keys().filter(|_| dice.below(10) == 0).map(|id| id.as_str().into()).collect();
    gone.iter().for_each(|id| drop(twin.documents.remove(id.as_str())));
    s.ok(
        "default",
        DeleteDocuments { collection: "c".into(), ids: gone, durability: Durability::Durable, ..Default::default() },
    );
    twin
}

fn filters() -> Vec<Option<Filter>> {
    let below = |number: i64| Some(filter(map([("unique", map([("$lt", Value::Int(number))]))])));
    vec![None, below(3), below(150), Some(filter(map([("few", Value::Int(1))]))), below(-1)]
}

fn every_order_equals_its_twin(s: &mut Script) {
    let dice = Dice::new(seed(7));
    let twin = fill(s, &dice, 300);
    for filter in filters() {
        for order_by in [None, Some("unique"), Some("few"), Some("absent")] {
            for descending in [false, true] {
                let limit = Some(1 + dice.below(120) as u32);
                let (filter, order_by) = (filter.clone(), order_by.map(str::to_owned));
                let base = ListDocuments { filter, order_by, descending, limit, columns: None, ..list("c") };
                let found = in_pages(s, &base, |_, _| ());
                let expected = listed(&twin, base.filter.as_ref(), base.order_by.as_deref(), descending);
                let expected: Vec<Document> =
                    expected.into_iter().map(|document| Document { embedding: None, ..document.clone() }).collect();
                assert_eq!(names(&found), names(&expected), "{base:?}");
                assert_eq!(found, expected, "{base:?}");
            }
        }
        for field in ["few", "other", "absent"] {
            let limit = 1 + dice.below(20) as u32;
            let request = FacetDocuments { filter: filter.clone(), limit: Some(limit), ..facet("c", field) };
            let found = s.ok("default", request).facets;
            assert_eq!(found, facets(&twin, filter.as_ref(), field, limit as usize), "{filter:?} {field}");
            let request = MinMaxDocuments { filter: filter.clone(), ..min_max("c", field) };
            assert_eq!(s.ok("default", request).bounds, bounds(&twin, filter.as_ref(), field), "{filter:?} {field}");
        }
    }
}

/// More values than are walked over under one lock.
fn many_values(s: &mut Script) {
    let dice = Dice::new(seed(8));
    let twin = fill(s, &dice, 4_000);
    let columns = Some(vec!["id".to_owned()]);
    for (order_by, limit) in [(Some("unique"), 1_900), (Some("few"), 1_900), (None, u32::MAX)] {
        let (order_by, limit) = (order_by.map(str::to_owned), Some(limit));
        let base = ListDocuments { order_by, limit, columns: columns.clone(), ..list("c") };
        let found = in_pages(s, &base, |_, _| ());
        let expected = listed(&twin, None, base.order_by.as_deref(), false);
        let expected: Vec<&str> = expected.iter().map(|document| document.id.as_ref().unwrap().as_str()).collect();
        assert_eq!(names(&found), expected);
    }
    let found = s.ok("default", FacetDocuments { limit: Some(3), ..facet("c", "unique") }).facets;
    assert_eq!(found, facets(&twin, None, "unique", 3));
    assert_eq!(s.ok("default", min_max("c", "unique")).bounds, bounds(&twin, None, "unique"));
}

/// Pages end early where documents are long, but each has one.
fn long_documents_make_short_pages(s: &mut Script) {
    s.ok("default", create_collection("c", 1, Metric::Euclidean));
    let content = "x".repeat(3 << 20);
    for id in ["a", "b", "c", "d", "e", "f"] {
        let document = Document { content: content.clone(), ..document_with(id, &[0.0], Properties::new()) };
        s.db.run("default", add_documents("c", vec![document])).unwrap();
    }
    let mut pages = 0;
    let mut cursor = None;
    let mut found = Vec::new();
    loop {
        let page = s.db.run("default", ListDocuments { cursor, ..list("c") }).unwrap();
        pages += 1;
        found.extend(page.documents);
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!((names(&found).concat().as_str(), pages), ("abcdef", 2));
    let columns = Some(vec!["id".to_owned()]);
    assert_eq!(
        s.ok("default", ListDocuments { columns, ..list("c") }).documents.len(),
        6,
        "what is not read is no length"
    );
}

fn numbered(number: u64, order: i64) -> Document {
    document_with(&format!("d{number:03}"), &[0.0], Properties::new().with("n", order))
}

/// Whatever is there all the time is met exactly once, wherever in the order others come and go.
fn writes_between_pages(s: &mut Script) {
    let spellings = [(None, false), (None, true), (Some("n"), false), (Some("n"), true)];
    for (order_by, descending) in spellings {
        s.expect_housekeeping();
        s.ok("default", toondb_engine::api::DropCollection { collection: "c".into() });
        s.ok("default", create_collection("c", 1, Metric::Euclidean));
        s.ok("default", add_documents("c", (0..40).map(|i| numbered(i * 10, (i / 7) as i64)).collect()));
        let base = ListDocuments { order_by: order_by.map(str::to_owned), descending, limit: Some(7), ..list("c") };
        let (dice, mut touched) = (Dice::new(seed(9)), BTreeSet::new());
        let found = in_pages(s, &base, |s, found| {
            // Even the document at which the page ended goes, or gets another place in the order.
            let last = found.last().unwrap().id.clone().unwrap();
            let number: u64 = last.as_str()[1..].parse().unwrap();
            let others = [dice.below(400), dice.below(40) * 10, number + 1];
            let added: Vec<Document> = others.iter().map(|i| numbered(*i, dice.below(6) as i64)).collect();
            touched.extend(names(&added).into_iter().map(str::to_owned));
            s.ok("default", add_documents("c", added));
            let ids = vec![last.clone(), format!("d{:03}", dice.below(40) * 10).into()];
            touched.extend(ids.iter().map(ToString::to_string));
            s.ok(
                "default",
                DeleteDocuments { collection: "c".into(), ids, durability: Durability::Durable, ..Default::default() },
            );
        });
        let stayed = |id: &&str| !touched.contains(*id);
        let expected: Vec<String> =
            (0..40).map(|i| format!("d{:03}", i * 10)).filter(|id| stayed(&id.as_str())).collect();
        let mut undisturbed: Vec<&str> = names(&found).into_iter().filter(stayed).collect();
        undisturbed.sort_unstable();
        assert_eq!(undisturbed, expected, "{order_by:?} {descending}");
        assert!(expected.len() > 5, "the writes leave something to be met");
    }
}

fn cursors_from_anywhere(s: &mut Script) {
    s.ok("default", create_collection("c", 1, Metric::Euclidean));
    s.ok("default", add_documents("c", (0..9).map(|i| numbered(i, (i / 3) as i64)).collect()));
    let by_id = ListDocuments { limit: Some(4), ..list("c") };
    let by_n = ListDocuments { order_by: Some("n".to_owned()), ..by_id.clone() };
    let of_id = s.ok("default", by_id.clone()).cursor.unwrap();
    let of_n = s.ok("default", by_n.clone()).cursor.unwrap();
    let with = |list: &ListDocuments, cursor: &[u8]| ListDocuments {
        cursor: Some(ByteBuf::from(cursor.to_vec())),
        ..list.clone()
    };
    s.fails(ErrorCode::InvalidArgument, "default", with(&by_id, &of_n));
    s.fails(ErrorCode::InvalidArgument, "default", with(&by_n, &of_id));
    for list in [&by_id, &by_n] {
        for hostile in [&b""[..], b"\0", b"\x01", b"\x02", b"\x03abc", b"\0\xff\xfe", b"\0a\0b", b"\x01\xff\xffa"] {
            s.fails(ErrorCode::InvalidArgument, "default", with(list, hostile));
        }
        let long = vec![0; limits::DOCUMENT_CURSOR_BYTES_MAX + 1];
        s.fails(ErrorCode::InvalidArgument, "default", with(list, &long));
    }
    let ids = ListDocumentIds { collection: "c".into(), cursor: Some(of_n.clone()), ..ListDocumentIds::default() };
    s.fails(ErrorCode::InvalidArgument, "default", ids);
    let backwards = ListDocuments { descending: true, ..by_n.clone() };
    s.fails(ErrorCode::InvalidArgument, "default", with(&backwards, &of_n));
    s.fails(ErrorCode::InvalidArgument, "default", ListDocuments { descending: true, ..with(&by_id, &of_id) });
    let by_other = ListDocuments { order_by: Some("m".to_owned()), ..by_id.clone() };
    s.fails(ErrorCode::InvalidArgument, "default", with(&by_other, &of_n));
    // A place that no document has is a place all the same. Its order stands behind the first byte.
    let place = |tag: u8, of: &[u8], rest: &[u8]| [&[tag], &of[1..5], rest].concat();
    assert_eq!(names(&s.ok("default", with(&by_id, &place(0, &of_id, b"d005x"))).documents), ["d006", "d007", "d008"]);
    assert_eq!(names(&s.ok("default", with(&by_id, &place(0, &of_id, b"zzz"))).documents), [""; 0]);
    let lacking = place(2, &of_n, b"d003");
    assert_eq!(names(&s.ok("default", with(&by_n, &lacking)).documents), [""; 0], "none lacks the field");
    let between = place(1, &of_n, &[&b"\0\x01z\xcb"[..], &0.5_f64.to_be_bytes()].concat());
    assert_eq!(names(&s.ok("default", with(&by_n, &between)).documents), ["d003", "d004", "d005", "d006"]);
}

scenarios!(
    every_order_equals_its_twin,
    many_values,
    long_documents_make_short_pages,
    writes_between_pages,
    cursors_from_anywhere,
);
