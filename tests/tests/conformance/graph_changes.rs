//! Changes of what is in the graph: fields merged, two nodes made one, and what a deletion does not touch.

use toondb_engine::api::{
    AsOf, Commit, CommitSeq, DeleteNode, Direction, Durability, EndSnapshot, ErrorCode, Flush, GetEdge, ListFacts,
    NamespaceStatsRequest, NodeUpdate, Properties, QueryTemporal, TakeSnapshot, TemporalEdge, TemporalHistory,
    TemporalMode, UpdateNode, Value, Write,
};
use toondb_tests::Script;
use toondb_tests::requests::{
    self, add_edge, add_fact, add_node, at, commit, fact, get_node, list_nodes, merge_nodes, query, update_edge,
    update_node,
};

use crate::graph::{edges_of, short};

fn delete(id: &str) -> DeleteNode {
    DeleteNode { id: id.into(), durability: Durability::Durable }
}

fn history(node: &str) -> TemporalHistory {
    TemporalHistory { direction: Direction::Both, ..requests::history(node) }
}

/// `from>to[start) asserted..retracted`.
fn told(facts: &[TemporalEdge]) -> Vec<String> {
    let line = |fact: &TemporalEdge| {
        let until = fact.retracted_seq.map_or_else(String::new, |seq| seq.0.to_string());
        format!("{}>{}[{} {}..{until}", fact.from_id, fact.to_id, fact.valid_from.0, fact.asserted_seq.0)
    };
    facts.iter().map(line).collect()
}

fn a_node_that_was_never_added_keeps_its_facts(s: &mut Script) {
    s.ok("default", add_fact(("ann", "likes", "bob"), 0, None));
    s.ok("default", add_fact(("cid", "likes", "ann"), 0, None));
    let before = s.ok("default", NamespaceStatsRequest {});
    let nothing = s.ok("default", delete("ann"));
    assert_eq!((nothing.deleted, nothing.edges, nothing.facts, nothing.commit_seq), (0, 0, 0, CommitSeq(2)));
    assert_eq!(s.ok("default", NamespaceStatsRequest {}).temporal_versions, before.temporal_versions);
    s.lose_power();
    assert_eq!(s.ok("default", query("ann", at(5))).edges.len(), 1, "nothing was deleted, as the answer said");
    for id in ["ann", "bob"] {
        s.ok("default", add_node(id));
    }
    s.ok("default", add_edge("ann", "r", "bob"));
    s.ok("default", add_edge("ann", "r", "ann"));
    let gone = s.ok("default", delete("ann"));
    assert_eq!((gone.deleted, gone.edges, gone.facts), (1, 2, 2));
    assert!(s.ok("default", query("cid", at(5))).edges.is_empty());
}

fn fields_are_merged(s: &mut Script) {
    s.ok("default", add_node("a"));
    s.ok("default", add_node("b"));
    s.ok("default", add_edge("a", "r", "b"));
    let set = || Properties::new().with("n", 1).with("tags", Value::List(vec!["x".into()]));
    assert!(s.ok("default", update_node("a", "person", set())).updated);
    let found = s.ok("default", get_node("a")).node.unwrap();
    assert_eq!((found.node_type.as_str(), &found.properties), ("person", &set().with("name", "a")));
    assert_eq!(s.ok("default", list_nodes(Some("person"))).nodes, [found]);
    let update = |set: Properties, unset: &[&str]| {
        let unset = unset.iter().map(|name| (*name).to_owned()).collect();
        let update = NodeUpdate { id: "a".into(), node_type: None, set, unset };
        UpdateNode { update, durability: Durability::Durable }
    };
    assert!(s.ok("default", update(Properties::new().with("n", Value::Null), &["tags", "never"])).updated);
    s.reopen();
    let found = s.ok("default", get_node("a")).node.unwrap();
    let left = Properties::new().with("name", "a").with("n", Value::Null);
    assert_eq!((found.node_type.as_str(), &found.properties), ("person", &left), "the type stays where none is given");
    let edge = ("a", "r", "b");
    assert!(s.ok("default", update_edge(edge, Properties::new().with("w", 1).with("x", 2), &[])).updated);
    assert!(s.ok("default", update_edge(edge, Properties::new().with("w", 3), &["x"])).updated);
    let read = GetEdge { from_id: "a".into(), edge_type: "r".into(), to_id: "b".into(), snapshot: None };
    assert_eq!(s.ok("default", read).edge.unwrap().properties, Properties::new().with("w", 3));
    let before = s.ok("default", NamespaceStatsRequest {});
    for nothing in [
        s.ok("default", update_node("nobody", "person", set())),
        s.ok("default", update_edge(("b", "r", "a"), set(), &[])),
    ] {
        assert_eq!((nothing.updated, nothing.commit_seq), (false, before.commit_seq));
    }
    assert_eq!(s.ok("default", get_node("nobody")).node, None, "an update adds nothing");
    s.fails(ErrorCode::InvalidArgument, "default", update(set(), &["n"]));
    s.fails(ErrorCode::InvalidArgument, "default", update_node("", "x", set()));
    // Within the bounds each, and not together.
    let many = |first: usize| (first..first + 600).map(|i| (format!("f{i}"), Value::Null)).collect::<Properties>();
    s.ok("default", update(many(0), &[]));
    s.fails(ErrorCode::LimitExceeded, "default", update(many(600), &[]));
    s.fails(
        ErrorCode::LimitExceeded,
        "default",
        update(Properties::new().with("x", Value::Bytes(vec![7; 2 << 20])), &[]),
    );
    assert_eq!(s.ok("default", get_node("a")).node.unwrap().properties.0.len(), 602);
}

/// A transaction that has read what stays as it is has nothing to try again for.
fn an_update_that_changes_nothing_writes_nothing(s: &mut Script) {
    s.ok("default", add_node("a"));
    s.ok("default", add_node("b"));
    s.ok("default", add_edge("a", "r", "b"));
    let edge = ("a", "r", "b");
    let fields = || Properties::new().with("n", 1).with("m", Value::List(vec![1.into(), Value::Null]));
    s.ok("default", update_node("a", "person", fields()));
    let last = s.ok("default", update_edge(edge, fields(), &[])).commit_seq;
    let other_order = || Properties::new().with("m", Value::List(vec![1.into(), Value::Null])).with("n", 1);
    let unset = NodeUpdate { id: "a".into(), node_type: None, set: Properties::new(), unset: vec!["never".into()] };
    for unchanged in [
        s.ok("default", update_node("a", "person", other_order())),
        s.ok("default", UpdateNode { update: unset, durability: Durability::Durable }),
        s.ok("default", update_edge(edge, other_order(), &["never"])),
    ] {
        assert_eq!((unchanged.updated, unchanged.commit_seq), (true, last));
    }
    // As values they are equal; as what is stored they are not.
    let float = || Properties::new().with("n", Value::Float(1.0));
    let node = s.ok("default", update_node("a", "person", float()));
    let link = s.ok("default", update_edge(edge, float(), &[]));
    let other_type = s.ok("default", update_node("a", "thing", float()));
    let seqs = [node, link, other_type].map(|changed| changed.commit_seq.0);
    assert_eq!(seqs, [last.0 + 1, last.0 + 2, last.0 + 3]);
    let found = s.ok("default", get_node("a")).node.unwrap();
    assert!(matches!(found.properties.get("n"), Some(Value::Float(_))));
}

fn two_nodes_become_one(s: &mut Script) {
    for id in ["old", "new", "x"] {
        s.ok("default", add_node(id));
    }
    s.ok("default", update_node("old", "person", Properties::new().with("n", 1)));
    for (from, edge_type, to) in
        [("old", "r", "x"), ("new", "r", "x"), ("x", "r", "old"), ("old", "same", "new"), ("old", "r", "old")]
    {
        s.ok("default", add_edge(from, edge_type, to));
    }
    s.ok("default", update_edge(("old", "r", "x"), Properties::new().with("w", 1).with("old", 1), &[]));
    s.ok("default", update_edge(("new", "r", "x"), Properties::new().with("w", 2), &[]));
    s.ok("default", Flush {});
    let merged = s.ok("default", merge_nodes("old", "new"));
    assert_eq!((merged.nodes, merged.edges, merged.facts), (1, 4, 0));
    for _ in 0..2 {
        assert_eq!(s.ok("default", get_node("old")).node, None);
        let kept = s.ok("default", get_node("new")).node.unwrap();
        let fields = Properties::new().with("name", "new").with("n", 1);
        assert_eq!((kept.node_type.as_str(), kept.properties), ("thing", fields), "the target's own stays");
        let edges = s.ok("default", edges_of("new", Direction::Both)).edges;
        assert_eq!(short(&edges), ["new-r>new", "new-r>x", "new-same>new", "x-r>new"]);
        assert_eq!(edges[1].properties, Properties::new().with("w", 2).with("old", 1));
        let stats = s.ok("default", NamespaceStatsRequest {});
        assert_eq!((stats.nodes, stats.edges), (2, 4));
        assert_eq!(s.ok("default", list_nodes(Some("person"))).nodes, []);
        s.lose_power();
    }
    let again = s.ok("default", merge_nodes("old", "new"));
    assert_eq!((again.nodes, again.edges, again.facts, again.commit_seq), (0, 0, 0, merged.commit_seq));
    let error = s.fails(ErrorCode::NodeNotFound, "default", merge_nodes("x", "nobody"));
    assert!(error.message.contains("nobody"), "{}", error.message);
    s.fails(ErrorCode::InvalidArgument, "default", merge_nodes("x", "x"));
    assert!(s.ok("default", get_node("x")).node.is_some());
}

/// Facts keep when they were believed, so that the past of the target reads as if it had always been the source too.
fn facts_move_with_their_history(s: &mut Script) {
    s.ok("default", add_fact(("old", "lives", "rome"), 10, None));
    s.ok("default", add_fact(("new", "lives", "paris"), 5, None));
    s.ok("default", add_fact(("bob", "likes", "old"), 0, None));
    s.ok("default", add_fact(("old", "lives", "rome"), 10, Some(20)));
    // Both say something of the same fact from the fifth commit on.
    s.ok("default", add_fact(("new", "lives", "rome"), 10, Some(15)));
    let merged = s.ok("default", merge_nodes("old", "new"));
    assert_eq!((merged.nodes, merged.edges, merged.facts), (0, 0, 3), "nodes need not be added to have facts");
    for _ in 0..2 {
        let beliefs = s.ok("default", history("new")).edges;
        assert_eq!(
            told(&beliefs),
            ["bob>new[0 3..", "new>paris[5 2..", "new>rome[10 1..4", "new>rome[10 4..5", "new>rome[10 5.."]
        );
        assert!(s.ok("default", history("old")).edges.is_empty());
        let ends = |s: &mut Script, node: &str, as_of: Option<u64>| {
            let as_of = as_of.map(|seq| AsOf::Seq(CommitSeq(seq)));
            let found = s.ok("default", QueryTemporal { as_of, ..query(node, at(12)) }).edges;
            crate::temporal::short(&found)
        };
        assert_eq!(ends(s, "new", None), ["paris[5,-)", "rome[10,15)"]);
        assert_eq!(ends(s, "new", Some(1)), ["rome[10,-)"], "as if it had always been about the target");
        assert_eq!(ends(s, "new", Some(4)), ["paris[5,-)", "rome[10,20)"]);
        assert_eq!(ends(s, "bob", None), ["new[0,-)"]);
        assert_eq!(ends(s, "old", Some(4)), [""; 0]);
        s.reopen();
    }
    assert_eq!(s.ok("default", NamespaceStatsRequest {}).temporal_versions, 5);
    // Who holds a snapshot sees what was.
    let held = s.ok("default", TakeSnapshot {}).seq;
    s.ok("default", merge_nodes("new", "newer"));
    let then = QueryTemporal { snapshot: Some(held), ..query("new", at(12)) };
    assert_eq!(s.ok("default", then).edges.len(), 2);
    assert!(s.ok("default", query("new", at(12))).edges.is_empty());
    s.ok("default", EndSnapshot { seq: held });
}

/// The lists of facts, by type and by change, have what moved under its new name, at the commits that it was believed at.
fn what_moved_is_listed(s: &mut Script) {
    s.ok("default", add_fact(("old", "lives", "rome"), 10, None));
    s.ok("default", add_fact(("new", "lives", "rome"), 10, Some(15)));
    s.ok("default", add_fact(("old", "lives", "rome"), 10, Some(20)));
    s.ok("default", add_fact(("bob", "likes", "old"), 0, None));
    s.ok("default", merge_nodes("old", "new"));
    for _ in 0..2 {
        let mut told = |list: ListFacts| told(&s.ok("default", list).edges);
        let ever = TemporalMode::Range { start: None, end: None, clip: false };
        let of_type = |edge_type: &str, as_of: Option<u64>| ListFacts {
            edge_type: Some(edge_type.into()),
            mode: Some(ever),
            as_of: as_of.map(|seq| AsOf::Seq(CommitSeq(seq))),
            ..ListFacts::default()
        };
        assert_eq!(told(of_type("lives", None)), ["new>rome[10 2.."]);
        assert_eq!(told(of_type("lives", Some(1))), ["new>rome[10 1.."], "before the target's own");
        assert_eq!(told(of_type("likes", None)), ["bob>new[0 4.."]);
        let since = |seq, edge_type: Option<&str>| ListFacts {
            changed_since: Some(AsOf::Seq(CommitSeq(seq))),
            edge_type: edge_type.map(Into::into),
            ..ListFacts::default()
        };
        assert_eq!(told(since(0, None)), ["new>rome[10 1..2", "new>rome[10 2..", "bob>new[0 4.."]);
        assert_eq!(told(since(1, Some("lives"))), ["new>rome[10 1..2", "new>rome[10 2.."]);
        assert_eq!(told(since(4, None)), [""; 0], "a move changes no belief");
        s.lose_power();
    }
    s.ok("default", add_fact(("new", "lives", "oslo"), 30, None));
    let newest = ListFacts { changed_since: Some(AsOf::Seq(CommitSeq(5))), ..ListFacts::default() };
    assert_eq!(told(&s.ok("default", newest).edges), ["new>oslo[30 6.."]);
}

fn changes_in_a_commit(s: &mut Script) {
    for id in ["a", "b"] {
        s.ok("default", add_node(id));
    }
    let update = |id: &str, n: i64| NodeUpdate {
        id: id.into(),
        node_type: None,
        set: Properties::new().with("n", n),
        unset: vec!["name".to_owned()],
    };
    let merge = |source: &str, target: &str| Write::MergeNodes { source_id: source.into(), target_id: target.into() };
    let request: Commit = commit(
        vec![],
        vec![
            Write::UpdateNode(update("a", 1)),
            Write::UpdateNode(update("a", 2)),
            Write::AddTemporalEdge(fact(("a", "at", "x"), 0, None)),
            merge("a", "b"),
            // What moved is superseded by what comes after it in the same commit.
            Write::SupersedeTemporalEdge(fact(("b", "at", "y"), 5, None)),
            Write::UpdateEdge(update_edge(("b", "r", "b"), Properties::new(), &[]).update),
        ],
    );
    s.ok("default", request);
    assert_eq!(
        s.ok("default", get_node("b")).node.unwrap().properties,
        Properties::new().with("name", "b").with("n", 2)
    );
    assert_eq!(crate::temporal::short(&s.ok("default", query("b", at(3))).edges), ["x[0,5)"]);
    assert_eq!(crate::temporal::short(&s.ok("default", query("b", at(6))).edges), ["y[5,-)"]);
    let before = s.ok("default", NamespaceStatsRequest {});
    s.fails(
        ErrorCode::NodeNotFound,
        "default",
        commit(vec![], vec![Write::UpdateNode(update("b", 9)), merge("b", "c")]),
    );
    s.fails(ErrorCode::InvalidArgument, "default", commit(vec![], vec![merge("b", "b")]));
    assert_eq!(s.ok("default", NamespaceStatsRequest {}), before);
}

/// Moving a node's facts away and back within one commit leaves everything as it was, and what is believed is found once.
fn there_and_back_in_a_commit(s: &mut Script) {
    s.ok("default", add_fact(("a", "at", "x"), 0, None));
    assert_eq!(s.ok("default", query("a", at(1))).edges.len(), 1);
    let merge = |source: &str, target: &str| Write::MergeNodes { source_id: source.into(), target_id: target.into() };
    let close = Write::CloseTemporalEdge { from_id: "a".into(), edge_type: "at".into(), to_id: "x".into(), at: None };
    s.ok("default", commit(vec![], vec![merge("x", "y"), merge("y", "x"), close]));
    let beliefs = s.ok("default", history("a")).edges;
    assert_eq!(told(&beliefs), ["a>x[0 1..2", "a>x[0 2.."]);
}

scenarios!(
    a_node_that_was_never_added_keeps_its_facts,
    fields_are_merged,
    an_update_that_changes_nothing_writes_nothing,
    two_nodes_become_one,
    facts_move_with_their_history,
    what_moved_is_listed,
    changes_in_a_commit,
    there_and_back_in_a_commit,
);
