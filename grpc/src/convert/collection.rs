//! `CollectionService`: collections as wholes, and reads of documents.

use toondb_engine::api::{
    CollectionInfo, CollectionList, CountDocuments, Counted, CreateCollection, Deleted, DescribeCollection, Document,
    Documents, DropCollection, GetDocuments, ListCollections, Result, TimestampMs,
};

use super::documents::{document, ids, shown, texts};
use super::enums::{durability_number, metric, metric_number};
use super::filter::{filter, typed_message};
use super::kv::deleted;
use super::properties::{properties, split, split_for_all};
use super::{required, seq, snapshot};
use crate::proto;
use crate::rpc::Rpc;

pub(super) fn info_message(namespace: &str, info: CollectionInfo) -> proto::Collection {
    let CollectionInfo { name, dimension, metric, metadata, count, graph_count, memory_bytes, created_at, created } =
        info;
    let (metadata, typed_metadata) = split_for_all(metadata);
    proto::Collection {
        name: name.into_string(),
        namespace: namespace.to_owned(),
        dimension,
        metric: metric_number(metric),
        document_count: count,
        created_at: created_at.0.cast_unsigned(),
        metadata,
        typed_metadata,
        graph_count,
        memory_bytes,
        created,
    }
}

pub(super) fn info(message: proto::Collection) -> Result<CollectionInfo> {
    Ok(CollectionInfo {
        name: message.name.into(),
        dimension: message.dimension,
        metric: metric(message.metric)?,
        metadata: properties(message.metadata, message.typed_metadata)?,
        count: message.document_count,
        graph_count: message.graph_count,
        memory_bytes: message.memory_bytes,
        created_at: TimestampMs(message.created_at.cast_signed()),
        created: message.created,
    })
}

impl Rpc for CreateCollection {
    type Ask = proto::CreateCollectionRequest;
    type Answer = proto::CreateCollectionResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let CreateCollection { collection, dimension, metric, metadata } = operation;
        let (metadata, typed_metadata) = split(metadata);
        proto::CreateCollectionRequest {
            name: collection.into_string(),
            namespace: namespace.to_owned(),
            dimension,
            metric: metric_number(metric),
            metadata,
            typed_metadata,
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = CreateCollection {
            collection: ask.name.into(),
            dimension: ask.dimension,
            metric: metric(ask.metric)?,
            metadata: properties(ask.metadata, ask.typed_metadata)?,
        };
        Ok((ask.namespace, operation))
    }

    fn answer(namespace: &str, reply: CollectionInfo) -> Self::Answer {
        let collection = Some(info_message(namespace, reply));
        proto::CreateCollectionResponse { success: true, collection, ..Default::default() }
    }

    fn read_answer(answer: Self::Answer) -> Result<CollectionInfo> {
        info(required(answer.collection, "collection")?)
    }
}

impl Rpc for ListCollections {
    type Ask = proto::ListCollectionsRequest;
    type Answer = proto::ListCollectionsResponse;

    fn ask(namespace: &str, _: Self) -> Self::Ask {
        proto::ListCollectionsRequest { namespace: namespace.to_owned() }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((ask.namespace, ListCollections {}))
    }

    fn answer(namespace: &str, reply: CollectionList) -> Self::Answer {
        let one = |info| info_message(namespace, info);
        proto::ListCollectionsResponse { collections: reply.collections.into_iter().map(one).collect() }
    }

    fn read_answer(answer: Self::Answer) -> Result<CollectionList> {
        Ok(CollectionList { collections: answer.collections.into_iter().map(info).collect::<Result<_>>()? })
    }
}

impl Rpc for DescribeCollection {
    type Ask = proto::GetCollectionRequest;
    type Answer = proto::GetCollectionResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        proto::GetCollectionRequest { name: operation.collection.into_string(), namespace: namespace.to_owned() }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((ask.namespace, DescribeCollection { collection: ask.name.into() }))
    }

    fn answer(namespace: &str, reply: CollectionInfo) -> Self::Answer {
        proto::GetCollectionResponse { collection: Some(info_message(namespace, reply)), ..Default::default() }
    }

    fn read_answer(answer: Self::Answer) -> Result<CollectionInfo> {
        info(required(answer.collection, "collection")?)
    }
}

impl Rpc for DropCollection {
    type Ask = proto::DeleteCollectionRequest;
    type Answer = proto::DeleteCollectionResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        proto::DeleteCollectionRequest { name: operation.collection.into_string(), namespace: namespace.to_owned() }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((ask.namespace, DropCollection { collection: ask.name.into() }))
    }

    fn answer(_: &str, reply: Deleted) -> Self::Answer {
        let existed = reply.deleted > 0;
        proto::DeleteCollectionResponse {
            success: existed,
            error: if existed { String::new() } else { "there is no such collection".to_owned() },
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

impl Rpc for GetDocuments {
    type Ask = proto::GetDocumentsRequest;
    type Answer = proto::GetDocumentsResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let GetDocuments { collection, ids, include_embedding, missing_ok, snapshot } = operation;
        proto::GetDocumentsRequest {
            collection_name: collection.into_string(),
            namespace: namespace.to_owned(),
            document_ids: texts(ids),
            include_embedding,
            snapshot: seq(snapshot),
            missing_ok,
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = GetDocuments {
            collection: ask.collection_name.into(),
            ids: ids(ask.document_ids),
            include_embedding: ask.include_embedding,
            missing_ok: ask.missing_ok,
            snapshot: snapshot(ask.snapshot),
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: Documents) -> Self::Answer {
        let one = |document: Option<Document>| proto::MaybeDocument { document: document.map(shown) };
        proto::GetDocumentsResponse { documents: reply.documents.into_iter().map(one).collect() }
    }

    fn read_answer(answer: Self::Answer) -> Result<Documents> {
        let one = |maybe: proto::MaybeDocument| maybe.document.map(document).transpose();
        Ok(Documents { documents: answer.documents.into_iter().map(one).collect::<Result<_>>()? })
    }
}

impl Rpc for CountDocuments {
    type Ask = proto::CountDocumentsRequest;
    type Answer = proto::CountDocumentsResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let CountDocuments { collection, filter, missing_ok, snapshot } = operation;
        proto::CountDocumentsRequest {
            collection_name: collection.into_string(),
            namespace: namespace.to_owned(),
            filter: Vec::new(),
            typed_filter: typed_message(filter),
            snapshot: seq(snapshot),
            missing_ok,
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = CountDocuments {
            collection: ask.collection_name.into(),
            filter: filter(ask.filter, ask.typed_filter)?,
            missing_ok: ask.missing_ok,
            snapshot: snapshot(ask.snapshot),
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: Counted) -> Self::Answer {
        proto::CountDocumentsResponse { count: reply.count }
    }

    fn read_answer(answer: Self::Answer) -> Result<Counted> {
        Ok(Counted { count: answer.count })
    }
}
