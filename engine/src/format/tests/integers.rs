//! Integers beyond 64 signed bits: refused with their place, in both formats, and never read as anything else.

use super::random::Draw;
use crate::api::Value;
use crate::format::{FormatError, json, toon};

type Decode = fn(&str) -> Result<Value, FormatError>;

const TOO_LARGE: &[&str] = &[
    "9223372036854775808",
    "-9223372036854775809",
    "9999999999999999999",
    "18446744073709551615",
    "18446744073709551616",
    "123456789012345678901",
    "100000000000000000000000",
    "1000000000000000000000000000000000000000000000000000000000000000000000000000",
];

fn refused(decode: Decode, text: &str, line: usize, column: usize) {
    match decode(text) {
        Err(FormatError::Conversion(message)) => {
            assert!(
                message.starts_with(&format!("at line {line}, column {column}: the integer ")),
                "{text}: {message}"
            );
        }
        other => panic!("{text} gave {other:?}"),
    }
}

#[test]
fn are_refused_with_their_place_in_json() {
    for int in TOO_LARGE {
        refused(json::decode, int, 1, 1);
        refused(json::decode, &format!("[1,\n \"é\", {int}]"), 2, 7);
        refused(json::decode, &format!("{{\"a\\\"\": {{\"b\":{int}}}}}"), 1, 14);
        let quoted = json::decode(&format!("[\"{int}\", \"x,{int}\", \"\\\"{int}\"]")).unwrap();
        assert!(matches!(&quoted, Value::List(items) if items[0] == Value::from(*int)), "{quoted:?}");
        assert!(json::decode(&format!("{{\"{int}\": 1}}")).is_ok());
    }
}

#[test]
fn are_refused_with_their_place_in_toon() {
    for int in TOO_LARGE {
        refused(toon::decode, int, 1, 1);
        refused(toon::decode, &format!("a: {int}"), 1, 4);
        refused(toon::decode, &format!("x: 1\n\"é\": {int}"), 2, 6);
        refused(toon::decode, &format!("[2]: é,{int}"), 1, 8);
        refused(toon::decode, &format!("[2|]: a,b | {int}"), 1, 13);
        refused(toon::decode, &format!("t[2]{{a,b}}:\n  1,2\n  {int},x"), 3, 3);
        refused(toon::decode, &format!("[2]:\n  - 1\n  - {int}"), 3, 5);
        refused(toon::decode, &format!("[1]:\n  - a: {int}"), 2, 8);
        refused(toon::decode, &format!("[1]:\n  - [1]: {int}"), 2, 10);
        let quoted = toon::decode(&format!("[3]: \"{int}\",\"x,{int}\",1")).unwrap();
        assert!(matches!(&quoted, Value::List(items) if items[0] == Value::from(*int)), "{quoted:?}");
        // A comma parts nothing where the bar does: this is one text.
        let text = toon::decode(&format!("[2|]: a,{int}|1")).unwrap();
        assert_eq!(text, Value::List(vec![Value::from(&*format!("a,{int}")), Value::Int(1)]));
        // The same digits as a text elsewhere change nothing about either.
        let text = toon::decode(&format!("[3|]: a,{int}|\"{int}\"|q0")).unwrap();
        let texts = [format!("a,{int}"), (*int).to_owned(), "q0".to_owned()];
        assert_eq!(text, Value::List(texts.iter().map(|text| Value::from(&**text)).collect()));
        refused(toon::decode, &format!("[4|]: a,{int}|\"{int}\"|q0|{int}"), 1, 16 + 2 * int.len());
    }
}

#[test]
fn the_ends_of_the_range_are_integers() {
    for decode in [json::decode as Decode, toon::decode] {
        for int in [i64::MAX, i64::MIN, 0, -1] {
            assert!(matches!(decode(&int.to_string()), Ok(Value::Int(read)) if read == int), "{int}");
        }
    }
}

/// A point or an exponent makes a float of any size.
#[test]
fn floats_of_that_size_are_read_and_written() {
    for (text, float) in
        [("1e19", 1e19), ("-1E+19", -1e19), ("9223372036854775808.0", 2_f64.powi(63)), ("1e300", 1e300)]
    {
        for decode in [json::decode as Decode, toon::decode] {
            assert!(matches!(decode(text), Ok(Value::Float(read)) if read == float), "{text}: {:?}", decode(text));
        }
    }
    assert_eq!(toon::encode(&Value::Float(1e300)).unwrap(), "\"$float\": \"1e300\"");
    assert_eq!(json::encode(&Value::Float(1e300)).unwrap(), "1e+300");
    for tag in ["1e300", "-9.5e18"] {
        let float: f64 = tag.parse().unwrap();
        assert_eq!(json::decode(&format!("{{\"$float\": \"{tag}\"}}")).unwrap(), Value::Float(float));
    }
    for tag in ["1", "1.5", "nan", "", "1e400"] {
        assert!(json::decode(&format!("{{\"$float\": \"{tag}\"}}")).is_err(), "{tag}");
    }
}

/// What is written holds no integer that is refused, whatever the floats.
#[test]
fn every_float_comes_back() {
    for seed in 0..20_000 {
        let draw = Draw::new(seed);
        let value = Value::List((0..3).map(|_| Value::Float(draw.float())).collect());
        assert_eq!(toon::decode(&toon::encode(&value).unwrap()).unwrap(), value, "seed {seed}");
        assert_eq!(json::decode(&json::encode(&value).unwrap()).unwrap(), value, "seed {seed}");
    }
}
