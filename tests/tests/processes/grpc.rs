//! `toondb serve --grpc` as a process: alone and beside the socket, asked to end, and killed.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use toondb_engine::api::ErrorCode;
use toondb_grpc::{BlockingClient, ClientOptions};
use toondb_tests::requests::{get, put};
use toondb_tests::{Dice, Served, TempDir, run, seed};

const ANY_PORT: &str = "127.0.0.1:0";

/// What a writer was told.
struct Told {
    acknowledged: Vec<String>,
    /// Refused with a word: these must not have happened.
    refused: Vec<String>,
}

/// Writes without a pause until the server does not answer any more.
fn write_on(address: &str, name: &str, acks: &AtomicU64) -> Told {
    let client = BlockingClient::connect(address.parse().unwrap(), ClientOptions::default(), None).unwrap();
    let mut told = Told { acknowledged: Vec::new(), refused: Vec::new() };
    for i in 0.. {
        let key = format!("{name}/{i}");
        match client.call_op("default", put(&key, "v")) {
            Ok(_) => {
                told.acknowledged.push(key);
                acks.fetch_add(1, Ordering::SeqCst);
            }
            Err(error) if error.code == ErrorCode::OutcomeUnknown => return told,
            Err(error) => {
                let known = matches!(error.code, ErrorCode::ShuttingDown | ErrorCode::ConnectionFailed);
                assert!(known, "{error:?}");
                told.refused.push(key);
                return told;
            }
        }
    }
    unreachable!("the server ends before the numbers do")
}

/// Has four writers write, does `end` to the server after some acknowledgements, and looks at what is left.
fn end_while_written(data: &Path, stop_after: u64, context: &str, end: impl FnOnce(&mut Served)) {
    let mut server = Served::start_on(None, Some(ANY_PORT), data).expect("the server starts");
    let address = server.grpc_address();
    let acks = AtomicU64::new(0);
    let told: Vec<Told> = std::thread::scope(|scope| {
        let (address, acks) = (&address, &acks);
        let names = ["a", "b", "c", "d"];
        let writers: Vec<_> = names.map(|name| scope.spawn(move || write_on(address, name, acks))).into();
        while acks.load(Ordering::SeqCst) < stop_after {
            std::thread::yield_now();
        }
        end(&mut server);
        writers.into_iter().map(|writer| writer.join().expect("a writer ends well")).collect()
    });
    server.wait();
    let again = Served::start_on(None, Some(ANY_PORT), data).expect("the server starts again");
    let client = again.grpc_client();
    let there = |key: &str| run(&client, "default", get(key)).unwrap().found.is_some();
    for told in told {
        for key in &told.acknowledged {
            assert!(there(key), "{context}: {key} was acknowledged and is lost");
        }
        for key in &told.refused {
            assert!(!there(key), "{context}: {key} was refused and is there");
        }
    }
}

#[test]
fn one_engine_is_served_on_the_socket_and_over_grpc() {
    let dir = TempDir::new();
    let (socket, data) = (dir.join("s"), dir.join("data"));
    let mut server = Served::start_on(Some(&socket), Some(ANY_PORT), &data).expect("the server starts");
    let address = server.grpc_address();
    assert!(address.starts_with("127.0.0.1:") && !address.ends_with(":0"), "{address}");
    assert!(server.log().contains(&format!("socket={}", socket.display())), "{}", server.log());
    assert!(
        server.log().contains("every process on this machine, without TLS and without a token"),
        "{}",
        server.log()
    );
    let (ipc, grpc) = (server.client(), server.grpc_client());
    run(&ipc, "default", put("from the socket", "1")).unwrap();
    run(&grpc, "default", put("over gRPC", "2")).unwrap();
    assert!(run(&grpc, "default", get("from the socket")).unwrap().found.is_some());
    assert!(run(&ipc, "default", get("over gRPC")).unwrap().found.is_some());
    server.terminate();
    assert_eq!(server.wait().code(), Some(0), "idle connections do not hold it up: {}", server.log());
    assert!(!socket.exists());
}

#[test]
fn grpc_on_a_unix_socket_alone() {
    let dir = TempDir::new();
    let (path, data) = (dir.join("g"), dir.join("data"));
    let mut server = Served::start_on(None, Some(&format!("unix:{}", path.display())), &data).expect("it starts");
    assert_eq!(server.grpc_address(), format!("unix:{}", path.display()));
    run(&server.grpc_client(), "", put("k", "v")).unwrap();
    server.terminate();
    assert_eq!(server.wait().code(), Some(0), "{}", server.log());
    assert!(!path.exists(), "the socket is left behind");
}

#[test]
fn addresses_that_cannot_be_served_are_refused_with_what_to_do() {
    let dir = TempDir::new();
    let first = Served::start_on(None, Some(ANY_PORT), &dir.join("data")).expect("the server starts");
    let taken = first.grpc_address();
    for (address, wanted) in
        [(taken.as_str(), "cannot listen"), ("0.0.0.0:0", "needs TLS"), ("nothing", "no address to serve gRPC on")]
    {
        let error = Served::start_on(None, Some(address), &dir.join("other")).expect_err(address);
        assert!(error.contains(wanted), "{address}: {error}");
    }
    let error = Served::start_on(None, Some(ANY_PORT), &dir.join("data")).expect_err("the directory is taken");
    assert!(error.contains(&first.pid().to_string()), "{error}");
}

#[test]
fn what_was_accepted_over_grpc_is_answered_at_the_end() {
    let seed = seed(43);
    let dice = Dice::new(seed);
    for round in 0..4 {
        let dir = TempDir::new();
        let stop_after = 1 + dice.below(2_000);
        let context = format!("seed {seed}, round {round}, stopped after {stop_after} acknowledgements");
        end_while_written(&dir.join("data"), stop_after, &context, |server| {
            server.terminate();
            assert_eq!(server.wait().code(), Some(0), "{context}: {}", server.log());
            assert!(server.log().contains("complete=true"), "{context}: {}", server.log());
        });
    }
}

#[test]
fn no_write_that_was_acknowledged_over_grpc_is_lost_by_a_kill() {
    let seed = seed(44);
    let dice = Dice::new(seed);
    let dir = TempDir::new();
    for round in 0..4 {
        let stop_after = 1 + dice.below(1_000);
        let context = format!("seed {seed}, round {round}, killed after {stop_after} acknowledgements");
        end_while_written(&dir.join(&format!("data{round}")), stop_after, &context, |server| {
            server.kill();
        });
    }
}
