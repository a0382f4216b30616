//! The randomness seam: the only way engine code draws random numbers.
//!
//! Production uses [`OsRng`] (the kernel's generator); tests use [`SeededRng`], splitmix64 by Steele, Lea and Flood
//! ("Fast splittable pseudorandom number generators", OOPSLA 2014), so that a failing seed can be replayed.

use std::fmt::Debug;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// A source of random numbers.
pub trait Rng: Send + Sync + Debug {
    /// The next 64 random bits.
    fn next_u64(&self) -> u64;

    /// Fills `out` with random bytes.
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            for (byte, random) in chunk.iter_mut().zip(self.next_u64().to_le_bytes()) {
                *byte = random;
            }
        }
    }
}

/// The kernel's random generator.
#[derive(Debug)]
pub struct OsRng(());

impl OsRng {
    /// Asks the kernel's generator once.
    ///
    /// # Errors
    /// When the system has none that this process may use.
    pub fn open() -> io::Result<Self> {
        getrandom::fill(&mut [0; 8]).map_err(io::Error::from)?;
        Ok(Self(()))
    }
}

impl Rng for OsRng {
    fn next_u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// A generator that has given something does not fail later on Linux; should it ever, the standard library's own keys, which
    /// the kernel also provided, take over rather than predictable bytes.
    fn fill(&self, out: &mut [u8]) {
        if getrandom::fill(out).is_ok() {
            return;
        }
        for chunk in out.chunks_mut(8) {
            let keyed = RandomState::new().hash_one(chunk.len());
            for (byte, random) in chunk.iter_mut().zip(keyed.to_le_bytes()) {
                *byte = random;
            }
        }
    }
}

/// A reproducible generator.
#[derive(Debug)]
pub struct SeededRng {
    state: AtomicU64,
}

impl SeededRng {
    /// A generator whose whole sequence follows from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: AtomicU64::new(seed) }
    }
}

impl Rng for SeededRng {
    fn next_u64(&self) -> u64 {
        const GOLDEN_GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut z = self.state.fetch_add(GOLDEN_GAMMA, Ordering::Relaxed).wrapping_add(GOLDEN_GAMMA);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix64_matches_the_published_sequence() {
        let rng = SeededRng::new(1_234_567);
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423_u64];
        assert_eq!(expected.map(|_| rng.next_u64()), expected);
    }

    #[test]
    fn fill_covers_a_ragged_tail() {
        let mut out = [0; 11];
        SeededRng::new(1).fill(&mut out);
        let twin = SeededRng::new(1);
        assert_eq!(out[..8], twin.next_u64().to_le_bytes());
        assert_eq!(out[8..], twin.next_u64().to_le_bytes()[..3]);
    }

    #[test]
    fn the_kernel_gives_different_numbers() {
        let rng = OsRng::open().unwrap();
        assert_ne!(rng.next_u64(), rng.next_u64());
    }
}
