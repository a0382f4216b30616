//! `toondb stats`: the counters of a running server and of its namespaces. A namespace that cannot give its own is shown with
//! the reason among the others, and the command then fails.

use std::error::Error;
use std::fmt::Write as _;

use toondb_engine::api::{
    self, ErrorCode, ListNamespaces, NamespaceStats, NamespaceStatsRequest, OutputFormat, ServerStats,
    ServerStatsRequest, Value,
};
use toondb_engine::format::{Row, RowTable};

use crate::cli;
use crate::output::{count, print, print_tables, row};
use crate::query::{Directory, connect};

/// Shows the counters.
pub fn stats(options: &cli::Stats, data: Option<&Directory<'_>>) -> Result<(), Box<dyn Error>> {
    let client = connect(&options.server.socket, data)?;
    let (server, names) = match &options.namespace {
        Some(name) => (None, vec![name.clone()]),
        None => {
            let server = client.call_op("", ServerStatsRequest {})?;
            let list = client.call_op("", ListNamespaces {})?;
            (Some(server), list.namespaces.into_iter().map(|namespace| namespace.name.into_string()).collect())
        }
    };
    let mut found = Found { server, namespaces: Vec::with_capacity(names.len()), failed: Vec::new() };
    for name in names {
        match client.call_op(&name, NamespaceStatsRequest {}) {
            Ok(stats) => found.namespaces.push((name, stats)),
            Err(error) if options.namespace.is_some() || is_of_the_server(error.code) => return Err(error.into()),
            // It was deleted since the names were asked for.
            Err(error) if error.code == ErrorCode::NamespaceNotFound => {}
            Err(error) => found.failed.push((name, error)),
        }
    }
    match options.format.of_rows() {
        Some(format) => show_rows(&found, format)?,
        None => print(text(&found)?.as_bytes())?,
    }
    match found.failed.len() {
        0 => Ok(()),
        failed => Err(format!("{failed} namespaces cannot give their counters; see above").into()),
    }
}

/// What was answered.
struct Found {
    server: Option<ServerStats>,
    namespaces: Vec<(String, NamespaceStats)>,
    /// Namespaces that gave an error instead.
    failed: Vec<(String, api::Error)>,
}

/// True if no other namespace would answer either.
fn is_of_the_server(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::ConnectionFailed | ErrorCode::Protocol | ErrorCode::ShuttingDown)
}

fn show_rows(found: &Found, format: OutputFormat) -> Result<(), Box<dyn Error>> {
    let Found { server, namespaces, failed } = found;
    let server = server.as_ref().map(|stats| RowTable { name: "server", rows: vec![server_row(stats)] });
    let rows = namespaces.iter().map(|(name, stats)| namespace_row(name, stats)).collect();
    let namespaces = RowTable { name: "namespaces", rows };
    let rows: Vec<Row> = failed.iter().map(|(name, error)| failed_row(name, error)).collect();
    let failed = (!rows.is_empty()).then_some(RowTable { name: "failed", rows });
    print_tables(server.into_iter().chain([namespaces]).chain(failed).collect(), format)
}

fn failed_row(name: &str, error: &api::Error) -> Row {
    row([
        ("namespace", Value::from(name)),
        ("code", Value::from(format!("{:?}", error.code).as_str())),
        ("error", Value::from(error.message.as_str())),
    ])
}

fn server_row(stats: &ServerStats) -> Row {
    let ServerStats {
        version,
        pid,
        uptime_ms,
        namespaces,
        open_namespaces,
        reads,
        writes,
        errors,
        panics,
        lost_entries,
        lost_bytes,
        scrub_rounds,
        scrubbed_bytes,
        damaged_namespaces,
        damaged_checkpoints,
    } = stats;
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
        ("lost_entries", count(*lost_entries)),
        ("lost_bytes", count(*lost_bytes)),
        ("scrub_rounds", count(*scrub_rounds)),
        ("scrubbed_bytes", count(*scrubbed_bytes)),
        ("damaged_namespaces", count(*damaged_namespaces)),
        ("damaged_checkpoints", count(*damaged_checkpoints)),
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
        flushed_seq,
        flush_paused,
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
        ("flushed_seq", count(flushed_seq.0)),
        ("flush_paused", Value::Bool(*flush_paused)),
    ])
}

fn text(found: &Found) -> Result<String, std::fmt::Error> {
    let Found { server, namespaces, failed } = found;
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
    for (name, error) in failed {
        writeln!(text, "{name:<24} {:?}: {}", error.code, error.message)?;
    }
    Ok(text)
}

fn show_server(text: &mut String, stats: &ServerStats) -> std::fmt::Result {
    let ServerStats {
        version,
        pid,
        uptime_ms,
        namespaces,
        open_namespaces,
        reads,
        writes,
        errors,
        panics,
        lost_entries,
        lost_bytes,
        scrub_rounds,
        scrubbed_bytes,
        damaged_namespaces,
        damaged_checkpoints,
    } = stats;
    writeln!(text, "ToonDB {version}, pid {pid}, up {} s", uptime_ms / 1000)?;
    writeln!(
        text,
        "namespaces {namespaces} ({open_namespaces} open), reads {reads}, writes {writes}, errors {errors}, panics {panics}"
    )?;
    if *lost_entries > 0 {
        writeln!(text, "set aside in lost/: {lost_entries} entries, {lost_bytes} bytes; look into them")?;
    }
    writeln!(
        text,
        "verified in the background: {scrubbed_bytes} bytes, all stores and checkpoints {scrub_rounds} times"
    )?;
    if damaged_namespaces + damaged_checkpoints > 0 {
        writeln!(
            text,
            "damaged: {damaged_namespaces} namespaces, {damaged_checkpoints} checkpoints; toondb check --socket PATH says how"
        )?;
    }
    writeln!(text)
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
