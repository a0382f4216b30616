//! Clients of the original contract: every added field is unset, as it is where nobody knows of it. Keys, collections,
//! bare indexes, and what fails.

use tonic::{Code, Status};
use toondb_engine::api::{
    AddDocuments, ByteBuf, CountVectors, CreateCollection, DescribeIndex, Document, Durability, Embedding, ErrorCode,
    Get, Metric, Properties, Put, Value,
};
use toondb_grpc::proto::*;
use toondb_ipc::{BlockingClient, ClientOptions};

use crate::harness::{Peer, World, code_of};

fn put(peer: &Peer, namespace: &str, key: &str, value: &str) {
    let ask = KvPutRequest { namespace: namespace.into(), key: key.into(), value: value.into(), ..Default::default() };
    let answer: KvPutResponse = peer.ask("KvService/Put", ask).unwrap();
    assert!(answer.success && answer.error.is_empty(), "{answer:?}");
}

fn get(peer: &Peer, namespace: &str, key: &str) -> KvGetResponse {
    let ask = KvGetRequest { namespace: namespace.into(), key: key.into(), snapshot: None };
    peer.ask("KvService/Get", ask).unwrap()
}

fn scan(peer: &Peer, prefix: &str, limit: Option<u32>) -> Vec<KvScanResponse> {
    let ask = KvScanRequest { prefix: Some(prefix.into()), limit, ..Default::default() };
    peer.wait(async {
        let mut stream = peer.stream::<_, KvScanResponse>("KvService/Scan", ask).await.unwrap();
        let mut all = Vec::new();
        while let Some(entry) = stream.message().await.unwrap() {
            all.push(entry);
        }
        all
    })
}

/// The old contract says so, and it alone: elsewhere an empty name would mix tenants whose ids were lost on the way.
#[test]
fn no_namespace_is_default_over_grpc_and_refused_on_the_socket() {
    let world = World::new();
    let peer = world.peer();
    put(&peer, "", "k", "over gRPC");
    assert_eq!(get(&peer, "default", "k").value, b"over gRPC");
    let socket = world.dir.join("s");
    let server = toondb_ipc::Server::bind(
        &socket,
        toondb_ipc::ServerOptions::default(),
        std::sync::Arc::new(world.engine.clone()),
    )
    .unwrap();
    let ipc = BlockingClient::connect(&socket, ClientOptions::default()).unwrap();
    let read = || Get { key: ByteBuf::from(b"k".to_vec()), snapshot: None };
    for found in [ipc.call_op("default", read()).unwrap().found, world.embedded("default", read()).unwrap().found] {
        assert_eq!(found.unwrap().value.into_vec(), b"over gRPC");
    }
    let value = ByteBuf::from(b"over the socket".to_vec());
    let write = Put { key: ByteBuf::from(b"k".to_vec()), value, ttl_ms: None, durability: Durability::Durable };
    let refused = ipc.call_op("", write.clone()).unwrap_err();
    assert_eq!(refused.code, ErrorCode::InvalidArgument);
    ipc.call_op("default", write).unwrap();
    assert_eq!(get(&peer, "", "k").value, b"over the socket");
    drop(ipc);
    assert!(server.shutdown());
    world.finish();
}

#[test]
fn a_key_that_is_not_there_is_an_answer_and_no_failure() {
    let world = World::new();
    let peer = world.peer();
    let answer = get(&peer, "", "nothing");
    assert!(!answer.found && answer.value.is_empty() && !answer.error.is_empty(), "{answer:?}");
    let delete = |key: &str| KvDeleteRequest { key: key.into(), ..Default::default() };
    let answer: KvDeleteResponse = peer.ask("KvService/Delete", delete("nothing")).unwrap();
    assert!(answer.success && answer.error.is_empty(), "{answer:?}");
    put(&peer, "", "k", "v");
    let answer: KvDeleteResponse = peer.ask("KvService/Delete", delete("k")).unwrap();
    assert!(answer.success && !get(&peer, "", "k").found);
    let ask = KvBatchGetRequest { keys: vec![b"a".to_vec(), b"b".to_vec()], ..Default::default() };
    put(&peer, "", "b", "2");
    let answer: KvBatchGetResponse = peer.ask("KvService/BatchGet", ask).unwrap();
    let seen: Vec<_> = answer.entries.iter().map(|entry| (&entry.key[..], &entry.value[..], entry.found)).collect();
    assert_eq!(seen, [(&b"a"[..], &b""[..], false), (b"b", b"2", true)]);
    world.finish();
}

#[test]
fn ttl_seconds_end_a_key() {
    let world = World::new();
    let peer = world.peer();
    let ask = KvPutRequest { key: b"k".to_vec(), value: b"v".to_vec(), ttl_seconds: 5, ..Default::default() };
    let _: KvPutResponse = peer.ask("KvService/Put", ask).unwrap();
    world.clock.advance_ms(4_999);
    assert!(get(&peer, "", "k").found);
    world.clock.advance_ms(1);
    assert!(!get(&peer, "", "k").found);
    world.finish();
}

#[test]
fn batch_put_is_all_or_nothing_and_scan_streams_all_in_order() {
    let world = World::new();
    let peer = world.peer();
    let entry = |key: String| KvPutEntry { value: key.clone().into(), key: key.into(), ..Default::default() };
    let entries: Vec<KvPutEntry> = (0..25_000).map(|i| entry(format!("k/{i:05}"))).collect();
    let ask = KvBatchPutRequest { entries, ..Default::default() };
    let answer: KvBatchPutResponse = peer.ask("KvService/BatchPut", ask).unwrap();
    assert_eq!((answer.success_count, answer.error.as_str()), (25_000, ""));
    put(&peer, "", "j", "before");
    put(&peer, "", "l", "after");
    for limit in [None, Some(0)] {
        let all = scan(&peer, "k/", limit);
        assert!(all.len() == 25_000 && all.is_sorted_by(|a, b| a.key < b.key));
        assert!(all.iter().all(|entry| entry.key == entry.value));
    }
    assert_eq!(scan(&peer, "", None).len(), 25_002);
    for limit in [1, 9_999, 10_000, 10_001, 20_000, 24_999, 25_000, 25_001] {
        assert_eq!(scan(&peer, "k/", Some(limit)).len(), 25_000.min(limit as usize), "limit {limit}");
    }
    assert!(scan(&peer, "nothing", None).is_empty());

    let bad = vec![entry("new".into()), KvPutEntry::default()];
    let ask = KvBatchPutRequest { entries: bad, ..Default::default() };
    let answer: Result<KvBatchPutResponse, Status> = peer.ask("KvService/BatchPut", ask);
    assert_eq!(code_of(answer), (Code::InvalidArgument, ErrorCode::InvalidArgument));
    assert!(!get(&peer, "", "new").found, "a batch that is refused leaves nothing");
    world.finish();
}

#[test]
fn an_index_without_a_namespace_and_with_defaults() {
    let world = World::new();
    let peer = world.peer();
    let ask = CreateIndexRequest { name: "i".into(), dimension: 2, ..Default::default() };
    let answer: CreateIndexResponse = peer.ask("VectorIndexService/CreateIndex", ask).unwrap();
    assert!(answer.success && answer.error.is_empty());
    let info = answer.info.unwrap();
    assert_eq!((info.name.as_str(), info.dimension, info.metric()), ("i", 2, DistanceMetric::Cosine));
    let lives = world.embedded("default", DescribeIndex { index: "i".into() }).unwrap();
    assert_eq!(lives.metric, Metric::Cosine);

    let ids: Vec<u64> = (0..30).collect();
    let vectors = ids.iter().flat_map(|id| [1.0, *id as f32]).collect();
    let ask = InsertBatchRequest { index_name: "i".into(), ids, vectors, ..Default::default() };
    let answer: InsertBatchResponse = peer.ask("VectorIndexService/InsertBatch", ask).unwrap();
    assert_eq!((answer.inserted_count, answer.error.as_str()), (30, ""));

    let ask = SearchRequest { index_name: "i".into(), query: vec![1.0, 0.0], ..Default::default() };
    let answer: SearchResponse = peer.ask("VectorIndexService/Search", ask).unwrap();
    let found: Vec<u64> = answer.results.iter().map(|hit| hit.id).collect();
    assert_eq!(found, (0..10).collect::<Vec<u64>>(), "k 0 is ten");
    assert!(answer.results[0].distance.abs() < 1e-6 && answer.results.is_sorted_by_key(|hit| hit.distance));
    for num_queries in [0, 2] {
        let queries = vec![1.0, 0.0, 1.0, 29.0];
        let ask = SearchBatchRequest { index_name: "i".into(), queries, num_queries, k: 1, ..Default::default() };
        let answer: SearchBatchResponse = peer.ask("VectorIndexService/SearchBatch", ask).unwrap();
        let found: Vec<u64> = answer.results.iter().map(|one| one.results[0].id).collect();
        assert_eq!(found, [0, 29]);
    }
    let ask = GetStatsRequest { index_name: "i".into(), ..Default::default() };
    let stats = peer.ask::<_, GetStatsResponse>("VectorIndexService/GetStats", ask).unwrap().stats.unwrap();
    assert_eq!((stats.num_vectors, stats.dimension), (30, 2));
    let health = |name: &str| -> HealthCheckResponse {
        let ask = HealthCheckRequest { index_name: name.into(), ..Default::default() };
        peer.ask("VectorIndexService/HealthCheck", ask).unwrap()
    };
    assert_eq!((health("").status(), health("i").indexes), (health_check_response::Status::Serving, vec!["i".into()]));
    assert_eq!(health("nothing").status(), health_check_response::Status::Unknown);
    world.finish();
}

#[test]
fn an_insert_stream_goes_into_the_index() {
    let world = World::new();
    let peer = world.peer();
    let ask = CreateIndexRequest { name: "i".into(), dimension: 3, ..Default::default() };
    let _: CreateIndexResponse = peer.ask("VectorIndexService/CreateIndex", ask).unwrap();
    let one = |id: u64| InsertStreamRequest {
        index_name: if id.is_multiple_of(2) { "i".into() } else { String::new() },
        id,
        vector: vec![id as f32, 1.0, 2.0],
        ..Default::default()
    };
    let asks = tokio_stream::iter((0..5_000).map(one));
    let answer: InsertStreamResponse = peer.wait(peer.pour("VectorIndexService/InsertStream", asks)).unwrap();
    assert_eq!((answer.total_inserted, answer.errors.len()), (5_000, 0));
    assert_eq!(world.embedded("", CountVectors { index: "i".into() }).unwrap().count, 5_000);
    let nothing = tokio_stream::empty::<InsertStreamRequest>();
    let answer: InsertStreamResponse = peer.wait(peer.pour("VectorIndexService/InsertStream", nothing)).unwrap();
    assert_eq!(answer.total_inserted, 0);
    world.finish();
}

fn texts<const N: usize>(fields: [(&str, &str); N]) -> Vec<TextEntry> {
    fields.map(|(name, text)| TextEntry::new(name, text)).into()
}

fn search(peer: &Peer, filter: Vec<TextEntry>) -> Vec<String> {
    let ask =
        SearchCollectionRequest { collection_name: "c".into(), query: vec![1.0, 0.0], filter, ..Default::default() };
    let answer: SearchCollectionResponse = peer.ask("CollectionService/SearchCollection", ask).unwrap();
    answer.results.into_iter().map(|result| result.document.unwrap().id).collect()
}

#[test]
fn text_filters_find_texts_and_what_reads_like_them() {
    let world = World::new();
    let peer = world.peer();
    let create =
        CreateCollection { collection: "c".into(), dimension: 2, metric: Metric::Cosine, metadata: Properties::new() };
    world.embedded("", create).unwrap();
    let typed = |id: &str, year: Value, draft: Value| Document {
        id: Some(id.into()),
        content: id.to_owned(),
        embedding: Some(Embedding(vec![1.0, 0.0])),
        metadata: Properties::new().with("year", year).with("draft", draft).with("rate", Value::Float(0.5)),
        ..Default::default()
    };
    let documents = vec![
        typed("int", Value::Int(2024), Value::Bool(true)),
        typed("text", "2024".into(), "true".into()),
        typed("other", Value::Int(2025), Value::Bool(false)),
    ];
    let add = AddDocuments { collection: "c".into(), documents, durability: Durability::Durable, ..Default::default() };
    world.embedded("", add).unwrap();
    assert_eq!(search(&peer, texts([("year", "2024")])), ["int", "text"]);
    assert_eq!(search(&peer, texts([("draft", "true"), ("year", "2024")])), ["int", "text"]);
    assert_eq!(search(&peer, texts([("draft", "false")])), ["other"]);
    assert_eq!(search(&peer, texts([("rate", "0.5")])).len(), 3);
    assert!(search(&peer, texts([("nothing", "x")])).is_empty());
    assert_eq!(search(&peer, texts([])).len(), 3);

    let ask = GetDocumentRequest { collection_name: "c".into(), document_id: "int".into(), ..Default::default() };
    let answer: GetDocumentResponse = peer.ask("CollectionService/GetDocument", ask).unwrap();
    let document = answer.document.unwrap();
    assert_eq!(document.metadata, texts([("year", "2024"), ("draft", "true"), ("rate", "0.5")]));
    assert_eq!((document.embedding, answer.error.as_str()), (vec![1.0, 0.0], ""));
    world.finish();
}

#[test]
fn a_collection_from_first_to_last() {
    let world = World::new();
    let peer = world.peer();
    let metadata = texts([("kind", "notes")]);
    let ask = CreateCollectionRequest { name: "c".into(), dimension: 2, metadata, ..Default::default() };
    let answer: CreateCollectionResponse = peer.ask("CollectionService/CreateCollection", ask).unwrap();
    let collection = answer.collection.unwrap();
    assert_eq!((collection.metric(), collection.metadata), (DistanceMetric::Cosine, texts([("kind", "notes")])));
    let document = |id: &str| crate::old_clients::document(id);
    let ask = AddDocumentsRequest {
        collection_name: "c".into(),
        documents: vec![document("a"), document("")],
        ..Default::default()
    };
    let answer: AddDocumentsResponse = peer.ask("CollectionService/AddDocuments", ask).unwrap();
    assert!(answer.added_count == 2 && answer.ids[0] == "a" && !answer.ids[1].is_empty(), "{answer:?}");
    let ask = GetCollectionRequest { name: "c".into(), ..Default::default() };
    let answer: GetCollectionResponse = peer.ask("CollectionService/GetCollection", ask).unwrap();
    assert_eq!(answer.collection.unwrap().document_count, 2);
    let delete =
        |id: &str| DeleteDocumentRequest { collection_name: "c".into(), document_id: id.into(), ..Default::default() };
    let answer: DeleteDocumentResponse = peer.ask("CollectionService/DeleteDocument", delete("a")).unwrap();
    assert!(answer.success && answer.error.is_empty());
    let answer: DeleteDocumentResponse = peer.ask("CollectionService/DeleteDocument", delete("a")).unwrap();
    assert!(!answer.success && !answer.error.is_empty());
    let ask = || DeleteCollectionRequest { name: "c".into(), ..Default::default() };
    let answer: DeleteCollectionResponse = peer.ask("CollectionService/DeleteCollection", ask()).unwrap();
    assert!(answer.success && answer.error.is_empty());
    let answer: DeleteCollectionResponse = peer.ask("CollectionService/DeleteCollection", ask()).unwrap();
    assert!(!answer.success && !answer.error.is_empty());
    world.finish();
}

fn document(id: &str) -> toondb_grpc::proto::Document {
    toondb_grpc::proto::Document {
        id: id.into(),
        embedding: vec![1.0, 0.0],
        content: "text".into(),
        metadata: texts([("n", "1")]),
        ..Default::default()
    }
}

/// The answer says so in `error`, and the call itself is OK.
#[test]
fn what_does_not_exist_is_said_inside_the_answer() {
    let world = World::new();
    let peer = world.peer();
    macro_rules! refused {
        ($($method:literal, $ask:expr => $answer:ident;)*) => {$({
            let answer: $answer = peer.ask($method, $ask).unwrap_or_else(|status| panic!("{}: {status:?}", $method));
            assert!(!answer.error.is_empty(), "{}: {answer:?}", $method);
        })*};
    }
    let (c, d) = (|| "nothing".to_owned(), Default::default);
    refused! {
        "CollectionService/GetCollection", GetCollectionRequest { name: c(), ..d() } => GetCollectionResponse;
        "CollectionService/DeleteCollection", DeleteCollectionRequest { name: c(), ..Default::default() }
            => DeleteCollectionResponse;
        "CollectionService/AddDocuments",
            AddDocumentsRequest { collection_name: c(), documents: vec![document("a")], ..Default::default() }
            => AddDocumentsResponse;
        "CollectionService/SearchCollection",
            SearchCollectionRequest { collection_name: c(), query: vec![1.0], ..Default::default() }
            => SearchCollectionResponse;
        "CollectionService/GetDocument",
            GetDocumentRequest { collection_name: c(), document_id: "d".into(), ..Default::default() }
            => GetDocumentResponse;
        "CollectionService/DeleteDocument",
            DeleteDocumentRequest { collection_name: c(), document_id: "d".into(), ..Default::default() }
            => DeleteDocumentResponse;
        "VectorIndexService/DropIndex", DropIndexRequest { name: c(), ..Default::default() } => DropIndexResponse;
        "VectorIndexService/InsertBatch",
            InsertBatchRequest { index_name: c(), ids: vec![1], vectors: vec![1.0], ..Default::default() }
            => InsertBatchResponse;
        "VectorIndexService/Search", SearchRequest { index_name: c(), query: vec![1.0], ..Default::default() }
            => SearchResponse;
        "VectorIndexService/GetStats", GetStatsRequest { index_name: c(), ..Default::default() } => GetStatsResponse;
        "NamespaceService/GetNamespace", GetNamespaceRequest { name: c() } => GetNamespaceResponse;
        "NamespaceService/DeleteNamespace", DeleteNamespaceRequest { name: c() } => DeleteNamespaceResponse;
        "NamespaceService/SetQuota", SetQuotaRequest { namespace: c(), quota: Some(NamespaceQuota::default()) }
            => SetQuotaResponse;
        "GraphService/GetNode", GetNodeRequest { node_id: c(), ..Default::default() } => GetNodeResponse;
        "GraphService/DeleteNode", DeleteNodeRequest { node_id: c(), ..Default::default() } => DeleteNodeResponse;
        "GraphService/DeleteEdge",
            DeleteEdgeRequest { from_id: c(), edge_type: c(), to_id: c(), ..Default::default() } => DeleteEdgeResponse;
        "GraphService/AddEdge",
            AddEdgeRequest {
                edge: Some(GraphEdge { from_id: c(), edge_type: c(), to_id: c(), ..Default::default() }),
                ..Default::default()
            } => AddEdgeResponse;
        "CheckpointService/DeleteCheckpoint",
            DeleteCheckpointRequest { checkpoint_id: format!("default/{}", "0".repeat(32)), ..Default::default() }
            => DeleteCheckpointResponse;
    }
    world.finish();
}
