//! `GraphService`, changes of nodes and edges that exist.

use toondb_engine::api::{
    CommitSeq, EdgeUpdate, MergeNodes, MergedNodes, NodeUpdate, Result, UpdateEdge, UpdateNode, Updated,
};

use super::enums::{durability, durability_number};
use super::properties::{properties, split};
use super::required;
use crate::proto;
use crate::rpc::Rpc;

pub(super) fn node_update(message: proto::NodeUpdate) -> Result<NodeUpdate> {
    let proto::NodeUpdate { node_id, node_type, set, typed_set, unset } = message;
    Ok(NodeUpdate { id: node_id.into(), node_type, set: properties(set, typed_set)?, unset })
}

pub(super) fn node_update_message(update: NodeUpdate) -> proto::NodeUpdate {
    let NodeUpdate { id, node_type, set, unset } = update;
    let (set, typed_set) = split(set);
    proto::NodeUpdate { node_id: id.into_string(), node_type, set, typed_set, unset }
}

pub(super) fn edge_update(message: proto::EdgeUpdate) -> Result<EdgeUpdate> {
    let proto::EdgeUpdate { from_id, edge_type, to_id, set, typed_set, unset } = message;
    let set = properties(set, typed_set)?;
    Ok(EdgeUpdate { from_id: from_id.into(), edge_type: edge_type.into(), to_id: to_id.into(), set, unset })
}

pub(super) fn edge_update_message(update: EdgeUpdate) -> proto::EdgeUpdate {
    let EdgeUpdate { from_id, edge_type, to_id, set, unset } = update;
    let (set, typed_set) = split(set);
    proto::EdgeUpdate {
        from_id: from_id.into_string(),
        edge_type: edge_type.into_string(),
        to_id: to_id.into_string(),
        set,
        typed_set,
        unset,
    }
}

fn updated_message(reply: Updated) -> proto::UpdatedResponse {
    let Updated { updated, commit_seq, durability } = reply;
    proto::UpdatedResponse { updated, commit_seq: commit_seq.0, durability: durability_number(durability) }
}

fn updated(answer: proto::UpdatedResponse) -> Result<Updated> {
    let proto::UpdatedResponse { updated, commit_seq, durability } = answer;
    Ok(Updated { updated, commit_seq: CommitSeq(commit_seq), durability: self::durability(durability)? })
}

impl Rpc for UpdateNode {
    type Ask = proto::UpdateNodeRequest;
    type Answer = proto::UpdatedResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let UpdateNode { update, durability } = operation;
        proto::UpdateNodeRequest {
            namespace: namespace.to_owned(),
            update: Some(node_update_message(update)),
            durability: durability_number(durability),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let update = node_update(required(ask.update, "update")?)?;
        Ok((ask.namespace, UpdateNode { update, durability: durability(ask.durability)? }))
    }

    fn answer(_: &str, reply: Updated) -> Self::Answer {
        updated_message(reply)
    }

    fn read_answer(answer: Self::Answer) -> Result<Updated> {
        updated(answer)
    }
}

impl Rpc for UpdateEdge {
    type Ask = proto::UpdateEdgeRequest;
    type Answer = proto::UpdatedResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let UpdateEdge { update, durability } = operation;
        proto::UpdateEdgeRequest {
            namespace: namespace.to_owned(),
            update: Some(edge_update_message(update)),
            durability: durability_number(durability),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let update = edge_update(required(ask.update, "update")?)?;
        Ok((ask.namespace, UpdateEdge { update, durability: durability(ask.durability)? }))
    }

    fn answer(_: &str, reply: Updated) -> Self::Answer {
        updated_message(reply)
    }

    fn read_answer(answer: Self::Answer) -> Result<Updated> {
        updated(answer)
    }
}

impl Rpc for MergeNodes {
    type Ask = proto::MergeNodesRequest;
    type Answer = proto::MergeNodesResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let MergeNodes { source_id, target_id, durability } = operation;
        proto::MergeNodesRequest {
            namespace: namespace.to_owned(),
            source_id: source_id.into_string(),
            target_id: target_id.into_string(),
            durability: durability_number(durability),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let (source_id, target_id) = (ask.source_id.into(), ask.target_id.into());
        Ok((ask.namespace, MergeNodes { source_id, target_id, durability: durability(ask.durability)? }))
    }

    fn answer(_: &str, reply: MergedNodes) -> Self::Answer {
        let MergedNodes { nodes, edges, facts, commit_seq, durability } = reply;
        let (commit_seq, durability) = (commit_seq.0, durability_number(durability));
        proto::MergeNodesResponse { nodes, edges, facts, commit_seq, durability }
    }

    fn read_answer(answer: Self::Answer) -> Result<MergedNodes> {
        let proto::MergeNodesResponse { nodes, edges, facts, commit_seq, durability } = answer;
        let (commit_seq, durability) = (CommitSeq(commit_seq), self::durability(durability)?);
        Ok(MergedNodes { nodes, edges, facts, commit_seq, durability })
    }
}
