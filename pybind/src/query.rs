//! Reads as values: asked for in a format, or as a section of a context.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::de::{Deserializer, Visitor};
use toondb_engine::api::{Error, RowsQuery};

use crate::arguments::{self, Failure};
use crate::error::{invalid, to_python};

/// What `toondb.Query` holds: the read as it travels, so that nobody changes it once it is made.
#[pyclass(frozen, subclass, module = "toondb._toondb")]
pub struct Query {
    packed: Vec<u8>,
    #[pyo3(get)]
    _operation: String,
    #[pyo3(get)]
    _limit: Option<u32>,
}

impl Query {
    /// Reads it where a request holds a read.
    pub fn deserialize<'de, V: Visitor<'de>>(
        &self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let mut packed = rmp_serde::Deserializer::new(self.packed.as_slice());
        packed.deserialize_enum(name, variants, visitor).map_err(|error| Failure::value(error.to_string()))
    }
}

#[pymethods]
impl Query {
    #[new]
    fn new(py: Python<'_>, operation: String, arguments: &Bound<'_, PyDict>) -> PyResult<Self> {
        let read = RowsQuery::try_from(arguments::request(py, &operation, arguments)?)
            .map_err(|other| invalid(py, format!("{} gives no rows", other.code().name())))?;
        let packed =
            rmp_serde::to_vec_named(&read).map_err(|error| to_python(py, &Error::internal(error.to_string())))?;
        let limit = arguments.get_item("limit")?.filter(|limit| !limit.is_none());
        Ok(Self { packed, _operation: operation, _limit: limit.map(|limit| limit.extract()).transpose()? })
    }

    fn __repr__(&self) -> String {
        format!("<toondb.Query {}>", self._operation)
    }
}
