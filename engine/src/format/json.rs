//! Compact JSON (RFC 8259) by serde_json, with tags for what JSON lacks.

use super::tagged::{Floats, Tagged, TaggedReader, check_readable, untag};
use super::{FormatError, RowsView, integers};
use crate::api::Value;
use crate::limits;

/// Writes a value.
///
/// # Errors
/// `Conversion` for NaN, `Limit` for what [`decode`] would refuse to read.
pub fn encode(value: &Value) -> Result<String, FormatError> {
    check_readable(value, Floats::Finite)?;
    let tagged = Tagged { value, floats: Floats::Finite };
    let text = serde_json::to_string(&tagged);
    let text = text.map_err(|error| FormatError::conversion(format!("not possible in JSON: {error}")))?;
    check_length(&text)?;
    Ok(text)
}

/// Writes rows: a list of maps, or a map of such lists where there are several tables.
pub(super) fn encode_rows(view: &RowsView<'_>) -> Result<String, FormatError> {
    let rows = view.tagged(Floats::Finite);
    serde_json::to_string(&rows).map_err(|error| FormatError::conversion(format!("not possible in JSON: {error}")))
}

/// Reads a value.
///
/// # Errors
/// `Syntax` with line and column, `Limit` for a text that is too long, too deep or holds too many values.
pub fn decode(text: &str) -> Result<Value, FormatError> {
    check_length(text)?;
    let reader = TaggedReader::new();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = reader.read(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    let value = value.map_err(|error| {
        reader.limit().unwrap_or_else(|| {
            let (line, column) = place(text, &error);
            FormatError::Syntax { format: "JSON", line, column, message: message(&error) }
        })
    })?;
    integers::check_json(text)?;
    let value = untag(value)?;
    value.validate().map_err(|error| FormatError::Limit(error.message))?;
    Ok(value)
}

/// Line and column of an error, the column in characters. The parser counts bytes, and gives a place at a line break as
/// the column 0 of the line after it.
fn place(text: &str, error: &serde_json::Error) -> (usize, usize) {
    let line = |number: usize| text.split('\n').nth(number.saturating_sub(1)).unwrap_or_default();
    match (error.line(), error.column()) {
        (number @ 2.., 0) if !error.is_eof() => (number - 1, line(number - 1).chars().count() + 1),
        (number, bytes) => {
            let starts = line(number).bytes().take(bytes).filter(|byte| !(0x80..0xc0).contains(byte));
            (number.max(1), starts.count().max(1))
        }
    }
}

/// The text of the error without the place, which is given apart.
fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(at) => text.get(..at).unwrap_or(&text).to_owned(),
        None => text,
    }
}

/// Refuses a text that is too long to convert.
pub(super) fn check_length(text: &str) -> Result<(), FormatError> {
    match text.len() > limits::TEXT_BYTES_MAX {
        true => {
            let (given, max) = (text.len(), limits::TEXT_BYTES_MAX);
            Err(FormatError::Limit(format!("a text has {given} bytes; the limit is {max}")))
        }
        false => Ok(()),
    }
}
