//! Plain values as TOON and JSON and back, texts from one format to another, and the tokens of a text: the engine's own
//! codecs, without an engine.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::Deserialize;
use serde::de::{IntoDeserializer, value};
use toondb_engine::api::{Delimiter, Error, Request, Response, ToonOptions, Value};
use toondb_engine::format::{self, FormatError, json, toon};

use crate::error::to_python;
use crate::record::Object;
use crate::value::{plain_from_python, to_object};
use crate::{answer, arguments};

/// Encodes a plain value.
fn encode(
    py: Python<'_>,
    value: &Bound<'_, PyAny>,
    codec: impl Fn(&Value) -> Result<String, FormatError> + Sync,
) -> PyResult<String> {
    let value = plain_from_python(value)?;
    let encoded = py.detach(|| {
        value.validate()?;
        codec(&value).map_err(Error::from)
    });
    encoded.map_err(|error| to_python(py, &error))
}

/// Decodes a text.
fn decode<'py>(
    py: Python<'py>,
    text: &str,
    codec: impl Fn(&str) -> Result<Value, FormatError> + Sync,
) -> PyResult<Object<'py>> {
    let value = py.detach(|| codec(text)).map_err(|error| to_python(py, &error.into()))?;
    to_object(py, &value)
}

/// Write a plain value as TOON, with fewer tokens than JSON where rows share their fields.
///
/// Takes None, bool, int, float, str, bytes, lists, tuples and dicts of them, and dataclasses such as the results of
/// reads, as their fields. Raises FormatConversionError, naming what and where, for NaN, an integer beyond 64 bits, a
/// key that is no str, and anything else; LimitExceededError for more than 16 levels,
/// and for a text that from_toon would refuse as too large: 16 MiB, a million values.
///
/// delimiter: what parts the cells of tables and lists, one of "," "\t" "|"; indent: spaces for each level, 1 to 16.
#[pyfunction]
#[pyo3(signature = (value, *, delimiter = ",", indent = 2))]
pub fn to_toon(py: Python<'_>, value: &Bound<'_, PyAny>, delimiter: &str, indent: u8) -> PyResult<String> {
    let delimiter = Delimiter::deserialize(delimiter.into_deserializer()).map_err(|error: value::Error| {
        to_python(py, &Error::invalid(format!("delimiter: {error}; give one of \",\", \"\\t\" and \"|\"")))
    })?;
    let options = checked(py, ToonOptions { delimiter, indent, ..ToonOptions::default() })?;
    encode(py, value, |value| toon::encode_with(value, &options))
}

fn checked(py: Python<'_>, options: ToonOptions) -> PyResult<ToonOptions> {
    options.validate().map(|()| options).map_err(|error| to_python(py, &error))
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
///
/// indent: spaces for each level, 1 to 16. strict: whether counts, indentation and blank lines must be right; without it a
/// text is read as well as can be, as those of a model need it.
#[pyfunction]
#[pyo3(signature = (text, *, indent = 2, strict = true))]
pub fn from_toon<'py>(py: Python<'py>, text: &str, indent: u8, strict: bool) -> PyResult<Object<'py>> {
    let options = checked(py, ToonOptions { indent, strict, ..ToonOptions::default() })?;
    decode(py, text, |text| toon::decode_with(text, &options))
}

/// Read the value that a JSON text stands for: from_json(to_json(x)) == x; what it raises is as for from_toon.
#[pyfunction]
pub fn from_json<'py>(py: Python<'py>, text: &str) -> PyResult<Object<'py>> {
    decode(py, text, json::decode)
}

/// Carries an operation on a text out: it needs no engine.
#[pyfunction]
pub fn on_text<'py>(py: Python<'py>, operation: &str, arguments: &Bound<'_, PyDict>) -> PyResult<Object<'py>> {
    let request = arguments::request(py, operation, arguments)?;
    let done = py.detach(|| {
        request.validate()?;
        match request {
            Request::CountTokens(count) => format::count(&count, &mut || Ok(())).map(Response::CountTokens),
            Request::ConvertText(convert) => format::convert(&convert, &mut || Ok(())).map(Response::ConvertText),
            other => Err(Error::internal(format!("{} is no operation on a text", other.code().name()))),
        }
    });
    answer::to_object(py, &done.map_err(|error| to_python(py, &error))?)
}
