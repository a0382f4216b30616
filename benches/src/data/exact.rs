//! The exact nearest rows by cosine, as the truth that a search is compared with.
//!
//! A hit counts as right if it is no farther than the k-th of the truth, so that rows of one distance may stand for each
//! other, as in ann-benchmarks (Aumüller, Bernhardsson and Faithfull, 2018).

/// Distances that differ by less are equal: two ways to add 384 products differ by about so much.
const TOLERANCE: f32 = 1e-5;
const LANES: usize = 16;

/// What the nearest rows have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nearest {
    /// How many there are: k, or fewer if fewer were looked at.
    pub count: usize,
    /// The cosine of the farthest of them.
    pub cosine_min: f32,
}

impl Nearest {
    /// True if a row with this vector may stand among them.
    pub fn admits(&self, query: &[f32], vector: &[f32]) -> bool {
        cosine(query, vector) >= self.cosine_min - TOLERANCE
    }
}

/// Looks at all `vectors`.
pub fn nearest<'a>(query: &[f32], vectors: impl Iterator<Item = &'a [f32]>, k: usize) -> Nearest {
    let mut cosines: Vec<f32> = vectors.map(|vector| cosine(query, vector)).collect();
    cosines.sort_unstable_by(|a, b| b.total_cmp(a));
    cosines.truncate(k);
    Nearest { count: cosines.len(), cosine_min: cosines.last().copied().unwrap_or(f32::NEG_INFINITY) }
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// Independent sums let the compiler use vector instructions.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_are_those_of_greatest_cosine() {
        let vectors: [&[f32]; 4] = [&[1.0, 0.0], &[0.0, 3.0], &[2.0, 2.0], &[-1.0, 0.0]];
        let query = [5.0, 0.1];
        let truth = nearest(&query, vectors.into_iter(), 2);
        assert_eq!(truth.count, 2);
        assert_eq!(vectors.map(|vector| truth.admits(&query, vector)), [true, false, true, false]);
        assert_eq!(nearest(&query, vectors.into_iter(), 9).count, 4);
    }

    #[test]
    fn a_dot_product_has_no_gaps() {
        for length in [0, 1, 15, 16, 17, 384, 387] {
            assert_eq!(dot(&vec![2.0; length], &vec![3.0; length]), 6.0 * length as f32);
        }
    }
}
