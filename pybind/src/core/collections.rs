//! Collections of documents.

use pyo3::prelude::*;
use pyo3::types::PyList;
use toondb_engine::api::{
    AddDocuments, CountDocuments, CreateCollection, DeleteByFilter, DeleteDocuments, DescribeCollection, DocumentId,
    DropCollection, ListCollections, SearchBatchCollection,
};

use super::Core;
use crate::argument::{Count, DurabilityName, MetricName};
use crate::document::documents_from;
use crate::record::{Object, collection_info, document_hits, list};
use crate::value::{filter_from, given_filter, properties_from};
use crate::vector::Matrix;

/// Document ids as API ids.
fn document_ids(ids: Vec<String>) -> Vec<DocumentId> {
    ids.into_iter().map(DocumentId::from).collect()
}

#[pymethods]
impl Core {
    #[pyo3(signature = (namespace, collection, dimension, metric, metadata))]
    fn _create_collection(
        &self,
        py: Python<'_>,
        namespace: &str,
        collection: String,
        dimension: Count,
        metric: MetricName,
        metadata: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<bool> {
        let metadata = properties_from(metadata)?;
        let operation =
            CreateCollection { collection: collection.into(), dimension: dimension.0, metric: metric.0, metadata };
        self.call(py, namespace, operation).map(|reply| reply.created)
    }

    fn _list_collections(&self, py: Python<'_>, namespace: &str) -> PyResult<Vec<String>> {
        let reply = self.call(py, namespace, ListCollections {})?;
        Ok(reply.collections.into_iter().map(|info| info.name.into_string()).collect())
    }

    fn _describe_collection<'py>(&self, py: Python<'py>, namespace: &str, collection: String) -> PyResult<Object<'py>> {
        collection_info(py, &self.call(py, namespace, DescribeCollection { collection: collection.into() })?)
    }

    fn _drop_collection(&self, py: Python<'_>, namespace: &str, collection: String) -> PyResult<bool> {
        self.call(py, namespace, DropCollection { collection: collection.into() }).map(|reply| reply.deleted > 0)
    }

    #[pyo3(signature = (namespace, collection, documents, embeddings, durability))]
    fn _add_documents(
        &self,
        py: Python<'_>,
        namespace: &str,
        collection: String,
        documents: &Bound<'_, PyAny>,
        embeddings: Option<Matrix>,
        durability: DurabilityName,
    ) -> PyResult<Vec<String>> {
        let documents = documents_from(documents, embeddings)?;
        let operation = AddDocuments { collection: collection.into(), documents, durability: durability.0 };
        let reply = self.call(py, namespace, operation)?;
        Ok(reply.ids.into_iter().map(DocumentId::into_string).collect())
    }

    #[pyo3(signature = (namespace, collection, ids, durability))]
    fn _delete_documents(
        &self,
        py: Python<'_>,
        namespace: &str,
        collection: String,
        ids: Vec<String>,
        durability: DurabilityName,
    ) -> PyResult<u64> {
        let ids = document_ids(ids);
        let operation = DeleteDocuments { collection: collection.into(), ids, durability: durability.0 };
        self.call(py, namespace, operation).map(|reply| reply.deleted)
    }

    #[pyo3(signature = (namespace, collection, filter, durability))]
    fn _delete_by_filter(
        &self,
        py: Python<'_>,
        namespace: &str,
        collection: String,
        filter: &Bound<'_, PyAny>,
        durability: DurabilityName,
    ) -> PyResult<u64> {
        let filter = given_filter(filter)?;
        let operation = DeleteByFilter { collection: collection.into(), filter, durability: durability.0 };
        self.call(py, namespace, operation).map(|reply| reply.deleted)
    }

    #[pyo3(signature = (namespace, collection, filter))]
    fn _count_documents(
        &self,
        py: Python<'_>,
        namespace: &str,
        collection: String,
        filter: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<u64> {
        let filter = filter_from(filter)?;
        let operation = CountDocuments { collection: collection.into(), filter, snapshot: None };
        self.call(py, namespace, operation).map(|reply| reply.count)
    }

    #[expect(clippy::too_many_arguments, reason = "called from one place")]
    #[pyo3(signature = (namespace, collection, queries, k, ef, filter, include_embedding))]
    fn _search_collection_batch<'py>(
        &self,
        py: Python<'py>,
        namespace: &str,
        collection: String,
        queries: Matrix,
        k: Count,
        ef: Option<Count>,
        filter: Option<&Bound<'_, PyAny>>,
        include_embedding: bool,
    ) -> PyResult<Bound<'py, PyList>> {
        let operation = SearchBatchCollection {
            collection: collection.into(),
            queries: queries.numbers,
            k: Some(k.0),
            ef: ef.map(|ef| ef.0),
            filter: filter_from(filter)?,
            include_embedding,
            snapshot: None,
        };
        list(py, &self.call(py, namespace, operation)?.results, document_hits)
    }
}
