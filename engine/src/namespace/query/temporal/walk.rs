//! `traverse_temporal`: a walk over the temporal graph as it was at one instant, as believed at one commit.

use super::super::graph::{Adjacency, node_or_bare, temporal_edge_bytes};
use super::super::traverse::{Source, Visit, WalkPlan, walk};
use super::super::wants::{Extent, Wants};
use super::facts::{Facts, Subject};
use crate::api::{Direction, Node, NodeId, Result, TemporalEdge, TemporalPath, TraverseTemporal};
use crate::index::interval::Period;
use crate::limits;
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::namespace::timelines::Side;

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

/// Walks from a node, which need not have been added, over facts that are all valid at one instant.
pub fn traverse(state: &State, snapshot: &Reader<'_>, request: TraverseTemporal, wants: Wants) -> Result<TemporalPath> {
    let TraverseTemporal { start, at, as_of, order, max_depth, edge_types, direction, limit, snapshot: _ } = request;
    let at = at.map_or_else(|| state.clock.now_ms(), |at| at.0);
    let about = Subject { period: Period::instant(at), edge_types, extent: wants.edges };
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
