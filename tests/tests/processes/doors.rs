//! What happens at a real server's doors: signals, few file descriptors, files of others, lost tokens.

use std::io::Read;
use std::os::unix::net::UnixStream;

use rustix::process::Signal;
use toondb_engine::api::ErrorCode;
use toondb_ipc::{BlockingClient, ClientOptions, read_error, read_response};
use toondb_tests::requests::{get, put};
use toondb_tests::{Served, TempDir, run};

/// The id and error of a refusal that came before anything was said.
fn refusal(mut socket: UnixStream) -> Option<(u64, ErrorCode)> {
    let mut bytes = Vec::new();
    socket.read_to_end(&mut bytes).ok()?;
    let head = read_response(bytes.get(4..)?).unwrap();
    Some((head.id, read_error(&head).code))
}

#[test]
fn signals_that_mean_nothing_end_nothing() {
    let dir = TempDir::new();
    let mut served = Served::start(&dir.join("s"), &dir.join("data")).unwrap();
    let client = served.client();
    for signal in [
        Signal::HUP,
        Signal::USR1,
        Signal::USR2,
        Signal::ALARM,
        Signal::VTALARM,
        Signal::PROF,
        Signal::XFSZ,
        Signal::PIPE,
        Signal::IO,
    ] {
        served.signal(signal);
        run(&client, "default", put("k", &format!("{signal:?}"))).unwrap();
    }
    served.terminate();
    assert!(served.wait().success(), "{}", served.log());
    assert!(served.log().contains("SIGHUP"), "{}", served.log());
}

/// The limit of a file's size is a disk that is full: a write may be refused, the server lives, and so does what it has
/// acknowledged.
#[test]
fn a_file_that_grows_past_its_limit_ends_nothing() {
    let dir = TempDir::new();
    // In blocks of 512 bytes: room for the catalog and the first small segments of a log.
    let mut served = Served::start_limited("-f 8192", &dir.join("s"), &dir.join("data")).unwrap();
    let client = served.client();
    let value = "v".repeat(1 << 20);
    let mut acknowledged = Vec::new();
    for i in 0..64 {
        match run(&client, "default", put(&format!("k{i}"), &value)) {
            Ok(_) => acknowledged.push(i),
            Err(error) => assert_eq!(error.code, ErrorCode::DiskFull, "{error}"),
        }
    }
    assert!(acknowledged.len() >= 2, "what fits is taken: {acknowledged:?}");
    served.client().call_op("", toondb_engine::api::Ping {}).unwrap();
    served.terminate();
    served.wait();
    assert!(served.log().contains("stopped"), "{}", served.log());
    let unlimited = Served::start(&dir.join("s"), &dir.join("data")).unwrap();
    let client = unlimited.client();
    for i in acknowledged {
        let found = run(&client, "default", get(&format!("k{i}"))).unwrap().found;
        assert!(found.is_some_and(|found| found.value == value.as_bytes()), "k{i}");
    }
}

#[test]
fn idle_connections_never_take_the_engines_descriptors() {
    let dir = TempDir::new();
    let mut served = Served::start_limited("-n 900", &dir.join("s"), &dir.join("data")).unwrap();
    let first = served.client();
    run(&first, "default", put("k", "v")).unwrap();
    // As many descriptors of this process, which may have no more than 1,024.
    let idle: Vec<_> = (0..896).map(|_| UnixStream::connect(dir.join("s")).unwrap()).collect();
    // Those that were let in have gone on to be ignored, and those that were not have been told.
    for i in 0..16 {
        let namespace = format!("new-{i}");
        run(&first, &namespace, put("k", "v")).unwrap();
        assert!(run(&first, &namespace, get("k")).unwrap().found.is_some());
    }
    assert!(run(&first, "default", get("k")).unwrap().found.is_some());
    let last = idle.into_iter().next_back().unwrap();
    assert_eq!(refusal(last), Some((0, ErrorCode::Busy)));
    let mut later = None;
    // The idle ones are gone; their places come free as the server notices.
    while later.is_none() {
        later = BlockingClient::connect(dir.join("s"), ClientOptions::default()).ok();
    }
    served.terminate();
    assert!(served.wait().success(), "{}", served.log());
}

#[test]
fn the_lock_file_of_somebody_else_is_left_alone() {
    let dir = TempDir::new();
    std::fs::write(dir.join("s.lock"), "precious").unwrap();
    let refused = Served::start(&dir.join("s"), &dir.join("data")).unwrap_err();
    assert!(refused.contains("no lock file that ToonDB made"), "{refused}");
    assert_eq!(std::fs::read(dir.join("s.lock")).unwrap(), b"precious");
}
