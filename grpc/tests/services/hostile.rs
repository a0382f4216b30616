//! Requests that contradict the contract, in well-formed messages: a status that says what is wrong, nothing half applied,
//! and the server serves on.

use std::time::Duration;

use tonic::{Code, Status};
use toondb_engine::api::ErrorCode;
use toondb_engine::limits;
use toondb_grpc::ServerOptions;
use toondb_grpc::proto::*;

use crate::harness::{Peer, World, code_of, error_code};

const INVALID: (Code, ErrorCode) = (Code::InvalidArgument, ErrorCode::InvalidArgument);

fn with_index(world: &World, vectors: u64) -> Peer {
    let peer = world.peer();
    let ask = CreateIndexRequest { name: "i".into(), dimension: 3, ..Default::default() };
    let _: CreateIndexResponse = peer.ask("VectorIndexService/CreateIndex", ask).unwrap();
    if vectors > 0 {
        insert(&peer, (0..vectors).collect(), vec![1.0; 3 * vectors as usize]).unwrap();
    }
    peer
}

fn insert(peer: &Peer, ids: Vec<u64>, vectors: Vec<f32>) -> Result<InsertBatchResponse, Status> {
    let ask = InsertBatchRequest { index_name: "i".into(), ids, vectors, ..Default::default() };
    peer.ask("VectorIndexService/InsertBatch", ask)
}

pub fn count(peer: &Peer) -> u64 {
    let ask = CountVectorsRequest { index_name: "i".into(), ..Default::default() };
    peer.ask::<_, CountVectorsResponse>("VectorIndexService/CountVectors", ask).unwrap().count
}

#[test]
fn vectors_that_do_not_fit() {
    let world = World::new();
    let peer = with_index(&world, 4);
    let (nan, infinite) = (f32::NAN, f32::INFINITY);
    for (ids, vectors) in [
        (vec![9], vec![1.0, 2.0]),
        (vec![9], vec![1.0; 4]),
        (vec![9, 10], vec![1.0; 3]),
        (vec![9], vec![1.0; 6]),
        (vec![9], vec![]),
        (vec![], vec![1.0; 3]),
        (vec![9, 10], vec![1.0, 1.0, 1.0, 1.0, nan, 1.0]),
        (vec![9, 10], vec![1.0, 1.0, 1.0, 1.0, infinite, 1.0]),
        (vec![9, 10], vec![1.0, 1.0, 1.0, 1.0, -infinite, 1.0]),
        (vec![9, 10], vec![1.0, 1.0, 1.0, 0.0, 0.0, 0.0]),
    ] {
        let text = format!("{ids:?} {vectors:?}");
        match insert(&peer, ids, vectors) {
            Ok(answer) => panic!("{text}: {answer:?}"),
            Err(status) => assert_eq!(error_code(&status), Some(ErrorCode::InvalidArgument), "{text}: {status:?}"),
        }
        assert_eq!(count(&peer), 4, "{text}");
    }
    for query in [vec![], vec![1.0; 2], vec![1.0; 4], vec![1.0, nan, 1.0], vec![1.0, infinite, 1.0]] {
        let ask = SearchRequest { index_name: "i".into(), query, ..Default::default() };
        assert_eq!(code_of(peer.ask::<_, SearchResponse>("VectorIndexService/Search", ask)), INVALID);
    }
    for (queries, num_queries) in [(vec![1.0; 6], 3), (vec![1.0; 5], 0), (vec![1.0; 6], 1), (vec![], 1)] {
        let ask = SearchBatchRequest { index_name: "i".into(), queries, num_queries, ..Default::default() };
        assert_eq!(code_of(peer.ask::<_, SearchBatchResponse>("VectorIndexService/SearchBatch", ask)), INVALID);
    }
    for (k, ef) in [(u32::MAX, 0), (limits::K_MAX as u32 + 1, 0), (1, u32::MAX)] {
        let ask = SearchRequest { index_name: "i".into(), query: vec![1.0; 3], k, ef, ..Default::default() };
        let (code, _) = code_of(peer.ask::<_, SearchResponse>("VectorIndexService/Search", ask));
        assert!(matches!(code, Code::InvalidArgument | Code::OutOfRange), "{k} {ef}: {code:?}");
    }
    world.finish();
}

#[test]
fn documents_that_do_not_fit_leave_nothing() {
    let world = World::new();
    let peer = world.peer();
    let ask = CreateCollectionRequest { name: "c".into(), dimension: 2, ..Default::default() };
    let _: CreateCollectionResponse = peer.ask("CollectionService/CreateCollection", ask).unwrap();
    let good = || Document { id: "good".into(), embedding: vec![1.0, 2.0], ..Default::default() };
    let field = |kind| vec![ValueEntry { key: "f".to_owned(), value: Some(Value { kind }) }];
    let nan = field(Some(value::Kind::FloatValue(f64::NAN)));
    for bad in [
        Document { embedding: vec![1.0], ..good() },
        Document { embedding: vec![1.0, f32::NAN], ..good() },
        Document { id: "x".repeat(limits::ID_BYTES_MAX + 1), ..good() },
        Document { typed_metadata: nan, ..good() },
        Document { typed_metadata: field(None), ..good() },
        Document { typed_metadata: field(Some(nested(limits::VALUE_DEPTH_MAX + 1))), ..good() },
        Document { metadata: vec![TextEntry::new(&"x".repeat(limits::NAME_BYTES_MAX + 1), "")], ..good() },
        Document { content: "x".repeat(limits::CONTENT_BYTES_MAX + 1), ..good() },
    ] {
        let text = format!("{bad:.100?}");
        let documents = vec![good(), bad];
        let ask = AddDocumentsRequest { collection_name: "c".into(), documents, ..Default::default() };
        let answer = peer.ask::<_, AddDocumentsResponse>("CollectionService/AddDocuments", ask);
        assert!(answer.is_err(), "{text}");
        let (code, _) = code_of(answer);
        assert!(matches!(code, Code::InvalidArgument | Code::OutOfRange), "{text}: {code:?}");
        let ask = CountDocumentsRequest { collection_name: "c".into(), ..Default::default() };
        let left: CountDocumentsResponse = peer.ask("CollectionService/CountDocuments", ask).unwrap();
        assert_eq!(left.count, 0, "{text}");
    }
    world.finish();
}

fn nested(depth: usize) -> value::Kind {
    let leaf = value::Kind::IntValue(1);
    (0..depth).fold(leaf, |inner, _| value::Kind::ListValue(ListValue { items: vec![Value { kind: Some(inner) }] }))
}

/// As deep as the decoder goes, and deeper.
#[test]
fn deep_values_are_refused_and_not_followed() {
    let world = World::new();
    let peer = world.peer();
    for depth in [limits::VALUE_DEPTH_MAX, 40, 60, 1_000] {
        let typed_filter = Some(Value { kind: Some(nested(depth)) });
        let ask = CountDocumentsRequest { collection_name: "c".into(), typed_filter, ..Default::default() };
        let status = peer.ask::<_, CountDocumentsResponse>("CollectionService/CountDocuments", ask).unwrap_err();
        assert!(matches!(status.code(), Code::InvalidArgument | Code::Internal), "{depth}: {status:?}");
        assert!(error_code(&status).is_some() && !status.message().is_empty(), "{depth}: {status:?}");
    }
    world.finish();
}

#[test]
fn numbers_that_are_no_values_of_their_enumerations() {
    let world = World::new();
    let peer = with_index(&world, 1);
    for wrong in [4, 99, -1, i32::MIN, i32::MAX] {
        let ask = CreateIndexRequest { name: "n".into(), dimension: 3, metric: wrong, ..Default::default() };
        assert_eq!(code_of(peer.ask::<_, CreateIndexResponse>("VectorIndexService/CreateIndex", ask)), INVALID);
        let ask = CreateCollectionRequest { name: "n".into(), dimension: 3, metric: wrong, ..Default::default() };
        let answer = peer.ask::<_, CreateCollectionResponse>("CollectionService/CreateCollection", ask);
        assert_eq!(code_of(answer), INVALID);
        let ask = GetEdgesRequest { node_id: "n".into(), direction: wrong, ..Default::default() };
        assert_eq!(code_of(peer.ask::<_, GetEdgesResponse>("GraphService/GetEdges", ask)), INVALID);
        let ask = TraverseRequest { start_node_id: "n".into(), order: wrong, ..Default::default() };
        assert_eq!(code_of(peer.ask::<_, TraverseResponse>("GraphService/Traverse", ask)), INVALID);
        let ask = QueryTemporalGraphRequest { node_id: "n".into(), mode: wrong, ..Default::default() };
        let answer = peer.ask::<_, QueryTemporalGraphResponse>("GraphService/QueryTemporalGraph", ask);
        assert_eq!(code_of(answer), INVALID);
        let ask = KvPutRequest { key: b"k".to_vec(), durability: wrong, ..Default::default() };
        assert_eq!(code_of(peer.ask::<_, KvPutResponse>("KvService/Put", ask)), INVALID);
        let ask = ExportCheckpointRequest { checkpoint_id: "x".into(), format: wrong, ..Default::default() };
        let answer = peer.ask::<_, ExportCheckpointResponse>("CheckpointService/ExportCheckpoint", ask);
        assert_eq!(code_of(answer), INVALID);
    }
    let ask = KvGetRequest { key: b"k".to_vec(), ..Default::default() };
    assert!(!peer.ask::<_, KvGetResponse>("KvService/Get", ask).unwrap().found);
    world.finish();
}

#[test]
fn names_that_are_too_long_or_no_names() {
    let world = World::new();
    let peer = world.peer();
    let long = "n".repeat(limits::NAMESPACE_NAME_BYTES_MAX + 1);
    for namespace in [long.as_str(), "../up", "a/b", "a\0b", " a", &"x".repeat(1 << 20)] {
        let ask = KvPutRequest { namespace: namespace.into(), key: b"k".to_vec(), ..Default::default() };
        assert_eq!(code_of(peer.ask::<_, KvPutResponse>("KvService/Put", ask)), INVALID, "{namespace:.80?}");
        let ask = CreateNamespaceRequest { name: namespace.into(), ..Default::default() };
        let answer = peer.ask::<_, CreateNamespaceResponse>("NamespaceService/CreateNamespace", ask);
        assert_eq!(code_of(answer), INVALID, "{namespace:.80?}");
    }
    let long = "n".repeat(limits::NAME_BYTES_MAX + 1);
    let ask = CreateIndexRequest { name: long.clone(), dimension: 1, ..Default::default() };
    let (code, _) = code_of(peer.ask::<_, CreateIndexResponse>("VectorIndexService/CreateIndex", ask));
    assert!(matches!(code, Code::InvalidArgument | Code::OutOfRange));
    let ask = KvPutRequest { key: vec![b'k'; limits::KEY_BYTES_MAX + 1], ..Default::default() };
    let (code, _) = code_of(peer.ask::<_, KvPutResponse>("KvService/Put", ask));
    assert!(matches!(code, Code::InvalidArgument | Code::OutOfRange));
    let node = GraphNode { id: "x".repeat(limits::ID_BYTES_MAX + 1), ..Default::default() };
    let ask = AddNodeRequest { node: Some(node), ..Default::default() };
    let (code, _) = code_of(peer.ask::<_, AddNodeResponse>("GraphService/AddNode", ask));
    assert!(matches!(code, Code::InvalidArgument | Code::OutOfRange));
    let list: ListNamespacesResponse = peer.ask("NamespaceService/ListNamespaces", ListNamespacesRequest {}).unwrap();
    assert!(list.namespaces.len() <= 1, "{list:?}");
    world.finish();
}

#[test]
fn messages_beyond_the_bound_are_refused_before_they_are_here() {
    let world = World::new();
    let peer = world.peer();
    let ask = KvPutRequest { key: b"k".to_vec(), value: vec![0; limits::FRAME_BYTES_MAX + 1], ..Default::default() };
    let status = peer.ask::<_, KvPutResponse>("KvService/Put", ask).unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange, "{status:?}");
    assert!(status.message().contains("too large"), "{status:?}");
    let ask = KvPutRequest { key: b"k".to_vec(), value: vec![0; limits::VALUE_BYTES_MAX + 1], ..Default::default() };
    let (code, _) = code_of(peer.ask::<_, KvPutResponse>("KvService/Put", ask));
    assert!(matches!(code, Code::InvalidArgument | Code::OutOfRange));
    let ask = KvPutRequest { key: b"k".to_vec(), value: vec![0; limits::VALUE_BYTES_MAX], ..Default::default() };
    assert!(peer.ask::<_, KvPutResponse>("KvService/Put", ask).unwrap().success);
    world.finish();
}

/// More at once than there is room for: some are refused and change nothing, the others are carried out.
#[test]
fn big_requests_beyond_the_budget_are_refused_and_none_is_lost() {
    const EACH: usize = 2 << 20;
    let options = ServerOptions {
        inflight_bytes_max: 5 * EACH,
        message_bytes_max: 2 * EACH,
        stall_timeout: Duration::from_secs(60),
        ..ServerOptions::default()
    };
    let world = World::with(&options);
    let peers: Vec<Peer> = (0..8).map(|_| world.peer()).collect();
    let (mut done, mut refused) = (0, 0);
    for round in 0..20 {
        let calls: Vec<_> = (0..16)
            .map(|i| {
                let peer = peers[i % peers.len()].clone();
                let key = format!("{round}/{i}");
                let ask = KvPutRequest { key: key.clone().into(), value: vec![1; EACH], ..Default::default() };
                world
                    .runtime
                    .spawn(async move { (key, peer.ask_later::<_, KvPutResponse>("KvService/Put", ask).await) })
            })
            .collect();
        for call in calls {
            let (key, answer) = peers[0].wait(call).unwrap();
            let ask = KvGetRequest { key: key.into(), ..Default::default() };
            let there = peers[0].ask::<_, KvGetResponse>("KvService/Get", ask).unwrap().found;
            match answer {
                Ok(answer) => {
                    assert!(answer.success && there);
                    done += 1;
                }
                Err(status) => {
                    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
                    assert_eq!(error_code(&status), Some(ErrorCode::Busy), "{status:?}");
                    assert!(!there, "what is refused is not carried out");
                    refused += 1;
                }
            }
        }
        if refused > 0 && done > 0 {
            break;
        }
    }
    assert!(done > 0 && refused > 0, "{done} done, {refused} refused");
    // The budget came back whole.
    let ask = KvPutRequest { key: b"last".to_vec(), value: vec![1; EACH], ..Default::default() };
    assert!(peers[0].ask::<_, KvPutResponse>("KvService/Put", ask).unwrap().success);
    drop(peers);
    world.finish();
}
