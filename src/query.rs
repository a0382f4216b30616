//! `toondb ping` and `toondb stats`: questions to a running server.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
use std::time::Duration;

use toondb_engine::api::{
    ListNamespaces, NamespaceStats, NamespaceStatsRequest, Ping, ServerStats, ServerStatsRequest,
};
use toondb_ipc::{BlockingClient, ClientOptions};

use crate::cli;

const PINGS: usize = 5;

fn connect(server: &cli::Server) -> Result<BlockingClient, Box<dyn Error>> {
    let options = ClientOptions { timeout: Some(Duration::from_secs(5)), ..ClientOptions::default() };
    BlockingClient::connect(&server.socket, options).map_err(|error| {
        let socket = server.socket.display();
        format!("no ToonDB server answers on {socket}: {error}. Start one with: toondb serve --socket {socket}").into()
    })
}

/// Asks for signs of life and shows how long they took.
#[expect(clippy::disallowed_methods, reason = "the command measures real time for its user")]
pub fn ping(server: &cli::Server) -> Result<(), Box<dyn Error>> {
    let client = connect(server)?;
    for _ in 0..PINGS {
        let start = std::time::Instant::now();
        let pong = client.call_op("", Ping {})?;
        println!("ToonDB {} answered in {:.1} us", pong.version, start.elapsed().as_secs_f64() * 1e6);
    }
    Ok(())
}

/// Shows the counters.
pub fn stats(options: &cli::Stats) -> Result<(), Box<dyn Error>> {
    let client = connect(&options.server)?;
    let mut text = String::new();
    let names = match &options.namespace {
        Some(name) => vec![name.clone()],
        None => {
            show_server(&mut text, &client.call_op("", ServerStatsRequest {})?)?;
            let list = client.call_op("", ListNamespaces {})?;
            list.namespaces.into_iter().map(|namespace| namespace.name.into_string()).collect()
        }
    };
    writeln!(
        text,
        "{:<24} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>12} {:>12}",
        "namespace", "keys", "documents", "vectors", "nodes", "edges", "facts", "live bytes", "disk bytes"
    )?;
    for name in names {
        show_namespace(&mut text, &name, &client.call_op(&name, NamespaceStatsRequest {})?)?;
    }
    match std::io::stdout().write_all(text.as_bytes()) {
        // Whoever reads the table may stop early, as `head` does.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn show_server(text: &mut String, stats: &ServerStats) -> std::fmt::Result {
    let ServerStats { version, pid, uptime_ms, namespaces, open_namespaces, reads, writes, errors, panics } = stats;
    writeln!(text, "ToonDB {version}, pid {pid}, up {} s", uptime_ms / 1000)?;
    writeln!(
        text,
        "namespaces {namespaces} ({open_namespaces} open), reads {reads}, writes {writes}, errors {errors}, panics {panics}\n"
    )
}

fn show_namespace(text: &mut String, name: &str, stats: &NamespaceStats) -> std::fmt::Result {
    let NamespaceStats { keys, documents, vectors, nodes, edges, temporal_versions, live_bytes, disk_bytes, .. } =
        stats;
    writeln!(
        text,
        "{name:<24} {keys:>10} {documents:>10} {vectors:>10} {nodes:>10} {edges:>10} {temporal_versions:>10} \
         {live_bytes:>12} {disk_bytes:>12}"
    )
}
