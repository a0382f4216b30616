//! `get_node`, `get_edges`, `neighbors`.

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::super::wants::{Extent, Wants};
use super::adjacency::{Adjacency, WalkPosition};
use super::budget::{GraphBudget, edge_bytes, node_bytes};
use super::node_test::NodeTest;
use super::sift::Sift;
use crate::api::{
    ByteBuf, EdgePage, Error, GetEdges, GetNode, MaybeNode, Neighbors, Node, NodeId, Properties, Result, Subgraph,
    WalkFilter,
};
use crate::limits;
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::namespace::timelines::Side;
use crate::store::{KeyReader, NodeFront, NodeRecord, StoreResult, Table};

impl Query for GetNode {
    /// Reads a node.
    fn answer(self, _state: &State, snapshot: &Reader<'_>) -> Result<MaybeNode> {
        Ok(MaybeNode { node: find(snapshot, &self.id, Extent::Whole)? })
    }
}

/// As much of a node as is wanted, from its record.
pub fn node_of(id: NodeId, record: &[u8], extent: Extent) -> StoreResult<Node> {
    let bare = |id, node_type| Node { id, node_type, properties: Properties::new() };
    Ok(match extent {
        Extent::Key => bare(id, String::new()),
        Extent::Front => bare(id, NodeFront::decode(record)?.node_type),
        Extent::Whole => {
            let NodeRecord { seq: _, node_type, properties } = NodeRecord::decode(record)?;
            Node { id, node_type, properties }
        }
    })
}

/// Reads a node, or as much of it as is wanted.
pub fn find(snapshot: &Reader<'_>, id: &NodeId, extent: Extent) -> Result<Option<Node>> {
    let read = |record: &[u8]| node_of(id.clone(), record, extent);
    Ok(snapshot.get_with(Table::Nodes, id.as_str().as_bytes(), read)?.transpose()?)
}

/// The same; one that was never added has no type and no fields.
pub fn node_or_bare(snapshot: &Reader<'_>, id: NodeId, extent: Extent) -> Result<Node> {
    let found = if extent == Extent::Key { None } else { find(snapshot, &id, extent)? };
    Ok(found.unwrap_or(Node { id, node_type: String::new(), properties: Properties::new() }))
}

/// Reads a page of a node's edges.
pub fn get_edges(_state: &State, snapshot: &Reader<'_>, request: GetEdges, wants: Wants) -> Result<EdgePage> {
    let GetEdges { node_id, edge_types, direction, filter, limit, cursor, snapshot: _ } = request;
    let adjacency = Adjacency::new(snapshot, direction, edge_types).keeping(filter);
    let mut position = cursor.map(|cursor| decode_position(&cursor, &node_id)).transpose()?;
    let (mut edges, mut sift) = (Vec::new(), Sift::new(snapshot, limit));
    let start = position.clone();
    adjacency.each(&node_id, start.as_ref(), |mut link| {
        if !sift.look()? {
            return Ok(ControlFlow::Break(()));
        }
        if adjacency.admits(&node_id, &mut link)? {
            let edge = link.edge(&node_id, snapshot, wants.edges)?;
            if !sift.take(edge_bytes(&edge)) {
                return Ok(ControlFlow::Break(()));
            }
            edges.push(edge);
        }
        position = Some(link.into_position());
        Ok(ControlFlow::Continue(()))
    })?;
    let cursor = (!sift.is_complete()).then(|| ByteBuf::from(encode_position(position)));
    Ok(EdgePage { edges, cursor })
}

impl Query for GetEdges {
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<EdgePage> {
        get_edges(state, snapshot, self, Wants::ALL)
    }
}

/// A cursor is the side (0 outgoing, 1 incoming) and the key of the last edge that was looked at; the key is empty before the
/// first.
pub fn encode_position(position: Option<WalkPosition>) -> Vec<u8> {
    let WalkPosition { side, key } = position.unwrap_or(WalkPosition { side: Side::Outgoing, key: Vec::new() });
    let mut cursor = vec![u8::from(side == Side::Incoming)];
    cursor.extend(key);
    cursor
}

/// Comes from outside. A wrong one can only move the place within the edges of the node asked for.
pub fn decode_position(cursor: &[u8], node: &NodeId) -> Result<WalkPosition> {
    let position = cursor.split_first().and_then(|(side, key)| {
        let side = match side {
            0 => Side::Outgoing,
            1 => Side::Incoming,
            _ => return None,
        };
        let is_of_node = key.is_empty() || KeyReader::new(key).text() == Some(node.as_str());
        is_of_node.then(|| WalkPosition { side, key: key.to_vec() })
    });
    position.ok_or_else(|| Error::invalid("the cursor does not belong to this query; begin without one"))
}

/// Reads the nodes one edge away, in the order of the edges.
pub fn neighbors(_state: &State, snapshot: &Reader<'_>, request: Neighbors, wants: Wants) -> Result<Subgraph> {
    let Neighbors { node_id, direction, edge_types, filter, limit, snapshot: _ } = request;
    let WalkFilter { node_types, nodes: node_filter, edges: edge_filter } = filter;
    let test = NodeTest::new(node_types, node_filter);
    let adjacency = Adjacency::new(snapshot, direction, edge_types).keeping(edge_filter);
    let (mut nodes, mut edges, mut truncated) = (Vec::new(), Vec::new(), false);
    let (mut budget, mut room) = (GraphBudget::page(limit), GraphBudget::graph(None));
    let (mut seen, mut looks) = (HashSet::new(), limits::SIFTED_EDGES_MAX);
    adjacency.each(&node_id, None, |mut link| {
        truncated = looks == 0;
        if truncated {
            return Ok(ControlFlow::Break(()));
        }
        looks -= 1;
        if !adjacency.admits(&node_id, &mut link)? {
            return Ok(ControlFlow::Continue(()));
        }
        let node = match seen.contains(&link.other) {
            true => None,
            false if link.other == node_id => Some(node_or_bare(snapshot, node_id.clone(), wants.nodes)?),
            false => match test.read(snapshot, link.other.clone(), wants.nodes)? {
                None => return Ok(ControlFlow::Continue(())),
                found => found,
            },
        };
        let edge = link.edge(&node_id, snapshot, wants.edges)?;
        let fits = budget.take(edge_bytes(&edge)) && room.take(node.as_ref().map_or(0, node_bytes));
        if !fits {
            truncated = true;
            return Ok(ControlFlow::Break(()));
        }
        edges.push(edge);
        nodes.extend(node);
        seen.insert(link.other);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(Subgraph { nodes, edges, truncated })
}

impl Query for Neighbors {
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<Subgraph> {
        neighbors(state, snapshot, self, Wants::ALL)
    }
}
