//! Questions about many nodes and edges at once, read page by page.

use toondb_engine::api::{
    ByteBuf, CountNodes, Direction, Edge, Error, Filter, GetEdge, GetEdges, GetNodes, ListEdges, ListNodes, Neighbors,
    NodeId,
};
use toondb_tests::{Database, Model};

use crate::ask::{Ask, failed, same};

/// Every row of a read that comes in pages.
fn pages<T>(
    mut page: impl FnMut(Option<ByteBuf>) -> Result<(Vec<T>, Option<ByteBuf>), Error>,
) -> Result<Vec<T>, String> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let (rows, next) = page(cursor).map_err(|error| failed(&error))?;
        found.extend(rows);
        cursor = next;
        if cursor.is_none() {
            return Ok(found);
        }
    }
}

fn matching(mut edges: Vec<Edge>, filter: Option<&Filter>) -> Vec<Edge> {
    edges.retain(|edge| filter.is_none_or(|filter| filter.matches(&edge.properties)));
    edges
}

pub fn ask(db: &Database, model: &Model, question: &Ask) -> Result<(), String> {
    match question {
        Ask::Nodes(node_type, filter, limit) => nodes(db, model, question, (*node_type, filter.as_ref(), *limit)),
        Ask::Edges(node, direction, filter) => {
            let request = GetEdges {
                node_id: (*node).into(),
                edge_types: None,
                direction: *direction,
                filter: filter.clone(),
                limit: None,
                cursor: None,
                snapshot: None,
            };
            let edges = db.run("default", request).map_err(|error| failed(&error))?.edges;
            for edge in &edges {
                let (from_id, edge_type, to_id) = (edge.from_id.clone(), edge.edge_type.clone(), edge.to_id.clone());
                let one = GetEdge { from_id, edge_type, to_id, snapshot: None };
                let found = db.run("default", one).map_err(|error| failed(&error))?.edge;
                same(question, &found, &Some(edge))?;
            }
            same(question, &edges, &matching(model.edges_of(node, *direction), filter.as_ref()))
        }
        Ask::EdgesOf(nodes, direction, filter, limit) => {
            edges_of(db, model, question, (nodes, *direction, filter.as_ref(), *limit))
        }
        Ask::Near(node, direction, only) => {
            let (node_id, edge_types, filter) = ((*node).into(), None, only.clone());
            let request = Neighbors { node_id, direction: *direction, edge_types, filter, limit: None, snapshot: None };
            let found = db.run("default", request).map_err(|error| failed(&error))?;
            let edges = model.edges_seen(node, *direction, only, &[node]);
            same(question, &found.edges, &edges)?;
            let mut others: Vec<&NodeId> = Vec::new();
            for edge in &edges {
                let other = if edge.from_id.as_str() == *node { &edge.to_id } else { &edge.from_id };
                if !others.contains(&other) {
                    others.push(other);
                }
            }
            same(question, &found.nodes.iter().map(|node| &node.id).collect::<Vec<_>>(), &others)
        }
        other => panic!("no question about many: {other:?}"),
    }
}

fn nodes(
    db: &Database,
    model: &Model,
    question: &Ask,
    (node_type, filter, limit): (Option<&str>, Option<&Filter>, u32),
) -> Result<(), String> {
    let request = ListNodes {
        node_type: node_type.map(str::to_owned),
        filter: filter.cloned(),
        limit: Some(limit),
        ..ListNodes::default()
    };
    let found = pages(|cursor| {
        let page = db.run("default", ListNodes { cursor, ..request.clone() })?;
        Ok((page.nodes, page.cursor))
    })?;
    let expected = model.nodes_of(node_type, filter);
    same(question, &found, &expected)?;
    let ListNodes { node_type, filter, .. } = request;
    let count = CountNodes { node_type, filter, snapshot: None };
    let count = db.run("default", count).map_err(|error| failed(&error))?.count;
    same(question, &count, &expected.len())?;
    let ids = expected.iter().map(|node| node.id.clone()).chain(["no such node".into()]).collect();
    let found = db.run("default", GetNodes { ids, snapshot: None }).map_err(|error| failed(&error))?.nodes;
    same(question, &found, &expected.into_iter().map(Some).chain([None]).collect::<Vec<_>>())
}

fn edges_of(
    db: &Database,
    model: &Model,
    question: &Ask,
    (nodes, direction, filter, limit): (&[&str], Direction, Option<&Filter>, u32),
) -> Result<(), String> {
    let list = |node_ids: Option<Vec<NodeId>>| {
        pages(|cursor| {
            let (node_ids, filter, limit) = (node_ids.clone(), filter.cloned(), Some(limit));
            let page = ListEdges { node_ids, direction, filter, limit, cursor, ..ListEdges::default() };
            let page = db.run("default", page)?;
            Ok((page.edges, page.cursor))
        })
    };
    let mut expected: Vec<Edge> = Vec::new();
    for edge in nodes.iter().flat_map(|node| model.edges_of(node, direction)) {
        if !expected.contains(&edge) {
            expected.push(edge);
        }
    }
    let found = list(Some(nodes.iter().map(|node| (*node).into()).collect()))?;
    same(question, &found, &matching(expected, filter))?;
    let all = model.nodes.keys().flat_map(|node| model.edges_of(node, Direction::Outgoing)).collect();
    same(question, &list(None)?, &matching(all, filter))
}
