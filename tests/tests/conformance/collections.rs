//! Collections of documents: what goes in comes out, all or none, and the nearest first.

use toondb_engine::api::{
    CommitSeq, CountDocuments, CreateCollection, DeleteDocuments, DescribeCollection, Document, DropCollection,
    Durability, Embedding, EmbeddingBatch, ErrorCode, GetDocuments, ListCollections, Metric, NamespaceStatsRequest,
    Properties, SearchBatchCollection, SearchCollection, Value,
};
use toondb_tests::requests::{add_documents, create_collection, document, document_with, get_documents, map, search};
use toondb_tests::{Script, exact_distance};

fn count(s: &mut Script, collection: &str) -> u64 {
    s.ok("default", CountDocuments { collection: collection.into(), ..CountDocuments::default() }).count
}

fn ids(hits: &[toondb_engine::api::DocumentHit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.document.id.as_ref().unwrap().as_str()).collect()
}

fn create_describe_list_drop(s: &mut Script) {
    let metadata = Properties::new().with("about", "birds");
    let create = CreateCollection { metadata: metadata.clone(), ..create_collection("b", 3, Metric::Euclidean) };
    let info = s.ok("default", create.clone());
    assert!(info.created);
    assert_eq!((info.dimension, info.metric, &info.metadata, info.count), (3, Metric::Euclidean, &metadata, 0));
    assert!(!s.ok("default", create.clone()).created, "creating it again changes nothing");
    s.fails(ErrorCode::AlreadyExists, "default", CreateCollection { dimension: 4, ..create.clone() });
    s.fails(ErrorCode::AlreadyExists, "default", CreateCollection { metric: Metric::Dot, ..create });
    s.ok("default", create_collection("a", 2, Metric::Cosine));
    let list = s.ok("default", ListCollections {}).collections;
    assert_eq!(list.iter().map(|info| info.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    s.reopen();
    let described = s.ok("default", DescribeCollection { collection: "b".into() });
    assert_eq!((described.dimension, described.metric, &described.metadata), (3, Metric::Euclidean, &metadata));
    s.fails(ErrorCode::CollectionNotFound, "default", DescribeCollection { collection: "x".into() });
    s.expect_housekeeping();
    assert_eq!(s.ok("default", DropCollection { collection: "b".into() }).deleted, 1);
    assert_eq!(s.ok("default", DropCollection { collection: "b".into() }).deleted, 0);
    s.fails(ErrorCode::CollectionNotFound, "default", DescribeCollection { collection: "b".into() });
    assert_eq!(s.ok("default", ListCollections {}).collections.len(), 1);
    assert!(s.ok("default", create_collection("b", 5, Metric::Dot)).created, "a dropped name is free");
}

fn documents_come_back_as_given(s: &mut Script) {
    s.ok("default", create_collection("c", 3, Metric::Cosine));
    let fields = Properties::new()
        .with("text", "ä\u{0}\u{10ffff}")
        .with("int", i64::MIN)
        .with("float", Value::Float(-0.0))
        .with("whole", Value::Float(1.0))
        .with("yes", Value::Bool(true))
        .with("nothing", Value::Null)
        .with("bytes", Value::Bytes(vec![0, 255]))
        .with("list", Value::List(vec![Value::Int(1), "two".into(), Value::List(vec![])]))
        .with("map", map([("a", Value::Int(1)), ("b", map([]))]));
    let embedding = [0.1, -2.5e-30, 3.0e30];
    let given = document_with("d", &embedding, fields);
    let added = s.ok("default", add_documents("c", vec![given.clone()]));
    assert_eq!((added.ids[0].as_str(), added.commit_seq, added.durability), ("d", CommitSeq(2), Durability::Durable));
    for round in 0..3 {
        let found = s.ok("default", get_documents("c", &["x", "d", "d"])).documents;
        assert_eq!(found[0], None);
        assert_eq!(format!("{:?}", found[1].as_ref().unwrap()), format!("{given:?}"), "round {round}");
        assert_eq!(found[1], found[2]);
        if round == 0 { s.reopen() } else { s.lose_power() }
    }
    let bare = s.ok("default", GetDocuments { include_embedding: false, ..get_documents("c", &["d"]) }).documents;
    assert_eq!(bare[0].as_ref().unwrap().embedding, None, "embeddings come only when asked for");
}

fn ids_are_made_where_none_is_given(s: &mut Script) {
    s.ok("default", create_collection("c", 1, Metric::Dot));
    let nameless = || Document { id: None, ..document("", &[1.0]) };
    let added = s.unrecorded("default", add_documents("c", vec![nameless(), document("given", &[1.0]), nameless()]));
    assert_eq!(added.ids[1].as_str(), "given");
    let made = [added.ids[0].as_str(), added.ids[2].as_str()];
    assert!(made.iter().all(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit())), "{made:?}");
    assert_ne!(made[0], made[1]);
    assert_eq!(count(s, "c"), 3);
}

fn upsert_replaces(s: &mut Script) {
    s.ok("default", create_collection("c", 2, Metric::Cosine));
    s.ok("default", add_documents("c", vec![document("a", &[1.0, 0.0]), document("b", &[0.0, 1.0])]));
    let new = Document { content: "new".to_owned(), ..document("a", &[0.0, 2.0]) };
    s.ok("default", add_documents("c", vec![document("a", &[1.0, 1.0]), new.clone()]));
    assert_eq!(count(s, "c"), 2);
    let found = s.ok("default", get_documents("c", &["a"])).documents.remove(0).unwrap();
    assert_eq!(found, new, "an id given twice takes its last document");
    let hits = s.ok("default", search("c", &[0.0, 1.0], 10)).hits;
    assert_eq!(ids(&hits), ["a", "b"]);
    let hits = s.ok("default", search("c", &[1.0, 0.0], 10)).hits;
    assert_eq!(hits[0].distance, 1.0, "the old vector is gone");
    assert_eq!(s.ok("default", NamespaceStatsRequest {}).vectors, 2);
}

fn a_bad_document_refuses_the_batch(s: &mut Script) {
    s.ok("default", create_collection("c", 2, Metric::Cosine));
    s.ok("default", add_documents("c", vec![document("old", &[1.0, 0.0])]));
    let before = s.ok("default", NamespaceStatsRequest {});
    let bad: [&[f32]; 6] =
        [&[1.0], &[1.0, 2.0, 3.0], &[f32::NAN, 1.0], &[1.0, f32::INFINITY], &[1.0, f32::NEG_INFINITY], &[0.0, -0.0]];
    for bad in bad {
        for place in 0..3 {
            let mut documents =
                vec![document("old", &[0.0, 1.0]), document("n1", &[1.0, 0.0]), document("n2", &[1.0, 0.0])];
            documents[place].embedding = Some(Embedding(bad.to_vec()));
            s.fails(ErrorCode::InvalidArgument, "default", add_documents("c", documents));
        }
    }
    s.fails(ErrorCode::CollectionNotFound, "default", add_documents("x", vec![document("n1", &[1.0])]));
    assert_eq!(count(s, "c"), 1);
    let hits = s.ok("default", search("c", &[1.0, 0.0], 10)).hits;
    assert_eq!((ids(&hits), hits[0].distance), (vec!["old"], 0.0), "nothing of a refused batch is there");
    let after = s.ok("default", NamespaceStatsRequest {});
    assert_eq!((after.commit_seq, after.live_bytes), (before.commit_seq, before.live_bytes));
}

fn bad_queries_are_refused(s: &mut Script) {
    s.ok("default", create_collection("c", 2, Metric::Cosine));
    s.ok("default", add_documents("c", vec![document("a", &[1.0, 0.0])]));
    for bad in [&[][..], &[1.0], &[1.0, 0.0, 0.0], &[f32::NAN, 0.0], &[f32::INFINITY, 0.0], &[0.0, 0.0]] {
        s.fails(ErrorCode::InvalidArgument, "default", search("c", bad, 1));
    }
    s.fails(ErrorCode::CollectionNotFound, "default", search("x", &[1.0, 0.0], 1));
    s.ok("default", create_collection("d", 2, Metric::Dot));
    s.ok("default", add_documents("d", vec![document("zero", &[0.0, 0.0])]));
    assert_eq!(s.ok("default", search("d", &[0.0, 0.0], 1)).hits[0].distance, 0.0, "only cosine needs a direction");
}

fn distances_and_scores_of_every_metric(s: &mut Script) {
    let vectors: [(&str, [f32; 2]); 5] =
        [("e", [3.0, 4.0]), ("x", [1.0, 0.0]), ("y", [0.0, 2.0]), ("z", [-1.0, 0.0]), ("w", [0.5, 0.5])];
    let query = [2.0, 1.0];
    for (name, metric) in [("cos", Metric::Cosine), ("l2", Metric::Euclidean), ("dot", Metric::Dot)] {
        s.ok("default", create_collection(name, 2, metric));
        s.ok("default", add_documents(name, vectors.iter().map(|(id, vector)| document(id, vector)).collect()));
        let hits = s.ok("default", search(name, &query, 10)).hits;
        assert_eq!(hits.len(), 5);
        assert!(hits.windows(2).all(|pair| pair[0].distance <= pair[1].distance && pair[0].score >= pair[1].score));
        for hit in &hits {
            let id = hit.document.id.as_ref().unwrap().as_str();
            let (_, vector) = vectors.iter().find(|(other, _)| *other == id).unwrap();
            let distance = exact_distance(metric, &query, vector);
            let score = match metric {
                Metric::Cosine => 1.0 - distance,
                Metric::Euclidean => 1.0 / (1.0 + distance),
                Metric::Dot => -distance,
            };
            assert!((hit.distance - distance).abs() < 1e-6 && (hit.score - score).abs() < 1e-6, "{name} {id}: {hit:?}");
        }
    }
    let nearest = |s: &mut Script, name| ids(&s.ok("default", search(name, &query, 1)).hits)[0].to_owned();
    assert_eq!([nearest(s, "cos"), nearest(s, "l2"), nearest(s, "dot")], ["w", "x", "e"]);
}

fn ties_break_by_id(s: &mut Script) {
    s.ok("default", create_collection("c", 2, Metric::Cosine));
    // Under cosine, vectors that differ by a factor are the same.
    let documents = ["m", "b", "z", "a", "k"].iter().zip(1..).map(|(id, i)| document(id, &[i as f32, 0.0])).collect();
    s.ok("default", add_documents("c", documents));
    assert_eq!(ids(&s.ok("default", search("c", &[1.0, 0.0], 10)).hits), ["a", "b", "k", "m", "z"]);
    assert_eq!(ids(&s.ok("default", search("c", &[1.0, 0.0], 2)).hits), ["a", "b"]);
    s.reopen();
    assert_eq!(ids(&s.ok("default", search("c", &[1.0, 0.0], 3)).hits), ["a", "b", "k"]);
}

fn search_batch_is_many_searches(s: &mut Script) {
    s.ok("default", create_collection("c", 2, Metric::Euclidean));
    s.ok("default", add_documents("c", (0..6).map(|i| document(&i.to_string(), &[i as f32, 0.0])).collect()));
    let queries = [[0.0_f32, 0.0], [5.0, 0.0], [2.0, 1.0]];
    let batch = SearchBatchCollection {
        collection: "c".into(),
        queries: EmbeddingBatch(queries.concat()),
        k: Some(3),
        ef: None,
        filter: None,
        include_embedding: true,
        snapshot: None,
        ..SearchBatchCollection::default()
    };
    let results = s.ok("default", batch.clone()).results;
    for (query, result) in queries.iter().zip(&results) {
        let alone = s.ok("default", SearchCollection { include_embedding: true, ..search("c", query, 3) });
        assert_eq!(&alone, result);
        assert!(alone.hits.iter().all(|hit| hit.document.embedding.is_some()));
    }
    assert_eq!(results.len(), 3);
    s.fails(
        ErrorCode::InvalidArgument,
        "default",
        SearchBatchCollection { queries: EmbeddingBatch(vec![1.0; 3]), ..batch },
    );
}

fn default_k_and_fewer_rows(s: &mut Script) {
    s.ok("default", create_collection("c", 1, Metric::Euclidean));
    assert!(s.ok("default", search("c", &[1.0], 5)).hits.is_empty());
    s.ok("default", add_documents("c", (0..12).map(|i| document(&format!("{i:02}"), &[i as f32])).collect()));
    assert_eq!(s.ok("default", SearchCollection { k: None, ..search("c", &[0.0], 1) }).hits.len(), 10);
    assert_eq!(s.ok("default", search("c", &[0.0], 100)).hits.len(), 12);
}

fn delete_by_id(s: &mut Script) {
    s.ok("default", create_collection("c", 1, Metric::Euclidean));
    s.ok("default", add_documents("c", (0..5).map(|i| document(&i.to_string(), &[i as f32])).collect()));
    let delete = |ids: &[&str]| DeleteDocuments {
        collection: "c".into(),
        ids: ids.iter().map(|id| (*id).into()).collect(),
        durability: Durability::Durable,
        ..Default::default()
    };
    assert_eq!(s.ok("default", delete(&["1", "x", "3", "1"])).deleted, 2);
    let nothing = s.ok("default", delete(&["1", "x"]));
    assert_eq!((nothing.deleted, nothing.commit_seq), (0, CommitSeq(3)));
    assert_eq!(ids(&s.ok("default", search("c", &[0.0], 10)).hits), ["0", "2", "4"]);
    assert_eq!(s.ok("default", get_documents("c", &["1"])).documents, [None]);
    s.lose_power();
    assert_eq!(ids(&s.ok("default", search("c", &[0.0], 10)).hits), ["0", "2", "4"]);
    s.ok("default", add_documents("c", vec![document("1", &[9.0])]));
    assert_eq!(ids(&s.ok("default", search("c", &[9.0], 1)).hits), ["1"], "a deleted id can come back");
    assert_eq!(count(s, "c"), 4);
}

scenarios!(
    create_describe_list_drop,
    documents_come_back_as_given,
    ids_are_made_where_none_is_given,
    upsert_replaces,
    a_bad_document_refuses_the_batch,
    bad_queries_are_refused,
    distances_and_scores_of_every_metric,
    ties_break_by_id,
    search_batch_is_many_searches,
    default_k_and_fewer_rows,
    delete_by_id,
);
