//! TOON (Token-Oriented Object Notation, specification 4.4) by the official `toon-format` crate, with tags for what TOON
//! lacks.
//!
//! Two things are this module's own. Flat tables, which is what reads mostly return, are written by a direct writer that
//! gives the same bytes as the crate in a fraction of the time. And a text is looked over before the crate decodes it,
//! because a header of TOON can stand for far more values and names than it has bytes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use toon_format::types::Indent;
use toon_format::{DecodeOptions, EncodeOptions, ToonError};

use super::json::check_length;
use super::tagged::{Floats, Tagged, TaggedReader, check_readable, untag};
use super::{FormatError, RowsView, integers, toon_guard, toon_place, toon_table};
use crate::api::{Delimiter, ToonOptions, Value};

/// Writes a value.
///
/// # Errors
/// `Conversion` for NaN, `Limit` for what [`decode`] would refuse to read.
pub fn encode(value: &Value) -> Result<String, FormatError> {
    encode_with(value, &ToonOptions::default())
}

/// Writes a value as the options say.
///
/// # Errors
/// As [`encode`].
pub fn encode_with(value: &Value, options: &ToonOptions) -> Result<String, FormatError> {
    check_readable(value, Floats::Plain)?;
    let table = match value {
        Value::List(items) if *options == ToonOptions::default() => toon_table::encode_list(items),
        _ => None,
    };
    let text = table.map_or_else(|| by_crate(&Tagged { value, floats: Floats::Plain }, options), Ok)?;
    check_length(&text)?;
    toon_guard::check(&text)?;
    Ok(text)
}

/// Writes rows: a list of maps, or a map of such lists where there are several tables.
pub(super) fn encode_rows(view: &RowsView<'_>) -> Result<String, FormatError> {
    match toon_table::encode(view) {
        Some(text) => Ok(text),
        None => by_crate(&view.tagged(Floats::Plain), &ToonOptions::default()),
    }
}

pub(super) fn by_crate<T: serde::Serialize>(value: &T, options: &ToonOptions) -> Result<String, FormatError> {
    let delimiter = match options.delimiter {
        Delimiter::Comma => toon_format::Delimiter::Comma,
        Delimiter::Tab => toon_format::Delimiter::Tab,
        Delimiter::Pipe => toon_format::Delimiter::Pipe,
    };
    let options = EncodeOptions { delimiter, indent: Indent::Spaces(options.indent.into()) };
    let text = toon_format::encode(value, &options);
    text.map_err(|error| FormatError::conversion(format!("not possible in TOON: {error}")))
}

/// Reads a value.
///
/// # Errors
/// `Syntax` with line and column, `Limit` for a text that is too long, too deep or stands for too many values.
pub fn decode(text: &str) -> Result<Value, FormatError> {
    decode_with(text, &ToonOptions::default())
}

/// Reads a value as the options say.
///
/// # Errors
/// As [`decode`].
pub fn decode_with(text: &str, options: &ToonOptions) -> Result<Value, FormatError> {
    check_length(text)?;
    toon_guard::check(text)?;
    let json = by_decoder(text, options)?;
    let reader = TaggedReader::new();
    let value = reader.read(json).map_err(|error| {
        reader.limit().unwrap_or_else(|| FormatError::conversion(format!("not a value of ToonDB: {error}")))
    })?;
    integers::check_toon(text, &value, |text| by_decoder(text, options).ok())?;
    let value = untag(value)?;
    value.validate().map_err(|error| FormatError::Limit(error.message))?;
    Ok(value)
}

fn by_decoder(text: &str, options: &ToonOptions) -> Result<serde_json::Value, FormatError> {
    let options = DecodeOptions { strict: options.strict, indent: Indent::Spaces(options.indent.into()) };
    // A panic in the crate is to fail this one conversion.
    let decode = || toon_format::decode::<serde_json::Value>(text, &options);
    catch_unwind(AssertUnwindSafe(decode))
        .map_err(|_| FormatError::conversion("the TOON decoder failed on this text"))?
        .map_err(|error| syntax(text, error))
}

/// The crate knows the line and what is wrong with it.
fn syntax(text: &str, error: ToonError) -> FormatError {
    match error {
        ToonError::ParseError { line, message, .. } => {
            let content = text.split('\n').nth(line.saturating_sub(1)).unwrap_or_default();
            let column = toon_place::column(content, &message);
            FormatError::Syntax { format: "TOON", line: line.max(1), column, message }
        }
        // Only too deep a text is refused without a place.
        ToonError::InvalidStructure(message) => FormatError::Limit(message),
        other => FormatError::conversion(other.to_string()),
    }
}
