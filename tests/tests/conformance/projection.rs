//! Columns are pushed down into reads: what is left out is not read, and nothing else changes.

use toondb_engine::api::{
    AsOf, CommitSeq, Direction, GetEdges, ListFacts, MultiGet, Neighbors, NodeId, OutputFormat, Properties,
    QueryTemporal, RowsQuery, TemporalHistory, TemporalNeighbors, TimestampMs, TraversalOrder, Traverse,
    TraverseTemporal, Value,
};
use toondb_engine::format::json;
use toondb_tests::Script;
use toondb_tests::requests::{
    add_edge, add_fact, add_node, at, bytes, delete_key, history, put, query, scan, temporal_neighbors,
};

use crate::render::render;

/// The rows of a read, those of several tables in the order of their names.
fn rows(s: &mut Script, read: &RowsQuery, columns: &[&str]) -> Vec<Vec<Value>> {
    let list = |value| match value {
        Value::List(rows) => rows,
        other => panic!("{other:?} is no list"),
    };
    let rendered = s.ok("default", render(read.clone(), OutputFormat::Json, columns));
    match json::decode(std::str::from_utf8(&rendered.data).unwrap()).unwrap() {
        Value::Map(tables) => tables.into_values().map(list).collect(),
        rows => vec![list(rows)],
    }
}

/// Only the columns, of those tables that have one of them.
fn projected(whole: &[Vec<Value>], columns: &[&str]) -> Vec<Vec<Value>> {
    let is_wanted = |column: &str| {
        columns.iter().any(|wanted| column.strip_prefix(wanted).is_some_and(|c| c.is_empty() || c.starts_with('.')))
    };
    let row = |row: &Value| match row {
        Value::Map(cells) => {
            let cells = cells.iter().filter(|(column, _)| is_wanted(column));
            Value::Map(cells.map(|(column, value)| (column.clone(), value.clone())).collect())
        }
        other => panic!("{other:?} is no map"),
    };
    let tables = whole.iter().map(|rows| rows.iter().map(row).collect::<Vec<_>>());
    tables.filter(|rows| rows.iter().any(|row| *row != Value::Map(Default::default()))).collect()
}

fn same(s: &mut Script, read: &RowsQuery, every: &[&str], columns: &[&str]) {
    let whole = rows(s, read, every);
    assert!(whole.iter().all(|rows| !rows.is_empty()), "{read:?}");
    assert_eq!(rows(s, read, columns), projected(&whole, columns), "{read:?} {columns:?}");
}

const NODE: &[&str] = &["id", "node_type", "properties"];
const EDGE: &[&str] = &["from_id", "edge_type", "to_id", "properties"];
const FACT: &[&str] = &[
    "from_id",
    "edge_type",
    "to_id",
    "valid_from",
    "valid_until",
    "asserted_seq",
    "asserted_at",
    "retracted_seq",
    "retracted_at",
    "properties",
];

/// Every read of a graph about node `a`, with all columns of its tables.
fn graph_reads(direction: Direction) -> Vec<(RowsQuery, Vec<&'static [&'static str]>)> {
    let (node_id, limit, snapshot, edge_types) = (NodeId::new("a"), None, None, None);
    let (start, cursor, order, max_depth) = (node_id.clone(), None, TraversalOrder::Bfs, None);
    let get = GetEdges {
        node_id: node_id.clone(),
        edge_types: edge_types.clone(),
        direction,
        filter: Default::default(),
        limit,
        cursor,
        snapshot,
    };
    let near = Neighbors {
        node_id: node_id.clone(),
        direction,
        filter: Default::default(),
        edge_types: edge_types.clone(),
        limit,
        snapshot,
    };
    let walk = Traverse {
        start: start.clone(),
        order,
        max_depth,
        edge_types: edge_types.clone(),
        direction,
        filter: Default::default(),
        limit,
        snapshot,
    };
    let at_15 = Some(TimestampMs(15));
    let temporal =
        TraverseTemporal { start, at: at_15, as_of: None, order, max_depth, edge_types, direction, limit, snapshot };
    let past = TemporalHistory { direction, ..history("a") };
    let list = ListFacts { mode: Some(at(15)), from_id: Some(node_id), ..ListFacts::default() };
    let changes = ListFacts { changed_since: Some(AsOf::Seq(CommitSeq(0))), ..ListFacts::default() };
    let next_to = TemporalNeighbors { direction, ..temporal_neighbors("a", 15) };
    vec![
        (RowsQuery::GetEdges(get), vec![EDGE]),
        (RowsQuery::Neighbors(near), vec![NODE, EDGE]),
        (RowsQuery::Traverse(walk), vec![NODE, EDGE]),
        (RowsQuery::QueryTemporal(QueryTemporal { direction, ..query("a", at(15)) }), vec![FACT]),
        (RowsQuery::TraverseTemporal(temporal), vec![NODE, FACT]),
        (RowsQuery::TemporalHistory(past), vec![FACT]),
        (RowsQuery::ListFacts(list), vec![FACT]),
        (RowsQuery::ListFacts(changes), vec![FACT]),
        (RowsQuery::TemporalNeighbors(next_to), vec![NODE, FACT]),
    ]
}

fn rows_of_a_graph_stay_the_same(s: &mut Script) {
    for id in ["a", "b", "c"] {
        s.ok("default", add_node(id));
    }
    for (from, to) in [("a", "b"), ("b", "c"), ("c", "a"), ("a", "c"), ("a", "a")] {
        let mut edge = add_edge(from, "KNOWS", to);
        edge.edge.properties = Properties::new().with("weight", 3).with("note", from);
        s.ok("default", edge);
        let mut fact = add_fact((from, "AT", to), 10, Some(20));
        fact.fact.properties = Properties::new().with("weight", 2);
        s.ok("default", fact);
    }
    s.ok("default", add_fact(("a", "AT", "nowhere"), 12, None));
    for direction in [Direction::Outgoing, Direction::Incoming, Direction::Both] {
        for (read, tables) in graph_reads(direction) {
            let mut every: Vec<&str> = Vec::new();
            for column in tables.iter().copied().flatten() {
                if !every.contains(column) {
                    every.push(column);
                }
            }
            for (index, column) in every.iter().enumerate() {
                same(s, &read, &every, &[column]);
                same(s, &read, &every, &every[index..]);
                same(s, &read, &every, &every[..=index]);
            }
        }
    }
}

fn keys_without_values_stay_the_same(s: &mut Script) {
    s.ok("default", put("k:1", "one"));
    s.ok("default", put("k:2", "two"));
    s.ok("default", put("k:3", "three"));
    s.ok("default", delete_key("k:2"));
    let keys = ["k:3", "k:2", "none", "k:1"].map(bytes).to_vec();
    for read in [RowsQuery::MultiGet(MultiGet { keys, snapshot: None }), RowsQuery::Scan(scan("k:"))] {
        for columns in [&["key"][..], &["version", "key"], &["version"], &["value"]] {
            same(s, &read, &["key", "value", "version"], columns);
        }
    }
}

scenarios!(rows_of_a_graph_stay_the_same, keys_without_values_stay_the_same);
