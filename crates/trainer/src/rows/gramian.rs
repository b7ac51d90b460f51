//! The products of all pairs of columns of a side, `Σ q qᵀ` over its rows.

use pulp::{Arch, Simd, WithSimd};

use super::system::{add_products, stride};
use crate::parallel;

/// Rows whose products one thread adds up before it asks for more.
const SHARE: usize = 1 << 10;

/// `[factors, stride]`, the upper triangle; the same bits on any number of threads.
#[expect(clippy::cast_possible_truncation, reason = "the nearest f32 is wanted")]
pub(crate) fn gramian(rows: &[f32], factors: usize, threads: usize) -> Vec<f32> {
    let stride = stride(factors);
    let arch = Arch::new();
    let shares: Vec<&[f32]> = rows.chunks(SHARE * stride).collect();
    let parts = parallel::map(&shares, threads, |rows| {
        arch.dispatch(Products { rows, factors, stride }) // [stride, stride]
    });
    let mut sum = vec![0.0f64; factors * stride];
    for part in parts {
        sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += f64::from(part));
    }
    sum.into_iter().map(|sum| sum as f32).collect()
}

/// A type of its own, so that it is compiled once for every vector width.
struct Products<'a> {
    rows: &'a [f32],
    factors: usize,
    stride: usize,
}

impl WithSimd for Products<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<f32> {
        let Self { rows, factors, stride } = self;
        let mut matrix = vec![0.0; stride * stride];
        add_products(simd, rows, &mut matrix, stride, factors);
        matrix
    }
}

#[cfg(test)]
mod tests {
    use super::{gramian, stride};

    #[test]
    fn products_are_those_of_the_definition() {
        let (factors, rows) = (5, 2_500);
        let stride = stride(factors);
        let mut values = vec![0.0; rows * stride];
        for (n, value) in (0..).zip(&mut values) {
            if n % stride < factors {
                *value = [-1.0, 0.25, 2.0, -0.5, 0.75][n * n % 13 % 5];
            }
        }
        let one = gramian(&values, factors, 1);
        for i in 0..factors {
            for j in i..factors {
                let row = |row: &[f32]| f64::from(row[i]) * f64::from(row[j]);
                let expected: f64 = values.chunks(stride).map(row).sum();
                let found = f64::from(one[i * stride + j]);
                assert!((found - expected).abs() < 1e-6 * expected.abs().max(1.0), "{i}, {j}");
            }
        }
        assert_eq!(gramian(&values, factors, 3), one);
    }
}
