//! Hostile and broken peers: each gets a typed answer or a closed connection, and a good client is served throughout.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failure fails the test")]

mod common;

use std::io::ErrorKind;
use std::time::Duration;

use common::stub::{PANICS, Stub};
use common::{Fixture, Raw, frame, get, hello, put, request};
use toondb_engine::api::{ByteBuf, ErrorCode, OpCode, Request, Scan};
use toondb_engine::limits;
use toondb_ipc::{BlockingClient, ClientOptions, ServerOptions};

/// A good client that asks after each hostile step.
struct Witness(BlockingClient);

impl Witness {
    fn of(fixture: &Fixture) -> Self {
        fixture.stub.insert(b"k", b"v".to_vec());
        Self(BlockingClient::connect(fixture.path(), ClientOptions::default()).unwrap())
    }

    fn is_served(&self) {
        self.0.call("default", &get(b"k")).unwrap();
    }
}

/// The payload of a request with these arguments.
fn with_args(op: u8, args: &[u8]) -> Vec<u8> {
    [&[0x94, 9, op][..], b"\xa7default", args].concat()
}

#[test]
fn sec_s14_lengths_that_cannot_be_are_refused() {
    let fixture = Fixture::new();
    let witness = Witness::of(&fixture);
    for header in [[0, 0, 0, 0], [0xff; 4], [0x80, 0, 0, 0], [0x05, 0, 0, 1]] {
        let mut raw = fixture.greeted();
        raw.send(&header);
        raw.expect_error(0, ErrorCode::Protocol);
        raw.expect_end();
        witness.is_served();
    }
    // Before the hello, the limit is lower.
    let mut raw = fixture.raw();
    raw.send(&[0x00, 0x01, 0x00, 0x01]);
    raw.expect_error(0, ErrorCode::Protocol);
    raw.expect_end();
}

#[test]
fn sec_s15_s16_hostile_values_end_the_connection() {
    let fixture = Fixture::new();
    let witness = Witness::of(&fixture);
    let nested = |marker: &[u8], depth: usize| [&[0x94, 9, 20, 0xa0][..], &marker.repeat(depth), &[0xc0]].concat();
    let payloads: Vec<Vec<u8>> = vec![
        nested(&[0x91], 65),
        nested(&[0x81, 0xa1, b'a'], 65),
        nested(&[0x91], 60_000),
        with_args(20, &[0x81, 0xa3, b'k', b'e', b'y', 0xdd, 0xff, 0xff, 0xff, 0xff]),
        with_args(20, &[0xdf, 0xff, 0xff, 0xff, 0xff]),
        with_args(20, &[0x81, 0xa3, b'k', b'e', b'y', 0xd4, 0x01, 0x00]),
        with_args(20, &[0x81, 0xa3, b'k', b'e', b'y', 0xc9, 0x7f, 0xff, 0xff, 0xff, 0x01]),
        with_args(20, &[0x81, 0xa3, b'k', b'e', b'y', 0xc6, 0x7f, 0xff, 0xff, 0xff]),
        with_args(20, &[0x81, 0xa3, b'k', b'e', b'y', 0xc4, 1, b'k', 0x00]),
        with_args(20, &[0x81, 0xa3, b'k', b'e', b'y', 0xa1, 0xff]),
        with_args(20, &[0xc1]),
        with_args(20, &[0x90]),
        vec![0x94, 9, 20, 0x01, 0x80],
        vec![0x94, 9, 0xce, 0x00, 0x01, 0x00, 0x00, 0xa0, 0x80],
    ];
    for payload in payloads {
        let mut raw = fixture.greeted();
        raw.send(&frame(&payload));
        raw.expect_error(9, ErrorCode::Protocol);
        raw.expect_end();
        witness.is_served();
    }
    for payload in [&b"\xc0"[..], &[0x93, 9, 20, 0xa0], &[0x94, 0xff, 20, 0xa0, 0x80], b"GET / HTTP/1.1\r\n\r\n"] {
        let mut raw = fixture.greeted();
        raw.send(&frame(payload));
        raw.expect_error(0, ErrorCode::Protocol);
        raw.expect_end();
    }
    witness.is_served();
}

#[test]
fn sec_s17_wrong_requests_fail_alone() {
    let fixture = Fixture::new();
    fixture.stub.insert(b"k", b"v".to_vec());
    let mut raw = fixture.greeted();
    let doubled = [&[0x82][..], b"\xa3key\xc4\x01k", b"\xa3key\xc4\x01k"].concat();
    let cases: [(u8, &[u8], ErrorCode); 6] = [
        (20, &[0x80], ErrorCode::InvalidArgument),
        (20, b"\x81\xa3key\x05", ErrorCode::InvalidArgument),
        (20, &doubled, ErrorCode::InvalidArgument),
        (21, b"\x83\xa3key\xc4\x01k\xa5value\xc4\x00\xa6ttl_ms\xff", ErrorCode::InvalidArgument),
        (20, b"\x81\xa3key\xc4\x00", ErrorCode::InvalidArgument),
        (119, &[0x80], ErrorCode::UnknownOperation),
    ];
    for (op, args, code) in cases {
        raw.send(&frame(&with_args(op, args)));
        raw.expect_error(9, code);
    }
    // Unknown fields are ignored.
    raw.send(&frame(&with_args(20, b"\x82\xa3new\x91\xc3\xa3key\xc4\x01k")));
    let (id, answer) = raw.response(OpCode::Get);
    assert!(id == 9 && answer.is_ok());
}

#[test]
fn the_hello_comes_first_and_once() {
    let fixture = Fixture::new();
    let mut raw = fixture.raw();
    raw.send(&request(5, "default", &get(b"k")));
    raw.expect_error(5, ErrorCode::Protocol);
    raw.expect_end();

    let mut raw = fixture.greeted();
    raw.send(&hello(6, 1));
    raw.expect_error(6, ErrorCode::Protocol);
    raw.expect_end();

    let mut raw = fixture.raw();
    raw.send(&hello(7, 2));
    let message = raw.expect_error(7, ErrorCode::UnsupportedVersion);
    assert!(message.contains("it speaks 1"), "{message}");
    raw.expect_end();

    let mut raw = fixture.raw();
    raw.send(&frame(&[0x94, 8, 0, 0xa0, 0x80]));
    raw.expect_error(8, ErrorCode::Protocol);
    raw.expect_end();
}

#[test]
fn sec_s22_slow_peers_are_closed_and_idle_ones_are_not() {
    let short = Duration::from_millis(40);
    let options = ServerOptions { hello_timeout: short, frame_timeout: short, ..ServerOptions::default() };
    let fixture = Fixture::with(options);
    let mut idle = fixture.greeted();
    let mut silent = fixture.raw();
    silent.expect_end();
    let mut half = fixture.greeted();
    half.send(&request(2, "default", &get(b"k"))[..7]);
    half.expect_end();
    let mut header = fixture.greeted();
    header.send(&[0]);
    header.expect_end();
    // By now the idle one has been idle for longer than any timeout.
    idle.send(&request(3, "default", &get(b"k")));
    assert_eq!(idle.status(), (3, 0));
}

#[test]
fn a_frame_may_arrive_byte_by_byte() {
    let fixture = Fixture::new();
    let mut raw = fixture.raw();
    for byte in [hello(1, 1), request(2, "default", &get(b"absent"))].concat() {
        raw.send(&[byte]);
    }
    assert_eq!(raw.status(), (1, 0));
    assert_eq!(raw.status(), (2, 0));
}

#[test]
fn sec_s13_declared_sizes_reserve_nothing() {
    let options = ServerOptions { inflight_bytes_max: 4 << 20, ..ServerOptions::default() };
    let fixture = Fixture::with(options);
    let witness = Witness::of(&fixture);
    // Both ends of each are descriptors of this process, which may have no more than 1,024.
    let mut peers: Vec<Raw> = (0..300).map(|_| fixture.greeted()).collect();
    let largest = u32::try_from(limits::FRAME_BYTES_MAX).unwrap().to_be_bytes();
    for peer in &mut peers {
        peer.send(&largest);
        peer.send(&[0x94]);
    }
    witness.is_served();
    assert!(fixture.server.inflight_bytes() <= 4 << 20);
    // Those that really send much are refused once the budget is used up; the others live.
    let mut greedy = fixture.greeted();
    greedy.send(&largest);
    greedy.try_send(&vec![0x94; 6 << 20]);
    greedy.expect_error(0, ErrorCode::Busy);
    greedy.expect_end();
    witness.is_served();
    assert!(fixture.server.inflight_bytes() <= 4 << 20);
}

#[test]
fn sec_s22_too_many_connections_are_told_so() {
    let options = ServerOptions { connections_max: 3, ..ServerOptions::default() };
    let fixture = Fixture::with(options);
    let mut peers: Vec<Raw> = (0..3).map(|_| fixture.greeted()).collect();
    let mut fourth = fixture.raw();
    fourth.expect_error(0, ErrorCode::Busy);
    fourth.expect_end();
    let refused = BlockingClient::connect(fixture.path(), ClientOptions::default()).unwrap_err();
    assert_eq!(refused.code, ErrorCode::Busy);
    let mut last = peers.pop().unwrap();
    // The server closes its side in turn, and then there is room again.
    last.send(&[0, 0, 0, 0]);
    last.expect_error(0, ErrorCode::Protocol);
    last.expect_end();
    while fixture.server.connections() > 2 {
        std::thread::yield_now();
    }
    fixture.greeted();
}

#[test]
fn sec_s23_a_peer_that_never_reads_stops_being_read_and_is_closed() {
    let options = ServerOptions {
        outbox_bytes_max: 1 << 20,
        write_stall_timeout: Duration::from_millis(200),
        ..ServerOptions::default()
    };
    let fixture = Fixture::with(options);
    let witness = Witness::of(&fixture);
    fixture.stub.insert(b"large", vec![0; 100 << 10]);
    let mut raw = fixture.greeted();
    let ask = request(2, "default", &get(b"large"));
    // Each answer has 100 KiB. Requests are taken until a megabyte waits; then the socket fills up, and in the end the
    // connection is closed, which this write sees.
    let failure = loop {
        if let Err(error) = std::io::Write::write_all(&mut raw.socket, &ask) {
            break error;
        }
    };
    assert!(matches!(failure.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset), "{failure}");
    witness.is_served();
}

/// A byte now and then would hold the room of others for as long as the peer likes.
#[test]
fn a_peer_that_reads_a_byte_now_and_then_is_closed() {
    const PAGE_BYTES: usize = 4 << 20;
    let options = ServerOptions { write_stall_timeout: Duration::from_millis(200), ..ServerOptions::default() };
    let fixture = Fixture::with(options);
    let witness = Witness::of(&fixture);
    fixture.stub.insert(b"large", vec![0; PAGE_BYTES]);
    let mut raw = fixture.greeted();
    raw.send(&request(2, "default", &get(b"large")));
    let mut taken = 0;
    while fixture.server.connections() > 1 {
        taken += std::io::Read::read(&mut raw.socket, &mut [0]).unwrap();
        assert!(taken < PAGE_BYTES / 2, "it may read on");
        witness.is_served();
    }
    assert_eq!(fixture.server.unread_bytes(), 0, "what it left unread is free");
}

/// A page of eight megabytes that nobody reads, asked for 256 times at once.
#[test]
fn unread_answers_are_bounded_for_each_connection_and_for_all() {
    const PAGE_BYTES: usize = 8 << 20;
    // Nobody is cut off for not reading, however slow the machine is.
    let options = ServerOptions { write_stall_timeout: Duration::from_secs(3_600), ..ServerOptions::default() };
    let fixture = Fixture::with(options);
    fixture.stub.insert(b"page", vec![7; PAGE_BYTES]);
    let witness = Witness::of(&fixture);
    let scan = Request::Scan(Scan {
        prefix: Some(ByteBuf::from(b"page".to_vec())),
        start: None,
        end: None,
        limit: None,
        reverse: false,
        cursor: None,
        keys_only: false,
        snapshot: None,
    });
    let greedy = |count: u64| {
        let mut raw = fixture.greeted();
        let asks: Vec<u8> = (2..2 + count).flat_map(|id| request(id, "default", &scan)).collect();
        raw.send(&asks);
        raw
    };
    let settled = || {
        // Its scans have begun and nothing moves any more, once a later connection was served by the same threads.
        for _ in 0..32 {
            witness.is_served();
        }
        fixture.server.unread_bytes()
    };
    let mut one = greedy(256);
    while fixture.server.unread_bytes() < PAGE_BYTES {
        witness.is_served();
    }
    let held = settled();
    assert!(held <= limits::OUTBOX_BYTES_MAX, "one connection holds {held} bytes");
    let others: Vec<_> = (0..40).map(|_| greedy(256)).collect();
    let held = settled();
    assert!(held <= limits::UNREAD_BYTES_MAX, "{} connections hold {held} bytes", 1 + others.len());
    drop(others);
    // Whoever reads gets every answer, in time.
    for id in 2..2 + 256 {
        assert_eq!(one.status(), (id, 0));
    }
    drop(one);
    while fixture.server.unread_bytes() > 0 {
        witness.is_served();
    }
}

/// Requests of a few bytes that are wrong, of which nobody reads the refusals.
#[test]
fn refusals_that_nobody_reads_take_room_like_answers() {
    const UNREAD_MAX: usize = 1 << 20;
    let options = ServerOptions {
        outbox_bytes_max: UNREAD_MAX,
        write_stall_timeout: Duration::from_secs(3_600),
        ..ServerOptions::default()
    };
    let fixture = Fixture::on(Stub::with_budget(UNREAD_MAX), options);
    let witness = Witness::of(&fixture);
    // A get that names no namespace and no key.
    let wrong = frame(b"\x94\x07\x14\xa0\x80");
    let many = wrong.repeat(4_000);
    let mut peers: Vec<Raw> = (0..10).map(|_| fixture.greeted()).collect();
    peers.iter().for_each(|peer| peer.socket.set_nonblocking(true).unwrap());
    let mut places = vec![0; peers.len()];
    loop {
        let mut sent = 0;
        for (peer, place) in peers.iter_mut().zip(&mut places) {
            while let Ok(count) = std::io::Write::write(&mut peer.socket, &many[*place..]) {
                sent += count;
                *place = (*place + count) % wrong.len();
            }
        }
        for _ in 0..32 {
            witness.is_served();
        }
        if sent == 0 {
            break;
        }
    }
    let held = fixture.server.unread_bytes();
    assert!(held <= UNREAD_MAX, "{} connections hold {held} bytes", peers.len());
    // Whoever reads is served again.
    let reader = peers.first_mut().unwrap();
    reader.socket.set_nonblocking(false).unwrap();
    for _ in 0..10_000 {
        reader.expect_error(7, ErrorCode::InvalidArgument);
    }
}

/// The literal bytes of a get without a namespace, and of a ping, which needs none.
#[test]
fn an_empty_namespace_is_nobodys() {
    let fixture = Fixture::new();
    fixture.stub.insert(b"k", b"v".to_vec());
    let mut raw = fixture.greeted();
    raw.send(b"\x00\x00\x00\x0c\x94\x09\x14\xa0\x81\xa3key\xc4\x01k");
    let message = raw.expect_error(9, ErrorCode::InvalidArgument);
    assert!(message.contains("default"), "{message}");
    raw.send(b"\x00\x00\x00\x05\x94\x0a\x01\xa0\x80");
    assert_eq!(raw.status(), (10, 0));
    raw.send(&frame(b"\x94\x0b\x14\xa7default\x81\xa3key\xc4\x01k"));
    assert_eq!(raw.status(), (11, 0));
}

#[test]
fn sec_s25_a_panic_ends_one_connection() {
    let fixture = Fixture::new();
    let witness = Witness::of(&fixture);
    let mut raw = fixture.greeted();
    raw.send(&request(4, PANICS, &put(b"secret", b"secret".to_vec())));
    let message = raw.expect_error(4, ErrorCode::Internal);
    assert!(!message.contains("secret") && !message.contains("asked to panic"), "{message}");
    raw.expect_end();
    witness.is_served();
}

#[test]
fn random_bytes_never_stop_the_server() {
    let fixture = Fixture::new();
    let witness = Witness::of(&fixture);
    let seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut state = seed;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let good = request(3, "default", &put(b"key", vec![1; 40]));
    for round in 0..300 {
        let mut bytes = good[4..].to_vec();
        for _ in 0..1 + next() % 4 {
            let at = usize::try_from(next()).unwrap() % bytes.len();
            bytes[at] = next().to_le_bytes()[0];
        }
        let mut raw = fixture.greeted();
        raw.send(&frame(&bytes));
        raw.socket.shutdown(std::net::Shutdown::Write).unwrap();
        let payload = raw.payload().unwrap_or_else(|| panic!("no answer in round {round}, seed {seed:#x}"));
        toondb_ipc::read_response(&payload).unwrap();
    }
    witness.is_served();
}
