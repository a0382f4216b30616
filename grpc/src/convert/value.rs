//! Typed values. How deep they may nest the engine checks; how deep a message may nest the decoder does.

use toondb_engine::api::{Error, Result, Value};

use crate::proto;
use crate::proto::value::Kind;

pub(super) fn value(value: proto::Value) -> Result<Value> {
    let kind = value.kind.ok_or_else(|| Error::invalid("a typed value has no kind; say null_value for null"))?;
    Ok(match kind {
        Kind::NullValue(_) => Value::Null,
        Kind::BoolValue(given) => Value::Bool(given),
        Kind::IntValue(given) => Value::Int(given),
        Kind::FloatValue(given) => Value::Float(given),
        Kind::StringValue(given) => Value::String(given),
        Kind::BytesValue(given) => Value::Bytes(given),
        Kind::ListValue(list) => Value::List(list.items.into_iter().map(self::value).collect::<Result<_>>()?),
        Kind::MapValue(map) => {
            let entries = map.entries.into_iter();
            let entries = entries.map(|entry| Ok((entry.key, self::value(entry.value.unwrap_or_default())?)));
            Value::Map(entries.collect::<Result<_>>()?)
        }
    })
}

pub(super) fn entry(key: String, value: Value) -> proto::ValueEntry {
    proto::ValueEntry { key, value: Some(message(value)) }
}

pub(super) fn message(value: Value) -> proto::Value {
    let kind = match value {
        Value::Null => Kind::NullValue(true),
        Value::Bool(given) => Kind::BoolValue(given),
        Value::Int(given) => Kind::IntValue(given),
        Value::Float(given) => Kind::FloatValue(given),
        Value::String(given) => Kind::StringValue(given),
        Value::Bytes(given) => Kind::BytesValue(given),
        Value::List(items) => Kind::ListValue(proto::ListValue { items: items.into_iter().map(message).collect() }),
        Value::Map(entries) => {
            let entries = entries.into_iter().map(|(key, value)| entry(key, value)).collect();
            Kind::MapValue(proto::MapValue { entries })
        }
    };
    proto::Value { kind: Some(kind) }
}
