//! `VectorIndexService`.

use toondb_engine::api::{
    CommitSeq, CountVectors, Counted, CreateIndex, DeleteVectors, Deleted, DescribeIndex, DropIndex, Embedding,
    EmbeddingBatch, GetVectors, IdBatch, IndexInfo, IndexList, InsertVectors, Inserted, ListIndexes, Result,
    SearchBatchVectors, SearchVectors, TimestampMs, VectorHit, VectorHits, VectorHitsBatch, Vectors,
};

use super::enums::{durability, durability_number, metric, metric_number};
use super::kv::deleted;
use super::{non_zero, required, seq, snapshot};
use crate::proto;
use crate::rpc::Rpc;

fn info_message(info: IndexInfo) -> proto::IndexInfo {
    let IndexInfo { name, dimension, metric, count, graph_count, memory_bytes, created_at, created } = info;
    proto::IndexInfo {
        name: name.into_string(),
        dimension,
        metric: metric_number(metric),
        config: None,
        created_at: created_at.0.cast_unsigned(),
        count,
        graph_count,
        memory_bytes,
        created,
    }
}

fn info(message: proto::IndexInfo) -> Result<IndexInfo> {
    Ok(IndexInfo {
        name: message.name.into(),
        dimension: message.dimension,
        metric: metric(message.metric)?,
        count: message.count,
        graph_count: message.graph_count,
        memory_bytes: message.memory_bytes,
        created_at: TimestampMs(message.created_at.cast_signed()),
        created: message.created,
    })
}

fn hits_message(hits: VectorHits) -> Vec<proto::SearchResult> {
    let hit = |hit: VectorHit| {
        let VectorHit { id, distance, score, embedding } = hit;
        proto::SearchResult { id, distance, score, embedding: embedding.map_or_else(Vec::new, |vector| vector.0) }
    };
    hits.hits.into_iter().map(hit).collect()
}

/// An embedding that was not asked for is empty, and no vector is.
fn hits(results: Vec<proto::SearchResult>) -> VectorHits {
    let hit = |result: proto::SearchResult| VectorHit {
        id: result.id,
        distance: result.distance,
        score: result.score,
        embedding: (!result.embedding.is_empty()).then_some(Embedding(result.embedding)),
    };
    VectorHits { hits: results.into_iter().map(hit).collect() }
}

impl Rpc for CreateIndex {
    type Ask = proto::CreateIndexRequest;
    type Answer = proto::CreateIndexResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let CreateIndex { index, dimension, metric } = operation;
        proto::CreateIndexRequest {
            name: index.into_string(),
            dimension,
            config: None,
            metric: metric_number(metric),
            namespace: namespace.to_owned(),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let metric = metric(ask.metric)?;
        Ok((ask.namespace, CreateIndex { index: ask.name.into(), dimension: ask.dimension, metric }))
    }

    fn answer(_: &str, reply: IndexInfo) -> Self::Answer {
        proto::CreateIndexResponse { success: true, info: Some(info_message(reply)), ..Default::default() }
    }

    fn read_answer(answer: Self::Answer) -> Result<IndexInfo> {
        info(required(answer.info, "index")?)
    }
}

impl Rpc for ListIndexes {
    type Ask = proto::ListIndexesRequest;
    type Answer = proto::ListIndexesResponse;

    fn ask(namespace: &str, _: Self) -> Self::Ask {
        proto::ListIndexesRequest { namespace: namespace.to_owned() }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((ask.namespace, ListIndexes {}))
    }

    fn answer(_: &str, reply: IndexList) -> Self::Answer {
        proto::ListIndexesResponse { indexes: reply.indexes.into_iter().map(info_message).collect() }
    }

    fn read_answer(answer: Self::Answer) -> Result<IndexList> {
        Ok(IndexList { indexes: answer.indexes.into_iter().map(info).collect::<Result<_>>()? })
    }
}

impl Rpc for DescribeIndex {
    type Ask = proto::DescribeIndexRequest;
    type Answer = proto::DescribeIndexResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        proto::DescribeIndexRequest { namespace: namespace.to_owned(), index_name: operation.index.into_string() }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((ask.namespace, DescribeIndex { index: ask.index_name.into() }))
    }

    fn answer(_: &str, reply: IndexInfo) -> Self::Answer {
        proto::DescribeIndexResponse { info: Some(info_message(reply)), ..Default::default() }
    }

    fn read_answer(answer: Self::Answer) -> Result<IndexInfo> {
        info(required(answer.info, "index")?)
    }
}

impl Rpc for DropIndex {
    type Ask = proto::DropIndexRequest;
    type Answer = proto::DropIndexResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        proto::DropIndexRequest { name: operation.index.into_string(), namespace: namespace.to_owned() }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((ask.namespace, DropIndex { index: ask.name.into() }))
    }

    fn answer(_: &str, reply: Deleted) -> Self::Answer {
        let existed = reply.deleted > 0;
        proto::DropIndexResponse {
            success: existed,
            error: if existed { String::new() } else { "there is no such index".to_owned() },
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

impl Rpc for InsertVectors {
    type Ask = proto::InsertBatchRequest;
    type Answer = proto::InsertBatchResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let InsertVectors { index, ids, vectors, durability } = operation;
        proto::InsertBatchRequest {
            index_name: index.into_string(),
            ids: ids.0,
            vectors: vectors.0,
            namespace: namespace.to_owned(),
            durability: durability_number(durability),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = InsertVectors {
            index: ask.index_name.into(),
            ids: IdBatch(ask.ids),
            vectors: EmbeddingBatch(ask.vectors),
            durability: durability(ask.durability)?,
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: Inserted) -> Self::Answer {
        proto::InsertBatchResponse {
            inserted_count: u32::try_from(reply.inserted).unwrap_or(u32::MAX),
            commit_seq: reply.commit_seq.0,
            durability: durability_number(reply.durability),
            ..Default::default()
        }
    }

    fn read_answer(answer: Self::Answer) -> Result<Inserted> {
        Ok(Inserted {
            inserted: answer.inserted_count.into(),
            commit_seq: CommitSeq(answer.commit_seq),
            durability: durability(answer.durability)?,
        })
    }
}

impl Rpc for GetVectors {
    type Ask = proto::GetVectorsRequest;
    type Answer = proto::GetVectorsResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let GetVectors { index, ids, snapshot } = operation;
        let index_name = index.into_string();
        proto::GetVectorsRequest { namespace: namespace.to_owned(), index_name, ids, snapshot: seq(snapshot) }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let snapshot = snapshot(ask.snapshot);
        Ok((ask.namespace, GetVectors { index: ask.index_name.into(), ids: ask.ids, snapshot }))
    }

    fn answer(_: &str, reply: Vectors) -> Self::Answer {
        let vector = |vector: Option<Embedding>| proto::MaybeVector {
            found: vector.is_some(),
            vector: vector.map_or_else(Vec::new, |vector| vector.0),
        };
        proto::GetVectorsResponse { vectors: reply.vectors.into_iter().map(vector).collect() }
    }

    fn read_answer(answer: Self::Answer) -> Result<Vectors> {
        let vector = |maybe: proto::MaybeVector| maybe.found.then_some(Embedding(maybe.vector));
        Ok(Vectors { vectors: answer.vectors.into_iter().map(vector).collect() })
    }
}

impl Rpc for DeleteVectors {
    type Ask = proto::DeleteVectorsRequest;
    type Answer = proto::DeleteVectorsResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let DeleteVectors { index, ids, durability } = operation;
        proto::DeleteVectorsRequest {
            namespace: namespace.to_owned(),
            index_name: index.into_string(),
            ids,
            durability: durability_number(durability),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let durability = durability(ask.durability)?;
        Ok((ask.namespace, DeleteVectors { index: ask.index_name.into(), ids: ask.ids, durability }))
    }

    fn answer(_: &str, reply: Deleted) -> Self::Answer {
        let durability = durability_number(reply.durability);
        proto::DeleteVectorsResponse { deleted: reply.deleted, commit_seq: reply.commit_seq.0, durability }
    }

    fn read_answer(answer: Self::Answer) -> Result<Deleted> {
        deleted(answer.deleted, answer.commit_seq, answer.durability)
    }
}

impl Rpc for CountVectors {
    type Ask = proto::CountVectorsRequest;
    type Answer = proto::CountVectorsResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        proto::CountVectorsRequest { namespace: namespace.to_owned(), index_name: operation.index.into_string() }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((ask.namespace, CountVectors { index: ask.index_name.into() }))
    }

    fn answer(_: &str, reply: Counted) -> Self::Answer {
        proto::CountVectorsResponse { count: reply.count }
    }

    fn read_answer(answer: Self::Answer) -> Result<Counted> {
        Ok(Counted { count: answer.count })
    }
}

impl Rpc for SearchVectors {
    type Ask = proto::SearchRequest;
    type Answer = proto::SearchResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let SearchVectors { index, query, k, ef, include_embedding, offset, threshold, snapshot } = operation;
        proto::SearchRequest {
            index_name: index.into_string(),
            query: query.0,
            k: k.unwrap_or(0),
            ef: ef.unwrap_or(0),
            namespace: namespace.to_owned(),
            include_embedding,
            offset,
            threshold,
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = SearchVectors {
            index: ask.index_name.into(),
            query: Embedding(ask.query),
            k: non_zero(ask.k),
            ef: non_zero(ask.ef),
            include_embedding: ask.include_embedding,
            offset: ask.offset,
            threshold: ask.threshold,
            snapshot: snapshot(ask.snapshot),
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: VectorHits) -> Self::Answer {
        proto::SearchResponse { results: hits_message(reply), ..Default::default() }
    }

    fn read_answer(answer: Self::Answer) -> Result<VectorHits> {
        Ok(hits(answer.results))
    }
}

impl Rpc for SearchBatchVectors {
    type Ask = proto::SearchBatchRequest;
    type Answer = proto::SearchBatchResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let SearchBatchVectors { index, queries, k, ef, include_embedding, offset, threshold, snapshot } = operation;
        proto::SearchBatchRequest {
            index_name: index.into_string(),
            queries: queries.0,
            num_queries: 0,
            k: k.unwrap_or(0),
            ef: ef.unwrap_or(0),
            namespace: namespace.to_owned(),
            include_embedding,
            offset,
            threshold,
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = SearchBatchVectors {
            index: ask.index_name.into(),
            queries: EmbeddingBatch(ask.queries),
            k: non_zero(ask.k),
            ef: non_zero(ask.ef),
            include_embedding: ask.include_embedding,
            offset: ask.offset,
            threshold: ask.threshold,
            snapshot: snapshot(ask.snapshot),
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: VectorHitsBatch) -> Self::Answer {
        let one = |hits: VectorHits| proto::QueryResults { results: hits_message(hits) };
        proto::SearchBatchResponse { results: reply.results.into_iter().map(one).collect(), duration_us: 0 }
    }

    fn read_answer(answer: Self::Answer) -> Result<VectorHitsBatch> {
        let results = answer.results.into_iter().map(|one| hits(one.results)).collect();
        Ok(VectorHitsBatch { results })
    }
}
