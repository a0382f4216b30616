//! Nodes and edges in lists: by id, by type, by what they hold, of several nodes.

use toondb_engine::api::{
    AddEdge, AddNode, CountNodes, Direction, Durability, Edge, ErrorCode, Filter, Flush, GetEdge, GetEdges, GetNodes,
    ListEdges, ListNodes, Node, NodePage, OutputFormat, Properties, RowsQuery, Value,
};
use toondb_tests::Script;
use toondb_tests::requests::{bytes, edge, filter, get_node, list_nodes, map, types};

use crate::graph::{edges_of, short};
use crate::render::text;

fn equals(field: &str, value: i64) -> Filter {
    filter(map([(field, Value::Int(value))]))
}

fn add(s: &mut Script, id: &str, node_type: &str, n: i64) {
    let node = Node { id: id.into(), node_type: node_type.to_owned(), properties: Properties::new().with("n", n) };
    s.ok("default", AddNode { node, durability: Durability::Durable });
}

fn join(s: &mut Script, (from, edge_type, to): (&str, &str, &str), n: i64) {
    let edge = Edge { properties: Properties::new().with("n", n), ..edge(from, edge_type, to) };
    s.ok("default", AddEdge { edge, durability: Durability::Durable });
}

fn ids(page: &NodePage) -> String {
    page.nodes.iter().map(|node| node.id.as_str()).collect()
}

/// Seven nodes of two types, and edges between them.
fn fill(s: &mut Script) {
    for (number, id) in ["a", "b", "c", "d", "e", "f", "g"].into_iter().enumerate() {
        add(s, id, if number % 2 == 0 { "even" } else { "odd" }, number as i64);
    }
    for (number, (from, edge_type, to)) in
        [("a", "r", "b"), ("a", "s", "c"), ("b", "r", "c"), ("c", "r", "a"), ("d", "r", "d"), ("e", "t", "a")]
            .into_iter()
            .enumerate()
    {
        join(s, (from, edge_type, to), number as i64);
    }
}

fn nodes_by_type(s: &mut Script) {
    assert_eq!(s.ok("default", list_nodes(None)).nodes, []);
    fill(s);
    s.ok("default", Flush {});
    add(s, "h", "", 7);
    for round in 0..2 {
        assert_eq!(ids(&s.ok("default", list_nodes(None))), "abcdefgh");
        assert_eq!(ids(&s.ok("default", list_nodes(Some("even")))), "aceg");
        assert_eq!(ids(&s.ok("default", list_nodes(Some("odd")))), "bdf");
        assert_eq!(ids(&s.ok("default", list_nodes(Some("")))), "h", "no type is a type of its own");
        assert_eq!(ids(&s.ok("default", list_nodes(Some("eve")))), "", "round {round}");
        let count = |node_type: Option<&str>, filter| CountNodes {
            node_type: node_type.map(str::to_owned),
            filter,
            snapshot: None,
        };
        assert_eq!(s.ok("default", count(None, None)).count, 8);
        assert_eq!(s.ok("default", count(Some("odd"), None)).count, 3);
        assert_eq!(s.ok("default", count(Some("odd"), Some(equals("n", 3)))).count, 1);
        s.lose_power();
    }
    // A type may be any text: nothing runs together, whatever stands in it.
    add(s, "x\u{1}", "even\0a", 0);
    assert_eq!(ids(&s.ok("default", list_nodes(Some("even\0a")))), "x\u{1}");
    assert_eq!(ids(&s.ok("default", list_nodes(Some("even")))), "aceg");
    add(s, "a", "odd", 0);
    assert_eq!(ids(&s.ok("default", list_nodes(Some("even")))), "ceg");
    assert_eq!(ids(&s.ok("default", list_nodes(Some("odd")))), "abdf");
    s.fails(ErrorCode::LimitExceeded, "default", list_nodes(Some(&"x".repeat(257))));
}

fn nodes_in_pages_and_by_what_they_hold(s: &mut Script) {
    fill(s);
    let few = filter(map([("n", map([("$gte", Value::Int(2))]))]));
    for (node_type, filter, all) in [
        (None, None, "abcdefg"),
        (None, Some(few.clone()), "cdefg"),
        (Some("even"), Some(few.clone()), "ceg"),
        (Some("odd"), Some(equals("n", 99)), ""),
    ] {
        let list = ListNodes { filter, ..list_nodes(node_type) };
        for limit in [1, 2, 7, 100] {
            let (mut found, mut cursor) = (String::new(), None);
            loop {
                let page = s.ok("default", ListNodes { limit: Some(limit), cursor, ..list.clone() });
                assert!(page.nodes.len() <= limit as usize);
                found += &ids(&page);
                cursor = page.cursor;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(found, all, "{node_type:?}, {limit} a page");
        }
    }
    let behind = |cursor: &str| ListNodes { cursor: Some(bytes(cursor)), ..list_nodes(Some("even")) };
    assert_eq!(ids(&s.ok("default", behind("d"))), "eg", "a cursor from elsewhere only moves the place");
    s.fails(ErrorCode::InvalidArgument, "default", behind(&"x".repeat(1025)));
    s.fails(ErrorCode::InvalidArgument, "default", behind("a\0"));
}

fn several_nodes_and_one_edge(s: &mut Script) {
    fill(s);
    let get = |ids: &[&str]| GetNodes { ids: ids.iter().map(|id| (*id).into()).collect(), snapshot: None };
    let found = s.ok("default", get(&["c", "nobody", "a", "c"])).nodes;
    let one = |s: &mut Script, id: &str| s.ok("default", get_node(id)).node;
    let (a, c) = (one(s, "a"), one(s, "c"));
    assert_eq!(found, [c.clone(), None, a, c]);
    assert!(s.ok("default", get(&[])).nodes.is_empty());
    s.fails(ErrorCode::InvalidArgument, "default", get(&["a", ""]));
    let edge = |from: &str, to: &str| GetEdge {
        from_id: from.into(),
        edge_type: "r".into(),
        to_id: to.into(),
        snapshot: None,
    };
    let found = s.ok("default", edge("b", "c")).edge.unwrap();
    assert_eq!(found.properties, Properties::new().with("n", 2));
    assert_eq!(s.ok("default", edge("c", "b")).edge, None, "an edge has a direction");
}

fn edges_of_several_nodes(s: &mut Script) {
    fill(s);
    let of = |ids: &[&str], direction| ListEdges {
        node_ids: Some(ids.iter().map(|id| (*id).into()).collect()),
        direction,
        ..ListEdges::default()
    };
    let mut list = |request: &ListEdges| {
        let all = short(&s.ok("default", request.clone()).edges);
        for limit in [1, 2, 3] {
            let (mut found, mut cursor) = (Vec::new(), None);
            loop {
                let page = s.ok("default", ListEdges { limit: Some(limit), cursor, ..request.clone() });
                found.extend(short(&page.edges));
                cursor = page.cursor;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(found, all, "{limit} a page");
        }
        all.join(" ")
    };
    assert_eq!(list(&of(&["b", "a"], Direction::Outgoing)), "b-r>c a-r>b a-s>c");
    assert_eq!(list(&of(&["a", "c"], Direction::Incoming)), "c-r>a e-t>a b-r>c a-s>c");
    assert_eq!(
        list(&of(&["a", "d", "b", "a", "nobody"], Direction::Both)),
        "a-r>b a-s>c c-r>a e-t>a d-r>d b-r>c",
        "an edge between two of them comes once, and so does a node that is named twice"
    );
    assert_eq!(list(&of(&[], Direction::Both)), "");
    let typed = ListEdges { edge_types: types(&["r"]), ..of(&["a", "b"], Direction::Both) };
    assert_eq!(list(&typed), "a-r>b c-r>a b-r>c");
    let filtered = ListEdges { filter: Some(equals("n", 3)), ..of(&["a", "b"], Direction::Both) };
    assert_eq!(list(&filtered), "c-r>a");
    let all = ListEdges::default();
    assert_eq!(list(&all), "a-r>b a-s>c b-r>c c-r>a d-r>d e-t>a");
    assert_eq!(list(&ListEdges { edge_types: types(&["t", "s"]), ..all.clone() }), "a-s>c e-t>a");
    assert_eq!(list(&ListEdges { filter: Some(equals("n", 4)), ..all.clone() }), "d-r>d");
    let one = GetEdges { filter: Some(equals("n", 1)), ..edges_of("a", Direction::Both) };
    assert_eq!(short(&s.ok("default", one).edges), ["a-s>c"]);
    for cursor in ["\u{1}", "\0\0\0\u{5}\0", "\0\0\0\0\u{7}", "\0\0\0\0\0b\0r\0c\0"] {
        let foreign = ListEdges { cursor: Some(bytes(cursor)), ..of(&["a"], Direction::Both) };
        s.fails(ErrorCode::InvalidArgument, "default", foreign);
    }
    s.fails(ErrorCode::InvalidArgument, "default", ListEdges { cursor: Some(bytes("a\0r")), ..all });
}

fn lists_in_formats(s: &mut Script) {
    add(s, "a", "thing", 1);
    add(s, "b", "other", 2);
    join(s, ("a", "r", "b"), 3);
    let mut shown = |read: RowsQuery, columns: &[&str]| text(s, read, OutputFormat::Toon, columns);
    let nodes = RowsQuery::ListNodes(list_nodes(None));
    assert_eq!(shown(nodes.clone(), &[]), "[2]{id,node_type,properties.n}:\n  a,thing,1\n  b,other,2");
    assert_eq!(shown(nodes, &["id"]), "[2]{id}:\n  a\n  b");
    let typed = ListNodes { filter: Some(equals("n", 2)), ..list_nodes(Some("other")) };
    assert_eq!(
        shown(RowsQuery::ListNodes(typed), &["node_type"]),
        "[1]{node_type}:\n  other",
        "what is filtered by is read"
    );
    let get = GetNodes { ids: vec!["b".into(), "nobody".into()], snapshot: None };
    assert_eq!(shown(RowsQuery::GetNodes(get), &["id", "node_type"]), "[1]{id,node_type}:\n  b,other");
    let edges = ListEdges { filter: Some(equals("n", 3)), ..ListEdges::default() };
    assert_eq!(shown(RowsQuery::ListEdges(edges), &["to_id"]), "[1]{to_id}:\n  b");
}

scenarios!(
    nodes_by_type,
    nodes_in_pages_and_by_what_they_hold,
    several_nodes_and_one_edge,
    edges_of_several_nodes,
    lists_in_formats,
);
