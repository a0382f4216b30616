//! What a section could hold, row by row, and how it stands in the text.

use crate::api::{AssembleContext, ContextSection, Error, OutputFormat, Result};
use crate::format::{self, RowSet};

/// What a section could hold, and then what it does.
#[derive(Debug)]
pub enum Body {
    /// The rows of a read.
    Rows(RowSet),
    /// The lines of a literal text.
    Text(Vec<String>),
}

impl Body {
    /// Rows, or lines.
    pub fn len(&self) -> usize {
        match self {
            Body::Rows(rows) => rows.len(),
            Body::Text(lines) => lines.len(),
        }
    }

    /// Keeps the first rows.
    pub fn truncate(&mut self, rows: usize) {
        match self {
            Body::Rows(set) => set.truncate(rows),
            Body::Text(lines) => lines.truncate(rows),
        }
    }

    /// The section as it stands in the text with its first rows and its heading; empty if it has no place there.
    pub fn block(&self, section: &ContextSection, rows: usize, request: &AssembleContext) -> Result<String> {
        let text = self.text(rows, request)?;
        Ok(match (section.name.as_str(), text.trim_end_matches('\n')) {
            (_, "") => String::new(),
            ("", body) if body.len() == text.len() => text,
            ("", body) => body.to_owned(),
            // A comment in TOON, a heading in Markdown.
            (name, body) => format!("## {name}\n{body}"),
        })
    }

    fn text(&self, rows: usize, request: &AssembleContext) -> Result<String> {
        match self {
            Body::Text(lines) => Ok(lines.iter().take(rows).map(String::as_str).collect::<Vec<_>>().join("\n")),
            Body::Rows(set) => {
                // Only `auto` needs a count to choose by.
                let tokenizer = (request.format == OutputFormat::Auto).then_some(request.tokenizer);
                let encoded = format::encode(&set.first(rows), request.format, tokenizer)?;
                String::from_utf8(encoded.data).map_err(|_| Error::internal("a text format gave no text"))
            }
        }
    }
}
