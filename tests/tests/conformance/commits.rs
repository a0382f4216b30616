//! `commit`: everything or nothing, later writes see earlier ones, and every kind of precondition.

use toondb_engine::api::{
    Commit, CommitSeq, Condition, CountVectors, CreateIndex, Direction, DropCollection, Durability, EmbeddingBatch,
    ErrorCode, IdBatch, KeySpan, Metric, NamespaceStatsRequest, Part, Precondition, Target, TimestampMs, Write,
};
use toondb_tests::Script;
use toondb_tests::requests::{
    add_edge, add_node, at, bytes, commit, create_collection, delete_key, document, edge, entry, fact, get,
    get_documents, get_node, node, put, put_ttl, query,
};

use crate::graph::{edges_of, short};

fn key(name: &str) -> Target {
    Target::Key { key: bytes(name) }
}

fn range(start: &str, end: Option<&str>) -> Target {
    Target::KeyRange { start: bytes(start), end: end.map(bytes) }
}

fn since(seq: u64, count: u64) -> Condition {
    Condition::UnchangedSince { seq: CommitSeq(seq), count }
}

/// True if the condition holds of the target now: a commit under it that writes nothing succeeds.
fn holds(s: &mut Script, target: Target, condition: Condition) -> bool {
    let request = commit(vec![Precondition { target, condition }], vec![]);
    match s.db.run("default", request.clone()) {
        Ok(_) => {
            s.ok("default", request);
            true
        }
        Err(_) => {
            s.fails(ErrorCode::Conflict, "default", request);
            false
        }
    }
}

fn everything_in_one_commit(s: &mut Script) {
    s.ok("default", create_collection("c", 1, Metric::Dot));
    s.ok("default", CreateIndex { index: "v".into(), dimension: 1, metric: Metric::Dot });
    s.ok("default", put("old", "1"));
    let writes = vec![
        Write::Put(entry("k", "v")),
        Write::DeleteKey { key: bytes("old") },
        Write::AddDocuments {
            collection: "c".into(),
            documents: vec![document("d", &[1.0]), document("e", &[2.0])],
            on_conflict: Default::default(),
            ttl_ms: None,
            create_missing: false,
        },
        Write::DeleteDocuments { collection: "c".into(), ids: vec!["e".into()] },
        Write::InsertVectors { index: "v".into(), ids: IdBatch(vec![1, 2]), vectors: EmbeddingBatch(vec![1.0, 2.0]) },
        Write::DeleteVectors { index: "v".into(), ids: vec![2] },
        Write::AddNode(node("a")),
        Write::AddNode(node("b")),
        Write::AddNode(node("gone")),
        Write::AddEdge(edge("a", "r", "b")),
        Write::AddEdge(edge("b", "r", "a")),
        Write::AddEdge(edge("a", "r", "gone")),
        Write::DeleteEdge { from_id: "b".into(), edge_type: "r".into(), to_id: "a".into() },
        Write::DeleteNode { id: "gone".into() },
        Write::AddTemporalEdge(fact(("a", "f", "b"), 0, None)),
        Write::CloseTemporalEdge {
            from_id: "a".into(),
            edge_type: "f".into(),
            to_id: "b".into(),
            at: Some(TimestampMs(9)),
        },
        Write::SupersedeTemporalEdge(fact(("a", "g", "x"), 0, None)),
        Write::SupersedeTemporalEdge(fact(("a", "g", "y"), 5, None)),
    ];
    let written = s.ok("default", commit(vec![], writes));
    assert_eq!((written.commit_seq, written.durability), (CommitSeq(4), Durability::Durable));
    for _ in 0..3 {
        assert_eq!(s.ok("default", get("k")).found.unwrap().version, CommitSeq(4));
        assert_eq!(s.ok("default", get("old")).found, None);
        let documents = s.ok("default", get_documents("c", &["d", "e"])).documents;
        assert!(documents[0].is_some() && documents[1].is_none());
        assert_eq!(s.ok("default", CountVectors { index: "v".into() }).count, 1);
        assert_eq!(s.ok("default", get_node("gone")).node, None);
        assert_eq!(short(&s.ok("default", edges_of("a", Direction::Both)).edges), ["a-r>b"]);
        let facts = s.ok("default", query("a", at(7))).edges;
        assert_eq!(crate::temporal::short(&facts), ["b[0,9)", "y[5,-)"]);
        assert_eq!(
            s.ok("default", NamespaceStatsRequest {}).temporal_versions,
            3,
            "what one commit says and unsays never was"
        );
        s.lose_power();
    }
}

fn a_failing_write_undoes_all(s: &mut Script) {
    s.ok("default", create_collection("c", 1, Metric::Dot));
    s.ok("default", add_node("a"));
    s.ok("default", put("k", "old"));
    let before = s.ok("default", NamespaceStatsRequest {});
    let bad = [
        (ErrorCode::NodeNotFound, Write::AddEdge(edge("a", "r", "missing"))),
        (ErrorCode::CollectionNotFound, Write::DeleteDocuments { collection: "x".into(), ids: vec!["d".into()] }),
        (
            ErrorCode::InvalidArgument,
            Write::AddDocuments {
                collection: "c".into(),
                documents: vec![document("d", &[1.0, 2.0])],
                on_conflict: Default::default(),
                ttl_ms: None,
                create_missing: false,
            },
        ),
        (ErrorCode::InvalidArgument, Write::Put(entry("", "v"))),
        (
            ErrorCode::EdgeNotFound,
            Write::CloseTemporalEdge { from_id: "a".into(), edge_type: "r".into(), to_id: "z".into(), at: None },
        ),
    ];
    for (code, bad) in bad {
        for first in [true, false] {
            let mut writes = vec![
                Write::Put(entry("k", "new")),
                Write::AddNode(node("n")),
                Write::AddDocuments {
                    collection: "c".into(),
                    documents: vec![document("new", &[1.0])],
                    on_conflict: Default::default(),
                    ttl_ms: None,
                    create_missing: false,
                },
                Write::AddTemporalEdge(fact(("a", "f", "b"), 0, None)),
                Write::DeleteNode { id: "a".into() },
                Write::AddNode(node("a")),
            ];
            writes.insert(if first { 0 } else { writes.len() }, bad.clone());
            s.fails(code, "default", commit(vec![], writes));
        }
    }
    assert_eq!(s.ok("default", get("k")).found.unwrap().value, bytes("old"));
    assert_eq!(s.ok("default", get_node("n")).node, None);
    assert!(s.ok("default", get_node("a")).node.is_some());
    assert_eq!(s.ok("default", get_documents("c", &["new"])).documents, [None]);
    assert!(s.ok("default", query("a", at(0))).edges.is_empty());
    let after = s.ok("default", NamespaceStatsRequest {});
    assert_eq!((after.commit_seq, after.live_bytes, after.documents), (before.commit_seq, before.live_bytes, 0));
}

fn conditions_on_keys(s: &mut Script) {
    s.ok("default", put("k", "v"));
    s.ok("default", put("l", "v"));
    assert!(holds(s, key("k"), Condition::Present) && !holds(s, key("k"), Condition::Absent));
    assert!(holds(s, key("x"), Condition::Absent) && !holds(s, key("x"), Condition::Present));
    let equals = |text: &str| Condition::Equals { value: bytes(text) };
    assert!(holds(s, key("k"), equals("v")) && !holds(s, key("k"), equals("w")) && !holds(s, key("x"), equals("")));
    assert!(holds(s, key("k"), since(1, 0)) && holds(s, key("k"), since(9, 0)) && !holds(s, key("k"), since(0, 0)));
    assert!(!holds(s, key("x"), since(9, 0)), "what does not exist is not unchanged");
    s.ok("default", put("k", "v"));
    assert!(!holds(s, key("k"), since(2, 0)), "the same bytes written again are a change");
    s.expect_housekeeping();
    s.ok("default", put_ttl("t", "v", 10));
    assert!(holds(s, key("t"), Condition::Present));
    s.db.clock.advance_ms(10);
    assert!(holds(s, key("t"), Condition::Absent), "what has expired is absent");
}

fn conditions_on_ranges(s: &mut Script) {
    for name in ["a1", "a2", "b1"] {
        s.ok("default", put(name, "v"));
    }
    assert!(holds(s, range("a", Some("b")), Condition::Present) && !holds(s, range("a", Some("b")), Condition::Absent));
    assert!(holds(s, range("c", None), Condition::Absent) && holds(s, range("", None), Condition::Present));
    assert!(holds(s, range("a", Some("b")), since(3, 2)));
    assert!(!holds(s, range("a", Some("b")), since(3, 1)) && !holds(s, range("a", Some("b")), since(3, 3)));
    assert!(!holds(s, range("a", Some("b")), since(1, 2)), "a2 was written after commit 1");
    assert!(holds(s, range("b", None), since(3, 1)));
    s.ok("default", delete_key("a1"));
    assert!(!holds(s, range("a", Some("b")), since(4, 2)), "a delete shows in the count");
    s.ok("default", put("a0", "v"));
    assert!(!holds(s, range("a", Some("b")), since(4, 2)), "and an insert in the commit");
    assert!(holds(s, range("a", Some("b")), since(5, 2)));
    let request = commit(
        vec![Precondition { target: range("a", None), condition: Condition::Equals { value: bytes("") } }],
        vec![],
    );
    s.fails(ErrorCode::InvalidArgument, "default", request);
}

fn conditions_on_documents_nodes_and_edges(s: &mut Script) {
    s.ok("default", create_collection("c", 1, Metric::Dot));
    s.ok("default", toondb_tests::requests::add_documents("c", vec![document("d", &[1.0])]));
    s.ok("default", add_node("a"));
    s.ok("default", add_node("b"));
    s.ok("default", add_edge("a", "r", "b"));
    let doc = |id: &str| Target::Document { collection: "c".into(), id: id.into() };
    let vertex = |id: &str| Target::Node { id: id.into() };
    let link = |to: &str| Target::Edge { from_id: "a".into(), edge_type: "r".into(), to_id: to.into() };
    for (there, missing, written) in [(doc("d"), doc("x"), 2), (vertex("a"), vertex("x"), 3), (link("b"), link("x"), 5)]
    {
        assert!(holds(s, there.clone(), Condition::Present) && !holds(s, there.clone(), Condition::Absent));
        assert!(holds(s, missing.clone(), Condition::Absent) && !holds(s, missing.clone(), Condition::Present));
        assert!(
            holds(s, there.clone(), since(written, 0)) && !holds(s, there.clone(), since(written - 1, 0)),
            "{there:?}"
        );
        assert!(!holds(s, missing, since(99, 0)));
        let bad = Precondition { target: there, condition: Condition::Equals { value: bytes("") } };
        s.fails(ErrorCode::InvalidArgument, "default", commit(vec![bad], vec![]));
    }
}

/// A transaction that read in a collection which was dropped since is tried again, as after any other conflict.
fn conditions_on_documents_of_a_collection_that_is_gone(s: &mut Script) {
    s.ok("default", create_collection("c", 1, Metric::Dot));
    let added = s.ok("default", toondb_tests::requests::add_documents("c", vec![document("d", &[1.0])])).commit_seq.0;
    let doc = || Target::Document { collection: "c".into(), id: "d".into() };
    assert!(holds(s, doc(), since(added, 0)));
    s.ok("default", DropCollection { collection: "c".into() });
    assert!(!holds(s, doc(), since(added, 0)) && !holds(s, doc(), Condition::Present));
    assert!(holds(s, doc(), Condition::Absent));
    let never = || Target::Document { collection: "x".into(), id: "d".into() };
    assert!(holds(s, never(), Condition::Absent) && !holds(s, never(), Condition::Present));
}

/// What a transaction has searched, counted or walked in must be as it was, as a whole.
fn conditions_on_parts(s: &mut Script) {
    let part = |part, name: &str| Target::Part { part, name: name.to_owned() };
    s.ok("default", create_collection("c", 1, Metric::Dot));
    s.ok("default", CreateIndex { index: "v".into(), dimension: 1, metric: Metric::Dot });
    let mut last = s.ok("default", put("first", "v")).commit_seq.0;
    let targets = [
        part(Part::Keys, ""),
        part(Part::Collection, "c"),
        part(Part::Index, "v"),
        part(Part::Graph, ""),
        part(Part::Facts, ""),
        part(Part::Logs, ""),
        part(Part::Collection, "none"),
    ];
    let vectors =
        || Write::InsertVectors { index: "v".into(), ids: IdBatch(vec![1]), vectors: EmbeddingBatch(vec![1.0]) };
    let documents = || Write::AddDocuments {
        collection: "c".into(),
        documents: vec![document("d", &[1.0])],
        on_conflict: Default::default(),
        ttl_ms: None,
        create_missing: false,
    };
    let log = || Write::AppendLog { log: "l".into(), values: vec![bytes("v")] };
    let facts = || Write::AddTemporalEdge(fact(("a", "r", "b"), last as i64 + 5, None));
    let prefix = || Write::DeleteRange(KeySpan { prefix: Some(bytes("first")), ..KeySpan::default() });
    let writes: [(Write, usize); 7] = [
        (Write::Put(entry("k", "v")), 0),
        (documents(), 1),
        (vectors(), 2),
        (Write::AddNode(node("a")), 3),
        (facts(), 4),
        (log(), 5),
        (prefix(), 0),
    ];
    for (write, changed) in writes {
        for target in &targets {
            assert!(holds(s, target.clone(), since(last, 0)), "{target:?} at {last}");
        }
        let seq = s.ok("default", commit(vec![], vec![write])).commit_seq.0;
        for (place, target) in targets.iter().enumerate() {
            assert_eq!(holds(s, target.clone(), since(last, 0)), place != changed, "{target:?} after {changed}");
        }
        last = seq;
    }
    s.ok("default", create_collection("none", 1, Metric::Dot));
    assert!(!holds(s, part(Part::Collection, "none"), since(last, 0)), "it was not there");
    assert!(holds(s, part(Part::Collection, "c"), since(last, 0)));
    for (target, condition) in [
        (part(Part::Graph, ""), Condition::Absent),
        (part(Part::Keys, ""), Condition::Equals { value: bytes("v") }),
        (part(Part::Graph, "name"), since(last, 0)),
        (part(Part::Collection, ""), since(last, 0)),
    ] {
        s.fails(ErrorCode::InvalidArgument, "default", commit(vec![Precondition { target, condition }], vec![]));
    }
}

fn a_conflict_changes_nothing(s: &mut Script) {
    s.ok("default", put("k", "1"));
    let good = Precondition { target: key("k"), condition: Condition::Present };
    let bad = Precondition { target: key("k"), condition: Condition::Absent };
    for preconditions in [vec![bad.clone()], vec![good.clone(), bad.clone()], vec![bad, good.clone()]] {
        s.fails(ErrorCode::Conflict, "default", commit(preconditions, vec![Write::Put(entry("k", "2"))]));
    }
    assert_eq!(s.ok("default", get("k")).found.unwrap().version, CommitSeq(1));
    assert_eq!(s.ok("default", commit(vec![good], vec![Write::Put(entry("k", "2"))])).commit_seq, CommitSeq(2));
    let nothing = s.ok("default", Commit::default());
    assert_eq!(nothing.commit_seq, CommitSeq(2), "a commit without writes takes no number");
    let volatile = Commit { durability: Durability::Volatile, ..commit(vec![], vec![Write::Put(entry("v", ""))]) };
    assert_eq!(s.ok("default", volatile).durability, Durability::Volatile);
}

scenarios!(
    everything_in_one_commit,
    a_failing_write_undoes_all,
    conditions_on_keys,
    conditions_on_ranges,
    conditions_on_documents_nodes_and_edges,
    conditions_on_documents_of_a_collection_that_is_gone,
    conditions_on_parts,
    a_conflict_changes_nothing,
);
