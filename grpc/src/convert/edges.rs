//! `GraphService`, reads of one edge and of the edges of many nodes.

use toondb_engine::api::{EdgePage, GetEdge, ListEdges, MaybeEdge, NodeId, Result};

use super::enums::{direction, direction_number};
use super::filter::{typed, typed_message};
use super::graph::{edge, edge_shown, edge_type_texts, edge_types, edges, edges_shown};
use super::{bytes, seq, snapshot, vec};
use crate::proto;
use crate::rpc::Rpc;

impl Rpc for GetEdge {
    type Ask = proto::GetEdgeRequest;
    type Answer = proto::GetEdgeResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let GetEdge { from_id, edge_type, to_id, snapshot } = operation;
        proto::GetEdgeRequest {
            namespace: namespace.to_owned(),
            from_id: from_id.into_string(),
            edge_type: edge_type.into_string(),
            to_id: to_id.into_string(),
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = GetEdge {
            from_id: ask.from_id.into(),
            edge_type: ask.edge_type.into(),
            to_id: ask.to_id.into(),
            snapshot: snapshot(ask.snapshot),
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: MaybeEdge) -> Self::Answer {
        proto::GetEdgeResponse { edge: reply.edge.map(edge_shown) }
    }

    fn read_answer(answer: Self::Answer) -> Result<MaybeEdge> {
        Ok(MaybeEdge { edge: answer.edge.map(edge).transpose()? })
    }
}

impl Rpc for ListEdges {
    type Ask = proto::ListEdgesRequest;
    type Answer = proto::ListEdgesResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let ListEdges { node_ids, edge_types, direction, filter, limit, cursor, snapshot } = operation;
        let (edge_types, edge_types_given) = edge_type_texts(edge_types);
        proto::ListEdgesRequest {
            namespace: namespace.to_owned(),
            all: node_ids.is_none(),
            node_ids: node_ids.unwrap_or_default().into_iter().map(NodeId::into_string).collect(),
            edge_types,
            edge_types_given,
            direction: direction_number(direction),
            filter: typed_message(filter),
            limit,
            cursor: vec(cursor),
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = ListEdges {
            node_ids: (!ask.all).then(|| ask.node_ids.into_iter().map(NodeId::from).collect()),
            edge_types: edge_types(ask.edge_types, ask.edge_types_given),
            direction: direction(ask.direction)?,
            filter: typed(ask.filter)?,
            limit: ask.limit,
            cursor: bytes(ask.cursor),
            snapshot: snapshot(ask.snapshot),
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: EdgePage) -> Self::Answer {
        let EdgePage { edges, cursor } = reply;
        proto::ListEdgesResponse { edges: edges_shown(edges), cursor: vec(cursor) }
    }

    fn read_answer(answer: Self::Answer) -> Result<EdgePage> {
        Ok(EdgePage { edges: edges(answer.edges)?, cursor: bytes(answer.cursor) })
    }
}
