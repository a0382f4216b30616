//! Peers that ask for much and read nothing: what they may keep the server holding, and for how long.

use std::time::Duration;

use tokio::task::JoinHandle;
use tonic::transport::Endpoint;
use tonic::{Code, Status, Streaming};
use toondb_engine::api::ErrorCode;
use toondb_grpc::ServerOptions;
use toondb_grpc::proto::*;

use crate::harness::{Peer, World, error_code, wait_until};

const VALUE_BYTES: usize = 4 << 20;

fn world(options: &ServerOptions, answer_bytes_max: usize) -> World {
    let world = World::with_room(options, answer_bytes_max);
    let ask = KvPutRequest { key: b"k".to_vec(), value: vec![7; VALUE_BYTES], ..Default::default() };
    assert!(world.peer().ask::<_, KvPutResponse>("KvService/Put", ask).unwrap().success);
    world
}

fn ask() -> KvGetRequest {
    KvGetRequest { key: b"k".to_vec(), ..Default::default() }
}

fn get(peer: &Peer) -> Result<KvGetResponse, Status> {
    peer.ask("KvService/Get", ask())
}

/// Asks, and leaves the answer where it is.
fn unread(peer: &Peer) -> Streaming<KvGetResponse> {
    peer.wait(peer.stream("KvService/Get", ask())).unwrap()
}

/// Reads answers side by side, as their connection wants: how many were given, the others for want of room not.
fn read(peer: &Peer, answers: Vec<Streaming<KvGetResponse>>) -> usize {
    let reads: Vec<_> =
        answers.into_iter().map(|mut answer| peer.runtime.spawn(async move { answer.message().await })).collect();
    let was_given = |read: JoinHandle<Result<Option<KvGetResponse>, Status>>| match peer.wait(read).unwrap() {
        Ok(answer) => {
            assert_eq!(answer.unwrap().value.len(), VALUE_BYTES);
            true
        }
        Err(status) => {
            assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
            assert_eq!(error_code(&status), Some(ErrorCode::Busy), "{status:?}");
            false
        }
    };
    reads.into_iter().map(was_given).filter(|given| *given).count()
}

/// A connection on which hardly anything may be sent before something is read.
fn narrow(world: &World) -> Peer {
    let _inside = world.runtime.enter();
    let endpoint = Endpoint::from_shared(format!("http://{}", world.address())).unwrap();
    world.peer_on(endpoint.initial_connection_window_size(65_535).initial_stream_window_size(65_535).connect_lazy())
}

#[test]
fn answers_that_nobody_reads_are_bounded() {
    // Room for four, two of them on one connection.
    let world = world(&ServerOptions::default(), 4 * VALUE_BYTES + 100);
    let (greedy, second, other) = (narrow(&world), narrow(&world), world.peer());
    let answers: Vec<_> = (0..6).map(|_| unread(&greedy)).collect();
    // The greedy one has its half; nobody else is concerned.
    for _ in 0..10 {
        assert!(get(&other).unwrap().found);
    }
    // Nothing of a second answer can be sent on these connections, and yet it has its room: four are there now.
    let more: Vec<_> = (0..6).map(|_| unread(&second)).collect();
    wait_until("no room is left", || get(&other).is_err_and(|status| error_code(&status) == Some(ErrorCode::Busy)));
    for (peer, answers) in [(&greedy, answers), (&second, more)] {
        let given = read(peer, answers);
        assert!((2..6).contains(&given), "{given} of six had room");
    }
    // Room comes back with the last byte, which the server hears of soon after.
    wait_until("room for another answer", || get(&greedy).is_ok());
    drop((greedy, second, other));
    world.finish();
}

/// A comparison that fails changes nothing, and shows the value that it found.
#[test]
fn comparisons_that_fail_are_bounded_like_reads() {
    let world = world(&ServerOptions::default(), 4 * VALUE_BYTES + 100);
    let greedy = narrow(&world);
    let miss = || KvCompareAndSetRequest {
        key: b"k".to_vec(),
        expected: Some(b"another".to_vec()),
        value: Some(b"v".to_vec()),
        ..Default::default()
    };
    let answers: Vec<Streaming<KvCompareAndSetResponse>> =
        (0..6).map(|_| greedy.wait(greedy.stream("KvService/CompareAndSet", miss())).unwrap()).collect();
    let reads: Vec<_> =
        answers.into_iter().map(|mut answer| greedy.runtime.spawn(async move { answer.message().await })).collect();
    let answered: Vec<_> = reads.into_iter().map(|read| greedy.wait(read).unwrap()).collect();
    let refused = answered.iter().filter_map(|answer| answer.as_ref().err());
    let refused = refused.inspect(|status| assert_eq!(error_code(status), Some(ErrorCode::Busy), "{status:?}")).count();
    assert!((1..=4).contains(&refused), "{refused} of six found no room");
    for answer in answered.into_iter().flatten().flatten() {
        assert!(!answer.swapped && answer.previous.is_some_and(|value| value.len() == VALUE_BYTES));
    }
    drop(greedy);
    world.finish();
}

/// How large a page of values will be nobody knows before. A small one does not wait for the room that the largest would take.
#[test]
fn small_pages_wait_for_nobody_where_there_are_large_values() {
    let options = ServerOptions { stall_timeout: Duration::from_secs(3_600), ..ServerOptions::default() };
    let world = world(&options, 2 * VALUE_BYTES + (1 << 20));
    let peer = world.peer();
    let put = KvPutRequest { key: b"small".to_vec(), value: vec![7; 10 << 10], ..Default::default() };
    let _: KvPutResponse = peer.ask("KvService/Put", put).unwrap();
    let append = AppendLogRequest { log: "l".into(), values: vec![vec![7; 10 << 10]], ..Default::default() };
    let _: AppendLogResponse = peer.ask("LogService/Append", append).unwrap();
    let (first, second) = (narrow(&world), narrow(&world));
    let held = (unread(&first), unread(&second));
    let scan = KvScanRequest { prefix: Some(b"s".to_vec()), ..Default::default() };
    let page: KvScanPageResponse = peer.ask("KvService/ScanPage", scan).unwrap();
    assert_eq!(page.entries.len(), 1);
    let batch = KvBatchGetRequest { keys: vec![b"small".to_vec()], ..Default::default() };
    let found: KvBatchGetResponse = peer.ask("KvService/BatchGet", batch).unwrap();
    assert!(found.entries[0].found);
    let read = ReadLogRequest { log: "l".into(), ..Default::default() };
    let entries: ReadLogResponse = peer.ask("LogService/Read", read).unwrap();
    assert_eq!(entries.entries.len(), 1);
    drop((held, first, second, peer));
    world.finish();
}

/// It answers pings, so it is not silent; it has its window shut.
#[test]
fn a_peer_that_does_not_read_is_cut() {
    let options = ServerOptions { stall_timeout: Duration::from_millis(100), ..ServerOptions::default() };
    let world = world(&options, VALUE_BYTES);
    let (stuck, other) = (world.peer(), world.peer());
    let mut answer = unread(&stuck);
    wait_until("the room of the stuck peer is free again", || get(&other).is_ok());
    let status = stuck.wait(answer.message()).unwrap_err();
    assert_ne!(status.code(), Code::ResourceExhausted, "the connection was closed: {status:?}");
    // It may come again, on a new connection.
    assert!(get(&world.peer()).unwrap().found);
    drop((stuck, other, answer));
    world.finish();
}

/// What tells of a change is told, whatever else is unread.
#[test]
fn the_answer_of_a_change_is_never_refused() {
    let world = world(&ServerOptions::default(), 2 * VALUE_BYTES);
    let peer = world.peer();
    let ask = CreateCollectionRequest { name: "c".into(), dimension: 1, ..Default::default() };
    let _: CreateCollectionResponse = peer.ask("CollectionService/CreateCollection", ask).unwrap();
    let (first, second) = (world.peer(), world.peer());
    let held = (unread(&first), unread(&second));
    let documents = (0..1_000).map(|_| Document { embedding: vec![1.0], ..Default::default() }).collect();
    let ask = AddDocumentsRequest { collection_name: "c".into(), documents, ..Default::default() };
    let answer: AddDocumentsResponse = peer.ask("CollectionService/AddDocuments", ask).unwrap();
    assert_eq!(answer.ids.len(), 1_000, "some 30 KB of ids");
    let metadata = vec![TextEntry::new("about", &"x".repeat(8 << 10))];
    let ask = CreateNamespaceRequest { name: "made".into(), metadata, ..Default::default() };
    let answer: CreateNamespaceResponse = peer.ask("NamespaceService/CreateNamespace", ask).unwrap();
    assert!(answer.success, "it is there, and so is said to be");
    assert_eq!(get(&peer).unwrap_err().code(), Code::ResourceExhausted, "there was no room");
    drop((held, first, second, peer));
    world.finish();
}
