//! Operations on the engine as a whole.

use pyo3::prelude::*;
use toondb_engine::api::{
    Capabilities, CapabilitiesRequest, Check, CheckReport, CheckedNamespace, Finding, NamespaceName, Ping, ServerStats,
    ServerStatsRequest,
};

use super::Core;
use crate::classes;
use crate::record::{Object, fields, list};

fn checked_namespace<'py>(py: Python<'py>, checked: &CheckedNamespace) -> PyResult<Object<'py>> {
    let CheckedNamespace { name, commit_seq, rows, pages } = checked;
    classes::checked_namespace(py)?.call1((name.as_str(), commit_seq.0, *rows, *pages))
}

fn finding<'py>(py: Python<'py>, finding: &Finding) -> PyResult<Object<'py>> {
    let Finding { kind, part, place, what, advice } = finding;
    classes::finding(py)?.call1((kind.name(), part.name(), place.as_str(), what.as_str(), advice.as_str()))
}

#[pymethods]
impl Core {
    fn _ping(&self, py: Python<'_>) -> PyResult<String> {
        self.call_engine(py, Ping {}).map(|reply| reply.version)
    }

    fn _capabilities<'py>(&self, py: Python<'py>) -> PyResult<Object<'py>> {
        let Capabilities { version, operations, guarantees, metrics, durability } =
            self.call_engine(py, CapabilitiesRequest {})?;
        classes::capabilities(py)?.call1((version, operations, guarantees, metrics, durability))
    }

    fn _stats<'py>(&self, py: Python<'py>) -> PyResult<Object<'py>> {
        let ServerStats {
            version,
            pid,
            uptime_ms,
            namespaces,
            open_namespaces,
            reads,
            writes,
            errors,
            panics,
            lost_entries,
            lost_bytes,
            scrub_rounds,
            scrubbed_bytes,
            damaged_namespaces,
            damaged_checkpoints,
        } = self.call_engine(py, ServerStatsRequest {})?;
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
            lost_entries: lost_entries,
            lost_bytes: lost_bytes,
            scrub_rounds: scrub_rounds,
            scrubbed_bytes: scrubbed_bytes,
            damaged_namespaces: damaged_namespaces,
            damaged_checkpoints: damaged_checkpoints,
        });
        classes::server_stats(py)?.call((), Some(&fields))
    }

    fn _check<'py>(&self, py: Python<'py>, namespaces: Vec<String>, repair: bool) -> PyResult<Object<'py>> {
        let namespaces = namespaces.into_iter().map(NamespaceName::new).collect();
        let CheckReport { namespaces, checkpoints, findings, more, repaired } =
            self.call_engine(py, Check { namespaces, repair })?;
        let fields = fields!(py, {
            namespaces: list(py, &namespaces, checked_namespace)?,
            checkpoints: checkpoints,
            findings: list(py, &findings, finding)?,
            more: more,
            repaired: list(py, &repaired, finding)?,
        });
        classes::check_report(py)?.call((), Some(&fields))
    }
}
