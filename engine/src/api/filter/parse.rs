//! Reads filters, and counts what it has read, so that no filter grows without bound.

use super::field::{Field, FieldPath};
use super::operator::{OF_FIELDS, OF_FILTERS, likely, without_dollar};
use super::predicate::Predicate;
use super::tree::Filter;
use super::values::ValueSet;
use crate::api::Value;
use crate::limits;

impl TryFrom<Value> for Filter {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let filter = Parser { conditions: 0 }.filter(value, 0)?;
        // Fields side by side become an "and", so the filter can be deeper than what was read; its own wire form, which
        // spells that "and" out, must be readable too.
        if filter.depth() > limits::FILTER_DEPTH_MAX {
            return Err(too_deep());
        }
        if filter.bytes() > limits::FILTER_BYTES_MAX {
            return Err(format!("a filter takes more than {} bytes", limits::FILTER_BYTES_MAX));
        }
        Ok(filter)
    }
}

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
                "$field" => {
                    let (path, condition) = named(value)?;
                    self.field(&About { shown: "$field", field: Field::Path(path) }, condition, depth, &mut parts)?;
                }
                "$id" => self.field(&About { shown: "$id", field: Field::Id }, value, depth, &mut parts)?,
                "$content" => {
                    self.field(&About { shown: "$content", field: Field::Content }, value, depth, &mut parts)?;
                }
                _ if name.starts_with('$') => return Err(unknown_outside(&name)),
                _ if is_combination(&name, &value) => {
                    return Err(format!(
                        "{name:?} is an operator without its $: write \"${name}\"; a field of this name is asked for as \
                         {{{name:?}: {{\"$eq\": ...}}}}"
                    ));
                }
                _ => {
                    let field = Field::Path(FieldPath::new(&name)?);
                    self.field(&About { shown: &name, field }, value, depth, &mut parts)?;
                }
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

    fn field(&mut self, about: &About<'_>, value: Value, depth: usize, parts: &mut Vec<Filter>) -> Result<(), String> {
        match value {
            Value::Map(operators) if operators.keys().any(|key| key.starts_with('$')) => {
                for (operator, operand) in operators {
                    if operator == "$not" {
                        let mut inner = Vec::new();
                        if depth >= limits::FILTER_DEPTH_MAX {
                            return Err(too_deep());
                        }
                        self.field(about, operand, depth + 1, &mut inner)?;
                        parts.push(Filter::Not(Box::new(Filter::all(inner))));
                    } else {
                        self.count()?;
                        parts.push(Filter::Field(about.field.clone(), about.predicate(&operator, operand)?));
                    }
                }
            }
            value => {
                if let Value::Map(entries) = &value
                    && let Some(wrong) = operator_without_dollar(entries.keys())
                {
                    return Err(about.without_dollar(wrong));
                }
                self.count()?;
                parts.push(Filter::Field(about.field.clone(), about.predicate("$eq", value)?));
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

/// What a condition is about, and the name it was given.
struct About<'a> {
    shown: &'a str,
    field: Field,
}

impl About<'_> {
    fn predicate(&self, operator: &str, operand: Value) -> Result<Predicate, String> {
        operand.validate().map_err(|error| error.message)?;
        let is_text = matches!(self.field, Field::Id | Field::Content);
        let predicate = match operator {
            "$eq" => Predicate::Eq(operand),
            "$ne" => Predicate::Ne(operand),
            "$gt" => Predicate::Gt(self.ordered(operator, operand)?),
            "$gte" => Predicate::Gte(self.ordered(operator, operand)?),
            "$lt" => Predicate::Lt(self.ordered(operator, operand)?),
            "$lte" => Predicate::Lte(self.ordered(operator, operand)?),
            "$in" => Predicate::In(self.list(operator, operand)?),
            "$nin" => Predicate::Nin(self.list(operator, operand)?),
            "$exists" | "$all" | "$any" if is_text => {
                return Err(format!("{operator} cannot be asked of {}: every document has it, as a text", self.shown));
            }
            "$exists" => match operand {
                Value::Bool(wanted) => Predicate::Exists(wanted),
                other => return Err(self.takes(operator, "true or false", &other)),
            },
            "$contains" => Predicate::Contains(operand),
            "$icontains" => Predicate::IContains(self.text(operator, operand)?.into()),
            "$startswith" => Predicate::StartsWith(self.text(operator, operand)?),
            "$all" => Predicate::All(self.list(operator, operand)?),
            "$any" => Predicate::Any(self.list(operator, operand)?),
            _ => return Err(self.unknown(operator)),
        };
        if is_text && let Some(other) = predicate.operands().find(|operand| !matches!(operand, Value::String(_))) {
            return Err(format!("{} is a text and compares with texts only, not with {}", self.shown, kind(other)));
        }
        Ok(predicate)
    }

    fn list(&self, operator: &str, operand: Value) -> Result<ValueSet, String> {
        match operand {
            Value::List(items) => Ok(items.into()),
            other => Err(self.takes(operator, "a list", &other)),
        }
    }

    fn text(&self, operator: &str, operand: Value) -> Result<String, String> {
        match operand {
            Value::String(text) => Ok(text),
            other => Err(self.takes(operator, "a text", &other)),
        }
    }

    fn ordered(&self, operator: &str, operand: Value) -> Result<Value, String> {
        match operand {
            Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_) | Value::Bytes(_) => Ok(operand),
            Value::Null | Value::List(_) | Value::Map(_) => {
                Err(self.takes(operator, "a number, a text, bytes or a truth value", &operand))
            }
        }
    }

    fn takes(&self, operator: &str, wanted: &str, given: &Value) -> String {
        format!("{operator} of field {:?} takes {wanted}, not {}", self.shown, kind(given))
    }

    fn without_dollar(&self, (wrong, meant): (&str, &str)) -> String {
        let about = self.shown;
        format!(
            "{wrong:?} under field {about:?} is an operator without its $: write {meant:?}; a map that has this key is asked \
             for as {{\"$eq\": {{{wrong:?}: ...}}}}"
        )
    }

    fn unknown(&self, operator: &str) -> String {
        let about = self.shown;
        if !operator.starts_with('$') {
            return match without_dollar(operator, &OF_FIELDS) {
                Some(meant) => self.without_dollar((operator, meant)),
                None => format!("{operator:?} stands beside operators under field {about:?} and is none"),
            };
        }
        let known = OF_FIELDS.join(" ");
        let meant = likely(operator, &OF_FIELDS).map_or_else(String::new, |meant| format!("did you mean {meant}? "));
        format!("unknown operator {operator:?} of field {about:?}; {meant}known are {known}")
    }
}

/// The path and the condition of a `$field`.
fn named(value: Value) -> Result<(FieldPath, Value), String> {
    let wrong = || "$field takes a list of two: the names of the path, and the condition".to_owned();
    let Value::List(pair) = value else { return Err(wrong()) };
    let Ok([Value::List(names), condition]) = <[Value; 2]>::try_from(pair) else { return Err(wrong()) };
    let names = names.into_iter().map(|name| match name {
        Value::String(name) => Ok(name),
        other => Err(format!("the path of $field is a list of texts, not of {}", kind(&other))),
    });
    Ok((FieldPath::exact(names.collect::<Result<_, _>>()?)?, condition))
}

/// True if a field of such a name and value is an operator that lacks its `$`: nobody asks that a field equal filters.
fn is_combination(name: &str, value: &Value) -> bool {
    match (name, value) {
        ("and" | "or", Value::List(items)) => {
            !items.is_empty() && items.iter().all(|item| matches!(item, Value::Map(_)))
        }
        ("not", Value::Map(entries)) => !entries.keys().any(|key| OF_FIELDS.contains(&key.as_str())),
        _ => false,
    }
}

fn operator_without_dollar<'k>(mut keys: impl Iterator<Item = &'k String>) -> Option<(&'k str, &'static str)> {
    keys.find_map(|key| Some((key.as_str(), without_dollar(key, &OF_FIELDS)?)))
}

fn unknown_outside(name: &str) -> String {
    let known = OF_FILTERS.join(" ");
    let itself = format!("a field of this very name is asked for as {{\"$field\": [[{name:?}], condition]}}");
    if OF_FIELDS.contains(&name) {
        return format!("{name} stands under a field: {{\"field\": {{{name:?}: ...}}}}; {itself}");
    }
    let meant = likely(name, &OF_FILTERS).map_or_else(String::new, |meant| format!("did you mean {meant}? "));
    format!("unknown operator {name:?}; {meant}in the place of a field stand {known}; {itself}")
}

fn too_deep() -> String {
    format!("a filter is nested deeper than {}", limits::FILTER_DEPTH_MAX)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Int(_) | Value::Float(_) => "a number",
        Value::String(_) => "a text",
        Value::Bytes(_) => "bytes",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
    }
}
