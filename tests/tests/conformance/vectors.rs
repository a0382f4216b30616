//! Bare vector indexes: u64 ids and vectors.

use toondb_engine::api::{
    CommitSeq, CountVectors, CreateIndex, DeleteVectors, DescribeIndex, DropIndex, Durability, Embedding,
    EmbeddingBatch, ErrorCode, GetVectors, IdBatch, InsertVectors, ListCollections, ListIndexes, Metric,
    NamespaceStatsRequest, SearchBatchVectors, SearchVectors, VectorHit,
};
use toondb_tests::Script;
use toondb_tests::requests::{add_documents, create_collection, document};

fn create(name: &str, dimension: u32, metric: Metric) -> CreateIndex {
    CreateIndex { index: name.into(), dimension, metric }
}

fn insert(ids: &[u64], numbers: &[f32]) -> InsertVectors {
    InsertVectors {
        index: "v".into(),
        ids: IdBatch(ids.to_vec()),
        vectors: EmbeddingBatch(numbers.to_vec()),
        durability: Durability::Durable,
    }
}

fn search(query: &[f32], k: u32) -> SearchVectors {
    SearchVectors {
        index: "v".into(),
        query: Embedding(query.to_vec()),
        k: Some(k),
        ef: None,
        include_embedding: false,
        snapshot: None,
        ..SearchVectors::default()
    }
}

fn ids(hits: &[VectorHit]) -> Vec<u64> {
    hits.iter().map(|hit| hit.id).collect()
}

fn count(s: &mut Script) -> u64 {
    s.ok("default", CountVectors { index: "v".into() }).count
}

fn life_of_an_index(s: &mut Script) {
    assert!(s.ok("default", create("v", 2, Metric::Euclidean)).created);
    assert!(!s.ok("default", create("v", 2, Metric::Euclidean)).created);
    s.fails(ErrorCode::AlreadyExists, "default", create("v", 3, Metric::Euclidean));
    s.fails(ErrorCode::AlreadyExists, "default", create_collection("v", 2, Metric::Euclidean));
    s.ok("default", create_collection("c", 2, Metric::Euclidean));
    s.fails(ErrorCode::AlreadyExists, "default", create("c", 2, Metric::Euclidean));
    s.fails(ErrorCode::CollectionNotFound, "default", DescribeIndex { index: "c".into() });
    s.fails(ErrorCode::CollectionNotFound, "default", add_documents("v", vec![document("d", &[1.0, 0.0])]));
    s.ok("default", create("a", 1, Metric::Dot));
    let list = s.ok("default", ListIndexes {}).indexes;
    assert_eq!(list.iter().map(|info| info.name.as_str()).collect::<Vec<_>>(), ["a", "v"]);
    assert_eq!(s.ok("default", ListCollections {}).collections.len(), 1, "the two kinds are listed apart");
    s.reopen();
    let info = s.ok("default", DescribeIndex { index: "v".into() });
    assert_eq!((info.dimension, info.metric, info.count), (2, Metric::Euclidean, 0));
    s.expect_housekeeping();
    s.ok("default", insert(&[1], &[1.0, 0.0]));
    assert_eq!(s.ok("default", DropIndex { index: "v".into() }).deleted, 1);
    assert_eq!(s.ok("default", DropIndex { index: "v".into() }).deleted, 0);
    s.fails(ErrorCode::CollectionNotFound, "default", search(&[1.0, 0.0], 1));
    assert_eq!(s.ok("default", NamespaceStatsRequest {}).vectors, 0);
    s.ok("default", create("v", 2, Metric::Euclidean));
    assert!(s.ok("default", search(&[1.0, 0.0], 1)).hits.is_empty(), "nothing of the dropped one comes back");
}

fn insert_get_delete(s: &mut Script) {
    s.ok("default", create("v", 2, Metric::Euclidean));
    let inserted = s.ok("default", insert(&[7, u64::MAX, 0], &[1.0, 0.0, 2.0, 0.0, 3.0, 0.0]));
    assert_eq!((inserted.inserted, inserted.commit_seq, inserted.durability), (3, CommitSeq(2), Durability::Durable));
    let get = |ids: &[u64]| GetVectors { index: "v".into(), ids: ids.to_vec(), snapshot: None };
    let vectors = s.ok("default", get(&[u64::MAX, 5, 7])).vectors;
    assert_eq!(vectors, [Some(Embedding(vec![2.0, 0.0])), None, Some(Embedding(vec![1.0, 0.0]))]);
    s.ok("default", insert(&[7, 7], &[5.0, 5.0, 6.0, 6.0]));
    assert_eq!(s.ok("default", get(&[7])).vectors, [Some(Embedding(vec![6.0, 6.0]))]);
    assert_eq!(count(s), 3);
    let delete = |ids: &[u64]| DeleteVectors { index: "v".into(), ids: ids.to_vec(), durability: Durability::Durable };
    assert_eq!(s.ok("default", delete(&[0, 1, 0])).deleted, 1);
    assert_eq!(count(s), 2);
    s.lose_power();
    assert_eq!(ids(&s.ok("default", search(&[0.0, 0.0], 10)).hits), [u64::MAX, 7]);
    assert_eq!(s.ok("default", get(&[7, 0])).vectors, [Some(Embedding(vec![6.0, 6.0])), None]);
}

fn searches(s: &mut Script) {
    s.ok("default", create("v", 2, Metric::Cosine));
    // Ids above 255 and above 2^32 order as numbers, not as texts.
    let all = [300, 2, 1 << 40, 255, 256];
    s.ok("default", insert(&all, &[1.0, 0.0].repeat(5)));
    let hits = s.ok("default", search(&[3.0, 0.0], 10)).hits;
    assert_eq!(ids(&hits), [2, 255, 256, 300, 1 << 40], "ties break by id");
    assert!(hits.iter().all(|hit| hit.distance == 0.0 && hit.score == 1.0 && hit.embedding.is_none()));
    let with = s.ok("default", SearchVectors { include_embedding: true, ..search(&[3.0, 0.0], 1) }).hits;
    assert_eq!(with[0].embedding, Some(Embedding(vec![1.0, 0.0])));
    s.ok("default", insert(&[9], &[-1.0, 0.0]));
    let batch = SearchBatchVectors {
        index: "v".into(),
        queries: EmbeddingBatch(vec![1.0, 0.0, -1.0, 0.0]),
        k: Some(2),
        ef: None,
        include_embedding: false,
        snapshot: None,
        ..SearchBatchVectors::default()
    };
    let results = s.ok("default", batch).results;
    assert_eq!([ids(&results[0].hits), ids(&results[1].hits)], [[2, 255], [9, 2]]);
    assert_eq!(results[1].hits[1].distance, 2.0);
}

fn refusals(s: &mut Script) {
    s.ok("default", create("v", 2, Metric::Cosine));
    s.ok("default", insert(&[1], &[1.0, 0.0]));
    for (ids, numbers) in [
        (&[1, 2][..], &[1.0, 0.0][..]),
        (&[1], &[1.0, 0.0, 1.0, 0.0]),
        (&[1], &[1.0]),
        (&[], &[1.0, 0.0]),
        (&[1, 2, 3], &[0.0, 1.0, f32::NAN, 1.0, 0.0, 1.0]),
        (&[1, 2, 3], &[0.0, 1.0, 0.0, 0.0, 0.0, 1.0]),
        (&[1, 2], &[0.0, 1.0, f32::INFINITY, 0.0]),
    ] {
        s.fails(ErrorCode::InvalidArgument, "default", insert(ids, numbers));
    }
    assert_eq!(count(s), 1);
    assert_eq!(s.ok("default", search(&[1.0, 0.0], 5)).hits[0].distance, 0.0, "id 1 is as it was");
    s.fails(ErrorCode::InvalidArgument, "default", search(&[1.0], 1));
    s.fails(ErrorCode::CollectionNotFound, "default", CountVectors { index: "x".into() });
    s.fails(ErrorCode::CollectionNotFound, "default", InsertVectors { index: "x".into(), ..insert(&[1], &[1.0, 0.0]) });
}

scenarios!(life_of_an_index, insert_get_delete, searches, refusals);
