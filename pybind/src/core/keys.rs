//! Key-value operations. The public ones are called straight from Python code, without a Python method in between.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use toondb_engine::api::{BatchPut, CommitSeq, CompareAndSet, DeleteKey, Exists, Get, Put, PutEntry};

use super::Core;
use crate::argument::{Bytes, DURABLE, DurabilityName, ttl_ms};

#[pymethods]
impl Core {
    /// Read a key: its value, or None if it is absent or expired.
    ///
    /// Raises InvalidArgumentError for an empty key and LimitExceededError for one over 8 KiB. A namespace that does
    /// not exist holds nothing.
    #[pyo3(signature = (key, namespace="default"))]
    fn get<'py>(&self, py: Python<'py>, key: Bytes, namespace: &str) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let reply = self.call(py, namespace, Get { key: key.into(), snapshot: None })?;
        Ok(reply.found.map(|found| PyBytes::new(py, &found.value)))
    }

    /// Write a key, replacing any older value. Returns True.
    ///
    /// ttl: seconds from now after which the key is gone; None = for ever. A put without it clears an older one.
    /// durability: "durable" returns once the write is on disk; "volatile" returns earlier and may lose the write in a
    /// crash. Raises LimitExceededError for a key over 8 KiB or a value over 8 MiB, QuotaExceededError, BusyError,
    /// DiskFullError, and OutcomeUnknownError if the disk failed in the middle of it. A namespace that does not exist
    /// is created.
    #[pyo3(
        signature = (key, value, namespace="default", ttl=None, durability=DURABLE),
        text_signature = "($self, key, value, namespace='default', ttl=None, durability='durable')"
    )]
    fn put(
        &self,
        py: Python<'_>,
        key: Bytes,
        value: Bytes,
        namespace: &str,
        ttl: Option<f64>,
        durability: DurabilityName,
    ) -> PyResult<bool> {
        let ttl_ms = ttl_ms(py, ttl)?;
        self.call(py, namespace, Put { key: key.into(), value: value.into(), ttl_ms, durability: durability.0 })?;
        Ok(true)
    }

    /// True if the key is present and not expired.
    #[pyo3(signature = (key, namespace="default"))]
    fn exists(&self, py: Python<'_>, key: Bytes, namespace: &str) -> PyResult<bool> {
        self.call(py, namespace, Exists { key: key.into(), snapshot: None }).map(|reply| reply.exists)
    }

    /// Delete a key. Returns True if it existed; deleting nothing is no error.
    #[pyo3(
        signature = (key, namespace="default", durability=DURABLE),
        text_signature = "($self, key, namespace='default', durability='durable')"
    )]
    fn delete(&self, py: Python<'_>, key: Bytes, namespace: &str, durability: DurabilityName) -> PyResult<bool> {
        let operation = DeleteKey { key: key.into(), durability: durability.0 };
        self.call(py, namespace, operation).map(|reply| reply.deleted > 0)
    }

    /// Write several (key, value) pairs, all or none. Returns True.
    ///
    /// A key given twice takes its last value. ttl and durability are as in put and hold for all of them. At most
    /// 100,000 pairs a call; more raise LimitExceededError.
    #[pyo3(
        signature = (entries, namespace="default", ttl=None, durability=DURABLE),
        text_signature = "($self, entries, namespace='default', ttl=None, durability='durable')"
    )]
    fn batch_put(
        &self,
        py: Python<'_>,
        entries: Vec<(Bytes, Bytes)>,
        namespace: &str,
        ttl: Option<f64>,
        durability: DurabilityName,
    ) -> PyResult<bool> {
        let ttl_ms = ttl_ms(py, ttl)?;
        let entry = |(key, value): (Bytes, Bytes)| PutEntry { key: key.into(), value: value.into(), ttl_ms };
        let entries = entries.into_iter().map(entry).collect();
        self.call(py, namespace, BatchPut { entries, durability: durability.0 })?;
        Ok(true)
    }

    /// Write a key only if it holds `expected` (None = only if it is absent); a value of None deletes it.
    ///
    /// Returns True if the expectation held and the write happened. ttl and durability are as in put.
    #[pyo3(
        signature = (key, expected, value, namespace="default", ttl=None, durability=DURABLE),
        text_signature = "($self, key, expected, value, namespace='default', ttl=None, durability='durable')"
    )]
    #[expect(clippy::too_many_arguments, reason = "the arguments are the public signature of the Python method")]
    fn compare_and_set(
        &self,
        py: Python<'_>,
        key: Bytes,
        expected: Option<Bytes>,
        value: Option<Bytes>,
        namespace: &str,
        ttl: Option<f64>,
        durability: DurabilityName,
    ) -> PyResult<bool> {
        let operation = CompareAndSet {
            key: key.into(),
            expected: expected.map(Into::into),
            value: value.map(Into::into),
            ttl_ms: ttl_ms(py, ttl)?,
            durability: durability.0,
        };
        self.call(py, namespace, operation).map(|reply| reply.swapped)
    }

    fn _get_at<'py>(
        &self,
        py: Python<'py>,
        key: Bytes,
        namespace: &str,
        snapshot: u64,
    ) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let reply = self.call(py, namespace, Get { key: key.into(), snapshot: Some(CommitSeq(snapshot)) })?;
        Ok(reply.found.map(|found| PyBytes::new(py, &found.value)))
    }
}
