//! Filters: a map of texts, which every client knows, and beside it the typed form that all doors share.

use toondb_engine::api::{Error, Filter, Map, Result, Value};

use super::properties::render;
use super::value;
use crate::proto;

/// What a text of an old client's filter means: the field holds this text, or the number or truth value that an answer
/// shows as this text.
fn text_condition(text: String) -> Value {
    let scalar = match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(serde_json::Value::Bool(given)) => Some(Value::Bool(given)),
        Ok(serde_json::Value::Number(number)) => number.as_i64().map(Value::Int).or(number.as_f64().map(Value::Float)),
        Ok(_) | Err(_) => None,
    };
    let mut wanted = Vec::from_iter(scalar.filter(|scalar| render(scalar) == text));
    wanted.push(Value::String(text));
    single("$in", Value::List(wanted))
}

/// What the text under a name means. Names with a `$` are those of texts (`$id`), or are refused by the parser.
fn condition(name: &str, text: String) -> Value {
    if name.starts_with('$') { single("$eq", Value::String(text)) } else { text_condition(text) }
}

fn single(name: &str, value: Value) -> Value {
    Value::Map(Map::from([(name.to_owned(), value)]))
}

/// Joins the filter of texts and the typed one. The result goes through the one parser of filters, with its limits.
pub(super) fn filter(texts: Vec<proto::TextEntry>, typed: Option<proto::Value>) -> Result<Option<Filter>> {
    let mut parts = Vec::new();
    if !texts.is_empty() {
        let fields = texts.into_iter().map(|proto::TextEntry { key, value }| {
            let condition = condition(&key, value);
            (key, condition)
        });
        parts.push(Value::Map(fields.collect()));
    }
    if let Some(typed) = typed {
        parts.push(value::value(typed)?);
    }
    let joined = match (parts.pop(), parts.pop()) {
        (None, _) => return Ok(None),
        (Some(only), None) => only,
        (Some(typed), Some(texts)) => single("$and", Value::List(vec![texts, typed])),
    };
    Filter::try_from(joined).map(Some).map_err(Error::invalid)
}

/// A filter in its typed form, the only one that methods of our own have.
pub(super) fn typed(message: Option<proto::Value>) -> Result<Option<Filter>> {
    filter(Vec::new(), message)
}

/// The typed form of a filter, if there is one.
pub(super) fn typed_message(filter: Option<Filter>) -> Option<proto::Value> {
    filter.map(filter_message)
}

/// The typed form of a filter.
pub(super) fn filter_message(filter: Filter) -> proto::Value {
    value::message(filter.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use toondb_engine::api::{FilterRow, Properties};

    use super::*;

    fn of_text(name: &str, text: &str) -> Filter {
        super::filter(vec![proto::TextEntry::new(name, text)], None).unwrap().unwrap()
    }

    #[test]
    fn a_text_matches_what_an_answer_shows_as_it() {
        let stored: [(Value, &str); 6] = [
            (Value::Int(2024), "2024"),
            (Value::Float(0.5), "0.5"),
            (Value::Bool(true), "true"),
            ("2024".into(), "2024"),
            ("true".into(), "true"),
            ("".into(), ""),
        ];
        for (value, text) in stored {
            assert!(of_text("f", text).matches(&Properties::new().with("f", value.clone())), "{value:?} as {text}");
        }
        assert!(!of_text("f", "1.0").matches(&Properties::new().with("f", "1")));
        assert!(!of_text("f", "2024").matches(&Properties::new().with("f", Value::Int(2023))));
        assert!(!of_text("f", "2024").matches(&Properties::new()));
    }

    #[test]
    fn both_filters_must_match() {
        let texts = vec![proto::TextEntry::new("lang", "en")];
        let typed = Filter::try_from(Value::Map(Map::from([("year".to_owned(), Value::Int(2020))]))).unwrap();
        let both = super::filter(texts, Some(filter_message(typed))).unwrap().unwrap();
        let document = Properties::new().with("lang", "en");
        assert!(!both.matches(&document));
        assert!(both.matches(&document.with("year", Value::Int(2020))));
        assert_eq!(super::typed(None), Ok(None));
    }

    #[test]
    fn operators_cannot_be_smuggled_in_as_field_names() {
        for name in ["$or", "$and", "$not", "$field", "$gt", "$price"] {
            let texts = vec![proto::TextEntry::new(name, "x")];
            assert!(super::filter(texts, None).is_err(), "{name}");
        }
    }

    #[test]
    fn a_text_can_ask_for_an_id_and_for_what_is_nested() {
        let nested = Value::Map(Map::from([("b".to_owned(), Value::Int(7))]));
        let fields = Properties::new().with("a", nested);
        assert!(of_text("a.b", "7").matches(&fields));
        assert!(of_text("$id", "7").matches(FilterRow::document("7", "", &fields)));
        assert!(!of_text("$id", "7").matches(FilterRow::document("8", "", &fields)));
    }
}
