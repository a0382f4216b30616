//! `get_edge`, and `list_edges`: the edges of several nodes, or all.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;

use super::super::wants::{Extent, Wants};
use super::adjacency::{Adjacency, Link, WalkPosition};
use super::budget::edge_bytes;
use super::read::{decode_position, encode_position};
use super::sift::Sift;
use crate::api::{
    ByteBuf, Direction, Edge, EdgePage, EdgeType, Error, Filter, GetEdge, ListEdges, MaybeEdge, NodeId, Properties,
    Result,
};
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::store::{EdgeRecord, KeyRange, KeyReader, KeyWriter, Read, StoreError, Table};

impl Query for GetEdge {
    /// Reads an edge.
    fn answer(self, _state: &State, snapshot: &Reader<'_>) -> Result<MaybeEdge> {
        let GetEdge { from_id, edge_type, to_id, snapshot: _ } = self;
        let key = KeyWriter::new().text(from_id.as_str()).text(edge_type.as_str()).text(to_id.as_str()).finish();
        let record = snapshot.get_with(Table::EdgesOut, &key, EdgeRecord::decode)?.transpose()?;
        let edge = |EdgeRecord { seq: _, properties }| Edge { from_id, edge_type, to_id, properties };
        Ok(MaybeEdge { edge: record.map(edge) })
    }
}

/// Reads a page of the edges of several nodes, or of all edges.
pub fn list_edges(_state: &State, snapshot: &Reader<'_>, request: ListEdges, wants: Wants) -> Result<EdgePage> {
    let ListEdges { node_ids, edge_types, direction, filter, limit, cursor, snapshot: _ } = request;
    let mut page = Page { edges: Vec::new(), sift: Sift::new(snapshot, limit), extent: wants.edges };
    let cursor = match node_ids {
        Some(node_ids) => {
            let adjacency = Adjacency::new(snapshot, direction, edge_types).keeping(filter);
            NodesEdges { node_ids: &node_ids, adjacency, direction }
                .fill(&mut page, cursor.as_ref().map(|cursor| cursor.as_slice()))?
        }
        None => AllEdges { snapshot, types: edge_types, filter }
            .fill(&mut page, cursor.as_ref().map(|cursor| cursor.as_slice()))?,
    };
    Ok(EdgePage { edges: page.edges, cursor })
}

impl Query for ListEdges {
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<EdgePage> {
        list_edges(state, snapshot, self, Wants::ALL)
    }
}

struct Page<'a> {
    edges: Vec<Edge>,
    sift: Sift<'a>,
    extent: Extent,
}

fn foreign() -> Error {
    Error::invalid("the cursor does not belong to this query; begin without one")
}

/// The edges of several nodes.
struct NodesEdges<'a> {
    node_ids: &'a [NodeId],
    adjacency: Adjacency<'a>,
    direction: Direction,
}

impl NodesEdges<'_> {
    /// A cursor is the place of the node among those asked for (u32), and the place among its edges.
    fn fill(&self, page: &mut Page<'_>, cursor: Option<&[u8]>) -> Result<Option<ByteBuf>> {
        let (first, mut position) = match cursor {
            None => (0, None),
            Some(cursor) => {
                let (place, rest) = cursor.split_first_chunk().ok_or_else(foreign)?;
                let place = usize::try_from(u32::from_be_bytes(*place)).map_err(|_| foreign())?;
                let node = self.node_ids.get(place).ok_or_else(foreign)?;
                (place, Some(decode_position(rest, node)?))
            }
        };
        let mut places: HashMap<&NodeId, usize> = HashMap::with_capacity(self.node_ids.len());
        for (place, node) in self.node_ids.iter().enumerate() {
            places.entry(node).or_insert(place);
        }
        for (place, node) in self.node_ids.iter().enumerate().skip(first) {
            self.adjacency.snapshot.wanted.step()?;
            let start = position.take();
            if places.get(node) != Some(&place) {
                continue;
            }
            // Seen from its other end, which is named earlier, an edge has been given already.
            let is_given = |link: &Link| {
                self.direction == Direction::Both && places.get(&link.other).is_some_and(|other| *other < place)
            };
            let mut last = start.clone();
            self.adjacency.each(node, start.as_ref(), |mut link| {
                if !page.sift.look()? {
                    return Ok(ControlFlow::Break(()));
                }
                if !is_given(&link) && self.adjacency.admits(node, &mut link)? {
                    let edge = link.edge(node, self.adjacency.snapshot, page.extent)?;
                    if !page.sift.take(edge_bytes(&edge)) {
                        return Ok(ControlFlow::Break(()));
                    }
                    page.edges.push(edge);
                }
                last = Some(link.into_position());
                Ok(ControlFlow::Continue(()))
            })?;
            if !page.sift.is_complete() {
                return Ok(Some(cursor_at(place, last)));
            }
        }
        Ok(None)
    }
}

fn cursor_at(place: usize, position: Option<WalkPosition>) -> ByteBuf {
    let mut cursor = u32::try_from(place).unwrap_or(u32::MAX).to_be_bytes().to_vec();
    cursor.extend(encode_position(position));
    ByteBuf::from(cursor)
}

/// All edges.
struct AllEdges<'a> {
    snapshot: &'a Reader<'a>,
    types: Option<Vec<EdgeType>>,
    filter: Option<Filter>,
}

impl AllEdges<'_> {
    /// A cursor is the key of the last edge that was looked at, and empty before the first. It comes from outside; a wrong one
    /// can only move the place in the order of edges.
    fn fill(&self, page: &mut Page<'_>, cursor: Option<&[u8]>) -> Result<Option<ByteBuf>> {
        let types: Option<BTreeSet<&str>> =
            self.types.as_ref().map(|types| types.iter().map(EdgeType::as_str).collect());
        let mut last = cursor.unwrap_or_default().to_vec();
        if !last.is_empty() && texts(&last).is_none() {
            return Err(foreign());
        }
        let range = KeyRange::all();
        let range = if last.is_empty() { range } else { range.after(&last, false) };
        for row in self.snapshot.scan(Table::EdgesOut, &range, false)? {
            let row = row?;
            if !page.sift.look()? {
                break;
            }
            let damaged = || StoreError::corrupt(Table::EdgesOut, "the key does not decode");
            let (from, edge_type, to) = texts(&row.key).ok_or_else(damaged)?;
            let is_typed = types.as_ref().is_none_or(|types| types.contains(edge_type));
            let ends = (from.into(), edge_type.into(), to.into());
            if is_typed && let Some(edge) = self.edge(ends, &row.value, page.extent)? {
                if !page.sift.take(edge_bytes(&edge)) {
                    break;
                }
                page.edges.push(edge);
            }
            last = row.key;
        }
        Ok((!page.sift.is_complete()).then(|| ByteBuf::from(last)))
    }

    /// As much of an edge as is wanted, if it matches.
    fn edge(
        &self,
        (from_id, edge_type, to_id): (NodeId, EdgeType, NodeId),
        record: &[u8],
        extent: Extent,
    ) -> Result<Option<Edge>> {
        let edge = |properties| Some(Edge { from_id, edge_type, to_id, properties });
        if self.filter.is_none() && extent < Extent::Whole {
            return Ok(edge(Properties::new()));
        }
        let properties = EdgeRecord::decode(record)?.properties;
        if self.filter.as_ref().is_some_and(|filter| !filter.matches(&properties)) {
            return Ok(None);
        }
        Ok(edge(if extent == Extent::Whole { properties } else { Properties::new() }))
    }
}

/// The texts of a key of `EdgesOut`.
fn texts(key: &[u8]) -> Option<(&str, &str, &str)> {
    let mut reader = KeyReader::new(key);
    let texts = (reader.text()?, reader.text()?, reader.text()?);
    reader.rest().is_empty().then_some(texts)
}
