//! `traverse` and `shortest_path`: walks over the static graph.

use std::cell::Cell;
use std::cmp::Ordering;
use std::ops::ControlFlow;

use super::super::graph::{Adjacency, NodeTest, edge_bytes, node_or_bare, whole_edge};
use super::super::wants::{Extent, Wants};
use super::path::{PathPlan, PathSource, shortest};
use super::walk::{Source, Visit, WalkPlan, walk};
use crate::api::{Direction, Edge, EdgeType, Node, NodeId, Path, Result, ShortestPath, Subgraph, Traverse, WalkFilter};
use crate::limits;
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::namespace::timelines::Side;
use crate::store::{Read, Table};

struct StaticSource<'a> {
    adjacency: Adjacency<'a>,
    test: NodeTest,
    wants: Wants,
    /// Edges that may still be looked at.
    looks: Cell<usize>,
    is_spent: Cell<bool>,
}

impl<'a> StaticSource<'a> {
    /// The edges that `adjacency` has, of which a walk keeps to those of the filter and looks at no more than `looks`.
    fn new(adjacency: Adjacency<'a>, filter: WalkFilter, wants: Wants, looks: usize) -> Self {
        let WalkFilter { node_types, nodes, edges } = filter;
        let (adjacency, test) = (adjacency.keeping(edges), NodeTest::new(node_types, nodes));
        Self { adjacency, test, wants, looks: Cell::new(looks), is_spent: Cell::new(false) }
    }
}

impl Source for StaticSource<'_> {
    type Edge = Edge;

    fn node(&self, id: NodeId) -> Result<Node> {
        node_or_bare(self.adjacency.snapshot, id, self.wants.nodes)
    }

    fn admits(&self, id: &NodeId) -> Result<bool> {
        if self.test.is_empty() {
            return Ok(true);
        }
        Ok(self.test.read(self.adjacency.snapshot, id.clone(), Extent::Key)?.is_some())
    }

    fn is_spent(&self) -> bool {
        self.is_spent.get()
    }

    fn step(&self) -> Result<()> {
        self.adjacency.snapshot.wanted.step()
    }

    fn each(&self, node: &NodeId, visit: Visit<'_, Edge>) -> Result<()> {
        self.adjacency.each(node, None, |mut link| {
            self.is_spent.set(self.looks.get() == 0);
            if self.is_spent.get() {
                return Ok(ControlFlow::Break(()));
            }
            self.looks.set(self.looks.get() - 1);
            if !self.adjacency.admits(node, &mut link)? {
                return Ok(ControlFlow::Continue(()));
            }
            let edge = link.edge(node, self.adjacency.snapshot, self.wants.edges)?;
            let bytes = edge_bytes(&edge);
            visit(link.other, edge, bytes)
        })
    }
}

/// Walks the graph. An unknown start gives an empty answer.
pub fn traverse(_state: &State, snapshot: &Reader<'_>, request: Traverse, wants: Wants) -> Result<Subgraph> {
    let Traverse { start, order, max_depth, edge_types, direction, filter, limit, snapshot: _ } = request;
    if !snapshot.contains(Table::Nodes, start.as_str().as_bytes())? {
        return Ok(Subgraph { nodes: Vec::new(), edges: Vec::new(), truncated: false });
    }
    let max_depth = max_depth.unwrap_or(limits::TRAVERSE_DEPTH_DEFAULT);
    let adjacency = Adjacency::new(snapshot, direction, edge_types);
    let source = StaticSource::new(adjacency, filter, wants, limits::SIFTED_EDGES_MAX);
    let walked = walk(&source, &WalkPlan { start, order, max_depth, direction, limit })?;
    let (nodes, edges, truncated) = (walked.nodes, walked.edges, walked.truncated);
    Ok(Subgraph { nodes, edges, truncated })
}

impl Query for Traverse {
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<Subgraph> {
        traverse(state, snapshot, self, Wants::ALL)
    }
}

impl PathSource for StaticSource<'_> {
    /// Of an edge each way between the same two, the outgoing one comes first.
    fn compare(a: &Edge, b: &Edge, node: &NodeId) -> Ordering {
        fn rank<'e>(edge: &'e Edge, node: &NodeId) -> (&'e EdgeType, &'e NodeId, Side) {
            match edge.from_id == *node {
                true => (&edge.edge_type, &edge.to_id, Side::Outgoing),
                false => (&edge.edge_type, &edge.from_id, Side::Incoming),
            }
        }
        rank(a, node).cmp(&rank(b, node))
    }

    fn whole(&self, edge: Edge) -> Result<Edge> {
        whole_edge(self.adjacency.snapshot, edge)
    }
}

impl Query for ShortestPath {
    /// Finds a path with the fewest edges.
    fn answer(self, _state: &State, snapshot: &Reader<'_>) -> Result<Path> {
        let ShortestPath { from_id, to_id, max_depth, edge_types, direction, filter, snapshot: _ } = self;
        let none = Path { found: false, nodes: Vec::new(), edges: Vec::new() };
        for id in [&from_id, &to_id] {
            if !snapshot.contains(Table::Nodes, id.as_str().as_bytes())? {
                return Ok(none);
            }
        }
        let wants = Wants { nodes: Extent::Key, edges: Extent::Key };
        let adjacency = Adjacency::new(snapshot, direction, edge_types);
        let source = StaticSource::new(adjacency, filter, wants, limits::PATH_EDGES_MAX);
        let max_depth = max_depth.unwrap_or(limits::PATH_DEPTH_DEFAULT);
        let plan = PathPlan { from: from_id, to: to_id, max_depth, is_both: direction == Direction::Both };
        let found = shortest(&source, plan)?;
        Ok(found.map_or(none, |(nodes, edges)| Path { found: true, nodes, edges }))
    }
}
