//! Good clients: pipelining, order and ids, backpressure, the drain, reconnecting, and what is retried.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failure fails the test")]

mod common;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::time::Duration;

use common::stub::HELD;
use common::{Fixture, PATIENCE, TempDir, get, hello, next_request, put, request};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType};
use toondb_engine::api::{
    ByteBuf, Error, ErrorCode, Get, MaybeValue, OpCode, Ping, Put, Request, Response, Result, Scan,
};
use toondb_engine::clock::{Clock, SystemClock};
use toondb_ipc::{
    AsyncClient, BlockingClient, CallOptions, ClientOptions, Pipeline, Server, ServerOptions, Welcome, write_failure,
    write_result, write_success,
};

fn client(fixture: &Fixture) -> BlockingClient {
    BlockingClient::connect(fixture.path(), ClientOptions::default()).unwrap()
}

/// For tests that leave requests unanswered.
fn impatient() -> ServerOptions {
    ServerOptions { drain_timeout: Duration::from_millis(10), ..ServerOptions::default() }
}

fn value(response: Response) -> Option<Vec<u8>> {
    match response {
        Response::Get(MaybeValue { found }) => found.map(|found| found.value.into_vec()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_write_of_many_requests_gets_all_answers() {
    let fixture = Fixture::new();
    fixture.stub.insert(b"k", b"v".to_vec());
    let mut raw = fixture.raw();
    let mut bytes = hello(1, 1);
    for id in 2..5000 {
        bytes.extend_from_slice(&request(id, "default", &get(b"k")));
    }
    let mut sender = raw.socket.try_clone().unwrap();
    let sending = std::thread::spawn(move || std::io::Write::write_all(&mut sender, &bytes).unwrap());
    assert_eq!(raw.status(), (1, 0));
    for id in 2..5000 {
        let (answered, result) = raw.response(OpCode::Get);
        assert_eq!((answered, value(result.unwrap())), (id, Some(b"v".to_vec())));
    }
    sending.join().unwrap();
}

#[test]
fn answers_may_come_out_of_order() {
    let fixture = Fixture::new();
    let mut raw = fixture.greeted();
    for id in [10, 11, 12] {
        raw.send(&request(id, HELD, &get(b"k")));
    }
    let mut held = fixture.stub.release(3);
    raw.send(&request(13, "default", &get(b"k")));
    assert_eq!(raw.status(), (13, 0), "a later request does not wait for an earlier one");
    while let Some((request, reply)) = held.pop() {
        reply.send(fixture.stub.answer(&request));
    }
    assert_eq!([raw.status().0, raw.status().0, raw.status().0], [12, 11, 10]);
}

#[test]
fn a_full_pipeline_stops_the_reading_and_goes_on() {
    let fixture = Fixture::with(ServerOptions { pipeline_max: 4, ..ServerOptions::default() });
    let mut raw = fixture.greeted();
    let mut bytes = Vec::new();
    for id in 1..=10 {
        bytes.extend_from_slice(&request(id, HELD, &get(b"k")));
    }
    raw.send(&bytes);
    let mut ids = BTreeSet::new();
    for batch in [4, 4, 2] {
        let held = fixture.stub.release(batch);
        assert_eq!(fixture.stub.held(), 0, "no more than four at a time");
        for (request, reply) in held {
            reply.complete(fixture.stub.answer(&request));
            reply.flush();
        }
        for _ in 0..batch {
            ids.insert(raw.status().0);
        }
    }
    assert_eq!(ids, (1..=10).collect());
}

#[test]
fn large_messages_pass_both_ways() {
    let fixture = Fixture::new();
    let client = client(&fixture);
    let large: Vec<u8> = (0..8_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    client.call("default", &put(b"large", large.clone())).unwrap();
    assert_eq!(value(client.call("default", &get(b"large")).unwrap()).unwrap(), large);
    assert_eq!(fixture.server.inflight_bytes(), 0);
    // An answer that fits in no frame is a failure of its own, not of the connection.
    for n in 0..11_u8 {
        fixture.stub.insert(&[b'x', n], vec![0; 8 << 20]);
    }
    let scan = Request::Scan(Scan { prefix: Some(ByteBuf::from(*b"x")), ..Scan::default() });
    assert_eq!(client.call("default", &scan).unwrap_err().code, ErrorCode::LimitExceeded);
    assert_eq!(client.call_op("default", Ping {}).unwrap().version, "stub");
}

#[test]
fn threads_share_a_client() {
    let fixture = Fixture::new();
    let options = ClientOptions { sockets_max: 3, ..ClientOptions::default() };
    let client = BlockingClient::connect(fixture.path(), options).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8_u8 {
            let client = &client;
            scope.spawn(move || {
                for n in 0..50_u8 {
                    client.call("default", &put(&[thread, n], vec![thread, n])).unwrap();
                    assert_eq!(value(client.call("default", &get(&[thread, n])).unwrap()), Some(vec![thread, n]));
                }
            });
        }
    });
    assert!(fixture.server.connections() <= 3);
}

#[test]
fn a_pipeline_carries_many_writes_and_large_answers() {
    let fixture = Fixture::new();
    let mut pipeline = Pipeline::connect(fixture.path(), ClientOptions::default()).unwrap();
    let ids: BTreeSet<u64> =
        (0..3000_u32).map(|n| pipeline.send("default", &put(&n.to_be_bytes(), vec![1; 1000])).unwrap()).collect();
    assert_eq!(ids.len(), 3000);
    let mut answered = BTreeSet::new();
    while pipeline.in_flight() > 0 {
        let answer = pipeline.receive().unwrap();
        assert!(matches!(answer.result, Ok(Response::Put(_))));
        answered.insert(answer.id);
    }
    assert_eq!(answered, ids);
    fixture.stub.insert(b"large", vec![3; 100_000]);
    for _ in 0..200 {
        pipeline.send("default", &get(b"large")).unwrap();
    }
    for _ in 0..200 {
        assert_eq!(value(pipeline.receive().unwrap().result.unwrap()).unwrap().len(), 100_000);
    }
    assert!(pipeline.receive().is_err());
}

/// Waits for what comes sooner or later.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = SystemClock::new();
    while !is_so() {
        assert!(began.monotonic() < PATIENCE, "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn a_caller_that_closes_its_socket_is_noticed() {
    let fixture = Fixture::with(ServerOptions { pipeline_max: 2, ..ServerOptions::default() });
    let ask = |count: u64| {
        let mut raw = fixture.greeted();
        let asks: Vec<u8> = (2..2 + count).flat_map(|id| request(id, HELD, &put(b"k", vec![1]))).collect();
        raw.send(&asks);
        (raw, fixture.stub.release(usize::try_from(count.min(2)).unwrap()))
    };
    // The last of them has more to say than is read.
    for count in [1, 2, 3] {
        let (raw, held) = ask(count);
        assert!(held.iter().all(|(_, reply)| reply.is_wanted()));
        drop(raw);
        until("its answers are still wanted", || held.iter().all(|(_, reply)| !reply.is_wanted()));
        until("its connection is still there", || fixture.server.connections() == 0);
        assert_eq!(fixture.stub.held(), 0);
    }
}

/// It still reads: only once it has closed its socket for good does nobody wait for the answer.
#[test]
fn a_caller_that_sends_no_more_is_answered() {
    let fixture = Fixture::new();
    let mut raw = fixture.greeted();
    raw.send(&[request(2, HELD, &get(b"k")), request(3, HELD, &get(b"k"))].concat());
    raw.socket.shutdown(std::net::Shutdown::Write).unwrap();
    let mut held = fixture.stub.release(2);
    let (last, reply) = held.pop().unwrap();
    reply.send(fixture.stub.answer(&last));
    assert_eq!(raw.status(), (3, 0));
    assert!(held[0].1.is_wanted());
    drop(raw);
    until("the first answer is still wanted", || !held[0].1.is_wanted());
}

#[test]
fn a_drain_answers_what_was_accepted_and_refuses_the_rest() {
    let fixture = Fixture::new();
    let mut raw = fixture.greeted();
    raw.send(&request(2, HELD, &put(b"k", b"v".to_vec())));
    let held = fixture.stub.release(1);
    let mut idle = fixture.greeted();
    let path = fixture.path();
    let Fixture { server, stub, dir } = fixture;
    let ending = std::thread::spawn(move || server.shutdown());
    // The idle connection ends; the one with a request in flight stays for the answer.
    idle.expect_end();
    assert!(!path.exists(), "nobody new finds the server");
    // This one may come in time, or too late, or to nobody any more; the answer says which.
    raw.try_send(&request(3, "default", &get(b"k")));
    for (request, reply) in held {
        reply.send(stub.answer(&request).or(Ok(Response::Get(MaybeValue { found: None }))));
    }
    let mut answers = BTreeMap::new();
    while let Some(payload) = raw.payload() {
        let head = toondb_ipc::read_response(&payload).unwrap();
        assert_eq!(answers.insert(head.id, head.status), None);
    }
    assert_eq!(answers.remove(&2), Some(0));
    assert!(matches!(answers.remove(&3), None | Some(0 | 35)) && answers.is_empty());
    assert!(ending.join().unwrap());
    drop(dir);
}

#[test]
fn requests_that_wait_when_the_drain_begins_are_refused() {
    let fixture = Fixture::with(ServerOptions { pipeline_max: 1, ..ServerOptions::default() });
    let mut raw = fixture.greeted();
    raw.send(&[request(2, HELD, &get(b"k")), request(3, "default", &get(b"k"))].concat());
    let held = fixture.stub.release(1);
    let Fixture { server, stub, dir } = fixture;
    let ending = std::thread::spawn(move || server.shutdown());
    assert_eq!(raw.status(), (3, u16::from(ErrorCode::ShuttingDown)));
    for (request, reply) in held {
        reply.send(stub.answer(&request));
    }
    assert_eq!(raw.status(), (2, 0));
    raw.expect_end();
    assert!(ending.join().unwrap());
    drop(dir);
}

#[test]
fn a_drain_is_bounded() {
    let fixture = Fixture::with(impatient());
    let mut raw = fixture.greeted();
    raw.send(&request(2, HELD, &get(b"k")));
    let held = fixture.stub.release(1);
    assert!(!fixture.server.shutdown());
    raw.expect_end();
    for (request, reply) in held {
        reply.send(fixture.stub.answer(&request));
    }
}

#[test]
fn a_client_survives_a_restart_of_the_server() {
    let Fixture { server, stub, dir } = Fixture::new();
    let client = BlockingClient::connect(dir.socket(), ClientOptions::default()).unwrap();
    client.call("default", &put(b"k", b"v".to_vec())).unwrap();
    assert!(server.shutdown());
    assert_eq!(client.call("default", &put(b"k", b"w".to_vec())).unwrap_err().code, ErrorCode::ConnectionFailed);
    let _server = Server::bind(dir.socket(), ServerOptions::default(), stub).unwrap();
    client.call("default", &put(b"k", b"w".to_vec())).unwrap();
    assert_eq!(value(client.call("default", &get(b"k")).unwrap()), Some(b"w".to_vec()));
}

#[test]
fn a_write_with_a_lost_answer_is_not_repeated() {
    let Fixture { server, stub, dir } = Fixture::with(impatient());
    let client = Arc::new(BlockingClient::connect(dir.socket(), ClientOptions::default()).unwrap());
    let (writer, reader) = (Arc::clone(&client), Arc::clone(&client));
    let write = std::thread::spawn(move || writer.call(HELD, &put(b"k", b"v".to_vec())));
    let lost = stub.release(1);
    let read = std::thread::spawn(move || reader.call(HELD, &get(b"k")));
    let also_lost = stub.release(1);
    assert!(!server.shutdown());
    assert_eq!(write.join().unwrap().unwrap_err().code, ErrorCode::OutcomeUnknown);
    let read = read.join().unwrap();
    assert!(
        read.is_err_and(|error| error.code == ErrorCode::ConnectionFailed),
        "no server was there for the repetition"
    );
    drop((lost, also_lost, dir));
}

#[test]
fn a_silent_server_times_out() {
    let fixture = Fixture::with(impatient());
    let options = ClientOptions {
        timeout: Some(Duration::from_millis(20)),
        idle_interval: Duration::from_millis(5),
        ..ClientOptions::default()
    };
    let client = BlockingClient::connect(fixture.path(), options).unwrap();
    assert_eq!(client.call(HELD, &get(b"k")).unwrap_err().code, ErrorCode::Timeout);
    assert_eq!(client.call(HELD, &put(b"k", vec![])).unwrap_err().code, ErrorCode::OutcomeUnknown);
    assert_eq!(client.call("default", &get(b"k")).map(value), Ok(None));
}

#[test]
fn a_waiting_call_can_be_interrupted() {
    let fixture = Fixture::with(impatient());
    let options = ClientOptions { idle_interval: Duration::from_millis(2), ..ClientOptions::default() };
    let client = BlockingClient::connect(fixture.path(), options).unwrap();
    let asked = Cell::new(0);
    let on_idle = || {
        asked.set(asked.get() + 1);
        if asked.get() < 3 { Ok(()) } else { Err(Error::internal("interrupted")) }
    };
    let call = CallOptions { on_idle: Some(&on_idle), ..CallOptions::default() };
    let error = client.call_with(HELD, &put(b"k", vec![]), &call).unwrap_err();
    assert_eq!((error.message.as_str(), asked.get()), ("interrupted", 3));
    assert_eq!(client.call("default", &get(b"k")).map(value), Ok(None), "the next call uses another socket");
}

/// A server that takes connections, or lets them wait, and says nothing.
#[test]
fn connecting_can_be_interrupted() {
    let dir = TempDir::new();
    let listener = UnixListener::bind(dir.socket()).unwrap();
    // A short queue: this process may not have descriptors enough to fill the one of `bind`.
    rustix::net::listen(&listener, 4).unwrap();
    let options = ClientOptions { idle_interval: Duration::from_millis(2), ..ClientOptions::default() };
    let interrupted = || {
        let asked = Cell::new(0);
        let on_idle = || {
            asked.set(asked.get() + 1);
            if asked.get() < 3 { Ok(()) } else { Err(Error::internal("interrupted")) }
        };
        let call = CallOptions { on_idle: Some(&on_idle), ..CallOptions::default() };
        let error = BlockingClient::connect_with(dir.socket(), options.clone(), &call).unwrap_err();
        assert_eq!((error.message.as_str(), asked.get()), ("interrupted", 3));
    };
    interrupted();
    // Nobody accepts: once the queue is full, it is the system that lets the next one wait.
    let mut queue = Vec::new();
    loop {
        let flags = rustix::net::SocketFlags::NONBLOCK;
        let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).unwrap();
        match rustix::net::connect(&socket, &SocketAddrUnix::new(dir.socket()).unwrap()) {
            Ok(()) => queue.push(socket),
            Err(error) => break assert_eq!(error, rustix::io::Errno::AGAIN),
        }
    }
    interrupted();
    drop((queue, listener));
}

fn in_runtime<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, future).await.unwrap() })
}

async fn async_get(client: &AsyncClient, namespace: &str, key: &[u8]) -> Result<MaybeValue> {
    client.call_op(namespace, Get { key: ByteBuf::from(key), snapshot: None }).await
}

#[test]
fn the_asynchronous_client_pipelines_and_survives_cancellation() {
    let fixture = Fixture::new();
    fixture.stub.insert(b"k", b"v".to_vec());
    let stub = Arc::clone(&fixture.stub);
    in_runtime(async {
        let client = AsyncClient::connect(fixture.path(), ClientOptions::default()).await.unwrap();
        let calls: Vec<_> = (0..300_u32)
            .map(|n| {
                let client = client.clone();
                tokio::spawn(async move { client.call("default", &put(&n.to_be_bytes(), vec![1])).await })
            })
            .collect();
        for call in calls {
            call.await.unwrap().unwrap();
        }
        let cancelled = {
            let client = client.clone();
            tokio::spawn(async move { async_get(&client, HELD, b"k").await })
        };
        let held = tokio::task::spawn_blocking(move || stub.release(1)).await.unwrap();
        cancelled.abort();
        assert!(cancelled.await.unwrap_err().is_cancelled());
        for (request, reply) in held {
            reply.send(fixture.stub.answer(&request));
        }
        let found = async_get(&client, "default", b"k").await.unwrap().found.unwrap();
        assert_eq!(found.value, b"v");
        assert_eq!(fixture.server.connections(), 1);
    });
}

/// A server that says why it ends the connection, while a write and a read are unanswered: the write may have happened.
#[test]
fn a_farewell_is_no_answer_to_any_call() {
    let dir = TempDir::new();
    let listener = UnixListener::bind(dir.socket()).unwrap();
    let server = std::thread::spawn(move || {
        let mut answers = 0;
        for farewell in [true, false] {
            let (mut socket, _) = listener.accept().unwrap();
            let mut asked = 0;
            while let Some(id) = next_request(&mut socket) {
                let mut out = Vec::new();
                match (id, farewell) {
                    (1, _) => {
                        // One that takes no numbers.
                        let welcome = Welcome { numbers: false, ..Welcome::new(8) };
                        write_success(&mut out, 1, &welcome).unwrap();
                    }
                    (_, false) => {
                        write_result(&mut out, id, &Ok(Response::Get(MaybeValue { found: None })));
                        answers += 1;
                    }
                    (_, true) if asked == 0 => asked = 1,
                    (_, true) => write_failure(&mut out, 0, &Error::new(ErrorCode::Busy, "too many bytes wait")),
                }
                socket.write_all(&out).unwrap();
            }
        }
        answers
    });
    in_runtime(async {
        let client = AsyncClient::connect(dir.socket(), ClientOptions::default()).await.unwrap();
        let value = put(b"k", vec![1]);
        let (write, read) = tokio::join!(client.call("default", &value), async_get(&client, "default", b"k"));
        let error = write.unwrap_err();
        assert_eq!(error.code, ErrorCode::OutcomeUnknown, "{error}");
        assert_eq!(read.unwrap().found, None, "a read is asked once more");
    });
    assert_eq!(server.join().unwrap(), 1);
}

#[test]
fn the_asynchronous_client_reconnects() {
    let Fixture { server, stub, dir } = Fixture::new();
    in_runtime(async {
        let client = AsyncClient::connect(dir.socket(), ClientOptions::default()).await.unwrap();
        assert!(async_get(&client, "default", b"k").await.unwrap().found.is_none());
        tokio::task::spawn_blocking(move || server.shutdown()).await.unwrap();
        let error = client.call("default", &put(b"k", vec![])).await.unwrap_err();
        assert!(matches!(error.code, ErrorCode::ConnectionFailed | ErrorCode::OutcomeUnknown), "{error:?}");
        let _server = Server::bind(dir.socket(), ServerOptions::default(), stub).unwrap();
        assert!(async_get(&client, "default", b"k").await.unwrap().found.is_none());
        let put =
            Put { key: ByteBuf::from(*b"k"), value: ByteBuf::new(), ttl_ms: None, durability: Default::default() };
        client.call_op("default", put).await.unwrap();
    });
}
