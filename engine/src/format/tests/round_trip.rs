//! `decode(encode(x)) == x`.

use super::random::{Draw, FLOATS, TEXTS, same_bits};
use crate::api::{ToonOptions, Value};
use crate::format::tagged::{Floats, Tagged};
use crate::format::{RowSet, json, toon};

const CASES: u64 = 20_000;

fn check(value: &Value, what: &str) {
    let text = json::encode(value).unwrap();
    let back = json::decode(&text).unwrap_or_else(|error| panic!("{what}: {error}\n{value:?}\n{text}"));
    assert!(same_bits(value, &back), "{what}: JSON gave {back:?} for {value:?}\n{text}");
    let text = toon::encode(value).unwrap();
    let back = toon::decode(&text).unwrap_or_else(|error| panic!("{what}: {error}\n{value:?}\n{text}"));
    // TOON has one kind of number: a float without a fraction comes back as the equal integer.
    assert_eq!(*value, back, "{what}: TOON\n{text}");
}

#[test]
fn random_values_come_back() {
    for seed in 0..CASES {
        check(&Draw::new(seed).value(4), &format!("seed {seed}"));
    }
}

fn map(entries: &[(&str, Value)]) -> Value {
    Value::Map(entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
}

fn around(value: &Value) -> Vec<Value> {
    vec![
        value.clone(),
        Value::List(vec![value.clone()]),
        Value::List(vec![value.clone(), value.clone()]),
        Value::List(vec![Value::List(vec![value.clone()]), Value::List(Vec::new())]),
        map(&[("k", value.clone())]),
        map(&[("k", map(&[("inner", value.clone())])), ("z", Value::Null)]),
        Value::List(vec![
            map(&[("a", value.clone()), ("b", Value::Int(1))]),
            map(&[("a", Value::Null), ("b", value.clone())]),
        ]),
        map(&[("x", map(&[("a", value.clone())])), ("y", map(&[("a", value.clone())]))]),
    ]
}

#[test]
fn awkward_values_come_back_from_every_place() {
    let mut scalars: Vec<Value> = TEXTS.iter().map(|text| Value::from(*text)).collect();
    scalars.extend(FLOATS.iter().map(|float| Value::Float(*float)));
    scalars.extend([i64::MIN, i64::MAX, 0].map(Value::Int));
    scalars.extend([Value::Null, Value::Bool(true), Value::Bytes(Vec::new()), Value::Bytes((0..=255).collect())]);
    scalars.extend([Value::List(Vec::new()), map(&[])]);
    for value in scalars.iter().flat_map(around) {
        check(&value, "awkward");
    }
    for key in TEXTS {
        for value in around(&map(&[(key, Value::from("v"))])) {
            check(&value, key);
        }
        check(&Value::List(vec![map(&[(key, Value::Int(1)), ("z9", Value::Null)]); 3]), key);
    }
}

/// Digits beyond 64 bits within a text, beside the same digits as a text: what parts cells elsewhere parts nothing here.
#[test]
fn digits_within_texts_come_back() {
    let digits = "99999999999999999999";
    for part in ["|", "\t", ",", "]", "[", "- ", " ", ":", "}"] {
        for text in [format!("x{part}{digits}"), format!("{digits}{part}x"), format!("x{part}{digits}{part}y")] {
            let texts = [Value::from(&*text), Value::from(digits), Value::from("q0"), Value::Float(1e20)];
            let row = |a: &Value, b: &Value| map(&[("a", a.clone()), ("b", b.clone())]);
            let rows = texts.iter().map(|other| row(&texts[0], other)).collect();
            check(&Value::List(vec![row(&texts[0], &texts[1])]), &text);
            check(&Value::List(rows), &text);
            check(&Value::List(texts.to_vec()), &text);
            check(&Value::List(vec![texts[0].clone(), Value::List(texts.to_vec()), map(&[])]), &text);
            check(&map(&[("a", texts[0].clone()), ("b", texts[1].clone())]), &text);
            check(&map(&[("k", row(&texts[0], &texts[1])), ("l", Value::List(texts.to_vec()))]), &text);
        }
    }
}

#[test]
fn maps_that_look_like_tags_come_back() {
    for tag in ["$bytes", "$float", "$map"] {
        let inner = [
            Value::from("inf"),
            Value::from("AAE="),
            Value::Bytes(vec![1]),
            Value::Float(f64::INFINITY),
            map(&[("$bytes", Value::from("AA=="))]),
            map(&[("$map", map(&[("$map", Value::Null)]))]),
            map(&[]),
        ];
        for value in inner {
            check(&map(&[(tag, value.clone())]), tag);
            check(&map(&[(tag, value.clone()), ("z", value.clone())]), tag);
            check(&map(&[(tag, value.clone()), ("$a", value)]), tag);
        }
    }
    let mut deepest = map(&[]);
    for _ in 0..crate::limits::VALUE_DEPTH_MAX {
        deepest = map(&[("$map", deepest)]);
    }
    deepest.validate().unwrap();
    check(&deepest, "the deepest value of tags");
}

#[test]
fn nan_is_refused_rather_than_changed() {
    let value = Value::List(vec![Value::Float(f64::NAN)]);
    assert!(json::encode(&value).is_err() && toon::encode(&value).is_err());
}

fn as_value(rows: &RowSet) -> Value {
    let list = |rows: &[crate::format::Row]| {
        let row = |row: &crate::format::Row| {
            Value::Map(row.cells.iter().map(|cell| (cell.column.to_string(), cell.value.clone())).collect())
        };
        Value::List(rows.iter().map(row).collect())
    };
    match rows.tables.as_slice() {
        [table] => list(&table.rows),
        tables => Value::Map(tables.iter().map(|table| (table.name.to_owned(), list(&table.rows))).collect()),
    }
}

/// The same columns in another order are a row of the same table, for the direct writer as for the crate.
#[test]
fn rows_whose_columns_stand_in_another_order() {
    let mut direct = 0;
    for seed in 0..CASES {
        let draw = Draw::new(seed);
        let mut rows = draw.rows();
        for row in rows.tables.iter_mut().flat_map(|table| &mut table.rows) {
            let by = draw.below(row.cells.len());
            row.cells.rotate_left(by);
        }
        let view = rows.all();
        if let Some(written) = crate::format::toon_table::encode(&view) {
            let by_crate = toon::by_crate(&view.tagged(Floats::Plain), &ToonOptions::default()).unwrap();
            assert_eq!(written, by_crate, "seed {seed}");
            direct += 1;
        }
    }
    assert!(direct > CASES / 4, "{direct} tables were written directly");
}

/// The direct writer of flat tables gives the crate's bytes.
#[test]
fn rows_come_back_and_have_the_bytes_of_the_crate() {
    let mut direct = 0;
    for seed in 0..CASES {
        let rows = Draw::new(seed).rows();
        let view = rows.all();
        let text = toon::encode_rows(&view).unwrap();
        if let Some(written) = crate::format::toon_table::encode(&view) {
            let by_crate = toon::by_crate(&view.tagged(Floats::Plain), &ToonOptions::default()).unwrap();
            assert_eq!(written, by_crate, "seed {seed}");
            direct += 1;
        }
        // The same as a plain list of maps, which no reader of rows has made.
        let plain = as_value(&rows);
        let by_crate =
            toon::by_crate(&Tagged { value: &plain, floats: Floats::Plain }, &ToonOptions::default()).unwrap();
        assert_eq!(toon::encode(&plain).unwrap(), by_crate, "seed {seed}");
        // A row of one column that is named like a tag cannot be told from a tag; reads have no such column.
        let is_tag = |row: &crate::format::Row| row.cells.len() == 1 && row.cells[0].column.starts_with('$');
        if rows.tables.iter().any(|table| table.rows.iter().any(is_tag)) {
            continue;
        }
        assert_eq!(toon::decode(&text).unwrap(), as_value(&rows), "seed {seed}\n{text}");
        assert_eq!(json::decode(&json::encode_rows(&view).unwrap()).unwrap(), as_value(&rows), "seed {seed}");
    }
    assert!(direct > CASES / 4, "only {direct} tables were flat");
}
