//! Bare vector indexes.

use pyo3::prelude::*;
use pyo3::types::PyList;
use toondb_engine::api::{
    CountVectors, CreateIndex, DeleteVectors, DescribeIndex, DropIndex, GetVectors, InsertVectors, ListIndexes,
    SearchBatchVectors,
};

use super::Core;
use crate::argument::{Count, DurabilityName, MetricName};
use crate::error::invalid;
use crate::record::{Object, embedding, index_info, list, optional_list, vector_hits};
use crate::vector::{Ids, Matrix};

#[pymethods]
impl Core {
    fn _create_index(
        &self,
        py: Python<'_>,
        namespace: &str,
        index: String,
        dimension: Count,
        metric: MetricName,
    ) -> PyResult<bool> {
        let operation = CreateIndex { index: index.into(), dimension: dimension.0, metric: metric.0 };
        self.call(py, namespace, operation).map(|reply| reply.created)
    }

    fn _list_indexes(&self, py: Python<'_>, namespace: &str) -> PyResult<Vec<String>> {
        let reply = self.call(py, namespace, ListIndexes {})?;
        Ok(reply.indexes.into_iter().map(|info| info.name.into_string()).collect())
    }

    fn _describe_index<'py>(&self, py: Python<'py>, namespace: &str, index: String) -> PyResult<Object<'py>> {
        index_info(py, &self.call(py, namespace, DescribeIndex { index: index.into() })?)
    }

    fn _drop_index(&self, py: Python<'_>, namespace: &str, index: String) -> PyResult<bool> {
        self.call(py, namespace, DropIndex { index: index.into() }).map(|reply| reply.deleted > 0)
    }

    fn _insert_vectors(
        &self,
        py: Python<'_>,
        namespace: &str,
        index: String,
        ids: Ids,
        vectors: Matrix,
        durability: DurabilityName,
    ) -> PyResult<u64> {
        let (given, rows) = (ids.0.len(), vectors.rows);
        if given != rows {
            return Err(invalid(py, format!("{given} ids for {rows} vectors; give one id for each vector")));
        }
        let operation =
            InsertVectors { index: index.into(), ids: ids.into(), vectors: vectors.numbers, durability: durability.0 };
        self.call(py, namespace, operation).map(|reply| reply.inserted)
    }

    fn _get_vectors<'py>(
        &self,
        py: Python<'py>,
        namespace: &str,
        index: String,
        ids: Ids,
    ) -> PyResult<Bound<'py, PyList>> {
        let reply = self.call(py, namespace, GetVectors { index: index.into(), ids: ids.0, snapshot: None })?;
        optional_list(py, &reply.vectors, |py, vector| embedding(py, Some(vector)).map(Bound::into_any))
    }

    fn _delete_vectors(
        &self,
        py: Python<'_>,
        namespace: &str,
        index: String,
        ids: Ids,
        durability: DurabilityName,
    ) -> PyResult<u64> {
        let operation = DeleteVectors { index: index.into(), ids: ids.0, durability: durability.0 };
        self.call(py, namespace, operation).map(|reply| reply.deleted)
    }

    fn _count_vectors(&self, py: Python<'_>, namespace: &str, index: String) -> PyResult<u64> {
        self.call(py, namespace, CountVectors { index: index.into() }).map(|reply| reply.count)
    }

    #[expect(clippy::too_many_arguments, reason = "called from one place")]
    #[pyo3(signature = (namespace, index, queries, k, ef, include_embedding))]
    fn _search_batch<'py>(
        &self,
        py: Python<'py>,
        namespace: &str,
        index: String,
        queries: Matrix,
        k: Count,
        ef: Option<Count>,
        include_embedding: bool,
    ) -> PyResult<Bound<'py, PyList>> {
        let operation = SearchBatchVectors {
            index: index.into(),
            queries: queries.numbers,
            k: Some(k.0),
            ef: ef.map(|ef| ef.0),
            include_embedding,
            snapshot: None,
        };
        list(py, &self.call(py, namespace, operation)?.results, vector_hits)
    }
}
