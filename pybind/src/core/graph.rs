//! The property graph.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use toondb_engine::api::{
    AddEdge, AddNode, CommitSeq, DeleteEdge, DeleteNode, Edge, GetEdges, GetNode, Neighbors, Node, Path, ShortestPath,
    Subgraph, Traverse,
};

use super::Core;
use crate::argument::{Bytes, Count, DirectionName, DurabilityName, OrderName, edge_types};
use crate::record::{Object, edge, list, node};
use crate::value::properties_from;

/// Nodes, edges, and whether a limit cut them short.
type Lists<'py> = (Bound<'py, PyList>, Bound<'py, PyList>, bool);

fn subgraph<'py>(py: Python<'py>, subgraph: &Subgraph) -> PyResult<Lists<'py>> {
    let Subgraph { nodes, edges, truncated } = subgraph;
    Ok((list(py, nodes, node)?, list(py, edges, edge)?, *truncated))
}

#[pymethods]
impl Core {
    fn _add_node(
        &self,
        py: Python<'_>,
        namespace: &str,
        id: String,
        node_type: String,
        properties: Option<&Bound<'_, PyAny>>,
        durability: DurabilityName,
    ) -> PyResult<bool> {
        let node = Node { id: id.into(), node_type, properties: properties_from(properties)? };
        self.call(py, namespace, AddNode { node, durability: durability.0 }).map(|reply| reply.created)
    }

    fn _get_node<'py>(
        &self,
        py: Python<'py>,
        namespace: &str,
        id: String,
        snapshot: Option<u64>,
    ) -> PyResult<Option<Object<'py>>> {
        let reply = self.call(py, namespace, GetNode { id: id.into(), snapshot: snapshot.map(CommitSeq) })?;
        reply.node.map(|found| node(py, &found)).transpose()
    }

    fn _delete_node(&self, py: Python<'_>, namespace: &str, id: String, durability: DurabilityName) -> PyResult<bool> {
        let operation = DeleteNode { id: id.into(), durability: durability.0 };
        self.call(py, namespace, operation).map(|reply| reply.deleted > 0)
    }

    #[expect(clippy::too_many_arguments, reason = "called from one place")]
    fn _add_edge(
        &self,
        py: Python<'_>,
        namespace: &str,
        from_id: String,
        edge_type: String,
        to_id: String,
        properties: Option<&Bound<'_, PyAny>>,
        durability: DurabilityName,
    ) -> PyResult<bool> {
        let edge = Edge {
            from_id: from_id.into(),
            edge_type: edge_type.into(),
            to_id: to_id.into(),
            properties: properties_from(properties)?,
        };
        self.call(py, namespace, AddEdge { edge, durability: durability.0 }).map(|reply| reply.created)
    }

    fn _delete_edge(
        &self,
        py: Python<'_>,
        namespace: &str,
        from_id: String,
        edge_type: String,
        to_id: String,
        durability: DurabilityName,
    ) -> PyResult<bool> {
        let operation = DeleteEdge {
            from_id: from_id.into(),
            edge_type: edge_type.into(),
            to_id: to_id.into(),
            durability: durability.0,
        };
        self.call(py, namespace, operation).map(|reply| reply.deleted > 0)
    }

    #[expect(clippy::too_many_arguments, reason = "called from one place")]
    fn _get_edges<'py>(
        &self,
        py: Python<'py>,
        namespace: &str,
        node_id: String,
        types: Option<Vec<String>>,
        direction: DirectionName,
        limit: Count,
        cursor: Option<Bytes>,
    ) -> PyResult<(Bound<'py, PyList>, Option<Bound<'py, PyBytes>>)> {
        let operation = GetEdges {
            node_id: node_id.into(),
            edge_types: edge_types(types),
            direction: direction.0,
            limit: Some(limit.0),
            cursor: cursor.map(Into::into),
            snapshot: None,
        };
        let page = self.call(py, namespace, operation)?;
        Ok((list(py, &page.edges, edge)?, page.cursor.map(|cursor| PyBytes::new(py, &cursor))))
    }

    #[expect(clippy::too_many_arguments, reason = "called from one place")]
    fn _traverse<'py>(
        &self,
        py: Python<'py>,
        namespace: &str,
        start: String,
        max_depth: Count,
        types: Option<Vec<String>>,
        order: OrderName,
        direction: DirectionName,
        limit: Option<Count>,
    ) -> PyResult<Lists<'py>> {
        let operation = Traverse {
            start: start.into(),
            order: order.0,
            max_depth: Some(max_depth.0),
            edge_types: edge_types(types),
            direction: direction.0,
            limit: limit.map(|limit| limit.0),
            snapshot: None,
        };
        subgraph(py, &self.call(py, namespace, operation)?)
    }

    #[expect(clippy::too_many_arguments, reason = "called from one place")]
    fn _shortest_path<'py>(
        &self,
        py: Python<'py>,
        namespace: &str,
        from_id: String,
        to_id: String,
        max_depth: Option<Count>,
        types: Option<Vec<String>>,
        direction: DirectionName,
    ) -> PyResult<Option<(Vec<String>, Bound<'py, PyList>)>> {
        let operation = ShortestPath {
            from_id: from_id.into(),
            to_id: to_id.into(),
            max_depth: max_depth.map(|depth| depth.0),
            edge_types: edge_types(types),
            direction: direction.0,
            snapshot: None,
        };
        let Path { found, nodes, edges } = self.call(py, namespace, operation)?;
        if !found {
            return Ok(None);
        }
        let nodes = nodes.into_iter().map(|id| id.into_string()).collect();
        Ok(Some((nodes, list(py, &edges, edge)?)))
    }

    fn _neighbors<'py>(
        &self,
        py: Python<'py>,
        namespace: &str,
        node_id: String,
        types: Option<Vec<String>>,
        direction: DirectionName,
        limit: Option<Count>,
    ) -> PyResult<Lists<'py>> {
        let operation = Neighbors {
            node_id: node_id.into(),
            direction: direction.0,
            edge_types: edge_types(types),
            limit: limit.map(|limit| limit.0),
            snapshot: None,
        };
        subgraph(py, &self.call(py, namespace, operation)?)
    }
}
