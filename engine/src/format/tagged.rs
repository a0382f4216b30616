//! Values in formats that know neither bytes nor infinities: both become maps with one reserved key.
//!
//! | value | written as |
//! |---|---|
//! | bytes | `{"$bytes": "<base64>"}` |
//! | a float that the format cannot write | `{"$float": "inf"}`, `"-inf"`, and in TOON `"-0"` and beyond 64 bits `"1e300"` |
//! | a map whose only key is one of the three | `{"$map": {...}}` |
//!
//! So a user's map can never be taken for a tag, nor a tag for a user's map. Numbers keep their value, which is all that
//! equality of values asks: a float without a fraction may come back as the equal integer.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, Serialize, SerializeMap, Serializer};

use super::FormatError;
use super::integers::is_beyond;
use crate::api::{ErrorCode, Map, Value};
use crate::limits;

const BYTES: &str = "$bytes";
const FLOAT: &str = "$float";
const MAP: &str = "$map";

/// True if the key is reserved for what the formats lack.
pub fn is_tag(key: &str) -> bool {
    matches!(key, BYTES | FLOAT | MAP)
}

/// Which floats a format writes as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Floats {
    /// Every finite one.
    Finite,
    /// Every finite one but -0.0, which would come back as 0, and those beyond 64 signed bits, which have no exponent in
    /// TOON and so would read as an integer that is too large.
    Plain,
}

/// The tag of a float that cannot be written as a number.
fn float_tag(float: f64, floats: Floats) -> Option<Cow<'static, str>> {
    match float {
        f64::INFINITY => Some(Cow::Borrowed("inf")),
        f64::NEG_INFINITY => Some(Cow::Borrowed("-inf")),
        _ if floats == Floats::Plain && float == 0.0 && float.is_sign_negative() => Some(Cow::Borrowed("-0")),
        _ if floats == Floats::Plain && is_beyond(float) => Some(Cow::Owned(format!("{float:e}"))),
        _ => None,
    }
}

/// True if the format writes the value as one plain scalar.
pub fn is_scalar(value: &Value, floats: Floats) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::String(_) => true,
        Value::Float(float) => float_tag(*float, floats).is_none() && !float.is_nan(),
        Value::Bytes(_) | Value::List(_) | Value::Map(_) => false,
    }
}

/// How many values, tags among them, the text of a value stands for.
fn count(value: &Value, floats: Floats) -> usize {
    let sum = |counts: &mut dyn Iterator<Item = usize>| counts.fold(1_usize, usize::saturating_add);
    match value {
        Value::Float(float) if float_tag(*float, floats).is_some() => 2,
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_) => 1,
        Value::Bytes(_) => 2,
        Value::List(items) => sum(&mut items.iter().map(|item| count(item, floats))),
        Value::Map(entries) => {
            let tag = usize::from(entries.len() == 1 && entries.keys().all(|key| is_tag(key)));
            tag + sum(&mut entries.values().map(|item| count(item, floats)))
        }
    }
}

/// Refuses a value of which no text can be read back: what is written is held to the bounds of reading.
pub fn check_readable(value: &Value, floats: Floats) -> Result<(), FormatError> {
    value.validate().map_err(|error| match error.code {
        ErrorCode::LimitExceeded => FormatError::Limit(error.message),
        _ => FormatError::conversion(error.message),
    })?;
    match count(value, floats) {
        values if values > limits::TEXT_VALUES_MAX => {
            let max = limits::TEXT_VALUES_MAX;
            Err(FormatError::Limit(format!(
                "the text would hold {values} values; the limit is {max}: convert it in parts"
            )))
        }
        _ => Ok(()),
    }
}

/// A value that serialises itself with tags.
#[derive(Debug, Clone, Copy)]
pub struct Tagged<'a> {
    /// The value.
    pub value: &'a Value,
    /// Which floats the format writes as a number.
    pub floats: Floats,
}

impl Serialize for Tagged<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let floats = self.floats;
        let tagged = |value| Tagged { value, floats };
        match self.value {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(flag) => serializer.serialize_bool(*flag),
            Value::Int(int) => serializer.serialize_i64(*int),
            Value::Float(float) if float.is_nan() => Err(S::Error::custom("a float value is NaN, which has no form")),
            Value::Float(float) => match float_tag(*float, floats) {
                Some(tag) => serializer.collect_map([(FLOAT, tag)]),
                None => serializer.serialize_f64(*float),
            },
            Value::String(text) => serializer.serialize_str(text),
            Value::Bytes(bytes) => serializer.collect_map([(BYTES, STANDARD.encode(bytes))]),
            Value::List(items) => serializer.collect_seq(items.iter().map(tagged)),
            Value::Map(entries) => {
                let looks_like_tag = entries.len() == 1 && entries.keys().all(|key| is_tag(key));
                match looks_like_tag {
                    false => serializer.collect_map(entries.iter().map(|(key, value)| (key, tagged(value)))),
                    true => {
                        let mut outer = serializer.serialize_map(Some(1))?;
                        outer.serialize_entry(MAP, &Plain { entries, floats })?;
                        outer.end()
                    }
                }
            }
        }
    }
}

/// The inside of an escaped map.
struct Plain<'a> {
    entries: &'a Map,
    floats: Floats,
}

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tagged = |value| Tagged { value, floats: self.floats };
        serializer.collect_map(self.entries.iter().map(|(key, value)| (key, tagged(value))))
    }
}

/// Reads a value within the bounds of a text, tags and all; [`untag`] makes of them what they stand for.
#[derive(Debug)]
pub struct TaggedReader {
    left: Cell<usize>,
    limit: Cell<Option<&'static str>>,
}

/// Deepest nesting of a text: every level of a value may need a tag around it, and a scalar at the end one more.
pub const TEXT_DEPTH_MAX: usize = 2 * limits::VALUE_DEPTH_MAX + 2;

impl TaggedReader {
    /// A reader of one text.
    pub fn new() -> Self {
        Self { left: Cell::new(limits::TEXT_VALUES_MAX), limit: Cell::new(None) }
    }

    /// Reads the value.
    pub fn read<'de, D: Deserializer<'de>>(&self, deserializer: D) -> Result<Value, D::Error> {
        Seed { reader: self, depth: 0 }.deserialize(deserializer)
    }

    /// The bound that ended the reading, if one did.
    pub fn limit(&self) -> Option<FormatError> {
        self.limit.get().map(|what| FormatError::Limit(what.to_owned()))
    }

    fn exceed<E: serde::de::Error>(&self, what: &'static str) -> E {
        self.limit.set(Some(what));
        E::custom(what)
    }
}

/// Replaces every tag by what it stands for.
pub fn untag(value: Value) -> Result<Value, FormatError> {
    match value {
        Value::List(items) => Ok(Value::List(items.into_iter().map(untag).collect::<Result<_, _>>()?)),
        Value::Map(mut entries) if entries.len() == 1 && entries.keys().all(|key| is_tag(key)) => match entries.pop() {
            Some((tag, value)) => untag_one(&tag, value),
            None => Ok(Value::Map(entries)),
        },
        Value::Map(entries) => untag_entries(entries),
        scalar => Ok(scalar),
    }
}

fn untag_entries(entries: Map) -> Result<Value, FormatError> {
    let entries = entries.into_iter().map(|(key, value)| Ok((key, untag(value)?)));
    Ok(Value::Map(entries.collect::<Result<_, FormatError>>()?))
}

fn untag_one(tag: &str, value: Value) -> Result<Value, FormatError> {
    match (tag, value) {
        (BYTES, Value::String(text)) => {
            let bytes = STANDARD.decode(&text);
            bytes.map(Value::Bytes).map_err(|_| FormatError::conversion("the value of $bytes is not base64"))
        }
        (FLOAT, Value::String(text)) => match text.as_str() {
            "inf" => Ok(Value::Float(f64::INFINITY)),
            "-inf" => Ok(Value::Float(f64::NEG_INFINITY)),
            "-0" => Ok(Value::Float(-0.0)),
            _ => match text.parse::<f64>() {
                Ok(float) if is_beyond(float) => Ok(Value::Float(float)),
                Ok(_) | Err(_) => Err(FormatError::conversion(
                    "the value of $float must be \"inf\", \"-inf\", \"-0\" or a number beyond 64 bits",
                )),
            },
        },
        (MAP, Value::Map(entries)) => untag_entries(entries),
        (MAP, _) => Err(FormatError::conversion("the value of $map must be a map")),
        _ => Err(FormatError::conversion(format!("the value of {tag} must be a text"))),
    }
}

struct Seed<'r> {
    reader: &'r TaggedReader,
    depth: usize,
}

impl<'r> Seed<'r> {
    fn inner(&self) -> Seed<'r> {
        Seed { reader: self.reader, depth: self.depth + 1 }
    }

    fn spend<E: serde::de::Error>(&self) -> Result<(), E> {
        if self.depth > TEXT_DEPTH_MAX {
            return Err(self.reader.exceed("the text is nested deeper than a value may be"));
        }
        match self.reader.left.get().checked_sub(1) {
            Some(left) => self.reader.left.set(left),
            None => return Err(self.reader.exceed("the text holds too many values; convert it in parts")),
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.spend()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("null, a boolean, a number, a text, a list or a map")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, int: i64) -> Result<Value, E> {
        Ok(Value::Int(int))
    }

    /// Above the integers: TOON's decoder gives `1e19` so. Whether it was written as digits alone is looked at afterwards.
    fn visit_u64<E>(self, int: u64) -> Result<Value, E> {
        #[expect(clippy::cast_precision_loss, reason = "an integer that a float does not hold is refused in the text")]
        Ok(i64::try_from(int).map_or(Value::Float(int as f64), Value::Int))
    }

    fn visit_f64<E>(self, float: f64) -> Result<Value, E> {
        Ok(Value::Float(float))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self.inner())? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            entries.push((key, map.next_value_seed(self.inner())?));
        }
        let twice = |key| A::Error::custom(format!("a map has the key {key:?} twice"));
        Map::of_distinct(entries).map(Value::Map).map_err(twice)
    }
}
