//! Filters on metadata: a small tree of predicates, and what it means for one document.
//!
//! The form is the one that Mongo-like stores share: `{"field": value}` is equality, `{"field": {"$gt": 3}}` applies an
//! operator, several fields are joined by "and", and `$and`, `$or`, `$not` combine filters.
//!
//! Meaning, once for all: a field that is absent satisfies no predicate except `{"$exists": false}`, so also not `$ne` or
//! `$nin`; otherwise an unlabelled row would leak through "not mine". `$not` is plain negation of what it contains.
//! Ordered operators compare only values of one kind (numbers with numbers, texts with texts). A field that holds a list
//! equals a list; `$contains` asks for an element of a list or a part of a text.

use serde::{Deserialize, Serialize};

use super::map::Map;
use super::properties::Properties;
use super::value::Value;
use crate::limits;

/// What a field must satisfy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Predicate {
    /// Equal to the value.
    Eq(Value),
    /// Present and not equal to the value.
    Ne(Value),
    /// Greater than a value of the same kind.
    Gt(Value),
    /// Greater than or equal to a value of the same kind.
    Gte(Value),
    /// Less than a value of the same kind.
    Lt(Value),
    /// Less than or equal to a value of the same kind.
    Lte(Value),
    /// Equal to one of the values.
    In(Vec<Value>),
    /// Present and equal to none of the values.
    Nin(Vec<Value>),
    /// Present, or absent if false.
    Exists(bool),
    /// A list with this element, or a text with this part.
    Contains(Value),
}

impl Predicate {
    /// True if the field's value, `None` if absent, satisfies the predicate.
    pub fn matches(&self, value: Option<&Value>) -> bool {
        let Some(value) = value else {
            return matches!(self, Predicate::Exists(false));
        };
        match self {
            Predicate::Eq(wanted) => value == wanted,
            Predicate::Ne(unwanted) => value != unwanted,
            Predicate::Gt(bound) => value.same_kind(bound) && value > bound,
            Predicate::Gte(bound) => value.same_kind(bound) && value >= bound,
            Predicate::Lt(bound) => value.same_kind(bound) && value < bound,
            Predicate::Lte(bound) => value.same_kind(bound) && value <= bound,
            Predicate::In(wanted) => wanted.contains(value),
            Predicate::Nin(unwanted) => !unwanted.contains(value),
            Predicate::Exists(wanted) => *wanted,
            Predicate::Contains(part) => match (value, part) {
                (Value::List(items), part) => items.contains(part),
                (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
                _ => false,
            },
        }
    }
}

/// A filter. Its wire form is the map described in the module's header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub enum Filter {
    /// A field satisfies a predicate.
    Field(String, Predicate),
    /// All of them match; none at all matches everything.
    And(Vec<Filter>),
    /// At least one of them matches.
    Or(Vec<Filter>),
    /// It does not match.
    Not(Box<Filter>),
}

impl Filter {
    /// True if a document with this metadata matches. This is the exact twin of the metadata index.
    pub fn matches(&self, metadata: &Properties) -> bool {
        match self {
            Filter::Field(name, predicate) => predicate.matches(metadata.get(name)),
            Filter::And(parts) => parts.iter().all(|part| part.matches(metadata)),
            Filter::Or(parts) => parts.iter().any(|part| part.matches(metadata)),
            Filter::Not(part) => !part.matches(metadata),
        }
    }

    /// True if the filter has no condition at all.
    pub fn is_empty(&self) -> bool {
        matches!(self, Filter::And(parts) if parts.is_empty())
    }

    /// How many combinations lie above the deepest condition: the depth at which the wire form is read back.
    fn depth(&self) -> usize {
        match self {
            Filter::Field(..) => 0,
            Filter::And(parts) | Filter::Or(parts) => parts.iter().map(|part| part.depth() + 1).max().unwrap_or(0),
            Filter::Not(part) => part.depth() + 1,
        }
    }

    /// All of `parts`, without an "and" around a single one.
    fn all(mut parts: Vec<Filter>) -> Filter {
        match (parts.pop(), parts.is_empty()) {
            (Some(only), true) => only,
            (last, _) => {
                parts.extend(last);
                Filter::And(parts)
            }
        }
    }
}

/// Reads filters and counts what it has read, so that no filter grows without bound.
struct Parser {
    conditions: usize,
}

impl Parser {
    fn filter(&mut self, value: Value, depth: usize) -> Result<Filter, String> {
        if depth > limits::FILTER_DEPTH_MAX {
            return Err(too_deep());
        }
        let Value::Map(entries) = value else {
            return Err("a filter must be a map of field names to values or operators".to_owned());
        };
        if entries.is_empty() {
            self.count()?;
        }
        let mut parts = Vec::with_capacity(entries.len());
        for (name, value) in entries {
            match name.as_str() {
                "$and" => parts.push(Filter::And(self.list(value, depth)?)),
                "$or" => parts.push(Filter::Or(self.list(value, depth)?)),
                "$not" => parts.push(Filter::Not(Box::new(self.filter(value, depth + 1)?))),
                _ if name.starts_with('$') => {
                    return Err(format!("unknown filter operator {name:?}; outside a field use $and, $or or $not"));
                }
                _ => self.field(&name, value, depth, &mut parts)?,
            }
        }
        Ok(Filter::all(parts))
    }

    fn list(&mut self, value: Value, depth: usize) -> Result<Vec<Filter>, String> {
        let Value::List(items) = value else {
            return Err("$and and $or take a list of filters".to_owned());
        };
        if items.is_empty() {
            self.count()?;
        }
        items.into_iter().map(|item| self.filter(item, depth + 1)).collect()
    }

    fn field(&mut self, name: &str, value: Value, depth: usize, parts: &mut Vec<Filter>) -> Result<(), String> {
        match value {
            Value::Map(operators) if operators.keys().any(|key| key.starts_with('$')) => {
                for (operator, operand) in operators {
                    if operator == "$not" {
                        let mut inner = Vec::new();
                        if depth >= limits::FILTER_DEPTH_MAX {
                            return Err(too_deep());
                        }
                        self.field(name, operand, depth + 1, &mut inner)?;
                        parts.push(Filter::Not(Box::new(Filter::all(inner))));
                    } else {
                        self.count()?;
                        parts.push(Filter::Field(name.to_owned(), predicate(name, &operator, operand)?));
                    }
                }
            }
            value => {
                self.count()?;
                checked(&value)?;
                parts.push(Filter::Field(name.to_owned(), Predicate::Eq(value)));
            }
        }
        Ok(())
    }

    /// Counts a condition, or a combination of nothing: without the latter, empty maps could repeat without bound.
    fn count(&mut self) -> Result<(), String> {
        self.conditions += 1;
        if self.conditions > limits::FILTER_CONDITIONS_MAX {
            return Err(format!("a filter has more than {} conditions", limits::FILTER_CONDITIONS_MAX));
        }
        Ok(())
    }
}

fn too_deep() -> String {
    format!("a filter is nested deeper than {}", limits::FILTER_DEPTH_MAX)
}

fn checked(value: &Value) -> Result<(), String> {
    value.validate().map_err(|error| error.message)
}

fn predicate(field: &str, operator: &str, operand: Value) -> Result<Predicate, String> {
    checked(&operand)?;
    let list = |operand| match operand {
        Value::List(items) => Ok(items),
        _ => Err(format!("{operator} of field {field:?} takes a list")),
    };
    Ok(match operator {
        "$eq" => Predicate::Eq(operand),
        "$ne" => Predicate::Ne(operand),
        "$gt" => Predicate::Gt(operand),
        "$gte" => Predicate::Gte(operand),
        "$lt" => Predicate::Lt(operand),
        "$lte" => Predicate::Lte(operand),
        "$in" => Predicate::In(list(operand)?),
        "$nin" => Predicate::Nin(list(operand)?),
        "$exists" => match operand {
            Value::Bool(wanted) => Predicate::Exists(wanted),
            _ => return Err(format!("$exists of field {field:?} takes true or false")),
        },
        "$contains" => Predicate::Contains(operand),
        _ => {
            return Err(format!(
                "unknown filter operator {operator:?} of field {field:?}; known are $eq $ne $gt $gte $lt $lte $in $nin \
                 $exists $contains $not"
            ));
        }
    })
}

impl TryFrom<Value> for Filter {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let filter = Parser { conditions: 0 }.filter(value, 0)?;
        // Fields side by side become an "and", so the filter can be deeper than what was read; its own wire form, which
        // spells that "and" out, must be readable too.
        if filter.depth() > limits::FILTER_DEPTH_MAX {
            return Err(too_deep());
        }
        Ok(filter)
    }
}

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
            Predicate::In(values) => single("$in", Value::List(values)),
            Predicate::Nin(values) => single("$nin", Value::List(values)),
            Predicate::Exists(wanted) => single("$exists", Value::Bool(wanted)),
            Predicate::Contains(value) => single("$contains", value),
        }
    }
}

impl From<Filter> for Value {
    fn from(filter: Filter) -> Value {
        match filter {
            Filter::Field(name, predicate) => single(&name, predicate.into()),
            Filter::And(parts) => single("$and", Value::List(parts.into_iter().map(Value::from).collect())),
            Filter::Or(parts) => single("$or", Value::List(parts.into_iter().map(Value::from).collect())),
            Filter::Not(part) => single("$not", Value::from(*part)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(items: impl IntoIterator<Item = Value>) -> Value {
        Value::List(items.into_iter().collect())
    }

    fn read(value: Value) -> Result<Filter, String> {
        Filter::try_from(value)
    }

    fn error(value: Value) -> String {
        read(value).unwrap_err()
    }

    fn round_trips(filter: &Filter) {
        assert_eq!(read(Value::from(filter.clone())).as_ref(), Ok(filter));
        let bytes = rmp_serde::to_vec(filter).unwrap();
        assert_eq!(&rmp_serde::from_slice::<Filter>(&bytes).unwrap(), filter);
    }

    fn field(name: &str, predicate: Predicate) -> Filter {
        Filter::Field(name.to_owned(), predicate)
    }

    #[test]
    fn shorthand_and_operators_are_read() {
        let one = || Value::Int(1);
        assert_eq!(read(single("a", one())), Ok(field("a", Predicate::Eq(one()))));
        assert_eq!(read(Value::Map(Map::new())), Ok(Filter::And(Vec::new())));
        let window = Value::Map(Map::from([("$gte".to_owned(), one()), ("$lt".to_owned(), Value::Int(5))]));
        let both = vec![field("t", Predicate::Gte(one())), field("t", Predicate::Lt(Value::Int(5)))];
        assert_eq!(read(single("t", window.clone())), Ok(Filter::And(both.clone())));
        assert_eq!(read(single("t", single("$not", window))), Ok(Filter::Not(Box::new(Filter::And(both)))));
        let not_one = Filter::Not(Box::new(field("a", Predicate::Eq(one()))));
        assert_eq!(read(single("a", single("$not", one()))), Ok(not_one.clone()));
        assert_eq!(read(single("$not", single("a", one()))), Ok(not_one));
        // A map without operators is a value.
        assert_eq!(read(single("a", single("b", one()))), Ok(field("a", Predicate::Eq(single("b", one())))));
    }

    #[test]
    fn every_form_survives_its_wire_form() {
        let one = Value::Int(1);
        let predicates = [
            Predicate::Eq(single("$gt", one.clone())),
            Predicate::Ne(Value::Null),
            Predicate::Gt(Value::Float(0.5)),
            Predicate::Gte(one.clone()),
            Predicate::Lt("text".into()),
            Predicate::Lte(Value::Bytes(vec![0, 255])),
            Predicate::In(vec![one.clone(), Value::Null]),
            Predicate::Nin(Vec::new()),
            Predicate::Exists(true),
            Predicate::Exists(false),
            Predicate::Contains(list([one])),
        ];
        let fields: Vec<_> = predicates.map(|predicate| field("a", predicate)).into();
        for filter in &fields {
            round_trips(filter);
        }
        round_trips(&Filter::And(Vec::new()));
        round_trips(&Filter::Or(Vec::new()));
        round_trips(&Filter::Or(vec![Filter::And(fields.clone()), Filter::Not(Box::new(Filter::Or(fields)))]));
    }

    #[test]
    fn wrong_forms_are_refused() {
        assert!(error(Value::Int(1)).contains("must be a map"));
        assert!(error(single("$nor", list([]))).contains("\"$nor\""));
        assert!(error(single("$and", Value::Map(Map::new()))).contains("take a list"));
        assert!(error(single("$or", list([Value::Int(1)]))).contains("must be a map"));
        assert!(error(single("a", single("$near", Value::Int(1)))).contains("\"$near\" of field \"a\""));
        assert!(error(single("a", single("$in", Value::Int(1)))).contains("takes a list"));
        assert!(error(single("a", single("$exists", Value::Int(1)))).contains("true or false"));
        assert!(error(single("a", Value::Float(f64::NAN))).contains("NaN"));
        assert!(error(single("a", single("$in", list([Value::Float(f64::NAN)])))).contains("NaN"));
        let mixed = Value::Map(Map::from([("$gt".to_owned(), Value::Int(1)), ("b".to_owned(), Value::Int(1))]));
        assert!(error(single("a", mixed)).contains("\"b\""));
    }

    #[test]
    fn depth_is_bounded() {
        let condition = || single("a", Value::Int(1));
        let pair = || Value::Map(Map::from([("a".to_owned(), Value::Int(1)), ("b".to_owned(), Value::Int(1))]));
        let wrap: [fn(Value) -> Value; 3] = [
            |inner| single("$not", inner),
            |inner| single("$and", Value::List(vec![inner])),
            |inner| single("$or", Value::List(vec![inner])),
        ];
        for wrap in wrap {
            let nested = |core, depth| (0..depth).fold(core, |inner, _| wrap(inner));
            round_trips(&read(nested(condition(), limits::FILTER_DEPTH_MAX)).unwrap());
            assert!(error(nested(condition(), limits::FILTER_DEPTH_MAX + 1)).contains("deeper"));
            round_trips(&read(nested(pair(), limits::FILTER_DEPTH_MAX - 1)).unwrap());
            assert!(error(nested(pair(), limits::FILTER_DEPTH_MAX)).contains("deeper"));
        }
        let inside = |depth| single("a", (0..depth).fold(Value::Int(1), |inner, _| single("$not", inner)));
        round_trips(&read(inside(limits::FILTER_DEPTH_MAX)).unwrap());
        assert!(error(inside(limits::FILTER_DEPTH_MAX + 1)).contains("deeper"));
    }

    #[test]
    fn the_number_of_conditions_is_bounded() {
        let leaves = [single("a", Value::Int(1)), Value::Map(Map::new()), single("$or", list([]))];
        for leaf in leaves {
            let many = |count| single("$or", list(std::iter::repeat_n(leaf.clone(), count)));
            round_trips(&read(many(limits::FILTER_CONDITIONS_MAX)).unwrap());
            assert!(error(many(limits::FILTER_CONDITIONS_MAX + 1)).contains("conditions"));
        }
    }

    #[test]
    fn an_absent_field_satisfies_only_its_absence() {
        let document = Properties::new().with("b", 1);
        let one = || Value::Int(1);
        for predicate in [
            Predicate::Eq(Value::Null),
            Predicate::Ne(one()),
            Predicate::Lt(one()),
            Predicate::Nin(vec![one()]),
            Predicate::Nin(Vec::new()),
            Predicate::Exists(true),
        ] {
            assert!(!field("a", predicate.clone()).matches(&document), "{predicate:?}");
            assert!(Filter::Not(Box::new(field("a", predicate))).matches(&document));
        }
        assert!(field("a", Predicate::Exists(false)).matches(&document));
        assert!(field("b", Predicate::Exists(true)).matches(&document));
    }
}
