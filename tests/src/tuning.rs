//! How long and how randomly to test: `TOONDB_LONG=1` for the long run, `TOONDB_SEED=<number>` to repeat a failure.

use toondb_engine::rng::{Rng, SeededRng};

/// True if the long run was asked for.
#[must_use]
pub fn is_long() -> bool {
    std::env::var("TOONDB_LONG").is_ok_and(|value| value == "1")
}

/// The seed of this run: the one asked for, or `usual`. Every failure message must show it.
#[must_use]
pub fn seed(usual: u64) -> u64 {
    match std::env::var("TOONDB_SEED") {
        Ok(text) => text.parse().expect("TOONDB_SEED is a number"),
        Err(_) => usual,
    }
}

/// A seeded generator with the draws that tests need.
#[derive(Debug)]
pub struct Dice(SeededRng);

impl Dice {
    /// Dice whose every throw follows from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(SeededRng::new(seed))
    }

    /// A number below `bound`.
    pub fn below(&self, bound: u64) -> u64 {
        self.0.next_u64() % bound.max(1)
    }

    /// One of the items.
    pub fn pick<'a, T>(&self, items: &'a [T]) -> &'a T {
        let place = usize::try_from(self.below(items.len() as u64)).unwrap_or_default();
        &items[place]
    }

    /// A number in `[-1, 1)`.
    pub fn unit(&self) -> f32 {
        let bits = u16::try_from(self.below(1 << 16)).unwrap_or_default();
        f32::from(bits) / 32_768.0 - 1.0
    }
}
