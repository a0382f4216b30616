//! What one side writes the other reads: writing is held to the bounds of reading.

use super::random::Draw;
use crate::api::Value;
use crate::format::{FormatError, json, toon};
use crate::limits;

fn nested(inner: Value, levels: usize, wrap: impl Fn(Value) -> Value) -> Value {
    (0..levels).fold(inner, |inner, _| wrap(inner))
}

fn single(key: &str, value: Value) -> Value {
    Value::Map([(key.to_owned(), value)].into())
}

/// Written and equal when read, or refused by the writer.
fn both_ways(value: &Value, what: &str) -> bool {
    let (json, toon) = (json::encode(value), toon::encode(value));
    assert_eq!(json.is_ok(), toon.is_ok(), "{what}: {json:?} and {toon:?}");
    if let Ok(text) = &json {
        assert_eq!(json::decode(text).as_ref(), Ok(value), "{what}");
    }
    if let Ok(text) = &toon {
        let back = toon::decode(text);
        assert!(back.as_ref() == Ok(value), "{what}: {:?}", back.err());
    }
    json.is_ok()
}

/// Every kind of level, at every depth up to and beyond the bound, also mixed.
#[test]
fn depth() {
    let wraps: [fn(Value) -> Value; 7] = [
        |value| Value::List(vec![value]),
        |value| Value::List(vec![value.clone(), Value::Null]),
        |value| single("a", value),
        |value| single("$map", value),
        |value| single("a b", value),
        |value| Value::List(vec![single("a", Value::Int(1)), single("a", value)]),
        |value| Value::Map([("a".to_owned(), value), ("b".to_owned(), Value::from("x"))].into()),
    ];
    let inner = [
        Value::Int(1),
        Value::Bytes(vec![1]),
        Value::Float(-0.0),
        Value::List(Vec::new()),
        single("$map", Value::Null),
    ];
    for (number, wrap) in wraps.iter().enumerate() {
        for inner in &inner {
            for levels in 0..limits::VALUE_DEPTH_MAX + 3 {
                let value = nested(inner.clone(), levels, wrap);
                let fits = value.validate().is_ok();
                assert_eq!(both_ways(&value, &format!("wrap {number}, {levels} levels of {inner:?}")), fits);
            }
        }
    }
    for seed in 0..4_000 {
        let draw = Draw::new(seed);
        let mut value = draw.value(2);
        for _ in 0..draw.below(limits::VALUE_DEPTH_MAX) {
            value = wraps[draw.below(wraps.len())](value);
        }
        let fits = value.validate().is_ok();
        assert_eq!(both_ways(&value, &format!("seed {seed}")), fits);
    }
}

fn is_limit(result: &Result<String, FormatError>) -> bool {
    matches!(result, Err(FormatError::Limit(_)))
}

#[test]
fn number_of_values() {
    let flat = |count: usize| Value::List(vec![Value::Int(1); count]);
    assert!(both_ways(&flat(limits::TEXT_VALUES_MAX - 1), "as many as may be"));
    for value in
        [flat(limits::TEXT_VALUES_MAX), Value::List(vec![Value::Bytes(Vec::new()); limits::TEXT_VALUES_MAX / 2])]
    {
        assert!(is_limit(&json::encode(&value)) && is_limit(&toon::encode(&value)));
    }
}

#[test]
fn length_of_the_text() {
    let text = |bytes: usize| Value::from(&*"x".repeat(bytes));
    assert!(both_ways(&text(limits::TEXT_BYTES_MAX - 2), "as long as may be"));
    assert!(is_limit(&json::encode(&text(limits::TEXT_BYTES_MAX + 1))));
    assert!(is_limit(&toon::encode(&text(limits::TEXT_BYTES_MAX + 1))));
}

/// A wide table's header stands for its own rows alone, not for what follows.
#[test]
fn tables_and_what_follows() {
    let row = || Value::Map((0..1_000).map(|column| (format!("c{column}"), Value::Int(1))).collect());
    let value = Value::Map(
        [
            ("a".to_owned(), Value::List(vec![row(), row()])),
            ("b".to_owned(), Value::List((0..5_000).map(|at| Value::List(vec![Value::Int(at)])).collect())),
        ]
        .into(),
    );
    assert!(both_ways(&value, "a table and a list"));
    // Field names repeated for every row: a text may not stand for more of them than a bound.
    let long = "n".repeat(10_000);
    let rows = Value::List(vec![Value::Map([(long, Value::Int(1)), ("z".to_owned(), Value::Null)].into()); 7_000]);
    assert!(is_limit(&toon::encode(&rows)));
}
