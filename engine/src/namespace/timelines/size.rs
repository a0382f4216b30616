//! How many bytes properties take, near enough for the bounds on memory and replies.

use crate::api::{Properties, Value};

/// What a value costs beside its content. It also keeps replies of many tiny values within the frame's element limit.
const VALUE_BYTES: usize = 32;

/// Approximate bytes of a property map; never less than it takes on the wire.
pub fn properties_bytes(properties: &Properties) -> usize {
    properties.0.iter().map(|(name, value)| VALUE_BYTES + name.len() + value_bytes(value)).sum()
}

fn value_bytes(value: &Value) -> usize {
    VALUE_BYTES
        + match value {
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => 0,
            Value::String(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            Value::List(items) => items.iter().map(value_bytes).sum(),
            Value::Map(entries) => {
                entries.iter().map(|(name, value)| VALUE_BYTES + name.len() + value_bytes(value)).sum()
            }
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_counts_at_every_depth() {
        let flat = Properties::new().with("a", "four");
        assert_eq!(properties_bytes(&flat), 2 * VALUE_BYTES + 1 + 4);
        let nested = Properties::new().with("list", Value::List(vec![Value::Int(1), Value::Bytes(vec![0; 10])]));
        assert_eq!(properties_bytes(&nested), 4 * VALUE_BYTES + 4 + 10);
        assert_eq!(properties_bytes(&Properties::new()), 0);
    }
}
