//! What a projected read does not read: rows whose fields are damaged, or missing, show it.

use super::Query as _;
use super::reader::Reader;
use crate::api::{
    Direction, ErrorCode, GetEdges, Neighbors, NodeId, OutputFormat, Properties, Render, Result, RowsQuery,
    TemporalHistory, TraversalOrder, Traverse,
};
use crate::namespace::timelines::harness::Harness;
use crate::store::{EdgeRecord, KeyWriter, NodeRecord, Table, TemporalRecord};

fn fields() -> Properties {
    Properties::new().with("name", "a name")
}

/// A record whose last byte, which belongs to its fields, is missing.
fn damaged(mut record: Vec<u8>) -> Vec<u8> {
    record.pop();
    record
}

/// Two nodes, an edge and a fact between them; all have fields that do not decode.
fn harness() -> Harness {
    let mut harness = Harness::new();
    let edge = |from: &str, to: &str| KeyWriter::new().text(from).text("x").text(to).finish();
    let fact = |from: &str, to: &str| KeyWriter::new().text(from).text("x").time(5).text(to).u64(1).finish();
    let node = NodeRecord { seq: 1, node_type: "city".to_owned(), properties: fields() };
    let record = EdgeRecord { seq: 1, properties: fields() };
    let belief = TemporalRecord { valid_until: Some(9), asserted_at: 3, retracted: None, properties: fields() };
    harness.spoil([
        (Table::Nodes, b"a".into(), damaged(node.encode())),
        (Table::Nodes, b"b".into(), damaged(node.encode())),
        (Table::EdgesOut, edge("a", "b"), damaged(record.encode())),
        (Table::EdgesIn, edge("b", "a"), Vec::new()),
        (Table::TemporalOut, fact("a", "b"), damaged(belief.encode())),
        (Table::TemporalIn, fact("b", "a"), Vec::new()),
        // This row of the reverse index has no record at all.
        (Table::TemporalIn, fact("b", "c"), Vec::new()),
    ]);
    harness
}

fn rows(harness: &Harness, read: &RowsQuery, columns: &[&str]) -> Result<String> {
    let columns = Some(columns.iter().map(|name| (*name).to_owned()).collect());
    let request = Render { read: read.clone(), format: OutputFormat::Toon, columns, tokenizer: None };
    let rendered = request.answer(&harness.state, &Reader::of(harness.snapshot()))?;
    Ok(String::from_utf8(rendered.data.into_vec()).unwrap())
}

fn walk(start: &str, direction: Direction) -> RowsQuery {
    RowsQuery::Traverse(Traverse {
        start: start.into(),
        order: TraversalOrder::Bfs,
        max_depth: None,
        edge_types: None,
        direction,
        filter: Default::default(),
        limit: None,
        snapshot: None,
    })
}

fn history(node: &str, direction: Direction) -> RowsQuery {
    RowsQuery::TemporalHistory(TemporalHistory {
        node_id: node.into(),
        edge_type: None,
        other_id: None,
        direction,
        start: None,
        end: None,
        as_of: None,
        newest_first: false,
        limit: None,
        cursor: None,
        snapshot: None,
    })
}

fn refused(harness: &Harness, read: &RowsQuery, columns: &[&str]) {
    assert_eq!(rows(harness, read, columns).unwrap_err().code, ErrorCode::Corrupt, "{read:?} {columns:?}");
}

#[test]
fn nodes_and_edges_are_read_as_far_as_they_are_wanted() {
    let harness = harness();
    for (node, direction, found) in [("a", Direction::Outgoing, "a\n  b"), ("b", Direction::Incoming, "b\n  a")] {
        let read = walk(node, direction);
        assert_eq!(rows(&harness, &read, &["id"]).unwrap(), format!("[2]{{id}}:\n  {found}"));
        let types = rows(&harness, &read, &["node_type", "edge_type"]).unwrap();
        assert_eq!(types, "nodes[2]{node_type}:\n  city\n  city\nedges[1]{edge_type}:\n  x");
        assert_eq!(rows(&harness, &read, &["from_id", "to_id"]).unwrap(), "[1]{from_id,to_id}:\n  a,b");
        refused(&harness, &read, &["id", "properties"]);
        refused(&harness, &read, &["properties.name"]);
        let node_id = NodeId::new(node);
        let near = Neighbors {
            node_id: node_id.clone(),
            direction,
            filter: Default::default(),
            edge_types: None,
            limit: None,
            snapshot: None,
        };
        let near = RowsQuery::Neighbors(near);
        let other = if node == "a" { "b" } else { "a" };
        assert_eq!(
            rows(&harness, &near, &["id", "node_type"]).unwrap(),
            format!("[1]{{id,node_type}}:\n  {other},city")
        );
        refused(&harness, &near, &["properties"]);
        let edges = GetEdges {
            node_id,
            edge_types: None,
            direction,
            filter: Default::default(),
            limit: None,
            cursor: None,
            snapshot: None,
        };
        let edges = RowsQuery::GetEdges(edges);
        assert_eq!(rows(&harness, &edges, &["to_id", "edge_type"]).unwrap(), "[1]{to_id,edge_type}:\n  b,x");
        refused(&harness, &edges, &["to_id", "properties"]);
    }
}

#[test]
fn a_nodes_record_is_not_read_for_its_id() {
    let mut harness = harness();
    harness.spoil([(Table::Nodes, b"b".into(), b"?".into())]);
    let read = walk("a", Direction::Outgoing);
    assert_eq!(rows(&harness, &read, &["id"]).unwrap(), "[2]{id}:\n  a\n  b");
    assert_eq!(rows(&harness, &read, &["to_id"]).unwrap(), "[1]{to_id}:\n  b");
    refused(&harness, &read, &["node_type"]);
}

#[test]
fn beliefs_are_read_as_far_as_they_are_wanted() {
    let harness = harness();
    let (out, into) = (history("a", Direction::Outgoing), history("b", Direction::Incoming));
    let columns = ["to_id", "valid_from", "valid_until", "asserted_at", "retracted_seq"];
    let row = "[1]{to_id,valid_from,valid_until,asserted_at,retracted_seq}:\n  b,5,9,3,null";
    assert_eq!(rows(&harness, &out, &columns).unwrap(), row);
    let keys = rows(&harness, &into, &["from_id", "valid_from", "asserted_seq"]).unwrap();
    assert_eq!(keys, "[2]{from_id,valid_from,asserted_seq}:\n  a,5,1\n  c,5,1", "the records are not looked for");
    refused(&harness, &into, &["from_id", "valid_until"]);
    refused(&harness, &out, &["properties"]);
}
