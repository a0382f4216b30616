//! `GraphService`, the bitemporal graph.

use toondb_engine::api::{
    AddTemporalEdge, AsOf, CloseTemporalEdge, ClosedEdges, CommitSeq, Created, QueryTemporal, Result,
    SupersedeTemporalEdge, Superseded, TemporalEdge, TemporalEdges, TemporalFact, TemporalMode, TemporalPath,
    TimestampMs, TraverseTemporal,
};

use super::enums::{direction, direction_number, durability, durability_number, order, order_number, unknown};
use super::graph::{created, edge_type_texts, edge_types, nodes, nodes_shown};
use super::properties::{properties, split, split_for_all};
use super::{bytes, required, seq, snapshot, vec};
use crate::proto;
use crate::proto::TemporalQueryMode as Mode;
use crate::rpc::Rpc;

fn time(number: u64) -> TimestampMs {
    TimestampMs(number.cast_signed())
}

/// An end of 0 is open, unless it is said to be meant.
fn end(number: u64, ends_at_zero: bool) -> Option<TimestampMs> {
    (ends_at_zero || number != 0).then(|| time(number))
}

fn end_number(end: Option<TimestampMs>) -> (u64, bool) {
    (end.map_or(0, |end| end.0.cast_unsigned()), end == Some(TimestampMs(0)))
}

pub(super) fn fact(message: proto::FactWrite) -> Result<TemporalFact> {
    Ok(TemporalFact {
        from_id: message.from_id.into(),
        edge_type: message.edge_type.into(),
        to_id: message.to_id.into(),
        valid_from: time(message.valid_from),
        valid_until: end(message.valid_until, message.ends_at_zero),
        properties: properties(message.properties, message.typed_properties)?,
    })
}

pub(super) fn fact_message(fact: TemporalFact) -> proto::FactWrite {
    let TemporalFact { from_id, edge_type, to_id, valid_from, valid_until, properties } = fact;
    let (properties, typed_properties) = split(properties);
    let (valid_until, ends_at_zero) = end_number(valid_until);
    proto::FactWrite {
        from_id: from_id.into_string(),
        edge_type: edge_type.into_string(),
        to_id: to_id.into_string(),
        properties,
        valid_from: valid_from.0.cast_unsigned(),
        valid_until,
        typed_properties,
        ends_at_zero,
    }
}

/// The contract spells a fact out in the request.
fn fact_request(namespace: &str, fact: TemporalFact, durability: i32) -> proto::AddTemporalEdgeRequest {
    let proto::FactWrite {
        from_id,
        edge_type,
        to_id,
        properties,
        valid_from,
        valid_until,
        typed_properties,
        ends_at_zero,
    } = fact_message(fact);
    proto::AddTemporalEdgeRequest {
        namespace: namespace.to_owned(),
        from_id,
        edge_type,
        to_id,
        properties,
        valid_from,
        valid_until,
        typed_properties,
        durability,
        ends_at_zero,
    }
}

fn requested_fact(ask: proto::AddTemporalEdgeRequest) -> Result<TemporalFact> {
    fact(proto::FactWrite {
        from_id: ask.from_id,
        edge_type: ask.edge_type,
        to_id: ask.to_id,
        properties: ask.properties,
        valid_from: ask.valid_from,
        valid_until: ask.valid_until,
        typed_properties: ask.typed_properties,
        ends_at_zero: ask.ends_at_zero,
    })
}

fn edge_shown(edge: TemporalEdge) -> proto::TemporalEdge {
    let TemporalEdge {
        from_id,
        edge_type,
        to_id,
        valid_from,
        valid_until,
        properties,
        asserted_seq,
        asserted_at,
        retracted_seq,
        retracted_at,
    } = edge;
    let (properties, typed_properties) = split_for_all(properties);
    let (valid_until, ends_at_zero) = end_number(valid_until);
    proto::TemporalEdge {
        from_id: from_id.into_string(),
        edge_type: edge_type.into_string(),
        to_id: to_id.into_string(),
        properties,
        valid_from: valid_from.0.cast_unsigned(),
        valid_until,
        typed_properties,
        ends_at_zero,
        asserted_seq: asserted_seq.0,
        asserted_at: asserted_at.0,
        retracted_seq: retracted_seq.map(|seq| seq.0),
        retracted_at: retracted_at.map(|at| at.0),
    }
}

fn edge(message: proto::TemporalEdge) -> Result<TemporalEdge> {
    Ok(TemporalEdge {
        from_id: message.from_id.into(),
        edge_type: message.edge_type.into(),
        to_id: message.to_id.into(),
        valid_from: time(message.valid_from),
        valid_until: end(message.valid_until, message.ends_at_zero),
        properties: properties(message.properties, message.typed_properties)?,
        asserted_seq: CommitSeq(message.asserted_seq),
        asserted_at: TimestampMs(message.asserted_at),
        retracted_seq: message.retracted_seq.map(CommitSeq),
        retracted_at: message.retracted_at.map(TimestampMs),
    })
}

pub(super) fn shown(edges: Vec<TemporalEdge>) -> Vec<proto::TemporalEdge> {
    edges.into_iter().map(edge_shown).collect()
}

pub(super) fn edges(messages: Vec<proto::TemporalEdge>) -> Result<Vec<TemporalEdge>> {
    messages.into_iter().map(edge).collect()
}

pub(super) fn as_of(message: Option<proto::AsOf>) -> Result<Option<AsOf>> {
    let Some(message) = message else { return Ok(None) };
    Ok(Some(match required(message.instant, "instant in as_of")? {
        proto::as_of::Instant::CommitSeq(seq) => AsOf::Seq(CommitSeq(seq)),
        proto::as_of::Instant::Time(time) => AsOf::Time(TimestampMs(time)),
    }))
}

pub(super) fn as_of_message(as_of: Option<AsOf>) -> Option<proto::AsOf> {
    let instant = match as_of? {
        AsOf::Seq(seq) => proto::as_of::Instant::CommitSeq(seq.0),
        AsOf::Time(time) => proto::as_of::Instant::Time(time.0),
    };
    Some(proto::AsOf { instant: Some(instant) })
}

impl Rpc for AddTemporalEdge {
    type Ask = proto::AddTemporalEdgeRequest;
    type Answer = proto::AddTemporalEdgeResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        fact_request(namespace, operation.fact, durability_number(operation.durability))
    }

    fn read_ask(mut ask: Self::Ask) -> Result<(String, Self)> {
        let (namespace, durability) = (std::mem::take(&mut ask.namespace), durability(ask.durability)?);
        Ok((namespace, AddTemporalEdge { fact: requested_fact(ask)?, durability }))
    }

    fn answer(_: &str, reply: Created) -> Self::Answer {
        proto::AddTemporalEdgeResponse {
            success: true,
            commit_seq: reply.commit_seq.0,
            durability: durability_number(reply.durability),
            created: reply.created,
            ..Default::default()
        }
    }

    fn read_answer(answer: Self::Answer) -> Result<Created> {
        created(answer.created, answer.commit_seq, answer.durability)
    }
}

impl Rpc for SupersedeTemporalEdge {
    type Ask = proto::AddTemporalEdgeRequest;
    type Answer = proto::SupersedeTemporalEdgeResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        fact_request(namespace, operation.fact, durability_number(operation.durability))
    }

    fn read_ask(mut ask: Self::Ask) -> Result<(String, Self)> {
        let (namespace, durability) = (std::mem::take(&mut ask.namespace), durability(ask.durability)?);
        Ok((namespace, SupersedeTemporalEdge { fact: requested_fact(ask)?, durability }))
    }

    fn answer(_: &str, reply: Superseded) -> Self::Answer {
        superseded_shown(reply)
    }

    fn read_answer(answer: Self::Answer) -> Result<Superseded> {
        superseded(answer)
    }
}

pub(super) fn superseded_shown(reply: Superseded) -> proto::SupersedeTemporalEdgeResponse {
    let Superseded { asserted, closed, changed, commit_seq, durability } = reply;
    proto::SupersedeTemporalEdgeResponse {
        asserted: Some(edge_shown(asserted)),
        closed: shown(closed),
        changed,
        commit_seq: commit_seq.0,
        durability: durability_number(durability),
    }
}

pub(super) fn superseded(answer: proto::SupersedeTemporalEdgeResponse) -> Result<Superseded> {
    Ok(Superseded {
        asserted: edge(required(answer.asserted, "asserted fact")?)?,
        closed: edges(answer.closed)?,
        changed: answer.changed,
        commit_seq: CommitSeq(answer.commit_seq),
        durability: durability(answer.durability)?,
    })
}

impl Rpc for QueryTemporal {
    type Ask = proto::QueryTemporalGraphRequest;
    type Answer = proto::QueryTemporalGraphResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let QueryTemporal { node_id, mode, edge_types, direction, as_of, limit, snapshot } = operation;
        let (edge_types, edge_types_given) = edge_type_texts(edge_types);
        let mut ask = proto::QueryTemporalGraphRequest {
            namespace: namespace.to_owned(),
            node_id: node_id.into_string(),
            edge_types,
            direction: direction_number(direction),
            as_of: as_of_message(as_of),
            limit,
            edge_types_given,
            snapshot: seq(snapshot),
            ..Default::default()
        };
        match mode {
            TemporalMode::PointInTime { at } => {
                ask.mode = Mode::PointInTime.into();
                ask.timestamp = at.0.cast_unsigned();
            }
            TemporalMode::Range { start, end, clip } => {
                ask.mode = Mode::Range.into();
                let number = |time: Option<TimestampMs>| time.map_or(0, |time| time.0.cast_unsigned());
                (ask.start_time, ask.end_time) = (number(start), number(end));
                (ask.from_the_beginning, ask.to_the_end) = (start.is_none(), end.is_none());
                ask.clip = clip;
            }
            TemporalMode::Current => ask.mode = Mode::Current.into(),
        }
        ask
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let mode = match Mode::try_from(ask.mode).map_err(|_| unknown("mode", ask.mode))? {
            Mode::PointInTime => TemporalMode::PointInTime { at: time(ask.timestamp) },
            Mode::Range => {
                let start = (!ask.from_the_beginning).then(|| time(ask.start_time));
                let end = (!ask.to_the_end).then(|| time(ask.end_time));
                TemporalMode::Range { start, end, clip: ask.clip }
            }
            Mode::Current => TemporalMode::Current,
        };
        let operation = QueryTemporal {
            node_id: ask.node_id.into(),
            mode,
            edge_types: edge_types(ask.edge_types, ask.edge_types_given),
            direction: direction(ask.direction)?,
            as_of: as_of(ask.as_of)?,
            limit: ask.limit,
            snapshot: snapshot(ask.snapshot),
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: TemporalEdges) -> Self::Answer {
        let TemporalEdges { edges, cursor, truncated } = reply;
        proto::QueryTemporalGraphResponse { edges: shown(edges), truncated, cursor: vec(cursor), ..Default::default() }
    }

    fn read_answer(answer: Self::Answer) -> Result<TemporalEdges> {
        Ok(TemporalEdges { edges: edges(answer.edges)?, cursor: bytes(answer.cursor), truncated: answer.truncated })
    }
}

impl Rpc for CloseTemporalEdge {
    type Ask = proto::CloseTemporalEdgeRequest;
    type Answer = proto::CloseTemporalEdgeResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let CloseTemporalEdge { from_id, edge_type, to_id, at, durability } = operation;
        proto::CloseTemporalEdgeRequest {
            namespace: namespace.to_owned(),
            from_id: from_id.into_string(),
            edge_type: edge_type.into_string(),
            to_id: to_id.into_string(),
            at: at.map(|at| at.0),
            durability: durability_number(durability),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = CloseTemporalEdge {
            from_id: ask.from_id.into(),
            edge_type: ask.edge_type.into(),
            to_id: ask.to_id.into(),
            at: ask.at.map(TimestampMs),
            durability: durability(ask.durability)?,
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: ClosedEdges) -> Self::Answer {
        let ClosedEdges { edges, commit_seq, durability } = reply;
        proto::CloseTemporalEdgeResponse {
            edges: shown(edges),
            commit_seq: commit_seq.0,
            durability: durability_number(durability),
        }
    }

    fn read_answer(answer: Self::Answer) -> Result<ClosedEdges> {
        Ok(ClosedEdges {
            edges: edges(answer.edges)?,
            commit_seq: CommitSeq(answer.commit_seq),
            durability: durability(answer.durability)?,
        })
    }
}

impl Rpc for TraverseTemporal {
    type Ask = proto::TraverseTemporalRequest;
    type Answer = proto::TraverseTemporalResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let TraverseTemporal { start, at, as_of, order, max_depth, edge_types, direction, limit, snapshot } = operation;
        let (edge_types, edge_types_given) = edge_type_texts(edge_types);
        proto::TraverseTemporalRequest {
            namespace: namespace.to_owned(),
            start_node_id: start.into_string(),
            at: at.map(|at| at.0),
            as_of: as_of_message(as_of),
            order: order_number(order),
            max_depth,
            edge_types,
            direction: direction_number(direction),
            limit,
            edge_types_given,
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = TraverseTemporal {
            start: ask.start_node_id.into(),
            at: ask.at.map(TimestampMs),
            as_of: as_of(ask.as_of)?,
            order: order(ask.order)?,
            max_depth: ask.max_depth,
            edge_types: edge_types(ask.edge_types, ask.edge_types_given),
            direction: direction(ask.direction)?,
            limit: ask.limit,
            snapshot: snapshot(ask.snapshot),
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: TemporalPath) -> Self::Answer {
        walk_shown(reply)
    }

    fn read_answer(answer: Self::Answer) -> Result<TemporalPath> {
        walk(answer)
    }
}

pub(super) fn walk_shown(walk: TemporalPath) -> proto::TraverseTemporalResponse {
    let TemporalPath { nodes, edges, truncated } = walk;
    proto::TraverseTemporalResponse { nodes: nodes_shown(nodes), edges: shown(edges), truncated }
}

pub(super) fn walk(answer: proto::TraverseTemporalResponse) -> Result<TemporalPath> {
    Ok(TemporalPath { nodes: nodes(answer.nodes)?, edges: edges(answer.edges)?, truncated: answer.truncated })
}
