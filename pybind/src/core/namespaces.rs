//! Namespace operations.

use pyo3::prelude::*;
use toondb_engine::api::{
    CreateNamespace, DeleteNamespace, DescribeNamespace, Flush, ListNamespaces, NamespaceStatsRequest, Quota, SetQuota,
};

use super::Core;
use crate::record::{Object, namespace_info, namespace_stats};
use crate::value::properties_from;

#[pymethods]
impl Core {
    #[pyo3(signature = (name, metadata, bytes_max, vectors_max, collections_max, must_be_new))]
    #[expect(clippy::too_many_arguments, reason = "called from one place")]
    fn _create_namespace(
        &self,
        py: Python<'_>,
        name: &str,
        metadata: Option<&Bound<'_, PyAny>>,
        bytes_max: Option<u64>,
        vectors_max: Option<u64>,
        collections_max: Option<u64>,
        must_be_new: bool,
    ) -> PyResult<bool> {
        let quota = Quota { bytes_max, vectors_max, collections_max };
        let operation = CreateNamespace { metadata: properties_from(metadata)?, quota, must_be_new };
        self.call(py, name, operation).map(|reply| reply.created)
    }

    fn _list_namespaces(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let reply = self.call_engine(py, ListNamespaces {})?;
        Ok(reply.namespaces.into_iter().map(|info| info.name.into_string()).collect())
    }

    fn _describe_namespace<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Object<'py>> {
        namespace_info(py, &self.call(py, name, DescribeNamespace {})?)
    }

    fn _namespace_stats<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Object<'py>> {
        namespace_stats(py, &self.call(py, name, NamespaceStatsRequest {})?)
    }

    fn _delete_namespace(&self, py: Python<'_>, name: &str) -> PyResult<bool> {
        self.call(py, name, DeleteNamespace {}).map(|reply| reply.deleted > 0)
    }

    #[pyo3(signature = (name, bytes_max, vectors_max, collections_max))]
    fn _set_quota<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        bytes_max: Option<u64>,
        vectors_max: Option<u64>,
        collections_max: Option<u64>,
    ) -> PyResult<Object<'py>> {
        let quota = Quota { bytes_max, vectors_max, collections_max };
        namespace_info(py, &self.call(py, name, SetQuota { quota })?)
    }

    fn _flush(&self, py: Python<'_>, namespace: &str) -> PyResult<u64> {
        self.call(py, namespace, Flush {}).map(|reply| reply.flushed_seq.0)
    }
}
