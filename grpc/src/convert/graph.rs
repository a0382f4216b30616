//! `GraphService`, the property graph.

use toondb_engine::api::{
    AddEdge, AddNode, CommitSeq, Created, DeleteEdge, DeleteNode, Deleted, DeletedNode, Edge, EdgePage, EdgeType,
    GetEdges, GetNode, MaybeNode, Neighbors, Node, NodeId, Path, Result, ShortestPath, Subgraph, Traverse,
};
use toondb_engine::limits;

use super::enums::{direction, direction_number, durability, durability_number, order, order_number};
use super::filter::{typed, typed_message};
use super::kv::deleted;
use super::properties::{properties, split, split_for_all};
use super::walk_filter::{walk_filter, walk_filter_message};
use super::{bytes, non_zero, required, seq, snapshot, vec};
use crate::proto;
use crate::rpc::Rpc;

/// An empty list means all types, unless it is said to be meant as it is.
pub(super) fn edge_types(given: Vec<String>, as_given: bool) -> Option<Vec<EdgeType>> {
    (as_given || !given.is_empty()).then(|| given.into_iter().map(EdgeType::from).collect())
}

/// The list, and whether an empty one is meant as it is.
pub(super) fn edge_type_texts(edge_types: Option<Vec<EdgeType>>) -> (Vec<String>, bool) {
    let given = edge_types.is_some();
    (edge_types.unwrap_or_default().into_iter().map(EdgeType::into_string).collect(), given)
}

/// A depth of 0 is unset in the contract, so that "nowhere" is a flag.
fn depth(max_depth: u32, start_only: bool) -> Option<u32> {
    if start_only { Some(0) } else { non_zero(max_depth) }
}

pub(super) fn node(message: proto::GraphNode) -> Result<Node> {
    let properties = properties(message.properties, message.typed_properties)?;
    Ok(Node { id: message.id.into(), node_type: message.node_type, properties })
}

pub(super) fn node_message(node: Node) -> proto::GraphNode {
    let Node { id, node_type, properties } = node;
    let (properties, typed_properties) = split(properties);
    proto::GraphNode { id: id.into_string(), node_type, properties, typed_properties }
}

pub(super) fn node_shown(node: Node) -> proto::GraphNode {
    let Node { id, node_type, properties } = node;
    let (properties, typed_properties) = split_for_all(properties);
    proto::GraphNode { id: id.into_string(), node_type, properties, typed_properties }
}

pub(super) fn edge(message: proto::GraphEdge) -> Result<Edge> {
    Ok(Edge {
        from_id: message.from_id.into(),
        edge_type: message.edge_type.into(),
        to_id: message.to_id.into(),
        properties: properties(message.properties, message.typed_properties)?,
    })
}

pub(super) fn edge_message(edge: Edge) -> proto::GraphEdge {
    let Edge { from_id, edge_type, to_id, properties } = edge;
    let (properties, typed_properties) = split(properties);
    proto::GraphEdge {
        from_id: from_id.into_string(),
        edge_type: edge_type.into_string(),
        to_id: to_id.into_string(),
        properties,
        typed_properties,
    }
}

pub(super) fn edge_shown(edge: Edge) -> proto::GraphEdge {
    let Edge { from_id, edge_type, to_id, properties } = edge;
    let (properties, typed_properties) = split_for_all(properties);
    proto::GraphEdge {
        from_id: from_id.into_string(),
        edge_type: edge_type.into_string(),
        to_id: to_id.into_string(),
        properties,
        typed_properties,
    }
}

pub(super) fn edges_shown(edges: Vec<Edge>) -> Vec<proto::GraphEdge> {
    edges.into_iter().map(edge_shown).collect()
}

pub(super) fn edges(messages: Vec<proto::GraphEdge>) -> Result<Vec<Edge>> {
    messages.into_iter().map(edge).collect()
}

pub(super) fn nodes_shown(nodes: Vec<Node>) -> Vec<proto::GraphNode> {
    nodes.into_iter().map(node_shown).collect()
}

pub(super) fn nodes(messages: Vec<proto::GraphNode>) -> Result<Vec<Node>> {
    messages.into_iter().map(node).collect()
}

pub(super) fn created(created: bool, commit_seq: u64, durability: i32) -> Result<Created> {
    Ok(Created { created, commit_seq: CommitSeq(commit_seq), durability: self::durability(durability)? })
}

impl Rpc for AddNode {
    type Ask = proto::AddNodeRequest;
    type Answer = proto::AddNodeResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let AddNode { node, durability } = operation;
        proto::AddNodeRequest {
            namespace: namespace.to_owned(),
            node: Some(node_message(node)),
            durability: durability_number(durability),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let node = node(required(ask.node, "node")?)?;
        Ok((ask.namespace, AddNode { node, durability: durability(ask.durability)? }))
    }

    fn answer(_: &str, reply: Created) -> Self::Answer {
        proto::AddNodeResponse {
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

impl Rpc for GetNode {
    type Ask = proto::GetNodeRequest;
    type Answer = proto::GetNodeResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let GetNode { id, snapshot } = operation;
        proto::GetNodeRequest { namespace: namespace.to_owned(), node_id: id.into_string(), snapshot: seq(snapshot) }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((ask.namespace, GetNode { id: ask.node_id.into(), snapshot: snapshot(ask.snapshot) }))
    }

    fn answer(_: &str, reply: MaybeNode) -> Self::Answer {
        let error = if reply.node.is_some() { String::new() } else { "there is no such node".to_owned() };
        proto::GetNodeResponse { node: reply.node.map(node_shown), error, error_code: 0 }
    }

    fn read_answer(answer: Self::Answer) -> Result<MaybeNode> {
        Ok(MaybeNode { node: answer.node.map(node).transpose()? })
    }
}

impl Rpc for DeleteNode {
    type Ask = proto::DeleteNodeRequest;
    type Answer = proto::DeleteNodeResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let DeleteNode { id, durability } = operation;
        proto::DeleteNodeRequest {
            namespace: namespace.to_owned(),
            node_id: id.into_string(),
            durability: durability_number(durability),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((ask.namespace, DeleteNode { id: ask.node_id.into(), durability: durability(ask.durability)? }))
    }

    fn answer(_: &str, reply: DeletedNode) -> Self::Answer {
        let DeletedNode { deleted, edges, facts, commit_seq, durability } = reply;
        let existed = deleted > 0;
        proto::DeleteNodeResponse {
            success: existed,
            error: if existed { String::new() } else { "there is no such node".to_owned() },
            error_code: 0,
            commit_seq: commit_seq.0,
            durability: durability_number(durability),
            deleted,
            edges,
            facts,
        }
    }

    fn read_answer(answer: Self::Answer) -> Result<DeletedNode> {
        let proto::DeleteNodeResponse { deleted, edges, facts, commit_seq, durability, .. } = answer;
        let (commit_seq, durability) = (CommitSeq(commit_seq), self::durability(durability)?);
        Ok(DeletedNode { deleted, edges, facts, commit_seq, durability })
    }
}

impl Rpc for AddEdge {
    type Ask = proto::AddEdgeRequest;
    type Answer = proto::AddEdgeResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let AddEdge { edge, durability } = operation;
        proto::AddEdgeRequest {
            namespace: namespace.to_owned(),
            edge: Some(edge_message(edge)),
            durability: durability_number(durability),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let edge = edge(required(ask.edge, "edge")?)?;
        Ok((ask.namespace, AddEdge { edge, durability: durability(ask.durability)? }))
    }

    fn answer(_: &str, reply: Created) -> Self::Answer {
        proto::AddEdgeResponse {
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

impl Rpc for GetEdges {
    type Ask = proto::GetEdgesRequest;
    type Answer = proto::GetEdgesResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let GetEdges { node_id, edge_types, direction, filter, limit, cursor, snapshot } = operation;
        let (edge_types, edge_types_given) = edge_type_texts(edge_types);
        proto::GetEdgesRequest {
            namespace: namespace.to_owned(),
            node_id: node_id.into_string(),
            edge_type: String::new(),
            direction: direction_number(direction),
            edge_types,
            // No limit at all would ask for every page at once.
            limit: Some(limit.unwrap_or(limits::PAGE_ITEMS_MAX as u32)),
            cursor: vec(cursor),
            edge_types_given,
            filter: typed_message(filter),
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let mut given = ask.edge_types;
        if !ask.edge_type.is_empty() {
            given.push(ask.edge_type);
        }
        let operation = GetEdges {
            node_id: ask.node_id.into(),
            edge_types: edge_types(given, ask.edge_types_given),
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
        proto::GetEdgesResponse { edges: edges_shown(edges), cursor: vec(cursor), ..Default::default() }
    }

    fn read_answer(answer: Self::Answer) -> Result<EdgePage> {
        Ok(EdgePage { edges: edges(answer.edges)?, cursor: bytes(answer.cursor) })
    }
}

impl Rpc for DeleteEdge {
    type Ask = proto::DeleteEdgeRequest;
    type Answer = proto::DeleteEdgeResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let DeleteEdge { from_id, edge_type, to_id, durability } = operation;
        proto::DeleteEdgeRequest {
            namespace: namespace.to_owned(),
            from_id: from_id.into_string(),
            edge_type: edge_type.into_string(),
            to_id: to_id.into_string(),
            durability: durability_number(durability),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = DeleteEdge {
            from_id: ask.from_id.into(),
            edge_type: ask.edge_type.into(),
            to_id: ask.to_id.into(),
            durability: durability(ask.durability)?,
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: Deleted) -> Self::Answer {
        let existed = reply.deleted > 0;
        proto::DeleteEdgeResponse {
            success: existed,
            error: if existed { String::new() } else { "there is no such edge".to_owned() },
            commit_seq: reply.commit_seq.0,
            durability: durability_number(reply.durability),
            deleted: reply.deleted,
            ..Default::default()
        }
    }

    fn read_answer(answer: Self::Answer) -> Result<Deleted> {
        deleted(answer.deleted, answer.commit_seq, answer.durability)
    }
}

impl Rpc for Traverse {
    type Ask = proto::TraverseRequest;
    type Answer = proto::TraverseResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let Traverse { start, order, max_depth, edge_types, direction, filter, limit, snapshot } = operation;
        let (edge_types, edge_types_given) = edge_type_texts(edge_types);
        proto::TraverseRequest {
            namespace: namespace.to_owned(),
            start_node_id: start.into_string(),
            order: order_number(order),
            max_depth: max_depth.unwrap_or(0),
            edge_types,
            direction: direction_number(direction),
            limit,
            start_only: max_depth == Some(0),
            edge_types_given,
            filter: walk_filter_message(filter),
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = Traverse {
            start: ask.start_node_id.into(),
            order: order(ask.order)?,
            max_depth: depth(ask.max_depth, ask.start_only),
            edge_types: edge_types(ask.edge_types, ask.edge_types_given),
            direction: direction(ask.direction)?,
            limit: ask.limit,
            filter: walk_filter(ask.filter)?,
            snapshot: snapshot(ask.snapshot),
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: Subgraph) -> Self::Answer {
        let Subgraph { nodes, edges, truncated } = reply;
        let (nodes, edges) = (nodes_shown(nodes), edges_shown(edges));
        proto::TraverseResponse { nodes, edges, truncated, ..Default::default() }
    }

    fn read_answer(answer: Self::Answer) -> Result<Subgraph> {
        Ok(Subgraph { nodes: nodes(answer.nodes)?, edges: edges(answer.edges)?, truncated: answer.truncated })
    }
}

impl Rpc for ShortestPath {
    type Ask = proto::ShortestPathRequest;
    type Answer = proto::ShortestPathResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let ShortestPath { from_id, to_id, max_depth, edge_types, direction, filter, snapshot } = operation;
        let (edge_types, edge_types_given) = edge_type_texts(edge_types);
        proto::ShortestPathRequest {
            namespace: namespace.to_owned(),
            from_id: from_id.into_string(),
            to_id: to_id.into_string(),
            max_depth: max_depth.unwrap_or(0),
            edge_types,
            direction: direction_number(direction),
            start_only: max_depth == Some(0),
            edge_types_given,
            filter: walk_filter_message(filter),
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = ShortestPath {
            from_id: ask.from_id.into(),
            to_id: ask.to_id.into(),
            max_depth: depth(ask.max_depth, ask.start_only),
            edge_types: edge_types(ask.edge_types, ask.edge_types_given),
            direction: direction(ask.direction)?,
            filter: walk_filter(ask.filter)?,
            snapshot: snapshot(ask.snapshot),
        };
        Ok((ask.namespace, operation))
    }

    /// A path has at least the node it begins at, so that an empty one is none.
    fn answer(_: &str, reply: Path) -> Self::Answer {
        let Path { found, nodes, edges } = reply;
        proto::ShortestPathResponse {
            path: nodes.into_iter().map(NodeId::into_string).collect(),
            edges: edges_shown(edges),
            error: if found { String::new() } else { "there is no path within max_depth".to_owned() },
            error_code: 0,
        }
    }

    fn read_answer(answer: Self::Answer) -> Result<Path> {
        let nodes: Vec<NodeId> = answer.path.into_iter().map(NodeId::from).collect();
        Ok(Path { found: !nodes.is_empty(), nodes, edges: edges(answer.edges)? })
    }
}

impl Rpc for Neighbors {
    type Ask = proto::GetNeighborsRequest;
    type Answer = proto::GetNeighborsResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let Neighbors { node_id, direction, edge_types, filter, limit, snapshot } = operation;
        let (edge_types, edge_types_given) = edge_type_texts(edge_types);
        proto::GetNeighborsRequest {
            namespace: namespace.to_owned(),
            node_id: node_id.into_string(),
            direction: direction_number(direction),
            edge_types,
            limit,
            edge_types_given,
            filter: walk_filter_message(filter),
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = Neighbors {
            node_id: ask.node_id.into(),
            direction: direction(ask.direction)?,
            edge_types: edge_types(ask.edge_types, ask.edge_types_given),
            limit: ask.limit,
            filter: walk_filter(ask.filter)?,
            snapshot: snapshot(ask.snapshot),
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: Subgraph) -> Self::Answer {
        let Subgraph { nodes, edges, truncated } = reply;
        let (nodes, edges) = (nodes_shown(nodes), edges_shown(edges));
        proto::GetNeighborsResponse { nodes, edges, truncated, ..Default::default() }
    }

    fn read_answer(answer: Self::Answer) -> Result<Subgraph> {
        Ok(Subgraph { nodes: nodes(answer.nodes)?, edges: edges(answer.edges)?, truncated: answer.truncated })
    }
}
