//! The answers to reads as native objects.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use toondb_engine::api::{ByteBuf, KvEntry, KvValue, RowsQuery, Subgraph, TemporalPath};

use crate::core::Core;
use crate::record::{Object, document, document_hits, edge, list, node, optional_list, temporal_edge, vector_hits};

fn value_bytes<'py>(py: Python<'py>, value: &KvValue) -> PyResult<Object<'py>> {
    Ok(PyBytes::new(py, &value.value).into_any())
}

fn entry_tuple<'py>(py: Python<'py>, entry: &KvEntry) -> PyResult<Object<'py>> {
    let KvEntry { key, value, version: _ } = entry;
    Ok((PyBytes::new(py, key), PyBytes::new(py, value)).into_pyobject(py)?.into_any())
}

/// Items, and where to go on.
fn page<'py>(py: Python<'py>, items: Bound<'py, PyList>, cursor: Option<ByteBuf>) -> PyResult<Object<'py>> {
    Ok((items, cursor.map(|cursor| PyBytes::new(py, &cursor))).into_pyobject(py)?.into_any())
}

/// Carries a read out: the objects of the dataclasses, and what says whether they are all.
pub fn native<'py>(core: &Core, py: Python<'py>, namespace: &str, read: RowsQuery) -> PyResult<Object<'py>> {
    match read {
        RowsQuery::Scan(scan) => {
            let found = core.call(py, namespace, scan)?;
            page(py, list(py, &found.entries, entry_tuple)?, found.cursor)
        }
        RowsQuery::MultiGet(get) => {
            optional_list(py, &core.call(py, namespace, get)?.values, value_bytes).map(Bound::into_any)
        }
        RowsQuery::GetDocuments(get) => {
            optional_list(py, &core.call(py, namespace, get)?.documents, document).map(Bound::into_any)
        }
        RowsQuery::SearchCollection(search) => document_hits(py, &core.call(py, namespace, search)?),
        RowsQuery::SearchVectors(search) => vector_hits(py, &core.call(py, namespace, search)?),
        RowsQuery::GetEdges(get) => {
            let found = core.call(py, namespace, get)?;
            page(py, list(py, &found.edges, edge)?, found.cursor)
        }
        RowsQuery::Traverse(walk) => subgraph(py, &core.call(py, namespace, walk)?),
        RowsQuery::Neighbors(near) => subgraph(py, &core.call(py, namespace, near)?),
        RowsQuery::QueryTemporal(query) => {
            let found = core.call(py, namespace, query)?;
            Ok((list(py, &found.edges, temporal_edge)?, found.truncated).into_pyobject(py)?.into_any())
        }
        RowsQuery::TraverseTemporal(walk) => {
            let TemporalPath { nodes, edges, truncated } = core.call(py, namespace, walk)?;
            let lists = (list(py, &nodes, node)?, list(py, &edges, temporal_edge)?, truncated);
            Ok(lists.into_pyobject(py)?.into_any())
        }
        RowsQuery::TemporalHistory(past) => {
            let found = core.call(py, namespace, past)?;
            page(py, list(py, &found.edges, temporal_edge)?, found.cursor)
        }
    }
}

/// Nodes, edges, and whether a limit cut them short.
fn subgraph<'py>(py: Python<'py>, subgraph: &Subgraph) -> PyResult<Object<'py>> {
    let Subgraph { nodes, edges, truncated } = subgraph;
    Ok((list(py, nodes, node)?, list(py, edges, edge)?, *truncated).into_pyobject(py)?.into_any())
}
