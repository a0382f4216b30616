//! Values in JSON. Most are themselves. Bytes are `{"$bytes": "<base64>"}`, infinities `{"$float": "inf"}` and
//! `{"$float": "-inf"}`, and a map with a name that begins with `$` is `{"$map": {...}}`, so that it is not mistaken for
//! one of these.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::api::{Map, Properties, Value};

/// What has no other spelling.
const BYTES: &str = "$bytes";
const FLOAT: &str = "$float";
const MAP: &str = "$map";

fn single(name: &str, value: Value) -> Value {
    Value::Map(Map::from([(name.to_owned(), value)]))
}

/// A value that JSON can spell.
pub fn spell(value: &Value) -> Value {
    match value {
        Value::Float(float) if !float.is_finite() => single(FLOAT, Value::String(float.to_string())),
        Value::Bytes(bytes) => single(BYTES, Value::String(STANDARD.encode(bytes))),
        Value::List(items) => Value::List(items.iter().map(spell).collect()),
        Value::Map(entries) => {
            let is_special = entries.keys().any(|name| name.starts_with('$'));
            let spelled = Value::Map(entries.iter().map(|(name, value)| (name.clone(), spell(value))).collect());
            if is_special { single(MAP, spelled) } else { spelled }
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_) => value.clone(),
    }
}

/// The value that was spelled.
pub fn unspell(value: Value) -> Result<Value, &'static str> {
    Ok(match value {
        Value::List(items) => Value::List(items.into_iter().map(unspell).collect::<Result<_, _>>()?),
        Value::Map(mut entries) => {
            let special = match (entries.len(), entries.iter().next()) {
                (1, Some((name, _))) if [BYTES, FLOAT, MAP].contains(&name.as_str()) => entries.pop(),
                _ => None,
            };
            match special {
                None if entries.keys().any(|name| name.starts_with('$')) => {
                    return Err("a map with a name that begins with `$` must be written as {\"$map\": ...}");
                }
                None => Value::Map(unspell_entries(entries)?),
                Some((name, Value::String(text))) if name == BYTES => {
                    Value::Bytes(STANDARD.decode(text).map_err(|_| "bytes are not base64")?)
                }
                Some((name, Value::String(text))) if name == FLOAT => match text.as_str() {
                    "inf" => Value::Float(f64::INFINITY),
                    "-inf" => Value::Float(f64::NEG_INFINITY),
                    _ => return Err("a `$float` is inf or -inf"),
                },
                Some((name, Value::Map(entries))) if name == MAP => Value::Map(unspell_entries(entries)?),
                Some(_) => return Err("a value that begins with `$` is malformed"),
            }
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_) | Value::Bytes(_) => value,
    })
}

fn unspell_entries(entries: Map) -> Result<Map, &'static str> {
    entries.into_iter().map(|(name, value)| Ok((name, unspell(value)?))).collect()
}

/// Properties that JSON can spell.
pub fn spell_properties(properties: &Properties) -> Value {
    spell(&Value::Map(properties.0.clone()))
}

/// The properties that were spelled.
pub fn unspell_properties(value: Value) -> Result<Properties, &'static str> {
    Properties::try_from(unspell(value)?)
}

/// A text of up to so many bytes is spelled as a text, be it ever so much longer in JSON.
const TEXT_BYTES: usize = 64 << 10;

/// Bytes as a text, or as base64; a long one as what is shorter.
pub fn bytes_or_text(bytes: &[u8]) -> (Option<String>, Option<String>) {
    match std::str::from_utf8(bytes) {
        Ok(text) if bytes.len() <= TEXT_BYTES || escaped_bytes(bytes) <= bytes.len() / 3 => {
            (Some(text.to_owned()), None)
        }
        Ok(_) | Err(_) => (None, Some(STANDARD.encode(bytes))),
    }
}

/// Bytes that a text takes in JSON beside its own: six are written for a control character.
fn escaped_bytes(text: &[u8]) -> usize {
    let extra = |byte: &u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 8 | 12 => 1,
        ..32 => 5,
        32.. => 0,
    };
    text.iter().map(extra).sum()
}

/// The bytes of a text, or of base64.
pub fn text_or_bytes(text: Option<String>, base64: Option<String>) -> Result<Vec<u8>, &'static str> {
    match (text, base64) {
        (Some(text), None) => Ok(text.into_bytes()),
        (None, Some(base64)) => STANDARD.decode(base64).map_err(|_| "bytes are not base64"),
        _ => Err("a key or value needs either a text or base64"),
    }
}
