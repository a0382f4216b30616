//! From distances to the similarities that callers are shown beside them.

use crate::api::Metric;

impl Metric {
    /// The similarity that belongs to `distance`: larger is nearer.
    pub(crate) fn score(self, distance: f32) -> f32 {
        match self {
            Self::Cosine => 1.0 - distance,
            Self::Euclidean => 1.0 / (1.0 + distance),
            Self::Dot => 0.0 - distance,
        }
    }
}
