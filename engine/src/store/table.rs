//! The catalogue of tables: what each key and value holds.
//!
//! Composite keys are built by [`super::KeyWriter`]: a text component ends in a zero byte (texts hold none), integers are
//! big-endian, times have their sign bit flipped, so that byte order is the order of meaning. In redb every value is
//! preceded by an xxh3-64 of namespace, table, key and value, which each read verifies. A table's stored name carries its
//! version: a new layout is a new name.

/// A table of one namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Table {
    /// Key: the user's key. Value: [`super::KvRecord`].
    Kv = 0,
    /// Key: expiry (time), the user's key. Value: empty. Which keys expire when.
    KvExpiry = 1,
    /// Key: the name's bytes, for a cache behind a zero byte: see [`super::CollectionKind::key`]. Value:
    /// [`super::CollectionRecord`]. Collections, vector indexes and caches.
    Collections = 2,
    /// Key: collection id (u32), then document id bytes, u64 vector id or a cache entry's key. Value:
    /// [`super::DocumentRecord`].
    Documents = 3,
    /// Key: collection id (u32), row (u32). Value: the vector, f32 little-endian. redb holds blocks: see `block.rs`.
    Vectors = 4,
    /// Key: node id. Value: [`super::NodeRecord`].
    Nodes = 5,
    /// Key: from (text), edge type (text), to (text). Value: [`super::EdgeRecord`].
    EdgesOut = 6,
    /// Key: to (text), edge type (text), from (text). Value: empty. The reverse index of `EdgesOut`.
    EdgesIn = 7,
    /// Key: from (text), edge type (text), `valid_from` (time), to (text), asserting commit (u64). Value:
    /// [`super::TemporalRecord`].
    TemporalOut = 8,
    /// Key: to (text), edge type (text), `valid_from` (time), from (text), asserting commit (u64). Value: empty. The
    /// reverse index of `TemporalOut`.
    TemporalIn = 9,
    /// Key: time of a commit (time). Value: the last commit at that time (u64). Only commits that touch temporal edges.
    CommitTimes = 10,
    /// Key: id of a dropped collection (u32) whose rows are still to be removed. Value: empty.
    Purges = 11,
    /// Key: collection id (u32). Value: u32 above the number of every row that was deleted from it. See
    /// [`super::RowMark`].
    Rows = 12,
    /// Key: the name of a log. Value: [`super::LogHead`]. Under the empty key, which
    /// no log has: [`super::LogMark`].
    Logs = 13,
    /// Key: number of a log (u64), position (u64). Value: [`super::LogEntryRow`].
    LogEntries = 14,
    /// Key: bytes of the type (u32), type, node id. Value: empty. The nodes by type; see `node_types.rs`.
    NodeTypes = 15,
    /// Key: edge type (text), from (text), `valid_from` (time), to (text), asserting commit (u64). Value: empty. The versions
    /// of `TemporalOut` by type; see `fact_lists.rs`.
    TemporalTypes = 16,
    /// Key: commit (u64), a key of `TemporalOut`. Value: empty. Which versions a commit asserted or retracted.
    TemporalChanges = 17,
    /// Key: commit (u64), number in it (u32). Value: [`super::RangeDelete`]. Rows of the range are still to be removed.
    RangeDeletes = 18,
    /// Key: table (u8), bytes of key (u32), key, number (u32). Value: a part of the value under that key, in redb alone: see
    /// `chunks.rs`. No operation writes it.
    Chunks = 19,
    /// Key: a client (16 bytes). Value: [`super::ClientRecord`]. No operation writes it: flushes do.
    Clients = 20,
    /// Key: a client (16 bytes), number of a request (u64). Value: the answer, if it is a long one; see `client_record.rs`.
    Answers = 21,
}

impl Table {
    /// Every table, in the order of its number.
    pub const ALL: [Table; 22] = [
        Table::Kv,
        Table::KvExpiry,
        Table::Collections,
        Table::Documents,
        Table::Vectors,
        Table::Nodes,
        Table::EdgesOut,
        Table::EdgesIn,
        Table::TemporalOut,
        Table::TemporalIn,
        Table::CommitTimes,
        Table::Purges,
        Table::Rows,
        Table::Logs,
        Table::LogEntries,
        Table::NodeTypes,
        Table::TemporalTypes,
        Table::TemporalChanges,
        Table::RangeDeletes,
        Table::Chunks,
        Table::Clients,
        Table::Answers,
    ];

    /// The number of tables.
    pub const COUNT: usize = {
        assert!(Table::ALL.len() < 127, "seals tell heads of values from values by the upper bit of the number");
        Table::ALL.len()
    };

    /// The table with this number.
    pub fn from_number(number: u8) -> Option<Table> {
        Table::ALL.get(usize::from(number)).copied()
    }

    /// True for a table that operations write, so that logs have its rows.
    pub fn is_logged(self) -> bool {
        !matches!(self, Table::Chunks | Table::Clients)
    }

    /// The number, as in log records.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// True for a table that came later: a file of before lacks it until a flush writes to it, which means that it is empty.
    pub fn came_later(self) -> bool {
        match self {
            Table::Rows
            | Table::Logs
            | Table::LogEntries
            | Table::NodeTypes
            | Table::TemporalTypes
            | Table::TemporalChanges
            | Table::RangeDeletes
            | Table::Chunks
            | Table::Clients
            | Table::Answers => true,
            Table::Kv
            | Table::KvExpiry
            | Table::Collections
            | Table::Documents
            | Table::Vectors
            | Table::Nodes
            | Table::EdgesOut
            | Table::EdgesIn
            | Table::TemporalOut
            | Table::TemporalIn
            | Table::CommitTimes
            | Table::Purges => false,
        }
    }

    /// The name in redb.
    pub fn name(self) -> &'static str {
        match self {
            Table::Kv => "kv.v1",
            Table::KvExpiry => "kv_expiry.v1",
            Table::Collections => "collections.v1",
            Table::Documents => "documents.v1",
            Table::Vectors => "vector_blocks.v1",
            Table::Nodes => "nodes.v1",
            Table::EdgesOut => "edges_out.v1",
            Table::EdgesIn => "edges_in.v1",
            Table::TemporalOut => "temporal_out.v1",
            Table::TemporalIn => "temporal_in.v1",
            Table::CommitTimes => "commit_times.v1",
            Table::Purges => "purges.v1",
            Table::Rows => "rows.v1",
            Table::Logs => "logs.v1",
            Table::LogEntries => "log_entries.v1",
            Table::NodeTypes => "node_types.v1",
            Table::TemporalTypes => "temporal_types.v1",
            Table::TemporalChanges => "temporal_changes.v1",
            Table::RangeDeletes => "range_deletes.v1",
            Table::Chunks => "chunks.v1",
            Table::Clients => "clients.v1",
            Table::Answers => "answers.v1",
        }
    }
}
