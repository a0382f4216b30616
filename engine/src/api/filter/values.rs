//! Values of which one is asked for.

use std::cmp::Ordering;

use crate::api::Value;

/// Values, each once, in order: looking for one takes the logarithm of their number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValueSet(Vec<Value>);

impl ValueSet {
    /// The values, in order.
    pub fn as_slice(&self) -> &[Value] {
        &self.0
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True if a value is among them.
    pub fn contains(&self, value: &Value) -> bool {
        self.0.binary_search(value).is_ok()
    }

    /// The same of a text.
    pub fn contains_text(&self, text: &str) -> bool {
        self.0.binary_search_by(|value| value.cmp_text(text)).is_ok()
    }

    /// As a list.
    pub fn into_vec(self) -> Vec<Value> {
        self.0
    }
}

impl From<Vec<Value>> for ValueSet {
    fn from(mut values: Vec<Value>) -> Self {
        values.sort_unstable();
        values.dedup_by(|a, b| (*a).cmp(b) == Ordering::Equal);
        Self(values)
    }
}

impl FromIterator<Value> for ValueSet {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Self {
        values.into_iter().collect::<Vec<_>>().into()
    }
}
