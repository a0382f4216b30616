//! SIGTERM: what was accepted is answered, what was not is not executed, and the exit code is 0.

use std::sync::atomic::{AtomicU64, Ordering};

use toondb_engine::api::{ErrorCode, Request};
use toondb_tests::requests::{get, put};
use toondb_tests::{Dice, Served, TempDir, run, seed};
use toondb_ipc::{ClientOptions, Pipeline};

/// What became of a key's put, as its writer saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Acknowledged,
    /// Refused with a word: it must not have happened.
    Refused,
    /// The connection ended without a word: the request was not accepted, and must not have happened.
    Silent,
}

/// Keeps a pipeline full until the connection ends.
fn write_on(socket: &std::path::Path, name: &str, acks: &AtomicU64) -> Vec<(String, Fate)> {
    const DEPTH: usize = 16;
    let mut pipeline = Pipeline::connect(socket, ClientOptions::default()).expect("the server accepts");
    let (mut sent, mut fates) = (std::collections::HashMap::new(), Vec::new());
    let mut next = 0_u64;
    let mut ended = false;
    while !ended {
        while pipeline.in_flight() < DEPTH {
            let key = format!("{name}/{next}");
            next += 1;
            match pipeline.send("", &Request::Put(put(&key, "v"))) {
                Ok(id) => drop(sent.insert(id, key)),
                Err(_) => break,
            }
        }
        ended = pipeline.flush().is_err();
        match pipeline.receive() {
            Ok(answer) => {
                let Some(key) = sent.remove(&answer.id) else { continue };
                match answer.result {
                    Ok(_) => {
                        acks.fetch_add(1, Ordering::SeqCst);
                        fates.push((key, Fate::Acknowledged));
                    }
                    Err(error) => {
                        assert_eq!(error.code, ErrorCode::ShuttingDown, "{error:?}");
                        fates.push((key, Fate::Refused));
                    }
                }
            }
            Err(_) => ended = true,
        }
    }
    // Whatever else arrived before the end.
    while let Ok(answer) = pipeline.receive() {
        if let Some(key) = sent.remove(&answer.id) {
            fates.push((key, if answer.result.is_ok() { Fate::Acknowledged } else { Fate::Refused }));
        }
    }
    fates.extend(sent.into_values().map(|key| (key, Fate::Silent)));
    fates
}

#[test]
fn accepted_requests_are_answered() {
    let seed = seed(41);
    let dice = Dice::new(seed);
    for round in 0..8 {
        let dir = TempDir::new();
        let (socket, data) = (dir.join("s"), dir.join("data"));
        let mut server = Served::start(&socket, &data).expect("the server starts");
        let acks = AtomicU64::new(0);
        let stop_after = 1 + dice.below(2_000);
        let fates: Vec<(String, Fate)> = std::thread::scope(|scope| {
            let (socket, acks) = (&socket, &acks);
            let names = ["a", "b", "c", "d"];
            let writers: Vec<_> = names.map(|name| scope.spawn(move || write_on(socket, name, acks))).into();
            while acks.load(Ordering::SeqCst) < stop_after {
                std::thread::yield_now();
            }
            server.terminate();
            writers.into_iter().flat_map(|writer| writer.join().expect("a writer ends well")).collect()
        });
        let context = format!("seed {seed}, round {round}, stopped after {stop_after} acknowledgements");
        let status = server.wait();
        assert_eq!(status.code(), Some(0), "{context}: {}", server.log());
        assert!(!socket.exists(), "{context}: the socket is left behind");
        let again = Served::start(&socket, &data).expect("the server starts again");
        let client = again.client();
        for (key, fate) in fates {
            let there = run(&client, "", get(&key)).unwrap().found.is_some();
            assert_eq!(there, fate == Fate::Acknowledged, "{context}: {key} was {fate:?}");
        }
    }
}

#[test]
fn interrupting_an_idle_server_is_quick_and_clean() {
    let dir = TempDir::new();
    let (socket, data) = (dir.join("s"), dir.join("data"));
    let mut server = Served::start(&socket, &data).expect("the server starts");
    let idle = server.client();
    run(&idle, "", put("k", "v")).unwrap();
    server.terminate();
    assert_eq!(server.wait().code(), Some(0), "an idle connection does not hold it up: {}", server.log());
    let error = run(&idle, "", get("k")).expect_err("nobody serves");
    assert!(matches!(error.code, ErrorCode::ConnectionFailed | ErrorCode::ShuttingDown), "{error:?}");
}
