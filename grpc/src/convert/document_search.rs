//! The searches of `CollectionService`.

use toondb_engine::api::{
    DocumentHit, DocumentHits, DocumentHitsBatch, Embedding, EmbeddingBatch, Result, SearchBatchCollection,
    SearchCollection,
};

use super::documents::{document, shown};
use super::filter::{filter, typed_message};
use super::{non_zero, required, seq, snapshot};
use crate::proto;
use crate::rpc::Rpc;

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

impl Rpc for SearchCollection {
    type Ask = proto::SearchCollectionRequest;
    type Answer = proto::SearchCollectionResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let SearchCollection {
            collection,
            query,
            k,
            ef,
            filter,
            include_embedding,
            offset,
            threshold,
            group_by,
            group_size,
            missing_ok,
            snapshot,
        } = operation;
        proto::SearchCollectionRequest {
            collection_name: collection.into_string(),
            namespace: namespace.to_owned(),
            query: query.0,
            k: k.unwrap_or(0),
            filter: Vec::new(),
            typed_filter: typed_message(filter),
            ef: ef.unwrap_or(0),
            include_embedding,
            offset,
            threshold,
            group_by,
            group_size: group_size.unwrap_or(0),
            snapshot: seq(snapshot),
            missing_ok,
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
            offset: ask.offset,
            threshold: ask.threshold,
            group_by: ask.group_by,
            group_size: non_zero(ask.group_size),
            missing_ok: ask.missing_ok,
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
        let SearchBatchCollection {
            collection,
            queries,
            k,
            ef,
            filter,
            include_embedding,
            offset,
            threshold,
            group_by,
            group_size,
            missing_ok,
            snapshot,
        } = operation;
        proto::SearchCollectionBatchRequest {
            collection_name: collection.into_string(),
            namespace: namespace.to_owned(),
            queries: queries.0,
            k: k.unwrap_or(0),
            filter: Vec::new(),
            typed_filter: typed_message(filter),
            ef: ef.unwrap_or(0),
            include_embedding,
            offset,
            threshold,
            group_by,
            group_size: group_size.unwrap_or(0),
            snapshot: seq(snapshot),
            missing_ok,
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
            offset: ask.offset,
            threshold: ask.threshold,
            group_by: ask.group_by,
            group_size: non_zero(ask.group_size),
            missing_ok: ask.missing_ok,
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
