//! What the same rows cost in tokens (o200k_base) in each format. Nothing here is a time, so the machine does not matter.
//!
//! The documents and the graph are real (WordNet); the history, the listing of keys and the configuration are made as an
//! agent's would be. TOON is at its best with many rows of one shape, and loses where shapes differ.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use toondb_engine::api::{
    AddDocuments, AddEdge, AddNode, BatchPut, ByteBuf, CreateCollection, Direction, Document, Durability, Edge,
    Embedding, GetDocuments, Metric, Neighbors, Node, OutputFormat, Properties, PutEntry, Render, RowsQuery, Scan,
    SupersedeTemporalEdge, TemporalFact, TemporalHistory, TimestampMs, Tokenizer, Value,
};
use toondb_engine::format::{count_tokens, json, toon};
use toondb_engine::{Engine, EngineOptions};

use crate::data::Dataset;
use crate::outcome::Outcome;

const DOCUMENTS: usize = 50;
const FACTS: i64 = 40;
const KEYS: u32 = 100;

/// Prints the table.
pub fn tokens(data: &Path) -> Outcome<()> {
    let data = Dataset::read(data)?;
    let dir = tempfile::tempdir()?;
    let engine = Engine::open(EngineOptions::new(dir.path()))?;
    println!("| Rows | TOON | compact JSON | pretty JSON | CSV | Markdown | TOON / compact JSON |");
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for (name, read) in [
        ("50 WordNet documents", documents(&engine, &data)?),
        ("a history of 40 facts", history(&engine)?),
        ("a WordNet node's neighbours", neighbourhood(&engine, &data)?),
        ("a listing of 100 keys", listing(&engine)?),
    ] {
        let text = |format| -> Outcome<String> {
            let render = Render { read: read.clone(), format, columns: None, tokenizer: None };
            Ok(String::from_utf8(engine.run("default", render)?.data.into_vec())?)
        };
        let markdown = text(OutputFormat::Markdown)?;
        print_row(name, &text(OutputFormat::Toon)?, &text(OutputFormat::Json)?, Some(&markdown))?;
    }
    let configuration = configuration();
    print_row("nested configuration", &toon::encode(&configuration)?, &json::encode(&configuration)?, None)?;
    engine.close()?;
    Ok(())
}

fn print_row(name: &str, toon: &str, json: &str, markdown: Option<&str>) -> Outcome<()> {
    let count = |text: &str| count_tokens(text, Tokenizer::O200k);
    let value: serde_json::Value = serde_json::from_str(json)?;
    let pretty = serde_json::to_string_pretty(&value)?;
    let (in_toon, in_json) = (count(toon)?, count(json)?);
    let or_none = |text: Option<&str>| -> Outcome<String> {
        Ok(text.map(count).transpose()?.map_or_else(|| "-".to_owned(), |tokens| tokens.to_string()))
    };
    let (csv, markdown) = (or_none(csv(&value).as_deref())?, or_none(markdown)?);
    #[expect(clippy::cast_precision_loss, reason = "a ratio of small counts")]
    let ratio = in_toon as f64 / in_json as f64;
    println!("| {name} | {in_toon} | {in_json} | {} | {csv} | {markdown} | {ratio:.2} |", count(&pretty)?);
    Ok(())
}

/// Columns as comma-separated values: one table after the other, nothing for what is no table.
fn csv(value: &serde_json::Value) -> Option<String> {
    let tables: Vec<&Vec<serde_json::Value>> = match value {
        serde_json::Value::Array(rows) => vec![rows],
        serde_json::Value::Object(tables) => tables.values().map(serde_json::Value::as_array).collect::<Option<_>>()?,
        _ => return None,
    };
    let mut out = String::new();
    for rows in tables {
        let rows: Vec<_> = rows.iter().map(serde_json::Value::as_object).collect::<Option<_>>()?;
        let mut columns: Vec<&String> = Vec::new();
        for name in rows.iter().flat_map(|row| row.keys()) {
            if !columns.contains(&name) {
                columns.push(name);
            }
        }
        let _ = writeln!(out, "{}", columns.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(","));
        for row in rows {
            let cells = columns.iter().map(|name| row.get(*name).map_or_else(String::new, csv_cell));
            let _ = writeln!(out, "{}", cells.collect::<Vec<_>>().join(","));
        }
    }
    Some(out)
}

fn csv_cell(value: &serde_json::Value) -> String {
    let text = match value {
        serde_json::Value::Null => return String::new(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.contains([',', '"', '\n']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

fn documents(engine: &Engine, data: &Dataset) -> Outcome<RowsQuery> {
    let dimension = u32::try_from(data.dimension())?;
    let (collection, metadata) = ("glosses".into(), Properties::new());
    engine.run("default", CreateCollection { collection, dimension, metric: Metric::Cosine, metadata })?;
    let document = |(row, vector): (&crate::data::Row, &[f32])| Document {
        id: Some(row.id.as_str().into()),
        content: row.content.clone(),
        embedding: Some(Embedding(vector.to_vec())),
        metadata: row.metadata.clone(),
        ..Default::default()
    };
    let documents: Vec<Document> = data.base().take(DOCUMENTS).map(document).collect();
    let ids = documents.iter().filter_map(|document| document.id.clone()).collect();
    engine.run(
        "default",
        AddDocuments {
            collection: "glosses".into(),
            documents,
            durability: Durability::Volatile,
            ..Default::default()
        },
    )?;
    let collection = "glosses".into();
    Ok(RowsQuery::GetDocuments(GetDocuments { collection, ids, ..GetDocuments::default() }))
}

fn history(engine: &Engine) -> Outcome<RowsQuery> {
    const HOUR_MS: i64 = 3_600_000;
    for step in 0..FACTS {
        let place = ["office", "home", "train", "gym"].into_iter().cycle().nth(usize::try_from(step)?);
        let fact = TemporalFact {
            from_id: "user:ada".into(),
            edge_type: "LOCATED_IN".into(),
            to_id: place.unwrap_or_default().into(),
            valid_from: TimestampMs(1_790_000_000_000 + step * HOUR_MS),
            valid_until: None,
            properties: Properties::new().with("source", "calendar"),
        };
        engine.run("default", SupersedeTemporalEdge { fact, durability: Durability::Volatile })?;
    }
    Ok(RowsQuery::TemporalHistory(TemporalHistory {
        node_id: "user:ada".into(),
        edge_type: None,
        other_id: None,
        direction: Direction::Outgoing,
        start: None,
        end: None,
        as_of: None,
        newest_first: false,
        limit: None,
        cursor: None,
        snapshot: None,
    }))
}

/// The node with the most edges to documents of the set, with the first two dozen of them.
fn neighbourhood(engine: &Engine, data: &Dataset) -> Outcome<RowsQuery> {
    let rows: BTreeMap<&str, &crate::data::Row> = data.base().map(|(row, _)| (row.id.as_str(), row)).collect();
    let near = |row: &crate::data::Row| row.edges.iter().filter(|(_, to)| rows.contains_key(to.as_str())).count();
    let start = rows.values().max_by_key(|row| near(row)).ok_or("the data set is empty")?;
    let known = start.edges.iter().filter_map(|(kind, to)| Some((kind, rows.get(to.as_str())?)));
    let known: Vec<_> = known.take(24).collect();
    for row in known.iter().map(|(_, row)| *row).chain([start]) {
        let (id, node_type) = (row.id.as_str().into(), "synset".to_owned());
        let properties = row.metadata.clone().0.into_iter().chain([("gloss".to_owned(), row.content.as_str().into())]);
        let node = Node { id, node_type, properties: properties.collect() };
        engine.run("default", AddNode { node, durability: Durability::Volatile })?;
    }
    for (kind, row) in known {
        let (from_id, to_id) = (start.id.as_str().into(), row.id.as_str().into());
        let edge = Edge { from_id, edge_type: kind.as_str().into(), to_id, properties: Properties::new() };
        engine.run("default", AddEdge { edge, durability: Durability::Volatile })?;
    }
    let (node_id, direction) = (start.id.as_str().into(), Direction::Outgoing);
    Ok(RowsQuery::Neighbors(Neighbors {
        node_id,
        direction,
        filter: Default::default(),
        edge_types: None,
        limit: None,
        snapshot: None,
    }))
}

fn listing(engine: &Engine) -> Outcome<RowsQuery> {
    let entry = |number: u32| PutEntry {
        key: ByteBuf::from(format!("session:{number:04}:state")),
        value: ByteBuf::from(format!("{{\"step\":{},\"done\":{}}}", number % 7, number.is_multiple_of(3))),
        ttl_ms: None,
    };
    engine.run("default", BatchPut { entries: (0..KEYS).map(entry).collect(), durability: Durability::Volatile })?;
    Ok(RowsQuery::Scan(Scan { prefix: Some(ByteBuf::from("session:")), ..Scan::default() }))
}

/// Objects within objects, none like another: nothing that a table could hold.
fn configuration() -> Value {
    let map = |entries: Vec<(&str, Value)>| {
        Value::Map(entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    };
    let service = |number: i64| {
        map(vec![
            ("listen", map(vec![("address", "0.0.0.0".into()), ("port", Value::Int(8_000 + number))])),
            ("limits", map(vec![("memory", map(vec![("soft_mib", Value::Int(256 * (number % 4 + 1)))]))])),
            (
                "routes",
                Value::List(vec![
                    map(vec![("path", "/".into()), ("methods", Value::List(vec!["GET".into(), "HEAD".into()]))]),
                    map(vec![("path", "/api".into()), ("auth", map(vec![("kind", "bearer".into())]))]),
                ]),
            ),
            ("features", map(vec![("tracing", Value::Bool(number % 2 == 0)), ("sample", Value::Float(0.25))])),
        ])
    };
    let services: Vec<(String, Value)> = (0..12).map(|number| (format!("service-{number}"), service(number))).collect();
    Value::Map(services.into_iter().collect())
}
