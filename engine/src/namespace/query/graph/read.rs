//! `get_node`, `get_edges`, `neighbors`.

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::super::wants::{Extent, Wants};
use super::adjacency::{Adjacency, WalkPosition};
use super::budget::{GraphBudget, edge_bytes, node_bytes};
use crate::api::{
    ByteBuf, EdgePage, Error, GetEdges, GetNode, MaybeNode, Neighbors, Node, NodeId, Properties, Result, Subgraph,
};
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::namespace::timelines::Side;
use crate::store::{KeyReader, NodeFront, NodeRecord, Table};

impl Query for GetNode {
    /// Reads a node.
    fn answer(self, _state: &State, snapshot: &Reader<'_>) -> Result<MaybeNode> {
        Ok(MaybeNode { node: find_whole(snapshot, self.id)? })
    }
}

fn find_whole(snapshot: &Reader<'_>, id: NodeId) -> Result<Option<Node>> {
    let found = snapshot.get_with(Table::Nodes, id.as_str().as_bytes(), NodeRecord::decode)?;
    let node = |NodeRecord { seq: _, node_type, properties }| Node { id, node_type, properties };
    Ok(found.transpose()?.map(node))
}

/// Reads a node, or as much of it as is wanted; one that was never added has no type and no fields.
pub fn node_or_bare(snapshot: &Reader<'_>, id: NodeId, extent: Extent) -> Result<Node> {
    let bare = |id, node_type| Node { id, node_type, properties: Properties::new() };
    match extent {
        Extent::Key => Ok(bare(id, String::new())),
        Extent::Front => {
            let found = snapshot.get_with(Table::Nodes, id.as_str().as_bytes(), NodeFront::decode)?;
            let node_type = found.transpose()?.map(|front| front.node_type);
            Ok(bare(id, node_type.unwrap_or_default()))
        }
        Extent::Whole => Ok(find_whole(snapshot, id.clone())?.unwrap_or_else(|| bare(id, String::new()))),
    }
}

/// Reads a page of a node's edges.
pub fn get_edges(_state: &State, snapshot: &Reader<'_>, request: GetEdges, wants: Wants) -> Result<EdgePage> {
    let GetEdges { node_id, edge_types, direction, limit, cursor, snapshot: _ } = request;
    let adjacency = Adjacency::new(snapshot, direction, edge_types);
    let mut position = cursor.map(|cursor| decode_cursor(&cursor, &node_id)).transpose()?;
    let (mut edges, mut budget, mut is_complete) = (Vec::new(), GraphBudget::page(limit), true);
    let start = position.clone();
    adjacency.each(&node_id, start.as_ref(), |link| {
        let edge = link.edge(&node_id, snapshot, wants.edges)?;
        if !budget.take(edge_bytes(&edge)) {
            is_complete = false;
            return Ok(ControlFlow::Break(()));
        }
        edges.push(edge);
        position = Some(link.into_position());
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(EdgePage { edges, cursor: (!is_complete).then(|| encode_cursor(position)) })
}

impl Query for GetEdges {
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<EdgePage> {
        get_edges(state, snapshot, self, Wants::ALL)
    }
}

/// A cursor is the side (0 outgoing, 1 incoming) and the key of the last edge given; the key is empty before the first.
fn encode_cursor(position: Option<WalkPosition>) -> ByteBuf {
    let WalkPosition { side, key } = position.unwrap_or(WalkPosition { side: Side::Outgoing, key: Vec::new() });
    let mut cursor = vec![u8::from(side == Side::Incoming)];
    cursor.extend(key);
    ByteBuf::from(cursor)
}

/// Comes from outside. A wrong one can only move the place within the edges of the node asked for.
fn decode_cursor(cursor: &[u8], node: &NodeId) -> Result<WalkPosition> {
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
    let Neighbors { node_id, direction, edge_types, limit, snapshot: _ } = request;
    let adjacency = Adjacency::new(snapshot, direction, edge_types);
    let (mut nodes, mut edges, mut truncated) = (Vec::new(), Vec::new(), false);
    let (mut budget, mut room) = (GraphBudget::page(limit), GraphBudget::graph(None));
    let mut seen = HashSet::new();
    adjacency.each(&node_id, None, |link| {
        let edge = link.edge(&node_id, snapshot, wants.edges)?;
        let node = match seen.contains(&link.other) {
            true => None,
            false => Some(node_or_bare(snapshot, link.other.clone(), wants.nodes)?),
        };
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
