//! The command line: what can be said, and what `--help` teaches.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Durable memory for AI agents: key-values, documents with embeddings, graphs and bitemporal facts.
#[derive(Debug, Parser)]
#[command(
    name = "toondb",
    version,
    about,
    after_help = "\
Examples:
  toondb serve --socket /tmp/toondb.sock              serve ./toondb-data on a socket
  toondb serve --socket /run/user/1000/toondb.sock --data ~/.local/share/toondb
  toondb serve --grpc localhost:50051                 serve gRPC to this machine, and no socket
  toondb serve --socket /tmp/toondb.sock --grpc 0.0.0.0:50051 --grpc-cert cert.pem --grpc-key key.pem
  toondb ping --socket /tmp/toondb.sock               is it alive, and how fast?
  toondb stats --socket /tmp/toondb.sock              what is in it?

From Python:
  from toondb import IpcClient
  client = IpcClient.connect(\"/tmp/toondb.sock\")"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve a data directory on a Unix socket, over gRPC, or both, until SIGTERM or Ctrl-C.
    #[command(after_help = "\
Only processes of your own user can connect to the socket. A second server on the same socket or data directory is
refused with the pid of the first. On SIGTERM every accepted request is answered before the server ends.

gRPC listens on loopback as it is. Any other address needs TLS (--grpc-cert, --grpc-key) and a way to know the caller:
tokens (toondb token create), certificates of the clients (--grpc-client-ca), or both. Once a token was created, every
gRPC call needs one. --grpc unix:/path listens on a Unix socket instead.

Logs go to standard error; TOONDB_LOG chooses them, for example TOONDB_LOG=debug or TOONDB_LOG=toondb_ipc=trace.")]
    Serve(Serve),
    /// Ask a running server for a sign of life.
    Ping(Server),
    /// Show the counters of a running server and of its namespaces.
    Stats(Stats),
}

/// How to serve.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where to make the socket (at most 107 bytes); /tmp/toondb.sock if gRPC is not served either.
    #[arg(long, env = "TOONDB_SOCKET", value_name = "PATH")]
    pub socket: Option<PathBuf>,
    /// Where to serve gRPC: an address such as localhost:50051, or unix:/path.
    #[arg(long, env = "TOONDB_GRPC", value_name = "ADDR")]
    pub grpc: Option<String>,
    /// The certificate of the gRPC server, as PEM.
    #[arg(long, env = "TOONDB_GRPC_CERT", value_name = "FILE", requires_all = ["grpc", "grpc_key"])]
    pub grpc_cert: Option<PathBuf>,
    /// The certificate's private key, as PEM.
    #[arg(long, env = "TOONDB_GRPC_KEY", value_name = "FILE", requires = "grpc_cert")]
    pub grpc_key: Option<PathBuf>,
    /// The authority that the certificates of gRPC clients must come from, as PEM.
    #[arg(long, env = "TOONDB_GRPC_CLIENT_CA", value_name = "FILE", requires = "grpc_cert")]
    pub grpc_client_ca: Option<PathBuf>,
    /// The data directory; created if it is missing.
    #[arg(long, env = "TOONDB_DATA", default_value = "toondb-data", value_name = "DIR")]
    pub data: PathBuf,
    /// Most connections at one time, on the socket and over gRPC each.
    #[arg(long, env = "TOONDB_CONNECTIONS", default_value_t = toondb_engine::limits::CONNECTIONS_MAX, value_name = "N")]
    pub connections: usize,
    /// Which log lines to write: error, warn, info, debug or trace, or a filter by module.
    #[arg(long, env = "TOONDB_LOG", default_value = "info", value_name = "FILTER")]
    pub log: String,
}

/// Which server.
#[derive(Debug, Args)]
pub struct Server {
    /// The server's socket.
    #[arg(long, env = "TOONDB_SOCKET", default_value = "/tmp/toondb.sock", value_name = "PATH")]
    pub socket: PathBuf,
}

/// Whose counters.
#[derive(Debug, Args)]
pub struct Stats {
    /// The server.
    #[command(flatten)]
    pub server: Server,
    /// Only this namespace.
    #[arg(long, value_name = "NAME")]
    pub namespace: Option<String>,
}
