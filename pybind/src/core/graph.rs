//! The property graph.

use pyo3::prelude::*;
use pyo3::types::PyList;
use toondb_engine::api::{
    AddEdge, AddNode, CommitSeq, DeleteEdge, DeleteNode, Edge, GetNode, Node, Path, ShortestPath,
};

use super::Core;
use crate::argument::{Count, DirectionName, DurabilityName, edge_types};
use crate::record::{Object, edge, list, node};
use crate::value::properties_from;

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
}
