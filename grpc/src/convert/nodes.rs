//! `GraphService`, reads of many nodes.

use toondb_engine::api::{CountNodes, Counted, GetNodes, ListNodes, NodeId, NodePage, Nodes, Result};

use super::filter::{typed, typed_message};
use super::graph::{node, node_shown, nodes, nodes_shown};
use super::{bytes, seq, snapshot, vec};
use crate::proto;
use crate::rpc::Rpc;

impl Rpc for GetNodes {
    type Ask = proto::GetNodesRequest;
    type Answer = proto::GetNodesResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let GetNodes { ids, snapshot } = operation;
        let node_ids = ids.into_iter().map(NodeId::into_string).collect();
        proto::GetNodesRequest { namespace: namespace.to_owned(), node_ids, snapshot: seq(snapshot) }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let ids = ask.node_ids.into_iter().map(NodeId::from).collect();
        Ok((ask.namespace, GetNodes { ids, snapshot: snapshot(ask.snapshot) }))
    }

    fn answer(_: &str, reply: Nodes) -> Self::Answer {
        let found = |found| proto::FoundNode { node: Option::map(found, node_shown) };
        proto::GetNodesResponse { nodes: reply.nodes.into_iter().map(found).collect() }
    }

    fn read_answer(answer: Self::Answer) -> Result<Nodes> {
        let found = |found: proto::FoundNode| found.node.map(node).transpose();
        Ok(Nodes { nodes: answer.nodes.into_iter().map(found).collect::<Result<_>>()? })
    }
}

impl Rpc for ListNodes {
    type Ask = proto::ListNodesRequest;
    type Answer = proto::ListNodesResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let ListNodes { node_type, filter, limit, cursor, snapshot } = operation;
        proto::ListNodesRequest {
            namespace: namespace.to_owned(),
            node_type,
            filter: typed_message(filter),
            limit,
            cursor: vec(cursor),
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = ListNodes {
            node_type: ask.node_type,
            filter: typed(ask.filter)?,
            limit: ask.limit,
            cursor: bytes(ask.cursor),
            snapshot: snapshot(ask.snapshot),
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: NodePage) -> Self::Answer {
        let NodePage { nodes, cursor } = reply;
        proto::ListNodesResponse { nodes: nodes_shown(nodes), cursor: vec(cursor) }
    }

    fn read_answer(answer: Self::Answer) -> Result<NodePage> {
        Ok(NodePage { nodes: nodes(answer.nodes)?, cursor: bytes(answer.cursor) })
    }
}

impl Rpc for CountNodes {
    type Ask = proto::CountNodesRequest;
    type Answer = proto::CountNodesResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let CountNodes { node_type, filter, snapshot } = operation;
        let (filter, snapshot) = (typed_message(filter), seq(snapshot));
        proto::CountNodesRequest { namespace: namespace.to_owned(), node_type, filter, snapshot }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let (filter, snapshot) = (typed(ask.filter)?, snapshot(ask.snapshot));
        Ok((ask.namespace, CountNodes { node_type: ask.node_type, filter, snapshot }))
    }

    fn answer(_: &str, reply: Counted) -> Self::Answer {
        proto::CountNodesResponse { count: reply.count }
    }

    fn read_answer(answer: Self::Answer) -> Result<Counted> {
        Ok(Counted { count: answer.count })
    }
}
