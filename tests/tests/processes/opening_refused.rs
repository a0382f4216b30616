//! Directories that cannot be opened, and what the caller is told; servers that make room for newer ones.

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use toondb_engine::api::{Error, ErrorCode};
use toondb_engine::{Engine, EngineOptions};
use toondb_ipc::{
    BlockingClient, ClientOptions, HELLO_CODE, Hello, OpenOptions, ServerCommand, Welcome, write_request,
};
use toondb_tests::requests::{get, put};
use toondb_tests::{Started, TempDir, open_options, run, server_binary, worker_binary};

use super::damage::{STORE_HEADS, catalog, renumber};
use super::sharing::{first_line, path, worker};

const STAYS: Duration = Duration::from_secs(600);

fn refused(data: &Path) -> Error {
    BlockingClient::open(data, open_options(STAYS))
        .map(|client| client.path().to_owned())
        .expect_err("it cannot be opened")
}

fn assert_refused(data: &Path, code: ErrorCode, words: &[&str]) {
    let error = refused(data);
    assert_eq!(error.code, code, "{error}");
    assert!(words.iter().all(|word| error.message.contains(word)), "{error}");
}

/// A directory with a key in it, which nobody serves any more.
fn written(data: &Path) {
    let engine = Engine::open(EngineOptions::new(data)).unwrap();
    engine.run("default", put("k", "v")).unwrap();
    engine.close().unwrap();
}

#[test]
fn a_holder_that_has_it_for_itself_is_named() {
    Started::adopt_all();
    let dir = TempDir::new();
    let data = dir.join("data");
    let mut holder = worker(&["open", path(&data)]);
    let pid = first_line(&mut holder).trim_start_matches("open ").to_owned();
    assert_refused(&data, ErrorCode::Locked, &[&format!("pid {pid} (toondb-test-wor"), "toondb.open()"]);
    drop(holder.stdin.take());
    holder.wait().unwrap();
    let client = BlockingClient::open(&data, open_options(STAYS)).unwrap();
    let server = Started::behind(&client).unwrap();
    let late = first_line(&mut worker(&["open", path(&data)]));
    assert!(late.starts_with("refused Locked ") && late.contains(&format!("pid {} (toondb)", server.pid())), "{late}");
    assert!(late.contains("toondb.open()") && late.contains("toondb.sock"), "{late}");
    server.kill();
}

#[test]
fn what_the_server_cannot_do_reaches_the_caller() {
    Started::adopt_all();
    let dir = TempDir::new();
    let newer = dir.join("newer");
    written(&newer);
    renumber(&catalog(&newer), STORE_HEADS, true);
    assert_refused(&newer, ErrorCode::UnsupportedVersion, &["version 99"]);
    let odd = dir.join("odd");
    written(&odd);
    fs::rename(odd.join("ns"), dir.join("ns")).unwrap();
    fs::write(odd.join("ns"), "notes").unwrap();
    assert_refused(&odd, ErrorCode::Unavailable, &["ns"]);
    let file = dir.join("file");
    fs::write(&file, "notes").unwrap();
    assert_refused(&file, ErrorCode::Unavailable, &["file"]);
    assert_refused(&file.join("below"), ErrorCode::Unavailable, &["file"]);
    assert_eq!(fs::read(&file).unwrap(), b"notes");
    assert_refused(Path::new(""), ErrorCode::InvalidArgument, &["empty"]);
}

#[test]
fn directories_of_others_are_refused() {
    let dir = TempDir::new();
    for (name, words) in [("empty", "chmod"), ("database", "chmod")] {
        let open = dir.join(name);
        if name == "database" {
            written(&open);
        } else {
            fs::create_dir(&open).unwrap();
        }
        fs::set_permissions(&open, Permissions::from_mode(0o777)).unwrap();
        assert_refused(&open, ErrorCode::PermissionDenied, &[words, "everyone"]);
        assert_eq!(fs::metadata(&open).unwrap().permissions().mode() & 0o777, 0o777, "it was left as it is");
    }
    let foreign = dir.join("foreign");
    fs::create_dir(&foreign).unwrap();
    // Only root can give a directory away; others have none to try with.
    if chown(&foreign, Some(12_345), None).is_ok() {
        assert_refused(&foreign, ErrorCode::PermissionDenied, &["12345"]);
        assert_eq!(fs::read_dir(&foreign).unwrap().count(), 0);
    }
}

#[test]
fn odd_things_in_the_places_of_ours_are_left_alone() {
    Started::adopt_all();
    let dir = TempDir::new();
    let elsewhere = dir.join("elsewhere");
    fs::write(&elsewhere, "somebody's").unwrap();
    for name in ["start.lock", "toondb.sock", "toondb.sock.lock", "toondb.log", "LOCK"] {
        for kind in ["link", "file", "directory"] {
            // A log may have any content.
            if (name, kind) == ("toondb.log", "file") || (name, kind) == ("LOCK", "file") {
                continue;
            }
            let data = dir.join(&format!("{name}-{kind}"));
            written(&data);
            let odd = data.join(name);
            let _ = fs::remove_file(&odd);
            match kind {
                "link" => symlink(&elsewhere, &odd).unwrap(),
                "file" => fs::write(&odd, "somebody's").unwrap(),
                _ => fs::create_dir(&odd).unwrap(),
            }
            let error = refused(&data);
            assert!(error.message.contains(name), "{name} as {kind}: {error}");
            assert!(!matches!(error.code, ErrorCode::Timeout | ErrorCode::Internal), "{name} as {kind}: {error:?}");
            let found = fs::symlink_metadata(&odd).unwrap();
            assert_eq!((found.is_symlink(), found.is_dir()), (kind == "link", kind == "directory"), "{name} as {kind}");
            if kind != "directory" {
                assert_eq!(fs::read(&odd).unwrap(), b"somebody's", "{name} as {kind}");
            }
        }
    }
}

#[test]
fn programs_that_are_no_server_are_told() {
    let dir = TempDir::new();
    let data = dir.join("data");
    let with = |program: &str, first: &[&str]| {
        let server = ServerCommand::new(program).with_first_arguments(first);
        let options = OpenOptions { server, ..open_options(STAYS) };
        BlockingClient::open(&data, options).map(|client| client.path().to_owned()).unwrap_err()
    };
    let error = with("toondb", &[]);
    assert_eq!(error.code, ErrorCode::InvalidArgument, "{error}");
    assert!(error.message.contains("absolute"), "{error}");
    assert!(!data.exists(), "nothing was made");
    let error = with("/nonexistent/toondb", &[]);
    assert!(error.message.contains("/nonexistent/toondb"), "{error}");
    let error = with("/bin/sh", &["-c", "echo its last words >&2"]);
    assert_eq!(error.code, ErrorCode::Unavailable, "{error}");
    assert!(error.message.contains("its last words"), "{error}");
}

/// A server that does not become ready in time, or does not answer any more, costs its callers their time and no more.
#[test]
fn no_caller_waits_longer_than_its_time() {
    Started::adopt_all();
    let dir = TempDir::new();
    let data = dir.join("data");
    let timeout = Some(Duration::from_millis(200));
    let client = ClientOptions { timeout, ..ClientOptions::default() };
    let server = ServerCommand::new("/bin/sh").with_first_arguments(["-c", "exec sleep 2"]);
    let slow = OpenOptions { server, client: client.clone(), ..open_options(STAYS) };
    let options = OpenOptions { client, ..open_options(STAYS) };
    std::thread::scope(|scope| {
        let open = || BlockingClient::open(&data, slow.clone()).map(drop).unwrap_err();
        let callers = [scope.spawn(open), scope.spawn(open)];
        let told: Vec<String> = callers
            .into_iter()
            .map(|caller| {
                let error = caller.join().unwrap();
                assert_eq!(error.code, ErrorCode::Timeout, "{error}");
                error.message
            })
            .collect();
        assert!(told.iter().any(|text| text.contains("goes on")), "{told:?}");
    });
    let client = BlockingClient::open(&data, open_options(STAYS)).unwrap();
    let server = Started::behind(&client).unwrap();
    server.stop();
    let error = BlockingClient::open(&data, options).map(drop).unwrap_err();
    assert_eq!(error.code, ErrorCode::Timeout, "{error}");
    server.signal(rustix::process::Signal::CONT);
    run(&client, "default", put("k", "v")).unwrap();
    server.kill();
}

#[test]
fn a_path_too_long_for_a_socket_is_served_in_the_runtime_directory() {
    Started::adopt_all();
    let dir = TempDir::new();
    let (data, runtime) = (dir.join(&"d".repeat(100)), dir.join("run"));
    fs::create_dir(&runtime).unwrap();
    fs::set_permissions(&runtime, Permissions::from_mode(0o700)).unwrap();
    let ask = |runtime: Option<&Path>| {
        let mut command = Command::new(worker_binary());
        command.args(["share", &STAYS.as_millis().to_string()]).env_remove("XDG_RUNTIME_DIR");
        if let Some(runtime) = runtime {
            command.env("XDG_RUNTIME_DIR", runtime);
        }
        let mut child =
            command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().unwrap();
        writeln!(child.stdin.take().unwrap(), "{}", path(&data)).unwrap();
        let line = first_line(&mut child);
        child.wait().unwrap();
        line
    };
    let line = ask(None);
    assert!(line.starts_with("InvalidArgument ") && line.contains("XDG_RUNTIME_DIR"), "{line}");
    let pid = ask(Some(&runtime));
    let server = Started::of_pid(pid.parse().unwrap_or_else(|_| panic!("{pid}")));
    assert_eq!(fs::read_dir(&runtime).unwrap().count(), 2, "a socket and its lock");
    assert_eq!(ask(None), pid, "the directory says where its server is");
    server.kill();
    fs::set_permissions(&runtime, Permissions::from_mode(0o777)).unwrap();
    let line = ask(Some(&runtime));
    assert!(line.starts_with("InvalidArgument "), "everyone may write there: {line}");
}

/// Says hello as a client of this version, which would start a server like itself.
fn greet(socket: &Path, successor: &str) -> (UnixStream, Welcome) {
    let mut stream = UnixStream::connect(socket).unwrap();
    let mut hello = Vec::new();
    write_request(&mut hello, 1, HELLO_CODE, "", &Hello::new("future").with_successor(successor)).unwrap();
    stream.write_all(&hello).unwrap();
    let welcome = super::welcome::read(&mut stream);
    (stream, welcome)
}

#[test]
fn a_server_gives_way_to_a_newer_version_and_to_nobody_while_others_are_connected() {
    Started::adopt_all();
    let dir = TempDir::new();
    let data = dir.join("data");
    let socket = data.join("toondb.sock");
    let client = BlockingClient::open(&data, open_options(STAYS)).unwrap();
    run(&client, "default", put("k", "v")).unwrap();
    let server = Started::behind(&client).unwrap();
    let (_other, welcome) = greet(&socket, "99.0.0");
    assert!(!welcome.gives_way, "somebody else is connected");
    drop(_other);
    drop(client);
    for version in ["0.0.1", toondb_engine::VERSION, "newest"] {
        assert!(!greet(&socket, version).1.gives_way, "{version}");
    }
    // Until the server has seen that those before are gone.
    let asker = loop {
        let (asker, welcome) = greet(&socket, "99.0.0");
        if welcome.gives_way {
            break asker;
        }
    };
    drop(asker);
    server.wait();
    let client = BlockingClient::open(&data, open_options(STAYS)).unwrap();
    assert!(run(&client, "default", get("k")).unwrap().found.is_some());
    let server = Started::behind(&client).unwrap();
    drop(client);
    // A client that says so of its program, and is wrong: it replaces the server once, and is content.
    let newer = ServerCommand { version: "99.0.0".to_owned(), ..ServerCommand::new(server_binary()) };
    let options = OpenOptions { server: newer, ..open_options(STAYS) };
    let next = loop {
        let client = BlockingClient::open(&data, options.clone()).unwrap();
        let next = Started::behind(&client).unwrap();
        assert!(run(&client, "default", get("k")).unwrap().found.is_some());
        // Until the server has seen that the one before is gone.
        if next != server {
            break next;
        }
    };
    server.wait();
    // Nor must a protocol of the future be spoken to be made room for.
    let hello = Hello { protocol: 99, ..Hello::new("future").with_successor("99.0.0") };
    let mut bytes = Vec::new();
    write_request(&mut bytes, 1, HELLO_CODE, "", &hello).unwrap();
    let (mut answers, mut answer) = (0, Vec::new());
    // Again, until the server has seen that the one before is gone, and has ended.
    while let Ok(mut future) = UnixStream::connect(&socket) {
        answer.clear();
        if future.write_all(&bytes).and_then(|()| future.read_to_end(&mut answer)).is_ok_and(|count| count > 0) {
            assert!(String::from_utf8_lossy(&answer).contains("protocol 99 is unknown"), "{answer:?}");
            answers += 1;
        }
    }
    assert!(answers > 0);
    next.wait();
}

#[test]
fn the_command_line_opens_a_directory() {
    Started::adopt_all();
    let dir = TempDir::new();
    let data = dir.join("data");
    let toondb = |arguments: &[&str]| {
        let output = Command::new(server_binary()).arg("--data").arg(&data).args(arguments).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    let (ok, text) = toondb(&["ping"]);
    assert!(ok && text.contains("answered in"), "{text}");
    let client = BlockingClient::open(&data, open_options(STAYS)).unwrap();
    let server = Started::behind(&client).unwrap();
    for arguments in [&["stats"][..], &["check"]] {
        let (ok, text) = toondb(arguments);
        assert!(ok, "{arguments:?}: {text}");
    }
    let (ok, text) = toondb(&["tokens"]);
    assert!(!ok && text.contains("--data"), "{text}");
    server.kill();
    written(&dir.join("other"));
    fs::set_permissions(dir.join("other"), Permissions::from_mode(0o777)).unwrap();
    let refused = Command::new(server_binary()).arg("--data").arg(dir.join("other")).arg("ping").output().unwrap();
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("everyone may write"));
}
