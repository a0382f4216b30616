//! Documents and temporal facts as callers state them.

use std::borrow::Cow;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping};
use toondb_engine::api::{Document, TemporalFact, TimestampMs};

use crate::error::invalid;
use crate::record::Object;
use crate::value::properties_from;
use crate::vector::{Matrix, Vector, split_rows};

/// Reads documents: dicts, or objects with the attributes of `toondb.Document`. `embeddings`, if given, holds one row
/// for each document and takes the place of their own.
pub fn documents_from(documents: &Bound<'_, PyAny>, embeddings: Option<Matrix>) -> PyResult<Vec<Document>> {
    let mut read: Vec<Document> =
        documents.try_iter()?.map(|item| document_from(&item?)).collect::<PyResult<Vec<Document>>>()?;
    if let Some(matrix) = embeddings {
        if matrix.rows != read.len() {
            let message = format!("{} embeddings for {} documents; give one row for each", matrix.rows, read.len());
            return Err(invalid(documents.py(), message));
        }
        for (document, row) in read.iter_mut().zip(split_rows(&matrix)) {
            document.embedding = Some(row);
        }
    }
    Ok(read)
}

fn document_from(object: &Bound<'_, PyAny>) -> PyResult<Document> {
    let (mut id, mut content, mut embedding, mut metadata) = (None, None, None, None);
    if let Ok(dict) = object.cast::<PyDict>() {
        for (key, value) in dict {
            let slot = match key.extract::<Cow<'_, str>>()?.as_ref() {
                "id" => &mut id,
                "content" => &mut content,
                "embedding" => &mut embedding,
                "metadata" => &mut metadata,
                other => {
                    let message = format!("a document has no field {other:?}; put it into its metadata");
                    return Err(invalid(object.py(), message));
                }
            };
            *slot = Some(value);
        }
    } else if object.hasattr("metadata")? && object.cast::<PyMapping>().is_err() {
        let field = |name: &str| object.getattr(name).map(Some);
        (id, content, embedding, metadata) = (field("id")?, field("content")?, field("embedding")?, field("metadata")?);
    } else {
        return Err(PyTypeError::new_err(format!(
            "a document is a dict or a toondb.Document, not {}",
            object.get_type()
        )));
    }
    Ok(Document {
        id: given(id).map(|id| id.extract::<String>()).transpose()?.map(Into::into),
        content: given(content).map(|content| content.extract()).transpose()?.unwrap_or_default(),
        embedding: given(embedding).map(|embedding| embedding.extract::<Vector>()).transpose()?.map(|vector| vector.0),
        metadata: properties_from(metadata.as_ref())?,
    })
}

/// A field that is there and not None.
fn given(field: Option<Object<'_>>) -> Option<Object<'_>> {
    field.filter(|value| !value.is_none())
}

/// A temporal fact; a `valid_until` of 0 means that it is open.
pub fn fact_from(
    from_id: String,
    edge_type: String,
    to_id: String,
    (valid_from, valid_until): (i64, i64),
    properties: Option<&Bound<'_, PyAny>>,
) -> PyResult<TemporalFact> {
    Ok(TemporalFact {
        from_id: from_id.into(),
        edge_type: edge_type.into(),
        to_id: to_id.into(),
        valid_from: TimestampMs(valid_from),
        valid_until: Some(valid_until).filter(|until| *until != 0).map(TimestampMs),
        properties: properties_from(properties)?,
    })
}
