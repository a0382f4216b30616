//! One row that a search found.

use super::id::IdBytes;

/// One found row.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The row's number.
    pub row: u32,
    /// The caller's identifier.
    pub id: IdBytes,
    /// The exact distance; see [`crate::api::Metric`].
    pub distance: f32,
}
