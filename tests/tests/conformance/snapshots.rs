//! Held snapshots: stable under writes, for every kind of read, and not for ever.

use toondb_engine::api::{
    Commit, CommitSeq, CountDocuments, CountNodes, CreateIndex, DeleteDocuments, DeleteNode, DeleteVectors, Direction,
    Document, DropCollection, Durability, EmbeddingBatch, EndSnapshot, ErrorCode, Exists, FacetDocuments, Flush, Get,
    GetDocuments, GetEdge, GetEdges, GetNode, GetNodes, GetVectors, IdBatch, InsertVectors, ListDocumentIds,
    ListDocuments, ListEdges, ListNodes, Metric, MinMaxDocuments, MultiGet, Neighbors, Properties, QueryTemporal, Scan,
    SearchBatchCollection, SearchBatchVectors, SearchCollection, SearchVectors, ShortestPath, TakeSnapshot,
    TemporalHistory, TraversalOrder, Traverse, TraverseTemporal, Write,
};
use toondb_tests::Script;
use toondb_tests::requests::{
    add_documents, add_edge, add_fact, add_node, at, bytes, create_collection, delete_key, document_with, entry, facet,
    filter, get, get_documents, history, list, list_nodes, map, min_max, put, query, scan, search,
};

use crate::graph::edges_of;
use crate::temporal::close;

fn numbered(id: &str, embedding: f32, number: i64) -> Document {
    document_with(id, &[embedding], Properties::new().with("n", number))
}

fn fill(s: &mut Script) {
    s.ok("default", put("k", "1"));
    s.ok("default", put("l", "1"));
    s.ok("default", create_collection("c", 1, Metric::Euclidean));
    s.ok("default", add_documents("c", vec![numbered("d", 1.0, 1), numbered("e", 2.0, 2)]));
    s.ok("default", CreateIndex { index: "v".into(), dimension: 1, metric: Metric::Euclidean });
    s.ok("default", vectors(&[1, 2], &[1.0, 2.0]));
    s.ok("default", add_node("a"));
    s.ok("default", add_node("b"));
    s.ok("default", add_edge("a", "r", "b"));
    s.ok("default", add_fact(("a", "f", "b"), 0, None));
}

fn vectors(ids: &[u64], numbers: &[f32]) -> InsertVectors {
    InsertVectors {
        index: "v".into(),
        ids: IdBatch(ids.to_vec()),
        vectors: EmbeddingBatch(numbers.to_vec()),
        durability: Durability::Durable,
    }
}

/// Changes everything that `fill` wrote.
fn overwrite(s: &mut Script) {
    s.ok("default", put("k", "2"));
    s.ok("default", delete_key("l"));
    s.ok("default", put("m", "2"));
    s.ok("default", add_documents("c", vec![numbered("d", 9.0, 5), numbered("f", 0.5, 7)]));
    s.ok(
        "default",
        DeleteDocuments {
            collection: "c".into(),
            ids: vec!["e".into()],
            durability: Durability::Durable,
            ..Default::default()
        },
    );
    s.ok("default", vectors(&[1, 3], &[9.0, 0.5]));
    s.ok("default", DeleteVectors { index: "v".into(), ids: vec![2], durability: Durability::Durable });
    s.ok("default", close(("a", "f", "b"), Some(5)));
    s.ok("default", DeleteNode { id: "b".into(), durability: Durability::Durable });
    s.ok("default", add_node("c"));
    s.ok("default", add_edge("a", "r", "c"));
}

/// The answers of every read that takes a snapshot, as one text.
fn everything(s: &mut Script, snapshot: Option<CommitSeq>) -> String {
    let query_vector = || toondb_engine::api::Embedding(vec![0.0]);
    let queries = || EmbeddingBatch(vec![0.0]);
    let (k, ef, direction, edge_types, limit) = (Some(5), None, Direction::Both, None, None);
    let node_id = || "a".into();
    let answers = [
        format!("{:?}", s.ok("default", Get { snapshot, ..get("k") })),
        format!("{:?}", s.ok("default", Exists { key: bytes("l"), snapshot })),
        format!("{:?}", s.ok("default", MultiGet { keys: vec![bytes("l"), bytes("m")], snapshot })),
        format!("{:?}", s.ok("default", Scan { snapshot, ..scan("") })),
        format!("{:?}", s.ok("default", GetDocuments { snapshot, ..get_documents("c", &["d", "e", "f"]) })),
        format!(
            "{:?}",
            s.ok("default", CountDocuments { collection: "c".into(), snapshot, ..CountDocuments::default() })
        ),
        format!(
            "{:?}",
            s.ok(
                "default",
                CountDocuments {
                    collection: "c".into(),
                    filter: Some(filter(map([]))),
                    snapshot,
                    ..CountDocuments::default()
                }
            )
        ),
        format!(
            "{:?}",
            s.ok("default", SearchCollection { snapshot, include_embedding: true, ..search("c", &[0.0], 5) })
        ),
        format!(
            "{:?}",
            s.ok(
                "default",
                SearchBatchCollection {
                    collection: "c".into(),
                    queries: queries(),
                    k,
                    ef,
                    filter: None,
                    include_embedding: true,
                    snapshot,
                    ..SearchBatchCollection::default()
                }
            )
        ),
        format!("{:?}", s.ok("default", ListDocuments { snapshot, include_embedding: true, ..list("c") })),
        format!("{:?}", s.ok("default", ListDocuments { snapshot, order_by: Some("n".to_owned()), ..list("c") })),
        format!(
            "{:?}",
            s.ok("default", ListDocumentIds { collection: "c".into(), snapshot, ..ListDocumentIds::default() })
        ),
        format!("{:?}", s.ok("default", FacetDocuments { snapshot, ..facet("c", "n") })),
        format!("{:?}", s.ok("default", MinMaxDocuments { snapshot, ..min_max("c", "n") })),
        format!(
            "{:?}",
            s.ok("default", SearchCollection { snapshot, group_by: Some("n".to_owned()), ..search("c", &[0.0], 5) })
        ),
        format!("{:?}", s.ok("default", GetVectors { index: "v".into(), ids: vec![1, 2, 3], snapshot })),
        format!(
            "{:?}",
            s.ok(
                "default",
                SearchVectors {
                    index: "v".into(),
                    query: query_vector(),
                    k,
                    ef,
                    include_embedding: true,
                    snapshot,
                    ..SearchVectors::default()
                }
            )
        ),
        format!(
            "{:?}",
            s.ok(
                "default",
                SearchBatchVectors {
                    index: "v".into(),
                    queries: queries(),
                    k,
                    ef,
                    include_embedding: true,
                    snapshot,
                    ..SearchBatchVectors::default()
                }
            )
        ),
        format!("{:?}", s.ok("default", GetNode { id: "b".into(), snapshot })),
        format!("{:?}", s.ok("default", GetEdges { snapshot, ..edges_of("a", direction) })),
        format!("{:?}", s.ok("default", GetNodes { ids: vec!["a".into(), "b".into()], snapshot })),
        format!("{:?}", s.ok("default", ListNodes { snapshot, ..list_nodes(None) })),
        format!("{:?}", s.ok("default", ListNodes { snapshot, ..list_nodes(Some("thing")) })),
        format!("{:?}", s.ok("default", CountNodes { snapshot, ..CountNodes::default() })),
        format!("{:?}", s.ok("default", ListEdges { snapshot, ..ListEdges::default() })),
        format!(
            "{:?}",
            s.ok("default", GetEdge { from_id: "a".into(), edge_type: "r".into(), to_id: "b".into(), snapshot })
        ),
        format!(
            "{:?}",
            s.ok(
                "default",
                Neighbors { node_id: node_id(), direction, filter: Default::default(), edge_types, limit, snapshot }
            )
        ),
        format!(
            "{:?}",
            s.ok(
                "default",
                Traverse {
                    start: node_id(),
                    order: TraversalOrder::Bfs,
                    max_depth: None,
                    edge_types: None,
                    direction,
                    filter: Default::default(),
                    limit,
                    snapshot,
                }
            )
        ),
        format!(
            "{:?}",
            s.ok(
                "default",
                ShortestPath {
                    from_id: node_id(),
                    to_id: "b".into(),
                    max_depth: None,
                    edge_types: None,
                    direction,
                    filter: Default::default(),
                    snapshot,
                }
            )
        ),
        format!("{:?}", s.ok("default", QueryTemporal { snapshot, ..query("a", at(10)) })),
        format!(
            "{:?}",
            s.ok(
                "default",
                TraverseTemporal {
                    start: node_id(),
                    at: None,
                    as_of: None,
                    order: TraversalOrder::Dfs,
                    max_depth: None,
                    edge_types: None,
                    direction,
                    limit,
                    snapshot,
                }
            )
        ),
    ];
    answers.join("\n")
}

fn reads_stay_as_they_were(s: &mut Script) {
    fill(s);
    let held = s.ok("default", TakeSnapshot {});
    assert_eq!((held.seq, held.expires_in_ms), (CommitSeq(10), 30_000));
    let seq = Some(held.seq);
    let before = everything(s, None);
    assert_eq!(everything(s, seq), before);
    overwrite(s);
    assert_eq!(everything(s, seq), before, "writes do not reach a held snapshot");
    assert_ne!(everything(s, None), before);
    s.ok("default", Flush {});
    assert_eq!(everything(s, seq), before, "nor does moving everything into the store");
    s.ok("default", put("k", "3"));
    s.ok("default", add_documents("c", vec![numbered("d", 7.0, 7), numbered("e", 7.0, 7)]));
    s.ok("default", Flush {});
    assert_eq!(everything(s, seq), before);
    assert!(s.ok("default", EndSnapshot { seq: held.seq }).held);
    assert!(!s.ok("default", EndSnapshot { seq: held.seq }).held);
    s.fails(ErrorCode::SnapshotExpired, "default", Get { snapshot: seq, ..get("k") });
}

fn erased_facts_and_history(s: &mut Script) {
    fill(s);
    let held = s.ok("default", TakeSnapshot {}).seq;
    let past = |snapshot| TemporalHistory { snapshot, ..history("a") };
    let before = s.ok("default", past(None));
    s.ok("default", close(("a", "f", "b"), Some(5)));
    assert_eq!(s.ok("default", past(Some(held))), before);
    assert_eq!(s.ok("default", past(None)).edges.len(), 2);
}

fn a_dropped_collection_stays_in_its_snapshot(s: &mut Script) {
    fill(s);
    s.expect_housekeeping();
    let held = s.ok("default", TakeSnapshot {}).seq;
    s.ok("default", DropCollection { collection: "c".into() });
    s.fails(ErrorCode::CollectionNotFound, "default", search("c", &[0.0], 5));
    let found = s.ok("default", SearchCollection { snapshot: Some(held), ..search("c", &[0.0], 5) });
    assert_eq!(found.hits.len(), 2);
}

fn they_expire(s: &mut Script) {
    s.ok("default", put("k", "1"));
    let held = s.ok("default", TakeSnapshot {}).seq;
    s.db.clock.advance_ms(29_999);
    assert!(s.ok("default", Get { snapshot: Some(held), ..get("k") }).found.is_some());
    s.db.clock.advance_ms(1);
    s.fails(ErrorCode::SnapshotExpired, "default", Get { snapshot: Some(held), ..get("k") });
    s.fails(ErrorCode::SnapshotExpired, "default", Get { snapshot: Some(CommitSeq(99)), ..get("k") });
    let again = s.ok("default", TakeSnapshot {}).seq;
    s.reopen();
    s.fails(ErrorCode::SnapshotExpired, "default", Get { snapshot: Some(again), ..get("k") });
}

fn two_may_share_one(s: &mut Script) {
    s.ok("default", put("k", "1"));
    let (first, second) = (s.ok("default", TakeSnapshot {}).seq, s.ok("default", TakeSnapshot {}).seq);
    assert_eq!(first, second);
    s.ok("default", put("k", "2"));
    assert!(s.ok("default", EndSnapshot { seq: first }).held);
    let found = s.ok("default", Get { snapshot: Some(second), ..get("k") }).found;
    assert_eq!(found.unwrap().value, bytes("1"), "the other one still holds it");
    // A commit gives its transaction's snapshot up, also when it fails.
    s.ok("default", Commit { snapshot: Some(second), writes: vec![Write::Put(entry("k", "3"))], ..Commit::default() });
    s.fails(ErrorCode::SnapshotExpired, "default", Get { snapshot: Some(second), ..get("k") });
}

/// Commit 0 is before every commit: nothing is held for it, and it is empty whatever has come since.
fn before_every_commit(s: &mut Script) {
    let nothing = s.ok("default", TakeSnapshot {}).seq;
    assert_eq!(nothing, CommitSeq(0));
    fill(s);
    s.ok("default", Flush {});
    let key = || Get { key: bytes("k"), snapshot: Some(nothing) };
    assert_eq!(s.ok("default", key()).found, None);
    assert!(s.ok("default", Scan { snapshot: Some(nothing), ..scan("") }).entries.is_empty());
    assert_eq!(s.ok("default", GetNode { id: "a".into(), snapshot: Some(nothing) }).node, None);
    let search = SearchCollection { snapshot: Some(nothing), ..search("c", &[0.0], 5) };
    s.fails(ErrorCode::CollectionNotFound, "default", search);
    s.lose_power();
    assert_eq!(s.ok("default", key()).found, None);
}

scenarios!(
    before_every_commit,
    reads_stay_as_they_were,
    erased_facts_and_history,
    a_dropped_collection_stays_in_its_snapshot,
    they_expire,
    two_may_share_one,
);
