//! The tree of conditions, and what it means for one row.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};

use super::field::{Field, FieldPath};
use super::predicate::Predicate;
use super::row::{FilterOn, FilterRow};
use crate::api::{Error, Result, Value};

/// Bytes of a text that count as one step of work.
const STEP_BYTES: usize = 1 << 10;

/// A filter. Its wire form is the map described in the module's header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub enum Filter {
    /// A field satisfies a predicate.
    Field(Field, Predicate),
    /// All of them match; none at all matches everything.
    And(Vec<Filter>),
    /// At least one of them matches.
    Or(Vec<Filter>),
    /// It does not match.
    Not(Box<Filter>),
}

impl Filter {
    /// A condition on the field that a text means.
    ///
    /// # Errors
    /// As [`FieldPath::new`].
    pub fn on(field: &str, predicate: Predicate) -> std::result::Result<Self, String> {
        Ok(Self::Field(Field::Path(FieldPath::new(field)?), predicate))
    }

    /// True if a row matches. This is the exact twin of the metadata index.
    pub fn matches<'a>(&self, row: impl Into<FilterRow<'a>>) -> bool {
        let Ok(matches) = self.test(&row.into(), &mut |_| Ok::<_, Infallible>(()));
        matches
    }

    /// The same, asking before each condition whether to go on: `step` is told how many steps the condition takes.
    ///
    /// # Errors
    /// That of `step`.
    pub fn test<E>(
        &self,
        row: &FilterRow<'_>,
        step: &mut impl FnMut(usize) -> std::result::Result<(), E>,
    ) -> std::result::Result<bool, E> {
        match self {
            Filter::Field(Field::Path(path), predicate) => {
                let value = path.of(row.fields);
                step(value.map_or(1, steps))?;
                Ok(predicate.matches(value))
            }
            Filter::Field(field @ (Field::Id | Field::Content), predicate) => {
                let Some((id, content)) = row.texts else { return Ok(predicate.matches(None)) };
                let text = if *field == Field::Id { id } else { content };
                step(text_steps(text))?;
                Ok(predicate.matches_text(text))
            }
            Filter::And(parts) => {
                for part in parts {
                    if !part.test(row, step)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Filter::Or(parts) => {
                for part in parts {
                    if part.test(row, step)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Filter::Not(part) => Ok(!part.test(row, step)?),
        }
    }

    /// Refuses fields that the rows do not have.
    ///
    /// # Errors
    /// `InvalidArgument`.
    pub fn validate_on(&self, rows: FilterOn) -> Result<()> {
        if rows == FilterOn::Properties && self.has_field(&|field| matches!(field, Field::Id | Field::Content)) {
            let text = "only documents have $id and $content; filter properties by their names, one that begins with $ as \
                        {\"$field\": [[\"$id\"], condition]}";
            return Err(Error::invalid(text));
        }
        Ok(())
    }

    /// True if a condition is about the text of documents, which no index holds.
    pub fn asks_content(&self) -> bool {
        self.has_field(&|field| matches!(field, Field::Content))
    }

    /// True if a condition is about ids that more than a look-up finds.
    fn walks_ids(&self) -> bool {
        let narrow = |predicate: &Predicate| {
            matches!(predicate, Predicate::Eq(_) | Predicate::Ne(_) | Predicate::In(_) | Predicate::Nin(_))
        };
        self.has_condition(&|field, predicate| matches!(field, Field::Id) && !narrow(predicate))
    }

    /// True if it may take longer than looking into an index: it reads rows, or walks them.
    pub fn is_long(&self) -> bool {
        self.asks_content() || self.walks_ids()
    }

    fn has_field(&self, is_one: &impl Fn(&Field) -> bool) -> bool {
        self.has_condition(&|field, _| is_one(field))
    }

    fn has_condition(&self, is_one: &impl Fn(&Field, &Predicate) -> bool) -> bool {
        match self {
            Filter::Field(field, predicate) => is_one(field, predicate),
            Filter::And(parts) | Filter::Or(parts) => parts.iter().any(|part| part.has_condition(is_one)),
            Filter::Not(part) => part.has_condition(is_one),
        }
    }

    /// True if the filter has no condition at all.
    pub fn is_empty(&self) -> bool {
        matches!(self, Filter::And(parts) if parts.is_empty())
    }

    /// How many combinations lie above the deepest condition: the depth at which the wire form is read back.
    pub(super) fn depth(&self) -> usize {
        match self {
            Filter::Field(..) => 0,
            Filter::And(parts) | Filter::Or(parts) => parts.iter().map(|part| part.depth() + 1).max().unwrap_or(0),
            Filter::Not(part) => part.depth() + 1,
        }
    }

    /// All of `parts`, without an "and" around a single one.
    pub(super) fn all(mut parts: Vec<Filter>) -> Filter {
        match (parts.pop(), parts.is_empty()) {
            (Some(only), true) => only,
            (last, _) => {
                parts.extend(last);
                Filter::And(parts)
            }
        }
    }
}

/// How many steps a condition on a value takes, about.
fn steps(value: &Value) -> usize {
    match value {
        Value::String(text) => text_steps(text),
        Value::List(items) => 1 + items.len(),
        _ => 1,
    }
}

fn text_steps(text: &str) -> usize {
    1 + text.len() / STEP_BYTES
}
