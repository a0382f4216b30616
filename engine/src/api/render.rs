//! Reads whose answer is wanted in a format, and texts that go from one format to another.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::collection::{GetDocuments, SearchCollection};
use super::document_list::ListDocuments;
use super::edges::ListEdges;
use super::error::{Error, Result};
use super::facts::{ListFacts, TemporalHistory};
use super::field_values::FacetDocuments;
use super::graph::{GetEdges, Neighbors, Traverse};
use super::ids::CommitSeq;
use super::kv::{MultiGet, Scan};
use super::listing::ScanPrefixes;
use super::nodes::{GetNodes, ListNodes};
use super::ordered_log::{ListLogs, ReadLog};
use super::temporal::QueryTemporal;
use super::temporal_walk::{TemporalNeighbors, TraverseTemporal};
use super::toon_options::ToonOptions;
use super::vector_index::SearchVectors;
use crate::limits;

/// A format for answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputFormat {
    /// Token-Oriented Object Notation. Lossless.
    #[default]
    Toon,
    /// Compact JSON. Lossless.
    Json,
    /// An Arrow IPC stream. One-way.
    Columnar,
    /// Markdown tables. One-way.
    Markdown,
    /// TOON or compact JSON, whichever has fewer tokens for this very answer.
    Auto,
}

/// A published tokenizer, by which tokens are counted exactly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tokenizer {
    /// `o200k_base`.
    #[default]
    O200k,
    /// `cl100k_base`.
    Cl100k,
}

/// A read that gives rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowsQuery {
    /// Columns `key`, `value`, `version`.
    Scan(Scan),
    /// Columns `key`, `value`, `version`; keys that are absent give no row.
    MultiGet(MultiGet),
    /// Columns `id`, `content`, `metadata.*`, and `embedding` if asked for; ids that are absent give no row.
    GetDocuments(GetDocuments),
    /// Columns `id`, `score`, `distance`, `content`, `metadata.*`, and `embedding` if asked for.
    SearchCollection(SearchCollection),
    /// Columns `id`, `score`, `distance`, and `embedding` if asked for.
    SearchVectors(SearchVectors),
    /// Columns `from_id`, `edge_type`, `to_id`, `properties.*`.
    GetEdges(GetEdges),
    /// Tables `nodes`: `id`, `node_type`, `properties.*`; and `edges`, as of [`RowsQuery::GetEdges`].
    Traverse(Traverse),
    /// Tables `nodes` and `edges`, as of [`RowsQuery::Traverse`].
    Neighbors(Neighbors),
    /// Columns `from_id`, `edge_type`, `to_id`, `valid_from`, `valid_until`, `properties.*`; and `asserted_seq`,
    /// `asserted_at`, `retracted_seq`, `retracted_at` if asked for.
    QueryTemporal(QueryTemporal),
    /// Tables `nodes`, and `edges` with the columns of [`RowsQuery::QueryTemporal`].
    TraverseTemporal(TraverseTemporal),
    /// The columns of [`RowsQuery::QueryTemporal`], those about the belief included.
    TemporalHistory(TemporalHistory),
    /// Columns `id`, `content`, `metadata.*`, and `embedding` if asked for; those that the list names, if it names any.
    ListDocuments(ListDocuments),
    /// Columns `value`, `count`.
    FacetDocuments(FacetDocuments),
    /// Columns `position`, `value`.
    ReadLog(ReadLog),
    /// Columns `log`, `length`, `first`, `next`, `bytes`.
    ListLogs(ListLogs),
    /// Columns `key`, `is_prefix`.
    ScanPrefixes(ScanPrefixes),
    /// Columns `id`, `node_type`, `properties.*`; ids that are absent give no row.
    GetNodes(GetNodes),
    /// Columns `id`, `node_type`, `properties.*`.
    ListNodes(ListNodes),
    /// The columns of [`RowsQuery::GetEdges`].
    ListEdges(ListEdges),
    /// The columns of [`RowsQuery::QueryTemporal`]; with `changed_since` those about the belief too.
    ListFacts(ListFacts),
    /// Tables `nodes` and `edges`, as of [`RowsQuery::TraverseTemporal`].
    TemporalNeighbors(TemporalNeighbors),
}

macro_rules! each_read {
    ($query:expr, $read:ident => $give:expr) => {
        match $query {
            RowsQuery::Scan($read) => $give,
            RowsQuery::MultiGet($read) => $give,
            RowsQuery::GetDocuments($read) => $give,
            RowsQuery::SearchCollection($read) => $give,
            RowsQuery::SearchVectors($read) => $give,
            RowsQuery::GetEdges($read) => $give,
            RowsQuery::Traverse($read) => $give,
            RowsQuery::Neighbors($read) => $give,
            RowsQuery::QueryTemporal($read) => $give,
            RowsQuery::TraverseTemporal($read) => $give,
            RowsQuery::TemporalHistory($read) => $give,
            RowsQuery::ListDocuments($read) => $give,
            RowsQuery::FacetDocuments($read) => $give,
            RowsQuery::ReadLog($read) => $give,
            RowsQuery::ListLogs($read) => $give,
            RowsQuery::ScanPrefixes($read) => $give,
            RowsQuery::GetNodes($read) => $give,
            RowsQuery::ListNodes($read) => $give,
            RowsQuery::ListEdges($read) => $give,
            RowsQuery::ListFacts($read) => $give,
            RowsQuery::TemporalNeighbors($read) => $give,
        }
    };
}

impl RowsQuery {
    pub(super) fn validate(&self) -> Result<()> {
        each_read!(self, read => read.validate())
    }

    /// The held snapshot that the read names.
    pub fn snapshot(&self) -> Option<CommitSeq> {
        each_read!(self, read => read.snapshot)
    }

    /// True if it looks at rows of vectors or metadata in memory.
    pub(super) fn sees_rows(&self) -> bool {
        match self {
            RowsQuery::GetDocuments(_) | RowsQuery::SearchCollection(_) | RowsQuery::SearchVectors(_) => true,
            RowsQuery::ListDocuments(_) | RowsQuery::FacetDocuments(_) => true,
            RowsQuery::Scan(_) | RowsQuery::MultiGet(_) => false,
            RowsQuery::ReadLog(_) | RowsQuery::ListLogs(_) | RowsQuery::ScanPrefixes(_) => false,
            RowsQuery::GetEdges(_) | RowsQuery::Traverse(_) | RowsQuery::Neighbors(_) => false,
            RowsQuery::GetNodes(_) | RowsQuery::ListNodes(_) | RowsQuery::ListEdges(_) => false,
            RowsQuery::QueryTemporal(_) | RowsQuery::TraverseTemporal(_) | RowsQuery::TemporalHistory(_) => false,
            RowsQuery::ListFacts(_) | RowsQuery::TemporalNeighbors(_) => false,
        }
    }

    /// The same read at a held snapshot.
    #[must_use]
    pub fn at(mut self, seq: CommitSeq) -> Self {
        each_read!(&mut self, read => read.snapshot = Some(seq));
        self
    }
}

/// Refuses too many or over-long names of columns. Whether the read has them is known to the engine.
pub(super) fn check_columns(columns: Option<&Vec<String>>) -> Result<()> {
    let columns = columns.map_or(&[][..], Vec::as_slice);
    if columns.len() > limits::PROPERTIES_MAX {
        let max = limits::PROPERTIES_MAX;
        return Err(Error::limit(format!("more than {max} columns are named; `metadata` names all fields at once")));
    }
    // The longest is a field of the metadata with its prefix.
    let max = 2 * limits::NAME_BYTES_MAX;
    match columns.iter().find(|column| column.len() > max) {
        Some(column) => {
            Err(Error::limit(format!("the name of a column has {} bytes; the limit is {max}", column.len())))
        }
        None => Ok(()),
    }
}

/// Reads rows and gives them in a format.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Render {
    /// What to read.
    pub read: RowsQuery,
    /// The format.
    #[serde(default)]
    pub format: OutputFormat,
    /// The columns, in order; what is left out is not read. `metadata` and `properties` stand for all their fields,
    /// `metadata.<name>` for one; a row without a field named here has null there. Nothing = all, but embeddings only
    /// if the read includes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// Count the tokens of the answer by this tokenizer; [`OutputFormat::Auto`] always counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokenizer: Option<Tokenizer>,
}

impl Render {
    pub(super) fn validate(&self) -> Result<()> {
        self.read.validate()?;
        check_columns(self.columns.as_ref())
    }
}

/// Rows in a format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendered {
    /// The format, the chosen one with [`OutputFormat::Auto`].
    pub format: OutputFormat,
    /// UTF-8 text, but for [`OutputFormat::Columnar`].
    pub data: ByteBuf,
    /// How many rows it holds.
    pub rows: u64,
    /// How many tokens it has, if they were counted.
    pub tokens: Option<u64>,
    /// Give this to the read to go on; nothing = complete.
    pub cursor: Option<ByteBuf>,
    /// True if a limit left rows out.
    pub truncated: bool,
}

/// Counts the tokens of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountTokens {
    /// The text.
    pub text: String,
    /// The tokenizer.
    #[serde(default)]
    pub tokenizer: Tokenizer,
}

impl CountTokens {
    pub(super) fn validate(&self) -> Result<()> {
        check_text(&self.text)
    }
}

/// A number of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenCount {
    /// How many there are.
    pub tokens: u64,
}

/// Refuses a text that is too long to convert or count.
pub(crate) fn check_text(text: &str) -> Result<()> {
    let max = limits::TEXT_BYTES_MAX;
    match text.len() > max {
        true => Err(Error::limit(format!("a text has {} bytes; the limit is {max}: take it in parts", text.len()))),
        false => Ok(()),
    }
}

/// Converts a text from one format to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConvertText {
    /// The text.
    pub text: String,
    /// Its format, TOON or JSON; nothing = JSON if it is that, else TOON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<OutputFormat>,
    /// The format wanted.
    pub to: OutputFormat,
    /// By which [`OutputFormat::Auto`] counts.
    #[serde(default)]
    pub tokenizer: Tokenizer,
    /// How TOON is read and written.
    #[serde(default)]
    pub toon: ToonOptions,
}

impl ConvertText {
    pub(super) fn validate(&self) -> Result<()> {
        self.toon.validate()?;
        check_text(&self.text)
    }
}

/// A converted text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Converted {
    /// The format, the chosen one with [`OutputFormat::Auto`].
    pub format: OutputFormat,
    /// UTF-8 text, but for [`OutputFormat::Columnar`].
    pub data: ByteBuf,
    /// True if the same value can be read back from it.
    pub lossless: bool,
}
