//! Checkpoints: taken, listed, restored, and carried elsewhere in parts.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use toondb_engine::api::{
    CheckpointId, CheckpointInfo, CreateCheckpoint, DeleteCheckpoint, ExportCheckpoint, ImportCheckpoint,
    ListCheckpoints, RestoreCheckpoint, Restored,
};

use super::Core;
use crate::argument::{Bytes, ExportFormatName};
use crate::classes;
use crate::error::to_python;
use crate::record::{Object, fields, list};
use crate::value::{properties_from, properties_to_dict};

/// What a checkpoint is.
fn checkpoint_info<'py>(py: Python<'py>, info: &CheckpointInfo) -> PyResult<Object<'py>> {
    let CheckpointInfo { id, name, namespace, created_at, size_bytes, keys, commit_seq, metadata, damaged } = info;
    let fields = fields!(py, {
        id: id.as_str(),
        name: name.as_str(),
        namespace: namespace.as_str(),
        created_at: created_at.0,
        size_bytes: size_bytes,
        keys: keys,
        commit_seq: commit_seq.0,
        metadata: properties_to_dict(py, metadata)?,
        damaged: damaged.as_deref(),
    });
    classes::checkpoint_info(py)?.call((), Some(&fields))
}

/// The namespace that a checkpoint's id names: where requests about the checkpoint itself go.
fn home_of(py: Python<'_>, id: &CheckpointId) -> PyResult<String> {
    let (namespace, _) = id.parts().map_err(|error| to_python(py, &error))?;
    Ok(namespace.as_str().to_owned())
}

#[pymethods]
impl Core {
    fn _create_checkpoint<'py>(
        &self,
        py: Python<'py>,
        namespace: &str,
        name: String,
        include_patterns: Vec<String>,
        metadata: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Object<'py>> {
        let operation = CreateCheckpoint { name, include_patterns, metadata: properties_from(metadata)? };
        checkpoint_info(py, &self.call(py, namespace, operation)?)
    }

    fn _list_checkpoints<'py>(&self, py: Python<'py>, namespace: &str) -> PyResult<Bound<'py, PyList>> {
        list(py, &self.call(py, namespace, ListCheckpoints {})?.checkpoints, checkpoint_info)
    }

    /// Restores into the namespace that is named; none = the one the checkpoint was taken of.
    fn _restore_checkpoint<'py>(
        &self,
        py: Python<'py>,
        namespace: Option<String>,
        checkpoint_id: String,
        overwrite: bool,
    ) -> PyResult<Object<'py>> {
        let checkpoint_id = CheckpointId::new(checkpoint_id);
        let namespace = match namespace {
            Some(namespace) => namespace,
            None => home_of(py, &checkpoint_id)?,
        };
        let Restored { keys, commit_seq } =
            self.call(py, &namespace, RestoreCheckpoint { checkpoint_id, overwrite })?;
        classes::restore_result(py)?.call1((keys, commit_seq.0))
    }

    fn _delete_checkpoint(&self, py: Python<'_>, checkpoint_id: String) -> PyResult<bool> {
        let checkpoint_id = CheckpointId::new(checkpoint_id);
        let namespace = home_of(py, &checkpoint_id)?;
        self.call(py, &namespace, DeleteCheckpoint { checkpoint_id }).map(|reply| reply.deleted)
    }

    /// One part of the exported form, and where the next one begins.
    fn _export_part<'py>(
        &self,
        py: Python<'py>,
        checkpoint_id: String,
        format: ExportFormatName,
        offset: u64,
        bytes_max: u64,
    ) -> PyResult<(Bound<'py, PyBytes>, Option<u64>)> {
        let checkpoint_id = CheckpointId::new(checkpoint_id);
        let namespace = home_of(py, &checkpoint_id)?;
        let operation = ExportCheckpoint { checkpoint_id, format: format.0, offset, bytes_max: Some(bytes_max) };
        let part = self.call(py, &namespace, operation)?;
        Ok((PyBytes::new(py, &part.data), part.next_offset))
    }

    /// Hands one part over. Gives the checkpoint after the last one, and before that what the next part continues.
    #[expect(clippy::too_many_arguments, reason = "called from one place")]
    fn _import_part<'py>(
        &self,
        py: Python<'py>,
        namespace: &str,
        format: ExportFormatName,
        name: String,
        data: Bytes,
        continues: Option<u64>,
        more: bool,
    ) -> PyResult<(Option<Object<'py>>, Option<u64>)> {
        let operation = ImportCheckpoint { format: format.0, name, data: data.into(), continues, more };
        let reply = self.call(py, namespace, operation)?;
        let checkpoint = reply.checkpoint.map(|info| checkpoint_info(py, &info)).transpose()?;
        Ok((checkpoint, reply.continues))
    }
}
