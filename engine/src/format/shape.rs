//! The kinds of rows, and the columns of each.

/// The columns of one kind of row.
#[derive(Debug, PartialEq, Eq)]
pub struct Shape {
    /// The name of its table.
    pub name: &'static str,
    /// Columns that every row has.
    pub fixed: &'static [&'static str],
    /// Of those, how many, from the first, are given if no columns are named.
    pub shown: usize,
    /// The prefix of columns that each row has its own of: `metadata` or `properties`.
    pub fields: Option<&'static str>,
}

/// `key`, `value`, `version`.
pub const ENTRY: Shape = Shape { name: "entries", fixed: &["key", "value", "version"], shown: 3, fields: None };
/// `key`, `is_prefix`.
pub const LISTED: Shape = Shape { name: "entries", fixed: &["key", "is_prefix"], shown: 2, fields: None };
/// `position`, `value`.
pub const LOG_ENTRY: Shape = Shape { name: "entries", fixed: &["position", "value"], shown: 2, fields: None };
/// Logs.
pub const LOG: Shape =
    Shape { name: "logs", fixed: &["log", "length", "first", "next", "bytes"], shown: 5, fields: None };
/// Documents by id.
pub const DOCUMENT: Shape =
    Shape { name: "documents", fixed: &["id", "content", "embedding"], shown: 2, fields: Some("metadata") };
/// Documents by search.
pub const HIT: Shape = Shape {
    name: "documents",
    fixed: &["id", "score", "distance", "content", "embedding"],
    shown: 4,
    fields: Some("metadata"),
};
/// Vectors by search.
pub const VECTOR: Shape =
    Shape { name: "vectors", fixed: &["id", "score", "distance", "embedding"], shown: 3, fields: None };
/// Values of a field with their counts.
pub const FACET: Shape = Shape { name: "facets", fixed: &["value", "count"], shown: 2, fields: None };
/// Graph nodes.
pub const NODE: Shape = Shape { name: "nodes", fixed: &["id", "node_type"], shown: 2, fields: Some("properties") };
/// Graph edges.
pub const EDGE: Shape =
    Shape { name: "edges", fixed: &["from_id", "edge_type", "to_id"], shown: 3, fields: Some("properties") };
const FACT_COLUMNS: &[&str] = &[
    "from_id",
    "edge_type",
    "to_id",
    "valid_from",
    "valid_until",
    "asserted_seq",
    "asserted_at",
    "retracted_seq",
    "retracted_at",
];
/// Temporal facts.
pub const FACT: Shape = Shape { name: "edges", fixed: FACT_COLUMNS, shown: 5, fields: Some("properties") };
/// Beliefs about temporal facts.
pub const BELIEF: Shape = Shape { name: "beliefs", fixed: FACT_COLUMNS, shown: 9, fields: Some("properties") };
