//! From text to text: what `ConvertText` and `CountTokens` do.

use std::sync::Arc;

use super::tokens::pieces;
use super::{Cell, FormatError, Row, RowSet, RowTable, auto, json, toon};
use crate::api::{
    ByteBuf, ConvertText, Converted, CountTokens, OutputFormat, Result, TokenCount, Tokenizer, ToonOptions, Value,
};

/// Whether the answer is still wanted: asked for each word.
type Asked<'a> = &'a mut dyn FnMut() -> Result<()>;

/// Counts the tokens of a text, for as long as that is wanted.
///
/// # Errors
/// `LimitExceeded` for a text that is too long; that it is not wanted any more.
pub fn count(request: &CountTokens, wanted: Asked<'_>) -> Result<TokenCount> {
    Ok(TokenCount { tokens: tokens_of(&request.text, request.tokenizer, wanted)? })
}

fn tokens_of(text: &str, tokenizer: Tokenizer, wanted: Asked<'_>) -> Result<u64> {
    let mut tokens = 0;
    for piece in pieces(text, tokenizer)? {
        wanted()?;
        tokens += piece?.tokens;
    }
    Ok(tokens)
}

/// Converts a text, for as long as that is wanted.
///
/// # Errors
/// `FormatConversion` for a malformed text, with line and column, and for what the other format cannot hold; that it is not
/// wanted any more.
pub fn convert(request: &ConvertText, wanted: Asked<'_>) -> Result<Converted> {
    let options = &request.toon;
    let value = read(&request.text, request.from, options)?;
    wanted()?;
    let (format, data, lossless) = match request.to {
        OutputFormat::Toon => (OutputFormat::Toon, toon::encode_with(&value, options)?.into_bytes(), true),
        OutputFormat::Json => (OutputFormat::Json, json::encode(&value)?.into_bytes(), true),
        OutputFormat::Auto => {
            let (toon, json) = (toon::encode_with(&value, options)?, json::encode(&value)?);
            let toon_tokens = tokens_of(&toon, request.tokenizer, wanted)?;
            let is_toon = toon_tokens <= tokens_of(&json, request.tokenizer, wanted)?;
            match is_toon {
                true => (OutputFormat::Toon, toon.into_bytes(), true),
                false => (OutputFormat::Json, json.into_bytes(), true),
            }
        }
        one_way @ (OutputFormat::Columnar | OutputFormat::Markdown) => {
            let rows = rows_of(value)?;
            (one_way, auto::encode(&rows.all(), one_way, None)?.data, false)
        }
    };
    Ok(Converted { format, data: ByteBuf::from(data), lossless })
}

fn read(text: &str, from: Option<OutputFormat>, options: &ToonOptions) -> Result<Value, FormatError> {
    match from {
        Some(OutputFormat::Json) => json::decode(text),
        Some(OutputFormat::Toon) => toon::decode_with(text, options),
        // Every JSON document that is also TOON is a scalar, and means the same in both.
        None | Some(OutputFormat::Auto) => json::decode(text).or_else(|error| match error {
            // No TOON document begins with a brace.
            FormatError::Syntax { .. } if !text.trim_start().starts_with('{') => toon::decode_with(text, options),
            error => Err(error),
        }),
        Some(OutputFormat::Columnar | OutputFormat::Markdown) => {
            let text = "columnar and Markdown texts cannot be read back; give TOON or JSON";
            Err(FormatError::conversion(text))
        }
    }
}

/// A list of maps as rows; one map as one row.
fn rows_of(value: Value) -> Result<RowSet, FormatError> {
    let refuse = || FormatError::conversion("only a list of maps, or one map, can be written as a table");
    let items = match value {
        Value::List(items) => items,
        map @ Value::Map(_) => vec![map],
        _ => return Err(refuse()),
    };
    let row = |item| match item {
        Value::Map(entries) => {
            let cells = entries.into_iter().map(|(name, value)| Cell { column: Arc::from(name), value }).collect();
            Ok(Row { identity: None, cells })
        }
        _ => Err(refuse()),
    };
    let rows = items.into_iter().map(row).collect::<Result<_, _>>()?;
    Ok(RowSet { tables: vec![RowTable { name: "rows", rows }] })
}
