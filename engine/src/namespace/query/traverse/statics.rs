//! `traverse`: a walk over the static graph.

use std::cell::Cell;
use std::ops::ControlFlow;

use super::super::graph::{Adjacency, NodeTest, edge_bytes, node_or_bare};
use super::super::wants::{Extent, Wants};
use super::walk::{Source, Visit, WalkPlan, walk};
use crate::api::{Edge, Node, NodeId, Result, Subgraph, Traverse, WalkFilter};
use crate::limits;
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::store::{Read, Table};

struct StaticSource<'a> {
    adjacency: Adjacency<'a>,
    test: NodeTest,
    wants: Wants,
    /// Edges that may still be looked at.
    looks: Cell<usize>,
    is_spent: Cell<bool>,
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
    let WalkFilter { node_types, nodes, edges } = filter;
    let source = StaticSource {
        adjacency: Adjacency::new(snapshot, direction, edge_types).keeping(edges),
        test: NodeTest::new(node_types, nodes),
        wants,
        looks: Cell::new(limits::SIFTED_EDGES_MAX),
        is_spent: Cell::new(false),
    };
    let walked = walk(&source, &WalkPlan { start, order, max_depth, direction, limit })?;
    let (nodes, edges, truncated) = (walked.nodes, walked.edges, walked.truncated);
    Ok(Subgraph { nodes, edges, truncated })
}

impl Query for Traverse {
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<Subgraph> {
        traverse(state, snapshot, self, Wants::ALL)
    }
}
