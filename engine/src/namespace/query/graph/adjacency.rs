//! Walks over the edges of one node, in the order of every answer: outgoing first, then by type and other end.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::super::wants::Extent;
use crate::api::{Direction, Edge, EdgeType, Filter, NodeId, Properties, Result};
use crate::namespace::query::reader::Reader;
use crate::namespace::timelines::Side;
use crate::store::{EdgeRecord, KeyRange, KeyReader, KeyWriter, Read, StoreError, StoreResult, Table};

fn corrupt(table: Table, what: &'static str) -> StoreError {
    StoreError::Corrupt { table: table.name(), what }
}

fn table(side: Side) -> Table {
    match side {
        Side::Outgoing => Table::EdgesOut,
        Side::Incoming => Table::EdgesIn,
    }
}

/// A place in the walk: after the edge whose row has this key in the table of its side. An empty key is before the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkPosition {
    /// The side.
    pub side: Side,
    /// The row's key.
    pub key: Vec<u8>,
}

/// One edge as its node sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Whether the edge leaves or enters the node.
    pub side: Side,
    /// Its type.
    pub edge_type: EdgeType,
    /// The node at its other end.
    pub other: NodeId,
    key: Vec<u8>,
    /// The record, which only the table of outgoing edges holds.
    record: Option<Vec<u8>>,
    /// The fields, once they were looked at.
    properties: Option<Properties>,
}

impl Link {
    fn decode(side: Side, key: Vec<u8>, value: Vec<u8>) -> StoreResult<Self> {
        let mut reader = KeyReader::new(&key);
        let parts = (reader.text(), reader.text(), reader.text());
        let (Some(_), Some(edge_type), Some(other)) = parts else {
            return Err(corrupt(table(side), "the key does not decode"));
        };
        let (edge_type, other) = (EdgeType::new(edge_type), NodeId::new(other));
        Ok(Self { side, edge_type, other, key, record: (side == Side::Outgoing).then_some(value), properties: None })
    }

    /// The edge, or as much of it as is wanted. Ends and type are in the key: without its fields it needs no record.
    pub fn edge(&self, node: &NodeId, snapshot: &Reader<'_>, extent: Extent) -> Result<Edge> {
        let (from, to) = match self.side {
            Side::Outgoing => (node, &self.other),
            Side::Incoming => (&self.other, node),
        };
        let (from_id, edge_type, to_id) = (from.clone(), self.edge_type.clone(), to.clone());
        let bare = Edge { from_id, edge_type, to_id, properties: Properties::new() };
        match (extent, &self.properties, &self.record) {
            (Extent::Key | Extent::Front, _, _) => Ok(bare),
            (Extent::Whole, Some(properties), _) => Ok(Edge { properties: properties.clone(), ..bare }),
            (Extent::Whole, None, Some(record)) => {
                Ok(Edge { properties: EdgeRecord::decode(record)?.properties, ..bare })
            }
            (Extent::Whole, None, None) => whole_edge(snapshot, bare),
        }
    }

    /// The place after it.
    pub fn into_position(self) -> WalkPosition {
        WalkPosition { side: self.side, key: self.key }
    }
}

/// Which edges of a node a query wants.
#[derive(Clone)]
pub struct Adjacency<'a> {
    /// Where to read.
    pub snapshot: &'a Reader<'a>,
    direction: Direction,
    edge_types: Option<BTreeSet<EdgeType>>,
    filter: Option<Filter>,
}

impl<'a> Adjacency<'a> {
    /// Edges in a direction, of some types or all.
    pub fn new(snapshot: &'a Reader<'a>, direction: Direction, edge_types: Option<Vec<EdgeType>>) -> Self {
        let edge_types = edge_types.map(|types| types.into_iter().collect());
        Self { snapshot, direction, edge_types, filter: None }
    }

    /// The same, of which only edges that match are wanted. Who walks asks [`Self::admits`] of each: whoever looks at edges
    /// counts them, wanted or not.
    #[must_use]
    pub fn keeping(self, filter: Option<Filter>) -> Self {
        Self { filter, ..self }
    }

    /// True if an edge of a node matches.
    pub fn admits(&self, node: &NodeId, link: &mut Link) -> Result<bool> {
        let Some(filter) = &self.filter else { return Ok(true) };
        let properties = link.edge(node, self.snapshot, Extent::Whole)?.properties;
        let matches = filter.matches(&properties);
        link.properties = Some(properties);
        Ok(matches)
    }

    /// The sides a direction means, in order.
    pub fn sides(direction: Direction) -> &'static [Side] {
        match direction {
            Direction::Outgoing => &[Side::Outgoing],
            Direction::Incoming => &[Side::Incoming],
            Direction::Both => &[Side::Outgoing, Side::Incoming],
        }
    }

    /// Visits the edges of a node after a position until told to stop. An edge from the node to itself comes once.
    pub fn each(
        &self,
        node: &NodeId,
        after: Option<&WalkPosition>,
        mut visit: impl FnMut(Link) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        for side in Self::sides(self.direction) {
            if after.is_some_and(|after| after.side > *side) {
                continue;
            }
            let after = after.filter(|after| after.side == *side).map(|after| after.key.as_slice());
            for prefix in self.prefixes(node) {
                let range = KeyRange::prefix(&prefix);
                let range = match after {
                    Some(after) if after >= prefix.as_slice() => range.after(after, false),
                    Some(_) | None => range,
                };
                for row in self.snapshot.scan(table(*side), &range, false)? {
                    let row = row?;
                    self.snapshot.wanted.step()?;
                    let link = Link::decode(*side, row.key, row.value)?;
                    let is_seen = *side == Side::Incoming && self.direction == Direction::Both && link.other == *node;
                    if !is_seen && visit(link)?.is_break() {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    fn prefixes(&self, node: &NodeId) -> Vec<Vec<u8>> {
        let prefix = KeyWriter::new().text(node.as_str());
        match &self.edge_types {
            None => vec![prefix.finish()],
            Some(types) => types.iter().map(|edge_type| prefix.clone().text(edge_type.as_str()).finish()).collect(),
        }
    }
}

/// An edge that is there, with its fields.
pub fn whole_edge(snapshot: &Reader<'_>, edge: Edge) -> Result<Edge> {
    let (from, to) = (edge.from_id.as_str(), edge.to_id.as_str());
    let key = KeyWriter::new().text(from).text(edge.edge_type.as_str()).text(to).finish();
    let found = snapshot.get_with(Table::EdgesOut, &key, EdgeRecord::decode)?;
    let missing = || corrupt(Table::EdgesIn, "there is no such edge");
    Ok(Edge { properties: found.ok_or_else(missing)??.properties, ..edge })
}
