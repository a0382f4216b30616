//! Rows in the format asked for; with `auto` in the one that costs fewer tokens, as counted on these very rows.

use super::{FormatError, RowsView, columnar, count_tokens, json, markdown, toon};
use crate::api::{OutputFormat, Tokenizer};
use crate::limits;

/// Rows as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The format chosen.
    pub format: OutputFormat,
    /// The bytes; text in UTF-8, but for the columnar format.
    pub data: Vec<u8>,
    /// The tokens of the text, if they were counted.
    pub tokens: Option<u64>,
}

fn text(view: &RowsView<'_>, format: OutputFormat) -> Result<Option<String>, FormatError> {
    Ok(match format {
        OutputFormat::Toon => Some(toon::encode_rows(view)?),
        OutputFormat::Json => Some(json::encode_rows(view)?),
        OutputFormat::Markdown => Some(markdown::encode_rows(view)?),
        OutputFormat::Columnar | OutputFormat::Auto => None,
    })
}

/// Writes rows.
///
/// # Errors
/// `Conversion` if the format cannot hold a value, or for a tokenizer with the columnar format, which is no text; `Limit`
/// for an answer that is too large.
pub fn encode(view: &RowsView<'_>, format: OutputFormat, tokenizer: Option<Tokenizer>) -> Result<Encoded, FormatError> {
    let encoded = match (format, tokenizer) {
        (OutputFormat::Auto, tokenizer) => shortest(view, tokenizer.unwrap_or_default())?,
        (OutputFormat::Columnar, None) => Encoded { format, data: columnar::encode_rows(view)?, tokens: None },
        (OutputFormat::Columnar, Some(_)) => {
            return Err(FormatError::conversion("the columnar format is no text: it has no tokens to count"));
        }
        (format, tokenizer) => {
            let text = text(view, format)?.unwrap_or_default();
            let tokens = tokenizer.map(|tokenizer| count_tokens(&text, tokenizer)).transpose()?;
            Encoded { format, data: text.into_bytes(), tokens }
        }
    };
    match encoded.data.len() > limits::REPLY_BYTES_MAX {
        true => Err(FormatError::Limit("the answer is too large; ask for fewer rows or columns".to_owned())),
        false => Ok(encoded),
    }
}

/// TOON or compact JSON, whichever has fewer tokens; of equals TOON.
fn shortest(view: &RowsView<'_>, tokenizer: Tokenizer) -> Result<Encoded, FormatError> {
    let (toon, json) = (toon::encode_rows(view)?, json::encode_rows(view)?);
    let (toon_tokens, json_tokens) = (count_tokens(&toon, tokenizer)?, count_tokens(&json, tokenizer)?);
    Ok(match toon_tokens <= json_tokens {
        true => Encoded { format: OutputFormat::Toon, data: toon.into_bytes(), tokens: Some(toon_tokens) },
        false => Encoded { format: OutputFormat::Json, data: json.into_bytes(), tokens: Some(json_tokens) },
    })
}
