//! Embeddings and ids: lists, tuples, numpy arrays, `array.array` and any other buffer, to packed numbers.
//!
//! A buffer of float32 is copied with one `memcpy`, one of float64 or float16 is converted; integers and other types are refused
//! rather than guessed at. What has no buffer but knows how to become an array of numpy is made one. Whether numbers are finite
//! and the dimension right is the engine's to check.

use half::f16;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PySequence, PyString, PyTuple};
use toondb_engine::api::{Embedding, EmbeddingBatch, IdBatch};
use toondb_engine::limits;

use crate::buffer::Buffer;
use crate::error::{invalid, wrong_type};

/// One vector, as an argument.
pub struct Vector(pub Embedding);

/// Several vectors of one dimension, one after the other, as an argument.
pub struct Matrix {
    /// The number of vectors.
    rows: usize,
    /// Their numbers.
    pub numbers: EmbeddingBatch,
}

/// A row of a matrix, for the document that it belongs to.
#[pyclass(frozen, module = "toondb._toondb")]
pub struct Row(Embedding);

/// The rows of a matrix.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "arguments of Python functions are handed over")]
pub fn split_rows(matrix: Matrix) -> Vec<Row> {
    match matrix.numbers.0.len().checked_div(matrix.rows) {
        Some(dimension) if dimension > 0 => {
            matrix.numbers.0.chunks_exact(dimension).map(|row| Row(Embedding(row.to_vec()))).collect()
        }
        _ => (0..matrix.rows).map(|_| Row(Embedding(Vec::new()))).collect(),
    }
}

/// Vector ids, as an argument.
pub struct Ids(pub Vec<u64>);

impl<'py> FromPyObject<'_, 'py> for Vector {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let mut numbers = Vec::new();
        append_vector(&object, &mut numbers)?;
        Ok(Self(Embedding(numbers)))
    }
}

impl<'py> FromPyObject<'_, 'py> for Matrix {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if object.cast::<PyList>().is_err()
            && let Some(buffer) = Buffer::of(&object)?
        {
            let shape = buffer.shape();
            let &[rows, _] = shape.as_slice() else {
                let found = shape.len();
                return Err(invalid(
                    object.py(),
                    format!("vectors must have 2 dimensions (rows x numbers), not {found}"),
                ));
            };
            let numbers = EmbeddingBatch(floats(&object, &buffer)?);
            return Ok(Self { rows, numbers });
        }
        match array_of(&object)? {
            Some(array) => array.extract(),
            None => rows_of(&object),
        }
    }
}

/// Vectors as a sequence of rows, each a vector of its own.
fn rows_of(object: &Bound<'_, PyAny>) -> PyResult<Matrix> {
    let rows = sequence(object, "vectors")?;
    let count = rows.len()?;
    let mut numbers = Vec::new();
    let mut dimension = None;
    for index in 0..count {
        let before = numbers.len();
        append_vector(&rows.get_item(index)?, &mut numbers)?;
        let found = numbers.len() - before;
        match dimension {
            None => {
                dimension = Some(found);
                // Only a hint: an object may say any length of itself.
                numbers.reserve(found.saturating_mul(count.saturating_sub(1)).min(limits::NUMBERS_RESERVED_MAX));
            }
            Some(dimension) if dimension != found => {
                let message = format!("vector {index} has {found} numbers, those before it {dimension}");
                return Err(invalid(object.py(), message));
            }
            Some(_) => {}
        }
    }
    Ok(Matrix { rows: count, numbers: EmbeddingBatch(numbers) })
}

/// Appends one vector's numbers.
fn append_vector(object: &Bound<'_, PyAny>, numbers: &mut Vec<f32>) -> PyResult<()> {
    if let Ok(row) = object.cast::<Row>() {
        numbers.extend_from_slice(&row.get().0.0);
        return Ok(());
    }
    if let Ok(list) = object.cast::<PyList>() {
        numbers.reserve(list.len());
        return list.iter().try_for_each(|item| append_number(&item, numbers));
    }
    if let Ok(tuple) = object.cast::<PyTuple>() {
        numbers.reserve(tuple.len());
        return tuple.iter().try_for_each(|item| append_number(&item, numbers));
    }
    if let Some(buffer) = Buffer::of(object)? {
        let dimensions = buffer.shape().len();
        if dimensions != 1 {
            return Err(invalid(object.py(), format!("a vector must have 1 dimension, not {dimensions}")));
        }
        let mut copied = floats(object, &buffer)?;
        if numbers.is_empty() {
            *numbers = copied;
        } else {
            numbers.append(&mut copied);
        }
        return Ok(());
    }
    if let Some(array) = array_of(object)? {
        return append_vector(&array, numbers);
    }
    let items = sequence(object, "a vector")?;
    (0..items.len()?).try_for_each(|index| append_number(&items.get_item(index)?, numbers))
}

#[expect(clippy::cast_possible_truncation, reason = "embeddings are stored as float32; the engine refuses infinity")]
fn append_number(item: &Bound<'_, PyAny>, numbers: &mut Vec<f32>) -> PyResult<()> {
    let number: f64 = item.extract().map_err(|_| {
        let (place, kind) = (numbers.len(), item.get_type());
        wrong_type(item.py(), &format!("number {place} of a vector is no number, but {kind}"))
    })?;
    numbers.push(number as f32);
    Ok(())
}

#[expect(clippy::cast_possible_truncation, reason = "embeddings are stored as float32; the engine refuses infinity")]
fn floats(object: &Bound<'_, PyAny>, buffer: &Buffer<'_>) -> PyResult<Vec<f32>> {
    if let Some(numbers) = buffer.copy::<f32>() {
        return Ok(numbers);
    }
    if let Some(numbers) = buffer.copy::<f16>() {
        return Ok(numbers.into_iter().map(f32::from).collect());
    }
    if let Some(numbers) = buffer.copy::<f64>() {
        return Ok(numbers.into_iter().map(|number| number as f32).collect());
    }
    let (kind, format, bytes) = (object.get_type(), buffer.format(), buffer.item_bytes());
    let text = format!(
        "a vector is made of float16, float32 or float64 numbers in this machine's byte order; this {kind} holds items of \
         format {format:?} with {bytes} bytes: convert it first, for example with .astype('float32')"
    );
    Err(wrong_type(object.py(), &text))
}

/// What has no buffer as something that has one, or as a list: a tensor, a column of a table, an array of bfloat16.
///
/// A tensor of torch is detached and brought to this machine as float32, because numpy has no bfloat16. Of everything else numpy
/// makes an array, by `__array__` or DLPack. Nothing if it is none of these.
fn array_of<'py>(object: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = object.py();
    if object.hasattr("detach")? && object.hasattr("cpu")? && object.hasattr("float")? {
        let here = object.call_method0("detach")?.call_method0("cpu")?;
        return here.call_method0("float")?.call_method0("numpy").map(Some);
    }
    let by = match (object.hasattr("__array__")?, object.hasattr("__dlpack__")?) {
        (true, _) => "asarray",
        (false, true) => "from_dlpack",
        (false, false) => return Ok(None),
    };
    let array = py.import("numpy")?.call_method1(by, (object,))?;
    let (kind, name): (String, String) = {
        let dtype = array.getattr("dtype")?;
        (dtype.getattr("kind")?.extract()?, dtype.getattr("name")?.extract()?)
    };
    match kind.as_str() {
        "f" if !array.is(object) => Ok(Some(array)),
        "O" => array.call_method0("tolist").map(Some),
        "V" if name.contains("float") => array.call_method1("astype", ("float32",)).map(Some),
        _ => {
            let (given, what) = (object.get_type(), "a vector is made of floats");
            Err(wrong_type(
                py,
                &format!("{what}; this {given} holds {name}: convert it first, for example with .astype('float32')"),
            ))
        }
    }
}

/// The object as a sequence of items; texts are sequences too, but never vectors.
fn sequence<'a, 'py>(object: &'a Bound<'py, PyAny>, what: &str) -> PyResult<&'a Bound<'py, PySequence>> {
    object.cast::<PySequence>().ok().filter(|_| object.cast::<PyString>().is_err()).ok_or_else(|| {
        let kind = object.get_type();
        let text = format!("{what} must be a list, a tuple, a numpy array or another buffer of floats, not {kind}");
        wrong_type(object.py(), &text)
    })
}

impl<'py> FromPyObject<'_, 'py> for Ids {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if object.cast::<PyList>().is_err()
            && let Some(buffer) = Buffer::of(&object)?
        {
            return buffer_ids(&object, &buffer).map(Self);
        }
        let mut ids = Vec::new();
        for item in object.try_iter()? {
            let item = item?;
            ids.push(item.extract().map_err(|failure: PyErr| {
                if failure.is_instance_of::<PyTypeError>(object.py()) {
                    return failure;
                }
                invalid(object.py(), format!("{item} is not a vector id: ids are integers from 0 to 2**64 - 1"))
            })?);
        }
        Ok(Self(ids))
    }
}

fn buffer_ids(object: &Bound<'_, PyAny>, buffer: &Buffer<'_>) -> PyResult<Vec<u64>> {
    if buffer.shape().len() != 1 {
        return Err(invalid(object.py(), "ids must have 1 dimension"));
    }
    if let Some(ids) = buffer.copy::<u64>() {
        return Ok(ids);
    }
    let Some(signed) = buffer.copy::<i64>() else {
        let format = buffer.format();
        let message = format!("ids must be 64-bit integers; this buffer holds items of format {format:?}");
        return Err(wrong_type(object.py(), &message));
    };
    let ids: Result<Vec<u64>, _> = signed.into_iter().map(u64::try_from).collect();
    ids.map_err(|_| invalid(object.py(), "an id is negative: ids are integers from 0 to 2**64 - 1"))
}

impl From<Ids> for IdBatch {
    fn from(ids: Ids) -> Self {
        Self(ids.0)
    }
}
