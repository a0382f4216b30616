//! Operations on the engine as a whole.

use pyo3::prelude::*;
use toondb_engine::api::{Capabilities, CapabilitiesRequest, Ping, ServerStats, ServerStatsRequest};

use super::Core;
use crate::classes;
use crate::record::{Object, fields};

#[pymethods]
impl Core {
    fn _ping(&self, py: Python<'_>) -> PyResult<String> {
        self.call(py, "", Ping {}).map(|reply| reply.version)
    }

    fn _capabilities<'py>(&self, py: Python<'py>) -> PyResult<Object<'py>> {
        let Capabilities { version, operations, guarantees, metrics, durability } =
            self.call(py, "", CapabilitiesRequest {})?;
        classes::capabilities(py)?.call1((version, operations, guarantees, metrics, durability))
    }

    fn _stats<'py>(&self, py: Python<'py>) -> PyResult<Object<'py>> {
        let ServerStats { version, pid, uptime_ms, namespaces, open_namespaces, reads, writes, errors, panics } =
            self.call(py, "", ServerStatsRequest {})?;
        let fields = fields!(py, {
            version: version,
            pid: pid,
            uptime_ms: uptime_ms,
            namespaces: namespaces,
            open_namespaces: open_namespaces,
            reads: reads,
            writes: writes,
            errors: errors,
            panics: panics,
        });
        classes::server_stats(py)?.call((), Some(&fields))
    }
}
