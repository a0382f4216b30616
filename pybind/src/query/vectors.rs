//! Reads of bare vector indexes.

use pyo3::prelude::*;
use toondb_engine::api::{RowsQuery, SearchVectors};

use super::Query;
use crate::argument::Count;
use crate::vector::Vector;

#[pymethods]
impl Query {
    /// The vectors nearest to a query; as Database.search.
    #[staticmethod]
    #[pyo3(signature = (index_name, query, k=Count(10), ef=None, include_embeddings=false),
           text_signature = "(index_name, query, k=10, ef=None, include_embeddings=False)")]
    fn search(index_name: String, query: Vector, k: Count, ef: Option<Count>, include_embeddings: bool) -> Self {
        Self::of(RowsQuery::SearchVectors(SearchVectors {
            index: index_name.into(),
            query: query.0,
            k: Some(k.0),
            ef: ef.map(|ef| ef.0),
            include_embedding: include_embeddings,
            snapshot: None,
        }))
    }
}
