//! The bitemporal graph. Times are milliseconds since 1970, negative before it; an open end is 0.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use toondb_engine::api::{
    AddTemporalEdge, AsOf, CloseTemporalEdge, CommitSeq, EraseTemporal, QueryTemporal, SupersedeTemporalEdge,
    TemporalHistory, TemporalMode, TemporalPath, TimestampMs, TraverseTemporal,
};

use super::Core;
use crate::argument::{Bytes, Count, DirectionName, DurabilityName, OrderName, edge_types};
use crate::document::fact_from;
use crate::error::invalid;
use crate::record::{Object, list, node, temporal_edge};

/// Which beliefs are meant: those of a commit, or those of a time.
fn as_of(py: Python<'_>, time: Option<i64>, seq: Option<u64>) -> PyResult<Option<AsOf>> {
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
impl Core {
    #[expect(clippy::too_many_arguments, reason = "called from one place")]
    fn _add_temporal_edge(
        &self,
        py: Python<'_>,
        namespace: &str,
        from_id: String,
        edge_type: String,
        to_id: String,
        valid_from: i64,
        valid_until: i64,
        properties: Option<&Bound<'_, PyAny>>,
        durability: DurabilityName,
    ) -> PyResult<bool> {
        let fact = fact_from(from_id, edge_type, to_id, (valid_from, valid_until), properties)?;
        self.call(py, namespace, AddTemporalEdge { fact, durability: durability.0 }).map(|reply| reply.created)
    }

    #[expect(clippy::too_many_arguments, reason = "called from one place")]
    fn _query_temporal<'py>(
        &self,
        py: Python<'py>,
        namespace: &str,
        node_id: String,
        mode: &str,
        timestamp: Option<i64>,
        start: Option<i64>,
        end: Option<i64>,
        clip: bool,
        types: Option<Vec<String>>,
        direction: DirectionName,
        as_of_time: Option<i64>,
        as_of_seq: Option<u64>,
        limit: Option<Count>,
    ) -> PyResult<(Bound<'py, PyList>, bool)> {
        let operation = QueryTemporal {
            node_id: node_id.into(),
            mode: mode_from(py, mode, timestamp, start, end, clip)?,
            edge_types: edge_types(types),
            direction: direction.0,
            as_of: as_of(py, as_of_time, as_of_seq)?,
            limit: limit.map(|limit| limit.0),
            snapshot: None,
        };
        let reply = self.call(py, namespace, operation)?;
        Ok((list(py, &reply.edges, temporal_edge)?, reply.truncated))
    }

    #[expect(clippy::too_many_arguments, reason = "called from one place")]
    fn _close_temporal_edge<'py>(
        &self,
        py: Python<'py>,
        namespace: &str,
        from_id: String,
        edge_type: String,
        to_id: String,
        at: Option<i64>,
        durability: DurabilityName,
    ) -> PyResult<Bound<'py, PyList>> {
        let operation = CloseTemporalEdge {
            from_id: from_id.into(),
            edge_type: edge_type.into(),
            to_id: to_id.into(),
            at: at.map(TimestampMs),
            durability: durability.0,
        };
        list(py, &self.call(py, namespace, operation)?.edges, temporal_edge)
    }

    #[expect(clippy::too_many_arguments, reason = "called from one place")]
    fn _supersede_temporal_edge<'py>(
        &self,
        py: Python<'py>,
        namespace: &str,
        from_id: String,
        edge_type: String,
        to_id: String,
        valid_from: i64,
        valid_until: i64,
        properties: Option<&Bound<'_, PyAny>>,
        durability: DurabilityName,
    ) -> PyResult<(Object<'py>, Bound<'py, PyList>)> {
        let fact = fact_from(from_id, edge_type, to_id, (valid_from, valid_until), properties)?;
        let reply = self.call(py, namespace, SupersedeTemporalEdge { fact, durability: durability.0 })?;
        Ok((temporal_edge(py, &reply.asserted)?, list(py, &reply.closed, temporal_edge)?))
    }

    #[expect(clippy::too_many_arguments, reason = "called from one place")]
    fn _traverse_temporal<'py>(
        &self,
        py: Python<'py>,
        namespace: &str,
        start: String,
        at: Option<i64>,
        as_of_time: Option<i64>,
        as_of_seq: Option<u64>,
        order: OrderName,
        max_depth: Count,
        types: Option<Vec<String>>,
        direction: DirectionName,
        limit: Option<Count>,
    ) -> PyResult<(Bound<'py, PyList>, Bound<'py, PyList>, bool)> {
        let operation = TraverseTemporal {
            start: start.into(),
            at: at.map(TimestampMs),
            as_of: as_of(py, as_of_time, as_of_seq)?,
            order: order.0,
            max_depth: Some(max_depth.0),
            edge_types: edge_types(types),
            direction: direction.0,
            limit: limit.map(|limit| limit.0),
            snapshot: None,
        };
        let TemporalPath { nodes, edges, truncated } = self.call(py, namespace, operation)?;
        Ok((list(py, &nodes, node)?, list(py, &edges, temporal_edge)?, truncated))
    }

    #[expect(clippy::too_many_arguments, reason = "called from one place")]
    fn _temporal_history<'py>(
        &self,
        py: Python<'py>,
        namespace: &str,
        node_id: String,
        edge_type: Option<String>,
        other_id: Option<String>,
        direction: DirectionName,
        limit: Count,
        cursor: Option<Bytes>,
    ) -> PyResult<(Bound<'py, PyList>, Option<Bound<'py, PyBytes>>)> {
        let operation = TemporalHistory {
            node_id: node_id.into(),
            edge_type: edge_type.map(Into::into),
            other_id: other_id.map(Into::into),
            direction: direction.0,
            limit: Some(limit.0),
            cursor: cursor.map(Into::into),
            snapshot: None,
        };
        let page = self.call(py, namespace, operation)?;
        Ok((list(py, &page.edges, temporal_edge)?, page.cursor.map(|cursor| PyBytes::new(py, &cursor))))
    }

    fn _erase_temporal(
        &self,
        py: Python<'_>,
        namespace: &str,
        from_id: String,
        edge_type: Option<String>,
        to_id: Option<String>,
        durability: DurabilityName,
    ) -> PyResult<u64> {
        let operation = EraseTemporal {
            from_id: from_id.into(),
            edge_type: edge_type.map(Into::into),
            to_id: to_id.map(Into::into),
            durability: durability.0,
        };
        self.call(py, namespace, operation).map(|reply| reply.deleted)
    }
}
