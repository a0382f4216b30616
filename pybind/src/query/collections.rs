//! Reads of documents.

use pyo3::prelude::*;
use toondb_engine::api::{DocumentId, GetDocuments, RowsQuery, SearchCollection};

use super::Query;
use crate::argument::Count;
use crate::value::filter_from;
use crate::vector::Vector;

#[pymethods]
impl Query {
    /// Documents by id; as Database.get_documents. Ids that are absent give no row.
    #[staticmethod]
    #[pyo3(signature = (collection_name, ids, include_embeddings=false))]
    fn get_documents(collection_name: String, ids: Vec<String>, include_embeddings: bool) -> Self {
        Self::of(RowsQuery::GetDocuments(GetDocuments {
            collection: collection_name.into(),
            ids: ids.into_iter().map(DocumentId::from).collect(),
            include_embedding: include_embeddings,
            snapshot: None,
        }))
    }

    /// The documents nearest to an embedding; as Database.search_collection.
    #[staticmethod]
    #[pyo3(signature = (collection_name, query, k=Count(10), filter=None, ef=None, include_embeddings=false),
           text_signature = "(collection_name, query, k=10, filter=None, ef=None, include_embeddings=False)")]
    fn search_collection(
        collection_name: String,
        query: Vector,
        k: Count,
        filter: Option<&Bound<'_, PyAny>>,
        ef: Option<Count>,
        include_embeddings: bool,
    ) -> PyResult<Self> {
        Ok(Self::of(RowsQuery::SearchCollection(SearchCollection {
            collection: collection_name.into(),
            query: query.0,
            k: Some(k.0),
            ef: ef.map(|ef| ef.0),
            filter: filter_from(filter)?,
            include_embedding: include_embeddings,
            snapshot: None,
        })))
    }
}
