//! The shuffled order of an epoch: a function of seed, epoch and position, with no state.
//!
//! A keyed permutation of `0..n`: a Feistel network over the next power of two, walked until it
//! lands below `n` (cycle walking; Black and Rogaway, "Ciphers with Arbitrary Finite Domains",
//! 2002). Any position can be asked for alone, so threads and GPU invocations need no shared list,
//! and every platform gives the same order.

use bytemuck::{Pod, Zeroable};
use pulp::{Arch, Simd, WithSimd};

/// Over a million seeds `tests/data/check_order.py` finds no difference from a fair shuffle; with four
/// rounds it does.
const ROUNDS: usize = 6;
const MIN_BITS: u32 = 8; // narrower networks mix unevenly; small sets walk a little further instead
const STEP: u32 = 0x9e37_79b9; // 2^32 / golden ratio: successive keys differ in many bits

/// The order in which an epoch visits `0..n`, as `shaders/shuffle.wgsl` reads it.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub struct Order {
    n: u32,
    low_mask: u32,
    high_mask: u32,
    low_bits: u32,
    keys: [u32; ROUNDS],
}

impl Order {
    /// The order of `n` elements in `epoch` (from 1) of a run with this seed.
    pub fn new(n: u32, seed: u64, epoch: u32) -> Self {
        let bits = (u32::BITS - n.saturating_sub(1).leading_zeros()).max(MIN_BITS);
        let low_bits = bits / 2;
        let mask = |bits: u32| (1u32 << bits) - 1; // at most 16 bits each
        let mut state = mix(low_half(seed) ^ STEP);
        state = mix(state ^ low_half(seed >> 32));
        state = mix(state ^ epoch);
        let keys = std::array::from_fn(|_| {
            state = mix(state.wrapping_add(STEP));
            state
        });
        let [low_mask, high_mask] = [mask(low_bits), mask(bits - low_bits)];
        Self { n, low_mask, high_mask, low_bits, keys }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.n as usize
    }

    /// Whether there is nothing to order.
    pub fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// The element visited at `position`, which must be below [`len`](Self::len).
    pub fn at(&self, position: u32) -> u32 {
        debug_assert!(position < self.n, "position {position} of {}", self.n);
        let mut x = self.permute(position);
        while x >= self.n {
            x = self.permute(x);
        }
        x
    }

    /// The elements visited from `start` on; `start` and the length of `elements` must add up to at
    /// most [`len`](Self::len).
    pub fn fill(&self, start: u32, elements: &mut [u32]) {
        for (from, block) in (start..).step_by(FILL).zip(elements.chunks_mut(FILL)) {
            Arch::new().dispatch(Fill { order: self, start: from, block });
        }
    }

    #[inline(always)]
    fn permute(&self, x: u32) -> u32 {
        let (mut high, mut low) = (x >> self.low_bits, x & self.low_mask);
        for pair in self.keys.chunks_exact(2) {
            high ^= mix(low ^ pair[0]) & self.high_mask;
            low ^= mix(high ^ pair[1]) & self.low_mask;
        }
        high << self.low_bits | low
    }
}

/// Positions walked together.
const FILL: usize = 1024;

/// A type of its own, so that it is compiled once for every vector width.
struct Fill<'a> {
    order: &'a Order,
    start: u32,
    block: &'a mut [u32],
}

impl WithSimd for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { order, start, block } = self;
        for (x, position) in block.iter_mut().zip(start..) {
            *x = order.permute(position);
        }
        let mut outside = [0u16; FILL]; // places whose element is not below n yet
        let mut left = 0;
        for (place, x) in (0u16..).zip(block.iter()) {
            outside[left] = place;
            left += usize::from(*x >= order.n);
        }
        while left > 0 {
            let mut walked = [0u32; FILL];
            for (x, place) in walked[..left].iter_mut().zip(&outside) {
                *x = block[usize::from(*place)];
            }
            for x in &mut walked[..left] {
                *x = order.permute(*x);
            }
            let mut still = 0;
            for i in 0..left {
                let place = outside[i];
                block[usize::from(place)] = walked[i];
                outside[still] = place;
                still += usize::from(walked[i] >= order.n);
            }
            left = still;
        }
    }
}

/// A 32-bit finaliser with low bias (multipliers found by C. Wellons' hash prospector, 2018).
#[inline(always)]
fn mix(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is asked for")]
fn low_half(seed: u64) -> u32 {
    seed as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(n: u32, seed: u64, epoch: u32) -> Vec<u32> {
        let order = Order::new(n, seed, epoch);
        (0..n).map(|i| order.at(i)).collect()
    }

    #[test]
    fn every_size_is_a_permutation() {
        for n in (1..=70).chain([127, 128, 129, 1000, 4096, 65_537]) {
            let mut seen = whole(n, 42, 1);
            seen.sort_unstable();
            assert!(seen.into_iter().eq(0..n), "n = {n}");
        }
    }

    #[test]
    fn seed_and_epoch_both_matter() {
        let base = whole(1000, 42, 1);
        for (seed, epoch) in [(43, 1), (42, 2), (42 + (1 << 32), 1)] {
            let fixed = whole(1000, seed, epoch).iter().zip(&base).filter(|(a, b)| a == b).count();
            assert!(
                fixed < 12,
                "seed {seed} epoch {epoch}: {fixed} places agree, about 1 expected"
            );
        }
    }

    /// Chi-square of where element 0 goes over many seeds: 9 degrees of freedom, so a value above
    /// 40 would come by chance less than once in 100,000 tries.
    #[test]
    fn every_place_is_equally_likely() {
        const SEEDS: u64 = 20_000;
        for element in 0..10 {
            let mut count = [0f64; 10];
            for seed in 0..SEEDS {
                count[Order::new(10, seed, 1).at(element) as usize] += 1.0;
            }
            let expected = SEEDS as f64 / 10.0;
            let chi_square: f64 = count.iter().map(|c| (c - expected).powi(2) / expected).sum();
            assert!(chi_square < 40.0, "element {element}: {chi_square}");
        }
    }
}
