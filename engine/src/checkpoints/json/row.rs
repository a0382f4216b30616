//! A row in JSON.

use serde::{Deserialize, Serialize};

use super::value::{bytes_or_text, spell_properties, text_or_bytes, unspell_properties};
use crate::api::{CommitSeq, Edge, Embedding, Metric, TemporalEdge, TimestampMs, Value};
use crate::checkpoints::item::Item;
use crate::store::{CollectionKind, CollectionRecord, DocumentBody, LogHead, LogMark, NodeRecord};

/// One row. `collection` is the number that the collection's own row gives.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum JsonRow {
    /// A key-value pair.
    Kv {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key_base64: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value_base64: Option<String>,
        commit_seq: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<i64>,
    },
    /// A collection, vector index or cache.
    Collection {
        name: String,
        number: u32,
        kind: CollectionKind,
        dimension: u32,
        metric: Metric,
        metadata: Value,
        commit_seq: u64,
        created_at: i64,
    },
    /// A vector of a document or of a bare index.
    Vector { collection: u32, row: u32, vector: Vec<Exact> },
    /// A document or an entry of a cache; `row` says which vector is its embedding, if it has one.
    Document {
        collection: u32,
        id: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        row: Option<u32>,
        commit_seq: u64,
        content: String,
        metadata: Value,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<i64>,
    },
    /// The id of a vector in a bare index.
    VectorId { collection: u32, id: u64, row: u32, commit_seq: u64 },
    /// A graph node.
    Node { id: String, node_type: String, properties: Value, commit_seq: u64 },
    /// A graph edge.
    Edge { from_id: String, edge_type: String, to_id: String, properties: Value, commit_seq: u64 },
    /// Where the positions of the next new log begin.
    LogMark { next_number: u64, first: u64 },
    /// A log. `number` is what its entries call it; `total` and `gone` count the bytes of all entries ever, and of those
    /// that are not there any more.
    Log { name: String, number: u64, first: u64, next: u64, total: u64, gone: u64 },
    /// An entry of a log; `before` counts the bytes of all entries before it.
    LogEntry {
        log: u64,
        position: u64,
        before: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value_base64: Option<String>,
    },
    /// One belief about a fact.
    Fact {
        from_id: String,
        edge_type: String,
        to_id: String,
        valid_from: i64,
        valid_until: Option<i64>,
        asserted_seq: u64,
        asserted_at: i64,
        retracted_seq: Option<u64>,
        retracted_at: Option<i64>,
        properties: Value,
    },
}

/// A component of a vector: written as the exact double of the float, so that any reader gives the same float back.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(into = "f64", from = "f64")]
pub struct Exact(pub f32);

impl From<Exact> for f64 {
    fn from(exact: Exact) -> f64 {
        exact.0.into()
    }
}

impl From<f64> for Exact {
    #[expect(clippy::cast_possible_truncation, reason = "rounding is what reading a number written by others means")]
    fn from(number: f64) -> Self {
        Self(number as f32)
    }
}

impl From<&Item> for JsonRow {
    fn from(item: &Item) -> Self {
        match item {
            Item::Kv { key, seq, expires_at, value } => {
                let ((key, key_base64), (value, value_base64)) = (bytes_or_text(key), bytes_or_text(value));
                let expires_at = (*expires_at != 0).then_some(*expires_at);
                Self::Kv { key, key_base64, value, value_base64, commit_seq: *seq, expires_at }
            }
            Item::Collection { name, record } => {
                let CollectionRecord { seq, id, kind, dimension, metric, metadata, created_at } = record;
                Self::Collection {
                    name: name.as_str().to_owned(),
                    number: *id,
                    kind: *kind,
                    dimension: *dimension,
                    metric: *metric,
                    metadata: spell_properties(metadata),
                    commit_seq: *seq,
                    created_at: *created_at,
                }
            }
            Item::Vector { collection, row, vector } => {
                let vector = vector.0.iter().copied().map(Exact).collect();
                Self::Vector { collection: *collection, row: *row, vector }
            }
            Item::Document { collection, id, seq, row, body: Some(body) } => Self::Document {
                collection: *collection,
                id: String::from_utf8_lossy(id).into_owned(),
                row: *row,
                commit_seq: *seq,
                content: body.content.clone(),
                metadata: spell_properties(&body.metadata),
                expires_at: body.expires_at,
            },
            Item::Document { collection, id, seq, row, body: None } => {
                let id = id.first_chunk().map_or(0, |id| u64::from_be_bytes(*id));
                Self::VectorId { collection: *collection, id, row: row.unwrap_or_default(), commit_seq: *seq }
            }
            Item::Node { id, record: NodeRecord { seq, node_type, properties } } => Self::Node {
                id: id.as_str().to_owned(),
                node_type: node_type.clone(),
                properties: spell_properties(properties),
                commit_seq: *seq,
            },
            Item::Edge { edge: Edge { from_id, edge_type, to_id, properties }, seq } => Self::Edge {
                from_id: from_id.as_str().to_owned(),
                edge_type: edge_type.as_str().to_owned(),
                to_id: to_id.as_str().to_owned(),
                properties: spell_properties(properties),
                commit_seq: *seq,
            },
            Item::Fact(edge) => fact_row(edge),
            Item::LogMark(LogMark { next_number, first }) => Self::LogMark { next_number: *next_number, first: *first },
            Item::Log { name, head: LogHead { number, first, next, total, gone } } => Self::Log {
                name: name.as_str().to_owned(),
                number: *number,
                first: *first,
                next: *next,
                total: *total,
                gone: *gone,
            },
            Item::LogEntry { log, position, before, value } => {
                let (value, value_base64) = bytes_or_text(value);
                Self::LogEntry { log: *log, position: *position, before: *before, value, value_base64 }
            }
        }
    }
}

fn fact_row(edge: &TemporalEdge) -> JsonRow {
    JsonRow::Fact {
        from_id: edge.from_id.as_str().to_owned(),
        edge_type: edge.edge_type.as_str().to_owned(),
        to_id: edge.to_id.as_str().to_owned(),
        valid_from: edge.valid_from.0,
        valid_until: edge.valid_until.map(|until| until.0),
        asserted_seq: edge.asserted_seq.0,
        asserted_at: edge.asserted_at.0,
        retracted_seq: edge.retracted_seq.map(|seq| seq.0),
        retracted_at: edge.retracted_at.map(|at| at.0),
        properties: spell_properties(&edge.properties),
    }
}

impl TryFrom<JsonRow> for Item {
    type Error = &'static str;

    fn try_from(row: JsonRow) -> Result<Self, Self::Error> {
        Ok(match row {
            JsonRow::Kv { key, key_base64, value, value_base64, commit_seq, expires_at } => Self::Kv {
                key: text_or_bytes(key, key_base64)?,
                seq: commit_seq,
                expires_at: expires_at.unwrap_or_default(),
                value: text_or_bytes(value, value_base64)?,
            },
            JsonRow::Collection {
                name,
                number: id,
                kind,
                dimension,
                metric,
                metadata,
                commit_seq: seq,
                created_at,
            } => {
                let metadata = unspell_properties(metadata)?;
                let record = CollectionRecord { seq, id, kind, dimension, metric, metadata, created_at };
                Self::Collection { name: name.into(), record }
            }
            JsonRow::Vector { collection, row, vector } => {
                let vector = Embedding(vector.into_iter().map(|exact| exact.0).collect());
                Self::Vector { collection, row, vector }
            }
            JsonRow::Document { collection, id, row, commit_seq: seq, content, metadata, expires_at } => {
                let body = Some(DocumentBody { content, metadata: unspell_properties(metadata)?, expires_at });
                Self::Document { collection, id: id.into_bytes(), seq, row, body }
            }
            JsonRow::VectorId { collection, id, row, commit_seq: seq } => {
                Self::Document { collection, id: id.to_be_bytes().to_vec(), seq, row: Some(row), body: None }
            }
            JsonRow::Node { id, node_type, properties, commit_seq: seq } => {
                let record = NodeRecord { seq, node_type, properties: unspell_properties(properties)? };
                Self::Node { id: id.into(), record }
            }
            JsonRow::Edge { from_id, edge_type, to_id, properties, commit_seq: seq } => {
                let properties = unspell_properties(properties)?;
                let edge =
                    Edge { from_id: from_id.into(), edge_type: edge_type.into(), to_id: to_id.into(), properties };
                Self::Edge { edge, seq }
            }
            JsonRow::LogMark { next_number, first } => Self::LogMark(LogMark { next_number, first }),
            JsonRow::Log { name, number, first, next, total, gone } => {
                let head = LogHead { number, first, next, total, gone };
                // As a stored one is.
                LogHead::decode(&head.encode()).map_err(|_| "a log ends before it begins")?;
                Self::Log { name: name.into(), head }
            }
            JsonRow::LogEntry { log, position, before, value, value_base64 } => {
                Self::LogEntry { log, position, before, value: text_or_bytes(value, value_base64)? }
            }
            fact @ JsonRow::Fact { .. } => Self::Fact(fact_of(fact)?),
        })
    }
}

fn fact_of(row: JsonRow) -> Result<TemporalEdge, &'static str> {
    let JsonRow::Fact {
        from_id,
        edge_type,
        to_id,
        valid_from,
        valid_until,
        asserted_seq,
        asserted_at,
        retracted_seq,
        retracted_at,
        properties,
    } = row
    else {
        return Err("the row is no fact");
    };
    Ok(TemporalEdge {
        from_id: from_id.into(),
        edge_type: edge_type.into(),
        to_id: to_id.into(),
        valid_from: TimestampMs(valid_from),
        valid_until: valid_until.map(TimestampMs),
        properties: unspell_properties(properties)?,
        asserted_seq: CommitSeq(asserted_seq),
        asserted_at: TimestampMs(asserted_at),
        retracted_seq: retracted_seq.map(CommitSeq),
        retracted_at: retracted_at.map(TimestampMs),
    })
}
