//! What holds other things: lists, dicts, records, and names with a content.

use std::vec;

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyMapping, PyString};
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::Argument;
use super::failure::Failure;
use crate::time;

/// The items of anything that can be iterated over.
pub struct Items<'py> {
    items: Bound<'py, PyIterator>,
    len: Option<usize>,
    next: usize,
    depth: usize,
}

impl<'py> Items<'py> {
    pub fn new(items: Bound<'py, PyIterator>, len: Option<usize>, depth: usize) -> Self {
        Self { items, len, next: 0, depth }
    }
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Failure;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Failure> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let index = self.next;
        self.next += 1;
        let argument = Argument { object: &item?, depth: self.depth };
        seed.deserialize(argument).map(Some).map_err(|failure| failure.within(|| format!("[{index}]")))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.len?.saturating_sub(self.next))
    }
}

/// A map's pairs of key and value.
type Pair<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

/// The entries of a dict that may have any keys.
pub struct Entries<'py> {
    pairs: vec::IntoIter<Pair<'py>>,
    value: Option<(String, Bound<'py, PyAny>)>,
    depth: usize,
}

impl<'py> Entries<'py> {
    pub fn new(pairs: Vec<Pair<'py>>, depth: usize) -> Self {
        Self { pairs: pairs.into_iter(), value: None, depth }
    }
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Failure> {
        let Some((key, value)) = self.pairs.next() else { return Ok(None) };
        let Ok(name) = key.cast::<PyString>() else {
            return Err(Failure::kind(format!("a field name must be a str, not {}", key.get_type())));
        };
        let name = name.to_cow()?.into_owned();
        let text: StrDeserializer<'_, Failure> = name.as_str().into_deserializer();
        let key = seed.deserialize(text)?;
        self.value = Some((name, value));
        Ok(Some(key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failure> {
        let Some((name, value)) = self.value.take() else {
            return Err(Failure::value("a value without a key".to_owned()));
        };
        let argument = Argument { object: &value, depth: self.depth };
        seed.deserialize(argument).map_err(|failure| failure.within(|| format!(".{name}")))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.pairs.len())
    }
}

/// The fields of a record that are given and not None: of a dict, or of a dataclass such as `toondb.Document`.
pub struct Fields<'py> {
    fields: vec::IntoIter<(&'static str, Bound<'py, PyAny>)>,
    value: Option<(&'static str, Bound<'py, PyAny>)>,
    depth: usize,
}

impl<'py> Fields<'py> {
    pub fn of(argument: Argument<'_, 'py>, name: &str, known: &'static [&'static str]) -> Result<Self, Failure> {
        let object = argument.object;
        let mut fields = Vec::with_capacity(known.len());
        if object.cast::<PyMapping>().is_ok() {
            for (key, value) in argument.entries()?.pairs {
                let Ok(text) = key.cast::<PyString>() else {
                    return Err(Failure::kind(format!("a field name must be a str, not {}", key.get_type())));
                };
                let text = text.to_cow()?;
                if (name, &*text) == ("Document", "ttl") {
                    fields.extend(ttl_ms(&value)?.map(|ttl_ms| ("ttl_ms", ttl_ms)));
                    continue;
                }
                match known.iter().find(|known| **known == text) {
                    Some(known) if !value.is_none() => fields.push((*known, value)),
                    Some(_) => {}
                    None => return Err(unknown(name, &text, known)),
                }
            }
        } else if object.hasattr("__dataclass_fields__")? {
            for known in known {
                match object.getattr_opt(*known)? {
                    Some(value) if !value.is_none() && !is_unread(known, &value) => fields.push((*known, value)),
                    _ => {}
                }
            }
        } else {
            return argument.refuse(&format!("a dict or a toondb.{name}"));
        }
        Ok(Self { fields: fields.into_iter(), value: None, depth: argument.within()? })
    }
}

/// A document's time to live, which Python states as seconds or a timedelta.
fn ttl_ms<'py>(span: &Bound<'py, PyAny>) -> Result<Option<Bound<'py, PyAny>>, Failure> {
    let py = span.py();
    let read = time::span_ms(py, Some(span).filter(|span| !span.is_none()), "ttl");
    let ms = read.map_err(|error| Failure::of_reader(py, error))?;
    Ok(ms.map(|ms| ms.into_bound_py_any(py)).transpose()?)
}

/// A document that was read without its embedding has an empty one.
fn is_unread(field: &str, value: &Bound<'_, PyAny>) -> bool {
    field == "embedding" && value.len().is_ok_and(|len| len == 0)
}

fn unknown(name: &str, field: &str, known: &[&str]) -> Failure {
    let name = name.to_ascii_lowercase();
    let advice = match name.as_str() {
        "document" => "put it into its metadata".to_owned(),
        "node" | "edge" | "temporalfact" | "statedfact" => "put it into its properties".to_owned(),
        _ => format!("it has {}", known.join(" ")),
    };
    Failure::value(format!("a {name} has no field {field:?}; {advice}"))
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Failure> {
        let Some((name, value)) = self.fields.next() else { return Ok(None) };
        self.value = Some((name, value));
        let text: StrDeserializer<'_, Failure> = name.into_deserializer();
        seed.deserialize(text).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failure> {
        let Some((name, value)) = self.value.take() else {
            return Err(Failure::value("a value without a key".to_owned()));
        };
        let argument = Argument { object: &value, depth: self.depth };
        seed.deserialize(argument).map_err(|failure| failure.within(|| format!(".{name}")))
    }
}

/// A name of an enumeration with what belongs to it.
pub struct Tagged<'py> {
    pub variant: Bound<'py, PyAny>,
    pub content: Bound<'py, PyAny>,
    pub depth: usize,
}

impl<'py> Tagged<'py> {
    fn argument(&self) -> Argument<'_, 'py> {
        Argument { object: &self.content, depth: self.depth }
    }
}

impl<'de> EnumAccess<'de> for Tagged<'_> {
    type Error = Failure;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Failure> {
        let variant = seed.deserialize(Argument { object: &self.variant, depth: self.depth })?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Tagged<'_> {
    type Error = Failure;

    fn unit_variant(self) -> Result<(), Failure> {
        if self.content.is_none() { Ok(()) } else { self.argument().refuse("None") }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Failure> {
        seed.deserialize(self.argument())
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_seq(self.argument().items()?)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_map(Fields::of(self.argument(), "variant", fields)?)
    }
}
