//! A token that is taken back is refused within a second: by the next call, on a connection that is open, and in streams.

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};
use toondb_engine::limits;
use toondb_grpc::auth::{Token, revoke};
use toondb_grpc::proto::*;

use crate::harness::{Peer, World};

fn take_back(world: &World, token: &Token) {
    revoke(world.dir.path(), token.id(), &*world.clock).unwrap();
    assert!(limits::TOKEN_POLL.as_millis() < 1_000);
    world.pass_token_poll();
}

fn ping(peer: &Peer) -> Result<PingResponse, Status> {
    peer.ask("EngineService/Ping", PingRequest {})
}

#[test]
fn the_next_call_of_an_open_connection_is_refused() {
    let world = World::new();
    let token = world.token(&[], "read,write,admin", None);
    let peer = world.peer().bearing(&token.reveal());
    world.pass_token_poll();
    ping(&peer).unwrap();
    take_back(&world, &token);
    let status = ping(&peer).unwrap_err();
    assert!(status.code() == Code::Unauthenticated && status.message().contains("revoked"), "{status:?}");
    world.finish();
}

#[test]
fn a_token_ends_when_its_time_is_over() {
    let world = World::new();
    let token = world.token(&[], "read", Some(5_000));
    let peer = world.peer().bearing(&token.reveal());
    world.clock.advance_ms(4_999);
    ping(&peer).unwrap();
    world.clock.advance_ms(1);
    let status = ping(&peer).unwrap_err();
    assert!(status.code() == Code::Unauthenticated && status.message().contains("expired"), "{status:?}");
    world.finish();
}

#[test]
fn a_file_of_tokens_that_is_gone_lets_nobody_in() {
    let world = World::new();
    let token = world.token(&[], "read", None);
    let peer = world.peer();
    world.pass_token_poll();
    ping(&peer.bearing(&token.reveal())).unwrap();
    std::fs::remove_file(world.dir.join(toondb_grpc::auth::FILE_NAME)).unwrap();
    world.pass_token_poll();
    assert_eq!(ping(&peer.bearing(&token.reveal())).unwrap_err().code(), Code::Unauthenticated);
    assert_eq!(ping(&peer).unwrap_err().code(), Code::Unauthenticated);
    world.finish();
}

#[test]
fn a_scan_ends_when_its_token_is_taken_back() {
    let world = World::new();
    let peer = world.peer();
    for part in 0..4 {
        let entry =
            |i: u32| KvPutEntry { key: format!("{part}/{i:05}").into(), value: vec![1; 500], ..Default::default() };
        let ask = KvBatchPutRequest { entries: (0..10_000).map(entry).collect(), ..Default::default() };
        let _: KvBatchPutResponse = peer.ask("KvService/BatchPut", ask).unwrap();
    }
    let token = world.token(&[], "read", None);
    let bearer = peer.bearing(&token.reveal());
    world.pass_token_poll();
    let (seen, status) = peer.wait(async {
        let mut stream = bearer.stream::<_, KvScanResponse>("KvService/Scan", KvScanRequest::default()).await.unwrap();
        let mut seen = 0;
        loop {
            match stream.message().await {
                Ok(Some(_)) => seen += 1,
                Ok(None) => break (seen, None),
                Err(status) => break (seen, Some(status)),
            }
            if seen == 100 {
                take_back(&world, &token);
            }
        }
    });
    let status = status.unwrap_or_else(|| panic!("all {seen} entries came"));
    assert!(status.code() == Code::Unauthenticated && seen < 40_000, "{seen}: {status:?}");
    world.finish();
}

/// It is told why: the token, and how much of the stream stays.
#[test]
fn an_insert_stream_ends_when_its_token_is_taken_back() {
    let world = World::new();
    let ask = CreateIndexRequest { name: "i".into(), dimension: 1, ..Default::default() };
    let _: CreateIndexResponse = world.peer().ask("VectorIndexService/CreateIndex", ask).unwrap();
    let (token, watcher) = (world.token(&[], "read,write", None), world.token(&[], "read", None));
    let bearer = world.peer().bearing(&token.reveal());
    world.pass_token_poll();
    let one = |id| InsertStreamRequest { index_name: "i".into(), id, vector: vec![1.0], ..Default::default() };
    let (sender, receiver) = mpsc::channel(1);
    let peer = bearer.clone();
    let call = world.runtime.spawn(async move {
        let asks = ReceiverStream::new(receiver);
        peer.pour::<_, InsertStreamResponse>("VectorIndexService/InsertStream", asks).await
    });
    let status = bearer.wait(async {
        for id in 0..10 {
            sender.send(one(id)).await.unwrap();
        }
        take_back(&world, &token);
        let mut id = 10;
        while sender.send(one(id)).await.is_ok() {
            id += 1;
            assert!(id < 1_000_000, "the stream goes on and on");
        }
        call.await.unwrap().unwrap_err()
    });
    assert_eq!(status.code(), Code::Unauthenticated, "{status:?}");
    let watcher = world.peer().bearing(&watcher.reveal());
    assert_eq!(crate::hostile::count(&watcher), 0);
    world.finish();
}
