//! Python's buffer protocol (PEP 3118), by hand: the stable ABI has it only from Python 3.11 on, this module supports
//! 3.10.
//!
//! `Py_buffer`'s layout and the two functions have been the same since Python 3.0 and became part of the stable ABI
//! unchanged, so declaring them here is what `#include <Python.h>` would give. A buffer is asked for with its strides
//! and format, so that rows of a matrix, slices and transposed views are copied right whatever their layout; the common
//! case, a C-contiguous one, is a single copy.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::slice;

use half::f16;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi::{Py_ssize_t, PyObject};
use pyo3::prelude::*;

#[repr(C)]
struct RawBuffer {
    buf: *mut c_void,
    obj: *mut PyObject,
    len: Py_ssize_t,
    itemsize: Py_ssize_t,
    readonly: c_int,
    ndim: c_int,
    format: *mut c_char,
    shape: *mut Py_ssize_t,
    strides: *mut Py_ssize_t,
    suboffsets: *mut Py_ssize_t,
    internal: *mut c_void,
}

unsafe extern "C" {
    fn PyObject_GetBuffer(object: *mut PyObject, view: *mut RawBuffer, flags: c_int) -> c_int;
    fn PyBuffer_Release(view: *mut RawBuffer);
}

/// `PyBUF_FORMAT | PyBUF_STRIDES`: read-only is enough; an exporter that would need suboffsets refuses.
const FLAGS: c_int = 0x0004 | 0x0010 | 0x0008;

/// A buffer that some Python object exports, released when dropped.
pub struct Buffer<'py> {
    // Boxed, because an exporter may let `shape` and `strides` point into the structure itself: it must not move.
    raw: Box<RawBuffer>,
    // Releasing needs the interpreter, so the buffer may not outlive it or move to another thread.
    _py: Python<'py>,
}

impl<'py> Buffer<'py> {
    /// The object's buffer; `None` if it does not export one.
    pub fn of(object: &Bound<'py, PyAny>) -> PyResult<Option<Self>> {
        let mut raw = Box::new(MaybeUninit::<RawBuffer>::zeroed());
        // SAFETY: the object is alive and the interpreter attached; `raw` is a writable Py_buffer that stays where it
        // is.
        let status = unsafe { PyObject_GetBuffer(object.as_ptr(), raw.as_mut_ptr(), FLAGS) };
        if status == 0 {
            // SAFETY: on success the call has filled every field.
            let raw = unsafe { raw.assume_init() };
            return Ok(Some(Self { raw, _py: object.py() }));
        }
        let (py, failure) = (object.py(), PyErr::fetch(object.py()));
        // numpy says ValueError of an array whose items have no format, such as bfloat16.
        let has_none = failure.is_instance_of::<PyTypeError>(py)
            || (failure.is_instance_of::<PyValueError>(py) && object.hasattr("__array__")?);
        if has_none { Ok(None) } else { Err(failure) }
    }

    /// The format of one item, in the notation of Python's `struct` module.
    pub fn format(&self) -> &str {
        if self.raw.format.is_null() {
            return "B";
        }
        // SAFETY: a non-null format is a NUL-terminated text that lives as long as the buffer is held.
        unsafe { CStr::from_ptr(self.raw.format) }.to_str().unwrap_or("?")
    }

    /// The size of one item in bytes.
    pub fn item_bytes(&self) -> usize {
        self.raw.itemsize.unsigned_abs()
    }

    /// The number of items along each dimension.
    pub fn shape(&self) -> Vec<usize> {
        self.extents(self.raw.shape).iter().map(|extent| extent.unsigned_abs()).collect()
    }

    fn extents(&self, array: *const Py_ssize_t) -> &[Py_ssize_t] {
        let count = usize::try_from(self.raw.ndim).unwrap_or(0);
        if array.is_null() || count == 0 {
            return &[];
        }
        // SAFETY: `shape` and `strides` have `ndim` entries, as PyBUF_STRIDES promises, and live as long as the buffer.
        unsafe { slice::from_raw_parts(array, count) }
    }

    /// True if the items lie one after the other in the order of the dimensions.
    fn is_contiguous(&self) -> bool {
        let (shape, strides) = (self.extents(self.raw.shape), self.extents(self.raw.strides));
        if strides.is_empty() || shape.contains(&0) {
            return true;
        }
        let mut expected = self.raw.itemsize;
        for (extent, stride) in shape.iter().zip(strides).rev() {
            if *extent != 1 && *stride != expected {
                return false;
            }
            expected = expected.saturating_mul(*extent);
        }
        true
    }

    /// Copies every item out as a `T`, row after row. `T` must be what [`Self::format`] says: see [`Item`].
    pub fn copy<T: Item>(&self) -> Option<Vec<T>> {
        if !T::matches(self.format()) || self.item_bytes() != size_of::<T>() || self.raw.ndim < 1 {
            return None;
        }
        let count = self.shape().iter().try_fold(1usize, |product, extent| product.checked_mul(*extent))?;
        let mut items: Vec<T> = Vec::with_capacity(count);
        if count == 0 {
            return Some(items);
        }
        if self.is_contiguous() {
            // SAFETY: a C-contiguous buffer holds `count` items of `size_of::<T>()` bytes at `buf`; the bytes are
            // copied, so their alignment does not matter, and any bytes are a valid `T`. The capacity was reserved
            // above.
            unsafe {
                std::ptr::copy_nonoverlapping(
                    self.raw.buf.cast::<u8>(),
                    items.as_mut_ptr().cast(),
                    count * size_of::<T>(),
                );
                items.set_len(count);
            }
        } else {
            self.copy_strided(
                self.raw.buf.cast(),
                self.extents(self.raw.shape),
                self.extents(self.raw.strides),
                &mut items,
            );
        }
        Some(items)
    }

    fn copy_strided<T: Item>(&self, at: *const u8, shape: &[Py_ssize_t], strides: &[Py_ssize_t], into: &mut Vec<T>) {
        let (Some((extent, shape)), Some((stride, strides))) = (shape.split_first(), strides.split_first()) else {
            // SAFETY: the walk over shape and strides stays inside what the exporter described; unaligned reads are
            // allowed here, and any bytes are a valid `T`.
            into.push(unsafe { at.cast::<T>().read_unaligned() });
            return;
        };
        for index in 0..*extent {
            self.copy_strided(at.wrapping_offset(index.wrapping_mul(*stride)), shape, strides, into);
        }
    }
}

impl Drop for Buffer<'_> {
    fn drop(&mut self) {
        // SAFETY: the buffer was filled by PyObject_GetBuffer, is released once, and the interpreter is attached
        // (`_py`).
        unsafe { PyBuffer_Release(&raw mut *self.raw) }
    }
}

/// A number type that may be copied out of a buffer: any bit pattern of its size is a valid value.
///
/// # Safety
/// Implementers are plain numbers without padding or invalid bit patterns.
pub unsafe trait Item: Copy {
    /// True if the format means this type in this machine's byte order.
    fn matches(format: &str) -> bool;
}

/// The one type letter of a format in this machine's byte order; `None` for another order or a composite format.
fn letter(format: &str) -> Option<char> {
    let here = if cfg!(target_endian = "little") { '<' } else { '>' };
    let bare = format.strip_prefix(['@', '=', here]).unwrap_or(format);
    let mut letters = bare.chars();
    letters.next().filter(|_| letters.next().is_none())
}

macro_rules! items {
    ($($type:ty => $letters:pat,)*) => {$(
        // SAFETY: a primitive number.
        unsafe impl Item for $type {
            fn matches(format: &str) -> bool {
                matches!(letter(format), Some($letters))
            }
        }
    )*};
}

items! {
    u8 => 'B' | 'b' | 'c',
    f16 => 'e',
    f32 => 'f',
    f64 => 'd',
    u64 => 'Q' | 'L' | 'N',
    i64 => 'q' | 'l' | 'n',
}
