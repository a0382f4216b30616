//! The arguments of an operation: Python objects as a format of serde.
//!
//! Every request of the engine's table can be read from any serde format ([`Request::deserialize`]); this is the one whose
//! input is a dict of Python objects. So no operation needs code of its own here. What a field holds its type says, by the
//! name that serde gives: vectors are packed from lists and buffers, times come as integers or datetimes. A field that is None
//! is one that was left out. An error names the place, as in `documents[3].metadata.year`.

mod failure;
mod fields;
mod number;
mod packed;

use std::borrow::Cow;

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMapping, PyNone, PyString, PyTuple};
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use toondb_engine::api::{OpCode, Request};
use toondb_engine::limits;

use crate::error::invalid;
use crate::query::Query;
use crate::time;
pub use failure::Failure;
use fields::{Entries, Fields, Items, Tagged};
use number::whole;
pub use packed::{bytes_of, bytes_of_key};

/// Values nested deeper than this are refused while they are read, so that a list that contains itself ends; the engine applies
/// the exact bounds of values and filters. A filter's level may take three levels of maps and lists.
const DEPTH_MAX: usize = limits::FILTER_DEPTH_MAX * 3 + limits::VALUE_DEPTH_MAX;

/// The request of an operation with these arguments.
pub fn request(py: Python<'_>, operation: &str, arguments: &Bound<'_, PyDict>) -> PyResult<Request> {
    let code = code(py, operation)?;
    let arguments = Argument { object: arguments.as_any(), depth: 0 };
    Request::deserialize(code, arguments).map_err(|failure| failure.into_error(py))
}

/// Anything else that serde reads, under the name of an argument; none for one that is a whole.
pub fn read<T: DeserializeOwned>(object: &Bound<'_, PyAny>, name: &str) -> PyResult<T> {
    let read = T::deserialize(Argument { object, depth: 0 });
    read.map_err(|failure| failure.within(|| name.to_owned()).into_error(object.py()))
}

fn code(py: Python<'_>, operation: &str) -> PyResult<OpCode> {
    let known = OpCode::ALL.iter().find(|code| code.name() == operation);
    known.copied().ok_or_else(|| invalid(py, format!("there is no operation {operation:?}")))
}

/// One object, and how deep it is nested.
#[derive(Clone, Copy)]
struct Argument<'a, 'py> {
    object: &'a Bound<'py, PyAny>,
    depth: usize,
}

impl<'a, 'py> Argument<'a, 'py> {
    /// Refuses the object for its type.
    fn refuse<T>(self, wanted: &str) -> Result<T, Failure> {
        Err(Failure::kind(format!("{wanted} is expected, not {}", self.object.get_type())))
    }

    fn text(self) -> Result<Cow<'a, str>, Failure> {
        match self.object.cast::<PyString>() {
            Ok(text) => Ok(text.to_cow()?),
            Err(_) => self.refuse("a str"),
        }
    }

    fn within(self) -> Result<usize, Failure> {
        if self.depth >= DEPTH_MAX { Err(Failure::depth(DEPTH_MAX)) } else { Ok(self.depth + 1) }
    }

    fn items(self) -> Result<Items<'py>, Failure> {
        let is_list = self.object.cast::<PyString>().is_err()
            && self.object.cast::<PyBytes>().is_err()
            && self.object.cast::<PyMapping>().is_err();
        match self.object.try_iter() {
            Ok(items) if is_list => Ok(Items::new(items, self.object.len().ok(), self.within()?)),
            Err(error) if !error.is_instance_of::<pyo3::exceptions::PyTypeError>(self.object.py()) => Err(error.into()),
            _ => self.refuse("a list"),
        }
    }

    fn entries(self) -> Result<Entries<'py>, Failure> {
        let depth = self.within()?;
        if let Ok(map) = self.object.cast::<PyDict>() {
            return Ok(Entries::new(map.iter().collect(), depth));
        }
        let Ok(map) = self.object.cast::<PyMapping>() else { return self.refuse("a dict with str keys") };
        let pairs = map.items()?.iter().map(|pair| pair.extract()).collect::<PyResult<_>>()?;
        Ok(Entries::new(pairs, depth))
    }

    /// numpy scalars: not numbers to Python's eyes, but they know the Python number they stand for.
    /// Of times it knows but numbers of some unit, or datetimes without a zone.
    fn scalar(self) -> Result<Option<Bound<'py, PyAny>>, Failure> {
        if !self.object.hasattr("dtype")? || self.object.getattr("ndim")?.extract::<usize>()? != 0 {
            return Ok(None);
        }
        let item = self.object.call_method0("item")?;
        let kind: String = self.object.getattr("dtype")?.getattr("kind")?.extract()?;
        if matches!(kind.as_str(), "M" | "m") && item.cast::<PyInt>().is_ok() {
            return self.refuse("an aware datetime or a number");
        }
        Ok(Some(item))
    }
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident $type:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
            visitor.$visit(whole::<$type>(self.object)?)
        }
    )*};
}

impl<'de, 'py> Deserializer<'de> for Argument<'_, 'py> {
    type Error = Failure;

    /// A value of metadata, properties or a filter.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let object = self.object;
        if let Ok(text) = object.cast::<PyString>() {
            return visitor.visit_str(&text.to_cow()?);
        }
        if object.cast::<PyNone>().is_ok() {
            return visitor.visit_unit();
        }
        // A bool is an int to Python, so it is asked for first.
        if let Ok(flag) = object.cast::<PyBool>() {
            return visitor.visit_bool(flag.is_true());
        }
        if object.cast::<PyInt>().is_ok() {
            let number = object.extract().map_err(|_| {
                Failure::value("an integer value does not fit in 64 signed bits; store it as text".to_owned())
            })?;
            return visitor.visit_i64(number);
        }
        if let Ok(float) = object.cast::<PyFloat>() {
            return visitor.visit_f64(float.extract()?);
        }
        if let Ok(bytes) = object.cast::<PyBytes>() {
            return visitor.visit_bytes(bytes.as_bytes());
        }
        if let Ok(bytes) = object.cast::<PyByteArray>() {
            return visitor.visit_byte_buf(bytes.to_vec());
        }
        if object.cast::<PyList>().is_ok() || object.cast::<PyTuple>().is_ok() {
            return visitor.visit_seq(self.items()?);
        }
        if object.cast::<PyMapping>().is_ok() {
            return visitor.visit_map(self.entries()?);
        }
        if let Some(text) = time::text(object).map_err(|error| Failure::of_reader(object.py(), error))? {
            return visitor.visit_string(text);
        }
        if let Some(number) = self.scalar()? {
            return Argument { object: &number, depth: self.within()? }.deserialize_any(visitor);
        }
        let kind = object.get_type();
        Err(Failure::kind(format!(
            "a value of type {kind} has no counterpart; use None, bool, int, float, str, bytes, an aware datetime, a date, a list or a dict with str keys"
        )))
    }

    whole_numbers! {
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.object.extract() {
            Ok(flag) => visitor.visit_bool(flag),
            Err(_) => self.refuse("a bool"),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.object.extract() {
            Ok(number) => visitor.visit_f64(number),
            Err(_) => self.refuse("a float"),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_str(&self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_string(self.text()?.into_owned())
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_byte_buf(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_byte_buf(bytes_of(self.object)?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.object.is_none() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.object.is_none() { visitor.visit_unit() } else { self.refuse("None") }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_unit(visitor)
    }

    /// What is not read as its parts are.
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Failure> {
        let packed = match name {
            "Embedding" => packed::vector(self.object),
            "EmbeddingBatch" => packed::matrix(self.object),
            "IdBatch" => packed::ids(self.object),
            "TimestampMs" => {
                let read = time::milliseconds_since_1970(self.object);
                let ms = read.map_err(|error| Failure::of_reader(self.object.py(), error))?;
                return visitor.visit_newtype_struct(ms.into_deserializer());
            }
            _ => return visitor.visit_newtype_struct(self),
        };
        let packed = packed.map_err(|error| Failure::of_reader(self.object.py(), error))?;
        visitor.visit_newtype_struct(packed::Packed(packed))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_seq(self.items()?)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_map(self.entries()?)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_map(Fields::of(self, name, fields)?)
    }

    /// A name, or a name and what belongs to it: `("at", 5)`.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        if name == "RowsQuery" && self.object.cast::<Query>().is_err() {
            return self.refuse("a Query, such as Query.scan(),");
        }
        if let Ok(query) = self.object.cast::<Query>() {
            return query.get().deserialize(name, variants, visitor);
        }
        if let Ok(pair) = self.object.cast::<PyTuple>() {
            let depth = self.within()?;
            return visitor.visit_enum(Tagged { variant: pair.get_item(0)?, content: pair.get_item(1)?, depth });
        }
        let text = self.text()?;
        if !variants.contains(&text.as_ref()) {
            let known = variants.join(" ");
            return Err(Failure::value(format!("{text:?} is unknown; choose one of {known}")));
        }
        let text: StrDeserializer<'_, Failure> = text.as_ref().into_deserializer();
        visitor.visit_enum(text)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}
