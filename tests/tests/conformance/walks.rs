//! Walks: traversals and shortest paths.

use toondb_engine::api::{
    DeleteNode, Direction, Durability, Neighbors, Path, Properties, ShortestPath, Subgraph, TraversalOrder, Traverse,
    Value, WalkFilter,
};
use toondb_tests::Script;
use toondb_tests::requests::{add_edge, add_node, filter, map, node, types, update_edge};

use crate::graph::short;

fn walk(start: &str) -> Traverse {
    Traverse {
        start: start.into(),
        order: TraversalOrder::Bfs,
        max_depth: None,
        edge_types: None,
        direction: Direction::Outgoing,
        filter: Default::default(),
        limit: None,
        snapshot: None,
    }
}

fn path(from: &str, to: &str) -> ShortestPath {
    ShortestPath {
        from_id: from.into(),
        to_id: to.into(),
        max_depth: None,
        edge_types: None,
        direction: Direction::Outgoing,
        filter: Default::default(),
        snapshot: None,
    }
}

fn visited(found: &Subgraph) -> String {
    found.nodes.iter().map(|node| node.id.as_str()).collect()
}

fn along(found: &Path) -> String {
    assert_eq!(found.nodes.len(), if found.found { found.edges.len() + 1 } else { 0 });
    found.nodes.iter().map(|id| id.as_str()).collect()
}

/// a -> b -> d -> e -> f, a -> c -> d, c -> f by another type, and f -> a back.
fn fill(s: &mut Script) {
    for id in ["a", "b", "c", "d", "e", "f", "g"] {
        s.ok("default", add_node(id));
    }
    for (from, edge_type, to) in
        [("a", "r", "b"), ("a", "r", "c"), ("b", "r", "d"), ("c", "r", "d"), ("d", "r", "e"), ("e", "r", "f")]
    {
        s.ok("default", add_edge(from, edge_type, to));
    }
    s.ok("default", add_edge("c", "s", "f"));
    s.ok("default", add_edge("f", "r", "a"));
}

fn breadth_and_depth_first(s: &mut Script) {
    fill(s);
    let found = s.ok("default", walk("a"));
    assert_eq!(visited(&found), "abcdfe", "three edges deep unless told otherwise");
    assert_eq!(found.nodes[0], node("a"));
    assert_eq!(
        short(&found.edges),
        ["a-r>b", "a-r>c", "b-r>d", "c-r>d", "c-s>f", "d-r>e", "f-r>a"],
        "every edge between visited nodes that was walked over"
    );
    assert_eq!(visited(&s.ok("default", Traverse { order: TraversalOrder::Dfs, ..walk("a") })), "abdecf");
    for (depth, nodes) in [(0, "a"), (1, "abc"), (2, "abcdf"), (3, "abcdfe"), (1_000, "abcdfe")] {
        for order in [TraversalOrder::Bfs, TraversalOrder::Dfs] {
            let found = s.ok("default", Traverse { max_depth: Some(depth), order, ..walk("a") });
            let mut reached: Vec<char> = visited(&found).chars().collect();
            reached.sort_unstable();
            let mut expected: Vec<char> = nodes.chars().collect();
            expected.sort_unstable();
            assert_eq!(reached, expected, "depth {depth}, {order:?}");
        }
    }
}

fn directions_and_types(s: &mut Script) {
    fill(s);
    let incoming = Traverse { direction: Direction::Incoming, max_depth: Some(2), ..walk("d") };
    assert_eq!(visited(&s.ok("default", incoming)), "dbca");
    let both = Traverse { direction: Direction::Both, max_depth: Some(1), ..walk("c") };
    let found = s.ok("default", both);
    assert_eq!(visited(&found), "cdfa");
    let typed = Traverse { edge_types: types(&["s"]), ..walk("c") };
    assert_eq!(visited(&s.ok("default", typed)), "cf");
    assert_eq!(visited(&s.ok("default", Traverse { edge_types: types(&["none"]), ..walk("c") })), "c");
    assert_eq!(visited(&s.ok("default", walk("g"))), "g");
    let unknown = s.ok("default", walk("x"));
    assert!(unknown.nodes.is_empty() && !unknown.truncated);
}

fn limits_say_so(s: &mut Script) {
    fill(s);
    let found = s.ok("default", Traverse { limit: Some(3), ..walk("a") });
    assert_eq!((visited(&found).as_str(), found.truncated), ("abc", true));
    assert_eq!(short(&found.edges), ["a-r>b", "a-r>c"], "only edges between visited nodes");
    let exact = s.ok("default", Traverse { limit: Some(6), ..walk("a") });
    assert_eq!((visited(&exact).len(), exact.truncated), (6, false));
}

fn shortest_paths(s: &mut Script) {
    fill(s);
    let found = s.ok("default", path("a", "f"));
    assert_eq!((along(&found).as_str(), short(&found.edges)), ("acf", vec!["a-r>c".to_owned(), "c-s>f".to_owned()]));
    assert_eq!(along(&s.ok("default", path("a", "d"))), "abd", "of two as short the first by type and id");
    assert_eq!(along(&s.ok("default", ShortestPath { edge_types: types(&["r"]), ..path("a", "f") })), "abdef");
    let here = s.ok("default", path("a", "a"));
    assert_eq!((here.found, along(&here).as_str()), (true, "a"));
    for (from, to) in [("a", "g"), ("g", "a"), ("a", "x"), ("x", "a"), ("x", "x")] {
        let found = s.ok("default", path(from, to));
        assert!(!found.found && along(&found).is_empty(), "{from} to {to}");
    }
    assert!(!s.ok("default", ShortestPath { max_depth: Some(1), ..path("a", "f") }).found);
    assert!(s.ok("default", ShortestPath { max_depth: Some(2), ..path("a", "f") }).found);
    assert!(!s.ok("default", ShortestPath { max_depth: Some(0), ..path("a", "b") }).found);
    assert_eq!(along(&s.ok("default", ShortestPath { direction: Direction::Both, ..path("d", "a") })), "dba");
    assert_eq!(along(&s.ok("default", ShortestPath { direction: Direction::Incoming, ..path("f", "a") })), "fca");
    s.reopen();
    s.ok("default", DeleteNode { id: "c".into(), durability: Durability::Durable });
    assert_eq!(along(&s.ok("default", path("a", "f"))), "abdef");
}

/// An edge that is left out is not walked, a node neither given nor walked through; the nodes that are named always are.
fn walks_keep_to_some(s: &mut Script) {
    fill(s);
    let only = |nodes: &str, edges: Option<i64>| WalkFilter {
        node_types: None,
        nodes: Some(filter(map([(
            "name",
            map([("$in", Value::List(nodes.chars().map(|c| Value::String(c.to_string())).collect()))]),
        )]))),
        edges: edges.map(|least| filter(map([("w", map([("$gte", Value::Int(least))]))]))),
    };
    for (weight, (from, to)) in [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("d", "e")].into_iter().enumerate() {
        s.ok("default", update_edge((from, "r", to), Properties::new().with("w", weight as i64), &[]));
    }
    let far = |filter: &WalkFilter| Traverse { max_depth: Some(9), filter: filter.clone(), ..walk("a") };
    for order in [TraversalOrder::Bfs, TraversalOrder::Dfs] {
        let mut seen = |filter: &WalkFilter| {
            let found = s.ok("default", Traverse { order, ..far(filter) });
            assert!(!found.truncated);
            (visited(&found), short(&found.edges).join(" "))
        };
        let (nodes, edges) = seen(&only("cdef", None));
        let mut edges: Vec<&str> = edges.split(' ').collect();
        edges.sort_unstable();
        assert_eq!((nodes.len(), edges.join(" ")), (5, "a-r>c c-r>d c-s>f d-r>e e-r>f f-r>a".to_owned()));
        assert_eq!(seen(&only("bc", None)), ("abc".to_owned(), "a-r>b a-r>c".to_owned()));
        assert_eq!(seen(&only("bcdef", Some(1))), ("acde".to_owned(), "a-r>c c-r>d d-r>e".to_owned()));
        let typed = |types: &[&str]| WalkFilter {
            node_types: Some(types.iter().map(|name| (*name).to_owned()).collect()),
            ..WalkFilter::default()
        };
        assert_eq!(seen(&typed(&[])).0, "a");
        assert_eq!(seen(&typed(&["thing"])).0.len(), 6);
        assert_eq!(seen(&typed(&["none", "other"])).0, "a", "the start is always given");
    }
    let found = |s: &mut Script, filter: WalkFilter| {
        let neighbors = Neighbors {
            node_id: "d".into(),
            direction: Direction::Both,
            edge_types: None,
            filter,
            limit: None,
            snapshot: None,
        };
        let found = s.ok("default", neighbors);
        (visited(&found), short(&found.edges).join(" "))
    };
    assert_eq!(found(s, only("be", None)), ("eb".to_owned(), "d-r>e b-r>d".to_owned()));
    assert_eq!(found(s, only("bce", Some(3))), ("ec".to_owned(), "d-r>e c-r>d".to_owned()));
    let path = |s: &mut Script, filter: WalkFilter| {
        along(&s.ok("default", ShortestPath { filter, direction: Direction::Outgoing, ..path("a", "e") }))
    };
    assert_eq!(path(s, WalkFilter::default()), "abde");
    assert_eq!(path(s, only("cd", None)), "acde", "the ends are never left out");
    assert_eq!(path(s, only("bd", Some(1))), "");
    assert_eq!(path(s, only("bcd", Some(1))), "acde");
    assert_eq!(path(s, only("bc", None)), "");
}

scenarios!(walks_keep_to_some, breadth_and_depth_first, directions_and_types, limits_say_so, shortest_paths);
