//! Metadata, properties and filters: Python values to API values and back.

use std::collections::BTreeMap;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMapping, PyNone, PyString, PyTuple};
use toondb_engine::api::{Error, Filter, Properties, Value};
use toondb_engine::limits;

use crate::error::{invalid, to_python};

/// Values nested deeper than this are refused while they are read, so that a list that contains itself ends; the engine
/// applies the exact bounds of values and filters. A filter's level may take three levels of maps and lists.
const DEPTH_MAX: usize = limits::FILTER_DEPTH_MAX * 3 + limits::VALUE_DEPTH_MAX;

/// Reads a value. Integers stay integers and floats stay floats; numpy scalars count as the number they hold.
pub fn from_python(object: &Bound<'_, PyAny>) -> PyResult<Value> {
    value_at(object, 0)
}

fn value_at(object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
    if depth > DEPTH_MAX {
        return Err(to_python(object.py(), &Error::limit(format!("a value is nested deeper than {DEPTH_MAX}"))));
    }
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(Value::String(text.to_str()?.to_owned()));
    }
    if object.cast::<PyNone>().is_ok() {
        return Ok(Value::Null);
    }
    // A bool is an int to Python, so it is asked for first.
    if let Ok(flag) = object.cast::<PyBool>() {
        return Ok(Value::Bool(flag.is_true()));
    }
    if object.cast::<PyInt>().is_ok() {
        return object
            .extract()
            .map(Value::Int)
            .map_err(|_| invalid(object.py(), "an integer value does not fit in 64 signed bits; store it as text"));
    }
    if let Ok(float) = object.cast::<PyFloat>() {
        return Ok(Value::Float(float.extract()?));
    }
    if let Ok(bytes) = object.cast::<PyBytes>() {
        return Ok(Value::Bytes(bytes.as_bytes().to_vec()));
    }
    if let Ok(bytes) = object.cast::<PyByteArray>() {
        return Ok(Value::Bytes(bytes.to_vec()));
    }
    if let Ok(items) = object.cast::<PyList>() {
        return items.iter().map(|item| value_at(&item, depth + 1)).collect::<PyResult<_>>().map(Value::List);
    }
    if let Ok(items) = object.cast::<PyTuple>() {
        return items.iter().map(|item| value_at(&item, depth + 1)).collect::<PyResult<_>>().map(Value::List);
    }
    if object.cast::<PyMapping>().is_ok() {
        return map_at(object, depth).map(Value::Map);
    }
    // numpy scalars: not numbers to Python's eyes, but they know the Python number they stand for.
    if object.hasattr("dtype")? && object.getattr("ndim")?.extract::<usize>()? == 0 {
        return value_at(&object.call_method0("item")?, depth + 1);
    }
    let kind = object.get_type();
    Err(PyTypeError::new_err(format!(
        "a value of type {kind} cannot be stored; use None, bool, int, float, str, bytes, a list or a dict with str \
         keys"
    )))
}

fn map_at(object: &Bound<'_, PyAny>, depth: usize) -> PyResult<BTreeMap<String, Value>> {
    let mut entries = BTreeMap::new();
    let mut add = |key: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>| -> PyResult<()> {
        let Ok(key) = key.cast::<PyString>() else {
            return Err(PyTypeError::new_err(format!("a field name must be a str, not {}", key.get_type())));
        };
        entries.insert(key.to_str()?.to_owned(), value_at(value, depth + 1)?);
        Ok(())
    };
    if let Ok(map) = object.cast::<PyDict>() {
        for (key, value) in map {
            add(&key, &value)?;
        }
    } else {
        for item in object.cast::<PyMapping>()?.items()? {
            let (key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
            add(&key, &value)?;
        }
    }
    Ok(entries)
}

/// The Python form of a value.
pub fn to_object<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(flag) => PyBool::new(py, *flag).to_owned().into_any(),
        Value::Int(int) => int.into_pyobject(py)?.into_any(),
        Value::Float(float) => PyFloat::new(py, *float).into_any(),
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Bytes(bytes) => PyBytes::new(py, bytes).into_any(),
        Value::List(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(to_object(py, item)?)?;
            }
            list.into_any()
        }
        Value::Map(entries) => map_to_dict(py, entries)?.into_any(),
    })
}

fn map_to_dict<'py>(py: Python<'py>, entries: &BTreeMap<String, Value>) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in entries {
        dict.set_item(name, to_object(py, value)?)?;
    }
    Ok(dict)
}

/// The Python form of metadata or properties.
pub fn properties_to_dict<'py>(py: Python<'py>, properties: &Properties) -> PyResult<Bound<'py, PyDict>> {
    map_to_dict(py, &properties.0)
}

/// Reads metadata or properties; nothing or `None` gives none.
pub fn properties_from(object: Option<&Bound<'_, PyAny>>) -> PyResult<Properties> {
    match object {
        None => Ok(Properties::new()),
        Some(object) if object.is_none() => Ok(Properties::new()),
        Some(object) if object.cast::<PyMapping>().is_ok() => map_at(object, 0).map(Properties),
        Some(object) => {
            Err(PyTypeError::new_err(format!("metadata and properties are a dict, not {}", object.get_type())))
        }
    }
}

/// Reads a filter; nothing, `None` and `{}` give none.
pub fn filter_from(object: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Filter>> {
    let Some(object) = object.filter(|object| !object.is_none()) else {
        return Ok(None);
    };
    let filter = Filter::try_from(from_python(object)?).map_err(|message| invalid(object.py(), message))?;
    Ok(Some(filter).filter(|filter| !filter.is_empty()))
}
