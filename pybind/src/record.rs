//! API answers as Python dataclasses.
//!
//! Each answer is taken apart field by field, so that a field added to the API fails to compile here until it has a
//! place in its dataclass.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};
use toondb_engine::api::{
    CollectionInfo, CommitSeq, Document, DocumentHit, DocumentHits, Edge, Embedding, IndexInfo, NamespaceInfo,
    NamespaceStats, Node, Quota, TemporalEdge, TimestampMs, VectorHit, VectorHits,
};

use crate::classes;
use crate::field_names::FieldNames;
use crate::name::metric as metric_name;
use crate::value::{properties_to_dict, properties_with_names};

/// Any Python object.
pub type Object<'py> = Bound<'py, PyAny>;

/// Builds a list of whatever `build` makes of each item.
pub fn list<'py, T>(
    py: Python<'py>,
    items: &[T],
    mut build: impl FnMut(Python<'py>, &T) -> PyResult<Object<'py>>,
) -> PyResult<Bound<'py, PyList>> {
    let built: Vec<_> = items.iter().map(|item| build(py, item)).collect::<PyResult<_>>()?;
    PyList::new(py, built)
}

/// Builds a list in which absent items are `None`.
pub fn optional_list<'py, T>(
    py: Python<'py>,
    items: &[Option<T>],
    mut build: impl FnMut(Python<'py>, &T) -> PyResult<Object<'py>>,
) -> PyResult<Bound<'py, PyList>> {
    list(py, items, |py, item| match item {
        Some(item) => build(py, item),
        None => Ok(py.None().into_bound(py)),
    })
}

fn record<'py>(class: &Object<'py>, fields: &Bound<'py, PyDict>) -> PyResult<Object<'py>> {
    class.call((), Some(fields))
}

/// A `Dict` of named fields.
macro_rules! fields {
    ($py:expr, { $($name:ident: $value:expr),* $(,)? }) => {{
        let fields = pyo3::types::PyDict::new($py);
        $(fields.set_item(pyo3::intern!($py, stringify!($name)), $value)?;)*
        fields
    }};
}
pub(crate) use fields;

/// The numbers of an embedding; none without one.
pub fn embedding<'py>(py: Python<'py>, embedding: Option<&Embedding>) -> PyResult<Bound<'py, PyList>> {
    PyList::new(py, embedding.map_or(&[][..], |embedding| embedding.0.as_slice()))
}

/// A 32-bit float as the 64-bit one with the same shortest digits: 0.1 stays 0.1.
pub fn shortest(float: f32) -> f64 {
    float.to_string().parse().unwrap_or(f64::from(float))
}

fn document_scored<'py>(
    py: Python<'py>,
    document: &Document,
    names: &mut FieldNames<'py>,
    score: Option<f64>,
    distance: Option<f64>,
) -> PyResult<Object<'py>> {
    let Document { id, content, embedding: numbers, metadata, expires_at, ttl_ms: _ } = document;
    let id = PyString::new(py, id.as_ref().map_or("", |id| id.as_str()));
    let numbers = embedding(py, numbers.as_ref())?;
    let metadata = properties_with_names(py, metadata, names)?;
    classes::document(py)?.call1((
        id,
        content,
        numbers,
        metadata,
        score,
        distance,
        expires_at.map(|TimestampMs(at)| at),
    ))
}

/// Stored documents.
pub fn documents<'py>(py: Python<'py>, documents: &[Document]) -> PyResult<Bound<'py, PyList>> {
    let names = &mut FieldNames::default();
    list(py, documents, |py, document| document_scored(py, document, names, None, None))
}

/// Stored documents; those that are not there are `None`.
pub fn optional_documents<'py>(py: Python<'py>, documents: &[Option<Document>]) -> PyResult<Bound<'py, PyList>> {
    let names = &mut FieldNames::default();
    optional_list(py, documents, |py, document| document_scored(py, document, names, None, None))
}

/// The documents that a search found.
pub fn document_hits<'py>(py: Python<'py>, hits: &DocumentHits) -> PyResult<Object<'py>> {
    let DocumentHits { hits } = hits;
    let names = &mut FieldNames::default();
    let hit = |py, hit: &DocumentHit| {
        let DocumentHit { document, distance, score } = hit;
        document_scored(py, document, names, Some(shortest(*score)), Some(shortest(*distance)))
    };
    list(py, hits, hit).map(Bound::into_any)
}

fn vector_hit<'py>(py: Python<'py>, hit: &VectorHit) -> PyResult<Object<'py>> {
    let VectorHit { id, distance, score, embedding: numbers } = hit;
    let numbers = embedding(py, numbers.as_ref())?;
    classes::search_result(py)?.call1((*id, shortest(*distance), shortest(*score), numbers))
}

/// The vectors that a search found.
pub fn vector_hits<'py>(py: Python<'py>, hits: &VectorHits) -> PyResult<Object<'py>> {
    let VectorHits { hits } = hits;
    list(py, hits, vector_hit).map(Bound::into_any)
}

/// A graph node.
pub fn node<'py>(py: Python<'py>, node: &Node) -> PyResult<Object<'py>> {
    let Node { id, node_type, properties } = node;
    classes::graph_node(py)?.call1((id.as_str(), node_type, properties_to_dict(py, properties)?))
}

/// A graph edge.
pub fn edge<'py>(py: Python<'py>, edge: &Edge) -> PyResult<Object<'py>> {
    let Edge { from_id, edge_type, to_id, properties } = edge;
    let properties = properties_to_dict(py, properties)?;
    classes::graph_edge(py)?.call1((from_id.as_str(), edge_type.as_str(), to_id.as_str(), properties))
}

/// A temporal edge; an open end is 0.
pub fn temporal_edge<'py>(py: Python<'py>, edge: &TemporalEdge) -> PyResult<Object<'py>> {
    let TemporalEdge {
        from_id,
        edge_type,
        to_id,
        valid_from,
        valid_until,
        properties,
        asserted_seq,
        asserted_at,
        retracted_seq,
        retracted_at,
    } = edge;
    classes::temporal_edge(py)?.call1((
        from_id.as_str(),
        edge_type.as_str(),
        to_id.as_str(),
        valid_from.0,
        valid_until.map_or(0, |until| until.0),
        properties_to_dict(py, properties)?,
        asserted_seq.0,
        asserted_at.0,
        retracted_seq.map(|CommitSeq(seq)| seq),
        retracted_at.map(|TimestampMs(at)| at),
        *valid_until == Some(TimestampMs(0)),
    ))
}

fn quota<'py>(py: Python<'py>, quota: Quota) -> PyResult<Object<'py>> {
    let Quota { bytes_max, vectors_max, collections_max } = quota;
    classes::quota(py)?.call1((bytes_max, vectors_max, collections_max))
}

/// What is known of a namespace.
pub fn namespace_info<'py>(py: Python<'py>, info: &NamespaceInfo) -> PyResult<Object<'py>> {
    let NamespaceInfo { name, metadata, quota: bounds, created_at, created: _ } = info;
    let metadata = properties_to_dict(py, metadata)?;
    classes::namespace_info(py)?.call1((name.as_str(), metadata, quota(py, *bounds)?, created_at.0))
}

/// The counters of a namespace.
pub fn namespace_stats<'py>(py: Python<'py>, stats: &NamespaceStats) -> PyResult<Object<'py>> {
    let NamespaceStats {
        keys,
        collections,
        documents,
        vectors,
        nodes,
        edges,
        temporal_versions,
        live_bytes,
        disk_bytes,
        log_bytes,
        vector_memory_bytes,
        commit_seq,
        flushed_seq,
        flush_paused,
    } = *stats;
    let fields = fields!(py, {
        keys: keys,
        collections: collections,
        documents: documents,
        vectors: vectors,
        nodes: nodes,
        edges: edges,
        temporal_versions: temporal_versions,
        live_bytes: live_bytes,
        disk_bytes: disk_bytes,
        log_bytes: log_bytes,
        vector_memory_bytes: vector_memory_bytes,
        commit_seq: commit_seq.0,
        flushed_seq: flushed_seq.0,
        flush_paused: flush_paused,
    });
    record(classes::namespace_stats(py)?, &fields)
}

/// What a collection is.
pub fn collection_info<'py>(py: Python<'py>, info: &CollectionInfo) -> PyResult<Object<'py>> {
    let CollectionInfo { name, dimension, metric, metadata, count, graph_count, memory_bytes, created_at, created: _ } =
        info;
    let fields = fields!(py, {
        name: name.as_str(),
        dimension: dimension,
        metric: metric_name(*metric),
        metadata: properties_to_dict(py, metadata)?,
        count: count,
        graph_count: graph_count,
        memory_bytes: memory_bytes,
        created_at: created_at.0,
    });
    record(classes::collection_info(py)?, &fields)
}

/// What a vector index is.
pub fn index_info<'py>(py: Python<'py>, info: &IndexInfo) -> PyResult<Object<'py>> {
    let IndexInfo { name, dimension, metric, count, graph_count, memory_bytes, created_at, created: _ } = info;
    let fields = fields!(py, {
        name: name.as_str(),
        dimension: dimension,
        metric: metric_name(*metric),
        count: count,
        graph_count: graph_count,
        memory_bytes: memory_bytes,
        created_at: created_at.0,
    });
    record(classes::index_info(py)?, &fields)
}
