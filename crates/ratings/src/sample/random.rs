//! A seeded stream of numbers that is the same on every platform: ChaCha, and `libm` for the
//! functions that platforms round differently.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of random numbers.
pub(super) struct Random {
    bits: ChaCha8Rng,
    spare: Option<f64>, // normal numbers come in pairs
}

impl Random {
    /// Stream `stream` of `seed`; streams of one seed are independent.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let mut bits = ChaCha8Rng::from_seed(key);
        bits.set_stream(stream);
        Self { bits, spare: None }
    }

    /// A number in 0..1.
    pub(super) fn uniform(&mut self) -> f64 {
        (self.bits.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// A whole number below `end`, which is at least 1.
    pub(super) fn below(&mut self, end: usize) -> usize {
        // The product's upper half; off from uniform by less than one in 2^32 for ends of our sizes.
        ((u128::from(self.bits.next_u64()) * end as u128) >> 64) as usize
    }

    /// A number from the normal distribution with mean 0 and deviation 1 (Box and Muller 1958).
    pub(super) fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = (-2.0 * libm::log(1.0 - self.uniform())).sqrt();
        let angle = std::f64::consts::TAU * self.uniform();
        self.spare = Some(radius * libm::sin(angle));
        radius * libm::cos(angle)
    }
}
