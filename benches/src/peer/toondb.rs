//! The server under test: the real program on a fresh data directory.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use toondb_grpc::Address;
use toondb_ipc::{BlockingClient, ClientOptions};

use super::daemon::Daemon;
use crate::cli::Setup;
use crate::outcome::Outcome;

/// A running server with its data, which goes with it.
#[derive(Debug)]
pub struct ToonDb {
    // Fields are dropped in this order: the process ends before its directory is removed.
    daemon: Daemon,
    dir: TempDir,
}

impl ToonDb {
    /// Starts a server on a new directory, with a socket.
    pub fn start(setup: &Setup) -> Outcome<Self> {
        Self::start_with(setup, &[])
    }

    /// The same, with gRPC on a free port of loopback as well.
    pub fn start_grpc(setup: &Setup) -> Outcome<Self> {
        Self::start_with(setup, &["--grpc", "127.0.0.1:0"])
    }

    fn start_with(setup: &Setup, options: &[&str]) -> Outcome<Self> {
        let dir = tempfile::Builder::new().prefix("toondb-").tempdir_in(&setup.dir)?;
        let mut command = Command::new(&setup.server);
        command.args(["serve", "--log", "info", "--socket"]).arg(dir.path().join("toondb.sock"));
        command.arg("--data").arg(dir.path().join("data")).args(options);
        let daemon = Daemon::start(command, "ToonDB is ready")?;
        Ok(Self { daemon, dir })
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("toondb.sock")
    }

    /// Where it serves gRPC.
    pub fn grpc_address(&self) -> Outcome<Address> {
        self.daemon.address("grpc")
    }

    /// Its data directory.
    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The directory of everything temporary, for peers that are to be on the same disk.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.daemon.pid()
    }

    /// A client of the Rust library.
    pub fn client(&self) -> Outcome<BlockingClient> {
        let options = ClientOptions { timeout: Some(Duration::from_secs(60)), ..ClientOptions::default() };
        Ok(BlockingClient::connect(self.socket(), options)?)
    }
}
