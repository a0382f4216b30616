//! Bounds: what lies on them passes, what lies beyond is refused with a code that says so, and nothing changes.

use toondb_engine::api::{
    AddNode, BatchPut, ByteBuf, CommitSeq, CountVectors, CreateIndex, Durability, ErrorCode, Flush, GetDocuments,
    GetVectors, Metric, MultiGet, NamespaceStatsRequest, Properties, Put, PutEntry, QueryTemporal, SearchCollection,
    SearchVectors, Traverse, Value,
};
use toondb_engine::limits;
use toondb_tests::Script;
use toondb_tests::requests::{
    add_documents, add_fact, add_node, at, bytes, commit, create_collection, document_with, during, get, node, put,
    put_ttl, query, search,
};

fn sized(len: usize) -> ByteBuf {
    ByteBuf::from(vec![b'x'; len])
}

fn keys_and_values(s: &mut Script) {
    s.fails(ErrorCode::InvalidArgument, "default", put("", "v"));
    s.fails(ErrorCode::InvalidArgument, "default", get(""));
    s.ok("default", Put { key: sized(limits::KEY_BYTES_MAX), ..put("", "v") });
    s.fails(ErrorCode::LimitExceeded, "default", Put { key: sized(limits::KEY_BYTES_MAX + 1), ..put("", "v") });
    s.ok("default", Put { value: sized(limits::VALUE_BYTES_MAX), ..put("big", "") });
    assert_eq!(s.unrecorded("default", get("big")).found.unwrap().value.len(), limits::VALUE_BYTES_MAX);
    s.fails(ErrorCode::LimitExceeded, "default", Put { value: sized(limits::VALUE_BYTES_MAX + 1), ..put("big", "") });
    s.fails(ErrorCode::InvalidArgument, "default", put_ttl("k", "v", 0));
    s.fails(ErrorCode::InvalidArgument, "default", put_ttl("k", "v", u64::MAX));
    s.ok("default", put_ttl("k", "v", i64::MAX.unsigned_abs()));
    assert!(s.ok("default", get("k")).found.is_some(), "the longest life does not overflow into the past");
}

fn batches(s: &mut Script) {
    let entry = PutEntry { key: bytes("k"), value: bytes("v"), ttl_ms: None };
    let batch = |items| BatchPut { entries: vec![entry.clone(); items], durability: Durability::Durable };
    assert_eq!(s.ok("default", batch(limits::BATCH_ITEMS_MAX)).commit_seq, CommitSeq(1));
    s.fails(ErrorCode::LimitExceeded, "default", batch(limits::BATCH_ITEMS_MAX + 1));
    let keys = vec![bytes("k"); limits::BATCH_ITEMS_MAX + 1];
    s.fails(ErrorCode::LimitExceeded, "default", MultiGet { keys, snapshot: None });
    let nodes = vec![toondb_engine::api::Write::DeleteKey { key: bytes("k") }; limits::BATCH_ITEMS_MAX + 1];
    s.fails(ErrorCode::LimitExceeded, "default", commit(vec![], nodes));
    assert_eq!(s.ok("default", NamespaceStatsRequest {}).commit_seq, CommitSeq(1));
}

fn names_and_ids(s: &mut Script) {
    let long = |len: usize| "x".repeat(len);
    for name in ["a/b", "..", ".", "../x", "-x", "_x", "a b", "ä", "a\0", "a:b", &long(65), "%2e", "A\n"] {
        s.fails(ErrorCode::InvalidArgument, name, put("k", "v"));
        s.fails(ErrorCode::InvalidArgument, name, get("k"));
    }
    s.ok(&long(64), put("k", "v"));
    s.ok("A.b_c-9", put("k", "v"));
    s.fails(ErrorCode::InvalidArgument, "default", create_collection("", 2, Metric::Cosine));
    s.fails(ErrorCode::InvalidArgument, "default", create_collection("a\0b", 2, Metric::Cosine));
    s.fails(ErrorCode::LimitExceeded, "default", create_collection(&long(257), 2, Metric::Cosine));
    s.ok("default", create_collection(&long(256), 2, Metric::Cosine));
    s.fails(ErrorCode::InvalidArgument, "default", add_node(""));
    s.fails(ErrorCode::InvalidArgument, "default", add_node("a\0b"));
    s.fails(ErrorCode::LimitExceeded, "default", add_node(&long(1025)));
    s.ok("default", add_node(&long(1024)));
    s.ok("default", add_node("../../etc/passwd"));
    s.fails(ErrorCode::LimitExceeded, "default", add_fact(("a", &long(257), "b"), 0, None));
}

fn dimensions_and_counts(s: &mut Script) {
    s.fails(
        ErrorCode::InvalidArgument,
        "default",
        CreateIndex { index: "v".into(), dimension: 0, metric: Metric::Cosine },
    );
    s.fails(ErrorCode::InvalidArgument, "default", create_collection("c", 8193, Metric::Cosine));
    s.ok("default", create_collection("wide", 8192, Metric::Cosine));
    s.ok("default", CreateIndex { index: "v".into(), dimension: 2, metric: Metric::Cosine });
    s.ok("default", create_collection("c", 2, Metric::Cosine));
    for k in [0, 10_001, u32::MAX] {
        s.fails(ErrorCode::LimitExceeded, "default", search("c", &[1.0, 0.0], k));
    }
    s.ok("default", search("c", &[1.0, 0.0], 10_000));
    s.fails(ErrorCode::LimitExceeded, "default", SearchCollection { ef: Some(0), ..search("c", &[1.0, 0.0], 1) });
    let vectors = SearchVectors {
        index: "v".into(),
        query: toondb_engine::api::Embedding(vec![1.0, 0.0]),
        k: Some(0),
        ef: None,
        include_embedding: false,
        snapshot: None,
        ..SearchVectors::default()
    };
    s.fails(ErrorCode::LimitExceeded, "default", vectors);
    assert_eq!(s.ok("default", CountVectors { index: "v".into() }).count, 0);
    let ids = vec![0; limits::BATCH_ITEMS_MAX + 1];
    s.fails(ErrorCode::LimitExceeded, "default", GetVectors { index: "v".into(), ids, snapshot: None });
    let ids = vec!["x".into(); limits::BATCH_ITEMS_MAX + 1];
    let documents = GetDocuments { collection: "c".into(), ids, ..GetDocuments::default() };
    s.fails(ErrorCode::LimitExceeded, "default", documents);
}

fn properties(s: &mut Script) {
    let with = |properties| AddNode {
        node: toondb_engine::api::Node { properties, ..node("n") },
        durability: Durability::Durable,
    };
    let nested = |depth| Properties::new().with("x", (0..depth).fold(Value::Null, |value, _| Value::List(vec![value])));
    s.ok("default", with(nested(16)));
    s.fails(ErrorCode::LimitExceeded, "default", with(nested(17)));
    s.fails(ErrorCode::InvalidArgument, "default", with(Properties::new().with("x", Value::Float(f64::NAN))));
    s.ok("default", with(Properties::new().with("x", Value::Float(f64::INFINITY))));
    let many = |fields: usize| (0..fields).map(|i| (format!("f{i}"), Value::Null)).collect::<Properties>();
    s.ok("default", with(many(1024)));
    s.fails(ErrorCode::LimitExceeded, "default", with(many(1025)));
    let heavy = |len: usize| Properties::new().with("x", Value::Bytes(vec![7; len]));
    s.ok("default", with(heavy(1_000_000)));
    s.fails(ErrorCode::LimitExceeded, "default", with(heavy(2 << 20)));
    s.ok("default", create_collection("c", 1, Metric::Dot));
    let content = |len: usize| {
        let document =
            toondb_engine::api::Document { content: "y".repeat(len), ..document_with("d", &[1.0], heavy(1)) };
        add_documents("c", vec![document])
    };
    s.ok("default", content(4 << 20));
    s.fails(ErrorCode::LimitExceeded, "default", content((4 << 20) + 1));
    // However short its text is, its metadata has a bound of its own.
    let rich = |len: usize| add_documents("c", vec![document_with("d", &[1.0], heavy(len))]);
    s.ok("default", rich(1_000_000));
    s.fails(ErrorCode::LimitExceeded, "default", rich(2 << 20));
    let set = |len: usize| toondb_engine::api::UpdateDocuments {
        update: toondb_engine::api::DocumentUpdate {
            collection: "c".into(),
            all: true,
            set: heavy(len),
            ..Default::default()
        },
        ..Default::default()
    };
    s.ok("default", set(1_000_001));
    s.fails(ErrorCode::LimitExceeded, "default", set(2 << 20));
    s.reopen();
    assert_eq!(s.ok("default", NamespaceStatsRequest {}).documents, 1);
    s.ok("default", Flush {});
}

fn walks_and_periods(s: &mut Script) {
    let walk = Traverse {
        start: "a".into(),
        order: toondb_engine::api::TraversalOrder::Bfs,
        max_depth: Some(1_001),
        edge_types: None,
        direction: toondb_engine::api::Direction::Outgoing,
        filter: Default::default(),
        limit: None,
        snapshot: None,
    };
    s.fails(ErrorCode::LimitExceeded, "default", walk.clone());
    assert!(s.ok("default", Traverse { max_depth: Some(1_000), ..walk }).nodes.is_empty());
    for until in [5, 4, i64::MIN] {
        s.fails(ErrorCode::InvalidArgument, "default", add_fact(("a", "r", "b"), 5, Some(until)));
    }
    s.fails(ErrorCode::InvalidArgument, "default", query("a", during(5, 5)));
    s.fails(ErrorCode::InvalidArgument, "default", query("a", during(5, 4)));
    s.ok("default", add_fact(("a", "r", "b"), i64::MIN, Some(i64::MAX)));
    assert_eq!(s.ok("default", query("a", at(i64::MIN))).edges.len(), 1);
    assert_eq!(s.ok("default", query("a", at(i64::MAX))).edges.len(), 0);
    s.ok("default", add_fact(("b", "r", "c"), i64::MIN, None));
    assert_eq!(
        s.ok("default", query("b", at(i64::MAX))).edges.len(),
        1,
        "an open period holds at the last instant too"
    );
    let limited = QueryTemporal { limit: Some(0), ..query("b", at(0)) };
    let nothing = s.ok("default", limited);
    assert!(nothing.edges.is_empty() && nothing.truncated);
}

scenarios!(keys_and_values, batches, names_and_ids, dimensions_and_counts, properties, walks_and_periods);
