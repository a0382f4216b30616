//! The bitemporal graph. Times are milliseconds since 1970, negative before it; an open end is 0.

use pyo3::prelude::*;
use pyo3::types::PyList;
use toondb_engine::api::{AddTemporalEdge, CloseTemporalEdge, EraseTemporal, SupersedeTemporalEdge, TimestampMs};

use super::Core;
use crate::argument::DurabilityName;
use crate::document::fact_from;
use crate::record::{Object, list, temporal_edge};

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
