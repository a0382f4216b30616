//! `CollectionService`: documents as messages, and what writes them.

use toondb_engine::api::{
    AddDocuments, AddedDocuments, CollectionInfo, CommitSeq, DeleteByFilter, DeleteDocuments, Deleted,
    DeletedDocuments, Document, DocumentId, DocumentUpdate, Embedding, Error, Properties, Result, TimestampMs,
    TruncateCollection, UpdateCollection, UpdateDocuments, UpdatedDocuments, Value,
};

use super::collection::{info, info_message};
use super::enums::{durability, durability_number, on_conflict, on_conflict_number};
use super::filter::{filter, filter_message, typed, typed_message};
use super::kv::deleted;
use super::properties::{properties, split, split_for_all};
use super::required;
use super::value::{message as value_message, value};
use crate::proto;
use crate::rpc::Rpc;

pub(super) fn ids(ids: Vec<String>) -> Vec<DocumentId> {
    ids.into_iter().map(DocumentId::from).collect()
}

pub(super) fn texts(ids: Vec<DocumentId>) -> Vec<String> {
    ids.into_iter().map(DocumentId::into_string).collect()
}

fn ids_message(ids: Vec<DocumentId>) -> proto::DocumentIds {
    proto::DocumentIds { ids: texts(ids) }
}

fn read_ids(message: proto::DocumentIds) -> Vec<DocumentId> {
    ids(message.ids)
}

fn fields_message(fields: Properties) -> proto::Value {
    value_message(Value::Map(fields.0))
}

/// Fields that may be left out.
fn fields(message: Option<proto::Value>) -> Result<Properties> {
    let Some(message) = message else { return Ok(Properties::new()) };
    Properties::try_from(value(message)?).map_err(Error::invalid)
}

/// Reads a document. No id and no embedding are empty ones in the message.
pub(super) fn document(message: proto::Document) -> Result<Document> {
    Ok(Document {
        id: (!message.id.is_empty()).then(|| message.id.into()),
        content: message.content,
        embedding: (!message.embedding.is_empty()).then_some(Embedding(message.embedding)),
        metadata: properties(message.metadata, message.typed_metadata)?,
        expires_at: message.expires_at.map(TimestampMs),
        ttl_ms: message.ttl_ms,
    })
}

/// A document for a request.
pub(super) fn document_message(document: Document) -> proto::Document {
    let Document { id, content, embedding, metadata, expires_at, ttl_ms } = document;
    let (metadata, typed_metadata) = split(metadata);
    proto::Document {
        id: id.map(DocumentId::into_string).unwrap_or_default(),
        embedding: embedding.map_or_else(Vec::new, |embedding| embedding.0),
        content,
        metadata,
        typed_metadata,
        expires_at: expires_at.map(|TimestampMs(at)| at),
        ttl_ms,
    }
}

/// A document for an answer.
pub(super) fn shown(document: Document) -> proto::Document {
    let Document { id, content, embedding, metadata, expires_at, ttl_ms } = document;
    let (metadata, typed_metadata) = split_for_all(metadata);
    proto::Document {
        id: id.map(DocumentId::into_string).unwrap_or_default(),
        embedding: embedding.map_or_else(Vec::new, |embedding| embedding.0),
        content,
        metadata,
        typed_metadata,
        expires_at: expires_at.map(|TimestampMs(at)| at),
        ttl_ms,
    }
}

impl Rpc for AddDocuments {
    type Ask = proto::AddDocumentsRequest;
    type Answer = proto::AddDocumentsResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let AddDocuments { collection, documents, on_conflict, ttl_ms, create_missing, durability } = operation;
        proto::AddDocumentsRequest {
            collection_name: collection.into_string(),
            namespace: namespace.to_owned(),
            documents: documents.into_iter().map(document_message).collect(),
            durability: durability_number(durability),
            on_conflict: on_conflict_number(on_conflict),
            ttl_ms,
            create_missing,
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = AddDocuments {
            collection: ask.collection_name.into(),
            documents: ask.documents.into_iter().map(document).collect::<Result<_>>()?,
            on_conflict: on_conflict(ask.on_conflict)?,
            ttl_ms: ask.ttl_ms,
            create_missing: ask.create_missing,
            durability: durability(ask.durability)?,
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: AddedDocuments) -> Self::Answer {
        let AddedDocuments { ids, skipped, commit_seq, durability } = reply;
        proto::AddDocumentsResponse {
            added_count: u32::try_from(ids.len().saturating_sub(skipped.len())).unwrap_or(u32::MAX),
            ids: texts(ids),
            skipped: texts(skipped),
            commit_seq: commit_seq.0,
            durability: durability_number(durability),
            ..Default::default()
        }
    }

    fn read_answer(answer: Self::Answer) -> Result<AddedDocuments> {
        Ok(AddedDocuments {
            ids: ids(answer.ids),
            skipped: ids(answer.skipped),
            commit_seq: CommitSeq(answer.commit_seq),
            durability: durability(answer.durability)?,
        })
    }
}

fn deleted_message(reply: DeletedDocuments) -> proto::DeletedResponse {
    let DeletedDocuments { deleted, ids, commit_seq, durability } = reply;
    let durability = durability_number(durability);
    proto::DeletedResponse { deleted, commit_seq: commit_seq.0, durability, ids: ids.map(ids_message) }
}

fn deleted_documents(message: proto::DeletedResponse) -> Result<DeletedDocuments> {
    let proto::DeletedResponse { deleted, commit_seq, durability: number, ids } = message;
    let ids = ids.map(read_ids);
    Ok(DeletedDocuments { deleted, ids, commit_seq: CommitSeq(commit_seq), durability: durability(number)? })
}

impl Rpc for DeleteDocuments {
    type Ask = proto::DeleteDocumentsRequest;
    type Answer = proto::DeletedResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let DeleteDocuments { collection, ids, return_ids, durability } = operation;
        proto::DeleteDocumentsRequest {
            collection_name: collection.into_string(),
            namespace: namespace.to_owned(),
            document_ids: texts(ids),
            return_ids,
            durability: durability_number(durability),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let durability = durability(ask.durability)?;
        let (collection, ids) = (ask.collection_name.into(), ids(ask.document_ids));
        let operation = DeleteDocuments { collection, ids, return_ids: ask.return_ids, durability };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: DeletedDocuments) -> Self::Answer {
        deleted_message(reply)
    }

    fn read_answer(answer: Self::Answer) -> Result<DeletedDocuments> {
        deleted_documents(answer)
    }
}

impl Rpc for DeleteByFilter {
    type Ask = proto::DeleteByFilterRequest;
    type Answer = proto::DeletedResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let DeleteByFilter { collection, filter, return_ids, durability } = operation;
        proto::DeleteByFilterRequest {
            collection_name: collection.into_string(),
            namespace: namespace.to_owned(),
            filter: Vec::new(),
            typed_filter: Some(filter_message(filter)),
            return_ids,
            durability: durability_number(durability),
        }
    }

    /// A filter must be there: without one, everything would be deleted by a field that somebody forgot.
    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let filter = required(filter(ask.filter, ask.typed_filter)?, "filter")?;
        let durability = durability(ask.durability)?;
        let (collection, return_ids) = (ask.collection_name.into(), ask.return_ids);
        Ok((ask.namespace, DeleteByFilter { collection, filter, return_ids, durability }))
    }

    fn answer(_: &str, reply: DeletedDocuments) -> Self::Answer {
        deleted_message(reply)
    }

    fn read_answer(answer: Self::Answer) -> Result<DeletedDocuments> {
        deleted_documents(answer)
    }
}

/// Which documents change, and how.
pub(super) fn update_message(update: DocumentUpdate) -> proto::DocumentUpdate {
    let DocumentUpdate { collection, ids, filter, all, set, unset, ttl_ms, persist } = update;
    proto::DocumentUpdate {
        collection_name: collection.into_string(),
        ids: ids.map(ids_message),
        filter: typed_message(filter),
        all,
        set: Some(fields_message(set)),
        unset,
        ttl_ms,
        persist,
    }
}

/// Reads which documents change, and how.
pub(super) fn update(message: proto::DocumentUpdate) -> Result<DocumentUpdate> {
    let proto::DocumentUpdate { collection_name, ids, filter: condition, all, set, unset, ttl_ms, persist } = message;
    Ok(DocumentUpdate {
        collection: collection_name.into(),
        ids: ids.map(read_ids),
        filter: typed(condition)?,
        all,
        set: fields(set)?,
        unset,
        ttl_ms,
        persist,
    })
}

impl Rpc for UpdateDocuments {
    type Ask = proto::UpdateDocumentsRequest;
    type Answer = proto::UpdateDocumentsResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let UpdateDocuments { update, return_ids, durability } = operation;
        proto::UpdateDocumentsRequest {
            namespace: namespace.to_owned(),
            update: Some(update_message(update)),
            return_ids,
            durability: durability_number(durability),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let update = update(required(ask.update, "update")?)?;
        let durability = durability(ask.durability)?;
        Ok((ask.namespace, UpdateDocuments { update, return_ids: ask.return_ids, durability }))
    }

    fn answer(_: &str, reply: UpdatedDocuments) -> Self::Answer {
        let UpdatedDocuments { updated, ids, commit_seq, durability } = reply;
        let durability = durability_number(durability);
        proto::UpdateDocumentsResponse { updated, ids: ids.map(ids_message), commit_seq: commit_seq.0, durability }
    }

    fn read_answer(answer: Self::Answer) -> Result<UpdatedDocuments> {
        Ok(UpdatedDocuments {
            updated: answer.updated,
            ids: answer.ids.map(read_ids),
            commit_seq: CommitSeq(answer.commit_seq),
            durability: durability(answer.durability)?,
        })
    }
}

impl Rpc for UpdateCollection {
    type Ask = proto::UpdateCollectionRequest;
    type Answer = proto::UpdateCollectionResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let UpdateCollection { collection, metadata } = operation;
        let metadata = Some(fields_message(metadata));
        proto::UpdateCollectionRequest { namespace: namespace.to_owned(), name: collection.into_string(), metadata }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = UpdateCollection { collection: ask.name.into(), metadata: fields(ask.metadata)? };
        Ok((ask.namespace, operation))
    }

    fn answer(namespace: &str, reply: CollectionInfo) -> Self::Answer {
        proto::UpdateCollectionResponse { collection: Some(info_message(namespace, reply)) }
    }

    fn read_answer(answer: Self::Answer) -> Result<CollectionInfo> {
        info(required(answer.collection, "collection")?)
    }
}

impl Rpc for TruncateCollection {
    type Ask = proto::TruncateCollectionRequest;
    type Answer = proto::DeletedResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        proto::TruncateCollectionRequest { namespace: namespace.to_owned(), name: operation.collection.into_string() }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((ask.namespace, TruncateCollection { collection: ask.name.into() }))
    }

    fn answer(_: &str, reply: Deleted) -> Self::Answer {
        let Deleted { deleted, commit_seq, durability } = reply;
        let durability = durability_number(durability);
        proto::DeletedResponse { deleted, commit_seq: commit_seq.0, durability, ids: None }
    }

    fn read_answer(answer: Self::Answer) -> Result<Deleted> {
        deleted(answer.deleted, answer.commit_seq, answer.durability)
    }
}
