//! Named values: a document's metadata, a node's or an edge's properties.

use serde::{Deserialize, Serialize, Serializer};

use super::error::{Error, Result};
use super::map::Map;
use super::size::properties_bytes;
use super::value::Value;
use crate::limits;

/// A map from field name to value, in the order in which the fields were given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub struct Properties(pub Map);

/// Going through [`Value`] refuses a field given twice, where a plain map would take the last.
impl TryFrom<Value> for Properties {
    type Error = &'static str;

    fn try_from(value: Value) -> std::result::Result<Self, Self::Error> {
        match value {
            Value::Map(fields) => Ok(Self(fields)),
            Value::Null => Ok(Self::new()),
            _ => Err("metadata and properties must be a map with text keys"),
        }
    }
}

impl Serialize for Properties {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Properties {
    /// No fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field, for literal construction.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Roughly the bytes of memory they take.
    pub(crate) fn size_hint(&self) -> usize {
        properties_bytes(self)
    }

    /// Refuses too many fields, over-long names and values that [`Value::validate`] refuses.
    pub fn validate(&self) -> Result<()> {
        if self.0.len() > limits::PROPERTIES_MAX {
            return Err(Error::limit(format!("{} fields; the limit is {}", self.0.len(), limits::PROPERTIES_MAX)));
        }
        for (name, value) in &self.0 {
            if name.len() > limits::NAME_BYTES_MAX {
                return Err(Error::limit(format!(
                    "a field name has {} bytes; the limit is {}",
                    name.len(),
                    limits::NAME_BYTES_MAX
                )));
            }
            value.validate()?;
        }
        Ok(())
    }

    /// As [`Properties::validate`], of fields to set while others are unset: nothing may be both.
    pub(super) fn validate_change(&self, unset: &[String]) -> Result<()> {
        self.validate()?;
        if unset.len() > limits::PROPERTIES_MAX {
            let (given, max) = (unset.len(), limits::PROPERTIES_MAX);
            return Err(Error::limit(format!("{given} fields to unset; the limit is {max}")));
        }
        match unset.iter().find(|name| self.get(name).is_some()) {
            Some(name) => Err(Error::invalid(format!("field {name:?} is both set and unset; name it once"))),
            None => Ok(()),
        }
    }
}

impl FromIterator<(String, Value)> for Properties {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}
