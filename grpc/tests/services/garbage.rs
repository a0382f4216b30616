//! Bytes that are no messages, no HTTP/2, or nothing at all.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use prost::Message;
use tonic::Code;
use toondb_engine::rng::{Rng, SeededRng};
use toondb_grpc::ServerOptions;
use toondb_grpc::proto::*;

use crate::harness::{Peer, World, error_code, every_method, is_typed, wait_until};

/// How a client of HTTP/2 begins: its preface and an empty SETTINGS frame (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

fn serves(world: &World) {
    let pong: PingResponse = world.peer().ask("EngineService/Ping", PingRequest {}).unwrap();
    assert!(!pong.version.is_empty());
}

fn connect(world: &World) -> TcpStream {
    let stream = TcpStream::connect(world.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// Reads until the server closes; that it resets the connection is an end too.
fn read_to_end(mut stream: &TcpStream) {
    let mut bytes = [0; 4096];
    loop {
        match stream.read(&mut bytes) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                assert!(!matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "it is never closed");
                return;
            }
        }
    }
}

#[test]
fn random_bytes_as_messages_of_every_method() {
    let seed = 0x6A4B;
    let world = World::new();
    let rng = SeededRng::new(seed);
    let peer = world.peer();
    let below = |bound: u64| usize::try_from(rng.next_u64() % bound).unwrap();
    for round in 0..40 {
        for method in every_method() {
            let mut bytes = vec![0; below(if round % 10 == 0 { 4_000 } else { 60 })];
            rng.fill(&mut bytes);
            // Half of them begin like a message: field 1 to 7, with a length.
            if round % 2 == 0 && bytes.len() > 2 {
                bytes[0] = u8::try_from((1 + below(7)) << 3 | 2).unwrap();
                bytes[1] = u8::try_from(below(0x80)).unwrap();
            }
            let context = format!("seed {seed}, round {round}, {}", method.path);
            // A watch of health has no end.
            if method.path.ends_with("/Watch") {
                continue;
            }
            if let Err(status) = peer.raw(&method.path, bytes) {
                assert!(is_typed(&status), "{context}: {status:?}");
            }
        }
    }
    serves(&world);
    world.finish();
}

#[test]
fn what_is_no_message_is_a_typed_status() {
    let world = World::new();
    let peer = world.peer();
    // A length that leads nowhere, a field of the wrong kind, a text that is no UTF-8, a group without an end.
    for bytes in
        [&b"\x0a\xff"[..], b"\x08\x01", b"\x0a\x01\xff", b"\x0b", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"]
    {
        let status = peer.raw("/toondb.v1.KvService/Get", bytes.to_vec()).unwrap_err();
        assert_eq!(status.code(), Code::Internal, "{bytes:?}: {status:?}");
        assert_eq!(error_code(&status), Some(toondb_engine::api::ErrorCode::Protocol), "{bytes:?}: {status:?}");
    }
    // A field that nobody knows is passed over, as protobuf has it.
    let mut bytes = KvGetRequest { key: b"k".to_vec(), ..Default::default() }.encode_to_vec();
    bytes.extend_from_slice(b"\xf8\x7f\x01");
    let answers = peer.raw("/toondb.v1.KvService/Get", bytes).unwrap();
    assert!(!KvGetResponse::decode(answers[0].clone()).unwrap().found);
    world.finish();
}

/// Sends a compressed put, and gives the head of its answer.
fn send_compressed(world: &World, peer: &Peer, encoding: &str, ask: &KvPutRequest) -> http::HeaderMap {
    let answer = peer.wait(async {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(&ask.encode_to_vec()).unwrap();
        let squeezed = encoder.finish().unwrap();
        let mut body = vec![1];
        body.extend_from_slice(&u32::try_from(squeezed.len()).unwrap().to_be_bytes());
        body.extend_from_slice(&squeezed);
        let request = http::Request::post(format!("http://{}/toondb.v1.KvService/Put", world.address()))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("grpc-encoding", encoding)
            .body(tonic::body::Body::new(http_body_util::Full::new(prost::bytes::Bytes::from(body))))
            .unwrap();
        let mut channel = peer.channel.clone();
        std::future::poll_fn(|context| tower::Service::poll_ready(&mut channel, context)).await.unwrap();
        tower::Service::call(&mut channel, request).await.unwrap()
    });
    answer.headers().clone()
}

#[test]
fn gzip_is_taken_and_other_compressions_are_refused_with_their_name() {
    let world = World::new();
    let peer = world.peer();
    let ask = KvPutRequest { key: b"k".to_vec(), value: b"v".repeat(10_000), ..Default::default() };
    let head = send_compressed(&world, &peer, "zstd", &ask);
    let status = tonic::Status::from_header_map(&head).expect("the status is in the headers");
    assert_eq!(status.code(), Code::Unimplemented, "{status:?}");
    assert!(status.message().contains("zstd"), "{status:?}");
    assert_eq!(error_code(&status), Some(toondb_engine::api::ErrorCode::UnknownOperation), "{status:?}");
    let head = send_compressed(&world, &peer, "gzip", &ask);
    assert!(tonic::Status::from_header_map(&head).is_none(), "{head:?}");
    let found: KvGetResponse =
        peer.ask("KvService/Get", KvGetRequest { key: b"k".to_vec(), ..Default::default() }).unwrap();
    assert_eq!(found.value, ask.value);
    serves(&world);
    world.finish();
}

/// A small request that becomes a large one takes room for the large one, and no more than a message may have.
#[test]
fn what_a_compressed_request_may_become_is_bounded() {
    let options = ServerOptions { message_bytes_max: 1 << 20, inflight_bytes_max: 4 << 10, ..ServerOptions::default() };
    let world = World::with(&options);
    let peer = world.peer();
    let ask = |bytes: usize| KvPutRequest { key: b"k".to_vec(), value: vec![b'v'; bytes], ..Default::default() };
    let plain: KvPutResponse = peer.ask("KvService/Put", ask(1)).unwrap();
    assert!(plain.success);
    let head = send_compressed(&world, &peer, "gzip", &ask(1 << 19));
    let status = tonic::Status::from_header_map(&head).expect("the status is in the headers");
    assert_eq!(error_code(&status), Some(toondb_engine::api::ErrorCode::Busy), "{status:?}");
    // One that says that it is not compressed takes what it is.
    let said = world.peer().with("grpc-encoding", "identity");
    let plain: KvPutResponse = said.ask("KvService/Put", ask(100)).unwrap();
    assert!(plain.success);
    world.finish();
    let world = World::with(&ServerOptions { message_bytes_max: 1 << 20, ..ServerOptions::default() });
    let peer = world.peer();
    let head = send_compressed(&world, &peer, "gzip", &ask(2 << 20));
    let status = tonic::Status::from_header_map(&head).expect("the status is in the headers");
    assert_eq!(error_code(&status), Some(toondb_engine::api::ErrorCode::LimitExceeded), "{status:?}");
    serves(&world);
    world.finish();
}

#[test]
fn huge_headers_are_refused() {
    let world = World::new();
    let peer = world.peer().with("x-much", "x".repeat(64 << 10));
    let status = peer.ask::<_, PingResponse>("EngineService/Ping", PingRequest {}).unwrap_err();
    assert_ne!(status.code(), Code::Ok, "{status:?}");
    serves(&world);
    world.finish();
}

#[test]
fn what_is_no_http2_ends_the_connection_and_nothing_else() {
    let seed = 0x4711;
    let world = World::new();
    let rng = SeededRng::new(seed);
    let mut random = vec![0; 10_000];
    rng.fill(&mut random);
    let mut frame_of_16_mib = PREFACE.to_vec();
    frame_of_16_mib.extend_from_slice(b"\xff\xff\xff\0\0\0\0\0\x01xxxx");
    let mut garbage_after_preface = PREFACE.to_vec();
    garbage_after_preface.extend_from_slice(&random);
    for bytes in [
        &b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..],
        &random,
        b"\x16\x03\x01\x02\0",
        &frame_of_16_mib,
        &garbage_after_preface,
    ] {
        let mut stream = connect(&world);
        // It may close before all is written.
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(Shutdown::Write);
        read_to_end(&stream);
        serves(&world);
    }
    world.finish();
}

#[test]
fn who_only_connects_or_stops_halfway_loses_the_connection() {
    let options = ServerOptions {
        hello_timeout: Duration::from_millis(1_000),
        keepalive_interval: Duration::from_millis(500),
        ..ServerOptions::default()
    };
    let world = World::with(&options);
    for bytes in [&b""[..], b"PRI * HT", PREFACE] {
        let mut stream = connect(&world);
        stream.write_all(bytes).unwrap();
        // A peer that never answers a PING is gone, too.
        read_to_end(&stream);
    }
    serves(&world);
    world.finish();
}

#[test]
fn connections_are_bounded_and_their_places_come_back() {
    let options =
        ServerOptions { connections_max: 4, hello_timeout: Duration::from_secs(60), ..ServerOptions::default() };
    let world = World::with(&options);
    let held: Vec<TcpStream> = (0..4).map(|_| connect(&world)).collect();
    // The next ones are closed at once; those that hold places stay open.
    for _ in 0..20 {
        read_to_end(&connect(&world));
    }
    for stream in &held {
        stream.set_nonblocking(true).unwrap();
        let mut byte = [0];
        let read = (&*stream).read(&mut byte);
        // The server may have said its SETTINGS; what it must not have said is the end.
        let open = read.map_or_else(|error| error.kind() == ErrorKind::WouldBlock, |bytes| bytes > 0);
        assert!(open, "a place is kept");
    }
    drop(held);
    wait_until("a place comes back", || {
        world.peer().ask::<_, PingResponse>("EngineService/Ping", PingRequest {}).is_ok()
    });
    world.finish();
}
