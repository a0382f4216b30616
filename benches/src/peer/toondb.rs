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

/// How a server ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By SIGKILL, with everything that it had not written.
    Killed,
    /// By SIGTERM: it closes its files.
    Stopped,
}

fn serve(program: &Path, dir: &Path, options: &[&str]) -> Outcome<Daemon> {
    let mut command = Command::new(program);
    command.args(["serve", "--log", "info", "--socket"]).arg(dir.join("toondb.sock"));
    command.arg("--data").arg(dir.join("data")).args(options);
    Daemon::start(command, "ToonDB is ready")
}

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
        let daemon = serve(&setup.server, dir.path(), options)?;
        Ok(Self { daemon, dir })
    }

    /// Ends the server and waits until its process is gone.
    pub fn end(self, end: End) -> Outcome<Ended> {
        let Self { daemon, dir } = self;
        match end {
            End::Killed => drop(daemon),
            End::Stopped => daemon.stop()?,
        }
        Ok(Ended { dir })
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

/// The data of a server that has ended.
pub struct Ended {
    dir: TempDir,
}

impl Ended {
    /// Starts a server on it.
    pub fn start(self, setup: &Setup) -> Outcome<ToonDb> {
        let daemon = serve(&setup.server, self.dir.path(), &[])?;
        Ok(ToonDb { daemon, dir: self.dir })
    }
}
