//! What comes of looking at one row.

use super::report::FaultKind;

/// What is wrong with one row.
pub(super) type RowCheck = Result<(), (FaultKind, &'static str)>;

pub(super) const CONTRADICTION: fn(&'static str) -> (FaultKind, &'static str) = |what| (FaultKind::Contradiction, what);
pub(super) const DERIVED: fn(&'static str) -> (FaultKind, &'static str) = |what| (FaultKind::Derived, what);
