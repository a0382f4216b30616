//! A process for tests that need several.
//!
//! ```text
//! toondb-test-worker put <socket> <prefix> <count>    puts <prefix>/<i> = <i> and ends
//! toondb-test-worker open <dir>                       opens the directory, says so, and holds it until its input ends
//! toondb-test-worker fork <dir>                       opens the directory, forks, and dies; the child lives on likewise
//! toondb-test-worker share <idle-ms>                   opens each directory that its input names, counts in it, and says which process
//!                                                      serves it
//! toondb-test-worker watchable <program> <arguments>   says so, waits for the end of its input, and becomes the program
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "whatever fails here fails the test that started it"
)]

use std::io::{Read, Write};
use std::os::unix::process::CommandExt as _;
use std::time::Duration;

use toondb_engine::api::Error;
use toondb_engine::{Engine, EngineOptions};
use toondb_ipc::BlockingClient;
use toondb_tests::requests::put;
use toondb_tests::{Started, asks_once, increment, open_options};

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").expect("the test listens");
    out.flush().expect("the test listens");
}

fn put_all(socket: &str, prefix: &str, count: u32) {
    let client = BlockingClient::connect(socket, asks_once()).expect("the server accepts");
    for i in 0..count {
        client.call_op("default", put(&format!("{prefix}/{i}"), &i.to_string())).expect("a put succeeds");
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

/// The parent is killed as soon as the child has said that it lives.
fn fork(dir: &str) {
    let _engine = Engine::open(EngineOptions::new(dir)).expect("the directory is free");
    let parent = rustix::process::getpid();
    // SAFETY: the child only writes a line, reads its input and ends; no other thread of this process holds what it needs.
    match unsafe { libc::fork() } {
        0 => {
            rustix::process::kill_process(parent, rustix::process::Signal::KILL).expect("the parent is there");
            say(&format!("forked {}", std::process::id()));
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            // SAFETY: ends the child without running what belongs to the parent.
            unsafe { libc::_exit(0) }
        }
        _ => std::thread::park(),
    }
}

/// Opens a directory, adds one to the counter `calls`, and lets the directory go.
fn share_once(dir: &str, idle_exit: Duration) -> Result<u32, Error> {
    let client = BlockingClient::open(dir, open_options(idle_exit))?;
    client.call_op("default", increment("calls"))?;
    Started::behind(&client).map(Started::pid)
}

fn share(idle_exit: Duration) {
    for dir in std::io::stdin().lines().map_while(Result::ok) {
        match share_once(&dir, idle_exit) {
            Ok(pid) => say(&pid.to_string()),
            Err(error) => say(&format!("{:?} {}", error.code, error.message)),
        }
    }
}

/// Where Yama is in force, only an ancestor may trace a process that has not said otherwise; that stays said.
fn become_watchable(program: &str, arguments: &[&str]) {
    // SAFETY: two integers are given, and no memory of this process is read or written.
    let _ = unsafe { libc::prctl(libc::PR_SET_PTRACER, libc::PR_SET_PTRACER_ANY) };
    say("watchable");
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    let error = std::process::Command::new(program).args(arguments).exec();
    panic!("{program}: {error}");
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["put", socket, prefix, count] => put_all(socket, prefix, count.parse().expect("a count")),
        ["open", dir] => hold(dir),
        ["fork", dir] => fork(dir),
        ["share", idle_ms] => share(Duration::from_millis(idle_ms.parse().expect("milliseconds"))),
        ["watchable", program, arguments @ ..] => become_watchable(program, arguments),
        other => panic!("unknown arguments {other:?}"),
    }
}
