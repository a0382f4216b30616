//! `GraphService`, facts beyond one node at one time: lists, histories, statements, paths, and forgetting.

use toondb_engine::api::{
    CommitSeq, EdgeType, EraseTemporal, Erased, ListFacts, NodeId, Result, StateFact, StatedFact, Superseded,
    TemporalEdges, TemporalHistory, TemporalMode, TemporalNeighbors, TemporalPath, TemporalRoute, TemporalShortestPath,
    TimestampMs,
};

use super::enums::{direction, direction_number, durability, durability_number};
use super::filter::{typed, typed_message};
use super::graph::{edge_type_texts, edge_types};
use super::properties::{properties, split};
use super::temporal::{as_of, as_of_message, edges, shown, superseded, superseded_shown, walk, walk_shown};
use super::{bytes, required, seq, snapshot, vec};
use crate::proto;
use crate::proto::fact_period::Period;
use crate::rpc::Rpc;

pub(super) fn stated_fact(message: proto::StatedFact) -> Result<StatedFact> {
    Ok(StatedFact {
        from_id: message.from_id.into(),
        edge_type: message.edge_type.into(),
        to_id: message.to_id.into(),
        valid_from: message.valid_from.map(TimestampMs),
        valid_until: message.valid_until.map(TimestampMs),
        properties: properties(message.properties, message.typed_properties)?,
    })
}

pub(super) fn stated_fact_message(fact: StatedFact) -> proto::StatedFact {
    let StatedFact { from_id, edge_type, to_id, valid_from, valid_until, properties } = fact;
    let (properties, typed_properties) = split(properties);
    proto::StatedFact {
        from_id: from_id.into_string(),
        edge_type: edge_type.into_string(),
        to_id: to_id.into_string(),
        properties,
        valid_from: valid_from.map(|from| from.0),
        valid_until: valid_until.map(|until| until.0),
        typed_properties,
    }
}

/// A list gives facts as they are: nothing is cut.
fn mode(message: proto::FactPeriod) -> Result<TemporalMode> {
    Ok(match required(message.period, "period")? {
        Period::At(at) => TemporalMode::PointInTime { at: TimestampMs(at) },
        Period::Window(proto::TimeWindow { start, end }) => {
            TemporalMode::Range { start: start.map(TimestampMs), end: end.map(TimestampMs), clip: false }
        }
        Period::Now(_) => TemporalMode::Current,
    })
}

fn period(mode: TemporalMode) -> proto::FactPeriod {
    let period = match mode {
        TemporalMode::PointInTime { at } => Period::At(at.0),
        TemporalMode::Range { start, end, clip: _ } => {
            Period::Window(proto::TimeWindow { start: start.map(|start| start.0), end: end.map(|end| end.0) })
        }
        TemporalMode::Current => Period::Now(true),
    };
    proto::FactPeriod { period: Some(period) }
}

impl Rpc for ListFacts {
    type Ask = proto::ListFactsRequest;
    type Answer = proto::ListFactsResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let ListFacts { edge_type, from_id, to_id, mode, as_of, changed_since, filter, limit, cursor, snapshot } =
            operation;
        proto::ListFactsRequest {
            namespace: namespace.to_owned(),
            edge_type: edge_type.map(EdgeType::into_string),
            from_id: from_id.map(NodeId::into_string),
            to_id: to_id.map(NodeId::into_string),
            period: mode.map(period),
            as_of: as_of_message(as_of),
            changed_since: as_of_message(changed_since),
            filter: typed_message(filter),
            limit,
            cursor: vec(cursor),
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = ListFacts {
            edge_type: ask.edge_type.map(EdgeType::from),
            from_id: ask.from_id.map(NodeId::from),
            to_id: ask.to_id.map(NodeId::from),
            mode: ask.period.map(mode).transpose()?,
            as_of: as_of(ask.as_of)?,
            changed_since: as_of(ask.changed_since)?,
            filter: typed(ask.filter)?,
            limit: ask.limit,
            cursor: bytes(ask.cursor),
            snapshot: snapshot(ask.snapshot),
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: TemporalEdges) -> Self::Answer {
        let TemporalEdges { edges, cursor, truncated } = reply;
        proto::ListFactsResponse { edges: shown(edges), truncated, cursor: vec(cursor) }
    }

    fn read_answer(answer: Self::Answer) -> Result<TemporalEdges> {
        Ok(TemporalEdges { edges: edges(answer.edges)?, cursor: bytes(answer.cursor), truncated: answer.truncated })
    }
}

impl Rpc for StateFact {
    type Ask = proto::StateFactRequest;
    type Answer = proto::SupersedeTemporalEdgeResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        proto::StateFactRequest {
            namespace: namespace.to_owned(),
            fact: Some(stated_fact_message(operation.fact)),
            durability: durability_number(operation.durability),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let (fact, durability) = (stated_fact(required(ask.fact, "fact")?)?, durability(ask.durability)?);
        Ok((ask.namespace, StateFact { fact, durability }))
    }

    fn answer(_: &str, reply: Superseded) -> Self::Answer {
        superseded_shown(reply)
    }

    fn read_answer(answer: Self::Answer) -> Result<Superseded> {
        superseded(answer)
    }
}

impl Rpc for TemporalHistory {
    type Ask = proto::TemporalHistoryRequest;
    type Answer = proto::TemporalHistoryResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let TemporalHistory {
            node_id,
            edge_type,
            other_id,
            direction,
            start,
            end,
            as_of,
            newest_first,
            limit,
            cursor,
            snapshot,
        } = operation;
        proto::TemporalHistoryRequest {
            namespace: namespace.to_owned(),
            node_id: node_id.into_string(),
            edge_type: edge_type.map(EdgeType::into_string),
            other_id: other_id.map(NodeId::into_string),
            direction: direction_number(direction),
            start: start.map(|start| start.0),
            end: end.map(|end| end.0),
            as_of: as_of_message(as_of),
            newest_first,
            limit,
            cursor: vec(cursor),
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = TemporalHistory {
            node_id: ask.node_id.into(),
            edge_type: ask.edge_type.map(EdgeType::from),
            other_id: ask.other_id.map(NodeId::from),
            direction: direction(ask.direction)?,
            start: ask.start.map(TimestampMs),
            end: ask.end.map(TimestampMs),
            as_of: as_of(ask.as_of)?,
            newest_first: ask.newest_first,
            limit: ask.limit,
            cursor: bytes(ask.cursor),
            snapshot: snapshot(ask.snapshot),
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: TemporalEdges) -> Self::Answer {
        let TemporalEdges { edges, cursor, truncated } = reply;
        proto::TemporalHistoryResponse { edges: shown(edges), truncated, cursor: vec(cursor) }
    }

    fn read_answer(answer: Self::Answer) -> Result<TemporalEdges> {
        Ok(TemporalEdges { edges: edges(answer.edges)?, cursor: bytes(answer.cursor), truncated: answer.truncated })
    }
}

impl Rpc for EraseTemporal {
    type Ask = proto::EraseTemporalRequest;
    type Answer = proto::EraseTemporalResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let EraseTemporal { from_id, edge_type, to_id, node_id, filter, start, end, cursor, durability } = operation;
        proto::EraseTemporalRequest {
            namespace: namespace.to_owned(),
            from_id: from_id.map(NodeId::into_string),
            edge_type: edge_type.map(EdgeType::into_string),
            to_id: to_id.map(NodeId::into_string),
            node_id: node_id.map(NodeId::into_string),
            filter: typed_message(filter),
            start: start.map(|start| start.0),
            end: end.map(|end| end.0),
            durability: durability_number(durability),
            cursor: vec(cursor),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = EraseTemporal {
            from_id: ask.from_id.map(NodeId::from),
            edge_type: ask.edge_type.map(EdgeType::from),
            to_id: ask.to_id.map(NodeId::from),
            node_id: ask.node_id.map(NodeId::from),
            filter: typed(ask.filter)?,
            start: ask.start.map(TimestampMs),
            end: ask.end.map(TimestampMs),
            cursor: bytes(ask.cursor),
            durability: durability(ask.durability)?,
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: Erased) -> Self::Answer {
        let Erased { erased, cursor, commit_seq, durability } = reply;
        proto::EraseTemporalResponse {
            deleted: erased,
            commit_seq: commit_seq.0,
            durability: durability_number(durability),
            cursor: vec(cursor),
        }
    }

    fn read_answer(answer: Self::Answer) -> Result<Erased> {
        Ok(Erased {
            erased: answer.deleted,
            cursor: bytes(answer.cursor),
            commit_seq: CommitSeq(answer.commit_seq),
            durability: durability(answer.durability)?,
        })
    }
}

impl Rpc for TemporalShortestPath {
    type Ask = proto::TemporalShortestPathRequest;
    type Answer = proto::TemporalShortestPathResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let TemporalShortestPath { from_id, to_id, at, as_of, max_depth, edge_types, direction, snapshot } = operation;
        let (edge_types, edge_types_given) = edge_type_texts(edge_types);
        proto::TemporalShortestPathRequest {
            namespace: namespace.to_owned(),
            from_id: from_id.into_string(),
            to_id: to_id.into_string(),
            at: at.map(|at| at.0),
            as_of: as_of_message(as_of),
            max_depth,
            edge_types,
            direction: direction_number(direction),
            edge_types_given,
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = TemporalShortestPath {
            from_id: ask.from_id.into(),
            to_id: ask.to_id.into(),
            at: ask.at.map(TimestampMs),
            as_of: as_of(ask.as_of)?,
            max_depth: ask.max_depth,
            edge_types: edge_types(ask.edge_types, ask.edge_types_given),
            direction: direction(ask.direction)?,
            snapshot: snapshot(ask.snapshot),
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: TemporalRoute) -> Self::Answer {
        let TemporalRoute { found, nodes, edges } = reply;
        let path = nodes.into_iter().map(NodeId::into_string).collect();
        proto::TemporalShortestPathResponse { found, path, edges: shown(edges) }
    }

    fn read_answer(answer: Self::Answer) -> Result<TemporalRoute> {
        let nodes = answer.path.into_iter().map(NodeId::from).collect();
        Ok(TemporalRoute { found: answer.found, nodes, edges: edges(answer.edges)? })
    }
}

impl Rpc for TemporalNeighbors {
    type Ask = proto::TemporalNeighborsRequest;
    type Answer = proto::TraverseTemporalResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let TemporalNeighbors { node_id, at, as_of, direction, edge_types, limit, snapshot } = operation;
        let (edge_types, edge_types_given) = edge_type_texts(edge_types);
        proto::TemporalNeighborsRequest {
            namespace: namespace.to_owned(),
            node_id: node_id.into_string(),
            at: at.map(|at| at.0),
            as_of: as_of_message(as_of),
            edge_types,
            direction: direction_number(direction),
            limit,
            edge_types_given,
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = TemporalNeighbors {
            node_id: ask.node_id.into(),
            at: ask.at.map(TimestampMs),
            as_of: as_of(ask.as_of)?,
            direction: direction(ask.direction)?,
            edge_types: edge_types(ask.edge_types, ask.edge_types_given),
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
