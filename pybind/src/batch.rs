//! Writes and preconditions collected for one atomic commit.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyDict;
use toondb_engine::api::{Error, Precondition, Write};

use crate::arguments;
use crate::error::{invalid, to_python};
use crate::record::{self, Object};
use crate::value::properties_to_dict;

#[derive(Default)]
struct Contents {
    preconditions: Vec<Precondition>,
    writes: Vec<Write>,
}

/// What `toondb.WriteBatch` holds.
#[pyclass(frozen, subclass, module = "toondb._toondb", name = "Batch")]
#[derive(Default)]
pub struct WriteBatch {
    contents: Mutex<Contents>,
}

impl WriteBatch {
    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// How many writes it holds.
    fn __len__(&self) -> usize {
        self.lock().writes.len()
    }

    /// True if it holds anything, be it only a precondition.
    fn __bool__(&self) -> bool {
        let contents = self.lock();
        !(contents.writes.is_empty() && contents.preconditions.is_empty())
    }

    /// Adds a write of the table of operations.
    fn _add(&self, py: Python<'_>, operation: &str, arguments: &Bound<'_, PyDict>) -> PyResult<()> {
        let write = Write::try_from(arguments::request(py, operation, arguments)?)
            .map_err(|other| to_python(py, &Error::internal(format!("a commit holds no {}", other.code().name()))))?;
        if let Write::AddDocuments { documents, .. } = &write
            && documents.iter().any(|document| document.id.is_none())
        {
            return Err(invalid(py, "a document of a commit has no id; give it one"));
        }
        self.lock().writes.push(write);
        Ok(())
    }

    /// What the newest write gives to whoever reads it, as it will be stored: documents, a node, an edge, or the fields that
    /// are merged into others; `None` for any other write.
    fn _last<'py>(&self, py: Python<'py>) -> PyResult<Option<Object<'py>>> {
        let last = self.lock().writes.last().cloned();
        Ok(match last {
            Some(Write::AddDocuments { documents, .. }) => Some(record::documents(py, &documents)?.into_any()),
            Some(Write::UpdateDocuments(update)) => Some(properties_to_dict(py, &update.set)?.into_any()),
            Some(Write::UpdateNode(update)) => Some(properties_to_dict(py, &update.set)?.into_any()),
            Some(Write::UpdateEdge(update)) => Some(properties_to_dict(py, &update.set)?.into_any()),
            Some(Write::AddNode(node)) => Some(record::node(py, &node)?),
            Some(Write::AddEdge(edge)) => Some(record::edge(py, &edge)?),
            _ => None,
        })
    }

    /// True if one of the writes may change what is in a part; `name` is that of the collection or index.
    fn _changes(&self, part: &Bound<'_, PyAny>, name: &str) -> PyResult<bool> {
        let part = arguments::read(part, "part")?;
        Ok(self.lock().writes.iter().any(|write| write.changes(part, name)))
    }

    /// Adds a precondition.
    fn _require(&self, precondition: &Bound<'_, PyAny>) -> PyResult<()> {
        let precondition = arguments::read(precondition, "precondition")?;
        self.lock().preconditions.push(precondition);
        Ok(())
    }
}
