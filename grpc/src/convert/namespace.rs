//! `NamespaceService`.

use toondb_engine::api::{
    CommitSeq, CreateNamespace, DeleteNamespace, Deleted, DescribeNamespace, Flush, Flushed, ListNamespaces,
    NamespaceInfo, NamespaceList, NamespaceName, NamespaceStats, NamespaceStatsRequest, Properties, Quota, Result,
    SetQuota, TimestampMs, Value,
};

use super::enums::durability_number;
use super::kv::deleted;
use super::properties::{properties, split, split_for_all};
use super::required;
use crate::proto;
use crate::rpc::Rpc;

const DESCRIPTION: &str = "description";

fn quota(quota: Option<proto::NamespaceQuota>) -> Quota {
    let Some(quota) = quota else { return Quota::default() };
    let bound = |number: u64, nothing: bool| if nothing { Some(0) } else { (number > 0).then_some(number) };
    Quota {
        bytes_max: bound(quota.max_storage_bytes, quota.no_storage),
        vectors_max: bound(quota.max_vectors, quota.no_vectors),
        collections_max: bound(quota.max_collections, quota.no_collections),
    }
}

fn quota_message(quota: Quota) -> proto::NamespaceQuota {
    let Quota { bytes_max, vectors_max, collections_max } = quota;
    proto::NamespaceQuota {
        max_storage_bytes: bytes_max.unwrap_or(0),
        max_vectors: vectors_max.unwrap_or(0),
        max_collections: collections_max.unwrap_or(0),
        no_storage: bytes_max == Some(0),
        no_vectors: vectors_max == Some(0),
        no_collections: collections_max == Some(0),
    }
}

fn info_message(info: NamespaceInfo) -> proto::Namespace {
    let NamespaceInfo { name, metadata, quota, created_at, created } = info;
    let description = match metadata.get(DESCRIPTION) {
        Some(Value::String(text)) => text.clone(),
        Some(_) | None => String::new(),
    };
    let (metadata, typed_metadata) = split_for_all(metadata);
    proto::Namespace {
        name: name.into_string(),
        description,
        created_at: created_at.0.cast_unsigned(),
        quota: Some(quota_message(quota)),
        stats: None,
        metadata,
        typed_metadata,
        created,
    }
}

fn info(message: proto::Namespace) -> Result<NamespaceInfo> {
    Ok(NamespaceInfo {
        name: NamespaceName::new(message.name),
        metadata: properties(message.metadata, message.typed_metadata)?,
        quota: quota(message.quota),
        created_at: TimestampMs(message.created_at.cast_signed()),
        created: message.created,
    })
}

impl Rpc for CreateNamespace {
    type Ask = proto::CreateNamespaceRequest;
    type Answer = proto::CreateNamespaceResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let CreateNamespace { metadata, quota, must_be_new } = operation;
        let (metadata, typed_metadata) = split(metadata);
        proto::CreateNamespaceRequest {
            name: namespace.to_owned(),
            description: String::new(),
            quota: Some(quota_message(quota)),
            metadata,
            typed_metadata,
            must_be_new,
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let mut metadata: Properties = properties(ask.metadata, ask.typed_metadata)?;
        if !ask.description.is_empty() {
            metadata = metadata.with(DESCRIPTION, Value::String(ask.description));
        }
        Ok((ask.name, CreateNamespace { metadata, quota: quota(ask.quota), must_be_new: ask.must_be_new }))
    }

    fn answer(_: &str, reply: NamespaceInfo) -> Self::Answer {
        let namespace = Some(info_message(reply));
        proto::CreateNamespaceResponse { success: true, namespace, ..Default::default() }
    }

    fn read_answer(answer: Self::Answer) -> Result<NamespaceInfo> {
        info(required(answer.namespace, "namespace")?)
    }
}

impl Rpc for ListNamespaces {
    type Ask = proto::ListNamespacesRequest;
    type Answer = proto::ListNamespacesResponse;

    fn ask(_: &str, _: Self) -> Self::Ask {
        proto::ListNamespacesRequest {}
    }

    fn read_ask(_: Self::Ask) -> Result<(String, Self)> {
        Ok((String::new(), ListNamespaces {}))
    }

    fn answer(_: &str, reply: NamespaceList) -> Self::Answer {
        proto::ListNamespacesResponse { namespaces: reply.namespaces.into_iter().map(info_message).collect() }
    }

    fn read_answer(answer: Self::Answer) -> Result<NamespaceList> {
        Ok(NamespaceList { namespaces: answer.namespaces.into_iter().map(info).collect::<Result<_>>()? })
    }
}

impl Rpc for DescribeNamespace {
    type Ask = proto::GetNamespaceRequest;
    type Answer = proto::GetNamespaceResponse;

    fn ask(namespace: &str, _: Self) -> Self::Ask {
        proto::GetNamespaceRequest { name: namespace.to_owned() }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((ask.name, DescribeNamespace {}))
    }

    fn answer(_: &str, reply: NamespaceInfo) -> Self::Answer {
        proto::GetNamespaceResponse { namespace: Some(info_message(reply)), ..Default::default() }
    }

    fn read_answer(answer: Self::Answer) -> Result<NamespaceInfo> {
        info(required(answer.namespace, "namespace")?)
    }
}

impl Rpc for NamespaceStatsRequest {
    type Ask = proto::GetNamespaceStatsRequest;
    type Answer = proto::GetNamespaceStatsResponse;

    fn ask(namespace: &str, _: Self) -> Self::Ask {
        proto::GetNamespaceStatsRequest { namespace: namespace.to_owned() }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((ask.namespace, NamespaceStatsRequest {}))
    }

    fn answer(_: &str, reply: NamespaceStats) -> Self::Answer {
        proto::GetNamespaceStatsResponse {
            keys: reply.keys,
            collections: reply.collections,
            documents: reply.documents,
            vectors: reply.vectors,
            nodes: reply.nodes,
            edges: reply.edges,
            temporal_versions: reply.temporal_versions,
            live_bytes: reply.live_bytes,
            disk_bytes: reply.disk_bytes,
            log_bytes: reply.log_bytes,
            vector_memory_bytes: reply.vector_memory_bytes,
            commit_seq: reply.commit_seq.0,
            flushed_seq: reply.flushed_seq.0,
            flush_paused: reply.flush_paused,
        }
    }

    fn read_answer(answer: Self::Answer) -> Result<NamespaceStats> {
        Ok(NamespaceStats {
            keys: answer.keys,
            collections: answer.collections,
            documents: answer.documents,
            vectors: answer.vectors,
            nodes: answer.nodes,
            edges: answer.edges,
            temporal_versions: answer.temporal_versions,
            live_bytes: answer.live_bytes,
            disk_bytes: answer.disk_bytes,
            log_bytes: answer.log_bytes,
            vector_memory_bytes: answer.vector_memory_bytes,
            commit_seq: CommitSeq(answer.commit_seq),
            flushed_seq: CommitSeq(answer.flushed_seq),
            flush_paused: answer.flush_paused,
        })
    }
}

impl Rpc for DeleteNamespace {
    type Ask = proto::DeleteNamespaceRequest;
    type Answer = proto::DeleteNamespaceResponse;

    fn ask(namespace: &str, _: Self) -> Self::Ask {
        proto::DeleteNamespaceRequest { name: namespace.to_owned() }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((ask.name, DeleteNamespace {}))
    }

    fn answer(_: &str, reply: Deleted) -> Self::Answer {
        proto::DeleteNamespaceResponse {
            success: true,
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

impl Rpc for SetQuota {
    type Ask = proto::SetQuotaRequest;
    type Answer = proto::SetQuotaResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        proto::SetQuotaRequest { namespace: namespace.to_owned(), quota: Some(quota_message(operation.quota)) }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((ask.namespace, SetQuota { quota: quota(ask.quota) }))
    }

    fn answer(_: &str, reply: NamespaceInfo) -> Self::Answer {
        let namespace = Some(info_message(reply));
        proto::SetQuotaResponse { success: true, namespace, ..Default::default() }
    }

    fn read_answer(answer: Self::Answer) -> Result<NamespaceInfo> {
        info(required(answer.namespace, "namespace")?)
    }
}

impl Rpc for Flush {
    type Ask = proto::FlushRequest;
    type Answer = proto::FlushResponse;

    fn ask(namespace: &str, _: Self) -> Self::Ask {
        proto::FlushRequest { namespace: namespace.to_owned() }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((ask.namespace, Flush {}))
    }

    fn answer(_: &str, reply: Flushed) -> Self::Answer {
        proto::FlushResponse { flushed_seq: reply.flushed_seq.0 }
    }

    fn read_answer(answer: Self::Answer) -> Result<Flushed> {
        Ok(Flushed { flushed_seq: CommitSeq(answer.flushed_seq) })
    }
}
