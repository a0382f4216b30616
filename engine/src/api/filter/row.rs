//! What a filter is tested on.

use crate::api::Properties;

/// The sort of rows that a filter is asked of: it decides which fields there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterOn {
    /// Documents: metadata, `$id` and `$content`.
    Documents,
    /// Whatever has properties and nothing else that a filter knows: `$id` and `$content` are refused.
    Properties,
}

/// One row, as far as a filter can ask for it.
#[derive(Debug, Clone, Copy)]
pub struct FilterRow<'a> {
    pub(super) texts: Option<(&'a str, &'a str)>,
    pub(super) fields: &'a Properties,
}

impl<'a> FilterRow<'a> {
    /// A document.
    pub fn document(id: &'a str, content: &'a str, metadata: &'a Properties) -> Self {
        Self { texts: Some((id, content)), fields: metadata }
    }
}

/// A row that has properties alone: filters must have been held to [`FilterOn::Properties`], because `$id` and `$content` are
/// absent here.
impl<'a> From<&'a Properties> for FilterRow<'a> {
    fn from(fields: &'a Properties) -> Self {
        Self { texts: None, fields }
    }
}
