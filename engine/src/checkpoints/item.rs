//! A row of a checkpoint, taken apart: what a namespace stores that does not follow from anything else.
//!
//! Decoding is where bytes from elsewhere become typed values; [`Item::check`] then holds them to what the API demands of
//! the request that would have stored them. What rows demand of each other is the business of `build.rs`.
//!
//! A file holds the tables in the order of [`section`]: each row comes after the rows it refers to.

use super::fault::{Checked, CheckpointFault};
use crate::api::{
    CollectionName, CreateCollection, DocumentId, Edge, Embedding, Error, LogName, Node, NodeId, Result, TemporalEdge,
    TemporalFact, check_dimension, check_key, check_value,
};
use crate::limits;
use crate::namespace::{decode_fact, fact_out_key, fact_record};
use crate::store::{
    CollectionKind, CollectionRecord, DocumentBody, DocumentRecord, EdgeRecord, KeyReader, KeyWriter, KvRecord,
    LogEntryRow, LogHead, LogMark, NodeRecord, RowPlace, StoreError, Table,
};

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A key-value pair.
    Kv {
        /// The key.
        key: Vec<u8>,
        /// The commit that wrote it.
        seq: u64,
        /// When it expires; 0 = never.
        expires_at: i64,
        /// The value.
        value: Vec<u8>,
    },
    /// A collection, vector index or cache.
    Collection {
        /// Its name.
        name: CollectionName,
        /// Its record.
        record: CollectionRecord,
    },
    /// A vector.
    Vector {
        /// The number of its collection.
        collection: u32,
        /// Its row; a collection's rows are numbered from 0 without gaps.
        row: u32,
        /// Its components.
        vector: Embedding,
    },
    /// A document, the id of a bare vector, or an entry of a cache.
    Document {
        /// The number of its collection.
        collection: u32,
        /// Its id as stored.
        id: Vec<u8>,
        /// The commit that wrote it.
        seq: u64,
        /// The row of its vector; nothing for a document without an embedding.
        row: Option<u32>,
        /// Text and fields; nothing for a bare vector.
        body: Option<DocumentBody>,
    },
    /// A graph node.
    Node {
        /// Its id.
        id: NodeId,
        /// Its record.
        record: NodeRecord,
    },
    /// A graph edge; its properties are in the record.
    Edge {
        /// Its ends and type.
        edge: Edge,
        /// The commit that wrote it.
        seq: u64,
    },
    /// One belief about a fact.
    Fact(TemporalEdge),
    /// What the next new log gets.
    LogMark(LogMark),
    /// A log; its entries come after all logs.
    Log {
        /// Its name.
        name: LogName,
        /// Its head.
        head: LogHead,
    },
    /// An entry of a log.
    LogEntry {
        /// The number of its log.
        log: u64,
        /// Its position.
        position: u64,
        /// Bytes of all entries that were ever appended before it.
        before: u64,
        /// Its value.
        value: Vec<u8>,
    },
}

/// The numbers of a document in a file: those of its vector, or none.
pub fn place_in_file(vector: Option<u32>) -> RowPlace {
    RowPlace { row: vector.unwrap_or_default(), vector }
}

/// The place of a table in a file; nothing for tables that are made anew from others, or that hold unfinished work.
pub fn section(table: Table) -> Option<u8> {
    match table {
        Table::Kv => Some(0),
        Table::Collections => Some(1),
        Table::Vectors => Some(2),
        Table::Documents => Some(3),
        Table::Nodes => Some(4),
        Table::EdgesOut => Some(5),
        Table::TemporalOut => Some(6),
        Table::Logs => Some(7),
        Table::LogEntries => Some(8),
        Table::KvExpiry
        | Table::EdgesIn
        | Table::TemporalIn
        | Table::CommitTimes
        | Table::Purges
        | Table::Rows
        | Table::NodeTypes
        | Table::TemporalTypes
        | Table::TemporalChanges
        | Table::RangeDeletes
        | Table::Chunks
        | Table::Clients
        | Table::Answers => None,
    }
}

fn broken(table: Table, what: &str) -> CheckpointFault {
    CheckpointFault::Content(format!("a row of table {}: {what}", table.name()))
}

fn text(table: Table, bytes: &[u8]) -> Checked<String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| broken(table, "a name is not UTF-8"))
}

fn bounded(what: &str, record: &[u8], max: usize) -> Result<()> {
    if record.len() > max {
        return Err(Error::limit(format!("{what} takes {} bytes when stored; the limit is {max}", record.len())));
    }
    Ok(())
}

impl Item {
    /// From a stored row.
    pub fn decode(table: Table, key: &[u8], value: &[u8]) -> Checked<Self> {
        let stored = |error: StoreError| CheckpointFault::content(error);
        let numbers = |what| {
            let mut reader = KeyReader::new(key);
            let collection = reader.u32().ok_or_else(|| broken(table, what))?;
            Ok::<_, CheckpointFault>((collection, reader))
        };
        Ok(match table {
            Table::Kv => {
                let KvRecord { seq, expires_at, value } = KvRecord::decode(value).map_err(stored)?;
                Self::Kv { key: key.to_vec(), seq, expires_at, value: value.to_vec() }
            }
            Table::Collections => {
                let record = CollectionRecord::decode(value).map_err(stored)?;
                let name = text(table, key.strip_prefix(b"\0").unwrap_or(key))?;
                if *record.kind.key(&name) != *key {
                    return Err(broken(table, "the key belongs to another kind of collection"));
                }
                Self::Collection { name: name.into(), record }
            }
            Table::Vectors => {
                let (collection, mut rest) = numbers("the key is cut")?;
                let row = rest.u32().filter(|_| rest.rest().is_empty());
                let row = row.ok_or_else(|| broken(table, "the key is no row number"))?;
                let vector = Embedding::from_le_bytes(value).ok_or_else(|| broken(table, "a vector is cut"))?;
                Self::Vector { collection, row, vector }
            }
            Table::Documents => {
                let (collection, id) = numbers("the key is cut")?;
                let record = DocumentRecord::decode(value).map_err(stored)?;
                let body = record.has_body().then(|| record.body()).transpose().map_err(stored)?;
                let row = record.place.vector;
                if record.place != place_in_file(row) {
                    return Err(broken(table, "the number of a document is not that of its vector"));
                }
                Self::Document { collection, id: id.rest().to_vec(), seq: record.seq, row, body }
            }
            Table::Nodes => {
                let record = NodeRecord::decode(value).map_err(stored)?;
                Self::Node { id: text(table, key)?.into(), record }
            }
            Table::EdgesOut => {
                let mut reader = KeyReader::new(key);
                let (Some(from), Some(edge_type), Some(to), true) =
                    (reader.text(), reader.text(), reader.text(), reader.rest().is_empty())
                else {
                    return Err(broken(table, "the key does not decode"));
                };
                let EdgeRecord { seq, properties } = EdgeRecord::decode(value).map_err(stored)?;
                let edge = Edge { from_id: from.into(), edge_type: edge_type.into(), to_id: to.into(), properties };
                Self::Edge { edge, seq }
            }
            Table::TemporalOut => Self::Fact(decode_fact(key, value).map_err(stored)?),
            Table::Logs if key == LogMark::KEY => Self::LogMark(LogMark::decode(value).map_err(stored)?),
            Table::Logs => Self::Log { name: text(table, key)?.into(), head: LogHead::decode(value).map_err(stored)? },
            Table::LogEntries => {
                let (log, position) = LogEntryRow::place(key).map_err(stored)?;
                let LogEntryRow { before, value } = LogEntryRow::decode(value).map_err(stored)?;
                Self::LogEntry { log, position, before, value: value.to_vec() }
            }
            Table::KvExpiry
            | Table::EdgesIn
            | Table::TemporalIn
            | Table::CommitTimes
            | Table::Purges
            | Table::Rows
            | Table::NodeTypes
            | Table::TemporalTypes
            | Table::TemporalChanges
            | Table::RangeDeletes
            | Table::Chunks
            | Table::Clients
            | Table::Answers => {
                return Err(broken(table, "a checkpoint has no such rows"));
            }
        })
    }

    /// The table it is stored in.
    pub fn table(&self) -> Table {
        match self {
            Self::Kv { .. } => Table::Kv,
            Self::Collection { .. } => Table::Collections,
            Self::Vector { .. } => Table::Vectors,
            Self::Document { .. } => Table::Documents,
            Self::Node { .. } => Table::Nodes,
            Self::Edge { .. } => Table::EdgesOut,
            Self::Fact(_) => Table::TemporalOut,
            Self::LogMark(_) | Self::Log { .. } => Table::Logs,
            Self::LogEntry { .. } => Table::LogEntries,
        }
    }

    /// Its row: key and value.
    pub fn encode(&self) -> (Vec<u8>, Vec<u8>) {
        match self {
            Self::Kv { key, seq, expires_at, value } => {
                (key.clone(), KvRecord { seq: *seq, expires_at: *expires_at, value }.encode())
            }
            Self::Collection { name, record } => (record.kind.key(name.as_str()).into_owned(), record.encode()),
            Self::Vector { collection, row, vector } => {
                (KeyWriter::new().u32(*collection).u32(*row).finish(), vector.to_le_bytes().into_owned())
            }
            Self::Document { collection, id, seq, row, body } => {
                let record = DocumentRecord::encode(*seq, place_in_file(*row), body.as_ref());
                (KeyWriter::new().u32(*collection).raw(id).finish(), record)
            }
            Self::Node { id, record } => (id.as_str().as_bytes().to_vec(), record.encode()),
            Self::Edge { edge: Edge { from_id, edge_type, to_id, properties }, seq } => {
                let key = KeyWriter::new().text(from_id.as_str()).text(edge_type.as_str()).text(to_id.as_str());
                (key.finish(), EdgeRecord { seq: *seq, properties: properties.clone() }.encode())
            }
            Self::Fact(edge) => (fact_out_key(edge), fact_record(edge).encode()),
            Self::LogMark(mark) => (LogMark::KEY.to_vec(), mark.encode()),
            Self::Log { name, head } => (name.as_str().as_bytes().to_vec(), head.encode()),
            Self::LogEntry { log, position, before, value } => {
                let key = KeyWriter::new().u64(*log).u64(*position).finish();
                (key, LogEntryRow { before: *before, value }.encode())
            }
        }
    }

    /// The commits it names.
    pub fn seqs(&self) -> (u64, Option<u64>) {
        match self {
            Self::Kv { seq, .. } | Self::Document { seq, .. } | Self::Edge { seq, .. } => (*seq, None),
            Self::Collection { record, .. } => (record.seq, None),
            Self::Node { record, .. } => (record.seq, None),
            // A vector has no commit of its own: it is its document's. Rows of logs name none.
            Self::Vector { .. } | Self::LogMark(_) | Self::Log { .. } | Self::LogEntry { .. } => (1, None),
            Self::Fact(edge) => (edge.asserted_seq.0, edge.retracted_seq.map(|seq| seq.0)),
        }
    }

    /// Refuses what no request could have stored, whatever else the namespace holds.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Kv { key, value, .. } => {
                check_key(key)?;
                check_value(value)
            }
            Self::Collection { name, record } => {
                let CollectionRecord { dimension, metric, metadata, created_at, .. } = record;
                check_time(*created_at)?;
                if record.kind != CollectionKind::Documents {
                    check_dimension(*dimension)?;
                }
                let (collection, metadata) = (name.clone(), metadata.clone());
                CreateCollection { collection, dimension: *dimension, metric: *metric, metadata }.validate()
            }
            // What its collection demands is checked where that is known; so is what a log demands.
            Self::Vector { .. } | Self::LogMark(_) => Ok(()),
            Self::Log { name, .. } => name.validate(),
            Self::LogEntry { value, .. } => check_value(value),
            Self::Document { id, seq, row, body: Some(body), .. } => {
                let text = std::str::from_utf8(id).map_err(|_| Error::invalid("a document id is not UTF-8"))?;
                DocumentId::new(text).validate()?;
                body.metadata.validate()?;
                if body.content.len() > limits::CONTENT_BYTES_MAX {
                    return Err(Error::limit("a document's content is too large"));
                }
                let record = DocumentRecord::encode(*seq, place_in_file(*row), Some(body));
                bounded("a document", &record, limits::CONTENT_BYTES_MAX + limits::PROPERTIES_BYTES_MAX)
            }
            Self::Document { id, body: None, .. } if id.len() == 8 => Ok(()),
            Self::Document { body: None, .. } => Err(Error::invalid("the id of a vector is no 64-bit number")),
            Self::Node { id, record } => {
                let NodeRecord { node_type, properties, .. } = record.clone();
                Node { id: id.clone(), node_type, properties }.validate()?;
                bounded("a node", &record.encode(), limits::PROPERTIES_BYTES_MAX)
            }
            Self::Edge { edge, seq } => {
                edge.validate()?;
                let record = EdgeRecord { seq: *seq, properties: edge.properties.clone() };
                bounded("an edge", &record.encode(), limits::PROPERTIES_BYTES_MAX)
            }
            Self::Fact(edge) => {
                check_fact(edge)?;
                // A retraction is added to a record that may have been as large as allowed.
                bounded("a fact", &fact_record(edge).encode(), limits::PROPERTIES_BYTES_MAX + 64)
            }
        }
    }
}

/// Refuses a time that no clock of ours has shown.
fn check_time(at: i64) -> Result<()> {
    if (-limits::TIME_MS_MAX..=limits::TIME_MS_MAX).contains(&at) {
        return Ok(());
    }
    Err(Error::invalid("a time lies beyond the year 9999"))
}

fn check_fact(edge: &TemporalEdge) -> Result<()> {
    let fact = TemporalFact {
        from_id: edge.from_id.clone(),
        edge_type: edge.edge_type.clone(),
        to_id: edge.to_id.clone(),
        valid_from: edge.valid_from,
        valid_until: edge.valid_until,
        properties: edge.properties.clone(),
    };
    fact.validate()?;
    check_time(edge.asserted_at.0)?;
    match (edge.retracted_seq, edge.retracted_at) {
        (None, None) => Ok(()),
        (Some(seq), Some(at)) if seq > edge.asserted_seq && at >= edge.asserted_at => Ok(()),
        _ => Err(Error::invalid("a fact is retracted before it was asserted")),
    }
}
