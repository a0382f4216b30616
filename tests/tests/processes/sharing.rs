//! Eight processes and one memory: through a socket all of them, on the directory itself exactly one.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use toondb_engine::api::{ErrorCode, NamespaceStatsRequest, Scan};
use toondb_engine::{Engine, EngineOptions};
use toondb_tests::requests::{bytes, get, put};
use toondb_tests::{Served, TempDir, run, worker_binary};

const PROCESSES: usize = 8;

/// A worker with piped input and output.
pub fn worker(arguments: &[&str]) -> Child {
    Command::new(worker_binary())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the worker starts")
}

/// A path as text.
pub fn path(path: &Path) -> &str {
    path.to_str().expect("test paths are text")
}

/// The worker's first line; it may go on living.
pub fn first_line(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().expect("the output is piped")).read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

#[test]
fn eight_processes_share_one_socket() {
    const COUNT: usize = 1_000;
    let dir = TempDir::new();
    let (socket, data) = (dir.join("s"), dir.join("data"));
    let mut server = Served::start(&socket, &data).expect("the server starts");
    let workers: Vec<Child> =
        (0..PROCESSES).map(|i| worker(&["put", path(&socket), &format!("p{i}"), &COUNT.to_string()])).collect();
    for worker in workers {
        let output = worker.wait_with_output().unwrap();
        assert!(output.status.success(), "a worker failed: {}", server.log());
    }
    let check = |server: &Served| {
        let client = server.client();
        let stats = run(&client, "default", NamespaceStatsRequest {}).unwrap();
        assert_eq!((stats.keys, stats.commit_seq.0), ((PROCESSES * COUNT) as u64, (PROCESSES * COUNT) as u64));
        for i in 0..PROCESSES {
            let scan = Scan { prefix: Some(bytes(&format!("p{i}/"))), limit: Some(10_000), ..Scan::default() };
            let entries = run(&client, "default", scan).unwrap().entries;
            assert_eq!(entries.len(), COUNT, "process {i}");
            assert!(entries.iter().all(|entry| entry.key.ends_with(&[b"/", entry.value.as_slice()].concat())));
        }
    };
    check(&server);
    server.kill();
    let again = Served::start(&socket, &data).expect("the server starts again");
    check(&again);
}

#[test]
fn one_process_owns_a_directory() {
    let dir = TempDir::new();
    let data = dir.join("data");
    let mut workers: Vec<Child> = (0..PROCESSES).map(|_| worker(&["open", path(&data)])).collect();
    let lines: Vec<String> = workers.iter_mut().map(first_line).collect();
    let owners: Vec<&String> = lines.iter().filter(|line| line.starts_with("open ")).collect();
    assert_eq!(owners.len(), 1, "{lines:?}");
    let pid = owners[0].trim_start_matches("open ");
    for refused in lines.iter().filter(|line| !line.starts_with("open ")) {
        assert!(refused.starts_with("refused Locked "), "{refused}");
    }
    // One that comes when the owner has settled is told who it is.
    let late = first_line(&mut worker(&["open", path(&data)]));
    assert!(late.contains(&format!("pid {pid}")), "{late} does not name {pid}");
    // The owner's end, however it comes, frees the directory.
    let owner = lines.iter().position(|line| line.starts_with("open ")).unwrap();
    workers[owner].kill().unwrap();
    workers[owner].wait().unwrap();
    let mut next = worker(&["open", path(&data)]);
    assert!(first_line(&mut next).starts_with("open "));
    for mut worker in workers.into_iter().chain([next]) {
        drop(worker.stdin.take());
        worker.wait().unwrap();
    }
}

#[test]
fn a_served_directory_names_its_socket() {
    let dir = TempDir::new();
    let (socket, data) = (dir.join("s"), dir.join("data"));
    let server = Served::start(&socket, &data).expect("the server starts");
    let error = Engine::open(EngineOptions::new(&data)).expect_err("the directory is taken");
    assert_eq!(error.code, ErrorCode::Locked);
    let text = &error.message;
    assert!(text.contains(&server.pid().to_string()) && text.contains(path(&socket)), "{text}");
    // The same process twice is refused as well.
    let own = dir.join("own");
    let engine = Engine::open(EngineOptions::new(&own)).unwrap();
    assert_eq!(Engine::open(EngineOptions::new(&own)).expect_err("it is open").code, ErrorCode::Locked);
    engine.run("default", put("k", "v")).unwrap();
    engine.close().unwrap();
    drop(engine);
    let engine = Engine::open(EngineOptions::new(&own)).expect("it was closed");
    assert!(engine.run("default", get("k")).unwrap().found.is_some());
}

#[test]
fn a_second_server_is_refused_with_the_pid_of_the_first() {
    let dir = TempDir::new();
    let (socket, data) = (dir.join("s"), dir.join("data"));
    let mut server = Served::start(&socket, &data).expect("the server starts");
    let pid = server.pid().to_string();
    for (what, socket, data) in
        [("the same data", dir.join("s2"), data.clone()), ("the same socket", socket.clone(), dir.join("data2"))]
    {
        let log = Served::start(&socket, &data).expect_err("the second server ends");
        assert!(log.contains("exit status: 1") && log.contains(&pid), "{what}: {log}");
        run(&server.client(), "default", put("alive", what)).expect("the first goes on serving");
    }
    server.terminate();
    assert!(server.wait().success());
    let mut next = Served::start(&socket, &data).expect("then another may");
    assert!(run(&next.client(), "default", get("alive")).unwrap().found.is_some());
    // A killed server leaves its socket's path behind; the next one takes it over.
    next.kill();
    assert!(socket.exists());
    Served::start(&socket, &data).expect("a dead server's path is free");
}

#[test]
fn the_worker_hears_the_end_of_its_input() {
    let dir = TempDir::new();
    let mut holder = worker(&["open", path(&dir.join("data"))]);
    assert!(first_line(&mut holder).starts_with("open "));
    let mut input = holder.stdin.take().unwrap();
    input.write_all(b"x").unwrap();
    drop(input);
    assert!(holder.wait().unwrap().success());
}
