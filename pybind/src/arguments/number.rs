//! Whole numbers with a range.

use std::fmt::Display;

use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;

use super::failure::Failure;

/// A type of whole numbers.
pub trait Whole: Display + Sized {
    const MIN: Self;
    const MAX: Self;
    /// The number, or Python's reason against it.
    fn of(object: &Bound<'_, PyAny>) -> PyResult<Self>;
}

macro_rules! wholes {
    ($($type:ty),*) => {$(
        impl Whole for $type {
            const MIN: Self = <$type>::MIN;
            const MAX: Self = <$type>::MAX;

            fn of(object: &Bound<'_, PyAny>) -> PyResult<Self> {
                object.extract()
            }
        }
    )*};
}

wholes!(i8, i16, i32, i64, u8, u16, u32, u64);

/// A whole number: an int, or what stands for one, such as a number of numpy.
pub fn whole<T: Whole>(object: &Bound<'_, PyAny>) -> Result<T, Failure> {
    match T::of(object) {
        Ok(number) => Ok(number),
        Err(error) if error.is_instance_of::<PyOverflowError>(object.py()) => {
            let (min, max) = (T::MIN, T::MAX);
            Err(Failure::value(format!("{object} is out of range: give an integer from {min} to {max}")))
        }
        Err(error) if error.is_instance_of::<PyTypeError>(object.py()) => {
            Err(Failure::kind(format!("an int is expected, not {}", object.get_type())))
        }
        Err(error) => Err(error.into()),
    }
}
