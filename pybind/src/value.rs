//! Plain values that are to be written in a format, and values as Python objects.

use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMapping, PyNone, PyString, PyTuple, PyType,
};
use toondb_engine::api::{Error, ErrorCode, Map, Properties, Value};
use toondb_engine::limits;

use crate::error::to_python;

/// Values nested deeper than this are refused while they are read, so that a list that contains itself ends; the codecs apply
/// the exact bound.
const DEPTH_MAX: usize = limits::VALUE_DEPTH_MAX * 3;

/// Why a value was refused.
enum What {
    /// It is of a kind that has no counterpart.
    Kind(String),
    /// It is a number that does not fit.
    Number(&'static str),
    /// It is nested too deep.
    Depth,
    /// Asking Python failed.
    Python(PyErr),
}

/// A refused value and where it was, the innermost step first.
struct Refusal {
    what: What,
    steps: Vec<String>,
}

impl From<PyErr> for Refusal {
    fn from(error: PyErr) -> Self {
        Self::new(What::Python(error))
    }
}

impl Refusal {
    fn new(what: What) -> Self {
        Self { what, steps: Vec::new() }
    }

    /// The same, seen from one level further out.
    fn within(mut self, step: impl FnOnce() -> String) -> Self {
        self.steps.push(step());
        self
    }

    fn into_error(self, py: Python<'_>) -> PyErr {
        let path: String = self.steps.iter().rev().map(String::as_str).collect();
        let at = if path.is_empty() { String::new() } else { format!("at {}: ", path.trim_start_matches('.')) };
        let conversion = |text: String| to_python(py, &Error::new(ErrorCode::FormatConversion, text));
        match self.what {
            What::Python(error) => error,
            What::Depth => to_python(py, &Error::limit(format!("a value is nested deeper than {DEPTH_MAX}"))),
            What::Kind(text) => conversion(format!("{at}{text}")),
            What::Number(text) => conversion(format!("{at}{text}; write it as text")),
        }
    }
}

type Read<T> = Result<T, Refusal>;

/// Reads a value that is to be written in a format: also dataclasses, such as the results of reads, as their fields. Integers
/// stay integers and floats stay floats; numpy scalars count as the number they hold. What no format can hold raises a
/// `FormatConversionError` that says where it is.
pub fn plain_from_python(object: &Bound<'_, PyAny>) -> PyResult<Value> {
    value_at(object, 0).map_err(|refusal| refusal.into_error(object.py()))
}

fn value_at(object: &Bound<'_, PyAny>, depth: usize) -> Read<Value> {
    if depth > DEPTH_MAX {
        return Err(Refusal::new(What::Depth));
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
        let number = "an integer value does not fit in 64 signed bits";
        return object.extract().map(Value::Int).map_err(|_| Refusal::new(What::Number(number)));
    }
    if let Ok(float) = object.cast::<PyFloat>() {
        let float: f64 = float.extract()?;
        if float.is_nan() {
            return Err(Refusal::new(What::Number("NaN has no form in TOON or JSON")));
        }
        return Ok(Value::Float(float));
    }
    if let Ok(bytes) = object.cast::<PyBytes>() {
        return Ok(Value::Bytes(bytes.as_bytes().to_vec()));
    }
    if let Ok(bytes) = object.cast::<PyByteArray>() {
        return Ok(Value::Bytes(bytes.to_vec()));
    }
    if let Ok(items) = object.cast::<PyList>() {
        return list_at(items.iter(), depth);
    }
    if let Ok(items) = object.cast::<PyTuple>() {
        return list_at(items.iter(), depth);
    }
    if object.cast::<PyMapping>().is_ok() {
        return map_at(object, depth).map(Value::Map);
    }
    // numpy scalars: not numbers to Python's eyes, but they know the Python number they stand for.
    if object.hasattr("dtype")? && object.getattr("ndim")?.extract::<usize>()? == 0 {
        return value_at(&object.call_method0("item")?, depth + 1);
    }
    if object.hasattr("__dataclass_fields__")? && object.cast::<PyType>().is_err() {
        return record_at(object, depth);
    }
    let kind = object.get_type();
    Err(Refusal::new(What::Kind(format!(
        "a value of type {kind} has no counterpart; use None, bool, int, float, str, bytes, a list or a dict with str keys"
    ))))
}

fn list_at<'py>(items: impl Iterator<Item = Bound<'py, PyAny>>, depth: usize) -> Read<Value> {
    let item = |(index, item): (usize, Bound<'py, PyAny>)| {
        value_at(&item, depth + 1).map_err(|refusal| refusal.within(|| format!("[{index}]")))
    };
    items.enumerate().map(item).collect::<Read<_>>().map(Value::List)
}

/// A dataclass as its fields, in their order.
fn record_at(object: &Bound<'_, PyAny>, depth: usize) -> Read<Value> {
    let mut entries = Vec::new();
    for name in object.getattr("__dataclass_fields__")?.try_iter()? {
        let name: String = name?.extract()?;
        let value = value_at(&object.getattr(name.as_str())?, depth + 1);
        let value = value.map_err(|refusal| refusal.within(|| format!(".{name}")))?;
        entries.push((name, value));
    }
    Ok(Value::Map(entries.into_iter().collect()))
}

fn map_at(object: &Bound<'_, PyAny>, depth: usize) -> Read<Map> {
    let mut entries = Vec::new();
    let mut add = |key: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>| -> Read<()> {
        let Ok(key) = key.cast::<PyString>() else {
            return Err(Refusal::new(What::Kind(format!("a field name must be a str, not {}", key.get_type()))));
        };
        let key = key.to_str()?;
        let value = value_at(value, depth + 1);
        entries.push((key.to_owned(), value.map_err(|refusal| refusal.within(|| format!(".{key}")))?));
        Ok(())
    };
    if let Ok(map) = object.cast::<PyDict>() {
        // Taken out first: whatever is asked while they are read may change the dict.
        let pairs: Vec<_> = map.iter().collect();
        for (key, value) in pairs {
            add(&key, &value)?;
        }
    } else {
        for item in object.cast::<PyMapping>().map_err(PyErr::from)?.items()? {
            let (key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
            add(&key, &value)?;
        }
    }
    Ok(entries.into_iter().collect())
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

fn map_to_dict<'py>(py: Python<'py>, entries: &Map) -> PyResult<Bound<'py, PyDict>> {
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
