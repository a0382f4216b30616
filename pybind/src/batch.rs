//! Writes and preconditions collected for one atomic commit.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use toondb_engine::api::{CommitSeq, Condition, Edge, Node, Precondition, PutEntry, Target, TimestampMs, Write};

use crate::argument::{Bytes, ttl_ms};
use crate::document::{documents_from, fact_from};
use crate::error::invalid;
use crate::value::properties_from;
use crate::vector::{Ids, Matrix};

#[derive(Default)]
struct Contents {
    preconditions: Vec<Precondition>,
    writes: Vec<Write>,
}

/// Writes and preconditions for one atomic commit: see Database.commit.
///
/// The methods mean the same as those of Database. Writes are made in order, later ones see earlier ones; preconditions
/// are checked before all of them, and one that does not hold raises TransactionConflictError and changes nothing.
#[pyclass(frozen, module = "toondb")]
#[derive(Default)]
pub struct WriteBatch {
    contents: Mutex<Contents>,
}

impl WriteBatch {
    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, write: Write) {
        self.lock().writes.push(write);
    }

    fn require(&self, target: Target, condition: Condition) {
        self.lock().preconditions.push(Precondition { target, condition });
    }

    /// A copy of what has been collected: a commit that failed may be sent again.
    pub fn contents(&self) -> (Vec<Precondition>, Vec<Write>) {
        let contents = self.lock();
        (contents.preconditions.clone(), contents.writes.clone())
    }
}

#[pymethods]
impl WriteBatch {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn __len__(&self) -> usize {
        self.lock().writes.len()
    }

    // Without it a batch that holds only preconditions would be false.
    fn __bool__(&self) -> bool {
        true
    }

    /// Write a key. ttl: seconds from the commit after which it is gone.
    #[pyo3(signature = (key, value, ttl=None))]
    fn put(&self, py: Python<'_>, key: Bytes, value: Bytes, ttl: Option<f64>) -> PyResult<()> {
        let ttl_ms = ttl_ms(py, ttl)?;
        self.write(Write::Put(PutEntry { key: key.into(), value: value.into(), ttl_ms }));
        Ok(())
    }

    /// Delete a key.
    fn delete(&self, key: Bytes) {
        self.write(Write::DeleteKey { key: key.into() });
    }

    /// Add or replace documents; each needs an id here, so that a repeated commit does not add it twice.
    #[pyo3(signature = (collection_name, documents, embeddings=None))]
    fn add_documents(
        &self,
        collection_name: String,
        documents: &Bound<'_, PyAny>,
        embeddings: Option<Matrix>,
    ) -> PyResult<()> {
        let py = documents.py();
        let documents = documents_from(documents, embeddings)?;
        if documents.iter().any(|document| document.id.is_none()) {
            return Err(invalid(py, "a document of a commit has no id; give it one"));
        }
        self.write(Write::AddDocuments { collection: collection_name.into(), documents });
        Ok(())
    }

    /// Delete documents by id.
    fn delete_documents(&self, collection_name: String, ids: Vec<String>) {
        let ids = ids.into_iter().map(Into::into).collect();
        self.write(Write::DeleteDocuments { collection: collection_name.into(), ids });
    }

    /// Insert or replace vectors.
    fn insert_vectors(&self, py: Python<'_>, index_name: String, ids: Ids, vectors: Matrix) -> PyResult<()> {
        let (given, rows) = (ids.0.len(), vectors.rows);
        if given != rows {
            return Err(invalid(py, format!("{given} ids for {rows} vectors; give one id for each vector")));
        }
        self.write(Write::InsertVectors { index: index_name.into(), ids: ids.into(), vectors: vectors.numbers });
        Ok(())
    }

    /// Delete vectors by id.
    fn delete_vectors(&self, index_name: String, ids: Ids) {
        self.write(Write::DeleteVectors { index: index_name.into(), ids: ids.0 });
    }

    /// Add or replace a node.
    #[pyo3(signature = (node_id, node_type, properties=None))]
    fn add_node(&self, node_id: String, node_type: String, properties: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        self.write(Write::AddNode(Node { id: node_id.into(), node_type, properties: properties_from(properties)? }));
        Ok(())
    }

    /// Delete a node with all its edges.
    fn delete_node(&self, node_id: String) {
        self.write(Write::DeleteNode { id: node_id.into() });
    }

    /// Add or replace an edge. Both nodes must exist by then.
    #[pyo3(signature = (from_id, edge_type, to_id, properties=None))]
    fn add_edge(
        &self,
        from_id: String,
        edge_type: String,
        to_id: String,
        properties: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let properties = properties_from(properties)?;
        let edge = Edge { from_id: from_id.into(), edge_type: edge_type.into(), to_id: to_id.into(), properties };
        self.write(Write::AddEdge(edge));
        Ok(())
    }

    /// Delete an edge.
    fn delete_edge(&self, from_id: String, edge_type: String, to_id: String) {
        self.write(Write::DeleteEdge { from_id: from_id.into(), edge_type: edge_type.into(), to_id: to_id.into() });
    }

    /// State a fact that holds over [valid_from, valid_until), in milliseconds; 0 = open.
    #[pyo3(signature = (from_id, edge_type, to_id, valid_from, valid_until=0, properties=None))]
    fn add_temporal_edge(
        &self,
        from_id: String,
        edge_type: String,
        to_id: String,
        valid_from: i64,
        valid_until: i64,
        properties: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let fact = fact_from(from_id, edge_type, to_id, (valid_from, valid_until), properties)?;
        self.write(Write::AddTemporalEdge(fact));
        Ok(())
    }

    /// End the open periods of an edge at a time in milliseconds; None = now.
    #[pyo3(signature = (from_id, edge_type, to_id, at=None))]
    fn close_temporal_edge(&self, from_id: String, edge_type: String, to_id: String, at: Option<i64>) {
        let (from_id, edge_type, to_id) = (from_id.into(), edge_type.into(), to_id.into());
        self.write(Write::CloseTemporalEdge { from_id, edge_type, to_id, at: at.map(TimestampMs) });
    }

    /// State the next value of a single-valued relation; the open fact ends where this one begins.
    #[pyo3(signature = (from_id, edge_type, to_id, valid_from, valid_until=0, properties=None))]
    fn supersede_temporal_edge(
        &self,
        from_id: String,
        edge_type: String,
        to_id: String,
        valid_from: i64,
        valid_until: i64,
        properties: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let fact = fact_from(from_id, edge_type, to_id, (valid_from, valid_until), properties)?;
        self.write(Write::SupersedeTemporalEdge(fact));
        Ok(())
    }

    /// Commit only if the key is absent.
    fn require_absent(&self, key: Bytes) {
        self.require(Target::Key { key: key.into() }, Condition::Absent);
    }

    /// Commit only if the key is present.
    fn require_present(&self, key: Bytes) {
        self.require(Target::Key { key: key.into() }, Condition::Present);
    }

    /// Commit only if the key holds exactly this value.
    fn require_value(&self, key: Bytes, value: Bytes) {
        self.require(Target::Key { key: key.into() }, Condition::Equals { value: value.into() });
    }

    fn _read_key(&self, key: Bytes, seq: u64, found: bool) {
        self.require(Target::Key { key: key.into() }, as_read(seq, found));
    }

    fn _read_range(&self, start: Bytes, end: Option<Bytes>, seq: u64, count: u64) {
        let target = Target::KeyRange { start: start.into(), end: end.map(Into::into) };
        let condition =
            if count == 0 { Condition::Absent } else { Condition::UnchangedSince { seq: CommitSeq(seq), count } };
        self.require(target, condition);
    }

    fn _read_document(&self, collection: String, id: String, seq: u64, found: bool) {
        self.require(Target::Document { collection: collection.into(), id: id.into() }, as_read(seq, found));
    }

    fn _read_node(&self, id: String, seq: u64, found: bool) {
        self.require(Target::Node { id: id.into() }, as_read(seq, found));
    }
}

/// What must still hold of something that was read, or found absent, at a snapshot.
fn as_read(seq: u64, found: bool) -> Condition {
    if found { Condition::UnchangedSince { seq: CommitSeq(seq), count: 0 } } else { Condition::Absent }
}
