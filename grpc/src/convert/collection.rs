//! `CollectionService`.

use toondb_engine::api::{
    AddDocuments, AddedDocuments, CollectionInfo, CollectionList, CommitSeq, CountDocuments, Counted, CreateCollection,
    DeleteByFilter, DeleteDocuments, Deleted, DescribeCollection, Document, DocumentHit, DocumentHits,
    DocumentHitsBatch, DocumentId, Documents, DropCollection, Embedding, EmbeddingBatch, GetDocuments, ListCollections,
    Result, SearchBatchCollection, SearchCollection, TimestampMs,
};

use super::enums::{durability, durability_number, metric, metric_number};
use super::filter::{filter, filter_message};
use super::kv::deleted;
use super::properties::{properties, split, split_for_all};
use super::{non_zero, required, seq, snapshot};
use crate::proto;
use crate::rpc::Rpc;

fn ids(ids: Vec<String>) -> Vec<DocumentId> {
    ids.into_iter().map(DocumentId::from).collect()
}

fn texts(ids: Vec<DocumentId>) -> Vec<String> {
    ids.into_iter().map(DocumentId::into_string).collect()
}

fn info_message(namespace: &str, info: CollectionInfo) -> proto::Collection {
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

fn info(message: proto::Collection) -> Result<CollectionInfo> {
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

/// Reads a document. No id and no embedding are empty ones in the message.
pub(super) fn document(message: proto::Document) -> Result<Document> {
    Ok(Document {
        id: (!message.id.is_empty()).then(|| message.id.into()),
        content: message.content,
        embedding: (!message.embedding.is_empty()).then_some(Embedding(message.embedding)),
        metadata: properties(message.metadata, message.typed_metadata)?,
    })
}

/// A document for a request.
pub(super) fn document_message(document: Document) -> proto::Document {
    let Document { id, content, embedding, metadata } = document;
    let (metadata, typed_metadata) = split(metadata);
    proto::Document {
        id: id.map(DocumentId::into_string).unwrap_or_default(),
        embedding: embedding.map_or_else(Vec::new, |embedding| embedding.0),
        content,
        metadata,
        typed_metadata,
    }
}

/// A document for an answer.
fn shown(document: Document) -> proto::Document {
    let Document { id, content, embedding, metadata } = document;
    let (metadata, typed_metadata) = split_for_all(metadata);
    proto::Document {
        id: id.map(DocumentId::into_string).unwrap_or_default(),
        embedding: embedding.map_or_else(Vec::new, |embedding| embedding.0),
        content,
        metadata,
        typed_metadata,
    }
}

fn hits_message(hits: DocumentHits) -> Vec<proto::DocumentResult> {
    let hit = |hit: DocumentHit| {
        let DocumentHit { document, distance, score } = hit;
        proto::DocumentResult { document: Some(shown(document)), score, distance }
    };
    hits.hits.into_iter().map(hit).collect()
}

fn hits(results: Vec<proto::DocumentResult>) -> Result<DocumentHits> {
    let hit = |result: proto::DocumentResult| {
        let document = document(required(result.document, "document")?)?;
        Ok(DocumentHit { document, distance: result.distance, score: result.score })
    };
    Ok(DocumentHits { hits: results.into_iter().map(hit).collect::<Result<_>>()? })
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

impl Rpc for AddDocuments {
    type Ask = proto::AddDocumentsRequest;
    type Answer = proto::AddDocumentsResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let AddDocuments { collection, documents, durability } = operation;
        proto::AddDocumentsRequest {
            collection_name: collection.into_string(),
            namespace: namespace.to_owned(),
            documents: documents.into_iter().map(document_message).collect(),
            durability: durability_number(durability),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = AddDocuments {
            collection: ask.collection_name.into(),
            documents: ask.documents.into_iter().map(document).collect::<Result<_>>()?,
            durability: durability(ask.durability)?,
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: AddedDocuments) -> Self::Answer {
        let AddedDocuments { ids, commit_seq, durability } = reply;
        proto::AddDocumentsResponse {
            added_count: u32::try_from(ids.len()).unwrap_or(u32::MAX),
            ids: texts(ids),
            commit_seq: commit_seq.0,
            durability: durability_number(durability),
            ..Default::default()
        }
    }

    fn read_answer(answer: Self::Answer) -> Result<AddedDocuments> {
        Ok(AddedDocuments {
            ids: ids(answer.ids),
            commit_seq: CommitSeq(answer.commit_seq),
            durability: durability(answer.durability)?,
        })
    }
}

impl Rpc for GetDocuments {
    type Ask = proto::GetDocumentsRequest;
    type Answer = proto::GetDocumentsResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let GetDocuments { collection, ids, include_embedding, snapshot } = operation;
        proto::GetDocumentsRequest {
            collection_name: collection.into_string(),
            namespace: namespace.to_owned(),
            document_ids: texts(ids),
            include_embedding,
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = GetDocuments {
            collection: ask.collection_name.into(),
            ids: ids(ask.document_ids),
            include_embedding: ask.include_embedding,
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

fn deleted_message(reply: Deleted) -> proto::DeletedResponse {
    let durability = durability_number(reply.durability);
    proto::DeletedResponse { deleted: reply.deleted, commit_seq: reply.commit_seq.0, durability }
}

impl Rpc for DeleteDocuments {
    type Ask = proto::DeleteDocumentsRequest;
    type Answer = proto::DeletedResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let DeleteDocuments { collection, ids, durability } = operation;
        proto::DeleteDocumentsRequest {
            collection_name: collection.into_string(),
            namespace: namespace.to_owned(),
            document_ids: texts(ids),
            durability: durability_number(durability),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let durability = durability(ask.durability)?;
        let operation =
            DeleteDocuments { collection: ask.collection_name.into(), ids: ids(ask.document_ids), durability };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: Deleted) -> Self::Answer {
        deleted_message(reply)
    }

    fn read_answer(answer: Self::Answer) -> Result<Deleted> {
        deleted(answer.deleted, answer.commit_seq, answer.durability)
    }
}

impl Rpc for DeleteByFilter {
    type Ask = proto::DeleteByFilterRequest;
    type Answer = proto::DeletedResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let DeleteByFilter { collection, filter, durability } = operation;
        proto::DeleteByFilterRequest {
            collection_name: collection.into_string(),
            namespace: namespace.to_owned(),
            filter: Vec::new(),
            typed_filter: Some(filter_message(filter)),
            durability: durability_number(durability),
        }
    }

    /// A filter must be there: without one, everything would be deleted by a field that somebody forgot.
    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let filter = required(filter(ask.filter, ask.typed_filter)?, "filter")?;
        let durability = durability(ask.durability)?;
        Ok((ask.namespace, DeleteByFilter { collection: ask.collection_name.into(), filter, durability }))
    }

    fn answer(_: &str, reply: Deleted) -> Self::Answer {
        deleted_message(reply)
    }

    fn read_answer(answer: Self::Answer) -> Result<Deleted> {
        deleted(answer.deleted, answer.commit_seq, answer.durability)
    }
}

impl Rpc for CountDocuments {
    type Ask = proto::CountDocumentsRequest;
    type Answer = proto::CountDocumentsResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let CountDocuments { collection, filter, snapshot } = operation;
        proto::CountDocumentsRequest {
            collection_name: collection.into_string(),
            namespace: namespace.to_owned(),
            filter: Vec::new(),
            typed_filter: filter.map(filter_message),
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = CountDocuments {
            collection: ask.collection_name.into(),
            filter: filter(ask.filter, ask.typed_filter)?,
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

impl Rpc for SearchCollection {
    type Ask = proto::SearchCollectionRequest;
    type Answer = proto::SearchCollectionResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let SearchCollection { collection, query, k, ef, filter, include_embedding, snapshot } = operation;
        proto::SearchCollectionRequest {
            collection_name: collection.into_string(),
            namespace: namespace.to_owned(),
            query: query.0,
            k: k.unwrap_or(0),
            filter: Vec::new(),
            typed_filter: filter.map(filter_message),
            ef: ef.unwrap_or(0),
            include_embedding,
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = SearchCollection {
            collection: ask.collection_name.into(),
            query: Embedding(ask.query),
            k: non_zero(ask.k),
            ef: non_zero(ask.ef),
            filter: filter(ask.filter, ask.typed_filter)?,
            include_embedding: ask.include_embedding,
            snapshot: snapshot(ask.snapshot),
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: DocumentHits) -> Self::Answer {
        proto::SearchCollectionResponse { results: hits_message(reply), ..Default::default() }
    }

    fn read_answer(answer: Self::Answer) -> Result<DocumentHits> {
        hits(answer.results)
    }
}

impl Rpc for SearchBatchCollection {
    type Ask = proto::SearchCollectionBatchRequest;
    type Answer = proto::SearchCollectionBatchResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let SearchBatchCollection { collection, queries, k, ef, filter, include_embedding, snapshot } = operation;
        proto::SearchCollectionBatchRequest {
            collection_name: collection.into_string(),
            namespace: namespace.to_owned(),
            queries: queries.0,
            k: k.unwrap_or(0),
            filter: Vec::new(),
            typed_filter: filter.map(filter_message),
            ef: ef.unwrap_or(0),
            include_embedding,
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = SearchBatchCollection {
            collection: ask.collection_name.into(),
            queries: EmbeddingBatch(ask.queries),
            k: non_zero(ask.k),
            ef: non_zero(ask.ef),
            filter: filter(ask.filter, ask.typed_filter)?,
            include_embedding: ask.include_embedding,
            snapshot: snapshot(ask.snapshot),
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: DocumentHitsBatch) -> Self::Answer {
        let one = |hits: DocumentHits| proto::DocumentResults { results: hits_message(hits) };
        proto::SearchCollectionBatchResponse { results: reply.results.into_iter().map(one).collect() }
    }

    fn read_answer(answer: Self::Answer) -> Result<DocumentHitsBatch> {
        let results = answer.results.into_iter().map(|one| hits(one.results)).collect::<Result<_>>()?;
        Ok(DocumentHitsBatch { results })
    }
}
