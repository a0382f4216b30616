//! Filters as the values that are read as them, and the room they take.

use super::field::{Field, FieldPath};
use super::predicate::Predicate;
use super::tree::Filter;
use crate::api::size::value_bytes;
use crate::api::{Map, Value};

fn single(name: &str, value: Value) -> Value {
    Value::Map(Map::from([(name.to_owned(), value)]))
}

impl From<Predicate> for Value {
    fn from(predicate: Predicate) -> Value {
        match predicate {
            Predicate::Eq(value) => single("$eq", value),
            Predicate::Ne(value) => single("$ne", value),
            Predicate::Gt(value) => single("$gt", value),
            Predicate::Gte(value) => single("$gte", value),
            Predicate::Lt(value) => single("$lt", value),
            Predicate::Lte(value) => single("$lte", value),
            Predicate::In(values) => single("$in", Value::List(values.into_vec())),
            Predicate::Nin(values) => single("$nin", Value::List(values.into_vec())),
            Predicate::Exists(wanted) => single("$exists", Value::Bool(wanted)),
            Predicate::Contains(value) => single("$contains", value),
            Predicate::IContains(part) => single("$icontains", part.given().into()),
            Predicate::StartsWith(start) => single("$startswith", Value::String(start)),
            Predicate::All(values) => single("$all", Value::List(values.into_vec())),
            Predicate::Any(values) => single("$any", Value::List(values.into_vec())),
        }
    }
}

fn condition(path: &FieldPath, predicate: Predicate) -> Value {
    match path.text() {
        Some(text) => single(text, predicate.into()),
        None => {
            let names = path.names().iter().map(|name| Value::String(name.clone())).collect();
            single("$field", Value::List(vec![Value::List(names), predicate.into()]))
        }
    }
}

impl From<Filter> for Value {
    fn from(filter: Filter) -> Value {
        match filter {
            Filter::Field(Field::Id, predicate) => single("$id", predicate.into()),
            Filter::Field(Field::Content, predicate) => single("$content", predicate.into()),
            Filter::Field(Field::Path(path), predicate) => condition(&path, predicate),
            Filter::And(parts) => single("$and", Value::List(parts.into_iter().map(Value::from).collect())),
            Filter::Or(parts) => single("$or", Value::List(parts.into_iter().map(Value::from).collect())),
            Filter::Not(part) => single("$not", Value::from(*part)),
        }
    }
}

impl Predicate {
    /// The values that it compares with; those that are texts by its form are not among them.
    pub(super) fn operands(&self) -> impl Iterator<Item = &Value> {
        let (one, several) = match self {
            Predicate::Eq(value)
            | Predicate::Ne(value)
            | Predicate::Gt(value)
            | Predicate::Gte(value)
            | Predicate::Lt(value)
            | Predicate::Lte(value)
            | Predicate::Contains(value) => (Some(value), Default::default()),
            Predicate::In(values) | Predicate::Nin(values) | Predicate::All(values) | Predicate::Any(values) => {
                (None, values.as_slice())
            }
            Predicate::Exists(_) | Predicate::IContains(_) | Predicate::StartsWith(_) => (None, Default::default()),
        };
        one.into_iter().chain(several)
    }
}

impl Filter {
    /// Roughly the bytes of memory it takes.
    pub(in crate::api) fn bytes(&self) -> usize {
        size_of::<Self>()
            + match self {
                Filter::Field(field, predicate) => {
                    let names = match field {
                        Field::Path(path) => path.names().iter().map(|name| 2 * name.len() + size_of::<String>()).sum(),
                        Field::Id | Field::Content => 0,
                    };
                    let text = match predicate {
                        Predicate::IContains(part) => 2 * part.given().len(),
                        Predicate::StartsWith(start) => start.len(),
                        _ => 0,
                    };
                    names + text + predicate.operands().map(value_bytes).sum::<usize>()
                }
                Filter::And(parts) | Filter::Or(parts) => parts.iter().map(Filter::bytes).sum(),
                Filter::Not(part) => part.bytes(),
            }
    }
}
