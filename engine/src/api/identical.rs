//! Whether two values are the same to the bit, where equality asks only whether they mean the same number.
//!
//! As values, 1 and 1.0 are equal, and so are 0.0 and -0.0. Whoever writes a value that was there before may pass over it only
//! if it is identical.

use super::properties::Properties;
use super::value::Value;

/// True if the fields are identical, whatever their order.
pub fn same_fields(a: &Properties, b: &Properties) -> bool {
    a.0.len() == b.0.len() && a.0.iter().all(|(name, value)| b.get(name).is_some_and(|other| same_value(value, other)))
}

/// True if two values are identical, whatever the order of the fields in them.
pub fn same_value(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_value(a, b)),
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len()
                && a.iter().all(|(name, value)| b.get(name).is_some_and(|other| same_value(value, other)))
        }
        (
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::String(_)
            | Value::Bytes(_)
            | Value::List(_)
            | Value::Map(_),
            _,
        ) => std::mem::discriminant(a) == std::mem::discriminant(b) && a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_signs_count_and_order_does_not() {
        let of = |value: Value| Properties::new().with("a", Value::List(vec![value])).with("b", 1);
        assert!(same_fields(&of(Value::Int(1)), &of(Value::Int(1))));
        assert!(!same_fields(&of(Value::Int(1)), &of(Value::Float(1.0))));
        assert!(!same_fields(&of(Value::Float(0.0)), &of(Value::Float(-0.0))));
        assert!(!same_fields(&of(Value::Int(1)), &Properties::new().with("b", 1)));
        let turned = Properties::new().with("b", 1).with("a", Value::List(vec![Value::Int(1)]));
        assert!(same_fields(&of(Value::Int(1)), &turned));
    }
}
