//! What the rows of one side have in common: the mean and precision of their normal distribution,
//! drawn given the rows (Salakhutdinov and Mnih 2008, equation 14).

use nalgebra::{Cholesky, DMatrix, DVector};

use super::random::Draws;

/// A multivariate normal distribution, from which the rows of a side come.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Prior {
    pub(super) mean: DVector<f64>,      // [n]
    pub(super) precision: DMatrix<f64>, // [n, n], symmetric to the bit
}

/// Weight of the prior mean 0, in rows.
const BETA: f64 = 2.0;

impl Prior {
    /// What the model starts from.
    pub(super) fn standard(n: usize) -> Self {
        Self { mean: DVector::zeros(n), precision: DMatrix::identity(n, n) }
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
        let mut mean = DVector::zeros(n);
        for row in rows.clone() {
            count += 1.0;
            mean.iter_mut().zip(row).for_each(|(mean, value)| *mean += f64::from(*value));
        }
        mean /= f64::max(count, 1.0);
        let mut inverse_scale = DMatrix::identity(n, n); // its lower half
        let mut centred = DVector::zeros(n);
        let mut add = |row: &[f32], mean: &DVector<f64>, times: f64| {
            for ((centred, value), mean) in centred.iter_mut().zip(row).zip(mean) {
                *centred = f64::from(*value) - mean;
            }
            inverse_scale.syger(times, &centred, &centred, 1.0);
        };
        rows.for_each(|row| add(row, &mean, 1.0));
        let mut freedom = n as f64 + count;
        let zero = DVector::zeros(n);
        for other in others {
            add(other, &zero, times);
            freedom += 1.0;
        }
        inverse_scale.syger(BETA * count / (BETA + count), &mean, &mean, 1.0);
        let precision = wishart(inverse_scale, freedom, draws);
        // mean + L⁻ᵀ z / root(weight), with L Lᵀ the precision.
        let mut noise = DVector::from_iterator(n, (0..n).map(|_| draws.normal()));
        root(precision.clone()).tr_solve_lower_triangular_unchecked_mut(&mut noise);
        let weight = BETA + count;
        Self { mean: mean * (count / weight) + noise / weight.sqrt(), precision }
    }
}

/// The lower triangular `L` of `L Lᵀ = matrix`, of which the lower half is read; what stands above
/// its diagonal is not to be read. What is not positive definite gives what is not a number.
pub(super) fn root(matrix: DMatrix<f64>) -> DMatrix<f64> {
    Cholesky::new_unchecked(matrix).unpack_dirty()
}

/// From the Wishart distribution whose scale matrix has this inverse, of which the lower half is read,
/// by Bartlett's decomposition.
fn wishart(inverse_scale: DMatrix<f64>, freedom: f64, draws: &mut Draws) -> DMatrix<f64> {
    let n = inverse_scale.nrows();
    let mut bartlett = DMatrix::zeros(n, n);
    for i in 0..n {
        bartlett[(i, i)] = draws.chi_squared(freedom - i as f64).sqrt();
        for j in 0..i {
            bartlett[(i, j)] = draws.normal();
        }
    }
    // With inverse_scale = L Lᵀ, the scale matrix is C Cᵀ with C = L⁻ᵀ. The product is made of inner
    // products of columns, each summed in one order.
    root(inverse_scale).tr_solve_lower_triangular_unchecked_mut(&mut bartlett);
    let transposed = bartlett.transpose();
    transposed.tr_mul(&transposed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gibbs::random::Streams;

    /// Of a hundred thousand rows `m + R z` the prior is nearly certain: mean `m`, precision
    /// `(R Rᵀ)⁻¹`.
    #[test]
    #[expect(clippy::cast_possible_truncation, reason = "rows are f32")]
    fn the_prior_of_many_rows_is_their_mean_and_precision() {
        let streams = Streams { seed: 42, epoch: 1 };
        let mut normals = streams.common(0);
        let rows: Vec<[f32; 2]> = (0..100_000)
            .map(|_| [normals.normal(), normals.normal()])
            .map(|[a, b]| [1.0 + 2.0 * a, -3.0 + a + 0.5 * b].map(|value: f64| value as f32))
            .collect();
        let rows = rows.iter().map(|row| &row[..]);
        let none = (std::iter::empty(), 1.0);
        let Prior { mean, precision } = Prior::draw(2, rows, none, &mut streams.common(1));
        // R Rᵀ = [[4, 2], [2, 1.25]], whose determinant is 1.
        let expected = [[1.25, -2.0], [-2.0, 4.0]];
        for i in 0..2 {
            assert!((mean[i] - [1.0, -3.0][i]).abs() < 0.03, "{mean}");
            for j in 0..2 {
                assert!((precision[(i, j)] - expected[i][j]).abs() < 0.06, "{precision}");
            }
        }
        assert_eq!(precision, precision.transpose());
    }
}
