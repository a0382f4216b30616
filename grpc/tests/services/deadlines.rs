//! The time that a caller gives: unary calls, streams both ways, and what an expired one leaves behind.

use std::time::Duration;

use prost::bytes::Bytes;
use tokio_stream::StreamExt;
use tonic::{Code, Status};
use toondb_engine::api::ErrorCode;
use toondb_grpc::ClientOptions;
use toondb_grpc::proto::*;

use crate::harness::{Peer, Raw, World, error_code};

const OVER: (Code, Option<ErrorCode>) = (Code::DeadlineExceeded, Some(ErrorCode::Timeout));

fn codes(status: &Status) -> (Code, Option<ErrorCode>) {
    (status.code(), error_code(status))
}

fn fill(peer: &Peer) {
    for part in 0..4 {
        let entry =
            |i: u32| KvPutEntry { key: format!("{part}/{i:05}").into(), value: vec![1; 500], ..Default::default() };
        let ask = KvBatchPutRequest { entries: (0..20_000).map(entry).collect(), ..Default::default() };
        let _: KvBatchPutResponse = peer.ask("KvService/BatchPut", ask).unwrap();
    }
}

/// Sends the header and does not look at a clock of its own: what ends the call is the server.
async fn scan(peer: &Peer, timeout: &str, each: Duration) -> Result<usize, Status> {
    let mut grpc = peer.grpc();
    grpc.ready().await.unwrap();
    let mut request = peer.request(tokio_stream::once(Vec::new()));
    request.metadata_mut().insert("grpc-timeout", timeout.parse().unwrap());
    let mut stream = grpc.streaming(request, "/toondb.v1.KvService/Scan".parse().unwrap(), Raw).await?.into_inner();
    let mut entries = 0;
    while let Some(_entry) = stream.message().await? {
        let _: Bytes = _entry;
        entries += 1;
        if entries % 1_000 == 0 {
            tokio::time::sleep(each).await;
        }
    }
    Ok(entries)
}

#[test]
fn a_long_scan_ends_at_its_deadline() {
    let world = World::new();
    let peer = world.peer();
    fill(&peer);
    let status = peer.wait(scan(&peer, "300m", Duration::from_millis(50))).unwrap_err();
    assert_eq!(codes(&status), OVER, "{status:?}");
    assert_eq!(peer.wait(scan(&peer, "60S", Duration::ZERO)).unwrap(), 80_000);
    world.finish();
}

/// The library's own client gives up by itself and says so in its own words, so the bytes of the request are sent.
fn ask_bare(peer: &Peer, world: &World, path: &str, timeout: &str, body: &[u8]) -> Option<Status> {
    let mut whole = vec![0];
    whole.extend_from_slice(&u32::try_from(body.len()).unwrap().to_be_bytes());
    whole.extend_from_slice(body);
    let address = world.address();
    peer.wait(async {
        let io = tokio::net::TcpStream::connect(address).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http2::handshake(
            hyper_util::rt::TokioExecutor::new(),
            hyper_util::rt::TokioIo::new(io),
        )
        .await
        .unwrap();
        tokio::spawn(connection);
        let request = http::Request::post(format!("http://{address}{path}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("grpc-timeout", timeout)
            .body(http_body_util::Full::new(Bytes::from(whole)))
            .unwrap();
        let answer = sender.send_request(request).await.unwrap();
        let (head, body) = answer.into_parts();
        let trailers = http_body_util::BodyExt::collect(body).await.unwrap().trailers().cloned().unwrap_or_default();
        Status::from_header_map(&head.headers).or_else(|| Status::from_header_map(&trailers))
    })
}

#[test]
fn a_search_that_takes_too_long_is_told_so() {
    let world = World::new();
    let peer = world.peer();
    let ask = CreateIndexRequest { name: "i".into(), dimension: 64, ..Default::default() };
    let _: CreateIndexResponse = peer.ask("VectorIndexService/CreateIndex", ask).unwrap();
    let vectors = (0..20_000 * 64_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 + 1.0).collect();
    let ask = InsertBatchRequest { index_name: "i".into(), ids: (0..20_000).collect(), vectors, ..Default::default() };
    let _: InsertBatchResponse = peer.ask("VectorIndexService/InsertBatch", ask).unwrap();
    let queries = (0..1_000 * 64_u32).map(|i| (i % 97) as f32 + 1.0).collect();
    let ask = SearchBatchRequest { index_name: "i".into(), queries, k: 10, ef: 10_000, ..Default::default() };
    let body = prost::Message::encode_to_vec(&ask);
    for timeout in ["1m", "0m", "1n"] {
        let status = ask_bare(&peer, &world, "/toondb.v1.VectorIndexService/SearchBatch", timeout, &body);
        let status = status.expect("there is a status");
        assert_eq!(codes(&status), OVER, "{timeout}: {status:?}");
    }
    world.finish();
}

#[test]
fn a_stream_that_does_not_end_in_time_leaves_nothing() {
    let world = World::new();
    let peer = world.peer();
    let ask = CreateIndexRequest { name: "i".into(), dimension: 1, ..Default::default() };
    let _: CreateIndexResponse = peer.ask("VectorIndexService/CreateIndex", ask).unwrap();
    let one = |id| InsertStreamRequest { index_name: "i".into(), id, vector: vec![1.0], ..Default::default() };
    let asks = tokio_stream::iter((0..100).map(one)).chain(tokio_stream::pending());
    let patient = peer.with("grpc-timeout", "200m");
    let status = peer
        .wait(patient.pour::<_, InsertStreamResponse>("VectorIndexService/InsertStream", asks))
        .expect_err("it has no end");
    assert!(matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled), "{status:?}");
    assert_eq!(crate::hostile::count(&peer), 0);
    world.finish();
}

/// Whichever of the clocks strikes first, here or there: a caller whose write was not answered in time is told that it may
/// have happened, as on the socket, and one who only read is told of the time.
#[test]
fn a_late_write_is_of_unknown_outcome_and_a_late_read_is_late() {
    let world = World::new();
    let ask = toondb_engine::api::Put {
        key: b"k".to_vec().into(),
        value: vec![1; 1 << 20].into(),
        ttl_ms: None,
        durability: toondb_engine::api::Durability::Durable,
    };
    let options = ClientOptions { timeout: Some(Duration::from_millis(2)), ..ClientOptions::default() };
    // The first call may be late itself.
    let client = (0..1_000).find_map(|_| world.client(options.clone()).ok()).expect("some call is in time");
    let mut late = 0;
    for _ in 0..300 {
        if let Err(error) = client.call_op("", ask.clone()) {
            assert_eq!(error.code, ErrorCode::OutcomeUnknown, "{error:?}");
            late += 1;
        }
        let get = toondb_engine::api::Get { key: b"k".to_vec().into(), snapshot: None };
        if let Err(error) = client.call_op("", get) {
            assert_eq!(error.code, ErrorCode::Timeout, "{error:?}");
        }
    }
    assert!(late > 0, "no write of a megabyte took 2 ms");
    drop(client);
    world.finish();
}
