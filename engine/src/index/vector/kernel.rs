//! The distance kernel: the one place where a distance is computed.
//!
//! Products and squares are summed in `f64` by `numkong`, which picks the widest instructions of the processor at run
//! time. The sum of squares of any finite `f32` vector is finite in `f64`, and not zero unless the vector is zero, so
//! neither huge nor tiny components need care. A cosine is rounded to `f32` before it is subtracted from 1, which makes
//! vectors that differ by a factor tie instead of differing by noise.

use numkong::{Dot, Euclidean};

use crate::api::Metric;

/// `a . b`. Both have the collection's dimension; the kernel answers nothing for unequal lengths, which becomes NaN.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f64 {
    <f32 as Dot>::dot(a, b).unwrap_or(f64::NAN)
}

/// `|a - b|`.
pub(super) fn euclidean(a: &[f32], b: &[f32]) -> f64 {
    <f32 as Euclidean>::sqeuclidean(a, b).unwrap_or(f64::NAN).sqrt()
}

/// `1 / |a|`, infinite for the zero vector.
pub(super) fn inverse_norm(a: &[f32]) -> f64 {
    1.0 / dot(a, a).sqrt()
}

/// What is kept beside a row so that distances to it are cheap: the inverse norm under cosine, else nothing.
pub(super) fn row_factor(metric: Metric, vector: &[f32]) -> f64 {
    match metric {
        Metric::Cosine => inverse_norm(vector),
        Metric::Euclidean | Metric::Dot => 0.0,
    }
}

/// A query prepared for many distances.
pub(super) struct PreparedQuery<'a> {
    metric: Metric,
    vector: &'a [f32],
    factor: f64,
}

impl<'a> PreparedQuery<'a> {
    /// Prepares a query that passed `validate`.
    pub(super) fn new(metric: Metric, vector: &'a [f32]) -> Self {
        Self { metric, vector, factor: row_factor(metric, vector) }
    }

    /// The distance to a row with the factor stored beside it.
    #[inline]
    pub(super) fn distance(&self, row: &[f32], row_factor: f64) -> f32 {
        match self.metric {
            Metric::Cosine => {
                let cosine = (dot(self.vector, row) * (self.factor * row_factor)) as f32;
                1.0 - cosine.clamp(-1.0, 1.0)
            }
            Metric::Euclidean => euclidean(self.vector, row) as f32,
            // Subtracting from zero keeps a product of zero at +0, so that zeros tie.
            Metric::Dot => (0.0 - dot(self.vector, row)) as f32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_exact_at_the_ends_of_the_float_range() {
        for scale in [1e-45f32, 1e-30, 1.0, 1e30, f32::MAX] {
            let a = [scale, 0.0, 0.0];
            let b = [0.0, scale, 0.0];
            let query = PreparedQuery::new(Metric::Cosine, &a);
            assert_eq!(query.distance(&a, inverse_norm(&a)), 0.0, "scale {scale}");
            assert_eq!(query.distance(&b, inverse_norm(&b)), 1.0, "scale {scale}");
        }
        assert_eq!(PreparedQuery::new(Metric::Euclidean, &[1e30, 0.0]).distance(&[0.0, 0.0], 0.0), 1e30);
        assert_eq!(PreparedQuery::new(Metric::Dot, &[1.0, 2.0]).distance(&[3.0, 4.0], 0.0), -11.0);
        assert!(PreparedQuery::new(Metric::Dot, &[1.0, 0.0]).distance(&[0.0, 4.0], 0.0).is_sign_positive());
        assert!(inverse_norm(&[0.0, -0.0]).is_infinite());
    }

    #[test]
    fn vectors_that_differ_by_a_factor_tie_under_cosine() {
        let a: Vec<f32> = (1..50).map(|i| (i as f32).sin()).collect();
        let query = PreparedQuery::new(Metric::Cosine, &a);
        for factor in [0.001f32, 0.5, 3.0, 1e20] {
            let scaled: Vec<f32> = a.iter().map(|x| x * factor).collect();
            assert_eq!(query.distance(&scaled, inverse_norm(&scaled)), 0.0);
        }
    }
}
