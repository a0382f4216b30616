//! Reads of keys.

use pyo3::prelude::*;
use toondb_engine::api::{MultiGet, RowsQuery, Scan};

use super::Query;
use crate::argument::{Bytes, Count, byte_bufs};

#[pymethods]
impl Query {
    /// Keys with their values, in order; as Database.scan.
    ///
    /// limit: at most so many, None = 1,000. keys_only: leave the values unread. cursor: go on where an answer ended.
    #[staticmethod]
    #[pyo3(signature = (prefix=None, start=None, end=None, limit=None, reverse=false, keys_only=false, cursor=None))]
    fn scan(
        prefix: Option<Bytes>,
        start: Option<Bytes>,
        end: Option<Bytes>,
        limit: Option<Count>,
        reverse: bool,
        keys_only: bool,
        cursor: Option<Bytes>,
    ) -> Self {
        Self::of(RowsQuery::Scan(Scan {
            prefix: prefix.map(Into::into),
            start: start.map(Into::into),
            end: end.map(Into::into),
            limit: limit.map(|limit| limit.0),
            reverse,
            cursor: cursor.map(Into::into),
            keys_only,
            snapshot: None,
        }))
    }

    /// Several keys with their values; as Database.multi_get.
    #[staticmethod]
    fn multi_get(keys: Vec<Bytes>) -> Self {
        Self::of(RowsQuery::MultiGet(MultiGet { keys: byte_bufs(keys), snapshot: None }))
    }
}
