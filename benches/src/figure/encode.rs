//! Writing 10,000 rows as TOON and as JSON, against serde_json writing the same rows from plain structs.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use toondb_engine::api::{OutputFormat, Value};
use toondb_engine::format::{Cell, Row, RowSet, RowTable, encode as write};

use crate::cli::Setup;
use crate::data::Dataset;
use crate::measure::{Report, median, millis, timed};
use crate::outcome::Outcome;

const ROWS: usize = 10_000;
const FIELDS: [&str; 3] = ["lex", "pos", "words"];

/// A row as a program that needs no database would have it.
#[derive(Serialize)]
struct Plain {
    id: String,
    content: String,
    #[serde(rename = "metadata.lex")]
    lex: String,
    #[serde(rename = "metadata.pos")]
    pos: String,
    #[serde(rename = "metadata.words")]
    words: String,
}

fn plain(data: &Dataset) -> Vec<Plain> {
    let row = |row: &crate::data::Row| {
        let field = |name| match row.metadata.get(name) {
            Some(Value::String(text)) => text.clone(),
            _ => String::new(),
        };
        let [lex, pos, words] = FIELDS.map(field);
        Plain { id: row.id.clone(), content: row.content.clone(), lex, pos, words }
    };
    data.base().take(ROWS).map(|(own, _)| row(own)).collect()
}

fn row_set(rows: &[Plain]) -> RowSet {
    let columns = ["id", "content", "metadata.lex", "metadata.pos", "metadata.words"].map(Arc::<str>::from);
    let row = |row: &Plain| {
        let values = [&row.id, &row.content, &row.lex, &row.pos, &row.words];
        let cell = |(column, value): (&Arc<str>, &String)| Cell {
            column: Arc::clone(column),
            value: Value::from(value.as_str()),
        };
        Row { identity: None, cells: columns.iter().zip(values).map(cell).collect() }
    };
    RowSet { tables: vec![RowTable { name: "documents", rows: rows.iter().map(row).collect() }] }
}

/// The median of some rounds.
fn typical(rounds: usize, mut work: impl FnMut() -> usize) -> Outcome<Duration> {
    let mut times = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let (time, bytes) = timed(&mut work);
        if bytes == 0 {
            return Err("nothing was written".into());
        }
        times.push(time.as_secs_f64());
    }
    Ok(Duration::from_secs_f64(median(&times)))
}

/// Measures both.
pub fn encode(setup: &Setup, dir: &std::path::Path, report: &Report) -> Outcome<()> {
    let rows = plain(&Dataset::read(dir)?);
    let set = row_set(&rows);
    let rounds = setup.choose(31, 3);
    let peer = typical(rounds, || serde_json::to_string(&rows).map_or(0, |text| text.len()))?;
    for (name, format) in [("TOON", OutputFormat::Toon), ("JSON", OutputFormat::Json)] {
        let own = typical(rounds, || write(&set.all(), format, None).map_or(0, |encoded| encoded.data.len()))?;
        let ratio = own.as_secs_f64() / peer.as_secs_f64();
        let measured = format!("{ratio:.2} ({:.2} ms / {:.2} ms)", millis(own), millis(peer));
        report.row(&format!("writing {} rows as {name} / serde_json", rows.len()), "<= 2", &measured);
    }
    Ok(())
}
