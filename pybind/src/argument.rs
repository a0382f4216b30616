//! Small arguments that many methods share: bytes, names of settings, times to live.

use std::borrow::Cow;
use std::time::Duration;

use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use toondb_engine::api::{
    ByteBuf, Direction, Durability, EdgeType, ExportFormat, Metric, OutputFormat, Tokenizer, TraversalOrder,
};

use crate::buffer::Buffer;
use crate::error::invalid;

/// A key or value: bytes, or any contiguous buffer of bytes.
pub struct Bytes(pub Vec<u8>);

impl<'py> FromPyObject<'_, 'py> for Bytes {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = object.cast::<PyBytes>() {
            return Ok(Self(bytes.as_bytes().to_vec()));
        }
        if object.cast::<PyString>().is_err()
            && let Some(bytes) = Buffer::of(&object)?.and_then(|buffer| buffer.copy::<u8>())
        {
            return Ok(Self(bytes));
        }
        let kind = object.get_type();
        Err(PyTypeError::new_err(format!(
            "keys and values are bytes, not {kind}; encode a str, or use put_kv, get_kv and delete_kv for text keys"
        )))
    }
}

impl From<Bytes> for ByteBuf {
    fn from(bytes: Bytes) -> Self {
        ByteBuf::from(bytes.0)
    }
}

/// Several byte strings.
pub fn byte_bufs(items: Vec<Bytes>) -> Vec<ByteBuf> {
    items.into_iter().map(Into::into).collect()
}

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident($type:ty), $what:literal: $($text:literal => $value:expr),*;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name(pub $type);

        impl<'py> FromPyObject<'_, 'py> for $name {
            type Error = PyErr;

            fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
                let text: Cow<'_, str> = object.extract()?;
                match text.as_ref() {
                    $($text => Ok(Self($value)),)*
                    other => Err(invalid(object.py(), format!(
                        concat!($what, " {:?} is unknown; choose one of", $(" ", $text),*), other
                    ))),
                }
            }
        }
    )*};
}

choices! {
    /// How safe a write must be before it is acknowledged.
    DurabilityName(Durability), "durability": "durable" => Durability::Durable, "volatile" => Durability::Volatile;
    /// How distances are measured.
    MetricName(Metric), "metric": "cosine" => Metric::Cosine, "euclidean" => Metric::Euclidean, "dot" => Metric::Dot;
    /// Which edges of a node are meant.
    DirectionName(Direction), "direction":
        "outgoing" => Direction::Outgoing, "incoming" => Direction::Incoming, "both" => Direction::Both;
    /// The order in which a traversal visits nodes.
    OrderName(TraversalOrder), "order": "bfs" => TraversalOrder::Bfs, "dfs" => TraversalOrder::Dfs;
    /// How an exported checkpoint is written.
    ExportFormatName(ExportFormat), "format": "binary" => ExportFormat::Binary, "json" => ExportFormat::Json;
    /// The format of an answer.
    OutputFormatName(OutputFormat), "format":
        "toon" => OutputFormat::Toon, "json" => OutputFormat::Json, "markdown" => OutputFormat::Markdown,
        "columnar" => OutputFormat::Columnar, "auto" => OutputFormat::Auto;
    /// A published tokenizer.
    TokenizerName(Tokenizer), "tokenizer": "o200k" => Tokenizer::O200k, "cl100k" => Tokenizer::Cl100k;
}

/// What a write asks for where its caller names nothing.
pub const DURABLE: DurabilityName = DurabilityName(Durability::Durable);

/// The name of a metric.
pub fn metric_name(metric: Metric) -> &'static str {
    match metric {
        Metric::Cosine => "cosine",
        Metric::Euclidean => "euclidean",
        Metric::Dot => "dot",
    }
}

/// The name of a format.
pub fn output_format_name(format: OutputFormat) -> &'static str {
    match format {
        OutputFormat::Toon => "toon",
        OutputFormat::Json => "json",
        OutputFormat::Columnar => "columnar",
        OutputFormat::Markdown => "markdown",
        OutputFormat::Auto => "auto",
    }
}

/// The name of a durability level.
pub fn durability_name(durability: Durability) -> &'static str {
    match durability {
        Durability::Durable => "durable",
        Durability::Volatile => "volatile",
    }
}

/// A list of edge types; nothing = all.
pub fn edge_types(types: Option<Vec<String>>) -> Option<Vec<EdgeType>> {
    types.map(|types| types.into_iter().map(EdgeType::from).collect())
}

/// A time to live in seconds as whole milliseconds, rounded up so that no key dies early.
pub fn ttl_ms(py: Python<'_>, ttl: Option<f64>) -> PyResult<Option<u64>> {
    let Some(seconds) = ttl else { return Ok(None) };
    let ms = (seconds * 1000.0).ceil();
    if !(1.0..9.0e18).contains(&ms) {
        return Err(invalid(py, format!("ttl is {seconds} seconds; give a time greater than 0, or leave it out")));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to lie in the range of u64")]
    Ok(Some(ms as u64))
}

/// How long a client waits: a time in seconds greater than 0; nothing = the client's own default.
pub fn timeout(py: Python<'_>, timeout: Option<f64>) -> PyResult<Option<Duration>> {
    let Some(seconds) = timeout else { return Ok(None) };
    match Duration::try_from_secs_f64(seconds).ok().filter(|wait| !wait.is_zero()) {
        Some(wait) => Ok(Some(wait)),
        None => Err(invalid(py, format!("timeout is {seconds} seconds; give a time greater than 0"))),
    }
}

/// A small whole number such as a limit or a dimension; the engine knows the exact bounds of each.
#[derive(Clone, Copy)]
pub struct Count(pub u32);

impl<'py> FromPyObject<'_, 'py> for Count {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match object.extract::<u32>() {
            Ok(count) => Ok(Self(count)),
            Err(failure) if failure.is_instance_of::<PyOverflowError>(object.py()) => Err(invalid(
                object.py(),
                format!("{} is out of range: give an integer from 0 to {}", &*object, u32::MAX),
            )),
            Err(failure) => Err(failure),
        }
    }
}
