//! A process for tests that need several.
//!
//! ```text
//! toondb-test-worker put <socket> <prefix> <count>    puts <prefix>/<i> = <i> and ends
//! toondb-test-worker open <dir>                       opens the directory, says so, and holds it until its input ends
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "whatever fails here fails the test that started it"
)]

use std::io::{Read, Write};

use toondb_engine::{Engine, EngineOptions};
use toondb_ipc::{BlockingClient, ClientOptions};
use toondb_tests::requests::put;

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").expect("the test listens");
    out.flush().expect("the test listens");
}

fn put_all(socket: &str, prefix: &str, count: u32) {
    let client = BlockingClient::connect(socket, ClientOptions::default()).expect("the server accepts");
    for i in 0..count {
        client.call_op("", put(&format!("{prefix}/{i}"), &i.to_string())).expect("a put succeeds");
    }
    say(&format!("put {count}"));
}

fn hold(dir: &str) {
    match Engine::open(EngineOptions::new(dir)) {
        Ok(engine) => {
            say(&format!("open {}", std::process::id()));
            // Ends when the test closes the pipe, or is gone.
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            engine.close().expect("the engine closes");
        }
        Err(error) => say(&format!("refused {:?} {}", error.code, error.message)),
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["put", socket, prefix, count] => put_all(socket, prefix, count.parse().expect("a count")),
        ["open", dir] => hold(dir),
        other => panic!("unknown arguments {other:?}"),
    }
}
