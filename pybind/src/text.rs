//! Plain values as TOON and JSON and back, texts from one format to another, and the tokens of a text: the engine's own
//! codecs, without an engine.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use toondb_engine::api::{ConvertText, Converted, CountTokens, Error, OutputFormat, Value};
use toondb_engine::format::{self, FormatError, json, toon};

use crate::argument::{OutputFormatName, TokenizerName, output_format_name};
use crate::error::to_python;
use crate::record::Object;
use crate::value::{plain_from_python, to_object};

/// Encodes a plain value.
fn encode(
    py: Python<'_>,
    value: &Bound<'_, PyAny>,
    codec: fn(&Value) -> Result<String, FormatError>,
) -> PyResult<String> {
    let value = plain_from_python(value)?;
    let encoded = py.detach(|| {
        value.validate()?;
        codec(&value).map_err(Error::from)
    });
    encoded.map_err(|error| to_python(py, &error))
}

/// Decodes a text.
fn decode<'py>(py: Python<'py>, text: &str, codec: fn(&str) -> Result<Value, FormatError>) -> PyResult<Object<'py>> {
    let value = py.detach(|| codec(text)).map_err(|error| to_python(py, &error.into()))?;
    to_object(py, &value)
}

/// Write a plain value as TOON, with fewer tokens than JSON where rows share their fields.
///
/// Takes None, bool, int, float, str, bytes, lists, tuples and dicts of them, and dataclasses such as the results of
/// reads, as their fields. Raises FormatConversionError, naming what and where, for NaN, an integer beyond 64 bits, a
/// key that is no str, and anything else; LimitExceededError for more than 16 levels,
/// and for a text that from_toon would refuse as too large: 16 MiB, a million values.
#[pyfunction]
pub fn to_toon(py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<String> {
    encode(py, value, toon::encode)
}

/// Write a plain value as compact JSON; what it takes and raises is as for to_toon.
#[pyfunction]
pub fn to_json(py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<String> {
    encode(py, value, json::encode)
}

/// Read the value that a TOON text stands for: from_toon(to_toon(x)) == x.
///
/// Raises FormatConversionError for a malformed text, with line and column; LimitExceededError for one of more than 16
/// MiB, 16 levels or a million values.
#[pyfunction]
pub fn from_toon<'py>(py: Python<'py>, text: &str) -> PyResult<Object<'py>> {
    decode(py, text, toon::decode)
}

/// Read the value that a JSON text stands for: from_json(to_json(x)) == x; what it raises is as for from_toon.
#[pyfunction]
pub fn from_json<'py>(py: Python<'py>, text: &str) -> PyResult<Object<'py>> {
    decode(py, text, json::decode)
}

/// How many tokens a text has.
#[pyfunction]
pub fn count_tokens(py: Python<'_>, text: String, tokenizer: TokenizerName) -> PyResult<u64> {
    let request = CountTokens { text, tokenizer: tokenizer.0 };
    let counted = py.detach(|| format::count(&request, &mut || Ok(()))).map_err(|error| to_python(py, &error))?;
    Ok(counted.tokens)
}

/// A text in another format: that format, and the text or bytes.
#[pyfunction]
#[pyo3(signature = (text, to, from_format, tokenizer))]
pub fn convert_text<'py>(
    py: Python<'py>,
    text: String,
    to: OutputFormatName,
    from_format: Option<OutputFormatName>,
    tokenizer: TokenizerName,
) -> PyResult<(&'static str, Object<'py>)> {
    let request = ConvertText { text, from: from_format.map(|from| from.0), to: to.0, tokenizer: tokenizer.0 };
    let converted = py.detach(|| format::convert(&request, &mut || Ok(()))).map_err(|error| to_python(py, &error))?;
    let Converted { format, data, lossless: _ } = converted;
    let data = match format {
        OutputFormat::Columnar => PyBytes::new(py, &data).into_any(),
        _ => PyString::from_bytes(py, &data)?.into_any(),
    };
    Ok((output_format_name(format), data))
}
