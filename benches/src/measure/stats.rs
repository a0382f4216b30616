//! Percentiles of durations and medians of figures.

use std::time::Duration;

/// Durations that were measured one by one.
#[derive(Debug, Clone, Default)]
pub struct Samples {
    sorted: bool,
    values: Vec<Duration>,
}

impl Samples {
    /// Adds one.
    pub fn push(&mut self, value: Duration) {
        self.sorted = false;
        self.values.push(value);
    }

    /// Takes in those of another thread.
    pub fn extend(&mut self, other: Samples) {
        self.sorted = false;
        self.values.extend(other.values);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// The smallest duration that at least `share` of them do not exceed (nearest rank); zero if there are none.
    pub fn percentile(&mut self, share: f64) -> Duration {
        if !self.sorted {
            self.values.sort_unstable();
            self.sorted = true;
        }
        let last = self.values.len().saturating_sub(1);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank lies between 0 and the count"
        )]
        let rank = (self.values.len() as f64 * share).ceil() as usize;
        self.values.get(rank.saturating_sub(1).min(last)).copied().unwrap_or_default()
    }

    /// The median.
    pub fn p50(&mut self) -> Duration {
        self.percentile(0.5)
    }

    /// The longest.
    pub fn max(&mut self) -> Duration {
        self.percentile(1.0)
    }
}

/// The median of a few figures; the mean of the middle two if their number is even; NaN if there are none.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
    if sorted.len() % 2 == 1 { at(middle) } else { (at(middle.wrapping_sub(1)) + at(middle)) / 2.0 }
}

/// A duration in microseconds.
pub fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// A duration in milliseconds.
pub fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_nearest_rank() {
        let mut samples = Samples::default();
        assert_eq!(samples.p50(), Duration::ZERO);
        for micros in (1..=1000).rev() {
            samples.push(Duration::from_micros(micros));
        }
        let at = |samples: &mut Samples, share| samples.percentile(share).as_micros();
        assert_eq!(at(&mut samples, 0.5), 500);
        assert_eq!(at(&mut samples, 0.99), 990);
        assert_eq!(at(&mut samples, 0.999), 999);
        assert_eq!(samples.max().as_micros(), 1000);
    }

    #[test]
    fn medians_do_not_depend_on_order() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&[]).is_nan());
    }
}
