//! Rows that Python has, in a format: by the same encoders as the engine's.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};
use toondb_engine::api::{Error, OutputFormat, Tokenizer, Value};
use toondb_engine::format::{self, Cell, Row, RowSet, RowTable};

use crate::arguments;
use crate::error::to_python;
use crate::name::output_format;
use crate::record::{Object, shortest};
use crate::value::plain_from_python;

/// The names that tables of rows may have.
const TABLES: [&str; 3] = ["rows", "nodes", "edges"];

fn row(cells: &Bound<'_, PyDict>) -> PyResult<Row> {
    let cell = |(column, value): (Object<'_>, Object<'_>)| {
        let column: String = column.extract()?;
        let value = plain_from_python(&value)?;
        let value = if column == "embedding" { shortest_numbers(value) } else { value };
        Ok(Cell { column: Arc::from(column), value })
    };
    Ok(Row { identity: None, cells: cells.iter().map(cell).collect::<PyResult<_>>()? })
}

/// The numbers of an embedding, which have 32 bits, with their own shortest digits.
#[expect(clippy::cast_possible_truncation, reason = "they were 32-bit numbers before")]
fn shortest_numbers(value: Value) -> Value {
    let Value::List(numbers) = value else { return value };
    let short = |number| if let Value::Float(wide) = number { Value::Float(shortest(wide as f32)) } else { number };
    Value::List(numbers.into_iter().map(short).collect())
}

/// Tables of rows, each a dict of columns in their order, in a format: the format, the text or bytes, and how many tokens it
/// has, if a tokenizer or `auto` counts them.
#[pyfunction]
#[pyo3(signature = (tables, format, tokenizer))]
pub fn encode_rows<'py>(
    py: Python<'py>,
    tables: Vec<(String, Vec<Bound<'py, PyDict>>)>,
    format: &Bound<'py, PyAny>,
    tokenizer: Option<&Bound<'py, PyAny>>,
) -> PyResult<(&'static str, Object<'py>, Option<u64>)> {
    let format: OutputFormat = arguments::read(format, "format")?;
    let tokenizer: Option<Tokenizer> = tokenizer.map(|name| arguments::read(name, "tokenizer")).transpose()?;
    let mut set = RowSet::default();
    for (name, rows) in tables {
        let known = TABLES.into_iter().find(|known| **known == name);
        let name = known.ok_or_else(|| to_python(py, &Error::internal("a table has another name")))?;
        set.tables.push(RowTable { name, rows: rows.iter().map(row).collect::<PyResult<_>>()? });
    }
    let encoded = py.detach(|| format::encode(&set.all(), format, tokenizer));
    let encoded = encoded.map_err(|error| to_python(py, &error.into()))?;
    let data = match encoded.format {
        OutputFormat::Columnar => PyBytes::new(py, &encoded.data).into_any(),
        _ => PyString::from_bytes(py, &encoded.data)?.into_any(),
    };
    Ok((output_format(encoded.format), data, encoded.tokens))
}
