//! `query_temporal`: the facts of one node at an instant or in a range of valid time.

use super::super::graph::{GraphBudget, temporal_edge_bytes};
use super::super::wants::Wants;
use super::facts::{Facts, Subject, mode_period};
use crate::api::{Direction, NodeId, QueryTemporal, Result, TemporalEdge, TemporalEdges, TemporalMode, TimestampMs};
use crate::index::interval::Period;
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::namespace::timelines::Side;

/// Answers by start, type and other end; of two edges alike in all three the outgoing one comes first. Where periods are
/// cut to the range, the cut starts count for the order; which facts a limit leaves out is decided before.
pub fn query(state: &State, snapshot: &Reader<'_>, request: QueryTemporal, wants: Wants) -> Result<TemporalEdges> {
    let QueryTemporal { node_id, mode, edge_types, direction, as_of, limit, snapshot: _ } = request;
    let period = mode_period(state, mode)?;
    let facts = Facts::new(state, snapshot, as_of, Subject { period, edge_types, extent: wants.edges })?;
    let (mut edges, truncated) = collect(&facts, &node_id, direction, GraphBudget::graph(limit))?;
    if matches!(mode, TemporalMode::Range { clip: true, .. }) {
        edges.iter_mut().for_each(|edge| cut(edge, &period));
        edges.sort_by(|a, b| order(&node_id, a).cmp(&order(&node_id, b)));
    }
    Ok(TemporalEdges { edges, cursor: None, truncated })
}

impl Query for QueryTemporal {
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<TemporalEdges> {
        query(state, snapshot, self, Wants::ALL)
    }
}

/// The place of an edge in an answer about a node.
fn order<'a>(node: &NodeId, edge: &'a TemporalEdge) -> (TimestampMs, &'a str, &'a NodeId, Side) {
    let (other, side) = match edge.from_id == *node {
        true => (&edge.to_id, Side::Outgoing),
        false => (&edge.from_id, Side::Incoming),
    };
    (edge.valid_from, edge.edge_type.as_str(), other, side)
}

fn collect(
    facts: &Facts<'_>,
    node: &NodeId,
    direction: Direction,
    budget: GraphBudget,
) -> Result<(Vec<TemporalEdge>, bool)> {
    let take = |side, skip_loops| {
        let mut left = budget;
        facts.collect(node, side, skip_loops, |bytes| left.take(bytes))
    };
    let (mut edges, is_complete) = match direction {
        Direction::Outgoing => take(Side::Outgoing, false)?,
        Direction::Incoming => take(Side::Incoming, false)?,
        Direction::Both => {
            let (mut edges, outgoing_is_complete) = take(Side::Outgoing, false)?;
            let (incoming, incoming_is_complete) = take(Side::Incoming, true)?;
            // A side that was cut short says nothing about what comes after its last edge.
            let known = |edges: &[TemporalEdge], is_complete: bool| match is_complete {
                true => None,
                false => Some(edges.last().cloned()),
            };
            let bounds = [known(&edges, outgoing_is_complete), known(&incoming, incoming_is_complete)];
            edges.extend(incoming);
            edges.sort_by(|a, b| order(node, a).cmp(&order(node, b)));
            for bound in bounds.into_iter().flatten() {
                edges.retain(|edge| bound.as_ref().is_some_and(|bound| order(node, edge) <= order(node, bound)));
            }
            (edges, outgoing_is_complete && incoming_is_complete)
        }
    };
    let mut left = budget;
    let fitting = edges.iter().take_while(|edge| left.take(temporal_edge_bytes(edge))).count();
    let truncated = !is_complete || fitting < edges.len();
    edges.truncate(fitting);
    Ok((edges, truncated))
}

fn cut(edge: &mut TemporalEdge, range: &Period) {
    edge.valid_from = edge.valid_from.max(TimestampMs(range.from()));
    edge.valid_until = match (edge.valid_until, range.until().map(TimestampMs)) {
        (Some(until), Some(end)) => Some(until.min(end)),
        (until, end) => until.or(end),
    };
}
