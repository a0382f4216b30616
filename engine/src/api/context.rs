//! One prompt text from several reads, under a limit of tokens.

use serde::{Deserialize, Serialize};

use super::error::{Error, Result};
use super::ids::CommitSeq;
use super::render::{OutputFormat, RowsQuery, Tokenizer, check_columns, check_text};
use crate::limits;

/// What a section holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "a context has few sections, and most are reads")]
pub enum ContextContent {
    /// The rows of a read.
    Read {
        /// The read; it names no snapshot of its own.
        read: RowsQuery,
        /// The columns, as of [`super::Render::columns`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        columns: Option<Vec<String>>,
    },
    /// A literal text; it is cut at line borders.
    Text(String),
}

/// One section of a context.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContextSection {
    /// Its heading; empty = none.
    pub name: String,
    /// Who gets the tokens first: 0 before 1. Sections of the same priority in the order given.
    #[serde(default)]
    pub priority: u32,
    /// What it holds.
    pub content: ContextContent,
}

impl ContextSection {
    fn validate(&self) -> Result<()> {
        if self.name.len() > limits::NAME_BYTES_MAX || self.name.contains(char::is_control) {
            let max = limits::NAME_BYTES_MAX;
            return Err(Error::invalid(format!("the name of a section is one line of at most {max} bytes")));
        }
        match &self.content {
            ContextContent::Read { read, columns } => {
                if read.snapshot().is_some() {
                    let text = "a section names a snapshot; name it once, for the whole context";
                    return Err(Error::invalid(text));
                }
                check_columns(columns.as_ref())?;
                read.validate()
            }
            ContextContent::Text(text) => check_text(text),
        }
    }
}

const fn yes() -> bool {
    true
}

/// Puts sections together so that the whole text never has more tokens than allowed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssembleContext {
    /// The sections, in the order of the text.
    pub sections: Vec<ContextSection>,
    /// Most tokens of the whole text, headings included.
    pub token_limit: u32,
    /// The format of the rows; any text format. With [`OutputFormat::Auto`] each section takes its own.
    #[serde(default)]
    pub format: OutputFormat,
    /// By which tokens are counted.
    #[serde(default)]
    pub tokenizer: Tokenizer,
    /// Give what several sections found only in the most important of them.
    #[serde(default = "yes")]
    pub deduplicate: bool,
    /// Read at this held snapshot instead of the newest state; all sections read at one instant either way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl AssembleContext {
    pub(super) fn validate(&self) -> Result<()> {
        if self.sections.len() > limits::CONTEXT_SECTIONS_MAX {
            let max = limits::CONTEXT_SECTIONS_MAX;
            return Err(Error::limit(format!("more than {max} sections; put some of them together")));
        }
        if self.token_limit == 0 || self.token_limit > limits::CONTEXT_TOKENS_MAX {
            return Err(Error::invalid(format!("token_limit must be 1 to {}", limits::CONTEXT_TOKENS_MAX)));
        }
        if self.format == OutputFormat::Columnar {
            return Err(Error::invalid("a context is text; choose another format than columnar"));
        }
        self.sections.iter().try_for_each(ContextSection::validate)
    }
}

/// One section as it was put into the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionResult {
    /// Its heading.
    pub name: String,
    /// Tokens of the section by itself. The whole text may have a few more or fewer than the sum.
    pub tokens: u64,
    /// Rows in it; lines of a literal text.
    pub rows: u64,
    /// Rows that the token limit left out.
    pub rows_dropped: u64,
    /// Rows left out because a more important section holds them.
    pub duplicates: u64,
    /// True if the token limit, or a limit of the read, left rows out.
    pub truncated: bool,
    /// Its text with the heading; empty if nothing of it is in the whole text.
    pub content: String,
}

/// The assembled text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// The whole text.
    pub text: String,
    /// Its tokens, counted on the whole text; never more than allowed.
    pub tokens: u64,
    /// The sections, in the order given.
    pub sections: Vec<SectionResult>,
}
