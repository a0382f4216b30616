//! Reads of the property graph.

use pyo3::prelude::*;
use toondb_engine::api::{Direction, GetEdges, Neighbors, RowsQuery, TraversalOrder, Traverse};

use super::Query;
use crate::argument::{Bytes, Count, DirectionName, OrderName, edge_types};

/// Which way edges are looked at where the caller names none.
pub const OUTGOING: DirectionName = DirectionName(Direction::Outgoing);
/// The order of a walk where the caller names none.
pub const BFS: OrderName = OrderName(TraversalOrder::Bfs);

#[pymethods]
impl Query {
    /// The edges of a node; as Database.get_edges.
    ///
    /// limit: at most so many, None = 1,000. cursor: go on where an answer ended.
    #[staticmethod]
    #[pyo3(signature = (node_id, edge_types=None, direction=OUTGOING, limit=None, cursor=None),
           text_signature = "(node_id, edge_types=None, direction='outgoing', limit=None, cursor=None)")]
    fn get_edges(
        node_id: String,
        edge_types: Option<Vec<String>>,
        direction: DirectionName,
        limit: Option<Count>,
        cursor: Option<Bytes>,
    ) -> Self {
        Self::of(RowsQuery::GetEdges(GetEdges {
            node_id: node_id.into(),
            edge_types: self::edge_types(edge_types),
            direction: direction.0,
            limit: limit.map(|limit| limit.0),
            cursor: cursor.map(Into::into),
            snapshot: None,
        }))
    }

    /// A walk from a node; as Database.traverse.
    #[staticmethod]
    #[pyo3(signature = (start_node, max_depth=Count(3), edge_types=None, order=BFS, direction=OUTGOING, limit=None),
           text_signature = "(start_node, max_depth=3, edge_types=None, order='bfs', direction='outgoing', limit=None)")]
    fn traverse(
        start_node: String,
        max_depth: Count,
        edge_types: Option<Vec<String>>,
        order: OrderName,
        direction: DirectionName,
        limit: Option<Count>,
    ) -> Self {
        Self::of(RowsQuery::Traverse(Traverse {
            start: start_node.into(),
            order: order.0,
            max_depth: Some(max_depth.0),
            edge_types: self::edge_types(edge_types),
            direction: direction.0,
            limit: limit.map(|limit| limit.0),
            snapshot: None,
        }))
    }

    /// The nodes one edge away, and those edges; as Database.neighbors.
    #[staticmethod]
    #[pyo3(signature = (node_id, edge_types=None, direction=OUTGOING, limit=None),
           text_signature = "(node_id, edge_types=None, direction='outgoing', limit=None)")]
    fn neighbors(
        node_id: String,
        edge_types: Option<Vec<String>>,
        direction: DirectionName,
        limit: Option<Count>,
    ) -> Self {
        Self::of(RowsQuery::Neighbors(Neighbors {
            node_id: node_id.into(),
            direction: direction.0,
            edge_types: self::edge_types(edge_types),
            limit: limit.map(|limit| limit.0),
            snapshot: None,
        }))
    }
}
