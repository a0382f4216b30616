//! Real processes: the server's binary and this crate's worker.

use std::io::{BufRead, BufReader, Read};
use std::os::fd::{AsFd, AsRawFd};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process};
use toondb_engine::api::Error;
use toondb_ipc::{BlockingClient, ClientOptions};

use crate::strace::{Joined, Watch, release, watchable};

/// Longer than any start takes; a broken server must not hang the tests.
const START_PATIENCE: Duration = Duration::from_secs(60);
const READY: &str = "ToonDB is ready";

/// A binary of this workspace, beside the directory of the test's own executable, or beside the worker.
fn built(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a test knows its executable");
    let beside = own.parent().expect("a program lies in a directory");
    let profile = if beside.ends_with("deps") { beside.parent() } else { Some(beside) };
    profile.expect("tests lie in <profile>/deps").join(name)
}

/// The `toondb` binary: `TOONDB_BIN`, or the one built beside this test.
#[must_use]
pub fn server_binary() -> PathBuf {
    let path = std::env::var_os("TOONDB_BIN").map_or_else(|| built("toondb"), PathBuf::from);
    let what =
        "the toondb binary is missing; build it first (cargo build --release -p toondb) or name it in TOONDB_BIN";
    assert!(path.exists(), "{}: {what}", path.display());
    path
}

/// This crate's worker.
#[must_use]
pub fn worker_binary() -> PathBuf {
    let path = built("toondb-test-worker");
    assert!(path.exists(), "{} is missing; cargo builds it with these tests", path.display());
    path
}

/// How a client connects that asks for nothing again once its server is gone: what became of each request shows.
#[must_use]
pub fn asks_once() -> ClientOptions {
    ClientOptions { retry_for: Duration::ZERO, ..ClientOptions::default() }
}

/// A running `toondb serve`; killed when dropped.
#[derive(Debug)]
pub struct Served {
    child: Child,
    socket: PathBuf,
    log: Arc<Mutex<String>>,
    watcher: Option<JoinHandle<()>>,
    ended: Option<ExitStatus>,
    /// The watch that it was started under.
    watch: Option<Joined>,
}

impl Served {
    /// Starts a server and waits until it is ready.
    ///
    /// # Errors
    /// With its log if it ends instead.
    pub fn start(socket: &Path, data: &Path) -> Result<Self, String> {
        Self::start_on(Some(socket), None, data)
    }

    /// Starts a server on a socket, a gRPC address, or both, and waits until it is ready.
    ///
    /// # Errors
    /// With its log if it ends instead.
    pub fn start_on(socket: Option<&Path>, grpc: Option<&str>, data: &Path) -> Result<Self, String> {
        Self::start_as(Command::new(server_binary()), socket, grpc, data)
    }

    /// As [`Served::start`], with a limit on something that a shell's `ulimit` sets, such as `-n 1024`.
    ///
    /// # Errors
    /// With its log if it ends instead.
    pub fn start_limited(ulimit: &str, socket: &Path, data: &Path) -> Result<Self, String> {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit {ulimit} && exec \"$0\" \"$@\"")]).arg(server_binary());
        Self::start_as(shell, Some(socket), None, data)
    }

    /// Starts a server on a listening socket of the caller's, handed over as systemd does, and waits until it is ready. `more` are
    /// words of a shell: settings of the environment, then arguments behind a `--`.
    ///
    /// # Errors
    /// With its log if it ends instead.
    pub fn start_handed(listener: &impl AsFd, name: &str, more: (&str, &str), data: &Path) -> Result<Self, String> {
        // Only descriptors that are not closed on exec reach the shell, which gives this one its number.
        rustix::io::fcntl_setfd(listener, rustix::io::FdFlags::empty()).expect("a descriptor has flags");
        let number = listener.as_fd().as_raw_fd();
        let (environment, arguments) = more;
        let script = format!(
            "exec 3<&{number} && LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES='{name}' {environment} exec \"$0\" \"$@\" {arguments}"
        );
        let mut shell = Command::new("bash");
        shell.args(["-c", &script]).arg(server_binary());
        Self::start_as(shell, None, None, data)
    }

    /// As [`Served::start`], watched from the first call of its program on.
    ///
    /// # Errors
    /// With its log if it ends instead.
    pub fn start_watched(watch: &Watch<'_>, socket: &Path, data: &Path) -> Result<Self, String> {
        Self::start_under(Some(watch), watchable(&server_binary()), Some(socket), None, data)
    }

    /// As [`Served::start`], and [`Joined`] may join it, also where only ancestors may otherwise.
    ///
    /// # Errors
    /// With its log if it ends instead.
    pub fn start_watchable(socket: &Path, data: &Path) -> Result<Self, String> {
        Self::start_as(watchable(&server_binary()), Some(socket), None, data)
    }

    fn start_as(command: Command, socket: Option<&Path>, grpc: Option<&str>, data: &Path) -> Result<Self, String> {
        Self::start_under(None, command, socket, grpc, data)
    }

    fn start_under(
        under: Option<&Watch<'_>>,
        mut command: Command,
        socket: Option<&Path>,
        grpc: Option<&str>,
        data: &Path,
    ) -> Result<Self, String> {
        command.arg("serve").arg("--data").arg(data).args(["--log", "info"]);
        if let Some(path) = socket {
            command.arg("--socket").arg(path);
        }
        if let Some(address) = grpc {
            command.args(["--grpc", address]);
        }
        let pipe = || if under.is_some() { Stdio::piped() } else { Stdio::null() };
        let command = command.stdin(pipe()).stdout(pipe()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the server's binary starts");
        let log = Arc::new(Mutex::new(String::new()));
        let stderr = child.stderr.take().expect("the log is piped");
        let (ready, watcher) = watch(stderr, Arc::clone(&log));
        let socket = socket.unwrap_or(Path::new("")).to_owned();
        let mut served = Self { child, socket, log, watcher: Some(watcher), ended: None, watch: None };
        if let Some(watch) = under {
            served.watch = Some(release(&mut served.child, watch).expect("the server can be watched"));
        }
        match ready.recv_timeout(START_PATIENCE) {
            Ok(()) => Ok(served),
            Err(_) => {
                let status = served.kill();
                Err(format!("{status}: {}", served.log()))
            }
        }
    }

    /// Ends the watch that it was started under; it goes on.
    pub fn unwatch(&mut self) {
        self.watch = None;
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.lock().clone()
    }

    /// A new client.
    #[must_use]
    pub fn client(&self) -> BlockingClient {
        self.try_client().expect("a ready server accepts")
    }

    /// A new client of a server that may be gone.
    ///
    /// # Errors
    /// `ConnectionFailed` if it is.
    pub fn try_client(&self) -> Result<BlockingClient, Error> {
        BlockingClient::connect(&self.socket, asks_once())
    }

    /// Where it serves gRPC, as its ready line says.
    #[must_use]
    pub fn grpc_address(&self) -> String {
        let log = self.log();
        let ready = log.lines().find(|line| line.contains(READY)).expect("it was ready");
        let (_, rest) = ready.split_once(" grpc=").expect("it serves gRPC");
        rest.split(' ').next().unwrap_or_default().to_owned()
    }

    /// A new client over gRPC.
    #[must_use]
    pub fn grpc_client(&self) -> toondb_grpc::BlockingClient {
        let address = self.grpc_address().parse().expect("the address is one");
        let options = toondb_grpc::ClientOptions::default();
        toondb_grpc::BlockingClient::connect(address, options, None).expect("a ready server accepts")
    }

    /// Sends it a signal, without waiting.
    pub fn signal(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // One that has ended already needs no signal.
            let _ = kill_process(pid, signal);
        }
    }

    /// Asks it to end, without waiting.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Kills it, without waiting: no code of it runs any more.
    pub fn kill_now(&self) {
        self.signal(Signal::KILL);
    }

    /// Kills it and waits for its end.
    pub fn kill(&mut self) -> ExitStatus {
        self.kill_now();
        self.wait()
    }

    /// Waits for its end, and for the last line of its log.
    pub fn wait(&mut self) -> ExitStatus {
        let status = *self.ended.get_or_insert_with(|| self.child.wait().expect("a child can be waited for"));
        if let Some(watcher) = self.watcher.take() {
            watcher.join().expect("the log is collected to its end");
        }
        self.unwatch();
        status
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if self.ended.is_none() {
            self.kill();
        }
    }
}

/// Collects a server's log on a thread; the channel hears when it is ready, and closes when it has ended.
fn watch(stderr: impl Read + Send + 'static, log: Arc<Mutex<String>>) -> (Receiver<()>, JoinHandle<()>) {
    let (ready, is_ready) = channel();
    let watcher = std::thread::spawn(move || {
        let mut ready = Some(ready);
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            {
                let mut log = log.lock();
                log.push_str(&line);
                log.push('\n');
            }
            if line.contains(READY)
                && let Some(ready) = ready.take()
            {
                let _ = ready.send(());
            }
        }
    });
    (is_ready, watcher)
}
