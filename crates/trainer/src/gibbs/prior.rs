//! What the rows of one side have in common: the mean and precision of their normal distribution,
//! drawn given the rows (Salakhutdinov and Mnih 2008, equation 14).

use super::{linear::Square, random::Draws};

/// A multivariate normal distribution, from which the rows of a side come.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Prior {
    pub(super) mean: Vec<f64>,
    pub(super) precision: Square,
}

/// Weight of the prior mean 0, in rows.
const BETA: f64 = 2.0;

impl Prior {
    /// What the model starts from.
    pub(super) fn standard(n: usize) -> Self {
        Self { mean: vec![0.0; n], precision: Square::identity(n) }
    }

    /// Draws mean and precision given the rows `[rows, n]`, and others `[others, n]` around 0 whose
    /// precision is so many times theirs. The hyperprior is normal-Wishart: mean 0 with weight
    /// [`BETA`], scale matrix the identity, `n` degrees of freedom.
    pub(super) fn draw<'a>(
        n: usize,
        rows: impl Iterator<Item = &'a [f32]> + Clone,
        (others, times): (impl Iterator<Item = &'a [f32]>, f64),
        draws: &mut Draws,
    ) -> Self {
        let mut count = 0.0;
        let mut mean = vec![0.0; n];
        for row in rows.clone() {
            count += 1.0;
            mean.iter_mut().zip(row).for_each(|(mean, value)| *mean += f64::from(*value));
        }
        mean.iter_mut().for_each(|mean| *mean /= f64::max(count, 1.0));
        let mut scatter = Square::zero(n); // its lower triangle
        let mut centred = vec![0.0; n];
        let mut add = |scatter: &mut Square, row: &[f32], mean: &[f64], times: f64| {
            for ((centred, value), mean) in centred.iter_mut().zip(row).zip(mean) {
                *centred = f64::from(*value) - mean;
            }
            for i in 0..n {
                let (factor, row) = (times * centred[i], &mut scatter.values[i * n..]);
                row.iter_mut().zip(&centred[..=i]).for_each(|(sum, value)| *sum += factor * value);
            }
        };
        rows.for_each(|row| add(&mut scatter, row, &mean, 1.0));
        let mut freedom = n as f64 + count;
        let zero = vec![0.0; n];
        for other in others {
            add(&mut scatter, other, &zero, times);
            freedom += 1.0;
        }
        let weight = BETA * count / (BETA + count);
        let mut inverse_scale = Square::identity(n);
        for i in 0..n {
            for j in 0..n {
                let scatter = scatter.get(i.max(j), i.min(j));
                *inverse_scale.at(i, j) += scatter + weight * mean[i] * mean[j];
            }
        }
        let precision = wishart(&inverse_scale, freedom, draws);
        // mean + (L Lᵀ)^-1/2 z / root(weight), with L Lᵀ the precision.
        let inverse = precision.cholesky().lower_inverse();
        let noise: Vec<f64> = (0..n).map(|_| draws.normal()).collect();
        let root = (BETA + count).sqrt();
        let drawn = |i: usize| {
            let noise: f64 = (i..n).map(|k| inverse.get(k, i) * noise[k]).sum();
            mean[i] * count / (BETA + count) + noise / root
        };
        Self { mean: (0..n).map(drawn).collect(), precision }
    }
}

/// From the Wishart distribution whose scale matrix has this inverse, by Bartlett's decomposition.
fn wishart(inverse_scale: &Square, freedom: f64, draws: &mut Draws) -> Square {
    let n = inverse_scale.n;
    let mut bartlett = Square::zero(n);
    for i in 0..n {
        *bartlett.at(i, i) = draws.chi_squared(freedom - i as f64).sqrt();
        for j in 0..i {
            *bartlett.at(i, j) = draws.normal();
        }
    }
    // With inverse_scale = L Lᵀ, the scale matrix is C Cᵀ with C = L⁻ᵀ.
    let root = inverse_scale.cholesky().lower_inverse().transposed();
    root.times(&bartlett).times_own_transpose()
}
