//! Reads as values: each made by one constructor, then asked for as native objects, in a format, or as a section of a
//! context.

mod collections;
mod graph;
mod keys;
mod native;
mod temporal;
mod vectors;

use pyo3::prelude::*;
use pyo3::types::{PyAny, PyType};
use toondb_engine::api::{CommitSeq, RowsQuery};

pub use native::native;

/// A read that gives rows: what to look for, without the namespace to look in.
///
/// Each kind is made by the method that has the name and the arguments of the method of Database, for example
/// Query.search_collection("notes", embedding, k=5). It is what a Section of query_context holds.
#[pyclass(frozen, module = "toondb")]
pub struct Query {
    read: RowsQuery,
}

impl Query {
    fn of(read: RowsQuery) -> Self {
        Self { read }
    }

    /// The read, for one call.
    pub fn read(&self) -> RowsQuery {
        self.read.clone()
    }
}

#[pymethods]
impl Query {
    /// The type of what the read gives, for annotations: Query[List[Document]].
    #[classmethod]
    fn __class_getitem__<'py>(class: &Bound<'py, PyType>, item: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        class.py().import("types")?.getattr("GenericAlias")?.call1((class, item))
    }

    /// The same read at a held snapshot.
    fn _at(&self, snapshot: u64) -> Self {
        Self::of(self.read().at(CommitSeq(snapshot)))
    }
}
