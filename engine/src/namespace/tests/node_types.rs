//! A directory of before the list of nodes by type: nodes are found all along, and the list is made meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use super::bench::Bench;
use crate::api::{
    AddNode, CountNodes, DeleteNode, Durability, Filter, ListNodes, Node, NodeUpdate, Properties, UpdateNode, Value,
};
use crate::limits;
use crate::store::{KeyRange, Read, RowSnapshot, Table, are_nodes_listed, node_type_key};

const TYPES: [&str; 3] = ["person", "per", ""];

fn add(bench: &Bench, number: usize) {
    let (id, node_type) = (format!("n{number:05}").into(), TYPES[number % 3].to_owned());
    let node = Node { id, node_type, properties: Properties::new().with("n", (number % 10) as i64) };
    bench.run(AddNode { node, durability: Durability::Volatile }).unwrap();
}

fn rows(bench: &Bench) -> RowSnapshot {
    drop(bench.handle.hold().unwrap());
    let state = Arc::clone(&bench.handle.opening.lock().as_ref().unwrap().actor.state);
    state.unpublished()
}

/// The ids of a type's nodes, read in pages.
fn of_type(bench: &Bench, node_type: &str) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let node_type = Some(node_type.to_owned());
        let page = bench.run(ListNodes { node_type, limit: Some(700), cursor, ..ListNodes::default() }).unwrap();
        found.extend(page.nodes.into_iter().map(|node| node.id.into_string()));
        cursor = page.cursor;
        if cursor.is_none() {
            return found;
        }
    }
}

fn expect(bench: &Bench, types: &BTreeMap<String, &str>) {
    for node_type in TYPES {
        let wanted: Vec<&String> = types.iter().filter(|(_, own)| **own == node_type).map(|(id, _)| id).collect();
        assert!(of_type(bench, node_type).iter().eq(wanted.iter().copied()), "{node_type:?}");
        let count = CountNodes { node_type: Some(node_type.to_owned()), ..CountNodes::default() };
        assert_eq!(bench.run(count).unwrap().count, wanted.len() as u64);
    }
}

fn forget(bench: &mut Bench) {
    bench.alter(|rows, memtable| {
        for row in rows.rows::<Vec<u8>>(Table::NodeTypes, Bound::Unbounded, Bound::Unbounded, false).unwrap() {
            memtable.insert(Table::NodeTypes, &row.unwrap().key, None, 1);
        }
    });
}

#[test]
fn nodes_of_an_old_directory_are_found_by_type_and_then_listed() {
    let mut bench = Bench::new();
    let number = 2 * limits::SWEEP_ITEMS_MAX + 500;
    (0..number).for_each(|number| add(&bench, number));
    assert!(are_nodes_listed(&rows(&bench)).unwrap(), "a new namespace has nothing to catch up with");
    let mut types: BTreeMap<String, &str> =
        (0..number).map(|number| (format!("n{number:05}"), TYPES[number % 3])).collect();
    forget(&mut bench);
    assert!(!are_nodes_listed(&rows(&bench)).unwrap());
    expect(&bench, &types);
    // What is written before the list is complete.
    let update = |id: &str, node_type: &str| {
        let update = NodeUpdate {
            id: id.into(),
            node_type: Some(node_type.to_owned()),
            set: Properties::new(),
            unset: Vec::new(),
        };
        bench.run(UpdateNode { update, durability: Durability::Durable }).unwrap();
    };
    for (id, node_type) in [("n00003", "per"), ("n02400", "per"), ("n02401", "")] {
        update(id, node_type);
        types.insert(id.to_owned(), node_type);
    }
    for id in ["n00010", "n02410"] {
        bench.run(DeleteNode { id: id.into(), durability: Durability::Durable }).unwrap();
        types.remove(id);
    }
    expect(&bench, &types);
    bench.lose_power();
    expect(&bench, &types);
    bench.tick();
    for _ in 0..2 {
        assert!(are_nodes_listed(&rows(&bench)).unwrap());
        expect(&bench, &types);
        let snapshot = rows(&bench);
        let listed = snapshot.scan(Table::NodeTypes, &KeyRange::all(), false).unwrap();
        let listed: BTreeSet<Vec<u8>> = listed.skip(1).map(|row| row.unwrap().key).collect();
        assert_eq!(listed, types.iter().map(|(id, node_type)| node_type_key(node_type, id)).collect());
        bench.reopen();
    }
}

#[test]
fn pages_go_on_behind_the_last_row_that_was_looked_at() {
    let bench = Bench::new();
    (0..30).for_each(|number| add(&bench, number));
    let filter = |value: i64| {
        let field = Value::Map([("n".to_owned(), Value::Int(value))].into_iter().collect());
        Some(Filter::try_from(field).unwrap())
    };
    let list = |filter, limit| bench.run(ListNodes { filter, limit, ..ListNodes::default() }).unwrap();
    assert_eq!(list(filter(3), None).nodes.len(), 3);
    let first = list(filter(3), Some(2));
    assert_eq!((first.nodes.len(), first.cursor.as_deref().map(Vec::as_slice)), (2, Some(&b"n00022"[..])));
    let none = list(filter(77), None);
    assert!(none.nodes.is_empty() && none.cursor.is_none());
    let nothing = list(None, Some(0));
    assert_eq!((nothing.nodes.len(), nothing.cursor.as_deref().map(Vec::len)), (0, Some(0)));
    let again = ListNodes { cursor: nothing.cursor, ..ListNodes::default() };
    assert_eq!(bench.run(again).unwrap().nodes.len(), 30);
    for bad in [&b"\xff"[..], b"a\0b", &[b'x'; limits::ID_BYTES_MAX + 1]] {
        let request = ListNodes { cursor: Some(serde_bytes::ByteBuf::from(bad)), ..ListNodes::default() };
        assert_eq!(bench.run(request).unwrap_err().code, crate::api::ErrorCode::InvalidArgument);
    }
}
