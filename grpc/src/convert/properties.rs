//! Metadata and properties: a map of texts, which every client knows, and beside it the typed values that are no texts.

use std::collections::BTreeMap;

use toondb_engine::api::{Properties, Result, Value};

use super::value;
use crate::proto;

type Texts = BTreeMap<String, String>;
type Typed = BTreeMap<String, proto::Value>;

/// Joins the two maps; a typed value wins over a text of the same name.
pub(super) fn properties(texts: Texts, typed: Typed) -> Result<Properties> {
    let mut fields: BTreeMap<String, Value> =
        texts.into_iter().map(|(name, text)| (name, Value::String(text))).collect();
    for (name, given) in typed {
        fields.insert(name, value::value(given)?);
    }
    Ok(Properties(fields))
}

/// Splits the fields for a request: each goes into one map.
pub(super) fn split(properties: Properties) -> (Texts, Typed) {
    let (mut texts, mut typed) = (Texts::new(), Typed::new());
    for (name, given) in properties.0 {
        match given {
            Value::String(text) => drop(texts.insert(name, text)),
            other => drop(typed.insert(name, value::message(other))),
        }
    }
    (texts, typed)
}

/// Splits the fields for an answer: each is readable as a text, and those that are none have their typed value beside it.
pub(super) fn split_for_all(properties: Properties) -> (Texts, Typed) {
    let (mut texts, mut typed) = (Texts::new(), Typed::new());
    for (name, given) in properties.0 {
        match given {
            Value::String(text) => drop(texts.insert(name, text)),
            other => {
                texts.insert(name.clone(), render(&other));
                typed.insert(name, value::message(other));
            }
        }
    }
    (texts, typed)
}

/// A value as text: a text as it is, anything else as JSON. Bytes become hex digits in quotes, and floats that JSON lacks
/// their names.
pub(super) fn render(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => json(other).to_string(),
    }
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(given) => (*given).into(),
        Value::Int(given) => (*given).into(),
        Value::Float(given) => match serde_json::Number::from_f64(*given) {
            Some(number) => number.into(),
            None => given.to_string().into(),
        },
        Value::String(text) => text.as_str().into(),
        Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into(),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(entries) => entries.iter().map(|(name, inner)| (name.clone(), json(inner))).collect(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use super::*;

    fn sample() -> Properties {
        let nested =
            BTreeMap::from([("inner".to_owned(), Value::List(vec![Value::Int(1), "two".into(), Value::Null]))]);
        Properties::new()
            .with("text", "5")
            .with("int", Value::Int(i64::MIN))
            .with("float", Value::Float(-0.0))
            .with("infinite", Value::Float(f64::INFINITY))
            .with("bool", Value::Bool(false))
            .with("null", Value::Null)
            .with("bytes", Value::Bytes(vec![0, 255]))
            .with("map", Value::Map(nested))
    }

    #[test]
    fn both_forms_give_the_same_fields_back() {
        for split in [split, split_for_all] {
            let (texts, typed) = split(sample());
            let back = properties(texts, typed).unwrap();
            assert_eq!(format!("{back:?}"), format!("{:?}", sample()));
        }
    }

    #[test]
    fn answers_are_readable_as_texts() {
        let (texts, typed) = split_for_all(sample());
        let wanted = [
            ("text", "5"),
            ("int", "-9223372036854775808"),
            ("float", "-0.0"),
            ("infinite", "\"inf\""),
            ("bool", "false"),
            ("null", "null"),
            ("bytes", "\"00ff\""),
            ("map", r#"{"inner":[1,"two",null]}"#),
        ];
        for (name, text) in wanted {
            assert_eq!(texts.get(name).map(String::as_str), Some(text));
        }
        assert_eq!((texts.len(), typed.len()), (8, 7));
    }

    #[test]
    fn a_typed_value_needs_a_kind() {
        let typed = Typed::from([("x".to_owned(), proto::Value { kind: None })]);
        assert!(properties(Texts::new(), typed).is_err());
    }
}
