//! Formats and tokenizers as the command line names them. The columnar format is no text, and so not among them.

use clap::ValueEnum;
use toondb_engine::api::{Delimiter, OutputFormat, Tokenizer};

/// How to print rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum RowsFormat {
    /// A table to look at.
    #[default]
    Table,
    /// Token-Oriented Object Notation.
    Toon,
    /// Compact JSON.
    Json,
    /// Markdown tables.
    Markdown,
    /// TOON or JSON, whichever has fewer tokens.
    Auto,
}

impl RowsFormat {
    /// The engine's format; nothing for the table.
    pub fn of_rows(self) -> Option<OutputFormat> {
        match self {
            RowsFormat::Table => None,
            RowsFormat::Toon => Some(OutputFormat::Toon),
            RowsFormat::Json => Some(OutputFormat::Json),
            RowsFormat::Markdown => Some(OutputFormat::Markdown),
            RowsFormat::Auto => Some(OutputFormat::Auto),
        }
    }
}

/// A format that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SourceFormat {
    /// Token-Oriented Object Notation.
    Toon,
    /// JSON.
    Json,
}

impl From<SourceFormat> for OutputFormat {
    fn from(format: SourceFormat) -> Self {
        match format {
            SourceFormat::Toon => OutputFormat::Toon,
            SourceFormat::Json => OutputFormat::Json,
        }
    }
}

/// A format to convert to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TextFormat {
    /// Token-Oriented Object Notation.
    Toon,
    /// Compact JSON.
    Json,
    /// Markdown tables.
    Markdown,
    /// TOON or JSON, whichever has fewer tokens.
    Auto,
}

impl From<TextFormat> for OutputFormat {
    fn from(format: TextFormat) -> Self {
        match format {
            TextFormat::Toon => OutputFormat::Toon,
            TextFormat::Json => OutputFormat::Json,
            TextFormat::Markdown => OutputFormat::Markdown,
            TextFormat::Auto => OutputFormat::Auto,
        }
    }
}

/// A published tokenizer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum TokenizerName {
    /// `o200k_base`.
    #[default]
    O200k,
    /// `cl100k_base`.
    Cl100k,
}

impl From<TokenizerName> for Tokenizer {
    fn from(name: TokenizerName) -> Self {
        match name {
            TokenizerName::O200k => Tokenizer::O200k,
            TokenizerName::Cl100k => Tokenizer::Cl100k,
        }
    }
}

/// What parts the cells of TOON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum DelimiterName {
    /// `,`.
    #[default]
    Comma,
    /// A tab.
    Tab,
    /// `|`.
    Pipe,
}

impl From<DelimiterName> for Delimiter {
    fn from(name: DelimiterName) -> Self {
        match name {
            DelimiterName::Comma => Delimiter::Comma,
            DelimiterName::Tab => Delimiter::Tab,
            DelimiterName::Pipe => Delimiter::Pipe,
        }
    }
}
