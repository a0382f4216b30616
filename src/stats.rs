//! `toondb stats`: the counters of a running server and of its namespaces.

use std::error::Error;
use std::fmt::Write as _;

use toondb_engine::api::{
    ListNamespaces, NamespaceStats, NamespaceStatsRequest, OutputFormat, ServerStats, ServerStatsRequest, Value,
};
use toondb_engine::format::{Row, Table};

use crate::cli;
use crate::output::{count, print, print_tables, row};
use crate::query::connect;

/// Shows the counters.
pub fn stats(options: &cli::Stats) -> Result<(), Box<dyn Error>> {
    let client = connect(&options.server)?;
    let (server, names) = match &options.namespace {
        Some(name) => (None, vec![name.clone()]),
        None => {
            let server = client.call_op("", ServerStatsRequest {})?;
            let list = client.call_op("", ListNamespaces {})?;
            (Some(server), list.namespaces.into_iter().map(|namespace| namespace.name.into_string()).collect())
        }
    };
    let mut namespaces = Vec::with_capacity(names.len());
    for name in names {
        let stats = client.call_op(&name, NamespaceStatsRequest {})?;
        namespaces.push((name, stats));
    }
    match options.format.of_rows() {
        Some(format) => show_rows(server.as_ref(), &namespaces, format),
        None => Ok(print(text(server.as_ref(), &namespaces)?.as_bytes())?),
    }
}

fn show_rows(
    server: Option<&ServerStats>,
    namespaces: &[(String, NamespaceStats)],
    format: OutputFormat,
) -> Result<(), Box<dyn Error>> {
    let server = server.map(|stats| Table { name: "server", rows: vec![server_row(stats)] });
    let rows = namespaces.iter().map(|(name, stats)| namespace_row(name, stats)).collect();
    let namespaces = Table { name: "namespaces", rows };
    print_tables(server.into_iter().chain([namespaces]).collect(), format)
}

fn server_row(stats: &ServerStats) -> Row {
    let ServerStats { version, pid, uptime_ms, namespaces, open_namespaces, reads, writes, errors, panics } = stats;
    row([
        ("version", Value::from(version.as_str())),
        ("pid", count(u64::from(*pid))),
        ("uptime_ms", count(*uptime_ms)),
        ("namespaces", count(*namespaces)),
        ("open_namespaces", count(*open_namespaces)),
        ("reads", count(*reads)),
        ("writes", count(*writes)),
        ("errors", count(*errors)),
        ("panics", count(*panics)),
    ])
}

fn namespace_row(name: &str, stats: &NamespaceStats) -> Row {
    let NamespaceStats {
        keys,
        collections,
        documents,
        vectors,
        nodes,
        edges,
        temporal_versions,
        live_bytes,
        disk_bytes,
        log_bytes,
        vector_memory_bytes,
        commit_seq,
        checkpoint_seq,
    } = stats;
    row([
        ("namespace", Value::from(name)),
        ("keys", count(*keys)),
        ("collections", count(*collections)),
        ("documents", count(*documents)),
        ("vectors", count(*vectors)),
        ("nodes", count(*nodes)),
        ("edges", count(*edges)),
        ("temporal_versions", count(*temporal_versions)),
        ("live_bytes", count(*live_bytes)),
        ("disk_bytes", count(*disk_bytes)),
        ("log_bytes", count(*log_bytes)),
        ("vector_memory_bytes", count(*vector_memory_bytes)),
        ("commit_seq", count(commit_seq.0)),
        ("checkpoint_seq", count(checkpoint_seq.0)),
    ])
}

fn text(server: Option<&ServerStats>, namespaces: &[(String, NamespaceStats)]) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    if let Some(stats) = server {
        show_server(&mut text, stats)?;
    }
    writeln!(
        text,
        "{:<24} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>12} {:>12}",
        "namespace", "keys", "documents", "vectors", "nodes", "edges", "facts", "live bytes", "disk bytes"
    )?;
    for (name, stats) in namespaces {
        show_namespace(&mut text, name, stats)?;
    }
    Ok(text)
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
