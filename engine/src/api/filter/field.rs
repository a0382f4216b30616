//! What a condition is about.
//!
//! A path is kept in one form only, so that equal paths compare as equal: its names, and beside them, if it was written as one
//! text with dots, that text, which comes first where a row has a field of that very name.

use crate::api::{Properties, Value};
use crate::limits;

/// What a condition is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The id of a document.
    Id,
    /// The text of a document.
    Content,
    /// A field of the metadata or the properties, or one inside it.
    Path(FieldPath),
}

/// Where a field lies among named values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldPath {
    whole: Option<String>,
    names: Vec<String>,
}

impl FieldPath {
    /// The path that a text means: the field of this name, or else what its dots lead to. One that begins with `$`, which no
    /// filter has as a text, is the field of this name alone.
    ///
    /// # Errors
    /// A text with more dots than values may be nested.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.starts_with('$') || !text.contains('.') {
            return Ok(Self { whole: None, names: vec![text.to_owned()] });
        }
        if text.split('.').count() > limits::FILTER_PATH_MAX {
            return Err(format!(
                "a field of a filter has more than {} names; one whose own name holds so many dots is asked for as \
                 {{\"$field\": [[name], condition]}}",
                limits::FILTER_PATH_MAX
            ));
        }
        Ok(Self { whole: Some(text.to_owned()), names: text.split('.').map(str::to_owned).collect() })
    }

    /// As [`FieldPath::new`], of the name of a field that is not part of a filter. One with more dots than values may be nested
    /// leads nowhere, and is the field of this name alone.
    pub fn of_name(text: &str) -> Self {
        Self::new(text).unwrap_or_else(|_| Self { whole: None, names: vec![text.to_owned()] })
    }

    /// The path of these names as they stand, whatever they hold.
    ///
    /// # Errors
    /// No name, or more than values may be nested.
    pub fn exact(names: Vec<String>) -> Result<Self, String> {
        if names.is_empty() || names.len() > limits::FILTER_PATH_MAX {
            return Err(format!("the path of $field has 1 to {} names", limits::FILTER_PATH_MAX));
        }
        Ok(Self { whole: None, names })
    }

    /// The field that comes before what the names lead to, where a row has it.
    pub fn whole(&self) -> Option<&str> {
        self.whole.as_deref()
    }

    /// From the outermost name to the innermost; at least one.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The text that is read as this path, if there is one.
    pub(super) fn text(&self) -> Option<&str> {
        let text = match (&self.whole, self.names.as_slice()) {
            (Some(whole), _) => whole,
            (None, [only]) if !only.contains('.') => only,
            (None, _) => return None,
        };
        (!text.starts_with('$')).then_some(text)
    }

    /// The value that it leads to.
    pub fn of<'v>(&self, fields: &'v Properties) -> Option<&'v Value> {
        if let Some(value) = self.whole.as_ref().and_then(|whole| fields.get(whole)) {
            return Some(value);
        }
        let (first, rest) = self.names.split_first()?;
        fields.get(first)?.inside(rest)
    }
}
