//! Answers as Python objects: each type of answer has one form, whatever the operation.
//!
//! Each answer is taken apart field by field, so that a field added to the API fails to compile here until it has a place in
//! its dataclass. Acknowledgements are plain values: how many, whether, which.

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};
use toondb_engine::api::{
    AddedDocuments, Appended, ByteBuf, CacheHit, CacheStats, Capabilities, CheckReport, CheckedNamespace,
    CheckpointDeleted, CheckpointInfo, CheckpointList, ClosedEdges, CollectionList, Context, Converted, Counted,
    Created, Deleted, DeletedDocuments, DeletedNode, DocumentHitsBatch, DocumentId, DocumentIdPage, DocumentPage,
    Documents, EdgePage, Erased, Existence, ExportedPart, Facet, Facets, Finding, Flushed, Imported, Incremented,
    IndexList, Inserted, KvEntry, KvPage, KvValue, KvValues, LogEntry, LogInfo, LogList, LogPage, MaybeBounds,
    MaybeCacheHit, MaybeEdge, MaybeNode, MaybeValue, MergedNodes, NamespaceList, NodePage, Nodes, OutputFormat, Path,
    Pong, Popped, PrefixEntry, PrefixPage, RangeDeleted, Rendered, Response, Restored, SectionResult, ServerStats,
    Snapshot, SnapshotEnded, Subgraph, Superseded, Swapped, TemporalEdges, TemporalPath, TemporalRoute, TimeToLive,
    TokenCount, Touched, Updated, UpdatedDocuments, ValueBounds, VectorHitsBatch, Vectors, Written,
};

use crate::classes;
use crate::record::{
    Object, collection_info, document_hits, documents, edge, embedding, fields, index_info, list, namespace_info,
    namespace_stats, node, optional_documents, optional_list, shortest, temporal_edge, vector_hits,
};
use crate::value::{self, properties_to_dict};

/// An answer's Python form.
trait Answer {
    fn to_object<'py>(&self, py: Python<'py>) -> PyResult<Object<'py>>;
}

/// The Python form of any answer.
pub fn to_object<'py>(py: Python<'py>, response: &Response) -> PyResult<Object<'py>> {
    macro_rules! each {
        (: $($kind:ident $name:ident)*) => {
            match response {
                $(Response::$name(answer) => answer.to_object(py),)*
            }
        };
    }
    toondb_engine::with_operations!(each)
}

/// Forms that are one expression: `Type { fields } => what`, with `py` as the interpreter.
macro_rules! answers {
    ($($pattern:pat, $type:ty, $py:ident => $form:expr;)*) => {$(
        impl Answer for $type {
            fn to_object<'py>(&self, $py: Python<'py>) -> PyResult<Object<'py>> {
                let $pattern = self;
                $form.into_bound_py_any($py)
            }
        }
    )*};
}

fn bytes<'py>(py: Python<'py>, bytes: &ByteBuf) -> Bound<'py, PyBytes> {
    PyBytes::new(py, bytes)
}

fn cursor<'py>(py: Python<'py>, cursor: Option<&ByteBuf>) -> Option<Bound<'py, PyBytes>> {
    cursor.map(|cursor| bytes(py, cursor))
}

fn kv_value<'py>(py: Python<'py>, KvValue { value, version: _ }: &KvValue) -> PyResult<Object<'py>> {
    Ok(bytes(py, value).into_any())
}

fn entry<'py>(py: Python<'py>, KvEntry { key, value, version: _ }: &KvEntry) -> PyResult<Object<'py>> {
    (bytes(py, key), bytes(py, value)).into_bound_py_any(py)
}

fn facet<'py>(py: Python<'py>, Facet { value, count }: &Facet) -> PyResult<Object<'py>> {
    classes::facet_count(py)?.call1((value::to_object(py, value)?, *count))
}

fn bounds<'py>(py: Python<'py>, ValueBounds { min, max }: &ValueBounds) -> PyResult<(Object<'py>, Object<'py>)> {
    Ok((value::to_object(py, min)?, value::to_object(py, max)?))
}

fn name<'py>(py: Python<'py>, name: &str) -> PyResult<Object<'py>> {
    Ok(PyString::new(py, name).into_any())
}

fn prefix_entry<'py>(py: Python<'py>, PrefixEntry { key, is_prefix }: &PrefixEntry) -> PyResult<Object<'py>> {
    classes::prefix_entry(py)?.call1((bytes(py, key), *is_prefix))
}

fn log_entry<'py>(py: Python<'py>, LogEntry { position, value }: &LogEntry) -> PyResult<Object<'py>> {
    classes::log_entry(py)?.call1((*position, bytes(py, value)))
}

fn log_info<'py>(py: Python<'py>, info: &LogInfo) -> PyResult<Object<'py>> {
    let LogInfo { log, length, first, next, bytes } = info;
    classes::log_info(py)?.call1((log.as_str(), *length, *first, *next, *bytes))
}

fn document_ids<'py>(py: Python<'py>, ids: &[DocumentId]) -> PyResult<Bound<'py, PyList>> {
    list(py, ids, |py, id| name(py, id.as_str()))
}

fn affected<'py>(py: Python<'py>, count: u64, ids: Option<&[DocumentId]>) -> PyResult<Object<'py>> {
    let ids = ids.map(|ids| document_ids(py, ids)).transpose()?;
    classes::affected(py)?.call1((count, ids))
}

fn text_or_bytes<'py>(py: Python<'py>, format: OutputFormat, data: &ByteBuf) -> PyResult<Object<'py>> {
    match format {
        OutputFormat::Columnar => Ok(bytes(py, data).into_any()),
        OutputFormat::Toon | OutputFormat::Json | OutputFormat::Markdown | OutputFormat::Auto => {
            Ok(PyString::from_bytes(py, data)?.into_any())
        }
    }
}

answers! {
    Pong { version }, Pong, py => version;
    Existence { exists }, Existence, py => *exists;
    Swapped { swapped, .. }, Swapped, py => *swapped;
    Created { created, commit_seq: _, durability: _ }, Created, py => *created;
    Deleted { deleted, commit_seq: _, durability: _ }, Deleted, py => *deleted;
    RangeDeleted { deleted, commit_seq: _, durability: _ }, RangeDeleted, py => *deleted;
    Counted { count }, Counted, py => *count;
    Inserted { inserted, commit_seq: _, durability: _ }, Inserted, py => *inserted;
    Flushed { flushed_seq }, Flushed, py => flushed_seq.0;
    Snapshot { seq, expires_in_ms: _ }, Snapshot, py => seq.0;
    SnapshotEnded { held }, SnapshotEnded, py => *held;
    CheckpointDeleted { deleted }, CheckpointDeleted, py => *deleted;
    TokenCount { tokens }, TokenCount, py => *tokens;

    Written { commit_seq, durability }, Written, py =>
        classes::commit_result(py)?.call1((commit_seq.0, crate::name::durability(*durability)))?;
    MaybeValue { found }, MaybeValue, py => found.as_ref().map(|found| bytes(py, &found.value));
    KvValues { values }, KvValues, py => optional_list(py, values, kv_value)?;
    KvPage { entries, cursor: next }, KvPage, py => (list(py, entries, entry)?, cursor(py, next.as_ref()));

    Incremented { value, commit_seq: _, durability: _ }, Incremented, py => *value;
    Touched { existing, changed, commit_seq: _, durability: _ }, Touched, py => (*existing, *changed);
    TimeToLive { exists, ttl_ms }, TimeToLive, py => (*exists, *ttl_ms);
    PrefixPage { entries, cursor: next }, PrefixPage, py =>
        (list(py, entries, prefix_entry)?, cursor(py, next.as_ref()));
    Appended { first, commit_seq: _, durability: _ }, Appended, py => *first;
    LogPage { entries, cursor: next, length }, LogPage, py =>
        (list(py, entries, log_entry)?, cursor(py, next.as_ref()), *length);
    Popped { entries, commit_seq: _, durability: _ }, Popped, py => list(py, entries, log_entry)?;
    LogList { logs, cursor: next }, LogList, py => (list(py, logs, log_info)?, cursor(py, next.as_ref()));

    NamespaceList { namespaces }, NamespaceList, py => list(py, namespaces, |py, info| name(py, info.name.as_str()))?;
    CollectionList { collections }, CollectionList, py =>
        list(py, collections, |py, info| name(py, info.name.as_str()))?;
    IndexList { indexes }, IndexList, py => list(py, indexes, |py, info| name(py, info.name.as_str()))?;

    AddedDocuments { ids, skipped, commit_seq: _, durability: _ }, AddedDocuments, py =>
        classes::added_ids(py)?.call1((document_ids(py, ids)?, document_ids(py, skipped)?))?;
    DeletedDocuments { deleted, ids, commit_seq: _, durability: _ }, DeletedDocuments, py =>
        affected(py, *deleted, ids.as_deref())?;
    UpdatedDocuments { updated, ids, commit_seq: _, durability: _ }, UpdatedDocuments, py =>
        affected(py, *updated, ids.as_deref())?;
    Documents { documents }, Documents, py => optional_documents(py, documents)?;
    DocumentPage { documents: found, cursor: next }, DocumentPage, py =>
        (documents(py, found)?, cursor(py, next.as_ref()));
    DocumentIdPage { ids, cursor: next }, DocumentIdPage, py =>
        (list(py, ids, |py, id| name(py, id.as_str()))?, cursor(py, next.as_ref()));
    Facets { facets }, Facets, py => list(py, facets, facet)?;
    MaybeBounds { bounds: found }, MaybeBounds, py => found.as_ref().map(|found| bounds(py, found)).transpose()?;
    DocumentHitsBatch { results }, DocumentHitsBatch, py => list(py, results, document_hits)?;
    Vectors { vectors }, Vectors, py =>
        optional_list(py, vectors, |py, vector| embedding(py, Some(vector)).map(Bound::into_any))?;
    VectorHitsBatch { results }, VectorHitsBatch, py => list(py, results, vector_hits)?;

    DeletedNode { deleted, edges: _, facts: _, commit_seq: _, durability: _ }, DeletedNode, py => *deleted;
    Updated { updated, commit_seq: _, durability: _ }, Updated, py => *updated;
    MergedNodes { nodes, edges, facts, commit_seq: _, durability: _ }, MergedNodes, py =>
        classes::merged_nodes(py)?.call1((*nodes, *edges, *facts))?;
    MaybeEdge { edge: found }, MaybeEdge, py => found.as_ref().map(|found| edge(py, found)).transpose()?;
    Nodes { nodes }, Nodes, py => optional_list(py, nodes, node)?;
    NodePage { nodes, cursor: next }, NodePage, py => (list(py, nodes, node)?, cursor(py, next.as_ref()));
    MaybeNode { node: found }, MaybeNode, py => found.as_ref().map(|found| node(py, found)).transpose()?;
    EdgePage { edges, cursor: next }, EdgePage, py => (list(py, edges, edge)?, cursor(py, next.as_ref()));
    Subgraph { nodes, edges, truncated }, Subgraph, py => (list(py, nodes, node)?, list(py, edges, edge)?, *truncated);
    TemporalEdges { edges, cursor: next, truncated }, TemporalEdges, py =>
        (list(py, edges, temporal_edge)?, cursor(py, next.as_ref()), *truncated);
    TemporalPath { nodes, edges, truncated }, TemporalPath, py =>
        (list(py, nodes, node)?, list(py, edges, temporal_edge)?, *truncated);
    ClosedEdges { edges, commit_seq: _, durability: _ }, ClosedEdges, py => list(py, edges, temporal_edge)?;
    Superseded { asserted, closed, changed, commit_seq: _, durability: _ }, Superseded, py =>
        (temporal_edge(py, asserted)?, list(py, closed, temporal_edge)?, *changed);
    Erased { erased, cursor: next, commit_seq: _, durability: _ }, Erased, py => (*erased, cursor(py, next.as_ref()));

    CacheStats { hits, misses, entries }, CacheStats, py => classes::cache_stats(py)?.call1((hits, misses, entries))?;
    CheckpointList { checkpoints }, CheckpointList, py => list(py, checkpoints, checkpoint_info)?;
    Restored { keys, commit_seq }, Restored, py => classes::restore_result(py)?.call1((keys, commit_seq.0))?;
    ExportedPart { data, next_offset }, ExportedPart, py => (bytes(py, data), *next_offset);
    Imported { checkpoint, continues }, Imported, py =>
        (checkpoint.as_ref().map(|info| checkpoint_info(py, info)).transpose()?, *continues);

    Rendered { format, data, rows, tokens, cursor: next, truncated }, Rendered, py => (
        crate::name::output_format(*format),
        text_or_bytes(py, *format, data)?,
        *rows,
        *tokens,
        cursor(py, next.as_ref()),
        *truncated,
    );
    Context { text, tokens, sections }, Context, py => (text, *tokens, list(py, sections, section_result)?);
    Converted { format, data, lossless: _ }, Converted, py => text_or_bytes(py, *format, data)?;
    Capabilities { version, operations, guarantees, metrics, durability }, Capabilities, py =>
        classes::capabilities(py)?.call1((version, operations, guarantees, metrics, durability))?;
}

/// Forms that are made elsewhere, because they also stand inside others.
macro_rules! records {
    ($($type:ident, $form:ident;)*) => {$(
        impl Answer for toondb_engine::api::$type {
            fn to_object<'py>(&self, py: Python<'py>) -> PyResult<Object<'py>> {
                $form(py, self)
            }
        }
    )*};
}

records! {
    DocumentHits, document_hits;
    VectorHits, vector_hits;
    NamespaceStats, namespace_stats;
    CheckpointInfo, checkpoint_info;
}

/// What is created is told with whether it is new: `(info, created)`.
macro_rules! infos {
    ($($type:ident, $form:ident;)*) => {$(
        impl Answer for toondb_engine::api::$type {
            fn to_object<'py>(&self, py: Python<'py>) -> PyResult<Object<'py>> {
                ($form(py, self)?, self.created).into_bound_py_any(py)
            }
        }
    )*};
}

infos! {
    NamespaceInfo, namespace_info;
    CollectionInfo, collection_info;
    IndexInfo, index_info;
}

impl Answer for Path {
    fn to_object<'py>(&self, py: Python<'py>) -> PyResult<Object<'py>> {
        let Path { found, nodes, edges } = self;
        let found = found
            .then(|| -> PyResult<_> { Ok((list(py, nodes, |py, id| name(py, id.as_str()))?, list(py, edges, edge)?)) });
        found.transpose()?.into_bound_py_any(py)
    }
}

impl Answer for TemporalRoute {
    fn to_object<'py>(&self, py: Python<'py>) -> PyResult<Object<'py>> {
        let TemporalRoute { found, nodes, edges } = self;
        let found = found.then(|| -> PyResult<_> {
            Ok((list(py, nodes, |py, id| name(py, id.as_str()))?, list(py, edges, temporal_edge)?))
        });
        found.transpose()?.into_bound_py_any(py)
    }
}

impl Answer for MaybeCacheHit {
    fn to_object<'py>(&self, py: Python<'py>) -> PyResult<Object<'py>> {
        let Some(CacheHit { key, value, similarity }) = &self.hit else { return Ok(py.None().into_bound(py)) };
        classes::cache_hit(py)?.call1((key, value, shortest(*similarity)))
    }
}

fn section_result<'py>(py: Python<'py>, section: &SectionResult) -> PyResult<Object<'py>> {
    let SectionResult { name, tokens, rows, rows_dropped, duplicates, truncated, content } = section;
    classes::section_result(py)?.call1((name, *tokens, *rows, *rows_dropped, *duplicates, *truncated, content))
}

fn checkpoint_info<'py>(py: Python<'py>, info: &CheckpointInfo) -> PyResult<Object<'py>> {
    let CheckpointInfo { id, name, namespace, created_at, size_bytes, keys, commit_seq, metadata, damaged } = info;
    let fields = fields!(py, {
        id: id.as_str(),
        name: name.as_str(),
        namespace: namespace.as_str(),
        created_at: created_at.0,
        size_bytes: size_bytes,
        keys: keys,
        commit_seq: commit_seq.0,
        metadata: properties_to_dict(py, metadata)?,
        damaged: damaged.as_deref(),
    });
    classes::checkpoint_info(py)?.call((), Some(&fields))
}

impl Answer for ServerStats {
    fn to_object<'py>(&self, py: Python<'py>) -> PyResult<Object<'py>> {
        let ServerStats {
            version,
            pid,
            uptime_ms,
            namespaces,
            open_namespaces,
            reads,
            writes,
            errors,
            panics,
            lost_entries,
            lost_bytes,
            scrub_rounds,
            scrubbed_bytes,
            damaged_namespaces,
            damaged_checkpoints,
        } = self;
        let fields = fields!(py, {
            version: version,
            pid: pid,
            uptime_ms: uptime_ms,
            namespaces: namespaces,
            open_namespaces: open_namespaces,
            reads: reads,
            writes: writes,
            errors: errors,
            panics: panics,
            lost_entries: lost_entries,
            lost_bytes: lost_bytes,
            scrub_rounds: scrub_rounds,
            scrubbed_bytes: scrubbed_bytes,
            damaged_namespaces: damaged_namespaces,
            damaged_checkpoints: damaged_checkpoints,
        });
        classes::server_stats(py)?.call((), Some(&fields))
    }
}

fn checked_namespace<'py>(py: Python<'py>, checked: &CheckedNamespace) -> PyResult<Object<'py>> {
    let CheckedNamespace { name, commit_seq, rows, pages } = checked;
    classes::checked_namespace(py)?.call1((name.as_str(), commit_seq.0, *rows, *pages))
}

fn finding<'py>(py: Python<'py>, finding: &Finding) -> PyResult<Object<'py>> {
    let Finding { kind, part, place, what, advice } = finding;
    classes::finding(py)?.call1((kind.name(), part.name(), place.as_str(), what.as_str(), advice.as_str()))
}

impl Answer for CheckReport {
    fn to_object<'py>(&self, py: Python<'py>) -> PyResult<Object<'py>> {
        let CheckReport { namespaces, checkpoints, findings, more, repaired } = self;
        let fields = fields!(py, {
            namespaces: list(py, namespaces, checked_namespace)?,
            checkpoints: checkpoints,
            findings: list(py, findings, finding)?,
            more: more,
            repaired: list(py, repaired, finding)?,
        });
        classes::check_report(py)?.call((), Some(&fields))
    }
}
