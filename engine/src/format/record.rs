//! Each stored thing as a record of columns.

use super::Identity;
use crate::api::{
    ByteBuf, Document, Edge, Embedding, Facet, KvEntry, LogEntry, LogInfo, Node, PrefixEntry, Properties, TemporalEdge,
    TimestampMs, Value, VectorHit,
};

/// A thing that becomes a row. Every column is taken at most once.
pub(super) trait Record {
    /// What it stands for in the database.
    fn identity(&self) -> Option<Identity>;
    /// Takes the column with this place in the shape.
    fn take(&mut self, column: usize) -> Value;
    /// Its own fields.
    fn fields(&mut self) -> Option<&mut Properties>;
}

/// Bytes as text if they are UTF-8.
fn text_or_bytes(bytes: ByteBuf) -> Value {
    match String::from_utf8(bytes.into_vec()) {
        Ok(text) => Value::String(text),
        Err(error) => Value::Bytes(error.into_bytes()),
    }
}

/// A 32-bit float as the 64-bit one with the same shortest digits: 0.1 stays 0.1 and costs few tokens.
fn float(float: f32) -> Value {
    let shortest = float.to_string().parse().unwrap_or(f64::from(float));
    // NaN has no form in any format; distances of stored vectors have none.
    if shortest.is_nan() { Value::Null } else { Value::Float(shortest) }
}

fn embedding(embedding: Option<Embedding>) -> Value {
    embedding.map_or(Value::Null, |embedding| Value::List(embedding.0.into_iter().map(float).collect()))
}

fn count(number: u64) -> Value {
    match i64::try_from(number) {
        Ok(int) => Value::Int(int),
        // Only ids of vectors can be so large; as text no digit is lost.
        Err(_) => Value::String(number.to_string()),
    }
}

fn text(text: &mut String) -> Value {
    Value::String(std::mem::take(text))
}

impl Record for KvEntry {
    fn identity(&self) -> Option<Identity> {
        Some(Identity::Key(self.key.to_vec()))
    }

    fn take(&mut self, column: usize) -> Value {
        match column {
            0 => text_or_bytes(std::mem::take(&mut self.key)),
            1 => text_or_bytes(std::mem::take(&mut self.value)),
            _ => count(self.version.0),
        }
    }

    fn fields(&mut self) -> Option<&mut Properties> {
        None
    }
}

/// An entry with the log that it is of.
pub(super) struct LogEntryRecord<'a> {
    /// Its log.
    pub log: &'a str,
    /// The entry.
    pub entry: LogEntry,
}

impl Record for LogEntryRecord<'_> {
    fn identity(&self) -> Option<Identity> {
        Some(Identity::LogEntry(self.log.to_owned(), self.entry.position))
    }

    fn take(&mut self, column: usize) -> Value {
        match column {
            0 => count(self.entry.position),
            _ => text_or_bytes(std::mem::take(&mut self.entry.value)),
        }
    }

    fn fields(&mut self) -> Option<&mut Properties> {
        None
    }
}

impl Record for PrefixEntry {
    fn identity(&self) -> Option<Identity> {
        None
    }

    fn take(&mut self, column: usize) -> Value {
        match column {
            0 => text_or_bytes(std::mem::take(&mut self.key)),
            _ => Value::Bool(self.is_prefix),
        }
    }

    fn fields(&mut self) -> Option<&mut Properties> {
        None
    }
}

impl Record for LogInfo {
    fn identity(&self) -> Option<Identity> {
        None
    }

    fn take(&mut self, column: usize) -> Value {
        match column {
            0 => Value::String(self.log.as_str().to_owned()),
            1 => count(self.length),
            2 => count(self.first),
            3 => count(self.next),
            _ => count(self.bytes),
        }
    }

    fn fields(&mut self) -> Option<&mut Properties> {
        None
    }
}

/// A document with where it was found.
pub(super) struct FoundDocument<'a> {
    /// Its collection.
    pub collection: &'a str,
    /// The document.
    pub document: Document,
    /// Score and distance, if it was searched for.
    pub hit: Option<(f32, f32)>,
}

impl Record for FoundDocument<'_> {
    fn identity(&self) -> Option<Identity> {
        let id = self.document.id.as_ref()?;
        Some(Identity::Document(self.collection.to_owned(), id.as_str().to_owned()))
    }

    fn take(&mut self, column: usize) -> Value {
        let document = &mut self.document;
        match (self.hit, column) {
            (_, 0) => document.id.as_ref().map_or(Value::Null, |id| Value::from(id.as_str())),
            (Some((score, _)), 1) => float(score),
            (Some((_, distance)), 2) => float(distance),
            (Some(_), 3) | (None, 1) => text(&mut document.content),
            _ => embedding(document.embedding.take()),
        }
    }

    fn fields(&mut self) -> Option<&mut Properties> {
        Some(&mut self.document.metadata)
    }
}

/// A vector that was found.
pub(super) struct VectorRecord<'a> {
    /// Its index.
    pub index: &'a str,
    /// The hit.
    pub hit: VectorHit,
}

impl Record for VectorRecord<'_> {
    fn identity(&self) -> Option<Identity> {
        Some(Identity::Vector(self.index.to_owned(), self.hit.id))
    }

    fn take(&mut self, column: usize) -> Value {
        match column {
            0 => count(self.hit.id),
            1 => float(self.hit.score),
            2 => float(self.hit.distance),
            _ => embedding(self.hit.embedding.take()),
        }
    }

    fn fields(&mut self) -> Option<&mut Properties> {
        None
    }
}

/// A value of a field with its count: it stands for nothing stored.
pub(super) struct FacetRecord(pub Facet);

impl Record for FacetRecord {
    fn identity(&self) -> Option<Identity> {
        None
    }

    fn take(&mut self, column: usize) -> Value {
        match column {
            0 => std::mem::replace(&mut self.0.value, Value::Null),
            _ => count(self.0.count),
        }
    }

    fn fields(&mut self) -> Option<&mut Properties> {
        None
    }
}

impl Record for Node {
    fn identity(&self) -> Option<Identity> {
        Some(Identity::Node(self.id.as_str().to_owned()))
    }

    fn take(&mut self, column: usize) -> Value {
        match column {
            0 => Value::from(self.id.as_str()),
            _ => text(&mut self.node_type),
        }
    }

    fn fields(&mut self) -> Option<&mut Properties> {
        Some(&mut self.properties)
    }
}

impl Record for Edge {
    fn identity(&self) -> Option<Identity> {
        let [from, edge_type, to] =
            [self.from_id.as_str(), self.edge_type.as_str(), self.to_id.as_str()].map(str::to_owned);
        Some(Identity::Edge(from, edge_type, to))
    }

    fn take(&mut self, column: usize) -> Value {
        Value::from(match column {
            0 => self.from_id.as_str(),
            1 => self.edge_type.as_str(),
            _ => self.to_id.as_str(),
        })
    }

    fn fields(&mut self) -> Option<&mut Properties> {
        Some(&mut self.properties)
    }
}

impl Record for TemporalEdge {
    fn identity(&self) -> Option<Identity> {
        let [from, edge_type, to] =
            [self.from_id.as_str(), self.edge_type.as_str(), self.to_id.as_str()].map(str::to_owned);
        Some(Identity::Belief(from, edge_type, to, self.valid_from.0, self.asserted_seq.0))
    }

    fn take(&mut self, column: usize) -> Value {
        let time = |time: Option<TimestampMs>| time.map_or(Value::Null, |time| Value::Int(time.0));
        match column {
            0 => Value::from(self.from_id.as_str()),
            1 => Value::from(self.edge_type.as_str()),
            2 => Value::from(self.to_id.as_str()),
            3 => time(Some(self.valid_from)),
            4 => time(self.valid_until),
            5 => count(self.asserted_seq.0),
            6 => time(Some(self.asserted_at)),
            7 => self.retracted_seq.map_or(Value::Null, |seq| count(seq.0)),
            _ => time(self.retracted_at),
        }
    }

    fn fields(&mut self) -> Option<&mut Properties> {
        Some(&mut self.properties)
    }
}
