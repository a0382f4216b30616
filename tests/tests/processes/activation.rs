//! Sockets that outlive the server: handed over, served, left behind; and what the supervisor is told.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Signal;
use toondb_engine::api::Error;
use toondb_engine::clock::{Clock, SystemClock};
use toondb_ipc::{BlockingClient, ClientOptions};
use toondb_tests::requests::{get, put};
use toondb_tests::{Dice, Served, Started, TempDir, open_options, run, seed, server_binary, worker_binary};

use super::sharing::first_line;

const PATIENCE: Duration = Duration::from_secs(60);
const NOTHING: (&str, &str) = ("", "");

/// Plays systemd: a socket at a path, which it keeps.
struct Place {
    dir: TempDir,
    listener: UnixListener,
}

impl Place {
    fn new() -> Self {
        let dir = TempDir::new();
        let listener = UnixListener::bind(dir.path().join("s")).unwrap();
        Self { dir, listener }
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("s")
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn start(&self, more: (&str, &str)) -> Result<Served, String> {
        Served::start_handed(&self.listener, "socket", more, &self.data())
    }

    fn connect(&self) -> Result<BlockingClient, Error> {
        BlockingClient::connect(self.socket(), ClientOptions::default())
    }

    /// Waits until somebody connects whom nobody serves; false if `end` was set meanwhile.
    fn wait_for_a_client(&self, end: &AtomicBool) -> bool {
        let at_most = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
        while !end.load(Ordering::SeqCst) {
            let mut asked = [PollFd::new(&self.listener, PollFlags::IN)];
            if poll(&mut asked, Some(&at_most)).unwrap() > 0 {
                return true;
            }
        }
        false
    }
}

#[test]
fn the_first_connection_is_answered_and_the_path_stays() {
    let place = Place::new();
    for round in 0..3 {
        std::thread::scope(|scope| {
            // Nobody serves yet: the connection waits in the socket.
            let waiting = scope.spawn(|| run(&place.connect()?, "default", put(&format!("k{round}"), "v")));
            assert!(place.wait_for_a_client(&AtomicBool::new(false)));
            let mut server = place.start(NOTHING).unwrap();
            waiting.join().unwrap().unwrap();
            let client = place.connect().unwrap();
            for before in 0..=round {
                assert!(run(&client, "default", get(&format!("k{before}"))).unwrap().found.is_some());
            }
            server.terminate();
            assert!(server.wait().success());
        });
        assert!(place.socket().exists(), "the path belongs to whoever made it");
    }
}

/// The directory says where it was served last: whoever opens it waits in that socket, and starts nothing.
#[test]
fn a_directory_that_a_kept_socket_serves_is_opened_there() {
    let place = Place::new();
    let data = place.data();
    assert!(place.start(("", "--idle-exit 1ms")).unwrap().wait().success());
    std::thread::scope(|scope| {
        let opening = scope.spawn(|| {
            let client = BlockingClient::open(&data, open_options(PATIENCE)).unwrap();
            Started::behind(&client).unwrap().pid()
        });
        assert!(place.wait_for_a_client(&AtomicBool::new(false)));
        let server = place.start(NOTHING).unwrap();
        assert_eq!(opening.join().unwrap(), server.pid());
    });
    assert!(!data.join("start.lock").exists());
}

/// As `toondb install-units --user` has it: the socket is known before anybody has served the directory, and only for that one.
#[test]
fn a_users_unit_is_used_for_the_directory_that_it_serves() {
    Started::adopt_all();
    let dir = TempDir::new();
    let (state, runtime) = (dir.join("state"), dir.join("run"));
    let data = state.join("toondb");
    for made in [&data, &runtime.join("toondb")] {
        std::fs::create_dir_all(made).unwrap();
    }
    std::fs::set_permissions(&runtime, std::fs::Permissions::from_mode(0o700)).unwrap();
    let listener = UnixListener::bind(runtime.join("toondb/toondb.sock")).unwrap();
    let open = |data: &Path| {
        let mut command = Command::new(worker_binary());
        command.args(["share", "600000"]).env("XDG_RUNTIME_DIR", &runtime).env("XDG_STATE_HOME", &state);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        writeln!(child.stdin.take().unwrap(), "{}", data.display()).unwrap();
        let line = first_line(&mut child);
        child.wait().unwrap();
        line.parse::<u32>().unwrap_or_else(|_| panic!("{line}"))
    };
    std::thread::scope(|scope| {
        let opening = scope.spawn(|| open(&data));
        let mut asked = [PollFd::new(&listener, PollFlags::IN)];
        poll(&mut asked, None).unwrap();
        let server = Served::start_handed(&listener, "socket", NOTHING, &data).unwrap();
        assert_eq!(opening.join().unwrap(), server.pid());
    });
    let other = open(&dir.join("other"));
    let mut asked = [PollFd::new(&listener, PollFlags::IN)];
    assert_eq!(poll(&mut asked, Some(&Timespec::default())).unwrap(), 0, "it was asked for no other directory");
    Started::of_pid(other).kill();
}

#[test]
fn grpc_is_served_on_what_is_handed_over_as_well() {
    let dir = TempDir::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut server = Served::start_handed(&listener, "grpc", NOTHING, &dir.path().join("data")).unwrap();
    assert_eq!(server.grpc_address(), listener.local_addr().unwrap().to_string());
    server.grpc_client().call_op("default", put("k", "v")).unwrap();
    server.terminate();
    assert!(server.wait().success());
}

/// A unit cannot widen what is let in: an address that everybody reaches needs what it needs.
#[test]
fn an_address_of_the_network_is_refused_without_protection() {
    let dir = TempDir::new();
    let listener = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let refused = Served::start_handed(&listener, "grpc", NOTHING, &dir.path().join("data")).unwrap_err();
    assert!(refused.contains("TLS"), "{refused}");
}

#[test]
fn what_is_not_understood_is_refused() {
    let place = Place::new();
    let refusal = |listener: &dyn Fn(&Path) -> Result<Served, String>| listener(&place.data()).unwrap_err();
    let other = refusal(&|data| Served::start_handed(&place.listener, "metrics", NOTHING, data));
    assert!(other.contains("descriptor 3 (\"metrics\")") && other.contains("socket or grpc"), "{other}");
    let (one, _two) = std::os::unix::net::UnixStream::pair().unwrap();
    let connected = refusal(&|data| Served::start_handed(&one, "socket", NOTHING, data));
    assert!(connected.contains("not a stream socket that listens"), "{connected}");
    let datagram = UnixDatagram::unbound().unwrap();
    let datagrams = refusal(&|data| Served::start_handed(&datagram, "socket", NOTHING, data));
    assert!(datagrams.contains("not a stream socket that listens"), "{datagrams}");
    let file = std::fs::File::open("/dev/null").unwrap();
    assert!(refusal(&|data| Served::start_handed(&file, "socket", NOTHING, data)).contains("no socket"));
    let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let network = refusal(&|data| Served::start_handed(&tcp, "socket", NOTHING, data));
    assert!(network.contains("on a Unix socket alone"), "{network}");
    let twice = refusal(&|data| Served::start_handed(&place.listener, "socket", ("", "--socket /tmp/other"), data));
    assert!(twice.contains("leave --socket"), "{twice}");
    let many = ("LISTEN_FDS=2 LISTEN_FDNAMES=socket:socket", "4<&3");
    let two = refusal(&|data| Served::start_handed(&place.listener, "socket", many, data));
    assert!(two.contains("two for the same"), "{two}");
    let missing = refusal(&|data| Served::start_handed(&place.listener, "socket", ("LISTEN_FDS=9", ""), data));
    assert!(missing.contains("handed over"), "{missing}");
    let own = Served::start_handed(&place.listener, "socket", ("LISTEN_PID=1", "--idle-exit 1s"), &place.data());
    let own = own.unwrap_err();
    assert!(own.contains("sockets that outlive the server"), "meant for another process: {own}");
}

/// What a supervisor hears.
struct Ear(UnixDatagram);

impl Ear {
    fn new(dir: &Path) -> Self {
        let socket = UnixDatagram::bind(dir.join("notify")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(socket)
    }

    /// The next message with a line that begins like this.
    fn wait_for(&self, beginning: &str) -> String {
        let mut bytes = [0; 4096];
        loop {
            let len = self.0.recv(&mut bytes).unwrap_or_else(|error| panic!("{beginning} was not said: {error}"));
            let text = String::from_utf8_lossy(&bytes[..len]).into_owned();
            if text.lines().any(|line| line.starts_with(beginning)) {
                return text;
            }
        }
    }
}

#[test]
fn the_supervisor_hears_when_it_serves_reloads_lives_and_ends() {
    let place = Place::new();
    let ear = Ear::new(place.dir.path());
    let environment =
        format!("NOTIFY_SOCKET={} WATCHDOG_PID=$$ WATCHDOG_USEC=400000", place.dir.path().join("notify").display());
    let mut server = place.start((&environment, "")).unwrap();
    let ready = ear.wait_for("READY=1");
    assert!(ready.contains(&format!("STATUS=serving socket {}", place.socket().display())), "{ready}");
    run(&place.connect().unwrap(), "default", put("k", "v")).unwrap();
    for _ in 0..3 {
        ear.wait_for("WATCHDOG=1");
    }
    server.signal(Signal::HUP);
    assert!(ear.wait_for("RELOADING=1").contains("MONOTONIC_USEC="));
    ear.wait_for("READY=1");
    server.terminate();
    assert!(ear.wait_for("STOPPING=1").contains("STATUS=SIGTERM"));
    assert!(server.wait().success());
}

/// Two clients connect anew for each write, at any moment of a server's life. It ends whenever nobody is connected, and if
/// `terminate` every third is told to end while it serves. `forgiven` says of an error whether the client asks again.
fn come_and_go(terminate: bool) {
    const WRITES: u64 = 60;
    let place = Place::new();
    let (end, starts) = (AtomicBool::new(false), AtomicU64::new(0));
    let keep_serving = || {
        while place.wait_for_a_client(&end) {
            let mut server = place.start(("", "--idle-exit 1ms")).unwrap();
            if starts.fetch_add(1, Ordering::SeqCst) % 3 == 2 && terminate {
                server.terminate();
            }
            assert!(server.wait().success(), "{}", server.log());
        }
    };
    let write = |name: &str, seed: u64| {
        let (dice, clock) = (Dice::new(seed), SystemClock::new());
        for i in 0..WRITES {
            // About as long as it takes to end, and to be started.
            let until = clock.monotonic() + Duration::from_micros(dice.below(12_000));
            while clock.monotonic() < until {
                std::thread::yield_now();
            }
            let attempt =
                || place.connect().and_then(|client| run(&client, "default", put(&format!("{name}{i}"), "v")));
            attempt().unwrap_or_else(|error| panic!("{name}{i}: {error:?}"));
        }
    };
    println!("seed {}", seed(1));
    std::thread::scope(|scope| {
        let supervisor = scope.spawn(keep_serving);
        let writers = [("a", seed(1)), ("b", seed(1) + 1)].map(|(name, seed)| scope.spawn(move || write(name, seed)));
        let results = writers.map(std::thread::ScopedJoinHandle::join);
        end.store(true, Ordering::SeqCst);
        supervisor.join().unwrap();
        results.into_iter().for_each(|result| result.unwrap());
    });
    let starts = starts.into_inner();
    assert!(starts > 6, "{starts} servers");
    let server = place.start(NOTHING).unwrap();
    let client = place.connect().unwrap();
    for key in ["a", "b"].iter().flat_map(|name| (0..WRITES).map(move |i| format!("{name}{i}"))) {
        assert!(run(&client, "default", get(&key)).unwrap().found.is_some(), "{key} was acknowledged");
    }
    drop(server);
}

#[test]
fn no_client_notices_that_idle_servers_end() {
    come_and_go(false);
}

/// Whoever is connected when a server is told to end asks the next one again.
#[test]
fn no_client_notices_that_servers_are_restarted() {
    come_and_go(true);
}

/// One that somebody is connected to stays, however long nothing is asked.
#[test]
fn a_server_with_a_silent_client_stays() {
    let place = Place::new();
    std::thread::scope(|scope| {
        let client = scope.spawn(|| place.connect().unwrap());
        place.wait_for_a_client(&AtomicBool::new(false));
        let mut server = place.start(("", "--idle-exit 100ms")).unwrap();
        let client = client.join().unwrap();
        // Several times as long as it waits: what shows is whether it has gone.
        let looks = Ear::new(place.dir.path());
        looks.0.set_read_timeout(Some(Duration::from_millis(700))).unwrap();
        assert!(looks.0.recv(&mut [0]).is_err());
        run(&client, "default", put("k", "v")).unwrap();
        drop(client);
        assert!(server.wait().success(), "and goes when it has gone: {}", server.log());
    });
}

#[test]
fn systemd_itself_starts_it() {
    let place = Place::new();
    std::fs::remove_file(place.socket()).unwrap();
    let mut starter = Command::new("systemd-socket-activate");
    starter.arg(format!("--listen={}", place.socket().display())).arg("--fdname=socket");
    starter.arg(server_binary()).args(["serve", "--idle-exit", "50ms", "--data"]).arg(place.data());
    let Ok(mut child) = starter.stdout(Stdio::null()).stderr(Stdio::null()).spawn() else {
        println!("skipped: systemd-socket-activate is missing (Debian: systemd)");
        return;
    };
    let client = loop {
        match place.connect() {
            Ok(client) => break client,
            Err(_) if child.try_wait().unwrap().is_none() => std::thread::yield_now(),
            Err(error) => panic!("{error:?}"),
        }
    };
    run(&client, "default", put("k", "v")).unwrap();
    drop(client);
    // It has become the server, which ends by itself.
    assert!(child.wait().unwrap().success());
    assert!(place.socket().exists());
}

#[test]
fn units_are_written_once_and_nobody_elses_is_touched() {
    let dir = TempDir::new();
    let install = || {
        let mut command = Command::new(server_binary());
        let output =
            command.args(["install-units", "--user"]).env("HOME", dir.path()).env_remove("XDG_CONFIG_HOME").output();
        output.unwrap()
    };
    let folder = dir.path().join(".config/systemd/user");
    assert!(install().status.success());
    let service = std::fs::read_to_string(folder.join("toondb.service")).unwrap();
    assert!(
        service.contains(&format!("ExecStart={} serve", server_binary().canonicalize().unwrap().display())),
        "{service}"
    );
    assert!(String::from_utf8(install().stdout).unwrap().contains("is there already"));
    std::fs::write(folder.join("toondb.socket"), "mine").unwrap();
    std::fs::remove_file(folder.join("toondb.service")).unwrap();
    let refused = install();
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("nothing was written"));
    assert!(!folder.join("toondb.service").exists());
    assert_eq!(std::fs::read_to_string(folder.join("toondb.socket")).unwrap(), "mine");
}

/// As systemd reads them and rates them.
#[test]
fn systemd_finds_nothing_wrong_with_the_units() {
    let dir = TempDir::new();
    let program = server_binary().canonicalize().unwrap();
    let example = include_str!("../../../scripts/systemd/toondb.service.example");
    let service =
        example.replace("/usr/local/bin/toondb", program.to_str().unwrap()).replace("User=toondb", "User=root");
    std::fs::write(dir.path().join("toondb.service"), service).unwrap();
    std::fs::write(dir.path().join("toondb.socket"), include_str!("../../../toondb.sock.example")).unwrap();
    let analyze = |arguments: &[&str]| {
        Command::new("systemd-analyze")
            .args(arguments)
            .env("SYSTEMD_UNIT_PATH", format!("{}:", dir.path().display()))
            .output()
    };
    let Ok(verified) = analyze(&["verify", "toondb.service", "toondb.socket"]) else {
        println!("skipped: systemd-analyze is missing (Debian: systemd)");
        return;
    };
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    assert!(!said.contains("toondb"), "{said}");
    let path = dir.path().join("toondb.service");
    let rated = analyze(&["security", "--offline=yes", "--threshold=25", path.to_str().unwrap()]).unwrap();
    assert!(
        rated.status.success(),
        "{}{}",
        String::from_utf8_lossy(&rated.stdout),
        String::from_utf8_lossy(&rated.stderr)
    );
}
