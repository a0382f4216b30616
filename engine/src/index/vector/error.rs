//! What the vector index refuses.

/// Why a vector, a query or a build was refused. The index is unchanged by a refused call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VectorError {
    /// The vector has another length than the collection.
    #[error("vector has dimension {got}, the collection has {want}")]
    Dimension {
        /// The dimension of the collection.
        want: usize,
        /// The dimension of the vector given.
        got: usize,
    },
    /// A component is NaN or infinite.
    #[error("component {position} of the vector is not a finite number")]
    NotFinite {
        /// Position of the first such component, from 0.
        position: usize,
    },
    /// A vector of norm zero has no direction, so it has no cosine.
    #[error("a vector of norm zero has no cosine")]
    ZeroNorm,
    /// Rows must be given in strictly increasing order; a row number is never used twice.
    #[error("row {row} was given after row {last}")]
    RowOrder {
        /// The row given.
        row: u32,
        /// The highest row given before it.
        last: u32,
    },
    /// The sequence number is one of the few kept for marking empty and live rows.
    #[error("sequence number {seq} is reserved")]
    ReservedSeq {
        /// The number given.
        seq: u64,
    },
    /// The graph could not be built; the index keeps answering from the graph it had and from scans.
    #[error("the graph could not be built: {reason}")]
    Build {
        /// What went wrong.
        reason: String,
    },
}
