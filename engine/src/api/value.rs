//! A typed value of metadata and properties: what JSON has, plus 64-bit integers kept apart from floats, plus bytes.

use std::cmp::Ordering;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::error::{Error, Result};
use super::map::Map;
use crate::limits;

/// One value. Equality and order are total: floats compare by value, an integer equals a float of the same value, and
/// NaN, should one get past [`Value::validate`], equals itself and is the greatest number.
#[derive(Debug, Clone)]
pub enum Value {
    /// JSON null.
    Null,
    /// True or false.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// A finite or infinite float; NaN is refused by [`Value::validate`].
    Float(f64),
    /// UTF-8 text.
    String(String),
    /// Raw bytes.
    Bytes(Vec<u8>),
    /// A list of values.
    List(Vec<Value>),
    /// A map with text keys, in order.
    Map(Map),
}

impl Value {
    /// Refuses NaN and nesting deeper than [`limits::VALUE_DEPTH_MAX`].
    pub fn validate(&self) -> Result<()> {
        self.validate_at(0)
    }

    fn validate_at(&self, depth: usize) -> Result<()> {
        if depth > limits::VALUE_DEPTH_MAX {
            return Err(Error::limit(format!("a value is nested deeper than {}", limits::VALUE_DEPTH_MAX)));
        }
        match self {
            Value::Float(float) if float.is_nan() => Err(Error::invalid("a float value is NaN; use null instead")),
            Value::List(items) => items.iter().try_for_each(|item| item.validate_at(depth + 1)),
            Value::Map(entries) => entries.values().try_for_each(|item| item.validate_at(depth + 1)),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_) | Value::Bytes(_) => {
                Ok(())
            }
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Value::Null => 0,
            Value::Bool(_) => 1,
            Value::Int(_) | Value::Float(_) => 2,
            Value::String(_) => 3,
            Value::Bytes(_) => 4,
            Value::List(_) => 5,
            Value::Map(_) => 6,
        }
    }

    /// What the names lead to, each from a map to one of its values.
    pub fn inside(&self, names: &[String]) -> Option<&Value> {
        names.iter().try_fold(self, |value, name| match value {
            Value::Map(entries) => entries.get(name),
            _ => None,
        })
    }

    /// As it compares with a text, which need not be a value for that.
    pub fn cmp_text(&self, text: &str) -> Ordering {
        match self {
            Value::String(own) => own.as_str().cmp(text),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => Ordering::Less,
            Value::Bytes(_) | Value::List(_) | Value::Map(_) => Ordering::Greater,
        }
    }

    /// True if the two may be compared by `$gt` and its kin: both numbers, or both of the same other type.
    pub fn same_kind(&self, other: &Value) -> bool {
        self.rank() == other.rank()
    }
}

/// Compares by value. The total order of the standard library alone would put a NaN with its sign bit set, which is what
/// x86 makes of 0.0 / 0.0, below all floats but above all integers.
fn compare_floats(a: f64, b: f64) -> Ordering {
    match (a.is_nan(), b.is_nan()) {
        // Adding zero makes -0.0 equal to 0.0 under the total order.
        (false, false) => (a + 0.0).total_cmp(&(b + 0.0)),
        (a, b) => a.cmp(&b),
    }
}

/// Compares exactly: an i64 is never rounded to the nearest f64.
fn compare_int_float(int: i64, float: f64) -> Ordering {
    const TWO_POW_63: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() || float >= TWO_POW_63 {
        return Ordering::Less;
    }
    if float < -TWO_POW_63 {
        return Ordering::Greater;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the float lies inside the range of i64")]
    let whole = float.trunc() as i64;
    int.cmp(&whole).then_with(|| 0.0_f64.total_cmp(&(float - float.trunc() + 0.0)))
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            (Value::Int(a), Value::Int(b)) => a.cmp(b),
            (Value::Float(a), Value::Float(b)) => compare_floats(*a, *b),
            (Value::Int(a), Value::Float(b)) => compare_int_float(*a, *b),
            (Value::Float(a), Value::Int(b)) => compare_int_float(*b, *a).reverse(),
            (Value::String(a), Value::String(b)) => a.cmp(b),
            (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
            (Value::List(a), Value::List(b)) => a.cmp(b),
            (Value::Map(a), Value::Map(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value {}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::String(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(int: i64) -> Self {
        Value::Int(int)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(flag) => serializer.serialize_bool(*flag),
            Value::Int(int) => serializer.serialize_i64(*int),
            Value::Float(float) => serializer.serialize_f64(*float),
            Value::String(text) => serializer.serialize_str(text),
            Value::Bytes(bytes) => serializer.serialize_bytes(bytes),
            Value::List(items) => items.serialize(serializer),
            Value::Map(entries) => entries.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("null, a boolean, an integer, a float, a text, bytes, a list or a map with text keys")
    }

    fn visit_unit<E>(self) -> std::result::Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> std::result::Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<Value, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }

    fn visit_bool<E>(self, flag: bool) -> std::result::Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, int: i64) -> std::result::Result<Value, E> {
        Ok(Value::Int(int))
    }

    fn visit_u64<E: serde::de::Error>(self, int: u64) -> std::result::Result<Value, E> {
        i64::try_from(int).map(Value::Int).map_err(|_| E::custom("an integer value must fit in 64 signed bits"))
    }

    fn visit_f64<E>(self, float: f64) -> std::result::Result<Value, E> {
        Ok(Value::Float(float))
    }

    fn visit_str<E>(self, text: &str) -> std::result::Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> std::result::Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> std::result::Result<Value, E> {
        Ok(Value::Bytes(bytes.to_vec()))
    }

    fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> std::result::Result<Value, E> {
        Ok(Value::Bytes(bytes))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry::<String, Value>()? {
            entries.push(entry);
        }
        let twice = |name| serde::de::Error::custom(format_args!("a map has the same key twice: {name:?}"));
        Map::of_distinct(entries).map(Value::Map).map_err(twice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_POW_53: i64 = 1 << 53;

    fn map(entries: &[(&str, Value)]) -> Value {
        Value::Map(entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
    }

    /// Values in ascending order; those in one row are equal.
    fn ascending() -> Vec<Vec<Value>> {
        use Value::{Bool, Bytes, Float, Int, List, Null, String};
        let two_pow_63 = 2.0_f64.powi(63);
        vec![
            vec![Null],
            vec![Bool(false)],
            vec![Bool(true)],
            vec![Float(f64::NEG_INFINITY)],
            vec![Float(-two_pow_63 * 1.5)],
            vec![Int(i64::MIN), Float(-two_pow_63)],
            vec![Int(i64::MIN + 1)],
            vec![Float(-1.5)],
            vec![Int(-1), Float(-1.0)],
            vec![Float(-0.5)],
            vec![Float(-f64::from_bits(1))],
            vec![Int(0), Float(0.0), Float(-0.0)],
            vec![Float(f64::from_bits(1))],
            vec![Float(0.5)],
            vec![Int(1), Float(1.0)],
            vec![Float(1.5)],
            vec![Int(2)],
            vec![Int(TWO_POW_53), Float(2.0_f64.powi(53))],
            vec![Int(TWO_POW_53 + 1)],
            vec![Int(TWO_POW_53 + 2), Float(2.0_f64.powi(53) + 2.0)],
            vec![Int(i64::MAX)],
            vec![Float(two_pow_63)],
            vec![Float(f64::MAX)],
            vec![Float(f64::INFINITY)],
            vec![Float(f64::NAN), Float(-f64::NAN), Float(f64::from_bits(f64::NAN.to_bits() | 1))],
            vec!["".into()],
            vec!["a".into()],
            vec!["a\u{0}".into()],
            vec!["b".into()],
            vec![String("\u{e9}".to_owned())],
            vec![Bytes(Vec::new())],
            vec![Bytes(vec![0])],
            vec![Bytes(vec![255])],
            vec![List(Vec::new())],
            vec![List(vec![Null])],
            vec![List(vec![Int(1)]), List(vec![Float(1.0)])],
            vec![List(vec![Int(1), Null])],
            vec![List(vec!["a".into()])],
            vec![map(&[])],
            vec![map(&[("a", Int(1))]), map(&[("a", Float(1.0))])],
            vec![map(&[("a", Int(1)), ("b", Null)])],
            vec![map(&[("a", Int(2))])],
            vec![map(&[("b", Null)])],
        ]
    }

    /// Comparing every pair with its place in one sequence proves the order total, antisymmetric and transitive.
    #[test]
    fn order_and_equality_are_total() {
        let classes = ascending();
        let ranked: Vec<_> =
            classes.iter().enumerate().flat_map(|(rank, all)| all.iter().map(move |v| (rank, v))).collect();
        for (a_rank, a) in &ranked {
            for (b_rank, b) in &ranked {
                assert_eq!(a.cmp(b), a_rank.cmp(b_rank), "{a:?} and {b:?}");
                assert_eq!(a == b, a_rank == b_rank, "{a:?} and {b:?}");
                assert_eq!(a.partial_cmp(b), Some(a.cmp(b)));
                if let Value::String(text) = b {
                    assert_eq!(a.cmp_text(text), a.cmp(b), "{a:?} and {text:?}");
                }
            }
        }
    }

    #[test]
    fn kinds_are_contiguous_in_the_order() {
        let mut kinds: Vec<_> = ascending().into_iter().flatten().collect();
        kinds.dedup_by(|a, b| a.same_kind(b));
        assert_eq!(kinds.len(), 7);
    }

    fn same_bits(a: &Value, b: &Value) -> bool {
        match (a, b) {
            (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
            (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_bits(a, b)),
            (Value::Map(a), Value::Map(b)) => {
                a.keys().eq(b.keys()) && a.values().zip(b.values()).all(|(a, b)| same_bits(a, b))
            }
            _ => std::mem::discriminant(a) == std::mem::discriminant(b) && a == b,
        }
    }

    #[test]
    fn message_pack_keeps_type_and_bits() {
        for value in ascending().into_iter().flatten() {
            let bytes = rmp_serde::to_vec(&value).unwrap();
            let back: Value = rmp_serde::from_slice(&bytes).unwrap();
            assert!(same_bits(&value, &back), "{value:?} came back as {back:?}");
        }
    }

    #[test]
    fn integers_beyond_64_signed_bits_are_refused() {
        let limit = rmp_serde::to_vec(&i64::MAX.unsigned_abs()).unwrap();
        assert!(matches!(rmp_serde::from_slice(&limit), Ok(Value::Int(i64::MAX))));
        for beyond in [i64::MAX.unsigned_abs() + 1, u64::MAX] {
            let error = rmp_serde::from_slice::<Value>(&rmp_serde::to_vec(&beyond).unwrap()).unwrap_err();
            assert!(error.to_string().contains("64 signed bits"), "{error}");
        }
    }

    #[test]
    fn a_key_given_twice_is_refused() {
        // A map of two entries, both with the key "a".
        let twice = [0x82, 0xa1, b'a', 0x01, 0xa1, b'a', 0x02];
        let error = rmp_serde::from_slice::<Value>(&twice).unwrap_err();
        assert!(error.to_string().contains("same key twice"), "{error}");
        let number_as_key = [0x81, 0x01, 0x01];
        assert!(rmp_serde::from_slice::<Value>(&number_as_key).is_err());
    }

    #[test]
    fn nan_and_deep_nesting_are_refused_anywhere() {
        let nested = |core, depth| (0..depth).fold(core, |inner, _| Value::List(vec![inner]));
        assert!(nested(Value::Null, limits::VALUE_DEPTH_MAX).validate().is_ok());
        assert!(nested(Value::Null, limits::VALUE_DEPTH_MAX + 1).validate().is_err());
        assert!(nested(Value::Float(f64::NAN), 3).validate().is_err());
        assert!(map(&[("a", Value::Float(-f64::NAN))]).validate().is_err());
        assert!(Value::Float(f64::INFINITY).validate().is_ok());
    }
}
