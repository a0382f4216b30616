//! Walks over the temporal graph as it was at one instant, as believed at one commit: traversals, shortest paths, and the nodes
//! next to one.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ops::ControlFlow;

use super::super::graph::{Adjacency, GraphBudget, node_bytes, node_or_bare, temporal_edge_bytes};
use super::super::traverse::{PathPlan, PathSource, Source, Visit, WalkPlan, shortest, walk};
use super::super::wants::{Extent, Wants};
use super::facts::{Facts, Subject, as_known};
use crate::api::{
    Direction, EdgeType, Node, NodeId, Result, TemporalEdge, TemporalNeighbors, TemporalPath, TemporalRoute,
    TemporalShortestPath, TimestampMs, TraverseTemporal,
};
use crate::index::interval::Period;
use crate::limits;
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::namespace::timelines::{Side, decode, out_key};
use crate::store::{StoreError, Table};

struct TemporalSource<'a> {
    facts: Facts<'a>,
    direction: Direction,
    /// How much of each node is wanted.
    nodes: Extent,
}

impl Source for TemporalSource<'_> {
    type Edge = TemporalEdge;

    fn node(&self, id: NodeId) -> Result<Node> {
        node_or_bare(self.facts.snapshot, id, self.nodes)
    }

    fn step(&self) -> Result<()> {
        self.facts.snapshot.wanted.step()
    }

    /// Outgoing first, then by type and other end, as on the static graph; of two facts about one edge the one that
    /// began earlier comes first.
    fn each(&self, node: &NodeId, visit: Visit<'_, TemporalEdge>) -> Result<()> {
        for side in Adjacency::sides(self.direction) {
            let skip_loops = *side == Side::Incoming && self.direction == Direction::Both;
            // One more than a walk may give: the walk is to notice that there are too many.
            let mut taken = 0..=limits::GRAPH_ITEMS_MAX;
            let (edges, _) = self.facts.collect(node, *side, skip_loops, |_| taken.next().is_some())?;
            let far = |edge: &TemporalEdge| match side {
                Side::Outgoing => edge.to_id.clone(),
                Side::Incoming => edge.from_id.clone(),
            };
            let mut links: Vec<(NodeId, TemporalEdge)> = edges.into_iter().map(|edge| (far(&edge), edge)).collect();
            links.sort_by(|(a_far, a), (b_far, b)| {
                (&a.edge_type, a_far, a.valid_from).cmp(&(&b.edge_type, b_far, b.valid_from))
            });
            for (far, edge) in links {
                let bytes = temporal_edge_bytes(&edge);
                if visit(far, edge, bytes)?.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

impl PathSource for TemporalSource<'_> {
    /// Of a fact each way between the same two, the outgoing one comes first; of two about one edge the earlier one.
    fn compare(a: &TemporalEdge, b: &TemporalEdge, node: &NodeId) -> Ordering {
        fn rank<'e>(edge: &'e TemporalEdge, node: &NodeId) -> (&'e EdgeType, &'e NodeId, Side, TimestampMs) {
            match edge.from_id == *node {
                true => (&edge.edge_type, &edge.to_id, Side::Outgoing, edge.valid_from),
                false => (&edge.edge_type, &edge.from_id, Side::Incoming, edge.valid_from),
            }
        }
        rank(a, node).cmp(&rank(b, node))
    }

    fn whole(&self, edge: TemporalEdge) -> Result<TemporalEdge> {
        let missing = || StoreError::Corrupt { table: Table::TemporalOut.name(), what: "a fact is not there any more" };
        let key = out_key(&edge);
        let found = self.facts.snapshot.get_with(Table::TemporalOut, &key, |value| decode(&key, value))?;
        Ok(as_known(found.ok_or_else(missing)??, self.facts.seq))
    }
}

/// The instant asked for: now if none is, read once for everything that is asked.
fn instant(state: &State, at: Option<TimestampMs>) -> Period {
    Period::instant(at.map_or_else(|| state.clock.now_ms(), |at| at.0))
}

/// Walks from a node, which need not have been added, over facts that are all valid at one instant.
pub fn traverse(state: &State, snapshot: &Reader<'_>, request: TraverseTemporal, wants: Wants) -> Result<TemporalPath> {
    let TraverseTemporal { start, at, as_of, order, max_depth, edge_types, direction, limit, snapshot: _ } = request;
    let about = Subject { period: instant(state, at), edge_types, extent: wants.edges };
    let facts = Facts::new(state, snapshot, as_of, about)?;
    let max_depth = max_depth.unwrap_or(limits::TRAVERSE_DEPTH_DEFAULT);
    let source = TemporalSource { facts, direction, nodes: wants.nodes };
    let walked = walk(&source, &WalkPlan { start, order, max_depth, direction, limit })?;
    Ok(TemporalPath { nodes: walked.nodes, edges: walked.edges, truncated: walked.truncated })
}

impl Query for TraverseTemporal {
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<TemporalPath> {
        traverse(state, snapshot, self, Wants::ALL)
    }
}

impl Query for TemporalShortestPath {
    /// Finds a path with the fewest facts.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<TemporalRoute> {
        let Self { from_id, to_id, at, as_of, max_depth, edge_types, direction, snapshot: _ } = self;
        let about = Subject { period: instant(state, at), edge_types, extent: Extent::Key };
        let facts = Facts::new(state, snapshot, as_of, about)?;
        let source = TemporalSource { facts, direction, nodes: Extent::Key };
        let max_depth = max_depth.unwrap_or(limits::PATH_DEPTH_DEFAULT);
        let plan = PathPlan { from: from_id, to: to_id, max_depth, is_both: direction == Direction::Both };
        let none = TemporalRoute { found: false, nodes: Vec::new(), edges: Vec::new() };
        let found = shortest(&source, plan)?;
        Ok(found.map_or(none, |(nodes, edges)| TemporalRoute { found: true, nodes, edges }))
    }
}

/// Reads the nodes one fact away, in the order of the facts.
pub fn neighbors(
    state: &State,
    snapshot: &Reader<'_>,
    request: TemporalNeighbors,
    wants: Wants,
) -> Result<TemporalPath> {
    let TemporalNeighbors { node_id, at, as_of, direction, edge_types, limit, snapshot: _ } = request;
    let about = Subject { period: instant(state, at), edge_types, extent: wants.edges };
    let facts = Facts::new(state, snapshot, as_of, about)?;
    let source = TemporalSource { facts, direction, nodes: wants.nodes };
    let mut found = TemporalPath { nodes: Vec::new(), edges: Vec::new(), truncated: false };
    let (mut budget, mut room) = (GraphBudget::page(limit), GraphBudget::graph(None));
    let mut seen = HashSet::new();
    source.each(&node_id, &mut |other, edge, bytes| {
        let node = match seen.contains(&other) {
            true => None,
            false => Some(source.node(other.clone())?),
        };
        if !(budget.take(bytes) && room.take(node.as_ref().map_or(0, node_bytes))) {
            found.truncated = true;
            return Ok(ControlFlow::Break(()));
        }
        found.edges.push(edge);
        found.nodes.extend(node);
        seen.insert(other);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}

impl Query for TemporalNeighbors {
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<TemporalPath> {
        neighbors(state, snapshot, self, Wants::ALL)
    }
}
