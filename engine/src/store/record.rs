//! The values of the tables. Hot ones have a fixed binary head; the rest of each is MessagePack with named fields left
//! out (arrays), so that a field can be added at the end.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::error::{StoreError, StoreResult};
use super::front::KvFront;
use super::table::Table;
use crate::api::{Metric, Properties};

fn corrupt(table: Table, what: &'static str) -> StoreError {
    StoreError::Corrupt { table: table.name(), what }
}

fn pack<T: Serialize>(value: &T, out: &mut Vec<u8>) {
    // Writing to memory fails only if a Serialize impl does, and none here can.
    if let Err(error) = rmp_serde::encode::write(out, value) {
        tracing::error!(%error, "a record could not be encoded");
    }
}

fn unpack<'a, T: Deserialize<'a>>(table: Table, bytes: &'a [u8]) -> StoreResult<T> {
    // Every value that was accepted nests less than a frame may; bytes made by others must not exhaust the stack.
    let mut reader = rmp_serde::Deserializer::from_read_ref(bytes);
    reader.set_max_depth(crate::limits::FRAME_DEPTH_MAX);
    T::deserialize(&mut reader).map_err(|_| corrupt(table, "the record does not decode"))
}

fn head(table: Table, bytes: &[u8]) -> StoreResult<(u64, &[u8])> {
    let (seq, rest) = bytes.split_first_chunk().ok_or_else(|| corrupt(table, "the record is too short"))?;
    Ok((u64::from_le_bytes(*seq), rest))
}

/// A key's value: commit (u64), expiry in ms (i64, 0 = never), bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KvRecord<'a> {
    /// The commit that wrote it.
    pub seq: u64,
    /// When it expires, in ms since 1970; 0 = never.
    pub expires_at: i64,
    /// The user's bytes.
    pub value: &'a [u8],
}

impl<'a> KvRecord<'a> {
    /// As stored.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(16 + self.value.len());
        out.extend_from_slice(&self.seq.to_le_bytes());
        out.extend_from_slice(&self.expires_at.to_le_bytes());
        out.extend_from_slice(self.value);
        out
    }

    /// From its stored form.
    pub fn decode(bytes: &'a [u8]) -> StoreResult<Self> {
        let (seq, rest) = head(Table::Kv, bytes)?;
        let (expires_at, value) =
            rest.split_first_chunk().ok_or_else(|| corrupt(Table::Kv, "the record is too short"))?;
        Ok(Self { seq, expires_at: i64::from_le_bytes(*expires_at), value })
    }

    /// What it says beside its value.
    pub fn front(&self) -> KvFront {
        KvFront { seq: self.seq, expires_at: self.expires_at, value_bytes: self.value.len() }
    }

    /// True if it must not be seen any more at `now_ms`.
    pub fn is_expired(&self, now_ms: i64) -> bool {
        self.front().is_expired(now_ms)
    }
}

/// The numbers of a row of a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowPlace {
    /// The row's own number, under which its metadata is found. A document that is changed gets another.
    pub row: u32,
    /// The number of its vector; nothing for a document without an embedding.
    pub vector: Option<u32>,
}

impl RowPlace {
    /// A row that was written with its vector: both have one number.
    pub fn of(row: u32) -> Self {
        Self { row, vector: Some(row) }
    }

    /// Bytes that a record takes for its vector's number, which the quota does not count: a copy gives the row that of its
    /// vector.
    pub fn apart_bytes(self) -> u64 {
        if self.vector == Some(self.row) { 0 } else { 5 }
    }
}

/// A document, bare vector or entry of a cache: commit (u64), row (u32), then its body (nothing for a bare vector). Where the
/// vector has another number than the row, a byte that no MessagePack begins with (0xc1) and the number (u32, all ones = no
/// vector) come before the body; earlier versions refuse such a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentRecord<'a> {
    /// The commit that wrote it.
    pub seq: u64,
    /// Its numbers.
    pub place: RowPlace,
    body: &'a [u8],
}

/// What stands before the number of a vector that is not the row's.
const APART: u8 = 0xc1;
const NO_VECTOR: u32 = u32::MAX;

/// The part of a document or entry of a cache that is not its vector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentBody {
    /// Its text; the answer that a cache remembers.
    pub content: String,
    /// Its fields; none in a cache.
    pub metadata: Properties,
    /// When it expires, in ms since 1970; nothing = never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
}

/// The same in the same form, its text not copied.
#[derive(Debug, Serialize, Deserialize)]
pub struct DocumentFields<'a> {
    /// See [`DocumentBody::content`].
    pub content: &'a str,
    /// See [`DocumentBody::metadata`].
    pub metadata: Properties,
    /// See [`DocumentBody::expires_at`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
}

/// What a [`DocumentBody`] says beside its fields, which are passed over.
#[derive(Debug, Deserialize)]
pub struct DocumentText {
    /// See [`DocumentBody::content`].
    pub content: String,
    #[serde(rename = "metadata")]
    _metadata: IgnoredAny,
    /// See [`DocumentBody::expires_at`].
    #[serde(default)]
    pub expires_at: Option<i64>,
}

impl DocumentFields<'_> {
    /// True if it must not be seen any more at `now_ms`.
    pub fn is_expired(&self, now_ms: i64) -> bool {
        self.expires_at.is_some_and(|end| end <= now_ms)
    }
}

impl<'a> DocumentRecord<'a> {
    /// A record as stored; no body for a bare vector.
    pub fn encode(seq: u64, place: RowPlace, body: Option<&DocumentBody>) -> Vec<u8> {
        let mut out = Self::head(seq, place);
        if let Some(body) = body {
            pack(body, &mut out);
        }
        out
    }

    /// As [`Self::encode`], of a document whose text is borrowed.
    pub fn encode_fields(seq: u64, place: RowPlace, fields: &DocumentFields<'_>) -> Vec<u8> {
        let mut out = Self::head(seq, place);
        pack(fields, &mut out);
        out
    }

    fn head(seq: u64, RowPlace { row, vector }: RowPlace) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        out.extend_from_slice(&seq.to_le_bytes());
        out.extend_from_slice(&row.to_le_bytes());
        if vector != Some(row) {
            out.push(APART);
            out.extend_from_slice(&vector.unwrap_or(NO_VECTOR).to_le_bytes());
        }
        out
    }

    /// From its stored form.
    pub fn decode(bytes: &'a [u8]) -> StoreResult<Self> {
        let short = || corrupt(Table::Documents, "the record is too short");
        let (seq, rest) = head(Table::Documents, bytes)?;
        let (row, body) = rest.split_first_chunk().ok_or_else(short)?;
        let row = u32::from_le_bytes(*row);
        let Some((&APART, rest)) = body.split_first() else {
            return Ok(Self { seq, place: RowPlace::of(row), body });
        };
        let (vector, body) = rest.split_first_chunk().ok_or_else(short)?;
        let vector = u32::from_le_bytes(*vector);
        Ok(Self { seq, place: RowPlace { row, vector: (vector != NO_VECTOR).then_some(vector) }, body })
    }

    /// True if it has text and fields: no bare vector.
    pub fn has_body(&self) -> bool {
        !self.body.is_empty()
    }

    /// The record as stored with other numbers.
    pub fn placed(&self, place: RowPlace) -> Vec<u8> {
        let mut out = Self::head(self.seq, place);
        out.extend_from_slice(self.body);
        out
    }

    /// Text and fields, the text not copied.
    pub fn fields(&self) -> StoreResult<DocumentFields<'a>> {
        unpack(Table::Documents, self.body)
    }

    /// The text without the fields.
    pub fn text(&self) -> StoreResult<DocumentText> {
        unpack(Table::Documents, self.body)
    }

    /// Text and fields.
    pub fn body(&self) -> StoreResult<DocumentBody> {
        unpack(Table::Documents, self.body)
    }
}

/// A bound above the row numbers of everything that was deleted from a collection. Live rows say themselves which numbers
/// are taken; without this the numbers of deleted ones behind them would be taken again by the next opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowMark(pub u32);

impl RowMark {
    /// As stored.
    pub fn encode(self) -> Vec<u8> {
        self.0.to_le_bytes().to_vec()
    }

    /// From its stored form.
    pub fn decode(bytes: &[u8]) -> StoreResult<Self> {
        let number = bytes.try_into().map_err(|_| corrupt(Table::Rows, "the record has another length"))?;
        Ok(Self(u32::from_le_bytes(number)))
    }
}

/// What a row of the collections table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CollectionKind {
    /// A collection of documents.
    Documents,
    /// A bare vector index.
    Vectors,
    /// A semantic cache.
    Cache,
}

impl CollectionKind {
    /// The key of a name of this kind. Collections and vector indexes share their names. Caches have names of their own:
    /// their keys begin with a zero byte, which no name holds, so whatever a caller gives, neither leads to the other.
    pub fn key(self, name: &str) -> Cow<'_, [u8]> {
        match self {
            CollectionKind::Documents | CollectionKind::Vectors => Cow::Borrowed(name.as_bytes()),
            CollectionKind::Cache => Cow::Owned([b"\0", name.as_bytes()].concat()),
        }
    }
}

/// A collection, vector index or cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectionRecord {
    /// The commit that created it.
    pub seq: u64,
    /// Its number in keys, never reused.
    pub id: u32,
    /// What it is.
    pub kind: CollectionKind,
    /// Numbers in each vector.
    pub dimension: u32,
    /// How distances are measured.
    pub metric: Metric,
    /// What its owner wanted to remember.
    pub metadata: Properties,
    /// When it was created.
    pub created_at: i64,
}

macro_rules! packed_record {
    ($record:ident, $table:expr) => {
        impl $record {
            /// As stored.
            pub fn encode(&self) -> Vec<u8> {
                let mut out = Vec::with_capacity(64);
                pack(self, &mut out);
                out
            }

            /// From its stored form.
            pub fn decode(bytes: &[u8]) -> StoreResult<Self> {
                unpack($table, bytes)
            }
        }
    };
}

packed_record!(CollectionRecord, Table::Collections);

/// A graph node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeRecord {
    /// The commit that wrote it.
    pub seq: u64,
    /// Its type.
    pub node_type: String,
    /// Its fields.
    pub properties: Properties,
}

packed_record!(NodeRecord, Table::Nodes);

/// A graph edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EdgeRecord {
    /// The commit that wrote it.
    pub seq: u64,
    /// Its fields.
    pub properties: Properties,
}

packed_record!(EdgeRecord, Table::EdgesOut);

/// The end of a belief.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retraction {
    /// The commit that ended it.
    pub seq: u64,
    /// The time of that commit.
    pub at: i64,
}

/// One belief about a temporal edge; its start and ends are in the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemporalRecord {
    /// Until when the fact holds, exclusive; nothing = open.
    pub valid_until: Option<i64>,
    /// The time of the asserting commit.
    pub asserted_at: i64,
    /// When it ceased to be believed; nothing = it still is.
    pub retracted: Option<Retraction>,
    /// Its fields.
    pub properties: Properties,
}

packed_record!(TemporalRecord, Table::TemporalOut);

/// The counters of a namespace, carried in every log record and in redb, so that they are exact after any crash.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Keys.
    pub keys: u64,
    /// Documents, bare vectors and entries of caches.
    pub vectors: u64,
    /// Documents.
    pub documents: u64,
    /// Collections, vector indexes and caches.
    pub collections: u64,
    /// Graph nodes.
    pub nodes: u64,
    /// Graph edges.
    pub edges: u64,
    /// Versions of temporal edges.
    pub temporal_versions: u64,
    /// Bytes of live data, as the quota counts them.
    pub live_bytes: u64,
    /// The next collection's number.
    pub next_collection_id: u32,
    /// The time of the newest commit. Commit times never go back, whatever the clock does.
    pub last_commit_at: i64,
}

impl Counters {
    /// Bytes of its encoded form.
    pub const BYTES: usize = 8 * 8 + 4 + 8;

    /// True if the namespace holds anything that somebody put there.
    pub fn holds_anything(&self) -> bool {
        let Counters { keys, vectors, documents, collections, nodes, edges, temporal_versions, live_bytes, .. } = *self;
        [keys, vectors, documents, collections, nodes, edges, temporal_versions, live_bytes] != [0; 8]
    }

    /// Appends the fixed-size form.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let Counters {
            keys,
            vectors,
            documents,
            collections,
            nodes,
            edges,
            temporal_versions,
            live_bytes,
            next_collection_id,
            last_commit_at,
        } = self;
        for number in [keys, vectors, documents, collections, nodes, edges, temporal_versions, live_bytes] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&next_collection_id.to_le_bytes());
        out.extend_from_slice(&last_commit_at.to_le_bytes());
    }

    /// Splits the fixed-size form off the front.
    pub fn decode(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (mine, rest) = bytes.split_at_checked(Self::BYTES)?;
        let (numbers, tail) = mine.split_at_checked(64)?;
        let (numbers, _) = numbers.as_chunks::<8>();
        let [keys, vectors, documents, collections, nodes, edges, temporal_versions, live_bytes] =
            <[[u8; 8]; 8]>::try_from(numbers).ok()?.map(u64::from_le_bytes);
        let (id, time) = tail.split_first_chunk()?;
        let counters = Self {
            keys,
            vectors,
            documents,
            collections,
            nodes,
            edges,
            temporal_versions,
            live_bytes,
            next_collection_id: u32::from_le_bytes(*id),
            last_commit_at: i64::from_le_bytes(time.try_into().ok()?),
        };
        Some((counters, rest))
    }
}
