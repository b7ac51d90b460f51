//! Draws that depend on seed, epoch and row alone, so that threads change no bit.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The streams of an epoch: two for each row, and some for what all rows share.
#[derive(Clone, Copy)]
pub(super) struct Streams {
    pub(super) seed: u64,
    pub(super) epoch: u32,
}

/// Streams of the rows of an epoch: four for each number that a row can have, of which a table has at
/// most 2^32.
const SPAN: u64 = 1 << 34;
/// Streams of an epoch for what rows share.
const COMMON: u64 = 8;

impl Streams {
    /// The draws of one row of a side.
    pub(super) fn row(self, side: usize, row: usize) -> Draws {
        self.of_row(side as u64, row)
    }

    /// The draws of what one row of the other side implies for a side.
    pub(super) fn implied(self, side: usize, other: usize) -> Draws {
        self.of_row(2 + side as u64, other)
    }

    /// The draws of something that rows share, below [`COMMON`]: from the far end of all streams.
    pub(super) fn common(self, what: usize) -> Draws {
        self.stream(u64::MAX - (u64::from(self.epoch) * COMMON + what as u64))
    }

    fn of_row(self, kind: u64, row: usize) -> Draws {
        self.stream(u64::from(self.epoch).wrapping_mul(SPAN).wrapping_add(4 * row as u64 + kind))
    }

    fn stream(self, stream: u64) -> Draws {
        let mut generator = ChaCha8Rng::seed_from_u64(self.seed);
        generator.set_stream(stream);
        Draws { generator, spare: None }
    }
}

/// A stream of draws.
pub(super) struct Draws {
    generator: ChaCha8Rng,
    spare: Option<f64>,
}

impl Draws {
    /// Strictly between 0 and 1.
    fn uniform(&mut self) -> f64 {
        ((self.generator.next_u64() >> 11) as f64 + 0.5) * (1.0 / (1u64 << 53) as f64)
    }

    /// Standard normal, by the Box-Muller transform.
    pub(super) fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = (-2.0 * libm::log(self.uniform())).sqrt();
        let (sine, cosine) = libm::sincos(std::f64::consts::TAU * self.uniform());
        self.spare = Some(radius * sine);
        radius * cosine
    }

    /// From the gamma distribution with this shape, at least 1, and scale 1 (Marsaglia and Tsang
    /// 2000).
    pub(super) fn gamma(&mut self, shape: f64) -> f64 {
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x) * (1.0 + c * x) * (1.0 + c * x);
            if v > 0.0 && libm::log(self.uniform()) < 0.5 * x * x + d - d * v + d * libm::log(v) {
                return d * v;
            }
        }
    }

    /// Chi-squared with this many degrees of freedom.
    pub(super) fn chi_squared(&mut self, freedom: f64) -> f64 {
        if freedom >= 2.0 {
            return 2.0 * self.gamma(freedom / 2.0);
        }
        // Below shape 1: a power of a uniform times a gamma one shape higher.
        let shape = freedom / 2.0;
        let power = libm::pow(self.uniform(), 1.0 / shape);
        2.0 * self.gamma(shape + 1.0) * power
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(draw: impl Fn(&mut Draws) -> f64) -> [f64; 2] {
        const N: usize = 40_000;
        let values: Vec<f64> = (0..N)
            .map(|row| draw(&mut Streams { seed: 3, epoch: 5 }.row(row % 2, row / 2)))
            .collect();
        let mean = values.iter().sum::<f64>() / N as f64;
        [mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / N as f64]
    }

    /// Means and variances within five standard errors.
    #[test]
    fn first_draws_of_many_rows_have_the_right_moments() {
        let near = |[mean, variance]: [f64; 2], expected: [f64; 2]| {
            assert!((mean - expected[0]).abs() < 0.05 * expected[1].sqrt(), "{mean} {expected:?}");
            assert!((variance / expected[1] - 1.0).abs() < 0.1, "{variance} {expected:?}");
        };
        near(moments(Draws::normal), [0.0, 1.0]);
        near(moments(|draws| draws.gamma(3.5)), [3.5, 3.5]);
        for freedom in [1.0, 4.0] {
            near(moments(|draws| draws.chi_squared(freedom)), [freedom, 2.0 * freedom]);
        }
    }

    #[test]
    fn no_two_streams_are_alike() {
        let mut all = Vec::new();
        for epoch in [1, 2] {
            let streams = Streams { seed: 1, epoch };
            for side in [0, 1] {
                all.extend([0, 1, u32::MAX as usize].map(|row| streams.row(side, row).normal()));
                all.extend([0, 1].map(|other| streams.implied(side, other).normal()));
            }
            all.extend((0..5).map(|what| streams.common(what).normal()));
        }
        let count = all.len();
        all.sort_unstable_by(f64::total_cmp);
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
