//! The command line: what can be said, and what `--help` teaches.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use jiff::{Span, SpanRelativeTo};
use toondb_engine::api::ToonOptions;
use toondb_grpc::auth::{Rights, TokenId};

use crate::formats::{DelimiterName, RowsFormat, SourceFormat, TextFormat, TokenizerName};
use crate::paths::path;

/// Durable memory for AI agents: key-values, documents with embeddings, graphs and bitemporal facts.
#[derive(Debug, Parser)]
#[command(
    name = "toondb",
    version,
    after_help = "\
Examples:
  toondb serve --socket /tmp/toondb.sock              serve ./toondb-data on a socket
  toondb serve --socket /run/user/1000/toondb.sock --data ~/.local/share/toondb
  toondb serve --grpc localhost:50051                 serve gRPC to this machine, and no socket
  toondb serve --socket /tmp/toondb.sock --grpc 0.0.0.0:50051 --grpc-cert cert.pem --grpc-key key.pem
  toondb ping --socket /tmp/toondb.sock               is it alive, and how fast?
  toondb --data ~/memory stats                        what is in it? Its server is started if none runs
  toondb stats --format json                          the same for a script
  toondb check ~/.local/share/toondb                  is everything stored what was written?
  toondb check --socket /tmp/toondb.sock              the same of a server, while it serves
  toondb convert rows.json --format toon              from JSON to TOON; no server is needed
  toondb tokens prompt.md                             how many tokens is this text?

From Python:
  from toondb import IpcClient
  client = IpcClient.connect(\"/tmp/toondb.sock\")"
)]
pub struct Cli {
    /// For commands that ask a server: the one of this data directory, which is started if nobody serves it. It ends by itself.
    #[arg(value_parser = path, long = "data", id = "open_data", value_name = "DIR")]
    pub data: Option<PathBuf>,
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

With --on-demand it serves the data directory's own socket, DIR/toondb.sock, for those who open the directory (toondb.open in
Python, toondb --data DIR). They start it so themselves, and again when it has ended.

Started by systemd, it serves the sockets that the unit names (FileDescriptorName=socket or grpc), says when it is ready,
and with --idle-exit ends when nobody is connected; `toondb install-units` writes the units.

Logs go to standard error; TOONDB_LOG chooses them, for example TOONDB_LOG=debug or TOONDB_LOG=toondb_ipc=trace.")]
    Serve(Serve),
    /// Make the memory of a project: a directory .toondb, which is found from everywhere below it.
    #[command(after_help = "\
Linked worktrees of git (git worktree add) share the memory of the main one, or, with --isolated, have one of their own each, which is
made when it is first used. The directory is for your user alone, and keeps itself out of git.

Examples:
  toondb init
  toondb init --isolated ~/src/project")]
    Init(Init),
    /// Write systemd units that start the server when somebody connects.
    #[command(after_help = "\
Writes toondb.socket and toondb.service, with the path of this very program: for your own user to ~/.config/systemd/user, and
without --user, as root, to /etc/systemd/system. A file that is there already with other content is left alone.

The first connection to the socket starts the server; it ends by itself when nobody has been connected for ten minutes.")]
    InstallUnits(InstallUnits),
    /// Ask a running server for a sign of life.
    Ping(Server),
    /// Show the counters of a running server and of its namespaces.
    Stats(Stats),
    /// Verify everything stored: catalog, pages, rows, logs, checkpoints, tokens.
    #[command(after_help = "\
A data directory is checked while no server has it open, and nothing in it is changed. Each finding says what kind it is,
where, what is wrong and what to do. --repair makes anew what follows from other rows (indexes of expiries, of incoming
edges and facts, times of commits, counters), in namespaces where nothing else is wrong; damage is never touched.

With --socket a running server checks what it serves, while it serves it. It verifies the catalog, the folders, the
checkpoints, and every page, every row and the log of each namespace, or with --namespace those of the named ones alone; not
the tokens. Those who use a namespace that is being repaired wait meanwhile, and its transactions end.

Everything is read, which takes a second or more for each gigabyte. A server does one check at a time.

Exit codes: 0 sound; 1 it could not be checked; 2 the command line is wrong; 3 only what --repair makes anew is wrong;
4 something is damaged, contradicts itself, or cannot be read.

Examples:
  toondb check ~/.local/share/toondb
  toondb check --repair ~/.local/share/toondb
  toondb check --socket /tmp/toondb.sock
  toondb --data ~/.local/share/toondb check      by its server, while it serves
  toondb check --socket /tmp/toondb.sock --namespace agents --repair")]
    Check(Check),
    /// Convert a text between TOON and JSON, or to Markdown.
    #[command(after_help = "\
What is malformed is named with line and column, and nothing is printed. TOON and JSON can be read back as the same
value; Markdown, which takes a list of maps or one map, cannot.

Examples:
  toondb convert rows.json --format toon
  curl -s https://example.org/rows.json | toondb convert --format auto    whichever has fewer tokens")]
    Convert(Convert),
    /// Count the tokens of a text, exactly.
    #[command(after_help = "\
Examples:
  toondb tokens prompt.md
  toondb convert rows.json --format toon | toondb tokens --tokenizer cl100k")]
    Tokens(Tokens),
    /// Create, list and revoke the tokens of callers over gRPC.
    #[command(after_help = "\
From the first token on, whoever calls over gRPC must show one; the Unix socket is not concerned. The commands work with
and without a running server, which follows within a second. A token is shown once, when it is created, and stored only
as a hash.

Examples:
  toondb token create --name agent-7 --namespace a --namespace b --rights read,write --expires 30d
  toondb token create --name backup --all-namespaces --rights read,admin
  toondb token revoke 0123456789abcdef")]
    Token(Token),
}

impl Command {
    /// True if it asks a server, be it on a socket or that of a directory.
    pub fn asks_a_server(&self) -> bool {
        match self {
            Self::Ping(_) | Self::Stats(_) | Self::Check(_) => true,
            Self::Serve(_)
            | Self::Init(_)
            | Self::InstallUnits(_)
            | Self::Convert(_)
            | Self::Tokens(_)
            | Self::Token(_) => false,
        }
    }
}

/// How to serve.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where to make the socket (at most 107 bytes); /tmp/toondb.sock if gRPC is not served either.
    #[arg(value_parser = path, long, env = "TOONDB_SOCKET", value_name = "PATH")]
    pub socket: Option<PathBuf>,
    /// Where to serve gRPC: an address such as localhost:50051, or unix:/path.
    #[arg(long, env = "TOONDB_GRPC", value_name = "ADDR")]
    pub grpc: Option<String>,
    /// The certificate of the gRPC server, as PEM.
    #[arg(value_parser = path, long, env = "TOONDB_GRPC_CERT", value_name = "FILE", requires_all = ["grpc", "grpc_key"])]
    pub grpc_cert: Option<PathBuf>,
    /// The certificate's private key, as PEM.
    #[arg(value_parser = path, long, env = "TOONDB_GRPC_KEY", value_name = "FILE", requires = "grpc_cert")]
    pub grpc_key: Option<PathBuf>,
    /// The authority that the certificates of gRPC clients must come from, as PEM.
    #[arg(value_parser = path, long, env = "TOONDB_GRPC_CLIENT_CA", value_name = "FILE", requires = "grpc_cert")]
    pub grpc_client_ca: Option<PathBuf>,
    /// The data directory; created if it is missing.
    #[arg(value_parser = path, long, env = "TOONDB_DATA", default_value = "toondb-data", value_name = "DIR")]
    pub data: PathBuf,
    /// Most connections at one time, on the socket and over gRPC each; fewer if the system allows too few open files.
    #[arg(value_parser = connections, long, env = "TOONDB_CONNECTIONS", value_name = "N",
        default_value_t = toondb_engine::limits::CONNECTIONS_MAX)]
    pub connections: usize,
    /// End when nobody has been connected for so long, for example 10min. Only with sockets that outlive the server, systemd's, and
    /// with --on-demand, where it is 60s.
    #[arg(value_parser = parse_span, long, value_name = "TIME")]
    pub idle_exit: Option<Duration>,
    /// Serve the directory's own socket, as for those who open the directory: they find it there, and start it again.
    #[arg(long)]
    pub on_demand: bool,
    /// Say on standard output what became of the start, and keep the log in the directory.
    #[arg(long, hide = true, requires = "on_demand")]
    pub started_by_client: bool,
    /// Which log lines to write: error, warn, info, debug or trace, or a filter by module.
    #[arg(long, env = "TOONDB_LOG", default_value = "info", value_name = "FILTER")]
    pub log: String,
}

/// Which project, and who shares its memory.
#[derive(Debug, Args)]
pub struct Init {
    /// The project's directory.
    #[arg(value_parser = path, default_value = ".", value_name = "DIR")]
    pub dir: PathBuf,
    /// Linked worktrees share it; this is the default.
    #[arg(long, conflicts_with = "isolated")]
    pub shared: bool,
    /// Linked worktrees have a memory of their own each.
    #[arg(long)]
    pub isolated: bool,
}

/// Where units go.
#[derive(Debug, Args)]
pub struct InstallUnits {
    /// For your own user, not for the whole machine.
    #[arg(long)]
    pub user: bool,
}

/// Which server.
#[derive(Debug, Args)]
pub struct Server {
    /// The server's socket.
    #[arg(value_parser = path, long, env = "TOONDB_SOCKET", default_value = "/tmp/toondb.sock", value_name = "PATH")]
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
    /// How to print it: a table to look at, or rows with all counters.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: RowsFormat,
}

/// What to check.
// What `requires` asks for is not asked for where it conflicts with something else, as DIR does with --socket: so the
// options of each of them conflict with the other one.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").args(["dir", "socket"]))]
pub struct Check {
    /// The data directory.
    #[arg(value_parser = path, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// The socket of the server that is to check itself; `TOONDB_SOCKET` is not looked at.
    #[arg(value_parser = path, long, value_name = "PATH")]
    pub socket: Option<PathBuf>,
    /// Only this namespace of the server's; may be given several times.
    #[arg(long = "namespace", value_name = "NAME", conflicts_with = "dir")]
    pub namespaces: Vec<String>,
    /// Make anew what follows from other rows, where nothing else is wrong.
    #[arg(long)]
    pub repair: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Which text.
#[derive(Debug, Args)]
pub struct Input {
    /// The file; without it, or as `-`, standard input.
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// What to convert.
#[derive(Debug, Args)]
pub struct Convert {
    /// The text.
    #[command(flatten)]
    pub input: Input,
    /// Its format; without this, JSON if it is that, else TOON.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub from: Option<SourceFormat>,
    /// The format wanted.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: TextFormat,
    /// What parts the cells of the TOON that is written.
    #[arg(long, value_enum, default_value_t, value_name = "NAME")]
    pub delimiter: DelimiterName,
    /// Spaces for each level of TOON, read and written.
    #[arg(long, default_value_t = ToonOptions::default().indent, value_name = "SPACES")]
    pub indent: u8,
    /// Read TOON as well as can be, though counts, indentation or blank lines are wrong.
    #[arg(long)]
    pub lenient: bool,
    /// By which `auto` counts.
    #[arg(long, value_enum, default_value_t, value_name = "NAME")]
    pub tokenizer: TokenizerName,
}

/// What to count.
#[derive(Debug, Args)]
pub struct Tokens {
    /// The text.
    #[command(flatten)]
    pub input: Input,
    /// The tokenizer.
    #[arg(long, value_enum, default_value_t, value_name = "NAME")]
    pub tokenizer: TokenizerName,
}

/// What to do about tokens.
#[derive(Debug, Args)]
pub struct Token {
    /// What to do.
    #[command(subcommand)]
    pub command: TokenCommand,
}

/// What to do about tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a new token and print it.
    Create(TokenCreate),
    /// Show all tokens, without their secrets.
    List(TokenList),
    /// Take a token back.
    Revoke(TokenRevoke),
}

/// Which data directory.
#[derive(Debug, Args)]
pub struct Data {
    /// The data directory.
    #[arg(value_parser = path, long, env = "TOONDB_DATA", default_value = "toondb-data", value_name = "DIR")]
    pub data: PathBuf,
}

/// Which tokens to show, and how.
#[derive(Debug, Args)]
pub struct TokenList {
    /// Where they are kept.
    #[command(flatten)]
    pub data: Data,
    /// How to print them.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: RowsFormat,
}

/// What a new token shall be.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("where").required(true).args(["namespaces", "all_namespaces"]))]
pub struct TokenCreate {
    /// Where it is kept; created if it is missing.
    #[command(flatten)]
    pub data: Data,
    /// What to call it: who will use it, or for what.
    #[arg(long, value_name = "TEXT")]
    pub name: String,
    /// A namespace that it is for; may be given several times, and need not exist yet.
    #[arg(long = "namespace", value_name = "NAME")]
    pub namespaces: Vec<String>,
    /// It is for all namespaces, also for those that come later.
    #[arg(long)]
    pub all_namespaces: bool,
    /// What it is for: read, write, admin, separated by commas; none includes another.
    #[arg(long, value_name = "RIGHTS")]
    pub rights: Rights,
    /// How long it is valid: a number with s, m, h, d or w, for example 30d; without this, until it is revoked.
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    pub expires: Option<Duration>,
}

/// Which token to take back.
#[derive(Debug, Args)]
pub struct TokenRevoke {
    /// Where it is kept.
    #[command(flatten)]
    pub data: Data,
    /// Its id, as shown by `toondb token list`.
    #[arg(value_name = "ID")]
    pub id: TokenId,
}

/// A century: what is longer is a slip of the finger.
const SPAN_MAX: Duration = Duration::from_secs(100 * 365 * 86_400);

fn parse_span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no span of time; write for example 90m, 12h, 30d or 4w, at most 36500d");
    let span: Span = text.parse().map_err(|_| wrong())?;
    let span = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    let span = Duration::try_from(span).map_err(|_| wrong())?;
    if span.is_zero() || span > SPAN_MAX { Err(wrong()) } else { Ok(span) }
}

/// A server that takes no connection would serve nobody.
fn connections(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("give at least 1".to_owned()),
        Ok(count) => Ok(count),
        Err(error) => Err(format!("not a number of connections: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }

    #[test]
    fn spans_are_read_and_nonsense_is_refused() {
        let spans =
            [("1s", 1), ("90m", 5_400), ("12h", 43_200), ("30d", 2_592_000), ("4w", 2_419_200), ("1d 12h", 129_600)];
        for (text, seconds) in spans {
            assert_eq!(parse_span(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for wrong in ["", "d", "30", "0d", "-1d", "1y", "36501d", "99999999999999999999d", "30\u{e9}"] {
            assert!(parse_span(wrong).is_err(), "{wrong:?}");
        }
    }
}
