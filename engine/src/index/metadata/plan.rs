//! A filter as the index evaluates it.
//!
//! The index knows metadata alone. What a filter asks of ids is answered elsewhere, before, and stands in the plan as a set of
//! rows. What it asks of contents cannot be answered without reading them, so that the plan leaves it open in favour of the
//! row: a condition counts as true where that lets rows in, and as false under a `$not`. The rows of the plan are then all
//! that match and perhaps others, and the caller reads those.

use roaring::RoaringBitmap;

use crate::api::{Field, FieldPath, Filter, Predicate};

/// A filter as the index evaluates it.
#[derive(Debug, Clone)]
pub enum Plan<'a> {
    /// A field of the metadata satisfies a predicate.
    Field(&'a FieldPath, &'a Predicate),
    /// These rows.
    Rows(RoaringBitmap),
    /// All of them match; none at all matches everything.
    And(Vec<Plan<'a>>),
    /// At least one of them matches.
    Or(Vec<Plan<'a>>),
    /// It does not match.
    Not(Box<Plan<'a>>),
}

impl<'a> Plan<'a> {
    /// The plan of a filter; `ids` gives the rows whose ids satisfy a predicate.
    pub fn of<E>(
        filter: &'a Filter,
        ids: &mut impl FnMut(&'a Predicate) -> Result<RoaringBitmap, E>,
    ) -> Result<Self, E> {
        Self::with(filter, true, ids)
    }

    fn with<E>(
        filter: &'a Filter,
        open: bool,
        ids: &mut impl FnMut(&'a Predicate) -> Result<RoaringBitmap, E>,
    ) -> Result<Self, E> {
        Ok(match filter {
            Filter::Field(Field::Path(path), predicate) => Plan::Field(path, predicate),
            Filter::Field(Field::Id, predicate) => Plan::Rows(ids(predicate)?),
            Filter::Field(Field::Content, _) if open => Plan::And(Vec::new()),
            Filter::Field(Field::Content, _) => Plan::Or(Vec::new()),
            Filter::And(parts) => {
                Plan::And(parts.iter().map(|part| Self::with(part, open, ids)).collect::<Result<_, _>>()?)
            }
            Filter::Or(parts) => {
                Plan::Or(parts.iter().map(|part| Self::with(part, open, ids)).collect::<Result<_, _>>()?)
            }
            Filter::Not(part) => Plan::Not(Box::new(Self::with(part, !open, ids)?)),
        })
    }
}
