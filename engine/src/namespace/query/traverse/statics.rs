//! `traverse` and `shortest_path`: walks over the static graph.

use std::cmp::Ordering;

use super::super::graph::{Adjacency, edge_bytes, node_or_bare, whole_edge};
use super::super::wants::{Extent, Wants};
use super::path::{PathPlan, PathSource, shortest};
use super::walk::{Source, Visit, WalkPlan, walk};
use crate::api::{Direction, Edge, EdgeType, Node, NodeId, Path, Result, ShortestPath, Subgraph, Traverse};
use crate::limits;
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::namespace::timelines::Side;
use crate::store::{Read, Table};

struct StaticSource<'a> {
    adjacency: Adjacency<'a>,
    wants: Wants,
}

impl Source for StaticSource<'_> {
    type Edge = Edge;

    fn node(&self, id: NodeId) -> Result<Node> {
        node_or_bare(self.adjacency.snapshot, id, self.wants.nodes)
    }

    fn step(&self) -> Result<()> {
        self.adjacency.snapshot.wanted.step()
    }

    fn each(&self, node: &NodeId, visit: Visit<'_, Edge>) -> Result<()> {
        self.adjacency.each(node, None, |link| {
            let edge = link.edge(node, self.adjacency.snapshot, self.wants.edges)?;
            let bytes = edge_bytes(&edge);
            visit(link.other, edge, bytes)
        })
    }
}

/// Walks the graph. An unknown start gives an empty answer.
pub fn traverse(_state: &State, snapshot: &Reader<'_>, request: Traverse, wants: Wants) -> Result<Subgraph> {
    let Traverse { start, order, max_depth, edge_types, direction, limit, snapshot: _ } = request;
    if !snapshot.contains(Table::Nodes, start.as_str().as_bytes())? {
        return Ok(Subgraph { nodes: Vec::new(), edges: Vec::new(), truncated: false });
    }
    let max_depth = max_depth.unwrap_or(limits::TRAVERSE_DEPTH_DEFAULT);
    let source = StaticSource { adjacency: Adjacency::new(snapshot, direction, edge_types), wants };
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
        let ShortestPath { from_id, to_id, max_depth, edge_types, direction, snapshot: _ } = self;
        let none = Path { found: false, nodes: Vec::new(), edges: Vec::new() };
        for id in [&from_id, &to_id] {
            if !snapshot.contains(Table::Nodes, id.as_str().as_bytes())? {
                return Ok(none);
            }
        }
        let wants = Wants { nodes: Extent::Key, edges: Extent::Key };
        let source = StaticSource { adjacency: Adjacency::new(snapshot, direction, edge_types), wants };
        let max_depth = max_depth.unwrap_or(limits::PATH_DEPTH_DEFAULT);
        let plan = PathPlan { from: from_id, to: to_id, max_depth, is_both: direction == Direction::Both };
        let found = shortest(&source, plan)?;
        Ok(found.map_or(none, |(nodes, edges)| Path { found: true, nodes, edges }))
    }
}
