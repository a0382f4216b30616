//! `toondb ping` and `toondb stats`: questions to a running server.

use std::error::Error;
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
    let names = match &options.namespace {
        Some(name) => vec![name.clone()],
        None => {
            show_server(&client.call_op("", ServerStatsRequest {})?);
            let list = client.call_op("", ListNamespaces {})?;
            list.namespaces.into_iter().map(|namespace| namespace.name.into_string()).collect()
        }
    };
    println!(
        "{:<24} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>12} {:>12}",
        "namespace", "keys", "documents", "vectors", "nodes", "edges", "facts", "live bytes", "disk bytes"
    );
    for name in names {
        show_namespace(&name, &client.call_op(&name, NamespaceStatsRequest {})?);
    }
    Ok(())
}

fn show_server(stats: &ServerStats) {
    let ServerStats { version, pid, uptime_ms, namespaces, open_namespaces, reads, writes, errors, panics } = stats;
    println!("ToonDB {version}, pid {pid}, up {} s", uptime_ms / 1000);
    println!(
        "namespaces {namespaces} ({open_namespaces} open), reads {reads}, writes {writes}, errors {errors}, panics {panics}\n"
    );
}

fn show_namespace(name: &str, stats: &NamespaceStats) {
    let NamespaceStats { keys, documents, vectors, nodes, edges, temporal_versions, live_bytes, disk_bytes, .. } =
        stats;
    println!(
        "{name:<24} {keys:>10} {documents:>10} {vectors:>10} {nodes:>10} {edges:>10} {temporal_versions:>10} \
         {live_bytes:>12} {disk_bytes:>12}"
    );
}
