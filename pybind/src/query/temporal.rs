//! Reads of the bitemporal graph. Times are milliseconds since 1970, negative before it.

use pyo3::prelude::*;
use toondb_engine::api::{
    AsOf, CommitSeq, QueryTemporal, RowsQuery, TemporalHistory, TemporalMode, TimestampMs, TraverseTemporal,
};

use super::Query;
use super::graph::{BFS, OUTGOING};
use crate::argument::{Bytes, Count, DirectionName, OrderName, edge_types};
use crate::error::invalid;

/// Which beliefs are meant: those of a commit, or those of a time.
fn as_of_from(py: Python<'_>, time: Option<i64>, seq: Option<u64>) -> PyResult<Option<AsOf>> {
    match (time, seq) {
        (None, None) => Ok(None),
        (Some(time), None) => Ok(Some(AsOf::Time(TimestampMs(time)))),
        (None, Some(seq)) => Ok(Some(AsOf::Seq(CommitSeq(seq)))),
        (Some(_), Some(_)) => {
            Err(invalid(py, "as_of and as_of_seq both say which beliefs are meant; give one of them"))
        }
    }
}

/// Which facts are meant, by valid time. A time that the mode does not use is refused: it would be a misunderstanding.
fn mode_from(
    py: Python<'_>,
    mode: &str,
    timestamp: Option<i64>,
    start: Option<i64>,
    end: Option<i64>,
    clip: bool,
) -> PyResult<TemporalMode> {
    match (mode.to_ascii_uppercase().as_str(), timestamp, start, end) {
        ("POINT_IN_TIME", Some(at), None, None) => Ok(TemporalMode::PointInTime { at: TimestampMs(at) }),
        ("POINT_IN_TIME", ..) => {
            Err(invalid(py, "mode POINT_IN_TIME takes timestamp, in milliseconds, and neither start_time nor end_time"))
        }
        ("RANGE", None, Some(start), Some(end)) => {
            Ok(TemporalMode::Range { start: TimestampMs(start), end: TimestampMs(end), clip })
        }
        ("RANGE", ..) => {
            Err(invalid(py, "mode RANGE takes start_time and end_time, in milliseconds, and no timestamp"))
        }
        ("CURRENT", None, None, None) => Ok(TemporalMode::Current),
        ("CURRENT", ..) => Err(invalid(py, "mode CURRENT takes no times; for another time use POINT_IN_TIME")),
        _ => Err(invalid(py, format!("mode {mode:?} is unknown; choose one of POINT_IN_TIME RANGE CURRENT"))),
    }
}

#[pymethods]
impl Query {
    /// The facts of a node; as Database.query_temporal_graph.
    #[staticmethod]
    #[expect(clippy::too_many_arguments, reason = "the arguments are the public signature of the Python method")]
    #[pyo3(signature = (node_id, mode="POINT_IN_TIME", timestamp=None, start_time=None, end_time=None, edge_types=None,
                        direction=OUTGOING, as_of=None, as_of_seq=None, clip=false, limit=None),
           text_signature = "(node_id, mode='POINT_IN_TIME', timestamp=None, start_time=None, end_time=None, \
                             edge_types=None, direction='outgoing', as_of=None, as_of_seq=None, clip=False, limit=None)")]
    fn query_temporal_graph(
        py: Python<'_>,
        node_id: String,
        mode: &str,
        timestamp: Option<i64>,
        start_time: Option<i64>,
        end_time: Option<i64>,
        edge_types: Option<Vec<String>>,
        direction: DirectionName,
        as_of: Option<i64>,
        as_of_seq: Option<u64>,
        clip: bool,
        limit: Option<Count>,
    ) -> PyResult<Self> {
        Ok(Self::of(RowsQuery::QueryTemporal(QueryTemporal {
            node_id: node_id.into(),
            mode: mode_from(py, mode, timestamp, start_time, end_time, clip)?,
            edge_types: self::edge_types(edge_types),
            direction: direction.0,
            as_of: as_of_from(py, as_of, as_of_seq)?,
            limit: limit.map(|limit| limit.0),
            snapshot: None,
        })))
    }

    /// A walk along edges that are all valid at one instant; as Database.traverse_temporal.
    #[staticmethod]
    #[expect(clippy::too_many_arguments, reason = "the arguments are the public signature of the Python method")]
    #[pyo3(signature = (start_node, timestamp=None, max_depth=Count(3), edge_types=None, order=BFS, direction=OUTGOING,
                        as_of=None, as_of_seq=None, limit=None),
           text_signature = "(start_node, timestamp=None, max_depth=3, edge_types=None, order='bfs', \
                             direction='outgoing', as_of=None, as_of_seq=None, limit=None)")]
    fn traverse_temporal(
        py: Python<'_>,
        start_node: String,
        timestamp: Option<i64>,
        max_depth: Count,
        edge_types: Option<Vec<String>>,
        order: OrderName,
        direction: DirectionName,
        as_of: Option<i64>,
        as_of_seq: Option<u64>,
        limit: Option<Count>,
    ) -> PyResult<Self> {
        Ok(Self::of(RowsQuery::TraverseTemporal(TraverseTemporal {
            start: start_node.into(),
            at: timestamp.map(TimestampMs),
            as_of: as_of_from(py, as_of, as_of_seq)?,
            order: order.0,
            max_depth: Some(max_depth.0),
            edge_types: self::edge_types(edge_types),
            direction: direction.0,
            limit: limit.map(|limit| limit.0),
            snapshot: None,
        })))
    }

    /// Every belief about a node's facts; as Database.temporal_history.
    ///
    /// limit: at most so many, None = 1,000. cursor: go on where an answer ended.
    #[staticmethod]
    #[pyo3(signature = (node_id, edge_type=None, other_id=None, direction=OUTGOING, limit=None, cursor=None),
           text_signature = "(node_id, edge_type=None, other_id=None, direction='outgoing', limit=None, cursor=None)")]
    fn temporal_history(
        node_id: String,
        edge_type: Option<String>,
        other_id: Option<String>,
        direction: DirectionName,
        limit: Option<Count>,
        cursor: Option<Bytes>,
    ) -> Self {
        Self::of(RowsQuery::TemporalHistory(TemporalHistory {
            node_id: node_id.into(),
            edge_type: edge_type.map(Into::into),
            other_id: other_id.map(Into::into),
            direction: direction.0,
            limit: limit.map(|limit| limit.0),
            cursor: cursor.map(Into::into),
            snapshot: None,
        }))
    }
}
