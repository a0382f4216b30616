//! Bytes, and numbers packed as they travel: one after the other in little-endian order.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use serde::de::{Deserializer, Visitor};
use serde::forward_to_deserialize_any;
use toondb_engine::api::IdBatch;

use super::failure::Failure;
use crate::buffer::Buffer;
use crate::vector::{Ids, Matrix, Vector};

/// A key or value: bytes, any contiguous buffer of bytes, or a str, which stands for its UTF-8.
pub fn bytes_of(object: &Bound<'_, PyAny>) -> Result<Vec<u8>, Failure> {
    if let Ok(bytes) = object.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(text.to_cow()?.as_bytes().to_vec());
    }
    match Buffer::of(object)?.and_then(|buffer| buffer.copy::<u8>()) {
        Some(bytes) => Ok(bytes),
        None => Err(Failure::kind(format!("bytes or a str are expected, not {}", object.get_type()))),
    }
}

/// What a key or value given to a transaction is: its bytes.
#[pyfunction]
#[pyo3(name = "bytes_of")]
pub fn bytes_of_key<'py>(object: &Bound<'py, PyAny>, name: &str) -> PyResult<Bound<'py, PyBytes>> {
    let bytes = bytes_of(object).map_err(|failure| failure.within(|| name.to_owned()).into_error(object.py()))?;
    Ok(PyBytes::new(object.py(), &bytes))
}

/// One embedding.
pub fn vector(object: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    Ok(object.extract::<Vector>()?.0.to_le_bytes().into_owned())
}

/// Several embeddings.
pub fn matrix(object: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    Ok(object.extract::<Matrix>()?.numbers.to_le_bytes().into_owned())
}

/// Ids of vectors.
pub fn ids(object: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let ids: IdBatch = object.extract::<Ids>()?.into();
    Ok(ids.to_le_bytes().into_owned())
}

/// Hands packed bytes over.
pub struct Packed(pub Vec<u8>);

impl<'de> Deserializer<'de> for Packed {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_byte_buf(self.0)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq
        tuple tuple_struct map struct enum identifier ignored_any
    }
}
