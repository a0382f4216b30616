//! The property graph: nodes, edges, and what hangs on a node goes with it.

use toondb_engine::api::{
    AddEdge, AddNode, CommitSeq, DeleteEdge, DeleteNode, Direction, Durability, Edge, ErrorCode, Flush, GetEdges,
    NamespaceStatsRequest, Neighbors, Node, Properties, Subgraph,
};
use toondb_tests::Script;
use toondb_tests::requests::{add_edge, add_fact, add_node, at, edge, get_node, node, query, types};

pub fn edges_of(node: &str, direction: Direction) -> GetEdges {
    GetEdges {
        node_id: node.into(),
        edge_types: None,
        direction,
        filter: Default::default(),
        limit: None,
        cursor: None,
        snapshot: None,
    }
}

/// `from-type>to`, so that expectations can be read.
pub fn short(edges: &[Edge]) -> Vec<String> {
    edges.iter().map(|edge| format!("{}-{}>{}", edge.from_id, edge.edge_type, edge.to_id)).collect()
}

fn names(found: &Subgraph) -> Vec<&str> {
    found.nodes.iter().map(|node| node.id.as_str()).collect()
}

fn nodes(s: &mut Script) {
    let properties = Properties::new().with("age", 3).with("name", "ann");
    let ann = Node { id: "ann".into(), node_type: "person".to_owned(), properties };
    let add = |node: &Node| AddNode { node: node.clone(), durability: Durability::Durable };
    assert!(s.ok("default", add(&ann)).created);
    assert_eq!(s.ok("default", get_node("ann")).node.as_ref(), Some(&ann));
    let older = Node { node_type: String::new(), properties: Properties::new().with("age", 4), ..ann };
    let replaced = s.ok("default", add(&older));
    assert_eq!((replaced.created, replaced.commit_seq), (false, CommitSeq(2)));
    s.reopen();
    assert_eq!(s.ok("default", get_node("ann")).node, Some(older), "type and fields are replaced as a whole");
    assert_eq!(s.ok("default", get_node("bob")).node, None);
    assert_eq!(s.ok("default", NamespaceStatsRequest {}).nodes, 1);
}

fn edges_need_their_nodes(s: &mut Script) {
    s.ok("default", add_node("a"));
    let error = s.fails(ErrorCode::NodeNotFound, "default", add_edge("a", "r", "b"));
    assert!(error.message.contains('b'), "{}", error.message);
    s.fails(ErrorCode::NodeNotFound, "default", add_edge("b", "r", "a"));
    s.ok("default", add_node("b"));
    assert!(s.ok("default", add_edge("a", "r", "b")).created);
    assert_eq!(s.ok("default", NamespaceStatsRequest {}).edges, 1);
}

fn edges_both_ways(s: &mut Script) {
    for id in ["a", "b", "c"] {
        s.ok("default", add_node(id));
    }
    for (from, edge_type, to) in [("a", "s", "c"), ("a", "r", "c"), ("a", "r", "b"), ("c", "r", "a"), ("a", "t", "a")] {
        s.ok("default", add_edge(from, edge_type, to));
    }
    s.ok("default", Flush {});
    s.ok("default", add_edge("b", "r", "a"));
    let mut of = |direction| short(&s.ok("default", edges_of("a", direction)).edges);
    assert_eq!(of(Direction::Outgoing), ["a-r>b", "a-r>c", "a-s>c", "a-t>a"]);
    assert_eq!(of(Direction::Incoming), ["b-r>a", "c-r>a", "a-t>a"]);
    assert_eq!(of(Direction::Both), ["a-r>b", "a-r>c", "a-s>c", "a-t>a", "b-r>a", "c-r>a"], "a loop comes once");
    let some = GetEdges { edge_types: types(&["t", "s", "s"]), ..edges_of("a", Direction::Both) };
    assert_eq!(short(&s.ok("default", some).edges), ["a-s>c", "a-t>a"]);
    assert!(s.ok("default", edges_of("x", Direction::Both)).edges.is_empty());
}

fn edges_are_unique_and_replaced(s: &mut Script) {
    s.ok("default", add_node("a"));
    s.ok("default", add_node("b"));
    let with = |n: i64| {
        let edge = Edge { properties: Properties::new().with("n", n), ..edge("a", "r", "b") };
        AddEdge { edge, durability: Durability::Durable }
    };
    assert!(s.ok("default", with(1)).created);
    assert!(!s.ok("default", with(2)).created);
    let found = s.ok("default", edges_of("b", Direction::Incoming)).edges;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].properties, Properties::new().with("n", 2));
    let delete =
        DeleteEdge { from_id: "a".into(), edge_type: "r".into(), to_id: "b".into(), durability: Durability::Durable };
    assert_eq!(s.ok("default", delete.clone()).deleted, 1);
    let nothing = s.ok("default", delete);
    assert_eq!((nothing.deleted, nothing.commit_seq), (0, CommitSeq(5)));
    s.lose_power();
    assert!(s.ok("default", edges_of("b", Direction::Both)).edges.is_empty());
    assert!(s.ok("default", with(3)).created);
}

fn pages_of_edges(s: &mut Script) {
    s.ok("default", add_node("a"));
    for i in 0..7 {
        let other = format!("n{i}");
        s.ok("default", add_node(&other));
        s.ok("default", add_edge("a", "r", &other));
        s.ok("default", add_edge(&other, "q", "a"));
    }
    let all = s.ok("default", edges_of("a", Direction::Both));
    assert_eq!((all.edges.len(), all.cursor), (14, None));
    for limit in [1, 3, 7, 14] {
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let page = s.ok("default", GetEdges { limit: Some(limit), cursor, ..edges_of("a", Direction::Both) });
            found.extend(page.edges);
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(found, all.edges, "limit {limit}");
    }
    let foreign = GetEdges { cursor: Some(toondb_tests::requests::bytes("\u{7}x")), ..edges_of("a", Direction::Both) };
    s.fails(ErrorCode::InvalidArgument, "default", foreign);
}

fn deleting_a_node_takes_its_edges(s: &mut Script) {
    for id in ["a", "b", "c"] {
        s.ok("default", add_node(id));
    }
    for (from, to) in [("a", "b"), ("b", "a"), ("b", "c"), ("c", "b"), ("a", "c"), ("b", "b")] {
        s.ok("default", add_edge(from, "r", to));
        s.ok("default", add_fact((from, "f", to), 0, None));
    }
    let before = s.ok("default", NamespaceStatsRequest {});
    assert_eq!((before.nodes, before.edges, before.temporal_versions), (3, 6, 6));
    let delete = DeleteNode { id: "b".into(), durability: Durability::Durable };
    assert_eq!(s.ok("default", delete.clone()).deleted, 1);
    for round in 0..2 {
        assert_eq!(short(&s.ok("default", edges_of("a", Direction::Both)).edges), ["a-r>c"]);
        assert_eq!(short(&s.ok("default", edges_of("c", Direction::Both)).edges), ["a-r>c"]);
        let facts = s.ok("default", query("a", at(5))).edges;
        assert_eq!(facts.iter().map(|fact| fact.to_id.as_str()).collect::<Vec<_>>(), ["c"], "round {round}");
        assert!(s.ok("default", query("b", at(5))).edges.is_empty());
        let stats = s.ok("default", NamespaceStatsRequest {});
        assert_eq!((stats.nodes, stats.edges, stats.temporal_versions), (2, 1, 1));
        s.lose_power();
    }
    assert_eq!(s.ok("default", delete).deleted, 0);
    s.ok("default", add_node("b"));
    assert!(s.ok("default", edges_of("b", Direction::Both)).edges.is_empty(), "a new node has none of the old edges");
}

fn names_do_not_run_together(s: &mut Script) {
    // Keys are composed of texts: none of these may be taken for another.
    for id in ["a", "ab", "abc", "b", "bc", "c"] {
        s.ok("default", add_node(id));
    }
    s.ok("default", add_edge("a", "bc", "c"));
    s.ok("default", add_edge("ab", "c", "c"));
    s.ok("default", add_edge("a", "b", "c"));
    assert_eq!(short(&s.ok("default", edges_of("a", Direction::Both)).edges), ["a-b>c", "a-bc>c"]);
    let only_b = GetEdges { edge_types: types(&["b"]), ..edges_of("a", Direction::Outgoing) };
    assert_eq!(short(&s.ok("default", only_b).edges), ["a-b>c"]);
    assert_eq!(short(&s.ok("default", edges_of("ab", Direction::Both)).edges), ["ab-c>c"]);
    assert!(s.ok("default", edges_of("abc", Direction::Both)).edges.is_empty());
}

fn neighbours(s: &mut Script) {
    for id in ["a", "b", "c", "d"] {
        s.ok("default", add_node(id));
    }
    for (from, edge_type, to) in [("a", "r", "c"), ("a", "r", "b"), ("a", "s", "b"), ("d", "r", "a"), ("b", "r", "c")] {
        s.ok("default", add_edge(from, edge_type, to));
    }
    let near = |direction| Neighbors {
        node_id: "a".into(),
        direction,
        filter: Default::default(),
        edge_types: None,
        limit: None,
        snapshot: None,
    };
    let found = s.ok("default", near(Direction::Outgoing));
    assert_eq!(names(&found), ["b", "c"]);
    assert_eq!(short(&found.edges), ["a-r>b", "a-r>c", "a-s>b"]);
    assert_eq!(found.nodes[0], node("b"), "nodes come with type and fields");
    assert_eq!(names(&s.ok("default", near(Direction::Both))), ["b", "c", "d"]);
    assert_eq!(names(&s.ok("default", near(Direction::Incoming))), ["d"]);
    let only = s.ok("default", Neighbors { edge_types: types(&["s"]), ..near(Direction::Both) });
    assert_eq!(names(&only), ["b"]);
    let limited = s.ok("default", Neighbors { limit: Some(1), ..near(Direction::Both) });
    assert_eq!((names(&limited), limited.truncated), (vec!["b"], true));
    let unknown = s.ok("default", Neighbors { node_id: "x".into(), ..near(Direction::Both) });
    assert!(unknown.nodes.is_empty() && unknown.edges.is_empty() && !unknown.truncated);
}

scenarios!(
    nodes,
    edges_need_their_nodes,
    edges_both_ways,
    edges_are_unique_and_replaced,
    pages_of_edges,
    deleting_a_node_takes_its_edges,
    names_do_not_run_together,
    neighbours,
);
