//! Rows as an Arrow IPC stream: schema, one record batch, end; for analytics, read by any Arrow library.
//!
//! A column is boolean, int64, float64, utf8 or binary if all its values are (null aside; integers and floats together
//! are float64 where every integer is exact in it). Any other mixture, lists and maps are compact JSON texts, and the
//! field's metadata says so: `toondb.encoding = json`. Several tables share one batch; a first column `table` names them.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field, Schema};

use super::row::TableView;
use super::{FormatError, RowsView, json, markdown};
use crate::api::Value;

/// The metadata key of a field that holds JSON texts.
const ENCODING: &str = "toondb.encoding";

/// Writes the stream.
pub fn encode_rows(view: &RowsView<'_>) -> Result<Vec<u8>, FormatError> {
    let (mut fields, mut arrays) = (Vec::new(), Vec::new());
    if view.tables.len() > 1 {
        let names = view.tables.iter().flat_map(|table| table.rows.iter().map(|_| Some(table.name)));
        fields.push(Field::new("table", DataType::Utf8, false));
        arrays.push(Arc::new(names.collect::<StringArray>()) as ArrayRef);
    }
    let rows: Vec<_> = view.tables.iter().flat_map(|table| table.rows).collect();
    for column in all_columns(&view.tables) {
        let cells: Vec<Option<&Value>> = rows
            .iter()
            .map(|row| row.cells.iter().find(|cell| cell.column == column).map(|cell| &cell.value))
            .map(|value| value.filter(|value| **value != Value::Null))
            .collect();
        let (field, array) = column_of(&column, &cells)?;
        fields.push(field);
        arrays.push(array);
    }
    write(Schema::new(fields), arrays, rows.len())
        .map_err(|error| FormatError::conversion(format!("not possible in the columnar format: {error}")))
}

fn write(schema: Schema, arrays: Vec<ArrayRef>, rows: usize) -> Result<Vec<u8>, arrow_schema::ArrowError> {
    let schema = Arc::new(schema);
    let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(rows));
    let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), arrays, &options)?;
    let mut out = Vec::new();
    let mut writer = StreamWriter::try_new(&mut out, &schema)?;
    writer.write(&batch)?;
    writer.finish()?;
    drop(writer);
    Ok(out)
}

fn all_columns(tables: &[TableView<'_>]) -> Vec<Arc<str>> {
    let mut names: Vec<Arc<str>> = Vec::new();
    for column in tables.iter().flat_map(markdown::columns) {
        if !names.contains(&column) {
            names.push(column);
        }
    }
    names
}

/// The type that holds every value of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Nothing,
    Bool,
    Int,
    Float,
    Text,
    Bytes,
    Json,
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "whether it is exact is the question")]
fn is_exact(int: i64) -> bool {
    int.unsigned_abs() < 1 << 53 || (int as f64) as i128 == i128::from(int)
}

fn kind_of(cells: &[Option<&Value>]) -> Kind {
    let mut kind = Kind::Nothing;
    for value in cells.iter().flatten() {
        let this = match value {
            Value::Null => continue,
            Value::Bool(_) => Kind::Bool,
            Value::Int(_) => Kind::Int,
            Value::Float(_) => Kind::Float,
            Value::String(_) => Kind::Text,
            Value::Bytes(_) => Kind::Bytes,
            Value::List(_) | Value::Map(_) => Kind::Json,
        };
        kind = match (kind, this) {
            (Kind::Nothing, this) => this,
            (Kind::Int, Kind::Float) | (Kind::Float, Kind::Int) => Kind::Float,
            (kind, this) if kind == this => kind,
            _ => Kind::Json,
        };
    }
    let is_inexact = |value: &&Value| matches!(value, Value::Int(int) if !is_exact(*int));
    match kind == Kind::Float && cells.iter().flatten().any(is_inexact) {
        true => Kind::Json,
        false => kind,
    }
}

fn column_of(name: &str, cells: &[Option<&Value>]) -> Result<(Field, ArrayRef), FormatError> {
    let cells = cells.iter().copied();
    let (data_type, array): (DataType, ArrayRef) = match kind_of(&cells.clone().collect::<Vec<_>>()) {
        Kind::Bool => {
            let values =
                cells.map(|value| value.and_then(|value| if let Value::Bool(v) = value { Some(*v) } else { None }));
            (DataType::Boolean, Arc::new(values.collect::<BooleanArray>()))
        }
        Kind::Int => {
            let values =
                cells.map(|value| value.and_then(|value| if let Value::Int(v) = value { Some(*v) } else { None }));
            (DataType::Int64, Arc::new(values.collect::<Int64Array>()))
        }
        Kind::Float => {
            (DataType::Float64, Arc::new(cells.map(|value| value.and_then(float)).collect::<Float64Array>()))
        }
        // A column without any value has no type of its own.
        Kind::Text | Kind::Nothing => {
            let values =
                cells.map(|value| value.and_then(|value| if let Value::String(v) = value { Some(v) } else { None }));
            (DataType::Utf8, Arc::new(values.collect::<StringArray>()))
        }
        Kind::Bytes => {
            let values =
                cells.map(|value| value.and_then(|value| if let Value::Bytes(v) = value { Some(v) } else { None }));
            (DataType::Binary, Arc::new(values.collect::<BinaryArray>()))
        }
        Kind::Json => {
            let texts = cells.map(|value| value.map(json::encode).transpose()).collect::<Result<Vec<_>, _>>()?;
            let field = Field::new(name, DataType::Utf8, true);
            let field = field.with_metadata(HashMap::from([(ENCODING.to_owned(), "json".to_owned())]));
            return Ok((field, Arc::new(texts.into_iter().collect::<StringArray>())));
        }
    };
    Ok((Field::new(name, data_type, true), array))
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Float(float) => Some(*float),
        #[expect(clippy::cast_precision_loss, reason = "the kind of the column says that it is exact")]
        Value::Int(int) => Some(*int as f64),
        _ => None,
    }
}
