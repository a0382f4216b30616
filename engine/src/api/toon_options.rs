//! How TOON is written and read (specification 4.4, section 13): what its options are called there they are called here.

use serde::{Deserialize, Serialize};

use super::error::{Error, Result};
use crate::limits;

/// What parts the cells of a TOON text. Spelled as it stands there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Delimiter {
    /// `,`.
    #[default]
    #[serde(rename = ",")]
    Comma,
    /// A tab: one token where a comma in the values would need quotes.
    #[serde(rename = "\t")]
    Tab,
    /// `|`.
    #[serde(rename = "|")]
    Pipe,
}

/// How a TOON text is written and read. Readers find the delimiter in the text itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ToonOptions {
    /// What parts the cells of what is written.
    pub delimiter: Delimiter,
    /// Spaces for each level, written and read.
    pub indent: u8,
    /// Whether counts of a header, indentation and blank lines of what is read must be right. Without it a text is read as
    /// well as can be, as texts of a model need it.
    pub strict: bool,
}

impl Default for ToonOptions {
    fn default() -> Self {
        Self { delimiter: Delimiter::Comma, indent: 2, strict: true }
    }
}

impl ToonOptions {
    /// Refuses an indent that no level shows by, or that is too wide.
    pub fn validate(&self) -> Result<()> {
        match self.indent {
            1..=limits::TOON_INDENT_MAX => Ok(()),
            indent => {
                let max = limits::TOON_INDENT_MAX;
                Err(Error::invalid(format!("an indent of {indent} spaces: it must be 1 to {max}")))
            }
        }
    }
}
