//! `toondb check`: whether everything stored is what was written.
//!
//! The exit code says it to scripts: see [`outcome`].

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use toondb_engine::api::{
    Check, CheckReport, CheckedNamespace, ErrorCode, Finding, FindingKind, FindingPart, NamespaceName, Operation,
    OutputFormat, Value,
};
use toondb_engine::check::check_directory;
use toondb_engine::format::{Row, RowTable};
use toondb_grpc::auth;
use toondb_ipc::{BlockingClient, CallOptions};

use crate::cli;
use crate::output::{count, print, print_tables, row};
use crate::query::{Directory, connect};

/// How long a server may take: longer than any check lasts. One that has ended is noticed by its connection, and whoever
/// waits may press Ctrl-C.
const PATIENCE: Duration = Duration::from_secs(24 * 3_600);

/// Nothing is wrong.
const SOUND: u8 = 0;
/// The command line is wrong, as clap says it too.
const WRONG: u8 = 2;
/// Only what is derived is wrong, and can be made anew. (1 and 2 say that there was no check: it failed, or the command
/// line is wrong.)
const REPAIRABLE: u8 = 3;
/// Something is damaged, contradicts itself, or could not be read.
const DAMAGED: u8 = 4;

/// Checks and tells; gives the exit code.
pub fn check(options: &cli::Check, data: Option<&Directory<'_>>) -> Result<u8, Box<dyn Error>> {
    let report = match (&options.dir, &options.socket, data) {
        (Some(dir), None, None) => directory(dir, options.repair)?,
        (None, Some(socket), None) => served(&connect(socket, None)?, &options.namespaces, options.repair)?,
        (None, None, Some(_)) => served(&connect(Path::new(""), data)?, &options.namespaces, options.repair)?,
        (None, None, None) | (Some(_), Some(_), _) | (Some(_), _, Some(_)) | (_, Some(_), Some(_)) => {
            eprintln!(
                "toondb: check one of these: a data directory that nobody has open (DIR), the server on a socket (--socket), \
                       that of a directory (toondb --data DIR check)"
            );
            return Ok(WRONG);
        }
    };
    if options.json {
        print_tables(as_tables(&report), OutputFormat::Json)?;
    } else {
        print(text(&report)?.as_bytes())?;
    }
    Ok(outcome(&report).0)
}

fn outcome(report: &CheckReport) -> (u8, &'static str) {
    match report.gravest() {
        FindingKind::Notice => (SOUND, "sound"),
        FindingKind::Derived => (REPAIRABLE, "repairable"),
        FindingKind::Unreadable | FindingKind::Contradiction | FindingKind::Damaged => (DAMAGED, "damaged"),
    }
}

fn directory(dir: &Path, repair: bool) -> Result<CheckReport, Box<dyn Error>> {
    let mut report = check_directory(dir, repair).map_err(|error| match error.code {
        ErrorCode::Locked => {
            format!("{error}. A running server checks itself: toondb --data DIR check, or toondb check --socket PATH")
                .into()
        }
        _ => Box::<dyn Error>::from(error),
    })?;
    report.tell(tokens(dir));
    Ok(report)
}

/// Lets a server check what it serves; its tokens are not looked at.
fn served(client: &BlockingClient, namespaces: &[String], repair: bool) -> Result<CheckReport, Box<dyn Error>> {
    let namespaces = namespaces.iter().map(|name| NamespaceName::from(name.as_str())).collect();
    let check = Check { namespaces, repair };
    let options = CallOptions { timeout: Some(PATIENCE), ..CallOptions::default() };
    Ok(Check::take_reply(client.call_with("", &check.into_request(), &options)?)?)
}

/// Whether the tokens of callers over gRPC can be read.
fn tokens(dir: &Path) -> Option<Finding> {
    let finding = |what: String| Finding::new(FindingKind::Damaged, FindingPart::Tokens, "tokens.json", what);
    auth::list(dir).err().map(|error| finding(error.to_string()))
}

fn finding_row(finding: &Finding) -> Row {
    let Finding { kind, part: _, place, what, advice } = finding;
    row([
        ("kind", Value::from(kind.name())),
        ("place", Value::from(place.as_str())),
        ("what", Value::from(what.as_str())),
        ("advice", Value::from(advice.as_str())),
    ])
}

fn as_tables(report: &CheckReport) -> Vec<RowTable> {
    let CheckReport { namespaces, checkpoints, findings, more, repaired } = report;
    let summary = row([
        ("outcome", Value::from(outcome(report).1)),
        ("checkpoints", count(*checkpoints)),
        ("more_findings", count(*more)),
    ]);
    let namespaces = namespaces.iter().map(|namespace| {
        let CheckedNamespace { name, commit_seq, rows, pages } = namespace;
        row([
            ("namespace", Value::from(name.as_str())),
            ("commit_seq", count(commit_seq.0)),
            ("rows", count(*rows)),
            ("pages", count(*pages)),
        ])
    });
    vec![
        RowTable { name: "summary", rows: vec![summary] },
        RowTable { name: "namespaces", rows: namespaces.collect() },
        RowTable { name: "findings", rows: findings.iter().map(finding_row).collect() },
        RowTable { name: "repaired", rows: repaired.iter().map(finding_row).collect() },
    ]
}

fn text(report: &CheckReport) -> Result<String, std::fmt::Error> {
    let CheckReport { namespaces, checkpoints, findings, more, repaired } = report;
    let mut text = String::new();
    for Finding { place, what, .. } in repaired {
        writeln!(text, "repaired: {place}: {what}")?;
    }
    for Finding { kind, part: _, place, what, advice } in findings {
        writeln!(text, "{}: {place}: {what}\n    {advice}", kind.name())?;
    }
    if *more > 0 {
        writeln!(text, "and {more} findings more")?;
    }
    let rows: u64 = namespaces.iter().map(|namespace| namespace.rows).sum();
    let pages: u64 = namespaces.iter().map(|namespace| namespace.pages).sum();
    writeln!(
        text,
        "{}: checked {} namespaces with {rows} rows on {pages} pages, and {checkpoints} checkpoints",
        outcome(report).1,
        namespaces.len()
    )?;
    Ok(text)
}
