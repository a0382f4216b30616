//! Metadata and properties: a map of texts, which every client knows, and beside it the typed values that are no texts.
//!
//! A map is a list of entries on the wire. The order of fields is that of the texts, which name every field unless all are
//! typed; what stands among the typed values alone comes behind them. A field given twice has its last value.

use toondb_engine::api::{Map, Properties, Result, Value};

use super::value;
use crate::proto;

type Texts = Vec<proto::TextEntry>;
type Typed = Vec<proto::ValueEntry>;

/// Joins the two maps; a typed value wins over a text of the same name.
pub(super) fn properties(texts: Texts, typed: Typed) -> Result<Properties> {
    let texts = texts.into_iter().map(|entry| Ok((entry.key, Value::String(entry.value))));
    let typed = typed.into_iter().map(|entry| Ok((entry.key, value::value(entry.value.unwrap_or_default())?)));
    texts.chain(typed).collect::<Result<Map>>().map(Properties)
}

/// Splits the fields for a request. Where there are both kinds, an empty text keeps the place of each typed value.
pub(super) fn split(properties: Properties) -> (Texts, Typed) {
    let any_text = properties.0.values().any(|value| matches!(value, Value::String(_)));
    split_with(properties, |_| any_text.then(String::new))
}

/// Splits the fields for an answer: each is readable as a text, and those that are none have their typed value beside it.
pub(super) fn split_for_all(properties: Properties) -> (Texts, Typed) {
    split_with(properties, |value| Some(render(value)))
}

fn split_with(properties: Properties, text_of: impl Fn(&Value) -> Option<String>) -> (Texts, Typed) {
    let (mut texts, mut typed) = (Texts::new(), Typed::new());
    for (key, given) in properties.0 {
        match given {
            Value::String(value) => texts.push(proto::TextEntry { key, value }),
            other => {
                texts.extend(text_of(&other).map(|value| proto::TextEntry { key: key.clone(), value }));
                typed.push(value::entry(key, other));
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
        let nested = Map::from([
            ("z".to_owned(), Value::List(vec![Value::Int(1), "two".into(), Value::Null])),
            ("a".to_owned(), Value::Null),
        ]);
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
        let texts = Properties::new().with("z", "1").with("a", "2");
        let typed = Properties::new().with("z", Value::Int(1)).with("a", Value::Null);
        for split in [split, split_for_all] {
            for given in [sample(), texts.clone(), typed.clone(), Properties::new()] {
                let (texts, typed) = split(given.clone());
                let back = properties(texts, typed).unwrap();
                assert_eq!(format!("{back:?}"), format!("{given:?}"), "order and types");
            }
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
            ("map", r#"{"z":[1,"two",null],"a":null}"#),
        ];
        for (name, text) in wanted {
            assert!(texts.contains(&proto::TextEntry::new(name, text)), "{name}: {texts:?}");
        }
        assert_eq!((texts.len(), typed.len()), (8, 7));
    }

    #[test]
    fn a_typed_value_needs_a_kind() {
        for value in [Some(proto::Value { kind: None }), None] {
            let typed = Typed::from([proto::ValueEntry { key: "x".to_owned(), value }]);
            assert!(properties(Texts::new(), typed).is_err());
        }
    }

    /// What the encoding of maps says of entries with one key.
    #[test]
    fn a_field_given_twice_has_its_last_value() {
        let texts = ["1", "2"].map(|text| proto::TextEntry::new("x", text)).to_vec();
        assert_eq!(properties(texts, Typed::new()).unwrap(), Properties::new().with("x", "2"));
    }
}
