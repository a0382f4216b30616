//! The command line: which figure, and where and how thoroughly it is measured.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::outcome::Outcome;
use crate::peer::Exchange;

/// Measures one group of ToonDB's figures and prints them as rows of a Markdown table.
#[derive(Debug, Parser)]
#[command(name = "toondb-bench", version, about)]
pub struct Cli {
    /// Where and how.
    #[command(flatten)]
    pub setup: SetupOptions,
    /// What.
    #[command(subcommand)]
    pub command: Command,
}

/// The figures.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// `get` over the socket against a plain echo of as many bytes.
    Get,
    /// A durable `put` over the socket against one `fdatasync` and that echo.
    Put,
    /// Durable puts of 32 connections against one connection and against Redis.
    Load,
    /// The same with 16 requests in flight on each connection, puts and gets.
    Pipeline,
    /// A `put` under a number of its client against one without.
    Once,
    /// The longest wait for a durable put while flushes run.
    Stall,
    /// A point-in-time query on a node with many intervals against one with few.
    Temporal,
    /// Recall and latency of searches, filtered and not.
    Search(SearchOptions),
    /// Vectors inserted each second, durable and searchable.
    Insert,
    /// `Get` over gRPC against a bare echo of the same messages.
    GrpcGet,
    /// Durable `Put` over gRPC of 32 clients against one client.
    GrpcLoad,
    /// Vectors inserted each second over gRPC, durable.
    GrpcInsert,
    /// Memory of an idle server and after 1,000 namespaces, and their disk.
    Memory,
    /// The first answer after a start on a large store, after a kill and after a clean stop.
    Open,
    /// Memory of a server whose peers ask for much and read nothing, and the latency of others meanwhile.
    Unread,
    /// Latency in a quiet namespace while another is flooded.
    Neighbour,
    /// `get` and durable `put` of this server against those of another build of it.
    Compare(CompareOptions),
    /// Tokens of the same rows in each format.
    Tokens(SearchOptions),
    /// The time of writing rows as TOON and JSON against that of plain serde_json.
    Encode(SearchOptions),
    /// Serves the echo that `get` and `put` are measured against.
    #[command(hide = true)]
    EchoServer(EchoOptions),
    /// Serves the echo that figures of gRPC are measured against.
    #[command(hide = true)]
    GrpcEcho(GrpcEchoOptions),
}

/// Where a benchmark works and how long.
#[derive(Debug, Args)]
pub struct SetupOptions {
    /// Where temporary data goes; it must be on the disk that is to be measured [default: target/bench].
    #[arg(long, global = true, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The server to measure [default: `toondb` beside this program].
    #[arg(long, global = true, value_name = "FILE")]
    server: Option<PathBuf>,
    /// Measures for seconds rather than minutes: shows that everything runs, not how fast it is.
    #[arg(long, global = true)]
    quick: bool,
}

/// Where a benchmark works and how long, with everything decided.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Where temporary data goes.
    pub dir: PathBuf,
    /// The server to measure.
    pub server: PathBuf,
    /// True for a short run.
    pub quick: bool,
}

impl SetupOptions {
    /// Fills in the defaults and creates the directory.
    pub fn resolve(self) -> Outcome<Setup> {
        let own = std::env::current_exe()?;
        let beside = own.parent().ok_or("this program has no directory")?;
        let server = self.server.unwrap_or_else(|| beside.join("toondb"));
        if !server.is_file() {
            return Err(format!("no server at {}; run `cargo build --release`", server.display()).into());
        }
        let dir = self.dir.unwrap_or_else(|| beside.join("../bench"));
        std::fs::create_dir_all(&dir)?;
        Ok(Setup { dir: dir.canonicalize()?, server, quick: self.quick })
    }
}

impl Setup {
    /// `full`, or `quick` in a short run.
    pub fn choose<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }

    /// How often an interleaved pair is measured anew; the figure is the median.
    pub fn rounds(&self) -> usize {
        self.choose(5, 1)
    }

    /// How long one side of a round lasts where throughput is measured.
    pub fn round_time(&self) -> Duration {
        Duration::from_millis(self.choose(4_000, 700))
    }
}

/// What is searched.
#[derive(Debug, Args)]
pub struct SearchOptions {
    /// A folder with documents.jsonl.gz, vectors.f16.npy and truth_top100.u32.npy; README.md describes them.
    #[arg(long, value_name = "DIR", env = "TOONDB_BENCH_WORDNET")]
    pub data: PathBuf,
}

/// What this server is compared with.
#[derive(Debug, Args)]
pub struct CompareOptions {
    /// The other server: `toondb` as another revision builds it.
    #[arg(long, value_name = "FILE")]
    pub against: PathBuf,
}

/// What the echo does.
#[derive(Debug, Args)]
pub struct EchoOptions {
    /// Where to listen.
    #[arg(long)]
    pub socket: PathBuf,
    /// Bytes of a request.
    #[arg(long)]
    request_bytes: usize,
    /// Bytes of an answer.
    #[arg(long)]
    response_bytes: usize,
}

impl EchoOptions {
    /// The bytes that go to and fro.
    pub fn exchange(&self) -> Exchange {
        Exchange { request_bytes: self.request_bytes, response_bytes: self.response_bytes }
    }
}

/// Where the echo of gRPC is.
#[derive(Debug, Args)]
pub struct GrpcEchoOptions {
    /// Where to listen; port 0 = any free one.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "HOST:PORT")]
    pub address: SocketAddr,
}
