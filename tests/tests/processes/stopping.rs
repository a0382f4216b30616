//! SIGTERM: what was accepted is answered, what was not is not executed, and the exit code is 0.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use toondb_engine::api::{ErrorCode, OpCode};
use toondb_ipc::{HELLO_CODE, Hello, STATUS_OK, read_response, write_request};
use toondb_tests::requests::{get, put};
use toondb_tests::{Dice, Served, TempDir, run, seed};

/// What became of a key's put, as its writer saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Acknowledged,
    /// Refused with a word: it must not have happened.
    Refused,
    /// The connection ended without a word: the request was not accepted, and must not have happened.
    Silent,
}

/// A bare connection: what has arrived can be read whatever happened to the sending side.
struct Raw(UnixStream);

impl Raw {
    fn connect(socket: &Path) -> Self {
        let mut raw = Self(UnixStream::connect(socket).expect("the server accepts"));
        assert!(raw.send(1, HELLO_CODE, &Hello::new("test")));
        assert_eq!(raw.receive().map(|(id, _)| id), Some(1), "the server greets");
        raw
    }

    fn send(&mut self, id: u64, code: u16, arguments: &impl serde::Serialize) -> bool {
        let mut frame = Vec::new();
        write_request(&mut frame, id, code, "default", arguments).expect("the request can be written");
        self.0.write_all(&frame).is_ok()
    }

    /// The id of the next answer and its status; nothing at the end.
    fn receive(&mut self) -> Option<(u64, u16)> {
        let mut length = [0; 4];
        self.0.read_exact(&mut length).ok()?;
        let mut payload = vec![0; u32::from_be_bytes(length) as usize];
        self.0.read_exact(&mut payload).ok()?;
        let head = read_response(&payload).expect("the answer is well formed");
        Some((head.id, head.status))
    }
}

/// Keeps sixteen puts in flight until the connection ends.
fn write_on(socket: &Path, name: &str, acks: &AtomicU64) -> Vec<(String, Fate)> {
    let mut raw = Raw::connect(socket);
    let mut fates = Vec::new();
    let key = |i: u64| format!("{name}/{i}");
    let mut sent = 2..2;
    let mut send = |raw: &mut Raw, fates: &mut Vec<(String, Fate)>| {
        // A put whose sending failed was never received whole: silent until an answer says otherwise.
        raw.send(sent.end, OpCode::Put.number(), &put(&key(sent.end), "v"));
        fates.push((key(sent.end), Fate::Silent));
        sent.end += 1;
    };
    (0..16).for_each(|_| send(&mut raw, &mut fates));
    while let Some((id, status)) = raw.receive() {
        let fate = match status {
            STATUS_OK => Fate::Acknowledged,
            other => {
                assert_eq!(other, u16::from(ErrorCode::ShuttingDown), "answer to put {id}");
                Fate::Refused
            }
        };
        acks.fetch_add(u64::from(fate == Fate::Acknowledged), Ordering::SeqCst);
        fates[usize::try_from(id - 2).unwrap()].1 = fate;
        send(&mut raw, &mut fates);
    }
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
            let there = run(&client, "default", get(&key)).unwrap().found.is_some();
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
    run(&idle, "default", put("k", "v")).unwrap();
    server.terminate();
    assert_eq!(server.wait().code(), Some(0), "an idle connection does not hold it up: {}", server.log());
    let error = run(&idle, "default", get("k")).expect_err("nobody serves");
    assert!(matches!(error.code, ErrorCode::ConnectionFailed | ErrorCode::ShuttingDown), "{error:?}");
}
