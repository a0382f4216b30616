//! Streams into an index that stall, are cut, or have a bad vector in the middle; requests that never arrive whole.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};
use toondb_engine::api::ErrorCode;
use toondb_engine::limits;
use toondb_grpc::ServerOptions;
use toondb_grpc::proto::*;

use crate::harness::{Peer, Raw, World, code_of, wait_until};
use crate::hostile::count;

const METHOD: &str = "VectorIndexService/InsertStream";

fn world(stall_timeout: Duration) -> World {
    let world = World::with(&ServerOptions { stall_timeout, ..ServerOptions::default() });
    let ask = CreateIndexRequest { name: "i".into(), dimension: 2, ..Default::default() };
    let _: CreateIndexResponse = world.peer().ask("VectorIndexService/CreateIndex", ask).unwrap();
    world
}

fn one(id: u64, vector: Vec<f32>) -> InsertStreamRequest {
    InsertStreamRequest { index_name: "i".into(), id, vector, ..Default::default() }
}

fn good(id: u64) -> InsertStreamRequest {
    one(id, vec![1.0, id as f32])
}

fn pour(peer: &Peer, asks: Vec<InsertStreamRequest>) -> Result<InsertStreamResponse, Status> {
    peer.wait(peer.pour(METHOD, tokio_stream::iter(asks)))
}

#[test]
fn a_bad_vector_in_the_middle_leaves_nothing() {
    let world = world(Duration::from_secs(30));
    let peer = world.peer();
    for bad in [
        one(50, vec![1.0]),
        one(50, vec![1.0; 3]),
        one(50, vec![]),
        one(50, vec![1.0, f32::NAN]),
        one(50, vec![1.0, f32::INFINITY]),
        InsertStreamRequest { index_name: "other".into(), ..good(50) },
        InsertStreamRequest { namespace: "other".into(), ..good(50) },
    ] {
        let text = format!("{bad:?}");
        let mut asks: Vec<_> = (0..100).map(good).collect();
        asks[50] = bad;
        let answer = pour(&peer, asks);
        let message = answer.as_ref().unwrap_err().message().to_owned();
        assert_eq!(code_of(answer), (Code::InvalidArgument, ErrorCode::InvalidArgument), "{text}");
        assert!(message.contains("0 vectors of this stream were committed"), "{text}: {message}");
        assert_eq!(count(&peer), 0, "{text}");
    }
    let unknown = InsertStreamRequest { durability: 9, ..good(0) };
    assert_eq!(code_of(pour(&peer, vec![unknown])).1, ErrorCode::InvalidArgument);
    let nowhere = InsertStreamRequest { index_name: "nowhere".into(), ..good(0) };
    assert_eq!(code_of(pour(&peer, vec![nowhere])), (Code::NotFound, ErrorCode::CollectionNotFound));
    assert_eq!(pour(&peer, (0..100).map(good).collect()).unwrap().total_inserted, 100);
    world.finish();
}

/// Longer than one chunk: the status says how much of it stays.
#[test]
fn a_fault_after_a_chunk_tells_what_was_committed() {
    let world = world(Duration::from_secs(30));
    let peer = world.peer();
    let many = limits::BATCH_ITEMS_MAX as u64;
    let asks = (0..many + 10).map(good).chain(std::iter::once(one(0, vec![f32::NAN, 0.0]))).collect();
    let message = pour(&peer, asks).unwrap_err().message().to_owned();
    assert!(message.contains(&format!("{many} vectors of this stream were committed")), "{message}");
    assert_eq!(count(&peer), many);
    world.finish();
}

#[test]
fn a_stream_that_stalls_is_ended_and_leaves_nothing() {
    let world = world(Duration::from_millis(200));
    let peer = world.peer();
    for begun in [0, 10] {
        let asks = tokio_stream::iter((0..begun).map(good)).chain(tokio_stream::pending());
        let answer: Result<InsertStreamResponse, Status> = peer.wait(peer.pour(METHOD, asks));
        assert_eq!(code_of(answer), (Code::DeadlineExceeded, ErrorCode::Timeout), "after {begun}");
        assert_eq!(count(&peer), 0);
    }
    world.finish();
}

/// A peer that is alive and answers pings, but sends only half of its message, would hold its part of the budget.
#[test]
fn a_request_that_stalls_is_ended_and_gives_its_room_back() {
    let options = ServerOptions {
        stall_timeout: Duration::from_millis(200),
        inflight_bytes_max: 1 << 20,
        message_bytes_max: 1 << 20,
        ..ServerOptions::default()
    };
    let world = World::with(&options);
    let peer = world.peer();
    // Ten requests, each of which holds a tenth of the budget, and no end of any.
    let stalled: Vec<_> = (0..10)
        .map(|_| {
            let peer = peer.clone();
            world.runtime.spawn(async move {
                let mut grpc = peer.grpc();
                grpc.ready().await.unwrap();
                let path = "/toondb.v1.KvService/Put".parse().unwrap();
                let asks = tokio_stream::once(vec![0x1a; 100_000]).chain(tokio_stream::pending());
                match grpc.streaming(peer.request(asks), path, Raw).await {
                    Ok(mut answers) => answers.get_mut().message().await.unwrap_err(),
                    Err(status) => status,
                }
            })
        })
        .collect();
    for call in stalled {
        let status = peer.wait(call).unwrap();
        assert_ne!(status.code(), Code::Ok, "{status:?}");
    }
    let ask = KvPutRequest { key: b"k".to_vec(), value: vec![0; 900_000], ..Default::default() };
    assert!(peer.ask::<_, KvPutResponse>("KvService/Put", ask).unwrap().success);
    world.finish();
}

#[test]
fn a_stream_that_is_cut_leaves_nothing() {
    let world = world(Duration::from_secs(30));
    let watcher = world.peer();
    let (sender, receiver) = mpsc::channel(16);
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let own = builder.worker_threads(1).enable_all().build().unwrap();
    let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{}", world.address())).unwrap();
    let inside = own.enter();
    let peer = world.peer_on(endpoint.connect_lazy());
    drop(inside);
    own.spawn(async move { peer.pour::<_, InsertStreamResponse>(METHOD, ReceiverStream::new(receiver)).await });
    watcher.wait(async {
        for id in 0..1_000 {
            sender.send(good(id)).await.unwrap();
        }
    });
    // With its runtime the connection goes, in the middle of the call.
    own.shutdown_background();
    wait_until("the call is gone", || sender.is_closed());
    assert_eq!(count(&watcher), 0);
    assert_eq!(pour(&watcher, (0..10).map(good).collect()).unwrap().total_inserted, 10);
    assert_eq!(count(&watcher), 10);
    world.finish();
}
